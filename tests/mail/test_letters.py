"""Mails: each exists in each language, states only what is known, and is safe for any text that users type."""

from __future__ import annotations

import re
from string import Formatter
from typing import Any

import pytest
from babel.messages.pofile import read_po
from support.samples import ROOT

from dossierkit.hidden_characters import hidden_character
from dossierkit.locale import FOLDER as LOCALE
from dossierkit.locale.texts import LANGUAGES, text_of
from dossierkit.mail.letters import Office, letter
from dossierkit.mail.notices import ANNOUNCED

OFFICE = Office(address="https://portal.example/")


def catalogue(language: str) -> Any:
    with (LOCALE / language / "LC_MESSAGES" / "mails.po").open("rb") as file:
        return read_po(file, locale=language)


NAMES = [message.id.removesuffix("-subject") for message in catalogue("vi") if str(message.id).endswith("-subject")]


def test_catalogues_are_whole_and_compiled() -> None:
    """The compiled files equal their sources, and every language has every text, with the same placeholders."""
    texts = {language: {m.id: m.string for m in catalogue(language) if m.id} for language in LANGUAGES}
    assert texts["vi"].keys() == texts["en"].keys() == {f"{name}-{part}" for name in NAMES for part in ("subject", "text")}
    for name, vietnamese in texts["vi"].items():
        for language in LANGUAGES:
            assert text_of(LOCALE, "mails", name, language) == texts[language][name]
        assert holes(vietnamese) == holes(texts["en"][name]), name


def holes(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def test_the_office_signs() -> None:
    """With its name in the language of the mail, where it is found and called; none of it can be markup."""
    office = Office("Sở <Mẫu>", name_en="Sample Department", postal_address="Số 1 đường Mẫu", telephone="024 0000 0000")
    vietnamese, english = (
        letter("account-deleted", language, office, key="k", to="an@example.vn", path="/") for language in ("vi", "en")
    )
    assert vietnamese.text.endswith("\n\nSở <Mẫu>\nSố 1 đường Mẫu\n024 0000 0000\n")
    assert "<p>Sở &lt;Mẫu&gt;<br>Số 1 đường Mẫu<br>024 0000 0000</p>" in vietnamese.html
    assert "Sample Department\n" in english.text


def test_every_letter_is_there_and_sent() -> None:
    """Every text that the program asks for is in the catalogues, and they hold no other."""
    source = "\n".join(path.read_text("utf-8") for path in (ROOT / "src").rglob("*.py"))
    asked = set(re.findall(r'letter\(\s*"([a-z-]+)"', source)) | {action.value for action in ANNOUNCED}
    assert asked == set(NAMES)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", NAMES)
def test_letters_are_whole_and_safe(name: str, language: str) -> None:
    """Input of a person breaks neither a header nor the page."""
    typed = "<b>x</b>\r\nBcc: y\u202e@example\u200b.vn\ue000"
    values = dict.fromkeys(
        (
            "secret",
            "code",
            "check",
            "procedure",
            "person",
            "receipt",
            "day",
            "due",
            "amount",
            "overdue",
            "soon",
            "unanswered",
            "confirm",
        ),
        typed,
    )
    made = letter(name, language, OFFICE, key="k", to="an@example.vn", path="/p", **values)
    assert not re.search(r"[\r\n]", made.subject)
    assert not any(hidden_character(part) for part in (made.subject, made.text, made.html))
    assert "<b>" not in made.html
    assert "\r" not in made.text
    assert "{" not in made.text
    assert f'lang="{language}"' in made.html


def test_what_is_not_known_is_left_out() -> None:
    """No promise without a day."""
    values = {"check": "K7M2QX", "code": "H29.15-261122-0001", "procedure": "Cấp bản sao", "receipt": "00001/2026/H29.15"}
    assert "Hẹn trả kết quả" not in letter("accept", "vi", OFFICE, key="k", to="a@b.vn", path="/p", due="", **values).text
    assert "01/12/2026" in letter("accept", "vi", OFFICE, key="k", to="a@b.vn", path="/p", due="01/12/2026", **values).text


def test_a_language_that_nobody_translated_gets_vietnamese() -> None:
    """An account keeps what a browser once said."""
    assert letter("account-deleted", "fr", OFFICE, key="k", to="a@b.vn", path="/").subject == "Tài khoản của bạn đã được xóa"
