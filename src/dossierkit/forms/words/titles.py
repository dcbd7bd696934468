"""Names of fields and choices, and texts of a schema, in one language."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping

from dossierkit.forms.answers.texts import show_number
from dossierkit.forms.fields.field_tree import Index
from dossierkit.forms.fields.form import Field, Form, Kind
from dossierkit.forms.schema.dialect import Choice
from dossierkit.forms.schema.located_schemas import Facet
from dossierkit.forms.words.catalogue import word
from dossierkit.pointers import last, parent

_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|_+|(?<=\w)-(?=\w)")


def translated(form: Form, text: str, location: str, language: str) -> str:
    """The translation of the text at *location* into *language*; *text* itself if there is none."""
    return form.translations.get(language, {}).get(location, text)


def schema_text(form: Form, facets: Iterable[Facet], keyword: str, language: str) -> str:
    """The first text of *keyword* in *facets*, translated; empty if there is none."""
    for facet in facets:
        text = facet.get(keyword)
        if isinstance(text, str) and text.strip():
            return translated(form, text, f"{facet.location}/{keyword}", language)
    return ""


def label(form: Form, field: Field, language: str) -> str:
    """The title of *field*, or else its name in words; a row has a number, unless it is positional and has a title."""
    title = schema_text(form, field.facets, "title", language)
    if field.row and not (field.positional and title):
        return word("row", language).format(title=title or word("item", language), number=int(field.name) + 1)
    return title or humanized(field.name, language)


def humanized(name: str, language: str = "vi") -> str:
    """`areaM2` → `Area M2`; a number is taken for the index of a row."""
    if name.isascii() and name.isdigit():
        return f"{word('item', language)} {int(name) + 1}"
    spaced = " ".join(_CAMEL.sub(" ", name).split())
    return spaced[:1].upper() + spaced[1:] if spaced else word("item", language)


def uncapitalized(words: str) -> str:
    """*words* with a small first letter, for use inside a sentence, unless they begin with two capitals."""
    return words if words[1:2].isupper() else words[:1].lower() + words[1:]


def choice_title(form: Form, choice: Choice, language: str) -> str:
    """The title of *choice* in *language*."""
    if choice.origin.startswith("word:"):
        return word(choice.origin, language).format(title=choice.title)
    if choice.origin == "format:":
        return _format_name(form, choice.title, language)
    if choice.origin:
        return translated(form, choice.title, choice.origin, language)
    if isinstance(choice.value, bool):
        return word("yes" if choice.value else "no", language)
    if choice.value is None:
        return word("null", language)
    if isinstance(choice.value, int | float):
        return show_number(choice.value, language)
    return choice.title or "“”"


def _format_name(form: Form, name: str, language: str) -> str:
    """The name of the format *name* in words, with a capital first letter."""
    text_format = form.dialect.formats.get(name)
    words = text_format.words.get(language, name) if text_format is not None else name
    return words[:1].upper() + words[1:]


def full_title(form: Form, tree: Index, pointer: str, language: str) -> str:
    """The title of the field at *pointer*, with as many groups and rows around it as are needed to make it unique.

    `Tỉnh của địa chỉ thường trú`, `Tỉnh của thửa đất 1`.
    """
    if not pointer:
        return word("whole", language)
    paths, counts, titles = _title_paths(form, tree, language)
    if pointer in titles:
        return titles[pointer]
    path = paths.get(pointer)
    if path is None:
        path = (humanized(last(pointer), language), *paths[tree.nearest(parent(pointer))])
    unique_length = next((length for length in range(1, len(path)) if counts.get(path[:length], 0) <= 1), len(path))
    title = path[0]
    for outer in path[1 : max(unique_length, _length_with_rows(tree, pointer))]:
        title = word("of", language).format(title=title, whole=uncapitalized(outer))
    if pointer in paths:
        titles[pointer] = title
    return title


def _length_with_rows(tree: Index, pointer: str) -> int:
    """The length of the title path of *pointer* that includes all rows with siblings: only one of them may have the field."""
    result = length = 1
    while pointer:
        pointer, length = tree.nearest(parent(pointer)), length + 1
        field = tree.fields[pointer]
        if field.row and len(tree.fields[tree.nearest(parent(pointer))].children) > 1:
            result = length
    return result


def _title_paths(
    form: Form, tree: Index, language: str
) -> tuple[Mapping[str, tuple[str, ...]], Mapping[tuple[str, ...], int], dict[str, str]]:
    """Pointer → title path (titles of the field and its ancestors, nearest first); how many title paths begin so; full titles.

    The full titles are those that were asked for so far.
    """
    result = tree.names.get(language)
    if result is None:
        paths: dict[str, tuple[str, ...]] = {"": ()}
        counts: Counter[tuple[str, ...]] = Counter()
        for pointer, field in tree.fields.items():
            if pointer:
                path = paths[pointer] = (label(form, field, language), *paths[tree.nearest(parent(pointer))])
                if field.kind is not Kind.CONSTANT:
                    counts.update(path[:length] for length in range(1, len(path) + 1))
        result = tree.names[language] = (paths, counts, {})
    return result
