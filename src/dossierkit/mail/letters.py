"""The texts of mails in Vietnamese and English, as plain text and as simple HTML."""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import escape
from pathlib import Path
from string import Formatter

import attrs

from dossierkit.dossiers.mails import SendMail
from dossierkit.hidden_characters import without_hidden
from dossierkit.locale import FOLDER as LOCALE
from dossierkit.locale.texts import LANGUAGES, text_of

_BREAKS = re.compile(r"[\x00-\x1f\x7f\u2028\u2029]+")
_LINK = re.compile(r"https?://[^\s<>\"]+")

#: Name of the office until the settings give one.
SAMPLE_NAME = "Cổng dịch vụ công trực tuyến"


@attrs.frozen
class Office:
    """The office as sender of mails and papers; links are built from *address* alone, never from a request.

    Empty attributes are left out.
    """

    name: str = SAMPLE_NAME
    #: Address of its portal.
    address: str = "http://127.0.0.1:8000"
    #: On papers: the superior agency, and the place before the date.
    superior: str = ""
    place: str = ""
    #: Contact and opening hours.
    postal_address: str = ""
    telephone: str = ""
    hours: str = ""
    #: An image file, PNG or JPEG.
    emblem: Path | None = None
    #: In English; empty: as in Vietnamese.
    name_en: str = ""
    hours_en: str = ""

    @property
    def is_sample(self) -> bool:
        """Whether the office still has the sample name."""
        return self.name == SAMPLE_NAME

    def named(self, language: str) -> str:
        """Its name in *language*."""
        return (language == "en" and self.name_en) or self.name

    def open_hours(self, language: str) -> str:
        """The opening hours in *language*."""
        return (language == "en" and self.hours_en) or self.hours


def letter(name: str, language: str, office: Office, *, key: str, to: str, path: str, **values: str) -> SendMail:
    """The letter *name* to the address *to*.

    Args:
        key: identifies the mail; the outbox takes each key once.
        path: the path of its link, below the address of the office.
        values: texts that the letter quotes; line breaks in them become spaces, hidden characters are left out.
    """
    spoken = language if language in LANGUAGES else LANGUAGES[0]
    subject, body = (text_of(LOCALE, "mails", f"{name}-{part}", spoken) for part in ("subject", "text"))
    quoted = {"link": office.address.rstrip("/") + path, **{k: without_hidden(_BREAKS.sub(" ", v)) for k, v in values.items()}}
    texts = [paragraph.format(**quoted) for paragraph in body.split("\n\n") if _is_known(paragraph, quoted)]
    shown = "".join(f"<p>{_linked(text)}</p>" for text in texts)
    signature = [line for line in (office.named(spoken), office.postal_address, office.telephone) if line]
    signed = "<br>".join(map(escape, signature))
    page = f'<!doctype html><html lang="{language}"><body>{shown}<p>{signed}</p></body></html>'
    return SendMail(key, to, subject.format(**quoted)[:200], "\n\n".join([*texts, "\n".join(signature)]) + "\n", page)


def _is_known(paragraph: str, values: Mapping[str, str]) -> bool:
    """Whether every value that *paragraph* quotes is known; other paragraphs are left out."""
    return all(values[name] for _, name, _, _ in Formatter().parse(paragraph) if name)


def _linked(text: str) -> str:
    """*text* as HTML, its addresses as links."""
    parts: list[str] = []
    end = 0
    for match in _LINK.finditer(text):
        address = match[0].rstrip(".,;")
        parts += [escape(text[end : match.start()]), f'<a href="{escape(address)}">{escape(address)}</a>']
        end = match.start() + len(address)
    return "".join([*parts, escape(text[end:])])
