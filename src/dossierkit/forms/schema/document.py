"""JSON text → a document whose every value knows its line and column.

Stricter than `json.loads`: a duplicate key, `NaN`, a number beyond a double, half a surrogate pair, bad UTF-8,
and excessive depth or size are refused, because each of them means something else to the next reader.
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
from dossierkit.pointers import Json, child

MAX_BYTES = 8 * 1024 * 1024
MAX_DEPTH = 100

_BLANK = re.compile(r"[ \t\n\r]*")
_SCALAR = re.compile(r"[^\s,\]}]+")
_ESCAPED_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
#: Beyond it Python reads no number.
_MANY_DIGITS = re.compile(r"[0-9]{4301,}")
#: The middle of a number with a fraction or an exponent, or of a text that looks like one.
_FRACTION = re.compile(r"[0-9][.eE][0-9+\-]")
_SURROGATE = re.compile("[\ud800-\udfff]")


@attrs.frozen(eq=False)
class Document:
    """One JSON text, read.  *value* is not changed by anyone."""

    value: Json
    text: str = ""

    @cached_property
    def positions(self) -> dict[str, tuple[int, int]]:
        """Pointer → (line, column) of each value, both counted from 1; empty for a value without a text."""
        return _Scanner(self.text).scan() if self.text else {}

    @cached_property
    def rounded(self) -> dict[str, str]:
        """Pointer → digits of each number of the text that a double does not hold exactly."""
        return _Scanner(self.text).rounded() if _FRACTION.search(self.text) else {}

    def position(self, pointer: str) -> tuple[int, int]:
        """The line and column of *pointer*, or of the nearest value above it."""
        while pointer and pointer not in self.positions:
            pointer = pointer.rpartition("/")[0]
        return self.positions.get(pointer, (1, 1))


def load(
    source: bytes | str, *, max_bytes: int = MAX_BYTES, max_depth: int = MAX_DEPTH, decimal: Callable[[str], Json] = float
) -> Document:
    """The document that *source* spells, read strictly.

    Args:
        decimal: reads the digits of a number with a fraction or an exponent.

    Raises:
        DocumentError: it is not JSON, or not JSON that everybody reads alike.
    """
    text = _decoded(source, max_bytes)
    _refuse_depth(text, max_depth)
    try:
        return Document(_plain(text, decimal), text)
    except ValueError:
        # Something is wrong, or may be: the careful way says what and where.
        return Document(_careful(text, decimal), text)


def load_answers(source: bytes | str) -> Json:
    """The answers that *source* spells, read strictly.

    A number that would have to be rounded stays the text of its digits: `check` refuses it where a number is asked for.

    Raises:
        DocumentError: as for `load`.
    """
    return load(source, decimal=read_decimal).value


def _plain(text: str, decimal: Callable[[str], Json]) -> Json:
    """The value of *text* where nothing in it can be read in two ways.

    Raises:
        ValueError: perhaps something can.
    """
    if _ESCAPED_SURROGATE.search(text):
        raise ValueError("a surrogate is escaped")
    return json.loads(
        text, object_pairs_hook=_each_once, parse_float=lambda digits: _finite(decimal(digits)), parse_constant=_refuse_constant
    )


def _each_once(members: list[tuple[str, Json]]) -> dict[str, Json]:
    result = dict(members)
    if len(result) < len(members):
        raise ValueError("a key stands twice")
    return result


def _finite(number: Json) -> Json:
    if isinstance(number, float) and isinf(number):
        raise ValueError("too large")
    return number


def _careful(text: str, decimal: Callable[[str], Json]) -> Json:
    try:
        value = json.loads(text, object_pairs_hook=_Members, parse_float=decimal, parse_constant=_refuse_constant)
        return _Checked(text).value(value, "")
    except json.JSONDecodeError as fault:
        raise DocumentError(_words(fault), fault.lineno, fault.colno) from None
    except ValueError as fault:
        if isinstance(fault, _Constant):
            line, column = _place(text, max(text.find(str(fault)), 0))
            raise DocumentError(f"{fault} is not a JSON number", line, column) from None
        digits = _MANY_DIGITS.search(text)
        raise DocumentError("a number has too many digits", *_place(text, digits.start() if digits else 0)) from None


#: What the reader of Python says, and what to do about it; its spelling of a comma too many differs between versions.
_ADVICE = (
    ("Expecting property name", "a name in double quotes is missing here: no comma stands before }, and JSON has no comments"),
    ("Expecting ':'", "a colon is missing here"),
    ("Expecting ','", "a comma is missing here, or a closing bracket"),
    ("Illegal trailing comma", "no comma stands before a closing bracket"),
    ("Extra data", "there is more after its end: a file holds one value"),
    ("Invalid control character", r"a line break, a tab or another control character is written \n, \t or \u0001"),
    ("Invalid \\", r"what follows the backslash is no escape; a backslash itself is written \\"),
    ("Unterminated string", "this text has no closing quotation mark"),
    ("Expecting value", "a value is missing here, or is written otherwise: text in double quotes, a number, true, false, null"),
)


def _words(fault: json.JSONDecodeError) -> str:
    """What is wrong with a text that is not JSON, and what to do about it."""
    if not fault.doc.strip():
        return "not JSON: there is nothing in it"
    if not fault.doc[fault.pos :].strip():
        return "not JSON: it breaks off in the middle; write it whole"
    return f"not JSON: {next((words for begin, words in _ADVICE if fault.msg.startswith(begin)), fault.msg)}"


def value_of(source: Json) -> Json:
    """The JSON value of a document, or *source* itself where it is one already."""
    return source.value if isinstance(source, Document) else source


def _decoded(source: bytes | str, max_bytes: int) -> str:
    if len(source) > max_bytes:
        raise DocumentError(f"larger than {max_bytes} bytes")
    if isinstance(source, str):
        text = source
    else:
        try:
            text = source.decode("utf-8")
        except UnicodeDecodeError as fault:
            before = source[: fault.start].decode("utf-8")
            line, column = _place(before, len(before))
            raise DocumentError("not UTF-8", line, column) from None
    if lone := _SURROGATE.search(text):
        line, column = _place(text, lone.start())
        raise DocumentError("half of a surrogate pair", line, column)
    return text.removeprefix("\ufeff")


#: A text, also one that never ends.
_TEXT = r'"[^"\\]*(?:\\.[^"\\]*)*"?'
_NO_BRACKETS = re.compile(rf'{_TEXT}|[^\[\]{{}}"]+', re.DOTALL)
_STEPS = {"[": 1, "{": 1, "]": -1, "}": -1}


def _refuse_depth(text: str, max_depth: int) -> None:
    """Bounds the nesting before the recursive reader sees it."""
    if text.count("[") + text.count("{") <= max_depth:
        return
    steps = map(_STEPS.__getitem__, _NO_BRACKETS.sub("", text))
    if max(accumulate(steps), default=0) <= max_depth:
        return
    tokens = [*re.finditer(rf"{_TEXT}|[\[{{\]}}]", text, re.DOTALL)]
    depths = accumulate(_STEPS.get(token[0], 0) for token in tokens)
    token = next(token for token, depth in zip(tokens, depths, strict=True) if depth > max_depth)
    raise DocumentError(f"nested more than {max_depth} levels deep", *_place(text, token.start()))


class _Members(list[tuple[str, Json]]):
    """The members of an object in file order, duplicates and all."""


class _Constant(ValueError):
    """`NaN` or an infinity."""


def _refuse_constant(name: str) -> Json:
    raise _Constant(name)


@attrs.frozen
class _Checked:
    """Turns member lists into dicts and refuses what `json` lets pass."""

    text: str

    def value(self, value: Json, pointer: str) -> Json:
        if isinstance(value, _Members):
            return self._object(value, pointer)
        if isinstance(value, list):
            return [self.value(item, child(pointer, index)) for index, item in enumerate(value)]
        if isinstance(value, str):
            self._string(value, pointer)
        if isinstance(value, float) and value in (float("inf"), float("-inf")):
            raise self._error("a number is too large for a double", pointer)
        return value

    def _object(self, members: _Members, pointer: str) -> dict[str, Json]:
        result: dict[str, Json] = {}
        for name, value in members:
            self._string(name, pointer)
            if name in result:
                raise self._error(f"the key {json.dumps(name, ensure_ascii=False)} stands twice", child(pointer, name))
            result[name] = self.value(value, child(pointer, name))
        return result

    def _string(self, value: str, pointer: str) -> None:
        if _SURROGATE.search(value):
            raise self._error("half of a surrogate pair", pointer)

    def _error(self, message: str, pointer: str) -> DocumentError:
        line, column = Document(None, self.text).position(pointer)
        return DocumentError(message, line, column)


def _place(text: str, offset: int) -> tuple[int, int]:
    return text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset)


@attrs.define
class _Scanner:
    """Walks JSON text that is known to be well formed and notes where each value begins."""

    text: str
    offset: int = 0
    starts: dict[str, int] = attrs.field(factory=dict)

    def scan(self) -> dict[str, tuple[int, int]]:
        self._value("")
        places: dict[str, tuple[int, int]] = {}
        line, begin, done = 1, 0, 0
        for pointer, start in sorted(self.starts.items(), key=lambda item: item[1]):
            line += self.text.count("\n", done, start)
            begin = max(begin, self.text.rfind("\n", done, start) + 1)
            done = start
            places[pointer] = (line, start - begin + 1)
        return places

    def rounded(self) -> dict[str, str]:
        self._value("")
        scalars = {pointer: _SCALAR.match(self.text, start) for pointer, start in self.starts.items()}
        fractions = {pointer: match[0] for pointer, match in scalars.items() if match and _FRACTION.search(match[0])}
        return {pointer: digits for pointer, digits in fractions.items() if digits[0] != '"' and read_decimal(digits) == digits}

    def _skip(self) -> str:
        match = _BLANK.match(self.text, self.offset)
        assert match is not None
        self.offset = match.end()
        return self.text[self.offset]

    def _text(self) -> str:
        value, self.offset = json.decoder.scanstring(self.text, self.offset + 1)  # type: ignore[attr-defined]  # absent from the stubs
        return str(value)

    def _value(self, pointer: str) -> None:
        opening = self._skip()
        # Of a key that stands twice, the second place is the one to show.
        self.starts[pointer] = self.offset
        if opening in "{[":
            self._members(pointer, named=opening == "{")
        elif opening == '"':
            self._text()
        else:
            match = _SCALAR.match(self.text, self.offset)
            assert match is not None
            self.offset = match.end()

    def _members(self, pointer: str, *, named: bool) -> None:
        self.offset += 1
        index = 0
        while self._skip() not in "]}":
            token: str | int = index
            if named:
                token = self._text()
                self._skip()
                self.offset += 1
            self._value(child(pointer, token))
            index += 1
            if self._skip() == ",":
                self.offset += 1
        self.offset += 1
