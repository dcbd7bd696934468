"""Lint of places: what the schemas that meet at one place say to each other."""

from __future__ import annotations

from collections.abc import Iterator

from dossierkit.forms.form import Fault, Form
from dossierkit.forms.options import resolve
from dossierkit.forms.places import Place, is_declared, places
from dossierkit.forms.pointers import child
from dossierkit.forms.reach import located, reachable
from dossierkit.text import meant


def place_faults(form: Form) -> Iterator[Fault]:
    """Faults of every place of *form*."""
    for place in places(form):
        yield from _undeclared(place)
        yield from _closed(place)
        yield from _chasing(form, place)
        yield from _options(form, place)


def _undeclared(place: Place) -> Iterator[Fault]:
    names = place.names()
    free = any(isinstance(f.get("additionalProperties"), dict) or f.get("patternProperties") for f in place.facets)
    for facet in place.facets:
        needed = [("/required", index, name) for index, name in enumerate(facet.get("required") or ())]
        for trigger, others in (facet.get("dependentRequired") or {}).items():
            needed += [(child("/dependentRequired", trigger), index, name) for index, name in enumerate(others)]
        for suffix, index, name in needed:
            if name not in names and not free:
                hint = meant(name, names) or "; declare it under 'properties'"
                file, pointer = located(facet, f"{suffix}/{index}")
                yield Fault("undeclared-required", pointer, f"{name!r} is required but declared nowhere{hint}", file=file)


def _closed(place: Place) -> Iterator[Fault]:
    for facet in place.facets:
        if facet.get("additionalProperties") is not False or facet.get("patternProperties"):
            continue
        others = place.names() - (facet.get("properties") or {}).keys()
        if others:
            file, pointer = located(facet, "/additionalProperties")
            message = (
                f"this refuses {sorted(others)[0]!r}, which another schema declares at the same place; "
                "write 'unevaluatedProperties': false instead"
            )
            yield Fault("closed-too-early", pointer, message, file=file)


def _chasing(form: Form, place: Place) -> Iterator[Fault]:
    """A condition that changes what the very answer means that it looks at."""
    for facet in place.facets:
        if not isinstance(facet.get("if"), dict):
            continue
        condition = form.schemas.below(facet, "/if", facet.schema["if"])
        read = {name for one in reachable(form.schemas, (condition,)) for name in one.get("properties") or {}}
        for keyword in ("then", "else"):
            if not isinstance(facet.get(keyword), dict):
                continue
            branch = form.schemas.below(facet, f"/{keyword}", facet.schema[keyword])
            for one in reachable(form.schemas, (branch,)):
                for name, schema in (one.get("properties") or {}).items():
                    if name in read and isinstance(schema, dict) and "type" in schema:
                        file, pointer = located(one, child("/properties", name) + "/type")
                        message = f"the condition looks at {name!r} and then changes its type; its answer may chase the condition"
                        yield Fault("chasing-condition", pointer, message, "warning", file)


def _options(form: Form, place: Place) -> Iterator[Fault]:
    for facet in place.facets:
        options = facet.get("x-options")
        where = options.get("where") if isinstance(options, dict) else None
        for column, reference in where.items() if isinstance(where, dict) else ():
            file, pointer = located(facet, child("/x-options/where", column))
            try:
                target = resolve(place.pointer, str(reference))
            except ValueError as error:
                yield Fault("dangling-pointer", pointer, str(error), file=file)
                continue
            if not is_declared(form, target):
                yield Fault("dangling-pointer", pointer, f"{reference!r} leads to no field", file=file)
