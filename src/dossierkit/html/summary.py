"""Answers as a summary list, for the page before submission, a submitted dossier, and slips."""

from __future__ import annotations

from collections.abc import Callable

import attrs

from dossierkit.dossiers.attachments.embedded import file_of
from dossierkit.forms.fields.field_tree import is_asked, section_fields
from dossierkit.forms.fields.form import Field, Form, Kind, embeds
from dossierkit.forms.views.view import section_title
from dossierkit.forms.views.viewer import control_id
from dossierkit.forms.words.catalogue import word
from dossierkit.forms.words.readable_answers import readable
from dossierkit.forms.words.titles import label
from dossierkit.pointers import ABSENT, Json, get, texts_in


@attrs.frozen
class Row:
    """One line of the list."""

    #: Level of nesting, from 0.
    depth: int
    label: str
    #: The answer in words; None for a heading.
    text: str | None
    #: JSON Pointer of the answer; empty for the heading of a section.
    pointer: str
    #: The id of its control on the form; empty if the user cannot answer it.
    id: str
    #: The ids of the attached files.
    files: tuple[str, ...] = ()


def answer_rows(
    form: Form, root: Field, answers: Json, language: str, *, file_name: Callable[[str], str] = str
) -> tuple[Row, ...]:
    """The answers to the fields below *root*, under the headings of the page and in page order.

    Args:
        file_name: the id of a file → its name; empty if the file does not exist.
    """
    rows: list[Row] = []

    def add(field: Field, depth: int) -> None:
        value = get(answers, field.pointer)
        if value is ABSENT or (field.kind is Kind.CONSTANT and not field.keywords.get("title")):
            return
        heading = bool(field.pointer) and field.kind is not Kind.ENTRIES
        if heading:
            embedded = file_of(form, field, value, language) if not field.write_only else None
            files = tuple(texts_in(value)) if field.kind is Kind.FILE and not (embeds(field) or field.write_only) else ()
            text = (
                embedded.name
                if embedded is not None
                else ", ".join(file_name(id) or word("file-missing", language) for id in files)
                or readable(form, field, value, language)
            )
            rows.append(
                Row(
                    depth,
                    label(form, field, language),
                    text if field.leaf else None,
                    field.pointer,
                    control_id(field.control) if is_asked(form, field) else "",
                    (embedded.blob,) if embedded else files,
                )
            )
        for below in field.children:
            add(below, depth + heading)

    for number, section, fields in section_fields(form, root):
        title, start = section_title(form, section, language), len(rows)
        for field in fields:
            add(field, int(bool(title)))
        if title and len(rows) > start:
            rows.insert(start, Row(0, title, None, "", f"s{number}"))
    return tuple(rows)
