"""Characters that readers do not see, or that change what they see around them: where they are in a text, and the text without.

A text with such a character looks like another text.  Emoji sequences keep their joiners and selectors, and so do words of
the scripts that are written with them.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from enum import Enum

import attrs


class Hidden(Enum):
    """The kinds of hidden characters.  The value names the words that `forms` has for the kind."""

    #: It changes the order in which a line is shown.
    DIRECTION = "direction"
    #: It takes no room: zero-width characters, soft hyphens, tags, fillers.
    INVISIBLE = "invisible"
    #: It breaks a line, but not everywhere.
    BREAK = "break"
    CONTROL = "control"
    #: Its look depends on the font.
    PRIVATE = "private"
    #: No character at all: unassigned, or half of a surrogate pair.
    UNASSIGNED = "unassigned"


@attrs.frozen
class HiddenCharacter:
    """One hidden character of a text."""

    kind: Hidden
    character: str
    #: Its place in the text, in characters from 0.
    index: int

    @property
    def code(self) -> str:
        """How Unicode writes it: `U+202E`."""
        return f"U+{ord(self.character):04X}"


_BLANKS = "\t\n\r"
_DIRECTIONS = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
#: What `str.isprintable` takes for visible: fillers, grapheme joiners, variation selectors, the blank of braille.
_PRINTABLE = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180d\u180f\u2800\u2d7f\u3164\ufe00-\ufe0f\uffa0\U0001107f\U00016fe4\U000e0100-\U000e01ef]"
)
#: Text of Latin letters, with their marks and signs: no character of `_PRINTABLE` is among them, and a look at each is faster.
_LATIN = re.compile("[\u0000-\u024f\u0300-\u034e\u1e00-\u1eff]*")
#: Format characters that are seen: signs around Arabic, Syriac and Kaithi numbers, and the joiners of hieroglyphs.
_SEEN = re.compile("[\u0600-\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd\U00013430-\U0001343f]")
#: Blocks whose free places are kept for emoji and for Han: a newer Unicode than that of Python may have assigned them.
_GROWING = re.compile("[\U0001f000-\U0001faff\U00020000-\U0002fffd\U00030000-\U0003fffd]")

_PICTURE = (
    "\u00a9\u00ae\u203c\u2049\u2122\u2139\u2190-\u21ff\u2300-\u23ff\u24c2\u25a0-\u27bf\u2900-\u297f\u2b00-\u2bff\u3030\u303d\u3297\u3299"
    "\U0001f000-\U0001faff"
)
_HAN = "\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003fffd"
#: Arabic, Syriac, N'Ko, Mongolian and the scripts of India and its neighbours: ZWJ and ZWNJ choose the shape of a letter.
_JOINING = (
    "\u0600-\u08ff\u0900-\u0dff\u0f00-\u109f\u1780-\u18af\u1a20-\u1baf\ua840-\ua8ff\ua980-\uaaff\uabc0-\uabff\ufb50-\ufdff\ufe70-\ufefc"
    "\U00010a00-\U00011fff"
)
#: Thai, Lao, Tibetan, Myanmar, Khmer: words are written without spaces, and ZWSP says where a line may break.
_UNSPACED = "\u0e00-\u109f\u1780-\u17ff\u1950-\u19ff\u1a20-\u1aaf"
_LEGITIMATE = re.compile(
    "|".join(
        (
            f"(?<=[{_PICTURE}])[\ufe0e\ufe0f]",
            "(?<=[0-9#*])\ufe0f(?=\u20e3)",
            f"(?<=[{_PICTURE}\ufe0f])\u200d(?=[{_PICTURE}])",
            "(?<=\U0001f3f4)[\U000e0030-\U000e0039\U000e0061-\U000e007a]{1,6}\U000e007f",
            f"(?<=[{_HAN}])[\ufe00-\ufe02\U000e0100-\U000e01ef]",
            "(?<=[\u1000-\u109f\u2200-\u22ff\u2a00-\u2aff\ua840-\ua87f])\ufe00",
            "(?<=[\u1800-\u18af])[\u180b-\u180f]",
            "(?<=[\u2801-\u28ff])\u2800",
            f"(?<=[{_JOINING}])[\u200c\u200d](?![\u200b-\u200d])",
            f"(?<=[{_UNSPACED}])\u200b(?=[{_UNSPACED}])",
        )
    )
)


def hidden_character(text: str) -> HiddenCharacter | None:
    """The first hidden character of *text*."""
    return None if is_plain(text) else next(_hidden(text), None)


def without_hidden(text: str) -> str:
    """*text* without its hidden characters."""
    if is_plain(text):
        return text
    hidden = {character.index for character in _hidden(text)}
    return "".join(letter for index, letter in enumerate(text) if index not in hidden)


def is_plain(text: str) -> bool:
    """Whether it is plain without a look at each character that nothing in *text* is hidden."""
    if not text.isprintable():
        for blank in _BLANKS:
            text = text.replace(blank, "")
        if not text.isprintable():
            return False
    return text.isascii() or _LATIN.fullmatch(text) is not None or not _PRINTABLE.search(text)


def _hidden(text: str) -> Iterator[HiddenCharacter]:
    legitimate = {index for match in _LEGITIMATE.finditer(text) for index in range(*match.span())}
    for index, letter in enumerate(text):
        kind = _kind(letter) if index not in legitimate else None
        if kind is not None:
            yield HiddenCharacter(kind, letter, index)


def _kind(letter: str) -> Hidden | None:
    if letter in _BLANKS or (letter.isprintable() and not _PRINTABLE.match(letter)):
        return None
    if letter in _DIRECTIONS:
        return Hidden.DIRECTION
    match unicodedata.category(letter):
        case "Zs":
            return None
        case "Zl" | "Zp":
            return Hidden.BREAK
        case "Cc":
            return Hidden.CONTROL
        case "Co":
            return Hidden.PRIVATE
        case "Cs":
            return Hidden.UNASSIGNED
        case "Cn":
            return None if _GROWING.match(letter) else Hidden.UNASSIGNED
    return None if _SEEN.match(letter) else Hidden.INVISIBLE
