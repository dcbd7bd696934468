"""The sentences that forms show to users, by language and name.

A sentence tells the user what to do.  `messages` fills in its `{…}`.  Both languages have the same names; a test checks it.
"""

from __future__ import annotations

from collections.abc import Mapping

from dossierkit.forms.words import english, vietnamese

#: Language → name → sentence.
WORDS: Mapping[str, Mapping[str, str]] = {"vi": vietnamese.SENTENCES, "en": english.SENTENCES}


def word(name: str, language: str) -> str:
    """The sentence *name* in *language*; in Vietnamese if the language is unknown."""
    return WORDS.get(language, vietnamese.SENTENCES)[name]


def month(number: int, language: str) -> str:
    """The name of the month *number*, from 1 to 12."""
    return english.MONTHS[number - 1] if language == "en" else f"tháng {number}"
