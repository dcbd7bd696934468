"""Problems of texts with hidden characters, in answers and in names of entries: readers would take them for other texts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import orjson

from dossierkit.findings import Problem
from dossierkit.forms.fields.effective_fields import effective
from dossierkit.forms.fields.field_tree import index
from dossierkit.forms.fields.form import Field, Form, Layout
from dossierkit.forms.fields.options import option_list
from dossierkit.forms.fields.places import is_declared
from dossierkit.hidden_characters import hidden_character, is_plain
from dossierkit.pointers import ABSENT, Json, child, get, parent, same

RULE = "hidden-character"


def hidden_text_problems(form: Form, answers: Json, layout: Layout | None = None) -> tuple[Problem, ...]:
    """A problem for each text and each member name in *answers* with a hidden character.

    Texts of the author are left out, since the user cannot correct them: constants, choices, defaults, names of fields,
    computed values.
    """
    if _are_plain(answers) or next(hidden_texts(answers), None) is None:
        return ()
    fields = index(form, effective(form, answers, layout=layout)).fields
    return tuple(
        _problem(at, text, is_name=is_name)
        for at, text, is_name in hidden_texts(answers)
        if not (_is_name_of_form(form, fields, answers, at) if is_name else _is_text_of_form(form, fields, answers, at))
    )


def _problem(at: str, text: str, *, is_name: bool) -> Problem:
    character = hidden_character(text)
    assert character is not None, "hidden_texts gives no other text"
    params = {"value": text, "index": character.index, "code": character.code, "kind": character.kind.value}
    return Problem(at, RULE, {**params, "name": text} if is_name else params)


def _are_plain(answers: Json) -> bool:
    """Whether one look at the JSON of *answers* tells that nothing in them is hidden."""
    try:
        together = orjson.dumps(answers).decode()
    except TypeError:
        return False  # no JSON of orjson: a number of more than 64 bits, half of a surrogate pair
    # An escape may be that of a control character.
    return "\\" not in together and is_plain(together)


def hidden_texts(value: Json, at: str = "") -> Iterator[tuple[str, str, bool]]:
    """(JSON Pointer, text, whether it is a member name) of each text in *value* with a hidden character."""
    if isinstance(value, str):
        if hidden_character(value):
            yield at, value, False
        return
    for token, item in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        if isinstance(token, str) and hidden_character(token):
            yield child(at, token), token, True
        # A pointer is built only where it is needed: most values are scalars without hidden characters.
        if isinstance(item, str):
            if hidden_character(item):
                yield child(at, token), item, False
        elif isinstance(item, dict | list):
            yield from hidden_texts(item, child(at, token))


def _is_name_of_form(form: Form, fields: Mapping[str, Field], answers: Json, at: str) -> bool:
    return is_declared(form, at) or _is_text_of_form(form, fields, answers, parent(at))


def _is_text_of_form(form: Form, fields: Mapping[str, Field], answers: Json, at: str) -> bool:
    """Whether the answer at *at*, or a value that contains it, is written in the form."""
    text = get(answers, at)
    if any(computed.at == at for computed in form.computed):
        return True
    while True:
        field, value = fields.get(at), get(answers, at)
        if field is not None and any(_lists(form, field, answer) for answer in (value, text)):
            return True
        if not at:
            return False
        at = parent(at)


def _lists(form: Form, field: Field, answer: Json) -> bool:
    """Whether *answer* is a choice, the constant or the default of *field*."""
    options = option_list(form, field)
    own_values = (field.keywords.get(keyword, ABSENT) for keyword in ("const", "default"))
    return (
        field.choice(answer) is not None
        or any(own is not ABSENT and same(own, answer) for own in own_values)
        or (options is not None and options.recall(answer) is not None)
    )
