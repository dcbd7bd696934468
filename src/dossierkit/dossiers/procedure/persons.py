"""The persons of a dossier: the holder of the account, the submitter and the owner.

Answers to `writeOnly` fields count as missing here, as no paper or list may show them.
"""

from __future__ import annotations

import attrs

from dossierkit.dossiers.procedure.procedure import Procedure
from dossierkit.forms.fields.effective_fields import effective
from dossierkit.forms.fields.field_tree import index
from dossierkit.forms.fields.form import Field
from dossierkit.forms.schema.formats import show_phone
from dossierkit.forms.views.personal_data import MASK, without_secrets
from dossierkit.forms.words.readable_answers import readable
from dossierkit.pointers import Json, child, get

#: Places of the name in a group of answers about a person, the likeliest first.
NAMES = ("/fullName", "/name", "/head/fullName", "/representative/fullName")


@attrs.frozen
class Persons:
    """Names; empty if unknown."""

    #: Holder of the account that filed (người đăng nhập); an officer, for a dossier from the counter.
    holder: str
    #: Submitter (người nộp hồ sơ); the holder, unless the answers name another person.
    submitter: str
    #: Owner of the dossier (chủ hồ sơ); the submitter, unless the answers name another person.
    owner: str


def persons(procedure: Procedure, answers: Json, holder: str = "") -> Persons:
    """The persons in *answers*, at the places that `x-procedure.persons` names."""
    answers = without_secrets(procedure.form, answers)
    submitter = _name(procedure, "submitter", answers) or holder
    return Persons(holder, submitter, _name(procedure, "owner", answers) or submitter)


def _name(procedure: Procedure, who: str, answers: Json) -> str:
    """The first name at the pointer of *who*, or in the group there."""
    pointer = procedure.block.get("persons", {}).get(who)
    return _text(answers, *(f"{pointer}{name}" for name in ("", *NAMES))) if pointer is not None else ""


def _text(answers: Json, *pointers: str) -> str:
    """The first text that is not blank, and not masked, at one of *pointers*."""
    values = (get(answers, pointer) for pointer in pointers)
    return next((value for value in values if isinstance(value, str) and value.strip() and value != MASK), "")


@attrs.frozen
class Contact:
    """Address, phone and mail of the owner; empty if the answers have none."""

    address: str = ""
    phone: str = ""
    mail: str = ""


#: Groups with contact data in a group of answers about a person: itself, the head of a household, the representative.
_GROUPS = ("", "/head", "/representative")


def contact(procedure: Procedure, answers: Json, language: str = "vi") -> Contact:
    """The contact data of the owner in *answers*, as pages show them; the address with the names of its places."""
    pointer = procedure.block.get("persons", {}).get("owner")
    if pointer is None:
        return Contact()
    answers = without_secrets(procedure.form, answers)
    groups = [f"{pointer}{group}" for group in _GROUPS]
    addresses = (address_words(procedure, answers, f"{group}/address", language) for group in groups)
    phone, mail = (_text(answers, *(f"{group}/{name}" for group in groups)) for name in ("phone", "email"))
    return Contact(next(filter(None, addresses), ""), show_phone(phone), mail)


#: Parts of an address in the order of writing: from the house to the province.
_PARTS = ("detail", "communeCode", "provinceCode")


def address_words(procedure: Procedure, answers: Json, pointer: str, language: str = "vi") -> str:
    """The address at *pointer* on one line, codes as the names of their places; empty if there is none.

    A group is written as `detail`, `communeCode`, `provinceCode`, or without these as all its answers in page order.
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


#: Places of the question how to hand over the result, for revisions whose block does not name it.
_HANDED = ("/filing/resultDelivery", "/resultDelivery", "/delivery")


def handing_over(procedure: Procedure, answers: Json, language: str = "vi") -> str:
    """The way to hand over the result, in the words of the form, and the address; empty without an answer."""
    answer = _delivery_answer(procedure, answers)
    if answer is None:
        return ""
    places, how = procedure.block.get("delivery", {}), readable(procedure.form, *answer, language)
    address = address_words(procedure, answers, places["address"], language) if "address" in places else ""
    return f"{how}: {address}" if address else how


def wanted_delivery(procedure: Procedure, answers: Json) -> str:
    """The way to hand over the result, as answered (`counter`, `post`); empty without an answer."""
    answer = _delivery_answer(procedure, answers)
    return answer[1] if answer is not None else ""


def _delivery_answer(procedure: Procedure, answers: Json) -> tuple[Field, str] | None:
    """The field that asks how to hand over the result, with its answer; None without an answer."""
    places = procedure.block.get("delivery", {})
    fields = index(procedure.form, effective(procedure.form, answers)).fields
    for pointer in (places["how"],) if places else _HANDED:
        value = get(answers, pointer)
        if isinstance(value, str) and pointer in fields and not fields[pointer].write_only:
            return fields[pointer], value
    return None
