"""Requirements that no answers meet: they require themselves, allow no value, or ask for more than a page can show."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping

from dossierkit.findings import Fault
from dossierkit.forms.answers.form_data import MAX_ROWS
from dossierkit.forms.fields.applicators import members, possible_members, possible_schemas, unconditional
from dossierkit.forms.fields.combined_schema import type_of
from dossierkit.forms.fields.form import Form
from dossierkit.forms.schema.facets import Facet, Schemas, file_and_pointer
from dossierkit.pointers import Json, child, key
from dossierkit.text import meant
from dossierkit.translatable import Words

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
#: Keywords that a single choice can break, whatever spelling the form gives it.
_CHOICE_LIMITS = (
    *("minLength", "maxLength", "pattern", "multipleOf"),
    *("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"),
)
#: Keywords that say nothing about which values an alternative accepts.
_ANNOTATIONS = frozenset(("title", "description", "examples", "default", "$comment", "x-messages"))
#: Types of fields that stay empty until a user or the schema gives them a value.
_TYPED = frozenset(("string", "number", "integer"))
#: Keywords that give a field a value.
_FILLING = frozenset(("default", "const", "x-prefill"))
#: A schema of rows without one of them is shown as JSON, which has no limit of rows.
_ROWS = frozenset(("type", "properties", "enum", "const", "$ref", "allOf", "anyOf", "oneOf"))


def contradictions(schemas: Schemas, facet: Facet) -> Iterator[Fault]:
    """A fault for each keyword of *facet* that leaves no value of the type that it is about, or cannot ever hold."""
    file, pointer = file_and_pointer(facet)
    schema: Mapping[str, Json] = facet.schema
    for low, high, _ in _BOUNDS:
        if (bounds := _crossed(schema, low, high)) is not None:
            message = Words(
                "nothing is both at least {least} ({low}) and at most {most} ({high})",
                least=bounds[0],
                low=low,
                most=bounds[1],
                high=high,
            )
            yield Fault("contradiction", f"{pointer}/{low}", message, file=file)
    if schema.get("enum") == []:
        yield Fault("contradiction", f"{pointer}/enum", Words("an empty list of choices accepts nothing"), file=file)
    elif _refuses_all(schema, schema.get("enum")):
        message = Words("no choice is of the type {type}; change the choices, or the type", type=_type_words(schema))
        yield Fault("contradiction", f"{pointer}/enum", message, file=file)
    elif _limits_refuse_all(schemas, schema, schema.get("enum")):
        limits = ", ".join(keyword for keyword in _CHOICE_LIMITS if keyword in schema)
        message = Words("no choice meets {limits}; change the choices, or these keywords", limits=limits)
        yield Fault("contradiction", f"{pointer}/enum", message, file=file)
    if "const" in schema and _refuses_all(schema, [schema["const"]]):
        yield bad_const(facet)
    if (count := _missing_choices(schemas, facet)) is not None:
        message = Words(
            "at least {least} different rows are required, and there are only {count} choices",
            least=schema["minItems"],
            count=count,
        )
        yield Fault("contradiction", f"{pointer}/minItems", message, file=file)
    for index, twin in _twins(facet).items():
        message = Words(
            "this accepts the same as alternative {twin}, so never exactly one of them holds; remove one,"
            " or change 'oneOf' to 'anyOf'",
            twin=twin,
        )
        yield Fault("same-alternative", f"{pointer}/oneOf/{index}", message, file=file)


def bad_const(facet: Facet) -> Fault:
    """The fault of a constant that its own schema refuses."""
    file, pointer = file_and_pointer(facet, "/const")
    return Fault("bad-const", pointer, Words("the schema refuses its own const; change one of them"), file=file)


def undeclared_required(facet: Facet, suffix: str, name: str, names: Iterable[str]) -> Fault:
    """The fault of requiring *name*, where only *names* are declared."""
    file, pointer = file_and_pointer(facet, suffix)
    hint = meant(name, sorted(names)) or Words("; declare it under 'properties'")
    return Fault(
        "undeclared-required", pointer, Words("{name!r} is required but declared nowhere{hint}", name=name, hint=hint), file=file
    )


def _crossed(schema: Mapping[str, Json], low: str, high: str) -> tuple[float, float] | None:
    least, most = schema.get(low), schema.get(high)
    if not isinstance(least, int | float) or not isinstance(most, int | float):
        return None
    return (least, most) if least > most or (least == most and "exclusive" in low + high) else None


def _refuses_all(schema: Mapping[str, Json], values: Json) -> bool:
    """Whether *values* are given, and the type of *schema* refuses each."""
    types = schema.get("type")
    if types is None or not isinstance(values, list):
        return False
    return not any(_is_of(value, types if isinstance(types, list) else [types]) for value in values)


def _limits_refuse_all(schemas: Schemas, schema: Mapping[str, Json], values: Json) -> bool:
    """Whether *values* are given, and the limits beside them refuse each."""
    limits = {keyword: schema[keyword] for keyword in _CHOICE_LIMITS if keyword in schema}
    if not limits or not isinstance(values, list):
        return False
    validator = schemas.judge.compile(limits)
    return not any(validator.accepts(value) for value in values)


def _missing_choices(schemas: Schemas, facet: Facet) -> int | None:
    """How many different rows *facet* can have, if it requires more of them; None if there are enough."""
    rows, least = facet.get("items"), facet.get("minItems")
    if facet.get("uniqueItems") is not True or not isinstance(rows, dict) or facet.get("prefixItems") or not least:
        return None
    schemas_of_rows = unconditional(schemas, (schemas.below(facet, "/items", rows),))
    choices = [row.get("enum") for row in schemas_of_rows]
    counts = [len({key(value) for value in values}) for values in choices if isinstance(values, list)]
    return min(counts) if counts and min(counts) < least else None


def _twins(facet: Facet) -> dict[int, int]:
    """Each alternative of `oneOf` in *facet* that accepts the same as an earlier one → the earlier one."""
    first: dict[str, int] = {}
    alternatives = (key(_constraints(item)) for item in facet.get("oneOf") or ())
    earlier = {index: first.setdefault(alternative, index) for index, alternative in enumerate(alternatives)}
    return {index: twin for index, twin in earlier.items() if index != twin}


def _constraints(schema: Json) -> Json:
    """*schema* without its annotations and those of its members."""
    if not isinstance(schema, dict):
        return schema
    constraints = {keyword: value for keyword, value in schema.items() if keyword not in _ANNOTATIONS}
    if isinstance(constraints.get("properties"), dict):
        constraints["properties"] = {name: _constraints(member) for name, member in constraints["properties"].items()}
    return constraints


def _is_of(value: Json, types: list[str]) -> bool:
    type_ = type_of(value)
    return type_ in types or (type_ == "number" and "integer" in types and (isinstance(value, int) or value.is_integer()))


def _type_words(schema: Mapping[str, Json]) -> str:
    types = schema["type"]
    return ", ".join(types) if isinstance(types, list) else str(types)


def _allows_nothing(schemas: Schemas, facet: Facet) -> bool:
    """Whether no value meets *facet* for what it says itself, whatever the schemas below it say."""
    schema: Mapping[str, Json] = facet.schema
    crossed = (low for low, high, types in _BOUNDS if schema.get("type") in types and _crossed(schema, low, high))
    constant = [schema["const"]] if "const" in schema else None
    return (
        schema.get("enum") == []
        or any(crossed)
        or _refuses_all(schema, schema.get("enum"))
        or _refuses_all(schema, constant)
        or _limits_refuse_all(schemas, schema, schema.get("enum"))
        or (schema.get("type") == "array" and _missing_choices(schemas, facet) is not None)
        or (bool(schema.get("oneOf")) and not _single_alternatives(facet))
    )


def _single_alternatives(facet: Facet) -> list[int]:
    """The alternatives of `oneOf` in *facet* that no other one equals."""
    twins = _twins(facet)
    return [index for index, _ in enumerate(facet.get("oneOf") or ()) if index not in {*twins, *twins.values()}]


def _needs_too_many_rows(facet: Facet) -> bool:
    """Whether a page would have to show more rows than it can."""
    rows = facet.get("items")
    return (
        facet.get("type") in (None, "array")
        and isinstance(rows, dict)
        and not _ROWS.isdisjoint(rows)
        and facet.get("x-widget") != "json"
        and (facet.get("minItems") or 0) > MAX_ROWS
    )


def _too_many_rows(facet: Facet, level: str) -> Fault:
    file, pointer = file_and_pointer(facet, "/minItems")
    message = Words(
        "at least {least} rows are required, and a page shows at most {most}; lower minItems",
        least=facet.schema["minItems"],
        most=MAX_ROWS,
    )
    return Fault("too-many-rows", pointer, message, level, file)


def endless_faults(form: Form) -> Iterator[Fault]:
    """Why no answers meet the form: errors; where only optional fields can never be answered, the first of them, a warning."""
    needs = _needs_of(form)
    finite = _finite(needs)
    if form.root not in finite:
        causes = [*dict.fromkeys(fault for facet in _unmet(form.root, needs, finite) for fault in _own_faults(form, facet))]
        yield from causes or _endless(form, needs, finite, "error")
        return
    yield from (_too_many_rows(facet, "warning") for facet in needs if _needs_too_many_rows(facet))
    yield from _endless(form, needs, finite, "warning")
    yield from _unfilled(form)


def _endless(form: Form, needs: dict[Facet, list[list[Facet]]], finite: set[Facet], level: str) -> Iterator[Fault]:
    for facet in needs:
        if facet in finite:
            continue
        for name in _required(facet):
            below = form.schemas.below(facet, child("/properties", name), facet.schema["properties"][name])
            if below not in finite:
                file, pointer = file_and_pointer(below)
                message = Words(
                    "{name!r} is required, and what it requires never ends or allows nothing: the form can never be submitted",
                    name=name,
                )
                yield Fault("endless", pointer, message, level, file)
                return


def _unfilled(form: Form) -> Iterator[Fault]:
    """Fields that are always required and read-only, and that nothing gives a value."""
    schemas = form.schemas
    pending: list[tuple[str, tuple[Facet, ...], bool]] = [("", (form.root,), False)]
    seen: set[tuple[Facet, ...]] = set()
    while pending:
        pointer, seeds, around = pending.pop()
        if seeds in seen:
            continue
        seen.add(seeds)
        always = (*unconditional(schemas, seeds),)
        possible, certain = possible_members(schemas, seeds), members(schemas, always)
        for name in dict.fromkeys(name for facet in always for name in facet.get("required") or () if name in certain):
            at = child(pointer, name)
            field = (*unconditional(schemas, certain[name]),)
            if _is_filled(form, at, possible_schemas(schemas, possible[name])):
                continue
            read_only = next((facet for facet in field if facet.get("readOnly") is True), None)
            types = {str(facet.get("type")) for facet in field if facet.get("type") is not None}
            if types == {"object"}:
                pending.append((at, certain[name], around or read_only is not None))
            elif (around or read_only) and types and types <= _TYPED:
                file, place = file_and_pointer(read_only, "/readOnly") if read_only else file_and_pointer(field[0])
                message = Words(
                    "{name!r} is required and read-only, and nothing gives it a value: the form can never be submitted;"
                    " add 'default', 'const', 'x-prefill' or an entry in 'x-compute'",
                    name=name,
                )
                yield Fault("unfilled", place, message, file=file)


def _is_filled(form: Form, at: str, facets: Iterable[Facet]) -> bool:
    """Whether the field *at* may have a value that no user gives it."""
    is_computed = any(f"{at}/".startswith(f"{value.at}/") or value.at.startswith(f"{at}/") for value in form.computed)
    return is_computed or any(not _FILLING.isdisjoint(facet.schema) for facet in facets if isinstance(facet.schema, dict))


def _unmet(root: Facet, needs: dict[Facet, list[list[Facet]]], finite: set[Facet]) -> Iterator[Facet]:
    """*root*, and the schemas below it that would have to be met and cannot."""
    seen: set[Facet] = set()
    pending = deque([root])
    while pending:
        facet = pending.popleft()
        if facet in seen:
            continue
        seen.add(facet)
        yield facet
        for group in needs[facet]:
            if finite.isdisjoint(group):
                pending.extend(group)


def _own_faults(form: Form, facet: Facet) -> Iterator[Fault]:
    """The reasons in *facet* itself for which no value meets it."""
    if not isinstance(facet.schema, dict):
        return
    if _allows_nothing(form.schemas, facet):
        yield from contradictions(form.schemas, facet)
    if _needs_too_many_rows(facet):
        yield _too_many_rows(facet, "error")
    together = (*unconditional(form.schemas, (facet,)),)
    refused = [*_refused(form.schemas, together)]
    if not refused:
        refused = [refusal for branches in _branches(form.schemas, facet) for branch in branches
                   for refusal in _refused(form.schemas, (*together, *unconditional(form.schemas, (branch,))))]  # fmt: skip
    for closed, requiring, suffix, name in refused:
        names = {name for here in possible_schemas(form.schemas, (facet,)) for name in here.get("properties") or {}}
        if name not in names:
            yield undeclared_required(requiring, suffix, name, names)
        else:
            yield closed_too_early(closed, name, "error")


def closed_too_early(closed: Facet, name: str, level: str) -> Fault:
    """The fault of refusing *name*, which another schema declares at the place of *closed*."""
    file, pointer = file_and_pointer(closed, "/additionalProperties")
    message = Words(
        "this refuses {name!r}, which another schema declares at the same place; write 'unevaluatedProperties': false instead",
        name=name,
    )
    return Fault("closed-too-early", pointer, message, level, file)


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
    pending = deque([form.root])
    while pending:
        facet = pending.popleft()
        if facet not in needs:
            needs[facet] = list(_groups(form.schemas, facet))
            pending += [below for group in needs[facet] for below in group]
            pending += [
                form.schemas.below(facet, child("/properties", name), item)
                for name, item in (facet.get("properties") or {}).items()
            ]
    return needs


def _groups(schemas: Schemas, facet: Facet) -> Iterator[list[Facet]]:
    if facet.schema is False or (facet.schema is not True and _allows_nothing(schemas, facet)) or _needs_too_many_rows(facet):
        yield []
    for keyword in ("$ref", "$dynamicRef"):
        if isinstance(facet.get(keyword), str):
            yield [schemas.target(facet, keyword)]
    for index, item in enumerate(facet.get("allOf") or ()):
        yield [schemas.below(facet, f"/allOf/{index}", item)]
    together = (*unconditional(schemas, (facet,)),)
    if any(_refused(schemas, together)):
        yield []
    for branches in _branches(schemas, facet):
        yield [branch for branch in branches if not any(_refused(schemas, (*together, *unconditional(schemas, (branch,)))))]
    for name in _required(facet):
        yield [schemas.below(facet, child("/properties", name), facet.schema["properties"][name])]
    if isinstance(facet.get("items"), dict) and facet.get("type") in (None, "array") and (facet.get("minItems") or 0) > 0:
        yield [schemas.below(facet, "/items", facet.schema["items"])]


def _branches(schemas: Schemas, facet: Facet) -> Iterator[list[Facet]]:
    for keyword in ("anyOf", "oneOf"):
        if branches := facet.get(keyword):
            yield [schemas.below(facet, f"/{keyword}/{index}", item) for index, item in enumerate(branches)]


def _required(facet: Facet) -> list[str]:
    """The members that *facet* requires and declares itself, if its value has to be an object."""
    if facet.get("type") not in (None, "object"):
        return []
    properties = facet.get("properties") or {}
    return [name for name in facet.get("required") or () if name in properties]


def _refused(schemas: Schemas, together: tuple[Facet, ...]) -> Iterator[tuple[Facet, Facet, str, str]]:
    """Members that *together* require and refuse: the schema that refuses, the one that requires, where in it, the name."""
    closed = [facet for facet in together if False in (facet.get("additionalProperties"), facet.get("unevaluatedProperties"))]
    if not closed or not _asks_for_an_object(together):
        return
    for requiring, suffix, name in _needed(together):
        for facet in closed:
            if not _takes(schemas, facet, name):
                yield facet, requiring, suffix, name
                break


def _asks_for_an_object(together: tuple[Facet, ...]) -> bool:
    types = {str(facet.get("type")) for facet in together if facet.get("type") is not None}
    return not types or "object" in types


def _needed(together: tuple[Facet, ...]) -> Iterator[tuple[Facet, str, str]]:
    """Each member that is always required, with the schema that requires it and where in it."""
    needed: set[str] = set()
    pending = [
        (facet, f"/required/{index}", name) for facet in together for index, name in enumerate(facet.get("required") or ())
    ]
    while pending:
        facet, suffix, name = pending.pop(0)
        if name in needed:
            continue
        needed.add(name)
        yield facet, suffix, name
        for other in together:
            followers = (other.get("dependentRequired") or {}).get(name, ())
            at = child("/dependentRequired", name)
            pending += [(other, f"{at}/{index}", follower) for index, follower in enumerate(followers)]


def _takes(schemas: Schemas, closed: Facet, name: str) -> bool:
    """Whether the closed schema *closed* may let the member *name* pass."""
    if closed.get("additionalProperties") is False and not _declares(schemas, closed, name):
        return False
    if closed.get("unevaluatedProperties") is not False:
        return True
    # Members that any schema at its place may declare count as evaluated, conditions among them.
    pending, seen = deque(possible_schemas(schemas, (closed,))), {closed}
    while pending:
        facet = pending.popleft()
        free = facet.get("additionalProperties"), (facet.get("unevaluatedProperties") if facet != closed else None)
        if _declares(schemas, facet, name) or any(value not in (None, False) for value in free):
            return True
        condition = facet.get("if")
        if isinstance(condition, dict) and (below := schemas.below(facet, "/if", condition)) not in seen:
            seen.add(below)
            pending.extend(possible_schemas(schemas, (below,)))
    return False


def _declares(schemas: Schemas, facet: Facet, name: str) -> bool:
    patterns = facet.get("patternProperties") or {}
    return name in (facet.get("properties") or {}) or any(schemas.matches(pattern, name) for pattern in patterns)
