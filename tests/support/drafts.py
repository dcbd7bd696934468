"""Drafts between two pages: what was sent, and what was lost on the way."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from dossierkit.forms import Form, Kind, Layout, canonical, check, effective, parse
from dossierkit.forms.answers.page_layout import layout, merged_layout, stored_layout
from dossierkit.forms.fields.field_tree import walk
from dossierkit.pointers import ABSENT, child, get, same
from support.samples import TODAY

Pairs = list[tuple[str, str]]


def leaves(value: Any, at: str = "") -> Iterator[tuple[str, Any]]:
    """Every answer in *value* that a user could have typed, with its pointer."""
    if isinstance(value, dict | list):
        for name, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield from leaves(item, child(at, name))
    elif value is not None and value is not ABSENT and not (isinstance(value, str) and not value.strip()):
        yield at, value


def lost(form: Form, before: Any, after: Any) -> list[str]:
    """The pointers of answers in *before* that are not the same in *after*, less those that only follow from the schema."""
    follow = {field.pointer for field in walk(effective(form, before)) if field.kind is Kind.CONSTANT and not field.pickers}
    return [at for at, value in leaves(before) if at not in follow and not same(get(after, at), value)]


def sent(form: Form, pairs: Pairs, answers: Any, opened: Layout) -> tuple[Any, Layout]:
    """The draft after its page was sent."""
    after = parse(form, pairs, base=answers, layout=opened)
    return after, stored_layout(merged_layout(opened, layout(pairs)), after)


def silent(form: Form, answers: Any, opened: Layout) -> list[str]:
    """Answers that the page of a draft shows, but that are neither in the dossier nor have a problem at their place."""
    whole = canonical(form, answers, layout=opened)
    wrong = [problem.at for problem in check(form, whole, today=TODAY, layout=opened)]
    return [
        field.pointer
        for field in walk(effective(form, answers, layout=opened))
        if field.leaf and list(leaves(get(answers, field.pointer)))
        if get(whole, field.pointer) is ABSENT and not any(field.pointer.startswith(at) for at in wrong)
    ]
