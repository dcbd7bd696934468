"""What of a form is about a person: the fields marked `x-personal`, to be named beforehand and masked afterwards."""

from __future__ import annotations

from collections.abc import Mapping

from dossierkit.forms.fields.effective import effective
from dossierkit.forms.fields.field_tree import walk
from dossierkit.forms.fields.form import Form
from dossierkit.forms.schema.subschemas import every_schema
from dossierkit.forms.words.titles import translated
from dossierkit.pointers import ABSENT, Json, get, put

#: What stands in place of a masked answer.
MASK = "***"


def personal_titles(form: Form, language: str = "vi") -> tuple[str, ...]:
    """What the form may ask for about a person, by title, each once, in the order of its files."""
    found: dict[str, None] = {}
    for uri, document in form.schemas.documents.items():
        for pointer, schema in every_schema(document):
            if isinstance(schema, dict) and schema.get("x-personal") is True and isinstance(schema.get("title"), str):
                found[translated(form, schema["title"], f"{uri}#{pointer}/title", language)] = None
    return tuple(found)


def masked_answers(form: Form, answers: Json) -> Json:
    """*answers* with every personal one masked: for lists, logs and whoever need not know."""
    masked = answers
    for field in walk(effective(form, answers)):
        if field.keywords.get("x-personal") is True and get(answers, field.pointer) is not ABSENT:
            masked = put(masked, field.pointer, MASK)
    return without_secrets(form, masked)


def has_secrets(form: Form) -> bool:
    """Whether *form* has fields whose answers are never shown again (`writeOnly`)."""
    return form.schemas.any_schema(_is_secret)


def without_secrets(form: Form, answers: Json) -> Json:
    """*answers* with what is never shown again (`writeOnly`) masked: for whoever lists, exports or searches them."""
    if not has_secrets(form):
        return answers
    masked = answers
    for field in walk(effective(form, answers)):
        if field.write_only and field.leaf and get(answers, field.pointer) is not ABSENT:
            masked = put(masked, field.pointer, MASK)
    return masked


def _is_secret(schema: Mapping[str, Json]) -> bool:
    return schema.get("writeOnly") is True or schema.get("x-widget") == "password"
