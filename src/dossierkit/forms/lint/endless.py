"""Fields that nobody can ever finish: what they require requires itself, or allows no value at all."""

from __future__ import annotations

from collections.abc import Iterator

from dossierkit.findings import Fault
from dossierkit.forms.fields.applicators import located
from dossierkit.forms.fields.form import Form
from dossierkit.forms.schema.schemas import Facet, Schemas
from dossierkit.pointers import child


def endless_faults(form: Form) -> Iterator[Fault]:
    """The first requirement of the form that no answers meet, an error; where only optional fields have one, a warning."""
    needs = _needs_of(form)
    finite = _finite(needs)
    level = "warning" if form.root in finite else "error"
    for facet in needs:
        if facet in finite:
            continue
        for name in _required(facet):
            below = form.schemas.below(facet, child("/properties", name), facet.schema["properties"][name])
            if below not in finite:
                file, pointer = located(below)
                message = f"{name!r} is required, and what it requires never ends or allows nothing: nobody can submit this"
                yield Fault("endless", pointer, message, level, file)
                return


def _finite(needs: dict[Facet, list[list[Facet]]]) -> set[Facet]:
    """The schemas that some value of an end can meet: the least set that holds all whose needs it holds."""
    finite: set[Facet] = set()
    while True:
        more = {
            facet
            for facet, groups in needs.items()
            if facet not in finite and all(any(below in finite for below in group) for group in groups)
        }
        if not more:
            return finite
        finite |= more


def _needs_of(form: Form) -> dict[Facet, list[list[Facet]]]:
    """For each schema that answers may have to meet: groups of schemas, of each of which one has to be met."""
    needs: dict[Facet, list[list[Facet]]] = {}
    pending = [form.root]
    while pending:
        facet = pending.pop(0)
        if facet not in needs:
            needs[facet] = list(_groups(form.schemas, facet))
            pending += [below for group in needs[facet] for below in group]
            pending += [
                form.schemas.below(facet, child("/properties", name), item)
                for name, item in (facet.get("properties") or {}).items()
            ]
    return needs


def _groups(schemas: Schemas, facet: Facet) -> Iterator[list[Facet]]:
    if facet.schema is False:
        yield []
    for keyword in ("$ref", "$dynamicRef"):
        if isinstance(facet.get(keyword), str):
            yield [schemas.target(facet, keyword)]
    for index, item in enumerate(facet.get("allOf") or ()):
        yield [schemas.below(facet, f"/allOf/{index}", item)]
    for keyword in ("anyOf", "oneOf"):
        branches = facet.get(keyword) or ()
        if branches:
            yield [schemas.below(facet, f"/{keyword}/{index}", item) for index, item in enumerate(branches)]
    for name in _required(facet):
        yield [schemas.below(facet, child("/properties", name), facet.schema["properties"][name])]
    if isinstance(facet.get("items"), dict) and facet.get("type") in (None, "array") and (facet.get("minItems") or 0) > 0:
        yield [schemas.below(facet, "/items", facet.schema["items"])]


def _required(facet: Facet) -> list[str]:
    """What *facet* requires and declares itself, where its value has to be an object."""
    if facet.get("type") not in (None, "object"):
        return []
    properties = facet.get("properties") or {}
    return [name for name in facet.get("required") or () if name in properties]
