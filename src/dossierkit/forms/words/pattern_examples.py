"""A text that a pattern accepts, made from the pattern itself, to show what is wanted.

Only what regular expressions of forms are made of is understood: literals, classes, groups, alternatives, counts, anchors.
Whatever else stands in a pattern gives no example; the judge has the last word on each one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import attrs

#: Longer examples help nobody, and longer patterns are programs.
MOST_LETTERS = 60
_MOST_PATTERN = 400
#: So many more repetitions than needed are tried, where a pattern leaves their number open.
_MORE = 8
#: So many pieces are written for one example; nested repetitions of nothing would never end.
_MOST_PIECES = 2_000

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

#: Writes a text that a piece of the pattern accepts, given how many more repetitions than needed there shall be.
_Piece = Callable[["_Writing"], str]


class _Unknown(ValueError):
    """The pattern says something that no example is made of."""


def _kind(letter: str) -> tuple[bool, bool]:
    return letter.isdigit(), letter.isupper()


@attrs.define
class _Writing:
    """One example on its way: how generous it is, and how many characters of classes it has."""

    more: int
    drawn: int = 0
    pieces: int = 0

    def count(self) -> None:
        """One more piece is written."""
        self.pieces += 1
        if self.pieces > _MOST_PIECES:
            raise _Unknown("too many repetitions")

    def draw(self, letters: str) -> str:
        """The next one of *letters*, so that an example reads `ABC` and not `AAA`."""
        self.drawn += 1
        same = [letter for letter in letters if _kind(letter) == _kind(letters[0])]
        return same[(self.drawn - 1) % len(same)]


def examples(pattern: str) -> Iterator[str]:
    """Texts that *pattern* probably accepts, the shortest first; none where it is beyond this module."""
    if len(pattern) > _MOST_PATTERN:
        return
    try:
        piece = _Reading(pattern).whole()
    except _Unknown:
        return
    before = None
    for more in range(_MORE + 1):
        try:
            text = piece(_Writing(more))
        except _Unknown:
            return
        if text == before or len(text) > MOST_LETTERS:
            return
        before = text
        if text.strip():
            yield text


@attrs.define
class _Reading:
    pattern: str
    at: int = 0
    depth: int = 0

    def whole(self) -> _Piece:
        piece = self._alternatives()
        if self.at < len(self.pattern):
            raise _Unknown("a bracket too many")
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
            least, most = self._times()
            pieces.append(_repeated(piece, least, most))
        return lambda writing: "".join([piece(writing) for piece in pieces])

    def _atom(self) -> _Piece:
        letter = self._next()
        self.at += 1
        if letter in "^$":
            return lambda _: ""
        if letter == "(":
            return self._group()
        if letter == "[":
            return _drawn(self._class())
        if letter == "\\":
            if self._next() in ("b", "B"):
                raise _Unknown("a boundary of words")
            return _drawn(self._escaped())
        if letter in "*+?":
            raise _Unknown("nothing to repeat")
        return _drawn(lambda _: True) if letter == "." else lambda _: letter

    def _group(self) -> _Piece:
        if self._next() == "?":
            named = re.compile(r"\?(?::|P?<[A-Za-z_]\w*>)").match(self.pattern, self.at)
            if named is None:
                raise _Unknown("looks around")
            self.at = named.end()
        self.depth += 1
        if self.depth > 20:
            raise _Unknown("too deep")
        inside = self._alternatives()
        if self._next() != ")":
            raise _Unknown("a bracket is missing")
        self.at, self.depth = self.at + 1, self.depth - 1
        return inside

    def _times(self) -> tuple[int, int | None]:
        """How often the piece before stands at least and at most; None where nothing limits it."""
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
        """What the escape after a backslash stands for."""
        named = _PROPERTY.match(self.pattern, self.at)
        if named is not None:
            self.at = named.end()
            known = _PROPERTIES.get(named[1])
            if known is None:
                raise _Unknown("a property of letters")
            return known if named[0][0] == "p" else lambda c: not known(c)
        letter = self._next()
        self.at += 1
        if letter in _CLASSES:
            return _CLASSES[letter]
        if not letter or (letter.isalnum() and letter not in _CONTROLS):
            raise _Unknown("an escape")
        meant = _CONTROLS.get(letter, letter)
        return lambda c: c == meant

    def _class(self) -> Callable[[str], bool]:
        negated = self._next() == "^"
        self.at += negated
        inside: list[Callable[[str], bool]] = []
        while self._next() != "]":
            inside.append(self._member())
        self.at += 1
        return lambda c: any(accepts(c) for accepts in inside) != negated

    def _member(self) -> Callable[[str], bool]:
        letter = self._next()
        self.at += 1
        if not letter:
            raise _Unknown("a class without an end")
        if letter == "\\":
            return self._escaped()
        if self._next() == "-" and self.pattern[self.at + 1 : self.at + 2] not in ("]", "", "\\"):
            last = self.pattern[self.at + 1]
            self.at += 2
            return lambda c: letter <= c <= last
        return lambda c: c == letter


def _drawn(accepts: Callable[[str], bool]) -> _Piece:
    letters = "".join(letter for letter in _ORDER if accepts(letter))
    if not letters:
        # A class of letters beyond ASCII: those of Vietnamese are the likeliest.
        letters = "".join(letter for letter in "ĂÂĐÊÔƠƯăâđêôơư\t\n" if accepts(letter))
    if not letters:
        raise _Unknown("no letter that we know")
    return (lambda writing: writing.draw(letters)) if len(letters) > 1 else lambda _: letters


def _repeated(piece: _Piece, least: int, most: int | None) -> _Piece:
    def write(writing: _Writing) -> str:
        times = least + writing.more if most is None else min(least + writing.more, most)
        text: list[str] = []
        for _ in range(min(times, MOST_LETTERS + 1)):
            writing.count()
            text.append(piece(writing))
            if len(text) > MOST_LETTERS or sum(map(len, text)) > MOST_LETTERS:
                break
        return "".join(text)

    return write
