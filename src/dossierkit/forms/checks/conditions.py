"""Conditions on answers, such as `when`: JSON Schemas that are true, false, or open until a question is answered.

JSON Schema has two results only, since an absent value is simply absent.  Here a condition on the answer of a field that
holds and is not answered yet is open.  A field that does not hold, because its branch was not chosen, counts as absent.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property

import attrs

from dossierkit.caches import CacheSpec
from dossierkit.forms.fields.effective_fields import effective
from dossierkit.forms.fields.field_tree import index
from dossierkit.forms.fields.form import Field, Form, Kind, Layout
from dossierkit.forms.schema.document import value_of
from dossierkit.forms.schema.judge import Judge, Validator
from dossierkit.pointers import Json, child

#: Keywords with three results; all others are left to the judge.
_THREE_VALUED = frozenset(
    ("properties", "required", "allOf", "anyOf", "oneOf", "not", "if", "then", "else", "items", "contains")
).union(("minContains", "maxContains"))
#: Keywords that depend on other keywords or other schemas: a condition with one of them is left to the judge as a whole.
_DEPENDING = frozenset(
    ("$ref", "$dynamicRef", "additionalProperties", "prefixItems", "unevaluatedItems", "unevaluatedProperties")
)
#: Kinds that are never open: a box that is not checked is an answer, and a constant needs none.
_NEVER_OPEN = (Kind.ACCEPT, Kind.CONSTANT)
#: Member → the schemas of its value.
_MemberSchemas = Mapping[str, tuple[Json, ...]]


#: The id of a condition → the condition, and the validator of its part that is left to the judge.
_VALIDATORS = CacheSpec[int, tuple[Json, Validator]]("judges of conditions", 1_000)


@attrs.frozen
class Decision:
    """The result of a condition."""

    #: None: the condition is open.
    holds: bool | None
    #: JSON Pointers of the unanswered questions that an open condition depends on.
    open: tuple[str, ...] = ()


def decide(form: Form, condition: Json, answers: Json, *, layout: Layout | None = None) -> Decision:
    """The result of *condition*, a JSON Schema, for *answers*.

    A `required` for a member without a schema tests whether there is an answer, and is never open.  A condition with `$ref`, or
    another keyword that depends on other schemas, is never open either.

    Args:
        layout: the branches chosen on the page, as for `effective`.

    Raises:
        InvalidSchema: *condition* is not a valid JSON Schema.
    """
    evaluator = _Evaluator(form, answers, layout)
    if _needs_judge(condition):
        return Decision(evaluator.accepts(condition, condition, answers))
    holds = evaluator.holds(condition, answers, "", {})
    return Decision(holds, tuple(evaluator.open) if holds is None else ())


def _needs_judge(condition: Json) -> bool:
    """Whether a keyword in *condition* leaves all of it to the judge."""
    if isinstance(condition, list):
        return any(map(_needs_judge, condition))
    if not isinstance(condition, dict):
        return False
    return not _DEPENDING.isdisjoint(condition) or any(map(_needs_judge, condition.values()))


@attrs.define(slots=False)
class _Evaluator:
    """Evaluates one condition, and collects the unanswered questions."""

    form: Form
    answers: Json
    layout: Layout | None
    #: JSON Pointers of unanswered questions, in order.
    open: dict[str, None] = attrs.field(init=False, factory=dict)

    @cached_property
    def fields(self) -> Mapping[str, Field]:
        """JSON Pointer → field that holds for the answers."""
        return index(self.form, effective(self.form, self.answers, layout=self.layout)).fields

    def holds(self, condition: Json, value: Json, at: str, outer: _MemberSchemas) -> bool | None:
        """Whether *condition* is true of *value*; None while it is open.

        Args:
            at: JSON Pointer of *value*.
            outer: the schemas of members in the conditions around this one, for the same value.
        """
        if not isinstance(condition, dict):
            return bool(condition)
        return _within(self._results(condition, value, at, outer))

    def accepts(self, condition: Json, part: Json, value: Json) -> bool:
        """Whether *value* is valid against *part*: *condition*, or its keywords that are left to the judge."""
        cache = self.form.schemas.caches[_VALIDATORS]
        # The cache holds the condition, too: as long as it does, no other object has this id.
        _, validator = cache.get(id(condition)) or cache.keep(id(condition), (condition, Judge().compile(value_of(part))))
        return validator.accepts(value_of(value))

    def _results(self, condition: Mapping[str, Json], value: Json, at: str, outer: _MemberSchemas) -> Iterator[bool | None]:
        """The result of each keyword of *condition*."""
        if two_valued := {keyword: item for keyword, item in condition.items() if keyword not in _THREE_VALUED}:
            yield self.accepts(condition, two_valued, value)
        schemas = _merged((outer, _member_schemas(condition)))
        if isinstance(value, dict):
            yield from self._member_results(condition, value, at, schemas)
        if isinstance(value, list):
            yield from self._row_results(condition, value, at)
        for part in condition.get("allOf", ()):
            yield self.holds(part, value, at, schemas)
        # A schema in one branch does not apply to the other branches.
        schemas = _merged((outer, _member_schemas(condition, ("allOf",))))
        for keyword, most in (("anyOf", math.inf), ("oneOf", 1)):
            if keyword in condition:
                yield _within((self.holds(part, value, at, schemas) for part in condition[keyword]), 1, most)
        if "not" in condition:
            yield _within((self.holds(condition["not"], value, at, schemas),), 0, 0)
        if "if" in condition:
            yield self._branch_result(condition, value, at, schemas)

    def _branch_result(self, condition: Mapping[str, Json], value: Json, at: str, outer: _MemberSchemas) -> bool | None:
        """The result of `if`, `then` and `else`; with an open `if`, that of both branches if they agree."""
        chosen = self.holds(condition["if"], value, at, outer)
        keywords = {True: ("then",), False: ("else",), None: ("then", "else")}[chosen]
        results = {self.holds(condition.get(keyword, True), value, at, outer) for keyword in keywords}
        return results.pop() if len(results) == 1 else None

    def _member_results(
        self, condition: Mapping[str, Json], value: Mapping[str, Json], at: str, schemas: _MemberSchemas
    ) -> Iterator[bool | None]:
        for name, schema in condition.get("properties", {}).items():
            member = child(at, name)
            if name in value:
                yield self.holds(schema, value[name], member, {})
            else:
                yield None if self._is_open(schema, member) else True
        for name in condition.get("required", ()):
            # Every schema is evaluated, so that all open questions are collected.
            open_schemas = [] if name in value else [self._is_open(schema, child(at, name)) for schema in schemas.get(name, ())]
            yield None if any(open_schemas) else name in value

    def _row_results(self, condition: Mapping[str, Json], rows: list[Json], at: str) -> Iterator[bool | None]:
        for keyword in ("items", "contains"):
            if keyword not in condition:
                continue
            results = [self.holds(condition[keyword], row, child(at, index), {}) for index, row in enumerate(rows)]
            if keyword == "items":
                yield _within(results)
            else:
                yield _within(results, condition.get("minContains", 1), condition.get("maxContains", math.inf))

    def _is_open(self, schema: Json, at: str) -> bool:
        """Whether *schema* restricts the missing answer at *at*, and a field asks for that answer."""
        field = self.fields.get(at)
        if field is None or field.kind in _NEVER_OPEN or schema in (True, False, {}):
            return False
        if field.kind is Kind.GROUP:
            return self.holds(schema, {}, at, {}) is None
        self.open[at] = None
        return True


def _member_schemas(condition: Json, through: tuple[str, ...] = ("allOf", "anyOf", "oneOf")) -> _MemberSchemas:
    """The schemas of members in *condition*, and in its subschemas below the keywords *through*."""
    if not isinstance(condition, dict):
        return {}
    own = {name: (schema,) for name, schema in condition.get("properties", {}).items()}
    parts = (part for keyword in through for part in condition.get(keyword, ()))
    return _merged((own, *(_member_schemas(part, through) for part in parts)))


def _merged(mappings: Iterable[_MemberSchemas]) -> _MemberSchemas:
    result: dict[str, tuple[Json, ...]] = {}
    for mapping in mappings:
        for name, schemas in mapping.items():
            result[name] = (*result.get(name, ()), *schemas)
    return result


def _within(results: Iterable[bool | None], least: float | None = None, most: float = math.inf) -> bool | None:
    """Whether *least* to *most* of *results* are true; None while that depends on open ones.

    Args:
        least: None for all of them.
    """
    results = tuple(results)
    least = len(results) if least is None else least
    certain, possible = results.count(True), len(results) - results.count(False)
    if certain >= least and possible <= most:
        return True
    return None if possible >= least and certain <= most else False
