"""Conditions on the answers, such as a `when`: a JSON Schema that holds, does not hold, or depends on a question.

JSON Schema knows no third value: what is absent is absent.  Here a question that holds and is not answered leaves open
what is said about its answer; one that does not hold, because its branch was not chosen, is plainly absent.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property

import attrs

from dossierkit.caches import CacheSpec
from dossierkit.forms.fields.effective import effective
from dossierkit.forms.fields.field_tree import index
from dossierkit.forms.fields.form import Field, Form, Kind, Layout
from dossierkit.forms.schema.document import value_of
from dossierkit.forms.schema.judge import Judge, Validator
from dossierkit.pointers import Json, child

#: Whatever is not said here is left to the judge.
_READ = frozenset(("properties", "required", "allOf", "anyOf", "oneOf", "not", "if", "then", "else", "items", "contains")).union(
    ("minContains", "maxContains")
)
#: What these say depends on their neighbours, or stands elsewhere: the judge alone reads a condition with one of them.
_WHOLE = frozenset(("$ref", "$dynamicRef", "additionalProperties", "prefixItems", "unevaluatedItems", "unevaluatedProperties"))
#: A box that is not ticked is an answer, and a constant asks nothing.
_ANSWERED = (Kind.ACCEPT, Kind.CONSTANT)
#: Name of a member → what is said about its value.
_Said = Mapping[str, tuple[Json, ...]]


#: The id of a condition → the condition, and the judge of what it leaves to the judge.
_VALIDATORS = CacheSpec[int, tuple[Json, Validator]]("judges of conditions", 1_000)


@attrs.frozen
class Decision:
    """What a condition comes to with some answers."""

    #: None: it depends on questions that are not answered.
    holds: bool | None
    #: The pointers of those questions.
    open: tuple[str, ...] = ()


def decide(form: Form, condition: Json, answers: Json, *, layout: Layout | None = None) -> Decision:
    """What *condition*, a JSON Schema on the answers, comes to.

    A `required` that stands without a word about the value asks whether there is an answer, and is always decided.
    So is a condition with a `$ref`, or with another keyword whose meaning lies elsewhere.

    Args:
        layout: which branches a page has open, as for `effective`.
    """
    reader = _Reader(form, answers, layout)
    if _is_whole(condition):
        return Decision(reader.judged(condition, condition, answers))
    holds = reader.holds(condition, answers, "", {})
    return Decision(holds, tuple(reader.open) if holds is None else ())


def _is_whole(condition: Json) -> bool:
    if isinstance(condition, list):
        return any(map(_is_whole, condition))
    return isinstance(condition, dict) and (not _WHOLE.isdisjoint(condition) or any(map(_is_whole, condition.values())))


@attrs.define(slots=False)
class _Reader:
    form: Form
    answers: Json
    layout: Layout | None
    #: The questions that were met and are not answered; a dict for its order.
    open: dict[str, None] = attrs.field(init=False, factory=dict)

    @cached_property
    def fields(self) -> Mapping[str, Field]:
        """The fields that hold, by pointer."""
        return index(self.form, effective(self.form, self.answers, layout=self.layout)).fields

    def holds(self, condition: Json, value: Json, place: str, above: _Said) -> bool | None:
        """Whether *condition* holds for the *value* at *place*.

        Args:
            above: what the conditions around this one, at the same place, say about members.
        """
        if not isinstance(condition, dict):
            return bool(condition)
        return _within(self._parts(condition, value, place, above))

    def judged(self, condition: Json, read: Json, value: Json) -> bool:
        """Whether *value* is valid against *read*: *condition*, or the part of it that the judge alone reads."""
        cache = self.form.schemas.caches[_VALIDATORS]
        # The condition is kept beside its judge: while it is, no other object has its id.
        _, validator = cache.get(id(condition)) or cache.keep(id(condition), (condition, Judge().compile(value_of(read))))
        return validator.accepts(value_of(value))

    def _parts(self, condition: Mapping[str, Json], value: Json, place: str, above: _Said) -> Iterator[bool | None]:
        """Each keyword of *condition*; all of them have to hold."""
        if rest := {keyword: said for keyword, said in condition.items() if keyword not in _READ}:
            yield self.judged(condition, rest, value)
        if isinstance(value, dict):
            yield from self._members(condition, value, place, _joined((above, _compared(condition))))
        if isinstance(value, list):
            yield from self._rows(condition, value, place)
        beside = _joined((above, _compared(condition)))
        for part in condition.get("allOf", ()):
            yield self.holds(part, value, place, beside)
        # What stands in another branch says nothing about this one.
        beside = _joined((above, _compared(condition, ("allOf",))))
        for keyword, most in (("anyOf", math.inf), ("oneOf", 1)):
            if keyword in condition:
                yield _within((self.holds(part, value, place, beside) for part in condition[keyword]), 1, most)
        if "not" in condition:
            yield _within((self.holds(condition["not"], value, place, beside),), 0, 0)
        if "if" in condition:
            yield self._branch(condition, value, place, beside)

    def _branch(self, condition: Mapping[str, Json], value: Json, place: str, above: _Said) -> bool | None:
        chosen = self.holds(condition["if"], value, place, above)
        names = {True: ("then",), False: ("else",), None: ("then", "else")}[chosen]
        results = {self.holds(condition.get(name, True), value, place, above) for name in names}
        return results.pop() if len(results) == 1 else None

    def _members(
        self, condition: Mapping[str, Json], value: Mapping[str, Json], place: str, said: _Said
    ) -> Iterator[bool | None]:
        for name, below in condition.get("properties", {}).items():
            at = child(place, name)
            if name in value:
                yield self.holds(below, value[name], at, {})
            else:
                yield None if self._is_open(below, at) else True
        for name in condition.get("required", ()):
            asked = name not in value and [self._is_open(below, child(place, name)) for below in said.get(name, ())]
            yield None if asked and any(asked) else name in value

    def _rows(self, condition: Mapping[str, Json], rows: list[Json], place: str) -> Iterator[bool | None]:
        for keyword in ("items", "contains"):
            if keyword not in condition:
                continue
            each = [self.holds(condition[keyword], row, child(place, number), {}) for number, row in enumerate(rows)]
            if keyword == "items":
                yield _within(each)
            else:
                yield _within(each, condition.get("minContains", 1), condition.get("maxContains", math.inf))

    def _is_open(self, condition: Json, place: str) -> bool:
        """Whether an answer at *place*, where there is none, is still to come, and *condition* says something about it."""
        field = self.fields.get(place)
        if field is None or field.kind in _ANSWERED or condition in (True, False, {}):
            return False
        if field.kind is Kind.GROUP:
            return self.holds(condition, {}, place, {}) is None
        self.open[place] = None
        return True


def _compared(condition: Json, through: tuple[str, ...] = ("allOf", "anyOf", "oneOf")) -> _Said:
    """What *condition* says about members, itself or in the conditions of the keywords *through*."""
    if not isinstance(condition, dict):
        return {}
    own = {name: (below,) for name, below in condition.get("properties", {}).items()}
    return _joined((own, *(_compared(part, through) for keyword in through for part in condition.get(keyword, ()))))


def _joined(said: Iterable[_Said]) -> _Said:
    joined: dict[str, tuple[Json, ...]] = {}
    for one in said:
        for name, below in one.items():
            joined[name] = (*joined.get(name, ()), *below)
    return joined


def _within(results: Iterable[bool | None], least: float | None = None, most: float = math.inf) -> bool | None:
    """Whether at least *least* (all, where None) and at most *most* of *results* are true; None where the open ones decide."""
    each = tuple(results)
    least = len(each) if least is None else least
    sure, possible = each.count(True), len(each) - each.count(False)
    if sure >= least and possible <= most:
        return True
    return None if possible >= least and sure <= most else False
