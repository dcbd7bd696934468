"""Files that are answers: base64 text of the type that the schema declares; any other text is refused."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from dossierkit import Actor, Engine
from dossierkit.dossiers.attachments.embedded import content_of, file_of
from dossierkit.dossiers.procedure.procedure import Bundle, Procedure
from dossierkit.errors import RefusedAnswers
from dossierkit.forms import Field, Form, Kind, effective, flatten, parse, read
from dossierkit.office.action_records import search_words

PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 20


def form_of(**keywords: Any) -> Form:
    photo = {"type": "string", "title": "Ảnh", "contentEncoding": "base64", "contentMediaType": "image/png", **keywords}
    return read({"type": "object", "properties": {"photo": photo, "name": {"type": "string"}}})


def field_of(form: Form) -> Field:
    return effective(form, {}).children[0]


def text(content: bytes) -> str:
    return base64.b64encode(content).decode()


def test_content_is_what_the_schema_says() -> None:
    """Its kind by how it begins, where that is known; its size; strict base64."""
    field = field_of(form_of())
    assert field.kind is Kind.FILE
    assert content_of(field, text(PNG)) == PNG
    for wrong in (text(b"%PDF-1.7"), text(b""), text(PNG + b"0" * 700_000), "A" * 2_000_000, "không", "AAA", "A A=", None, 7):
        assert content_of(field, wrong) is None, wrong
    small = field_of(form_of(**{"x-file": {"maxBytes": 20}}))
    assert content_of(small, text(PNG)) is None
    unknown = field_of(form_of(contentMediaType="application/x-own"))
    assert content_of(unknown, text(b"anything")) == b"anything"


def test_a_file_is_called_as_its_field() -> None:
    """With the suffix of its kind, where that is known; what is no such file has no name."""
    form = form_of()
    found = file_of(form, field_of(form), text(PNG))
    assert found is not None
    assert (found.name, found.size, found.media_type) == ("Ảnh.png", len(PNG), "image/png")
    assert file_of(form, field_of(form), "?") is None
    assert file_of(form, effective(form, {}).children[1], text(PNG)) is None
    own = form_of(contentMediaType="application/x-own")
    assert (found := file_of(own, field_of(own), text(b"x"))) is not None
    assert found.name == "Ảnh"


@pytest.mark.parametrize("name", ["contentMediaType", "contentEncoding"])
def test_half_of_it_is_a_line_of_text(name: str) -> None:
    """Only both together name a file."""
    schema = {"type": "string", "contentEncoding": "base64", "contentMediaType": "image/png"}
    del schema[name]
    assert effective(read({"type": "object", "properties": {"a": schema}}), {}).children[0].kind is Kind.TEXT


def test_a_page_that_is_sent_again_changes_nothing() -> None:
    """The answer travels as it is."""
    form, answers = form_of(), {"photo": text(PNG)}
    assert parse(form, flatten(form, answers)) == answers


def test_what_is_no_such_file_is_refused_and_a_search_finds_names_alone(engine: Engine) -> None:
    """By the library, too; the base64 text itself is not searchable."""
    form = form_of()
    procedure = Procedure("1.000009", form, Bundle({"": form.schema}), "r")
    assert text(PNG).casefold() not in search_words(procedure, {"photo": text(PNG), "name": "Ân"})
    assert "an" in search_words(procedure, {"photo": text(PNG), "name": "Ân"}).split()
    draft = engine.begin("1.000001", Actor("an"), {"name": "An"})
    assert [problem.at for problem in engine.problems(draft, form, {"photo": text(b"%PDF-1.7")})] == ["/photo"]
    assert engine.problems(draft, form, {"photo": text(PNG)}) == ()
    with pytest.raises(RefusedAnswers):
        engine.checks.guard_files(draft, form, {"photo": text(b"%PDF-1.7")}, {})
