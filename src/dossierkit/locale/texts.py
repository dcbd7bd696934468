"""Texts by name from gettext catalogues, so that every language is a translation alike.

After an edit of a `.po` file: `pybabel compile -d FOLDER -D DOMAIN`.
"""

from __future__ import annotations

import gettext
from functools import lru_cache
from pathlib import Path

from dossierkit.locale import FOLDER
from dossierkit.translatable import Words

#: The first one is used for readers who ask for none of them.
LANGUAGES = ("vi", "en")


@lru_cache(maxsize=16)
def _catalogue(folder: Path, domain: str, language: str) -> gettext.GNUTranslations:
    return gettext.translation(domain, folder, [language])


def in_language(words: Words, language: str) -> str:
    """*words* about a procedure file in *language*: English as they are, Vietnamese by the catalogue `faults`."""
    return words if language == "en" else words.translated(_catalogue(FOLDER, "faults", "vi").gettext)


def text_of(folder: Path, domain: str, name: str, language: str) -> str:
    """The text called *name* in *language*.

    Raises:
        KeyError: nothing has this name.
    """
    text = _catalogue(folder, domain, language).gettext(name)
    if text == name:
        raise KeyError(name)
    return text
