"""Answers, and names that citizens give, with a hidden character: they would look like other ones to whoever reads them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from dossierkit.findings import Problem
from dossierkit.forms.fields.effective import effective
from dossierkit.forms.fields.field_tree import index
from dossierkit.forms.fields.form import Field, Form, Layout
from dossierkit.forms.fields.options import option_list
from dossierkit.forms.fields.places import is_declared
from dossierkit.hidden_characters import hidden_character
from dossierkit.pointers import ABSENT, Json, child, get, parent, same

RULE = "hidden-character"


def hidden_text_problems(form: Form, answers: Json, layout: Layout | None = None) -> tuple[Problem, ...]:
    """A problem for each text in *answers*, and each name, that holds a hidden character.

    What the author of the form wrote is not the citizen's to mend: constants, choices, defaults, names of fields, computed
    values.
    """
    if not any(True for _ in hidden_texts(answers)):
        return ()
    fields = index(form, effective(form, answers, layout=layout)).fields
    return tuple(
        _problem(at, text, is_name=is_name)
        for at, text, is_name in hidden_texts(answers)
        if not (_is_authors_name(form, fields, answers, at) if is_name else _is_authors(form, fields, answers, at))
    )


def _problem(at: str, text: str, *, is_name: bool) -> Problem:
    found = hidden_character(text)
    assert found is not None, "the text was chosen for it"
    params = {"value": text, "index": found.index, "code": found.code, "kind": found.kind.value}
    return Problem(at, RULE, {**params, "name": text} if is_name else params)


def hidden_texts(value: Json, at: str = "") -> Iterator[tuple[str, str, bool]]:
    """(pointer, text, whether it is the name of a member) of each text below *value* with a hidden character."""
    if isinstance(value, str):
        if hidden_character(value):
            yield at, value, False
        return
    for token, item in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        if isinstance(token, str) and hidden_character(token):
            yield child(at, token), token, True
        # Pointers are made for what needs one: most answers are plain.
        if isinstance(item, str):
            if hidden_character(item):
                yield child(at, token), item, False
        elif isinstance(item, dict | list):
            yield from hidden_texts(item, child(at, token))


def _is_authors_name(form: Form, fields: Mapping[str, Field], answers: Json, at: str) -> bool:
    return is_declared(form, at) or _is_authors(form, fields, answers, parent(at))


def _is_authors(form: Form, fields: Mapping[str, Field], answers: Json, at: str) -> bool:
    """Whether the form itself holds the answer at *at*, or one around it."""
    text = get(answers, at)
    if any(one.at == at for one in form.computed):
        return True
    while True:
        field, value = fields.get(at), get(answers, at)
        if field is not None and any(_names(form, field, answer) for answer in (value, text)):
            return True
        if not at:
            return False
        at = parent(at)


def _names(form: Form, field: Field, answer: Json) -> bool:
    """Whether *field* names *answer* as one of its choices, its constant or its default."""
    options = option_list(form, field)
    written = (field.keywords.get(keyword, ABSENT) for keyword in ("const", "default"))
    return (
        field.choice(answer) is not None
        or any(own is not ABSENT and same(own, answer) for own in written)
        or (options is not None and options.recall(answer) is not None)
    )
