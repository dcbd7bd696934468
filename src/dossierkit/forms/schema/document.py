"""Strict reader of JSON text: a `Document` holds the value, and finds the line and column of each part of it.

Stricter than `json.loads`: a duplicate key, `NaN`, a number beyond the range of a double, a lone surrogate, invalid UTF-8 and
excessive depth or size are refused, because other JSON readers treat each of them differently.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from functools import cached_property
from itertools import accumulate
from math import isinf

import attrs

from dossierkit.errors import DocumentError
from dossierkit.forms.schema.numbers import read_decimal
from dossierkit.forms.schema.positions import line_and_column, positions, rounded_numbers
from dossierkit.pointers import Json, child
from dossierkit.translatable import Words

MAX_BYTES = 8 * 1024 * 1024
MAX_DEPTH = 100

_ESCAPED_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
#: More digits than Python converts to an integer.
_MANY_DIGITS = re.compile(r"[0-9]{4301,}")
_SURROGATE = re.compile("[\ud800-\udfff]")


@attrs.frozen(eq=False)
class Document:
    """A JSON value with the text that it was read from.  *value* must not be changed."""

    value: Json
    text: str = ""

    @cached_property
    def positions(self) -> dict[str, tuple[int, int]]:
        """JSON Pointer → (line, column) of each value, both counted from 1; empty without a text."""
        return positions(self.text) if self.text else {}

    @cached_property
    def rounded(self) -> dict[str, str]:
        """JSON Pointer → digits of each number of the text that a double does not hold exactly."""
        return rounded_numbers(self.text)

    def position(self, pointer: str) -> tuple[int, int]:
        """The line and column of the value at *pointer*, or of its nearest ancestor in the text."""
        while pointer and pointer not in self.positions:
            pointer = pointer.rpartition("/")[0]
        return self.positions.get(pointer, (1, 1))


def load(
    source: bytes | str, *, max_bytes: int = MAX_BYTES, max_depth: int = MAX_DEPTH, decimal: Callable[[str], Json] = float
) -> Document:
    """The document in *source*, read strictly.

    Args:
        source: JSON text, or its bytes in UTF-8, with or without a byte order mark.
        max_bytes: the largest accepted length of *source*: bytes, or characters of a text.
        max_depth: the deepest accepted nesting of arrays and objects.
        decimal: converts the digits of a number with a fraction or an exponent.

    Raises:
        DocumentError: *source* is not JSON, or JSON that readers interpret differently; with line and column.
    """
    text = _decoded(source, max_bytes)
    _refuse_depth(text, max_depth)
    try:
        return Document(_fast_value(text, decimal), text)
    except ValueError:
        # The slow reader accepts an escaped surrogate pair, and locates a fault.
        return Document(_located_value(text, decimal), text)


def load_answers(source: bytes | str) -> Json:
    """The answers in *source*, read strictly.

    A number that a double cannot hold exactly is given as the text of its digits; `check` then reports its type.

    Raises:
        DocumentError: as for `load`.
    """
    return load(source, decimal=read_decimal).value


def _fast_value(text: str, decimal: Callable[[str], Json]) -> Json:
    """The value of *text*, read by `json` with few checks.

    Raises:
        ValueError: *text* needs `_located_value`; it may still be valid.
    """
    if _ESCAPED_SURROGATE.search(text):
        raise ValueError("a surrogate is escaped")
    return json.loads(
        text,
        object_pairs_hook=_unique_members,
        parse_float=lambda digits: _finite(decimal(digits)),
        parse_constant=_refuse_constant,
    )


def _unique_members(members: list[tuple[str, Json]]) -> dict[str, Json]:
    result = dict(members)
    if len(result) < len(members):
        raise ValueError("duplicate key")
    return result


def _finite(number: Json) -> Json:
    if isinstance(number, float) and isinf(number):
        raise ValueError("too large")
    return number


def _located_value(text: str, decimal: Callable[[str], Json]) -> Json:
    """The value of *text*; a fault is raised as DocumentError with its line and column."""
    try:
        value = json.loads(text, object_pairs_hook=_Members, parse_float=decimal, parse_constant=_refuse_constant)
        return _Checker(text).checked(value, "")
    except json.JSONDecodeError as error:
        raise DocumentError(_advice(error), error.lineno, error.colno) from None
    except ValueError as error:
        if isinstance(error, _Constant):
            line, column = line_and_column(text, max(text.find(str(error)), 0))
            raise DocumentError(Words("{error} is not a JSON number", error=error), line, column) from None
        digits = _MANY_DIGITS.search(text)
        offset = digits.start() if digits else 0
        raise DocumentError(Words("a number has too many digits"), *line_and_column(text, offset)) from None


#: (beginning of an error message of `json`, advice); the message about a superfluous comma differs between Python versions.
_ADVICE = (
    (
        "Expecting property name",
        Words("a name in double quotes is missing here: no comma is allowed before }; JSON has no comments"),
    ),
    ("Expecting ':'", Words("a colon is missing here")),
    ("Expecting ','", Words("a comma is missing here, or a closing bracket")),
    ("Illegal trailing comma", Words("no comma is allowed before a closing bracket")),
    ("Extra data", Words("there is more after its end: a file holds one value")),
    ("Invalid control character", Words(r"a line break, a tab or another control character is written \n, \t or \u0001")),
    ("Invalid \\", Words(r"an unknown escape; a backslash itself is written \\")),
    ("Unterminated string", Words("this text has no closing quotation mark")),
    (
        "Expecting value",
        Words("a value is missing here, or is written otherwise: text in double quotes, a number, true, false, null"),
    ),
)


def _advice(error: json.JSONDecodeError) -> Words:
    """Words for the author: the fault, and how to correct it."""
    if not error.doc.strip():
        return Words("not JSON: there is nothing in it")
    if not error.doc[error.pos :].strip():
        return Words("not JSON: it breaks off in the middle; write it whole")
    advice = next((words for begin, words in _ADVICE if error.msg.startswith(begin)), error.msg)
    return Words("not JSON: {advice}", advice=advice)


def value_of(source: Json) -> Json:
    """The value of a `Document`, or *source* itself if it is a JSON value."""
    return source.value if isinstance(source, Document) else source


def _decoded(source: bytes | str, max_bytes: int) -> str:
    if len(source) > max_bytes:
        raise DocumentError(Words("larger than {max_bytes} bytes", max_bytes=max_bytes))
    if isinstance(source, str):
        text = source
    else:
        try:
            text = source.decode("utf-8")
        except UnicodeDecodeError as error:
            before = source[: error.start].decode("utf-8")
            line, column = line_and_column(before, len(before))
            raise DocumentError(Words("not UTF-8"), line, column) from None
    if surrogate := _SURROGATE.search(text):
        line, column = line_and_column(text, surrogate.start())
        raise DocumentError(Words("half of a surrogate pair"), line, column)
    return text.removeprefix("\ufeff")


#: A string, closed or not.
_STRING = r'"[^"\\]*(?:\\.[^"\\]*)*"?'
_NO_BRACKETS = re.compile(rf'{_STRING}|[^\[\]{{}}"]+', re.DOTALL)
_STEPS = {"[": 1, "{": 1, "]": -1, "}": -1}


def _refuse_depth(text: str, max_depth: int) -> None:
    """Raise DocumentError for deeper nesting, before the recursive reader of `json` runs."""
    if text.count("[") + text.count("{") <= max_depth:
        return
    steps = map(_STEPS.__getitem__, _NO_BRACKETS.sub("", text))
    if max(accumulate(steps), default=0) <= max_depth:
        return
    tokens = [*re.finditer(rf"{_STRING}|[\[{{\]}}]", text, re.DOTALL)]
    depths = accumulate(_STEPS.get(token[0], 0) for token in tokens)
    token = next(token for token, depth in zip(tokens, depths, strict=True) if depth > max_depth)
    raise DocumentError(
        Words("nested more than {max_depth} levels deep", max_depth=max_depth), *line_and_column(text, token.start())
    )


class _Members(list[tuple[str, Json]]):
    """The members of an object in file order, with duplicates."""


class _Constant(ValueError):
    """`NaN` or an infinity."""


def _refuse_constant(name: str) -> Json:
    raise _Constant(name)


@attrs.frozen
class _Checker:
    """Turns member lists into dicts, and refuses duplicate keys, lone surrogates and infinite numbers."""

    text: str

    def checked(self, value: Json, pointer: str) -> Json:
        """*value* with a dict for each `_Members`."""
        if isinstance(value, _Members):
            return self._object(value, pointer)
        if isinstance(value, list):
            return [self.checked(item, child(pointer, index)) for index, item in enumerate(value)]
        if isinstance(value, str):
            self._refuse_surrogate(value, pointer)
        if isinstance(value, float) and value in (float("inf"), float("-inf")):
            raise self._error(Words("a number is too large for a double"), pointer)
        return value

    def _object(self, members: _Members, pointer: str) -> dict[str, Json]:
        result: dict[str, Json] = {}
        for name, value in members:
            self._refuse_surrogate(name, pointer)
            if name in result:
                raise self._error(
                    Words("the key {name} is duplicated", name=json.dumps(name, ensure_ascii=False)), child(pointer, name)
                )
            result[name] = self.checked(value, child(pointer, name))
        return result

    def _refuse_surrogate(self, value: str, pointer: str) -> None:
        if _SURROGATE.search(value):
            raise self._error(Words("half of a surrogate pair"), pointer)

    def _error(self, message: Words, pointer: str) -> DocumentError:
        line, column = Document(None, self.text).position(pointer)
        return DocumentError(message, line, column)
