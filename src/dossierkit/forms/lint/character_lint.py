"""Lint of characters: those that no reader sees, and those that no text may hold."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from dossierkit.findings import Fault
from dossierkit.forms.checks.hidden_text import hidden_texts
from dossierkit.forms.lint.texts import texts
from dossierkit.forms.schema.document import Document, value_of
from dossierkit.hidden_characters import hidden_character, without_hidden
from dossierkit.pointers import Json
from dossierkit.translatable import Words

#: Control characters but blanks, halves of surrogate pairs, and the code points that Unicode keeps for no character.
_FORBIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef"
    + "".join(chr(plane << 16 | last) for plane in range(17) for last in (0xFFFE, 0xFFFF))
    + "]"
)


def character_faults(documents: Mapping[str, Document | Json]) -> Iterator[Fault]:
    """Hidden characters in texts and names, in each of *documents* by its file; a test may hold what has to be refused.

    Control characters in what people read, and in codes, are errors: pages, papers and mails cannot carry them.
    """
    for file, document in documents.items():
        value = value_of(document)
        read: frozenset[str] | None = None
        for pointer, text, is_name in hidden_texts(value):
            if pointer.startswith("/x-tests/"):
                continue
            if (control := _FORBIDDEN.search(text)) and not is_name:
                read = frozenset(at for at, _ in texts(value)) if read is None else read
                if pointer in read or _is_of_the_office(pointer):
                    yield Fault(
                        "control-character",
                        pointer,
                        Words(
                            "character {number} of {text!r} is {code}, a control character; type the text again",
                            number=control.start() + 1,
                            text=without_hidden(text)[:40],
                            code=f"U+{ord(control[0]):04X}",
                        ),
                        file=file,
                    )
                    continue
            hidden = hidden_character(text)
            assert hidden is not None, "hidden_texts gives no other text"
            yield Fault(
                "hidden-character",
                pointer,
                Words(
                    "character {number} of {text!r} is {code}, which readers do not see; type the text again",
                    number=hidden.index + 1,
                    text=without_hidden(text)[:40],
                    code=hidden.code,
                ),
                "warning",
                file,
            )


def _is_of_the_office(pointer: str) -> bool:
    return pointer.startswith(("/x-procedure/", "/x-translations/")) and "/when/" not in pointer
