"""Line and column of each value in a JSON text, and the numbers that a double cannot hold exactly."""

from __future__ import annotations

import json
import re

import attrs

from dossierkit.forms.schema.numbers import read_decimal
from dossierkit.pointers import child

_BLANK = re.compile(r"[ \t\n\r]*")
#: A number, true, false or null.
_LITERAL = re.compile(r"[-+.\w]+")
#: The middle of a number with a fraction or an exponent; a string can look the same.
_FRACTION = re.compile(r"[0-9][.eE][0-9+\-]")


def positions(text: str) -> dict[str, tuple[int, int]]:
    """JSON Pointer → (line, column) of each value in *text*, both counted from 1.

    Args:
        text: well-formed JSON.  Of a duplicate key, the second value is the one that is located.
    """
    starts = _Scanner(text).starts()
    result: dict[str, tuple[int, int]] = {}
    line, line_start, previous = 1, 0, 0
    for pointer, start in sorted(starts.items(), key=lambda item: item[1]):
        line += text.count("\n", previous, start)
        line_start = max(line_start, text.rfind("\n", previous, start) + 1)
        previous = start
        result[pointer] = (line, start - line_start + 1)
    return result


def rounded_numbers(text: str) -> dict[str, str]:
    """JSON Pointer → digits of each number in *text*, well-formed JSON, that a double does not hold exactly."""
    if not _FRACTION.search(text):
        return {}
    literals = {pointer: _LITERAL.match(text, start) for pointer, start in _Scanner(text).starts().items()}
    fractions = {pointer: match[0] for pointer, match in literals.items() if match and _FRACTION.search(match[0])}
    return {pointer: digits for pointer, digits in fractions.items() if read_decimal(digits) == digits}


def line_and_column(text: str, offset: int) -> tuple[int, int]:
    """The line and column of the character at *offset*, both counted from 1."""
    return text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset)


@attrs.define
class _Scanner:
    """Reads well-formed JSON text and notes the offset of each value."""

    text: str
    offset: int = 0
    _starts: dict[str, int] = attrs.field(factory=dict)

    def starts(self) -> dict[str, int]:
        self._value("")
        return self._starts

    def _skip_blank(self) -> str:
        """Move to the next character that is no white space, and return it."""
        match = _BLANK.match(self.text, self.offset)
        assert match is not None
        self.offset = match.end()
        return self.text[self.offset]

    def _string(self) -> str:
        value, self.offset = json.decoder.scanstring(self.text, self.offset + 1)  # type: ignore[attr-defined]  # absent from the stubs
        return str(value)

    def _value(self, pointer: str) -> None:
        opening = self._skip_blank()
        self._starts[pointer] = self.offset
        if opening in "{[":
            self._container(pointer, is_object=opening == "{")
        elif opening == '"':
            self._string()
        else:
            match = _LITERAL.match(self.text, self.offset)
            assert match is not None
            self.offset = match.end()

    def _container(self, pointer: str, *, is_object: bool) -> None:
        self.offset += 1
        index = 0
        while self._skip_blank() not in "]}":
            token: str | int = index
            if is_object:
                token = self._string()
                self._skip_blank()
                self.offset += 1
            self._value(child(pointer, token))
            index += 1
            if self._skip_blank() == ",":
                self.offset += 1
        self.offset += 1
