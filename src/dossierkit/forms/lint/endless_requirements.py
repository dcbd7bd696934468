"""Requirements that no answers meet: they require themselves, or what allows no value, is refused or cannot be filled in."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator

from dossierkit.findings import Fault
from dossierkit.forms.fields.applicators import members, possible_members, possible_schemas, unconditional
from dossierkit.forms.fields.form import Form
from dossierkit.forms.lint.contradictions import allows_nothing, contradictions, needs_too_many_rows, too_many_rows
from dossierkit.forms.schema.located_schemas import Facet, Schemas, file_and_pointer
from dossierkit.pointers import child
from dossierkit.text import meant
from dossierkit.translatable import Words

#: Types of fields that stay empty until a user or the schema gives them a value.
_TYPED = frozenset(("string", "number", "integer"))
#: Keywords that give a field a value.
_FILLING = frozenset(("default", "const", "x-prefill"))


def endless_faults(form: Form) -> Iterator[Fault]:
    """Why no answers meet the form: errors; where only optional fields can never be answered, the first of them, a warning."""
    needs = _needs_of(form)
    finite = _finite(needs)
    if form.root not in finite:
        causes = [*dict.fromkeys(fault for facet in _unmet(form.root, needs, finite) for fault in _own_faults(form, facet))]
        yield from causes or _endless(form, needs, finite, "error")
        return
    yield from (too_many_rows(facet, "warning") for facet in needs if needs_too_many_rows(facet))
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
    seen: set[tuple[tuple[Facet, ...], bool]] = set()
    while pending:
        pointer, seeds, around = pending.pop()
        if (seeds, around) in seen:
            continue
        seen.add((seeds, around))
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
    if allows_nothing(form.schemas, facet):
        yield from contradictions(form.schemas, facet)
    if needs_too_many_rows(facet):
        yield too_many_rows(facet, "error")
    together = (*unconditional(form.schemas, (facet,)),)
    refused = [*_refused(form.schemas, together)]
    if not refused:
        refused = [refusal for branches in _branches(form.schemas, facet) for branch in branches
                   for refusal in _refused(form.schemas, (*together, *unconditional(form.schemas, (branch,))))]  # fmt: skip
    for closed, requiring, suffix, name in refused:
        names = {name for schema in possible_schemas(form.schemas, (facet,)) for name in schema.get("properties") or {}}
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
    if facet.schema is False or (facet.schema is not True and allows_nothing(schemas, facet)) or needs_too_many_rows(facet):
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


def undeclared_required(facet: Facet, suffix: str, name: str, names: Iterable[str]) -> Fault:
    """The fault of requiring *name*, where only *names* are declared."""
    file, pointer = file_and_pointer(facet, suffix)
    hint = meant(name, sorted(names)) or Words("; declare it under 'properties'")
    return Fault(
        "undeclared-required", pointer, Words("{name!r} is required but declared nowhere{hint}", name=name, hint=hint), file=file
    )
