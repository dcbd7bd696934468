"""What a new draft begins with: the defaults of the fields that hold, and what the account already knows."""

from __future__ import annotations

from collections.abc import Mapping

from dossierkit.forms.effective import effective
from dossierkit.forms.form import Form, Kind
from dossierkit.forms.pointers import ABSENT, Json, get, parent, put, same
from dossierkit.forms.tree import walk

#: A default may bring in fields with defaults of their own; so many times over.
_ROUNDS = 8


def initial(form: Form, account: Mapping[str, Json] | None = None) -> Json:
    """The answers of a new draft.

    Args:
        account: what `x-prefill` points into.
    """
    answers: Json = {}
    for _ in range(_ROUNDS):
        filled = answers
        for field in walk(effective(form, answers)):
            value = _known(field.keywords.get("x-prefill"), account)
            if value is ABSENT:
                value = field.keywords.get("default", ABSENT)
            if value is ABSENT or value is None or not field.pointer or field.row or field.folded or field.kind is Kind.CONSTANT:
                continue
            if get(filled, field.pointer) is ABSENT and _stands(filled, field.pointer):
                filled = put(filled, field.pointer, value)
        if same(filled, answers):
            break
        answers = filled
    return answers


def arrived(form: Form, before: Json, answers: Json, account: Mapping[str, Json] | None) -> Json:
    """*answers* with what the account knows of fields that hold now and did not hold for *before*.

    What stood there already was somebody's to clear, and stays as it is.
    """
    if account is None:
        return answers
    known = {field.pointer for field in walk(effective(form, before))}
    for field in walk(effective(form, answers)):
        value = _known(field.keywords.get("x-prefill"), account)
        if value is ABSENT or field.pointer in known or get(answers, field.pointer) is not ABSENT:
            continue
        if _stands(answers, field.pointer):
            answers = put(answers, field.pointer, value)
    return answers


def _known(pointer: Json, account: Mapping[str, Json] | None) -> Json:
    if account is None or not isinstance(pointer, str) or not pointer.startswith("/"):
        return ABSENT
    return get(dict(account), pointer)


def _stands(answers: Json, pointer: str) -> bool:
    """Whether everything above *pointer* is, or can become, a group."""
    above = parent(pointer)
    while above:
        if not isinstance(get(answers, above), dict) and get(answers, above) is not ABSENT:
            return False
        above = parent(above)
    return True
