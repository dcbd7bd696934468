"""What a dossier costs: phí (for a service) and lệ phí (a levy) apart, who is exempt, and when each is collected."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from math import isfinite

import attrs

from dossierkit.dossiers.procedure import Entry, Procedure
from dossierkit.dossiers.states import Channel
from dossierkit.forms.pointers import Json, get

#: A fee for a service, and a levy.
KINDS = ("phi", "le-phi")


class Collect(Enum):
    """When a fee is collected."""

    #: Before anybody looks at the dossier.
    SUBMISSION = "submission"
    #: When an officer asks for it.
    REQUEST = "request"
    #: Before the result is handed over.
    RESULT = "result"


@attrs.frozen
class Fee:
    """One fee of one dossier."""

    title: str
    #: One of `KINDS`.
    kind: str
    #: Đồng, what an exemption takes away already gone.
    amount: int
    collect: Collect
    #: The title of the rule that exempts from it; empty where none does.
    exempt: str = ""


def fees(procedure: Procedure, answers: Json, channel: Channel = Channel.ONLINE, language: str = "vi") -> tuple[Fee, ...]:
    """The fees that *answers* come to, in the order of the file; an exempt one costs nothing and says why."""
    found = []
    for entry in procedure.entries("fees"):
        wanted = entry.get("channel")
        if wanted in (None, int(channel)) and procedure.applies(entry, answers):
            exempt = _exemption(procedure, entry, answers, language)
            amount = 0 if exempt else _amount(entry, answers)
            collect = next((one for one in Collect if one.value == entry.get("collect")), Collect.REQUEST)
            kind = str(entry.get("kind") if entry.get("kind") in KINDS else KINDS[0])
            found.append(Fee(procedure.words(entry, "title", language), kind, amount, collect, exempt))
    return tuple(found)


def owed(found: tuple[Fee, ...], *when: Collect) -> int:
    """What is collected at these moments together, in đồng."""
    return sum(one.amount for one in found if one.collect in when)


def _amount(entry: Entry, answers: Json) -> int:
    place = entry.get("amountFrom")
    value = get(answers, place) if isinstance(place, str) else entry.get("amount")
    # What is computed may come as a whole float; a draft may hold anything.
    if isinstance(value, bool) or not isinstance(value, int | float) or (isinstance(value, float) and not isfinite(value)):
        return 0
    return max(round(value), 0)


def _exemption(procedure: Procedure, entry: Entry, answers: Json, language: str) -> str:
    rules = entry.get("exempt")
    for index, rule in enumerate(rules if isinstance(rules, list) else ()):
        if isinstance(rule, Mapping):
            case = Entry(rule, f"{entry.origin}/exempt/{index}")
            if procedure.applies(case, answers):
                return procedure.words(case, "title", language) or "–"
    return ""
