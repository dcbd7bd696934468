"""What the portal says outside the forms, from the gettext catalogues in `locale/`.

Each text has a name, so that every language is a translation alike.  After an edit of a `.po` file:
`pybabel compile -d adapters/web/dossierkit_web/locale -D portal`.
"""

from __future__ import annotations

import gettext
from functools import lru_cache
from pathlib import Path

#: The first one is what somebody gets who asked for none of them.
LANGUAGES = ("vi", "en")
LOCALE = Path(__file__).parent / "locale"


@lru_cache(maxsize=len(LANGUAGES))
def _catalogue(language: str) -> gettext.GNUTranslations:
    return gettext.translation("portal", LOCALE, [language])


def word(name: str, language: str, /, **values: object) -> str:
    """The words *name* in *language* with *values* filled in.

    Raises:
        KeyError: nothing has this name.
    """
    text = _catalogue(language).gettext(name)
    if text == name:
        raise KeyError(name)
    return text.format(**values) if values else text
