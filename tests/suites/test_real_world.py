"""Schemas written for other form libraries: each is read, rendered and validated, and its answers survive the page."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.drafts import lost, sent
from support.page import Page
from support.samples import TODAY

from dossierkit.forms import Field, Form, Kind, Layout, canonical, check, effective, flatten, load, parse, read
from dossierkit.forms.checks.hidden_text import hidden_texts
from dossierkit.forms.fields.field_tree import walk
from dossierkit.forms.views.viewer import allows_blank
from dossierkit.html import Renderer
from dossierkit.pointers import ABSENT, get, put, same

#: An instance with a date before the year 1000: a slip of the pen, which is refused though RFC 3339 has such years.
ANCIENT = {("jsonforms-generateui-generate-ui", "012")}
#: Instances with members that their schema declares nowhere, which no page can show.
UNDECLARED = {("jsonforms-huge-huge", "000")}


@pytest.fixture(scope="module")
def schemas(suites: Path) -> dict[str, tuple[Form, list[dict[str, Any]]]]:
    folder = suites / "real-world-schemas"
    result = {}
    for path in sorted(folder.iterdir()):
        if (path / "schema.json").is_file():
            form = read(load((path / "schema.json").read_bytes()))
            result[path.name] = (form, list(_scored(path)))
    return result


def _scored(path: Path) -> Iterator[dict[str, Any]]:
    for instance in json.loads((path / "instances.json").read_bytes()):
        if instance["valid"] == instance["valid_with_format"] and not instance.get("ambiguous"):
            yield instance


def _only_stored(form: Form, answers: Any) -> Any:
    """The part of *answers* that a page never takes, or takes only if it is stored already."""
    base: Any = {}
    for field in walk(effective(form, answers)):
        if (
            (field.read_only or field.keywords.get("deprecated") is True)
            and field.leaf
            and (value := get(answers, field.pointer)) is not ABSENT
        ):
            base = put(base, field.pointer, value)
    return base


def test_all_of_them_read(schemas: dict[str, Any]) -> None:
    """The collection is whole and every schema in it is a form."""
    assert len(schemas) == 118


def test_every_verdict_is_right(schemas: dict[str, Any]) -> None:
    """`check` is empty exactly for the valid instances in which nothing is hidden; many were made of any code points."""
    wrong = [
        (name, instance["id"])
        for name, (form, instances) in schemas.items()
        for instance in instances
        if (not check(form, instance["value"], today=TODAY)) != (instance["valid"] and not any(hidden_texts(instance["value"])))
    ]

    assert set(wrong) == ANCIENT


def test_problems_are_at_the_right_place(schemas: dict[str, Any]) -> None:
    """Of invalid instances at least 99 in 100 have a problem at an acceptable pointer."""
    total = right = 0
    for form, instances in schemas.values():
        for instance in instances:
            if instance["valid"]:
                continue
            places = {problem.at for problem in check(form, instance["value"], today=TODAY)}
            total += 1
            right += any(places & set(error["acceptable"]) for error in instance["errors"])

    assert total > 1900
    assert right / total >= 0.99


@pytest.mark.parametrize("language", ["vi", "en"])
def test_valid_answers_survive_the_page(schemas: dict[str, Any], language: str) -> None:
    """Law (a), through rendered HTML: what a browser would submit parses to the same answers."""
    renderer, lost = Renderer(), []
    for name, (form, instances) in schemas.items():
        for instance in instances:
            if not instance["valid"] or instance["form_level"] > 1:
                continue
            answers = canonical(form, instance["value"])
            page = Page(str(renderer.render(form, answers, language=language).fields))
            if not same(parse(form, page.pairs, base=_only_stored(form, answers), language=language), answers):
                lost.append((name, instance["id"]))

    assert set(lost) == UNDECLARED


def test_what_a_page_cannot_show_is_kept(schemas: dict[str, Any]) -> None:
    """Law (b): a page over stored answers changes nothing that it does not show."""
    for name, (form, instances) in schemas.items():
        for instance in instances:
            if instance["valid"] and instance["form_level"] < 2:
                answers = canonical(form, instance["value"])

                assert same(parse(form, flatten(form, answers), base=answers), answers), (name, instance["id"])


def test_canonical_is_idempotent(schemas: dict[str, Any]) -> None:
    """The canonical form of a canonical form is itself, for valid and invalid answers alike."""
    for form, instances in schemas.values():
        for instance in instances:
            once = canonical(form, instance["value"])

            assert same(canonical(form, once), once)


def _starred(page: Page, field: Field) -> bool | None:
    """Whether the words of *field* have a star; None where it has no words of its own."""
    names = {name for name in page.labels if name == f"f{field.pointer}" or name.startswith(f"f{field.pointer}.")}
    if len(names) == 1:
        return "*" in page.labels[names.pop()]
    return None


def _wanted(form: Form, field: Field) -> bool:
    """Whether something has to be given: it is required, and leaving it blank is no answer."""
    return field.required and not allows_blank(form, field)


def test_stars_and_labels(schemas: dict[str, Any]) -> None:
    """Every control has a label, ids are unique, and a star is beside each required field and nowhere else."""
    renderer = Renderer()
    for name, (form, _) in schemas.items():
        page = Page(str(renderer.render(form, {}).fields))

        assert [at for at, count in page.ids.items() if count > 1] == [], name
        assert [c for c in page.controls if c[0] not in page.labels and not c[2]] == [], name
        for field in walk(effective(form, {})):
            starred = _starred(page, field) if field.kind in (Kind.TEXT, Kind.NUMBER, Kind.JSON, Kind.FILE) else None
            assert starred in (None, _wanted(form, field)), (name, field.pointer)
        required = sum(
            _wanted(form, f) for f in walk(effective(form, {})) if f.pointer and f.kind not in (Kind.CONSTANT, Kind.ENTRIES)
        )
        stars = sum("*" in words for words in (*page.labels.values(), *page.legends))
        assert stars >= required - sum(f.read_only for f in walk(effective(form, {}))), name


def _unfinished(chance: random.Random, value: Any) -> Any:
    """*value* as a draft of it may look: a quarter of it is missing, and some of it no schema asks for."""
    if isinstance(value, dict):
        return {name: _unfinished(chance, item) for name, item in value.items() if chance.random() < 0.75}
    if isinstance(value, list):
        return [_unfinished(chance, item) for item in value]
    if chance.random() > 0.15 or value is None:
        return value
    return f"{value}?" if isinstance(value, str) else not value if isinstance(value, bool) else value * 1000 + 1


def _controls(renderer: Renderer, form: Form, answers: Any, opened: Layout) -> dict[str, list[str]]:
    """The pairs that each control of the page of a draft submits."""
    controls: dict[str, list[str]] = {}
    for name, text in Page(str(renderer.render(form, answers, layout=opened).fields)).pairs:
        controls.setdefault(name, []).append(text)
    return controls


def _bare(texts: list[str]) -> list[str]:
    """*texts* without the marks that group the digits of a number: a control may come to spell the same number otherwise."""
    return [re.sub(r"(?<=\d)\.(?=\d{3})", "", text) for text in texts]


def test_unfinished_drafts_survive_their_pages(schemas: dict[str, Any]) -> None:
    """Shown and sent again, no answer of a draft is lost or changed; then one control is edited, and nothing else is."""
    renderer, tried, differing, edited = Renderer(), 0, [], []
    for name, (form, instances) in schemas.items():
        chance = random.Random(name)  # the same drafts every time
        shown = [instance["value"] for instance in instances if instance["form_level"] < 2]
        for draft in (_unfinished(chance, chance.choice(shown)) for _ in range(8 if shown else 0)):
            if not isinstance(draft, dict):
                continue
            tried += 1
            once, opened = sent(form, Page(str(renderer.render(form, draft).fields)).pairs, draft, Layout())
            if lost(form, draft, once):
                differing.append((name, draft))
            before = _controls(renderer, form, once, opened)
            texts = [
                f.control for f in walk(effective(form, once, layout=opened)) if f.kind is Kind.TEXT and before.get(f.control)
            ]
            at = chance.choice(texts) if texts else "nothing"
            new = {**before, at: [text + "x" for text in before.get(at, ())]}
            twice, opened = sent(form, [(name, text) for name, texts in new.items() for text in texts], once, opened)
            after = _controls(renderer, form, twice, opened)
            edited += [(name, draft, at, n, after[n]) for n in new if n in after and _bare(after[n]) != _bare(new[n])]

    assert tried > 800
    assert differing == []
    assert edited == []
