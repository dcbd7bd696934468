"""Lint of places: what the schemas that meet at one place say to each other."""

from __future__ import annotations

from collections.abc import Iterator

import attrs

from dossierkit.findings import Fault
from dossierkit.forms.fields.applicators import conditional_subschemas, possible_schemas, unconditional_subschemas
from dossierkit.forms.fields.form import Form
from dossierkit.forms.fields.options import absolute_pointer
from dossierkit.forms.fields.places import Place, is_declared, places
from dossierkit.forms.lint.condition_lint import condition_faults
from dossierkit.forms.lint.endless_requirements import closed_too_early, undeclared_required
from dossierkit.forms.schema.located_schemas import Facet, Schemas, file_and_pointer
from dossierkit.pointers import child
from dossierkit.translatable import Words


def place_faults(form: Form) -> Iterator[Fault]:
    """Faults of every place of *form*."""
    for place in places(form):
        yield from _undeclared(place)
        yield from _closed(form, place)
        yield from _chasing(form, place)
        yield from _options(form, place)
        yield from _conditions(form, place)


def _conditions(form: Form, place: Place) -> Iterator[Fault]:
    """Conditions that name no field, or compare with what is never answered."""
    for facet in place.facets:
        condition = facet.get("if")
        if isinstance(condition, dict) and ("then" in facet.schema or "else" in facet.schema):
            file, pointer = file_and_pointer(facet, "/if")
            for fault in condition_faults(form, place.facets, condition, pointer, level="warning"):
                # Other checks of schemas tell misspelt keywords, and what holds without an answer.
                if fault.code not in ("unknown-keyword", "vacuous-condition"):
                    yield attrs.evolve(fault, file=file)


def _undeclared(place: Place) -> Iterator[Fault]:
    names = place.names()
    free = any(isinstance(f.get("additionalProperties"), dict) or f.get("patternProperties") for f in place.facets)
    for facet in place.facets:
        needed = [("/required", index, name) for index, name in enumerate(facet.get("required") or ())]
        for trigger, others in (facet.get("dependentRequired") or {}).items():
            needed += [(child("/dependentRequired", trigger), index, name) for index, name in enumerate(others)]
        for suffix, index, name in needed:
            if name not in names and not free:
                yield undeclared_required(facet, f"{suffix}/{index}", name, names)


def _closed(form: Form, place: Place) -> Iterator[Fault]:
    """Closed schemas that refuse members of schemas that hold with them: the members are required, or can never be given."""
    closed = [f for f in place.facets if f.get("additionalProperties") is False and not f.get("patternProperties")]
    ways = _ways(form.schemas, place.seeds) if closed else {}
    for facet in closed:
        own = (facet.get("properties") or {}).keys()
        for other in place.facets:
            if other == facet:
                continue
            # Of two alternatives only one holds, so what one of them refuses is nothing to the other.
            holds_here, holds_there = _within(ways[facet], ways[other]), _within(ways[other], ways[facet])
            declared = (other.get("properties") or {}).keys() if holds_here else ()
            required = [n for n in other.get("required") or () if n in place.names()] if holds_here or holds_there else ()
            refused = sorted({*declared, *required} - own)
            if refused:
                yield closed_too_early(facet, refused[0], "error" if {*required} - own else "warning")
                break


#: Ways to a schema that are looked at; a schema with more is taken to hold unconditionally.
_WAYS = 50


def _ways(schemas: Schemas, seeds: tuple[Facet, ...]) -> dict[Facet, set[frozenset[tuple[Facet, str]]]]:
    """For each schema at a place, the branches that lead to it: it holds where all branches of one way hold."""
    ways: dict[Facet, set[frozenset[tuple[Facet, str]]]] = {}
    pending: list[tuple[Facet, frozenset[tuple[Facet, str]]]] = [(seed, frozenset()) for seed in seeds]
    while pending:
        facet, way = pending.pop()
        known = ways.setdefault(facet, set())
        if any(shorter <= way for shorter in known) or len(known) >= _WAYS:
            continue
        known.add(way)
        pending += [(below, way) for below in unconditional_subschemas(schemas, facet)]
        pending += [(below, way | {(facet, branch)}) for branch, below in conditional_subschemas(schemas, facet)]
    return ways


def _within(ways: set[frozenset[tuple[Facet, str]]], others: set[frozenset[tuple[Facet, str]]]) -> bool:
    """Whether a schema with *ways* holds whenever one with *others* does."""
    return all(any(way <= other for way in ways) for other in others)


def _chasing(form: Form, place: Place) -> Iterator[Fault]:
    """Conditions that change the type of the answer that they look at."""
    for facet in place.facets:
        if not isinstance(facet.get("if"), dict):
            continue
        condition = form.schemas.below(facet, "/if", facet.schema["if"])
        read = {name for part in possible_schemas(form.schemas, (condition,)) for name in part.get("properties") or {}}
        for keyword in ("then", "else"):
            if not isinstance(facet.get(keyword), dict):
                continue
            branch = form.schemas.below(facet, f"/{keyword}", facet.schema[keyword])
            for part in possible_schemas(form.schemas, (branch,)):
                for name, schema in (part.get("properties") or {}).items():
                    if name in read and isinstance(schema, dict) and "type" in schema:
                        file, pointer = file_and_pointer(part, child("/properties", name) + "/type")
                        message = Words(
                            "the condition looks at {name!r} and then changes its type; its answer may chase the condition",
                            name=name,
                        )
                        yield Fault("chasing-condition", pointer, message, "warning", file)


def _options(form: Form, place: Place) -> Iterator[Fault]:
    for facet in place.facets:
        options = facet.get("x-options")
        where = options.get("where") if isinstance(options, dict) else None
        for column, reference in where.items() if isinstance(where, dict) else ():
            file, pointer = file_and_pointer(facet, child("/x-options/where", column))
            try:
                target = absolute_pointer(place.pointer, str(reference))
            except ValueError:
                yield Fault(
                    "dangling-pointer",
                    pointer,
                    Words("{reference!r} is neither '/a/b' nor '1/b'", reference=reference),
                    file=file,
                )
                continue
            if not is_declared(form, target):
                yield Fault("dangling-pointer", pointer, Words("{reference!r} leads to no field", reference=reference), file=file)
