"""Example texts made from a regular expression, for messages about a text that does not match it.

Literals, classes, groups, alternatives, repetitions and anchors are supported; a pattern with anything else gives no
example.  The examples are candidates: the caller checks each against the schema.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import attrs

#: Characters of an example.
MAX_LENGTH = 60
#: Characters of a pattern; a longer one gives no example.
_MAX_PATTERN_LENGTH = 400
#: Repetitions beyond the required ones that are tried where a pattern sets no limit.
_MAX_EXTRA = 8
#: Pieces of one example; nested repetitions of an empty piece would not end otherwise.
_MAX_PIECES = 2_000

_DIGITS, _UPPER, _LOWER = "1234567890", "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz"
_ORDER = _UPPER + _DIGITS + _LOWER + "-/., _:@+()#&'\"!?*%=;<>[]{}|~^$`\\"
_CLASSES: dict[str, Callable[[str], bool]] = {
    "d": str.isdigit,
    "D": lambda c: not c.isdigit(),
    "w": lambda c: c.isalnum() or c == "_",
    "W": lambda c: not (c.isalnum() or c == "_"),
    "s": str.isspace,
    "S": lambda c: not c.isspace(),
}
_PROPERTIES: dict[str, Callable[[str], bool]] = {
    **dict.fromkeys(("L", "Letter", "Alphabetic"), str.isalpha),
    **dict.fromkeys(("Lu", "Uppercase_Letter", "Uppercase"), str.isupper),
    **dict.fromkeys(("Ll", "Lowercase_Letter", "Lowercase"), str.islower),
    **dict.fromkeys(("N", "Nd", "Number"), str.isdigit),
    "M": lambda _: False,
}
_COUNT = re.compile(r"\{(\d{1,4})(?:(,)(\d{0,4}))?\}", re.ASCII)
_PROPERTY = re.compile(r"[pP]\{(\w+)\}", re.ASCII)
_CONTROLS = {"n": "\n", "t": "\t", "r": "\r", "f": "\f", "v": "\v"}

#: Writes a text that matches one piece of a pattern.
_Piece = Callable[["_Draft"], str]


class _Unsupported(ValueError):
    """No example can be made of this pattern."""


def _kind(letter: str) -> tuple[bool, bool]:
    return letter.isdigit(), letter.isupper()


@attrs.define
class _Draft:
    """The state of one example while its text is written."""

    #: Repetitions beyond the required ones.
    extra: int
    #: Characters taken from classes so far.
    picked: int = 0
    pieces: int = 0

    def count(self) -> None:
        """Count one more piece.

        Raises:
            _Unsupported: the example has too many pieces.
        """
        self.pieces += 1
        if self.pieces > _MAX_PIECES:
            raise _Unsupported("too many repetitions")

    def pick(self, letters: str) -> str:
        """One of *letters*, another one each time, so that an example reads `ABC` and not `AAA`."""
        self.picked += 1
        similar = [letter for letter in letters if _kind(letter) == _kind(letters[0])]
        return similar[(self.picked - 1) % len(similar)]


def examples(pattern: str) -> Iterator[str]:
    """Texts that *pattern* probably matches, shortest first; none if it has unsupported syntax."""
    if len(pattern) > _MAX_PATTERN_LENGTH:
        return
    try:
        piece = _Parser(pattern).pattern_piece()
    except _Unsupported:
        return
    previous = None
    for extra in range(_MAX_EXTRA + 1):
        try:
            text = piece(_Draft(extra))
        except _Unsupported:
            return
        if text == previous or len(text) > MAX_LENGTH:
            return
        previous = text
        if text.strip():
            yield text


@attrs.define
class _Parser:
    """Recursive descent over a regular expression."""

    pattern: str
    at: int = 0
    depth: int = 0

    def pattern_piece(self) -> _Piece:
        piece = self._alternatives()
        if self.at < len(self.pattern):
            raise _Unsupported("a bracket too many")
        return piece

    def _next(self) -> str:
        return self.pattern[self.at : self.at + 1]

    def _alternatives(self) -> _Piece:
        first = self._sequence()
        while self._next() == "|":
            self.at += 1
            self._sequence()
        return first

    def _sequence(self) -> _Piece:
        pieces: list[_Piece] = []
        while self._next() not in ("", "|", ")"):
            piece = self._atom()
            least, most = self._repetitions()
            pieces.append(_repeated(piece, least, most))
        return lambda draft: "".join([piece(draft) for piece in pieces])

    def _atom(self) -> _Piece:
        letter = self._next()
        self.at += 1
        if letter in "^$":
            return lambda _: ""
        if letter == "(":
            return self._group()
        if letter == "[":
            return _picked(self._class())
        if letter == "\\":
            if self._next() in ("b", "B"):
                raise _Unsupported("a boundary of words")
            return _picked(self._escaped())
        if letter in "*+?":
            raise _Unsupported("nothing to repeat")
        return _picked(lambda _: True) if letter == "." else lambda _: letter

    def _group(self) -> _Piece:
        if self._next() == "?":
            named = re.compile(r"\?(?::|P?<[A-Za-z_]\w*>)").match(self.pattern, self.at)
            if named is None:
                raise _Unsupported("looks around")
            self.at = named.end()
        self.depth += 1
        if self.depth > 20:
            raise _Unsupported("too deep")
        inside = self._alternatives()
        if self._next() != ")":
            raise _Unsupported("a bracket is missing")
        self.at, self.depth = self.at + 1, self.depth - 1
        return inside

    def _repetitions(self) -> tuple[int, int | None]:
        """The smallest and largest number of repetitions of the piece before; None for no limit."""
        letter, count = self._next(), _COUNT.match(self.pattern, self.at)
        least, most = 1, None if letter in ("*", "+") else 1
        if count is not None:
            self.at = count.end()
            least = int(count[1])
            most = least if not count[2] else int(count[3]) if count[3] else None
        elif letter in ("*", "+", "?"):
            self.at += 1
            least = int(letter == "+")
        else:
            return 1, 1
        self.at += self._next() == "?"
        return least, most

    def _escaped(self) -> Callable[[str], bool]:
        """The predicate for characters that the escape after a backslash matches."""
        named = _PROPERTY.match(self.pattern, self.at)
        if named is not None:
            self.at = named.end()
            has_property = _PROPERTIES.get(named[1])
            if has_property is None:
                raise _Unsupported("a property of letters")
            return has_property if named[0][0] == "p" else lambda c: not has_property(c)
        letter = self._next()
        self.at += 1
        if letter in _CLASSES:
            return _CLASSES[letter]
        if not letter or (letter.isalnum() and letter not in _CONTROLS):
            raise _Unsupported("an escape")
        literal = _CONTROLS.get(letter, letter)
        return lambda c: c == literal

    def _class(self) -> Callable[[str], bool]:
        negated = self._next() == "^"
        self.at += negated
        members: list[Callable[[str], bool]] = []
        while self._next() != "]":
            members.append(self._member())
        self.at += 1
        return lambda c: any(accepts(c) for accepts in members) != negated

    def _member(self) -> Callable[[str], bool]:
        letter = self._next()
        self.at += 1
        if not letter:
            raise _Unsupported("a class without an end")
        if letter == "\\":
            return self._escaped()
        if self._next() == "-" and self.pattern[self.at + 1 : self.at + 2] not in ("]", "", "\\"):
            last = self.pattern[self.at + 1]
            self.at += 2
            return lambda c: letter <= c <= last
        return lambda c: c == letter


def _picked(accepts: Callable[[str], bool]) -> _Piece:
    letters = "".join(letter for letter in _ORDER if accepts(letter))
    if not letters:
        # A class without ASCII letters: try those of Vietnamese.
        letters = "".join(letter for letter in "ĂÂĐÊÔƠƯăâđêôơư\t\n" if accepts(letter))
    if not letters:
        raise _Unsupported("no letter that we know")
    return (lambda draft: draft.pick(letters)) if len(letters) > 1 else lambda _: letters


def _repeated(piece: _Piece, least: int, most: int | None) -> _Piece:
    def write(draft: _Draft) -> str:
        times = least + draft.extra if most is None else min(least + draft.extra, most)
        text: list[str] = []
        for _ in range(min(times, MAX_LENGTH + 1)):
            draft.count()
            text.append(piece(draft))
            if len(text) > MAX_LENGTH or sum(map(len, text)) > MAX_LENGTH:
                break
        return "".join(text)

    return write
