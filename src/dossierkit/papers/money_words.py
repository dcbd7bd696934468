"""Amounts of đồng in words, for receipts."""

from __future__ import annotations

_DIGITS = ("không", "một", "hai", "ba", "bốn", "năm", "sáu", "bảy", "tám", "chín")
_SCALES = ("", "nghìn", "triệu", "tỷ")
_ONES = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen"),
    *("fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
)
_TENS = ("", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_ENGLISH = ("", "thousand", "million", "billion")


def money_words(amount: int, language: str = "vi") -> str:
    """*amount* đồng in words: 1 250 005 → `Một triệu hai trăm năm mươi nghìn không trăm linh năm đồng`."""
    words = _vietnamese(amount) if language == "vi" else _english(amount)
    sentence = f"{words} đồng"
    return sentence[0].upper() + sentence[1:]


def _groups(number: int) -> list[tuple[int, int]]:
    """Groups of three digits with their power of 1 000, the highest first; digits above 10⁹ form one group."""
    groups = []
    place = 0
    while number and place < 3:
        number, group = divmod(number, 1000)
        groups.append((group, place))
        place += 1
    if number:
        groups.append((number, 3))
    return groups[::-1]


def _vietnamese(number: int) -> str:
    words: list[str] = []
    for group, place in _groups(number):
        if group:
            spoken = _vietnamese(group) if group > 999 else _three(group, whole=bool(words))
            words += [spoken, _SCALES[place]]
    return " ".join(filter(None, words)) or _DIGITS[0]


def _three(number: int, *, whole: bool) -> str:
    """Three digits; *whole*: there are digits before them, so that zero hundreds are spoken, too."""
    hundreds, rest = divmod(number, 100)
    tens, ones = divmod(rest, 10)
    words = [f"{_DIGITS[hundreds]} trăm"] if hundreds or whole else []
    if tens > 1:
        words.append(f"{_DIGITS[tens]} mươi")
    elif tens == 1:
        words.append("mười")
    elif ones and words:
        words.append("linh")
    if ones:
        after_tens = {1: "mốt" if tens > 1 else "một", 5: "lăm" if tens else "năm", 4: "tư" if tens > 1 else "bốn"}
        words.append(after_tens.get(ones, _DIGITS[ones]))
    return " ".join(words)


def _english(number: int) -> str:
    words: list[str] = []
    for group, place in _groups(number):
        if group:
            words += [_english(group) if group > 999 else _hundreds(group), _ENGLISH[place]]
    return " ".join(filter(None, words)) or _ONES[0]


def _hundreds(number: int) -> str:
    hundreds, rest = divmod(number, 100)
    words = [f"{_ONES[hundreds]} hundred"] if hundreds else []
    if rest >= 20:
        words.append(_TENS[rest // 10] + (f"-{_ONES[rest % 10]}" if rest % 10 else ""))
    elif rest:
        words.append(_ONES[rest])
    return " ".join(words)
