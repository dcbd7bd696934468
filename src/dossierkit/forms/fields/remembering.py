"""What holds is worked out once for the same answers to the questions that its conditions ask."""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from dossierkit.caches import CacheSpec
from dossierkit.forms.fields.applicable import Held, hold
from dossierkit.forms.fields.applicators import reachable
from dossierkit.forms.schema.subschemas import PER_FORM, Facet, Schemas
from dossierkit.pointers import ABSENT, Json, key

#: A condition of these keywords alone asks nothing but which answers certain members have.
_ASKING = frozenset("properties required allOf anyOf oneOf $ref type title description $comment".split())  # noqa: SIM905  # read as words
_LONGEST = 80
_MOST = 200


@attrs.define(eq=False)
class _Known:
    """For one set of schemas: the members that conditions read, and what holds for their answers."""

    #: What holds, where no answer changes it.
    always: Held | None = None
    reads: frozenset[str] = frozenset()
    table: dict[tuple[str, ...], Held] = attrs.field(factory=dict)
    opaque: bool = False


#: Schemas → what is known of them.
_KNOWN = CacheSpec[tuple[Facet, ...], _Known]("schemas that hold", PER_FORM)


def is_still(held: Held) -> bool:
    """Whether no answer can change what holds."""
    if held.conditions or held.dormant or held.pickers or held.drivers:
        return False
    return not any(facet.get("dependentSchemas") for facet in held.facets)


def hold_again(schemas: Schemas, seeds: tuple[Facet, ...], value: Json, picks: Mapping[str, tuple[int, ...]] | None) -> Held:
    """`hold`, remembered where the answers that matter are few and short."""
    if picks:
        return hold(schemas, seeds, value, picks)
    cache = schemas.caches[_KNOWN]
    known = cache.get(seeds) or cache.keep(seeds, _Known())
    if known.always is not None:
        return known.always
    answers = _answers(known.reads, value) if not known.opaque else None
    if answers is not None and answers in known.table:
        return known.table[answers]
    held = hold(schemas, seeds, value)
    if is_still(held):
        known.always = held
    elif not known.opaque:
        _keep(schemas, known, held, value)
    return held


def _keep(schemas: Schemas, known: _Known, held: Held, value: Json) -> None:
    reads = _reads(schemas, held)
    if reads is None:
        known.opaque = True
        known.table.clear()
        return
    if not reads <= known.reads or len(known.table) > _MOST:
        # What was kept so far was told apart by too few members.
        known.reads |= reads
        known.table.clear()
    answers = _answers(known.reads, value)
    if answers is not None:
        known.table[answers] = held


def _answers(reads: frozenset[str], value: Json) -> tuple[str, ...] | None:
    """The answers of *reads* in short; None where one of them is long, or this is no group."""
    if not isinstance(value, dict):
        return None
    found = []
    for name in sorted(reads):
        answer = value.get(name, ABSENT)
        if isinstance(answer, dict | list) or (isinstance(answer, str) and len(answer) > _LONGEST):
            return None
        found.append("" if answer is ABSENT else key(answer))
    return tuple(found)


def _reads(schemas: Schemas, held: Held) -> frozenset[str] | None:
    """The members that what holds depends on; None where it depends on more."""
    if held.pickers or held.drivers:
        return None
    names: set[str] = set()
    for condition in held.conditions:
        for facet in reachable(schemas, (condition,)):
            if not isinstance(facet.schema, dict) or facet.schema.keys() - _ASKING:
                return None
            names.update(facet.schema.get("properties", ()), facet.schema.get("required", ()))
    for facet in held.facets:
        names.update(facet.get("dependentSchemas") or ())
    return frozenset(names)
