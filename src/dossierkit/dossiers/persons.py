"""Three persons that may be three people: who signed in, who submits, whose dossier it is."""

from __future__ import annotations

import attrs

from dossierkit.dossiers.procedure import Procedure
from dossierkit.forms.pointers import ABSENT, Json, get

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
    submitter = _name(procedure, "submitter", answers) or holder
    return Persons(holder, submitter, _name(procedure, "owner", answers) or submitter)


def _name(procedure: Procedure, who: str, answers: Json) -> str:
    """The first name that stands at the pointer of *who*, or in the group there."""
    places = procedure.block.get("persons")
    pointer = places.get(who) if isinstance(places, dict) else None
    if not isinstance(pointer, str):
        return ""
    found = get(answers, pointer)
    for value in (found, *(get(found, name) for name in NAMES)):
        if value is not ABSENT and isinstance(value, str) and value.strip():
            return value
    return ""


@attrs.frozen
class Contact:
    """How to reach the owner; empty where the answers say nothing."""

    address: str = ""
    phone: str = ""
    mail: str = ""


def contact(procedure: Procedure, answers: Json) -> Contact:
    """What the group of answers about the owner says."""
    places = procedure.block.get("persons")
    pointer = places.get("owner") if isinstance(places, dict) else None
    group = get(answers, pointer) if isinstance(pointer, str) else ABSENT
    if not isinstance(group, dict):
        return Contact()
    address = group.get("address")
    detail = address.get("detail") if isinstance(address, dict) else address
    return Contact(*(one if isinstance(one, str) else "" for one in (detail, group.get("phone"), group.get("email"))))
