"""Lint of conditions on the answers: an `if`, a `when`, what a rule compares with.  Each can be true of this form."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from dossierkit.findings import Fault
from dossierkit.forms.fields.applicators import members, possible_members, possible_schemas, unconditional
from dossierkit.forms.fields.form import Form
from dossierkit.forms.fields.places import items
from dossierkit.forms.schema.dialect import STANDARD_KEYWORDS
from dossierkit.forms.schema.located_schemas import Facet
from dossierkit.pointers import ABSENT, Json, child, split
from dossierkit.text import known_hint, meant
from dossierkit.translatable import Words

#: Keyword → the types of answers that it says anything about.
_ABOUT: Mapping[str, frozenset[str]] = {
    **dict.fromkeys(
        ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"), frozenset(("number", "integer"))
    ),
    **dict.fromkeys(("minLength", "maxLength", "pattern", "format"), frozenset(("string",))),
    **dict.fromkeys(
        ("minItems", "maxItems", "items", "prefixItems", "contains", "minContains", "maxContains", "uniqueItems"),
        frozenset(("array",)),
    ),
    **dict.fromkeys(("properties", "required", "minProperties", "maxProperties"), frozenset(("object",))),
}
#: Keywords of lower and of upper bounds.
_LOWER, _UPPER = ("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")
_SAME_PLACE = ("allOf", "anyOf", "oneOf")


def seeds_at(form: Form, pointer: str) -> tuple[Facet, ...]:
    """The schemas that *form* declares at *pointer*; a number, or `*`, is any row; empty where no field is."""
    seeds: tuple[Facet, ...] = (form.root,)
    for name in split(pointer):
        below = possible_members(form.schemas, seeds).get(name, ())
        if not below and (name == "*" or name.isdigit()):
            below = items(form, possible_schemas(form.schemas, seeds))
        seeds = below or _free(form, possible_schemas(form.schemas, seeds))
        if not seeds:
            return ()
    return seeds


def _free(form: Form, facets: Iterable[Facet]) -> tuple[Facet, ...]:
    """The schemas that *facets* have for names that they do not declare."""
    schemas = []
    for facet in facets:
        if isinstance(facet.get("additionalProperties"), dict):
            schemas.append(form.schemas.below(facet, "/additionalProperties", facet.schema["additionalProperties"]))
        for pattern, schema in (facet.get("patternProperties") or {}).items():
            schemas.append(form.schemas.below(facet, child("/patternProperties", pattern), schema))
    return tuple(schemas)


def can_be(form: Form, seeds: tuple[Facet, ...], value: Json) -> bool:
    """Whether one of *seeds* accepts *value*, and every list that it may be chosen from has it."""
    return any(form.schemas.accepts(facet, value) and _offered(form, facet, value) for facet in seeds)


def _offered(form: Form, facet: Facet, value: Json) -> bool:
    for part in unconditional(form.schemas, (facet,)):
        options = part.get("x-options")
        name = options.get("list") if isinstance(options, dict) else options
        listed = form.dialect.options.get(name) if isinstance(name, str) else None
        if listed is not None and listed.find(value, {}) is None:
            return False
    return True


def types_of(form: Form, seeds: Iterable[Facet]) -> frozenset[str]:
    """The types that an answer at *seeds* may have; empty where the schemas do not say."""
    types: set[str] = set()
    for seed in seeds:
        named = [facet.get("type") for facet in possible_schemas(form.schemas, (seed,)) if facet.get("type") is not None]
        constants = [facet.schema for facet in possible_schemas(form.schemas, (seed,)) if isinstance(facet.schema, dict)]
        values = [v for schema in constants for v in (*schema.get("enum", ()), *([schema["const"]] if "const" in schema else ()))]
        if any("properties" in schema for schema in constants):
            named.append("object")
        own = {kind for name in named for kind in (name if isinstance(name, list) else [name])} | {_type(v) for v in values}
        if not own:
            return frozenset()
        types |= own
    return frozenset(types)


def _type(value: Json) -> str:
    names = {bool: "boolean", int: "integer", float: "number", str: "string", list: "array", dict: "object"}
    return names.get(type(value), "null")


def condition_faults(form: Form, facets: tuple[Facet, ...], condition: Json, at: str, *, level: str) -> Iterator[Fault]:
    """Faults of *condition* about the place of *facets*: it names no field there, or can never be true.

    Args:
        facets: every schema that can hold at the place.
        at: the pointer of *condition* in the file.
        level: of each fault but those about what is only idle, which are warnings.
    """
    if not isinstance(condition, dict):
        return
    for keyword in condition:
        if keyword not in STANDARD_KEYWORDS:
            message = Words(
                "{keyword!r} means nothing in a condition{hint}", keyword=keyword, hint=meant(keyword, STANDARD_KEYWORDS)
            )
            yield Fault("unknown-keyword", child(at, keyword), message, level)
    if condition.get("properties") == {}:
        yield Fault("idle-condition", f"{at}/properties", Words("this names no field; leave it out, or name one"), "warning")
    yield from _values(form, facets, condition, at, level)
    yield from _members(form, facets, condition, at, level)
    rows = items(form, facets)
    for keyword in ("items", "contains"):
        if rows and isinstance(condition.get(keyword), dict):
            below = tuple(possible_schemas(form.schemas, rows))
            yield from condition_faults(form, below, condition[keyword], child(at, keyword), level=level)
    for keyword in _SAME_PLACE:
        for index, item in enumerate(condition.get(keyword) or ()):
            yield from condition_faults(form, facets, item, f"{at}/{keyword}/{index}", level=level)
    for keyword in ("not", "if", "then", "else"):
        yield from condition_faults(form, facets, condition.get(keyword), child(at, keyword), level=level)


def _values(form: Form, facets: tuple[Facet, ...], condition: Mapping[str, Json], at: str, level: str) -> Iterator[Fault]:
    types = types_of(form, facets)
    for keyword in condition:
        about = _ABOUT.get(keyword)
        if about is not None and types and not about & types:
            message = Words(
                "{keyword!r} says nothing about what is answered here ({types})", keyword=keyword, types=", ".join(sorted(types))
            )
            yield Fault("idle-condition", child(at, keyword), message, level)
    yield from _bounds(facets, condition, at, level)


def _bounds(facets: tuple[Facet, ...], condition: Mapping[str, Json], at: str, level: str) -> Iterator[Fault]:
    for own, others, sign in ((_LOWER, _UPPER, 1), (_UPPER, _LOWER, -1)):
        for keyword in own:
            bound = condition.get(keyword)
            limits = [facet.get(other) for facet in facets for other in others]
            numbers = [limit for limit in limits if isinstance(limit, int | float) and not isinstance(limit, bool)]
            same = [limit for facet in facets for k in own if isinstance(limit := facet.get(k), int | float)]
            if isinstance(bound, int | float) and any(sign * (bound - limit) < 0 for limit in same):
                yield Fault(
                    "idle-condition",
                    child(at, keyword),
                    _always(sign, bound),
                    "warning",
                )
            if isinstance(bound, int | float) and numbers and all(sign * (bound - limit) > 0 for limit in numbers):
                message = _beyond(sign, bound, numbers[0])
                yield Fault("never-true", child(at, keyword), message, level)


def _always(sign: int, bound: float) -> Words:
    if sign > 0:
        return Words("every answer here is at least {bound}", bound=bound)
    return Words("every answer here is at most {bound}", bound=bound)


def _beyond(sign: int, bound: float, end: float) -> Words:
    if sign > 0:
        return Words("no answer here is at least {bound}; the field ends at {end}", bound=bound, end=end)
    return Words("no answer here is at most {bound}; the field begins at {end}", bound=bound, end=end)


def _members(form: Form, facets: tuple[Facet, ...], condition: Mapping[str, Json], at: str, level: str) -> Iterator[Fault]:
    fields = members(form.schemas, facets)
    free = _free(form, facets)
    if not fields and not free:
        return
    properties = condition.get("properties")
    properties = properties if isinstance(properties, dict) else {}
    needed = condition.get("required") or ()
    named = [(child(f"{at}/properties", name), name) for name in properties]
    named += [(f"{at}/required/{index}", name) for index, name in enumerate(needed)]
    for pointer, name in named:
        if name not in fields and not free:
            yield Fault(
                "unknown-field",
                pointer,
                Words("the form has no field {name!r} here{hint}", name=name, hint=known_hint(name, fields)),
                level,
            )
    for name, below in properties.items():
        seeds = fields.get(name) or free
        if not seeds:
            continue
        where = child(f"{at}/properties", name)
        if below in ({}, True):
            yield Fault("idle-condition", where, Words("this says nothing about {name!r}", name=name), "warning")
        yield from _literals(form, seeds, below, where, level)
        yield from condition_faults(form, tuple(possible_schemas(form.schemas, seeds)), below, where, level=level)
        if name not in needed:
            message = Words(
                "this also holds while {name!r} is not answered; add it to the 'required' beside 'properties'", name=name
            )
            yield Fault("vacuous-condition", where, message, "warning")


def _literals(form: Form, seeds: tuple[Facet, ...], condition: Json, at: str, level: str) -> Iterator[Fault]:
    if not isinstance(condition, dict):
        return
    values = [(f"{at}/const", condition.get("const", ABSENT))]
    values += [(f"{at}/enum/{index}", value) for index, value in enumerate(condition.get("enum") or ())]
    for pointer, value in values:
        if value is not ABSENT and not can_be(form, seeds, value):
            yield never(pointer, form, seeds, value, level)
    for keyword in ("not", *_SAME_PLACE):
        below = condition.get(keyword)
        for index, item in enumerate(below if isinstance(below, list) else [below]):
            yield from _literals(form, seeds, item, f"{at}/{keyword}" + (f"/{index}" if isinstance(below, list) else ""), level)


def never(pointer: str, form: Form, seeds: tuple[Facet, ...], value: Json, level: str) -> Fault:
    """The fault of comparing with *value* what is never so."""
    choices = {str(v) for facet in possible_schemas(form.schemas, seeds) for v in _constants(facet)}
    return Fault(
        "never-true",
        pointer,
        Words("no answer here is {value!r}{hint}", value=value, hint=known_hint(str(value), choices) if choices else Words("")),
        level,
    )


def _constants(facet: Facet) -> tuple[Json, ...]:
    if not isinstance(facet.schema, dict):
        return ()
    return (*(facet.schema.get("enum") or ()), *((facet.schema["const"],) if "const" in facet.schema else ()))
