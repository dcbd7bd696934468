"""Three persons that may be three people: who signed in, who submits, whose dossier it is.

What is never shown again (`writeOnly`) is left out, as if it had not been answered: papers and lists show the rest.
"""

from __future__ import annotations

import attrs

from dossierkit.dossiers.procedure.procedure import Procedure
from dossierkit.forms.fields.effective_fields import effective
from dossierkit.forms.fields.field_tree import index
from dossierkit.forms.fields.form import Field
from dossierkit.forms.views.personal_data import MASK, without_secrets
from dossierkit.forms.words.readable_answers import readable
from dossierkit.pointers import Json, child, get

#: Where a group of answers about somebody says the name, the likeliest first.
NAMES = ("/fullName", "/name", "/head/fullName", "/representative/fullName")


@attrs.frozen
class Persons:
    """Names; empty where none is known."""

    #: Who signed in (người đăng nhập); an officer, where somebody came to the counter.
    holder: str
    #: Who submits (người nộp hồ sơ); the holder, unless the answers name somebody.
    submitter: str
    #: Whose dossier it is (chủ hồ sơ); the submitter, unless the answers name somebody.
    owner: str


def persons(procedure: Procedure, answers: Json, holder: str = "") -> Persons:
    """Who they are by *answers*, at the places that `x-procedure.persons` names."""
    answers = without_secrets(procedure.form, answers)
    submitter = _name(procedure, "submitter", answers) or holder
    return Persons(holder, submitter, _name(procedure, "owner", answers) or submitter)


def _name(procedure: Procedure, who: str, answers: Json) -> str:
    """The first name that stands at the pointer of *who*, or in the group there."""
    pointer = procedure.block.get("persons", {}).get(who)
    return _text(answers, *(f"{pointer}{name}" for name in ("", *NAMES))) if pointer is not None else ""


def _text(answers: Json, *pointers: str) -> str:
    """The first text that is not blank, and not masked, at one of *pointers*."""
    values = (get(answers, pointer) for pointer in pointers)
    return next((value for value in values if isinstance(value, str) and value.strip() and value != MASK), "")


@attrs.frozen
class Contact:
    """How to reach the owner; empty where the answers say nothing."""

    address: str = ""
    phone: str = ""
    mail: str = ""


#: Where a group of answers about somebody says how to reach them: itself, or who speaks for it.
_GROUPS = ("", "/head", "/representative")


def contact(procedure: Procedure, answers: Json, language: str = "vi") -> Contact:
    """What the group of answers about the owner says, the address whole."""
    pointer = procedure.block.get("persons", {}).get("owner")
    if pointer is None:
        return Contact()
    answers = without_secrets(procedure.form, answers)
    groups = [f"{pointer}{group}" for group in _GROUPS]
    addresses = (address_words(procedure, answers, f"{group}/address", language) for group in groups)
    phone, mail = (_text(answers, *(f"{group}/{name}" for group in groups)) for name in ("phone", "email"))
    return Contact(next(filter(None, addresses), ""), phone, mail)


#: What an address is made of, as it is written: from the house to the province.
_PARTS = ("detail", "communeCode", "provinceCode")


def address_words(procedure: Procedure, answers: Json, pointer: str, language: str = "vi") -> str:
    """The address at *pointer* on one line, codes as the names of their places; empty where there is none.

    It is a text, or a group: `detail`, `communeCode` and `provinceCode` where it has them, else all that it says in page order.
    """
    answers = without_secrets(procedure.form, answers)
    value = get(answers, pointer)
    if not isinstance(value, dict):
        return _text(answers, pointer)
    fields = index(procedure.form, effective(procedure.form, answers)).fields
    names = [name for name in _PARTS if name in value] or [name for name in value if child(pointer, name) in fields]
    places = [child(pointer, name) for name in names]
    parts = (
        readable(procedure.form, fields[at], get(answers, at), language)
        for at in places
        if at in fields and not fields[at].write_only
    )
    return ", ".join(part for part in parts if part)


#: Where forms ask how the result is to be handed over, for revisions that do not name the place.
_HANDED = ("/filing/resultDelivery", "/resultDelivery", "/delivery")


def handing_over(procedure: Procedure, answers: Json, language: str = "vi") -> str:
    """How the result is to be handed over, in the words of the form, and to which address; empty where nothing is said."""
    answer = _delivery_answer(procedure, answers)
    if answer is None:
        return ""
    places, how = procedure.block.get("delivery", {}), readable(procedure.form, *answer, language)
    address = address_words(procedure, answers, places["address"], language) if "address" in places else ""
    return f"{how}: {address}" if address else how


def wanted_delivery(procedure: Procedure, answers: Json) -> str:
    """How the result is to be handed over, as the answer has it (`counter`, `post`); empty where nothing is said."""
    answer = _delivery_answer(procedure, answers)
    return answer[1] if answer is not None else ""


def _delivery_answer(procedure: Procedure, answers: Json) -> tuple[Field, str] | None:
    """The field that asks how the result is to be handed over, with its answer; None where nothing is said."""
    places = procedure.block.get("delivery", {})
    fields = index(procedure.form, effective(procedure.form, answers)).fields
    for pointer in (places["how"],) if places else _HANDED:
        value = get(answers, pointer)
        if isinstance(value, str) and pointer in fields and not fields[pointer].write_only:
            return fields[pointer], value
    return None
