"""Messages to the authors of procedure files, in English and in Vietnamese."""

from __future__ import annotations

import ast
import string
from collections.abc import Iterator
from typing import Any

import pytest
from babel.messages.pofile import read_po
from support.samples import ROOT

from dossierkit.dossiers.procedure.procedure_block import SHAPE
from dossierkit.locale import FOLDER
from dossierkit.locale.texts import in_language
from dossierkit.text import known_hint
from dossierkit.translatable import Words

SOURCE = ROOT / "src" / "dossierkit"


def english() -> Iterator[tuple[str, set[str]]]:
    """Every template in the code with the names of its values, and the descriptions of the block, which have none."""
    for path in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Words":
                match node.args:
                    case [ast.Constant(value=str(template))]:
                        yield template, {str(value.arg) for value in node.keywords}
                    case _:
                        assert path.name == "shapes.py", f"{path}:{node.lineno}: no catalogue knows {ast.unparse(node)}"
    yield from ((template, set()) for template in descriptions(SHAPE))


def descriptions(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("description"), str):
            yield value["description"]
        value = [*value.values()]
    for item in value if isinstance(value, list) else ():
        yield from descriptions(item)


def vietnamese() -> dict[str, str]:
    with (FOLDER / "vi" / "LC_MESSAGES" / "faults.po").open("rb") as file:
        return {str(message.id): str(message.string) for message in read_po(file, locale="vi") if message.id}


def names(template: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(template) if name}


def test_every_fault_is_said_in_vietnamese() -> None:
    """And the catalogue holds nothing that the code does not say."""
    assert {*vietnamese()} == {template for template, _ in english() if template}


def test_both_languages_name_the_values_that_there_are() -> None:
    """A template without values may hold braces: those of an object."""
    texts = vietnamese()
    for template, values in english():
        if values:
            assert names(template) == values
            assert names(texts[template]) == values


def test_the_catalogue_is_compiled() -> None:
    """The compiled file equals its source."""
    for template, text in vietnamese().items():
        assert in_language(Words(template), "vi") == text


@pytest.mark.parametrize(
    ("language", "text"),
    [("en", "'x' means nothing here; did you mean 'y'?"), ("vi", "'x' không có tác dụng ở đây; có phải ý bạn là 'y'?")],
)
def test_words_in_words_are_translated_too(language: str, text: str) -> None:
    """A hint within a sentence, whose values stay as they are."""
    words = Words("{name!r} means nothing here{hint}", name="x", hint=Words("; did you mean {name!r}?", name="y"))

    assert in_language(words, language) == text


def test_values_are_never_read_as_templates() -> None:
    """Names in a file may hold braces."""
    words = Words("{name!r} means nothing here{hint}", name="{hint}", hint=known_hint("{0}", ["{name}"]))

    assert words == "'{hint}' means nothing here; known: {name}"
    assert in_language(words, "vi") == "'{hint}' không có tác dụng ở đây; hiện có: {name}"
