"""Vietnamese text: one spelling (NFC), folding for search, alphabetical order."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from difflib import get_close_matches

from dossierkit.translatable import Words

_ALPHABET = "aăâbcdđeêfghijklmnoôơpqrstuưvwxyz"
_TONES = {"": 0, "\u0300": 1, "\u0309": 2, "\u0303": 3, "\u0301": 4, "\u0323": 5}
#: Combining marks, and characters that have no width.  đ and its look-alike eth are letters of their own to Unicode.
_MARKS = re.compile(
    "[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]+"
)
_BETWEEN = re.compile(r"[\W_]+")
_ASCII_BETWEEN = {code: " " for code in range(128) if not chr(code).isalnum()}


def nfc(text: str) -> str:
    """The one spelling in which text is compared and kept."""
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def unmarked(text: str) -> str:
    """*text* without diacritics, as banks take it; letters keep their case, signs stay."""
    return _MARKS.sub("", unicodedata.normalize("NFD", text)).replace("đ", "d").replace("Đ", "D")


def fold(text: str) -> str:
    """The search key of *text*: lower case, no diacritics, words separated by one space.

    Punctuation separates words.  Not for display: it merges what a reader tells apart.
    """
    lowered = text.casefold()
    if not lowered.isascii():
        marked = unicodedata.normalize("NFD", lowered)
        lowered = _MARKS.sub("", marked).replace("đ", "d").replace("ð", "d")
    if lowered.isascii():
        # The common case, Vietnamese included, and many times as fast.
        return " ".join(lowered.translate(_ASCII_BETWEEN).split())
    return _BETWEEN.sub(" ", lowered).strip()


def holds(text: str, query: str) -> bool:
    """Whether every word of the folded *query* begins a word of the folded *text*."""
    words = text.split()
    return all(any(word.startswith(wanted) for word in words) for wanted in query.split())


def names_place(name: str, query: str) -> bool:
    """Whether the folded *query* names the place with the folded *name*, with or without its spaces: `daklak` is `dak lak`."""
    if holds(name, query):
        return True
    squeezed, wanted, start = name.replace(" ", ""), query.replace(" ", ""), 0
    for word in name.split():
        if squeezed.startswith(wanted, start):
            return True
        start += len(word)
    return False


def place_words(name: str) -> str:
    """The words by which a place is found: the folded *name*, and its words run together as some people write them.

    `Tỉnh Đắk Lắk` gives `tinh dak lak tinhdaklak daklak`.
    """
    words = fold(name).split()
    return " ".join([*words, *("".join(words[start:]) for start in range(len(words) - 1))])


def meant(word: str, known: Iterable[str]) -> Words:
    """A hint at which of *known* the misspelt *word* was meant to be, or nothing."""
    close = get_close_matches(word, list(known), 1, 0.7)
    return Words("; did you mean {name!r}?", name=close[0]) if close else Words("")


def known_hint(word: str, known: Iterable[str]) -> Words:
    """A hint at which of *known* the misspelt *word* was meant to be, or else the first of them by name."""
    names = sorted(known)
    return meant(word, names) or Words("; known: {names}", names=", ".join([*names[:12], *("…" for _ in names[12:13])]))


def sort_key(text: str) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Orders words as a Vietnamese dictionary does: letters first, tones break ties."""
    letters: list[int] = []
    tones: list[int] = []
    for char in nfc(text.lower()):
        parts = unicodedata.normalize("NFD", char)
        tone = next((part for part in parts if part in _TONES), "")
        letter = nfc("".join(part for part in parts if part not in _TONES))
        if letter in _ALPHABET:
            letters.append(_ALPHABET.index(letter))
        else:
            letters.append(-1 if char == " " else 100 + ord(char))
        tones.append(_TONES[tone])
    return tuple(letters), tuple(tones)
