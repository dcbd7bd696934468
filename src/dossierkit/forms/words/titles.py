"""What things are called in one language: fields, choices, texts of a schema."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping

from dossierkit.forms.answers.texts import show_number
from dossierkit.forms.fields.field_tree import Index
from dossierkit.forms.fields.form import Field, Form, Kind
from dossierkit.forms.schema.dialect import Choice
from dossierkit.forms.schema.facets import Facet
from dossierkit.forms.words.catalogue import word
from dossierkit.pointers import last, parent

_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|_+|(?<=\w)-(?=\w)")


def translated(form: Form, text: str, location: str, language: str) -> str:
    """*text*, which stands at *location*, in *language*; as the author wrote it where there is no translation."""
    return form.translations.get(language, {}).get(location, text)


def schema_text(form: Form, facets: Iterable[Facet], keyword: str, language: str) -> str:
    """The first text that *facets* have under *keyword*, translated; empty where there is none."""
    for facet in facets:
        text = facet.get(keyword)
        if isinstance(text, str) and text.strip():
            return translated(form, text, f"{facet.location}/{keyword}", language)
    return ""


def label(form: Form, field: Field, language: str) -> str:
    """What *field* is called: its title, or else its name as words; a row has its number, unless its place has a title."""
    title = schema_text(form, field.facets, "title", language)
    if field.row and not (field.positional and title):
        return word("row", language).format(title=title or word("item", language), number=int(field.name) + 1)
    return title or humanized(field.name, language)


def humanized(name: str, language: str = "vi") -> str:
    """`areaM2` → `Area M2`; a number is the place in a list."""
    if name.isascii() and name.isdigit():
        return f"{word('item', language)} {int(name) + 1}"
    spaced = " ".join(_CAMEL.sub(" ", name).split())
    return spaced[:1].upper() + spaced[1:] if spaced else word("item", language)


def uncapitalized(words: str) -> str:
    """*words* as they go on in a sentence; what is written in capitals stays."""
    return words if words[1:2].isupper() else words[:1].lower() + words[1:]


def choice_title(form: Form, choice: Choice, language: str) -> str:
    """What *choice* is called in *language*."""
    if choice.origin.startswith("word:"):
        return word(choice.origin, language).format(title=choice.title)
    if choice.origin == "format:":
        return _kind(form, choice.title, language)
    if choice.origin:
        return translated(form, choice.title, choice.origin, language)
    if isinstance(choice.value, bool):
        return word("yes" if choice.value else "no", language)
    if choice.value is None:
        return word("null", language)
    if isinstance(choice.value, int | float):
        return show_number(choice.value, language)
    return choice.title or "“”"


def _kind(form: Form, name: str, language: str) -> str:
    """What a text of the format *name* is called, at the head of a line."""
    known = form.dialect.formats.get(name)
    words = known.words.get(language, name) if known is not None else name
    return words[:1].upper() + words[1:]


def whose(form: Form, tree: Index, pointer: str, language: str) -> str:
    """What the field at *pointer* is called, with the groups and rows around it as far as another field is called the same.

    `Tỉnh của địa chỉ thường trú`, `Tỉnh của thửa đất 1`.
    """
    if not pointer:
        return word("whole", language)
    paths, counts = _names(form, tree, language)
    path = paths.get(pointer)
    if path is None:
        path = (humanized(last(pointer), language), *paths[tree.nearest(parent(pointer))])
    told = next((length for length in range(1, len(path)) if counts.get(path[:length], 0) <= 1), len(path))
    told = max(told, _up_to_rows(tree, pointer))
    title = path[0]
    for around in path[1:told]:
        title = word("of", language).format(title=title, whole=uncapitalized(around))
    return title


def _up_to_rows(tree: Index, pointer: str) -> int:
    """How much of the path of *pointer* tells the rows around it apart: one may have a field that the others lack."""
    told = length = 1
    while pointer:
        pointer, length = tree.nearest(parent(pointer)), length + 1
        field = tree.fields[pointer]
        if field.row and len(tree.fields[tree.nearest(parent(pointer))].children) > 1:
            told = length
    return told


def _names(form: Form, tree: Index, language: str) -> tuple[Mapping[str, tuple[str, ...]], Mapping[tuple[str, ...], int]]:
    """Pointer → what its field is called and what stands around it, nearest first; and how many fields begin so."""
    known = tree.names.get(language)
    if known is None:
        paths: dict[str, tuple[str, ...]] = {"": ()}
        counts: Counter[tuple[str, ...]] = Counter()
        for pointer, field in tree.fields.items():
            if pointer:
                path = paths[pointer] = (label(form, field, language), *paths[tree.nearest(parent(pointer))])
                if field.kind is not Kind.CONSTANT:
                    counts.update(path[:length] for length in range(1, len(path) + 1))
        known = tree.names[language] = (paths, counts)
    return known
