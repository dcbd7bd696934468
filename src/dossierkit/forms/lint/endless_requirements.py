"""Fields that nobody can ever finish: what they require requires itself, or allows no value at all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from dossierkit.findings import Fault
from dossierkit.forms.fields.form import Form
from dossierkit.forms.schema.facets import Facet, Schemas, file_and_pointer
from dossierkit.pointers import Json, child

#: Two keywords that bound the same, and the type of value that they bound.
_BOUNDS = (
    ("minimum", "maximum", ("number", "integer")),
    ("exclusiveMinimum", "maximum", ("number", "integer")),
    ("minimum", "exclusiveMaximum", ("number", "integer")),
    ("minLength", "maxLength", ("string",)),
    ("minItems", "maxItems", ("array",)),
    ("minProperties", "maxProperties", ("object",)),
    ("minContains", "maxContains", ()),
)


def contradictions(schema: Mapping[str, Json]) -> Iterator[tuple[str, str]]:
    """The keywords of *schema* that leave no value of the type that they bound, each with why."""
    for low, high, _ in _BOUNDS:
        if (bounds := _crossed(schema, low, high)) is not None:
            yield low, f"nothing is both at least {bounds[0]} ({low}) and at most {bounds[1]} ({high})"
    if schema.get("enum") == []:
        yield "enum", "an empty list of choices accepts nothing"


def _crossed(schema: Mapping[str, Json], low: str, high: str) -> tuple[float, float] | None:
    least, most = schema.get(low), schema.get(high)
    if not isinstance(least, int | float) or not isinstance(most, int | float):
        return None
    return (least, most) if least > most or (least == most and "exclusive" in low + high) else None


def _allows_nothing(schema: Mapping[str, Json]) -> bool:
    """Whether no value meets *schema* for what it says itself, whatever the schemas below it say."""
    crossed = (low for low, high, types in _BOUNDS if schema.get("type") in types and _crossed(schema, low, high))
    return schema.get("enum") == [] or any(crossed)


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
                file, pointer = file_and_pointer(below)
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
    if facet.schema is False or (facet.schema is not True and _allows_nothing(facet.schema)):
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
