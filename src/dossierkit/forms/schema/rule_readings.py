"""The answers that a CEL expression reads, as JSON Pointers, with the literals that it compares them with."""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator, Mapping

import attrs

from dossierkit.pointers import Json, join

_TOKEN = re.compile(
    r"""(?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|(?P<number>\d+(?:\.\d+)?)|(?P<name>[A-Za-z_]\w*)|(?P<sign>==|!=|[^\s\w])""",
    re.DOTALL,
)
#: Methods that loop over a list.
_LOOPS = ("all", "exists", "exists_one", "map", "filter")
_LITERALS: Mapping[str, Json] = {"true": True, "false": False}


@attrs.frozen
class Reading:
    """One use of an answer in an expression."""

    #: JSON Pointer of the answer, with `*` for any row of a list.
    pointer: str
    #: The literals that it is compared with by `==`, `!=` or `in`.
    literals: tuple[Json, ...] = ()
    #: `has(…)`: the expression tests only whether there is an answer.
    tested: bool = False


@attrs.frozen
class _Token:
    kind: str
    text: str


#: The tokens of a JSON Pointer; None for a computed value.
_Path = tuple[str, ...] | None


def readings(source: str) -> tuple[Reading, ...]:
    """Every use of an answer in *source*, a CEL expression that compiles, in the order of the text."""
    tokens = [_Token(str(match.lastgroup), match[0]) for match in _TOKEN.finditer(source)]
    return tuple(_Reader(tokens).read(0, len(tokens), {}))


@attrs.define
class _Reader:
    _tokens: list[_Token]

    def read(self, start: int, end: int, bound: Mapping[str, _Path]) -> Iterator[Reading]:
        """The readings between the tokens *start* and *end*.

        Args:
            bound: name of a loop variable → the answer that it refers to.
        """
        at = start
        while at < end:
            token = self._tokens[at]
            if token.text == "." and self._text(at + 2) == "(":
                # A method of a computed value, such as a list literal.
                at = yield from self._call(None, at + 1, bound)
                continue
            if token.kind != "name" or self._text(at + 1) == "(" or token.text in ("in", "true", "false", "null"):
                at += 1
                continue
            at = yield from self._path(at, end, bound)

    def _path(self, start: int, end: int, bound: Mapping[str, _Path]) -> Generator[Reading, None, int]:
        """The readings of the path that begins with the name at *start*; returns the index of the token after it."""
        name = self._tokens[start].text
        path: _Path = {"answers": (), "today": None, **bound}.get(name, (name,))
        at = start + 1
        while at < end:
            if self._text(at) == "." and self._text(at + 2) == "(":
                yield from self._plain(path, start, at)
                return (yield from self._call(path, at + 1, bound))
            if self._text(at) == "." and at + 1 < end:
                path, at = (*path, self._tokens[at + 1].text) if path is not None else None, at + 2
            elif self._text(at) == "[" and self._text(at + 2) == "]":
                path, at = (*path, self._index(at + 1)) if path is not None else None, at + 3
            else:
                break
        yield from self._plain(path, start, at)
        return at

    def _call(self, path: _Path, at: int, bound: Mapping[str, _Path]) -> Generator[Reading, None, int]:
        """The readings of a method call on *path* and of the calls chained to it; returns the index of the token after them."""
        method, close = self._tokens[at].text, self._close(at + 1)
        inner, begin = dict(bound), at + 2
        if method in _LOOPS and self._text(begin + 1) == ",":
            inner[self._tokens[begin].text] = (*path, "*") if path is not None else None
            begin += 2
        yield from self.read(begin, close, inner)
        at = close + 1
        if self._text(at) == "." and self._text(at + 2) == "(":
            return (yield from self._call(path if method == "filter" else None, at + 1, bound))
        return at

    def _plain(self, path: _Path, start: int, end: int) -> Iterator[Reading]:
        if path:
            tested = self._text(start - 2) == "has" and self._text(start - 1) == "("
            yield Reading(join(path), tuple(self._compared(start, end)), tested)

    def _compared(self, start: int, end: int) -> Iterator[Json]:
        if self._text(end) in ("==", "!="):
            yield from self._literal(end + 1)
        if self._text(start - 1) in ("==", "!="):
            yield from self._literal(start - 2)
        if self._text(end) == "in" and self._text(end + 1) == "[":
            for at in range(end + 2, self._close(end + 1)):
                yield from self._literal(at)

    def _literal(self, at: int) -> Iterator[Json]:
        token = self._tokens[at] if 0 <= at < len(self._tokens) else _Token("", "")
        if token.kind == "text" and "\\" not in token.text:
            yield token.text[1:-1]
        elif token.kind == "number" and self._text(at - 1) != "-" and self._text(at + 1) not in ("*", "/", "+", "-", "%"):
            yield float(token.text) if "." in token.text else int(token.text)
        elif token.text in _LITERALS:
            yield _LITERALS[token.text]

    def _index(self, at: int) -> str:
        token = self._tokens[at]
        return token.text[1:-1] if token.kind == "text" else "*"

    def _close(self, at: int) -> int:
        """The index of the bracket that closes the one at *at*; the expression compiles, so there is one."""
        depth = 1
        while depth:
            at += 1
            depth += self._tokens[at].text in ("(", "[", "{")
            depth -= self._tokens[at].text in (")", "]", "}")
        return at

    def _text(self, at: int) -> str:
        return self._tokens[at].text if 0 <= at < len(self._tokens) else ""
