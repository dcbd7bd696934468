"""Texts of the portal outside the forms, from the gettext catalogues in `locale/`."""

from __future__ import annotations

from pathlib import Path

from dossierkit.locale.texts import LANGUAGES, text_of

__all__ = ["LANGUAGES", "LOCALE", "word"]

LOCALE = Path(__file__).parent / "locale"


def word(name: str, language: str, /, **values: object) -> str:
    """The words *name* in *language* with *values* filled in.

    Raises:
        KeyError: no text has this name.
    """
    text = text_of(LOCALE, "portal", name, language)
    return text.format(**values) if values else text
