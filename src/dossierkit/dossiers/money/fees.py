"""Fees of a dossier: phí (for a service) and lệ phí (a levy), exemptions, and the moments of collection.

An unknown amount is never zero: a fee is open whose amount, or whose case, does not follow from the answers, until they are
complete or an officer says how much it is.  An exemption is claimed: one that depends on an open question does not hold.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum

import attrs

from dossierkit.dossiers.procedure.procedure import Entry, Procedure
from dossierkit.dossiers.procedure.procedure_block import COLLECT, DEAREST, KINDS
from dossierkit.dossiers.states import Channel
from dossierkit.findings import Problem
from dossierkit.forms.checks.conditions import Decision
from dossierkit.forms.fields.applicators import possible_schemas
from dossierkit.forms.fields.effective_fields import effective
from dossierkit.forms.fields.field_tree import index
from dossierkit.forms.fields.form import Field, Form, Kind, Layout
from dossierkit.forms.lint.condition_lint import seeds_at
from dossierkit.forms.schema.rule_readings import readings
from dossierkit.pointers import ABSENT, Json, child, get, split

__all__ = ["KINDS", "Collect", "Fee", "Quote", "exemptions", "fees", "owed", "quote", "unanswered"]


class Collect(Enum):
    """When a fee is collected."""

    #: With the submission.
    SUBMISSION = "submission"
    #: When an officer asks for it.
    REQUEST = "request"
    #: Before the result is handed over.
    RESULT = "result"


assert tuple(moment.value for moment in Collect) == COLLECT


@attrs.frozen
class Fee:
    """One fee of one dossier."""

    title: str
    #: One of `KINDS`.
    kind: str
    #: Đồng, after exemptions; None if it is not known.
    amount: int | None
    collect: Collect
    #: The title of the rule that exempts from it; empty where none does.
    exempt: str = ""


@attrs.frozen
class Quote:
    """The range of a fee before there are answers, in đồng; both ends are equal if it is fixed."""

    #: None: it has no such bound.
    least: int | None
    most: int | None
    #: An officer sets the amount.
    assessed: bool = False
    #: It is asked for in some cases only.
    conditional: bool = False


def fees(procedure: Procedure, answers: Json, channel: Channel = Channel.ONLINE, language: str = "vi") -> tuple[Fee, ...]:
    """The fees that *answers* come to, or may come to, in the order of the file; an exempt one costs nothing and says why."""
    result = []
    for entry, decision in _charged(procedure, answers, channel):
        exempt = _exemption(procedure, entry, answers, language)
        amount = 0 if exempt else _amount(entry, answers)
        if amount and not decision.holds:
            amount = None
        title, kind = procedure.words(entry, "title", language), entry.values["kind"]
        result.append(Fee(title, kind, amount, _collect(entry), exempt))
    return tuple(result)


def owed(charged: tuple[Fee, ...], *when: Collect) -> int | None:
    """The sum collected at these moments, in đồng; None if one of the amounts is not known."""
    amounts = [fee.amount for fee in charged if fee.collect in when]
    return None if None in amounts else sum(amount for amount in amounts if amount is not None)


def quote(procedure: Procedure, entry: Entry) -> Quote:
    """The range of the fee *entry* by the file: its amount, or the bounds of the field that it comes from."""
    conditional = "when" in entry.values
    if "amount" in entry.values:
        return Quote(int(entry.values["amount"]), int(entry.values["amount"]), conditional=conditional)
    if "amountFrom" not in entry.values:
        return Quote(None, None, assessed=True, conditional=conditional)
    facets = tuple(possible_schemas(procedure.form.schemas, seeds_at(procedure.form, entry.values["amountFrom"])))
    least = [money for facet in facets if (money := _money(facet.get("minimum"))) is not None]
    most = [money for facet in facets if (money := _money(facet.get("maximum"))) is not None]
    # A bound of nothing says nothing.
    return Quote(max(least, default=0) or None, min(most, default=0) or None, conditional=conditional)


def unanswered(
    procedure: Procedure, answers: Json, channel: Channel = Channel.ONLINE, layout: Layout | None = None
) -> tuple[Problem, ...]:
    """A problem for each question that is not answered, and that a fee due with the submission follows from.

    None is left where the amount is known, or cannot be known from any answer: an officer says then how much it is.
    """
    asked: dict[str, Problem] = {}
    for entry, decision in _charged(procedure, answers, channel, layout):
        if _collect(entry) is not Collect.SUBMISSION or _exemption(procedure, entry, answers, "vi"):
            continue
        if not decision.holds and _amount(entry, answers) != 0:
            places, keyword = decision.open, "when"
        elif "amountFrom" in entry.values and _amount(entry, answers) is None:
            places, keyword = (entry.values["amountFrom"],), "amountFrom"
        else:
            continue
        fields = index(procedure.form, effective(procedure.form, answers, layout=layout)).fields
        for pointer in (read for place in places for read in _inputs(procedure.form, place, answers, frozenset())):
            # A user who needs no box or no row cannot answer: an officer decides then.
            several = keyword == "when" and pointer in fields and fields[pointer].kind in (Kind.CHECKS, Kind.LIST)
            if pointer in fields and _is_asked(fields[pointer]) and not several and get(answers, pointer) is ABSENT:
                asked[pointer] = Problem(pointer, "required", {}, f"{entry.origin}/{keyword}")
    return tuple(asked.values())


def _charged(
    procedure: Procedure, answers: Json, channel: Channel, layout: Layout | None = None
) -> Iterator[tuple[Entry, Decision]]:
    """The fees that apply, or may apply, each with what is known of that."""
    for entry in procedure.entries("fees"):
        if entry.get("channel") in (None, int(channel)):
            decision = procedure.decide(entry, answers, layout)
            if decision.holds is not False:
                yield entry, decision


def _collect(entry: Entry) -> Collect:
    return Collect(entry.values.get("collect", "request"))


def _amount(entry: Entry, answers: Json) -> int | None:
    place = entry.get("amountFrom")
    return _money(get(answers, place) if place is not None else entry.get("amount"))


def _money(value: Json) -> int | None:
    """*value* as a number of đồng; None where it is none: no number, below zero, a fraction, more than there is."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    # Computed values may be whole floats; the comparison refuses NaN, too.
    return int(value) if 0 <= value <= DEAREST and value == int(value) else None


def exemptions(entry: Entry) -> tuple[Entry, ...]:
    """The cases in which the fee *entry* costs nothing, in the order of the file: each with a title, perhaps a note."""
    return tuple(Entry(rule, f"{entry.origin}/exempt/{number}") for number, rule in enumerate(entry.values.get("exempt", ())))


def _exemption(procedure: Procedure, entry: Entry, answers: Json, language: str) -> str:
    cases = (case for case in exemptions(entry) if procedure.decide(case, answers).holds)
    return next((procedure.words(case, "title", language) for case in cases), "")


def _is_asked(field: Field) -> bool:
    return (field.leaf or field.kind is Kind.LIST) and not field.read_only


def _inputs(form: Form, place: str, answers: Json, seen: frozenset[str]) -> Iterator[str]:
    """The places that the value at *place* follows from: itself, or what its expression reads, and so on."""
    computed = next((value for value in form.computed if value.at == place), None)
    if computed is None:
        yield from _rows(place, answers)
    elif place not in seen:
        read = readings(computed.expression.source)
        guarded = {reading.pointer for reading in read if reading.tested}
        for reading in read:
            if reading.pointer not in guarded:
                yield from _inputs(form, reading.pointer, answers, seen | {place})


def _rows(pointer: str, answers: Json) -> Iterator[str]:
    """*pointer* with each `*` as the rows that there are; where there are none, the list itself."""
    places = [""]
    for name in split(pointer):
        if name != "*":
            places = [child(place, name) for place in places]
            continue
        lists = [(place, get(answers, place)) for place in places]
        yield from (place for place, rows in lists if not isinstance(rows, list))
        places = [child(place, n) for place, rows in lists if isinstance(rows, list) for n in range(len(rows))]
    yield from places
