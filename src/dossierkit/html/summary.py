"""Answers as a summary list: check-your-answers, a submitted dossier, a slip."""

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
    """One line: a heading where *text* is None."""

    depth: int
    label: str
    text: str | None
    pointer: str
    #: The id of its control on the form; empty where nobody is asked.
    id: str
    #: The ids of the files that answer it.
    files: tuple[str, ...] = ()


def answer_rows(
    form: Form, root: Field, answers: Json, language: str, *, file_name: Callable[[str], str] = str
) -> tuple[Row, ...]:
    """Every answer below *root* that is there, under the headings of the page and in its order.

    Args:
        file_name: what people call the file with an id; empty where it is not there.
    """
    rows: list[Row] = []

    def add(field: Field, depth: int) -> None:
        value = get(answers, field.pointer)
        if value is ABSENT or (field.kind is Kind.CONSTANT and not field.keywords.get("title")):
            return
        heading = bool(field.pointer) and field.kind is not Kind.ENTRIES
        if heading:
            own = file_of(form, field, value, language) if not field.write_only else None
            files = tuple(texts_in(value)) if field.kind is Kind.FILE and not (embeds(field) or field.write_only) else ()
            written = (
                own.name
                if own is not None
                else ", ".join(file_name(id) or word("file-missing", language) for id in files)
                or readable(form, field, value, language)
            )
            rows.append(
                Row(
                    depth,
                    label(form, field, language),
                    written if field.leaf else None,
                    field.pointer,
                    control_id(field.control) if is_asked(form, field) else "",
                    (own.blob,) if own else files,
                )
            )
        for below in field.children:
            add(below, depth + heading)

    for number, section, fields in section_fields(form, root):
        title, before = section_title(form, section, language), len(rows)
        for field in fields:
            add(field, int(bool(title)))
        if title and len(rows) > before:
            rows.insert(before, Row(0, title, None, "", f"s{number}"))
    return tuple(rows)
