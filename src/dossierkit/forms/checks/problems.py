"""Answers → problems: the judge's reasons, each put where somebody can mend it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from itertools import chain

import attrs

from dossierkit.findings import Problem
from dossierkit.forms.checks.hidden_text import hidden_text_problems
from dossierkit.forms.fields.effective import effective
from dossierkit.forms.fields.field_tree import Index, index
from dossierkit.forms.fields.form import Field, Form, Kind, Layout
from dossierkit.forms.fields.options import option_problems
from dossierkit.forms.schema.document import value_of
from dossierkit.forms.schema.judge import Validator, Violation
from dossierkit.forms.schema.rules import rule_problems
from dossierkit.pointers import ABSENT, Json, child, get, join, put

#: A branch with a reason so far off is not meant.
_WRONG_BRANCH = 100
#: Reasons that only say that something below is wrong.
_UNEXPECTED = frozenset(("additionalProperties", "unevaluatedProperties"))


#: Rules of which several may be unmet at one place.
_SEVERAL = frozenset(("rule", "contains"))


def check(form: Form, answers: Json, *, today: date, layout: Layout | None = None) -> tuple[Problem, ...]:
    """Everything that is wrong with *answers*, in page order.

    Empty exactly when schema, lists and rules accept them, and no text that somebody gave holds a hidden character.
    Judges the answers as they stand: `canonical` is the caller's to apply first.

    Args:
        layout: what the page of a draft has open: its problems sit in the branches that were chosen there.
    """
    answers = value_of(answers)
    validator = form.schemas.validator(form.root)
    found: list[Problem] = []
    places: Index | None = None
    if not validator.accepts(answers):
        places = index(form, effective(form, answers, layout=layout))
        found = _Placing(form, answers, places.fields).problems(validator)
    found += option_problems(form, answers)
    if hidden := hidden_text_problems(form, answers, layout):
        # What else is wrong with a text is told once it is the text that it looks like.
        places_hidden = {problem.at for problem in hidden}
        found = [*(problem for problem in found if problem.at not in places_hidden), *hidden]
    for problem in rule_problems(form.rules, answers, today):
        # A rule that stumbles over an answer which is refused anyway has nothing to add.
        if not ("failure" in problem.params and found):
            found.append(problem)
    if len(found) < 2:
        return tuple(found)
    return _ordered(places or index(form, effective(form, answers, layout=layout)), found)


def fits(form: Form, answers: Json) -> bool:
    """Whether the schema accepts *answers*: what lists and rules say of them may be another thing on another day."""
    return form.schemas.validator(form.root).accepts(value_of(answers))


@attrs.frozen
class _Placing:
    """Puts the reasons of the judge at the fields of a page."""

    form: Form
    answers: Json
    fields: Mapping[str, Field]

    def problems(self, validator: Validator) -> list[Problem]:
        """Every reason why *validator* refuses the answers, at the place where somebody can mend it."""
        problems = self._of(validator, self.answers)
        rows = {p.at: self._blank_rows(p.at) for p in problems if p.rule in ("minItems", "required")}
        if not any(rows.values()):
            return problems
        # A page shows rows that have to be there before anybody fills them: what they lack is said at once.
        filled = self.answers
        for at, blank in rows.items():
            filled = put(filled, at, [*(get(filled, at) or ()), *({} for _ in blank)]) if blank else filled
        inside = {at: tuple(row.pointer + "/" for row in blank) for at, blank in rows.items() if blank}
        lacking = [p for p in self._of(validator, filled) if p.at.startswith(tuple(chain(*inside.values())))]
        told = {at for at, blank in inside.items() if any(p.at.startswith(blank) for p in lacking)}
        return [p for p in problems if p.at not in told or p.rule not in ("minItems", "required")] + lacking

    def _blank_rows(self, at: str) -> tuple[Field, ...]:
        """The groups that the page shows as rows of the list at *at*, and that nobody has filled."""
        field, kept = self.fields.get(at), get(self.answers, at)
        if field is None or field.kind is not Kind.LIST or not (kept is ABSENT or isinstance(kept, list)):
            return ()
        return tuple(row for row in field.children[len(kept or ()) :] if row.kind is Kind.GROUP)

    def _of(self, validator: Validator, answers: Json) -> list[Problem]:
        problems = [problem for violation in validator.violations(answers) for problem in self._problems(violation)]
        # An answer of a field that holds is only "unexpected" because something else in it is wrong.
        real = [p for p in problems if p.rule not in _UNEXPECTED or p.at not in self.fields]
        return real or problems

    def _problems(self, violation: Violation) -> Iterator[Problem]:
        at = join(violation.at)
        origin = join(violation.path)
        match violation.keyword:
            case "required" | "dependentRequired":
                yield from self._missing(child(at, str(violation.params["property"])), origin)
            case "minItems" if missing := self._missing_places(violation, at):
                yield from (Problem(place, "required", {}, origin) for place in missing)
            case "contains":
                yield from self._contains(violation, at)
            case "additionalProperties" | "unevaluatedProperties" if "unexpected" in violation.params:
                for name in violation.params["unexpected"]:
                    yield Problem(child(at, name), violation.keyword, {"name": name}, origin)
            case "additionalProperties" | "unevaluatedProperties" if isinstance(violation.instance, dict):
                for name in violation.instance:
                    yield Problem(child(at, name), violation.keyword, {"name": name}, origin)
            case "unevaluatedItems":
                yield Problem(at, "maxItems", {}, origin)
            case "propertyNames" if violation.context:
                for inner in violation.context[0]:
                    name = str(inner.instance)
                    yield Problem(child(at, name), "propertyNames", {"name": name}, origin)
            case "oneOf" | "anyOf" if violation.context and any(violation.context):
                yield from self._branch(violation, at, origin)
            case "type" if violation.instance is None:
                yield Problem(at, "required", {}, origin)
            case "const" if violation.instance is False and violation.params.get("expected_value") is True:
                yield Problem(at, "required", {"value": True}, origin)
            case keyword:
                yield Problem(at, keyword, _params(violation), origin)

    def _missing(self, at: str, origin: str) -> Iterator[Problem]:
        """What is required at *at*: of a list of named places, each of these."""
        field = self.fields.get(at)
        places = _named_places(field)[: int(field.keywords.get("minItems", 0))] if field is not None else ()
        yield from (Problem(place, "required", {}, origin) for place in places or (at,))

    def _missing_places(self, violation: Violation, at: str) -> tuple[str, ...]:
        """The named places of a list that are not there; none where more is missing than they are."""
        places = _named_places(self.fields.get(at))
        limit = int(violation.params["limit"])
        return places[len(violation.instance) : limit] if limit <= len(places) else ()

    def _contains(self, violation: Violation, at: str) -> Iterator[Problem]:
        """How many items of which kind a list has, and how many it may have."""
        schemas, field = self.form.schemas, self.fields.get(at)
        problems: list[Problem] = []
        for facet in (f for f in field.facets if f.get("contains") is not None) if field is not None else ():
            wanted = schemas.below(facet, "/contains", facet.schema["contains"])
            here = sum(schemas.accepts(wanted, item) for item in violation.instance)
            least, most = facet.schema.get("minContains", 1), facet.schema.get("maxContains")
            if here < least:
                problems.append(Problem(at, "contains", {"here": here, "least": least}, facet.location))
            elif most is not None and here > most:
                problems.append(Problem(at, "contains", {"here": here, "most": most}, facet.location))
        yield from problems or [Problem(at, "contains", _params(violation), join(violation.path))]

    def _branch(self, violation: Violation, at: str, origin: str) -> Iterator[Problem]:
        """The reasons of the branch that somebody is filling in, or that a branch must be picked first."""
        field = self.fields.get(at)
        branches = [list(branch) for branch in violation.context]
        if field is not None and any(not p.picked and p.name != "type" for p in field.pickers):
            yield Problem(at, "branch", {}, origin)
            return
        if field is not None and field.kind is Kind.CHOICE:
            yield Problem(at, "enum", _params(violation), origin)
            return
        picked = [p.picked[0] for p in field.pickers if p.picked and len(p.choices) == len(branches)] if field is not None else []
        if picked:
            yield from list(self._flat(branches[picked[0]])) or [Problem(at, violation.keyword, {}, origin)]
            return
        depth = len(violation.at)
        scores = [sum(_distance(inner, depth) for inner in branch) for branch in branches]
        best = scores.index(min(scores))
        if min(scores) >= _WRONG_BRANCH:
            common = _common([list(self._flat(branch)) for branch in branches])
            yield from common or [Problem(at, violation.keyword, {}, origin)]
            return
        problems = list(self._flat(branches[best]))
        # Of a branch that nobody picked yet, only the question that picks it is on the page.
        problems = [problem for problem in problems if problem.at in self.fields] or problems
        yield from problems or [Problem(at, violation.keyword, {}, origin)]

    def _flat(self, branch: Iterable[Violation]) -> Iterator[Problem]:
        for inner in branch:
            yield from self._problems(inner)


def _named_places(field: Field | None) -> tuple[str, ...]:
    """The pointers of the elements of a list that have a schema of their own."""
    if field is None or field.kind is not Kind.LIST:
        return ()
    fixed = len(field.keywords.get("prefixItems") or ())
    return tuple(row.pointer for row in field.children[:fixed])


def _params(violation: Violation) -> dict[str, Json]:
    params = dict(violation.params)
    if violation.keyword == "type" and isinstance(params.get("types"), list):
        params["types"] = sorted(params["types"])
    params.pop("schema", None)
    if isinstance(violation.instance, str | int | float) and not isinstance(violation.instance, bool):
        params["value"] = violation.instance
    elif isinstance(violation.instance, list):
        params["count"] = len(violation.instance)
    return params


def _distance(violation: Violation, depth: int) -> int:
    """How unlikely a branch with this reason is meant: another type, or another discriminator."""
    here = len(violation.at) - depth
    if violation.keyword == "type" and here == 0:
        return 10 * _WRONG_BRANCH
    if violation.keyword in ("const", "enum") and here <= 1:
        return _WRONG_BRANCH
    if violation.keyword == "required":
        return 2
    return 3


def _common(branches: list[list[Problem]]) -> list[Problem]:
    places = set.intersection(*({(p.at, p.rule) for p in branch} for branch in branches))
    return [problem for problem in branches[0] if (problem.at, problem.rule) in places]


def _ordered(places: Index, problems: list[Problem]) -> tuple[Problem, ...]:
    """One problem a place and rule, in the order in which a page shows the places."""
    unique: dict[tuple[str, str, str], Problem] = {}
    for problem in problems:
        unique.setdefault((problem.at, problem.rule, problem.origin if problem.rule in _SEVERAL else ""), problem)
    return tuple(sorted(unique.values(), key=lambda problem: places.order.get(places.nearest(problem.at), -1)))
