"""Faults in an `x-procedure` block, in words for its author: its shape, and names of missing fields, units or sectors."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

import attrs

from dossierkit.dossiers.procedure.persons import NAMES
from dossierkit.dossiers.procedure.procedure_block import AT, block_of, conditions, fault_code, listed, misshapen, usable_part
from dossierkit.findings import Fault
from dossierkit.forms.fields.applicators import possible_members, possible_schemas
from dossierkit.forms.fields.form import Form
from dossierkit.forms.lint.condition_lint import condition_faults, seeds_at, types_of
from dossierkit.pointers import Json, child, split
from dossierkit.text import known_hint
from dossierkit.translatable import Words

_NUMBERS = frozenset(("integer", "number"))


def block_faults(form: Form) -> Iterator[Fault]:
    """The faults in the block of *form*.

    A file with a fault of level error is refused when it is read, as the office could not act on it.
    """
    whole = block_of(form.schema)
    faults = misshapen(whole)
    yield from faults
    block = usable_part(whole) if faults else whole
    yield from _named(form, block, "sector", "sectors")
    yield from _named(form, block, "unit", "units")
    yield from _conditions(form, block)
    yield from _documents(block)
    yield from _time_limits(block)
    yield from _fees(form, block)
    yield from _places(form, block)
    steps = enumerate(block.get("workflow", {}).get("steps", ()))
    coded = ((f"{AT}/workflow/steps/{index}", step["code"]) for index, step in steps)
    yield from _same(coded, lambda code: Words("another step has the code {code!r}", code=code))
    begin, end = block.get("effectiveFrom", ""), block.get("effectiveUntil", "9999")
    if begin > end:
        yield Fault(
            "bad-block", f"{AT}/effectiveUntil", Words("effectiveUntil must not be before effectiveFrom, {begin}", begin=begin)
        )
    if isinstance(form.schema, dict) and "x-procedure" in form.schema:
        if "unit" not in whole:
            message = Words("without a unit, only admins of the whole office see its dossiers: name one with 'unit'")
            yield Fault("no-unit", AT, message, "advice")
        for key in ("source", "verified"):
            if key not in whole:
                yield Fault("no-source", AT, Words("say where this comes from: {key!r} is missing", key=key), "advice")


def _named(form: Form, block: Mapping[str, Json], key: str, name: str) -> Iterator[Fault]:
    options, value = form.dialect.options.get(name), block.get(key)
    if options is None or value is None or options.find(value, {}) is not None:
        return
    hint = known_hint(value, {str(choice.value) for choice in options.select({}, "", 10_000)})
    if key == "sector":
        message = Words("the installation has no sector {value!r}{hint}", value=value, hint=hint)
    else:
        message = Words("the installation has no unit {value!r}{hint}", value=value, hint=hint)
    yield Fault(f"unknown-{key}", f"{AT}/{key}", message)


def _conditions(form: Form, block: Mapping[str, Json]) -> Iterator[Fault]:
    facets = tuple(possible_schemas(form.schemas, (form.root,)))
    for pointer, when in conditions(block):
        if when == {}:
            yield Fault("idle-condition", pointer, Words("this always holds; leave it out, or say when"), "warning")
        for fault in condition_faults(form, facets, when, pointer, level="error"):
            # A missing answer must not exempt from a fee.
            frees = fault.code == "vacuous-condition" and "/exempt/" in pointer
            yield attrs.evolve(fault, level="error") if frees else fault


def _same(coded: Iterable[tuple[str, str]], another: Callable[[str], Words]) -> Iterator[Fault]:
    seen: set[str] = set()
    for pointer, code in coded:
        if code in seen:
            yield Fault("same-code", f"{pointer}/code", another(code))
        seen.add(code)


def _documents(block: Mapping[str, Json]) -> Iterator[Fault]:
    entries = enumerate(listed(block, "documents"), 1)
    coded = [(pointer, str(entry.get("code", n)) if isinstance(entry, dict) else str(n)) for n, (pointer, entry) in entries]
    yield from _same(coded, lambda code: Words("another document has the code {code!r}", code=code))


def _time_limits(block: Mapping[str, Json]) -> Iterator[Fault]:
    always: dict[Json, str] = {}
    for pointer, entry in listed(block, "timeLimit"):
        channel = entry.get("channel")
        before = always.get(channel) or always.get(None)
        if before is not None:
            message = Words("this case is never reached: {before} always holds; put the most general case last", before=before)
            yield Fault("unreachable", pointer, message, "warning")
        if entry.get("when", {}) == {}:
            always.setdefault(channel, pointer)


def _fees(form: Form, block: Mapping[str, Json]) -> Iterator[Fault]:
    asks = block.get("workflow", {}).get("payment", True)
    for pointer, fee in listed(block, "fees"):
        if not asks and fee.get("collect", "request") == "request":
            yield Fault("unreachable", pointer, Words("workflow.payment is false, so this fee is never asked for"), "warning")
        place = fee.get("amountFrom")
        if place is None:
            continue
        at = f"{pointer}/amountFrom"
        yield from _leads(form, at, place)
        seeds = seeds_at(form, place)
        types = types_of(form, seeds)
        if seeds and (not types or types - _NUMBERS - {"null"}):
            yield Fault(fault_code(at), at, Words("{place} is no number; a fee is a whole number of đồng", place=place))


def _places(form: Form, block: Mapping[str, Json]) -> Iterator[Fault]:
    for who, place in block.get("persons", {}).items():
        at = child(f"{AT}/persons", who)
        yield from _leads(form, at, place)
        seeds = seeds_at(form, place)
        if seeds and "string" not in types_of(form, seeds) and not any(seeds_at(form, place + name) for name in NAMES):
            yield Fault(
                fault_code(at),
                at,
                Words("{place} is neither a name nor a group with one of {names}", place=place, names=", ".join(NAMES)),
            )
    for what, place in block.get("delivery", {}).items():
        yield from _leads(form, f"{AT}/delivery/{what}", place)
    for index, move in enumerate(block.get("migrate", ())):
        yield from _leads(form, f"{AT}/migrate/{index}/to", move["to"])
    seen: set[str] = set()
    for index, section in enumerate(block.get("sections", ())):
        for number, place in enumerate(section["fields"]):
            if place in seen:
                yield Fault(
                    "same-field",
                    f"{AT}/sections/{index}/fields/{number}",
                    Words("another section lists {place} already", place=place),
                    "warning",
                )
            seen.add(place)


def _leads(form: Form, at: str, place: str) -> Iterator[Fault]:
    """A fault if there is no field at *place*, with the name that was probably meant."""
    tokens = split(place)
    for depth in range(1, len(tokens) + 1):
        part = "/" + "/".join(place.split("/")[1 : depth + 1])
        if not seeds_at(form, part):
            above = place.split("/")[1:depth]
            known = possible_members(form.schemas, seeds_at(form, "".join(f"/{token}" for token in above)))
            yield Fault(
                fault_code(at),
                at,
                Words(
                    "{place!r} leads to no field: there is no {here!r}{hint}",
                    place=place,
                    here=part,
                    hint=known_hint(tokens[depth - 1], known),
                ),
            )
            return
