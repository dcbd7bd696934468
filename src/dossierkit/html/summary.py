"""Answers as a summary list, for the page before submission, a submitted dossier, and slips."""

from __future__ import annotations

from collections.abc import Callable, Iterator

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
            text, files = _answer(form, field, value, language, file_name)
            rows.append(
                Row(
                    depth,
                    label(form, field, language),
                    text if field.leaf else None,
                    field.pointer,
                    control_id(field.control) if is_asked(form, field) else "",
                    files,
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


@attrs.frozen
class Question:
    """A field that the user can answer."""

    #: Its title after those of the groups around it.
    label: str
    #: The answer in words, empty without one; None for a list, whose rows are questions of their own.
    text: str | None
    pointer: str


def questions(
    form: Form, root: Field, answers: Json, language: str, *, file_name: Callable[[str], str] = str
) -> tuple[tuple[str, tuple[Question, ...]], ...]:
    """Every field below *root* that the user can answer, answered or not: (heading of the section, its fields), in page order.

    Args:
        file_name: as for `answer_rows`.
    """

    def below(field: Field, above: tuple[str, ...], heading: str = "") -> Iterator[Question]:
        # The editor of free entries has the pointer of its group.
        is_titled = field.kind is not Kind.ENTRIES and field.pointer
        title = label(form, field, language) if is_titled else ""
        # A group with the title of its section needs no second one.
        titles = (*above, title) if title and not (field.kind is Kind.GROUP and title == heading) else above
        if titles != above and is_asked(form, field) and (field.leaf or field.kind is Kind.LIST or not field.children):
            value = get(answers, field.pointer)
            text = "" if value is ABSENT else _answer(form, field, value, language, file_name)[0]
            yield Question(" › ".join(titles), text if field.leaf or not field.children else None, field.pointer)
        for child in field.children:
            yield from below(child, titles)

    sections = ((section_title(form, section, language), fields) for _, section, fields in section_fields(form, root))
    found = ((title, tuple(question for field in fields for question in below(field, (), title))) for title, fields in sections)
    return tuple((title, asked) for title, asked in found if asked)


def _answer(form: Form, field: Field, value: Json, language: str, file_name: Callable[[str], str]) -> tuple[str, tuple[str, ...]]:
    """The answer *value* to *field* in words, and the ids of its files."""
    embedded = file_of(form, field, value, language) if not field.write_only else None
    if embedded is not None:
        return embedded.name, (embedded.blob,)
    files = tuple(texts_in(value)) if field.kind is Kind.FILE and not (embeds(field) or field.write_only) else ()
    names = ", ".join(file_name(id) or word("file-missing", language) for id in files)
    return names or readable(form, field, value, language), files
