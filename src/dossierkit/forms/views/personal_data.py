"""Personal data (`x-personal`) and secrets (`writeOnly`) of a form: the titles of their fields, and answers without them."""

from __future__ import annotations

from collections.abc import Mapping

from dossierkit.forms.fields.effective_fields import effective
from dossierkit.forms.fields.field_tree import walk
from dossierkit.forms.fields.form import Form
from dossierkit.forms.schema.subschemas import every_schema
from dossierkit.forms.words.titles import translated
from dossierkit.pointers import ABSENT, Json, get, put

#: The text in place of a masked answer.
MASK = "***"


def personal_titles(form: Form, language: str = "vi") -> tuple[str, ...]:
    """The titles of all fields with personal data, each once, in file order."""
    titles: dict[str, None] = {}
    for uri, document in form.schemas.documents.items():
        for pointer, schema in every_schema(document):
            if isinstance(schema, dict) and schema.get("x-personal") is True and isinstance(schema.get("title"), str):
                titles[translated(form, schema["title"], f"{uri}#{pointer}/title", language)] = None
    return tuple(titles)


def masked_answers(form: Form, answers: Json) -> Json:
    """*answers* with personal answers and secrets replaced by MASK, for lists, logs and readers without a need to know."""
    masked = answers
    for field in walk(effective(form, answers)):
        if field.keywords.get("x-personal") is True and get(answers, field.pointer) is not ABSENT:
            masked = put(masked, field.pointer, MASK)
    return without_secrets(form, masked)


def has_secrets(form: Form) -> bool:
    """Whether *form* has fields whose answers are never shown again (`writeOnly`)."""
    return form.schemas.any_schema(_is_secret)


def without_secrets(form: Form, answers: Json) -> Json:
    """*answers* with secrets, which are never shown again, replaced by MASK: for lists, exports and search."""
    if not has_secrets(form):
        return answers
    masked = answers
    for field in walk(effective(form, answers)):
        if field.write_only and field.leaf and get(answers, field.pointer) is not ABSENT:
            masked = put(masked, field.pointer, MASK)
    return masked


def _is_secret(schema: Mapping[str, Json]) -> bool:
    return schema.get("writeOnly") is True or schema.get("x-widget") == "password"
