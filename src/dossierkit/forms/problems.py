"""Answers → problems: the judge's reasons, each put where somebody can mend it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date

from dossierkit.forms.document import value_of
from dossierkit.forms.effective import effective
from dossierkit.forms.form import Field, Form, Kind, Layout, Problem
from dossierkit.forms.judge import Refusal
from dossierkit.forms.options import unlisted
from dossierkit.forms.pointers import Json, child, join
from dossierkit.forms.rules import broken
from dossierkit.forms.tree import Index, index

#: Reasons that only say that something below is wrong.
_UNEXPECTED = frozenset(("additionalProperties", "unevaluatedProperties"))


def check(form: Form, answers: Json, *, today: date, layout: Layout | None = None) -> tuple[Problem, ...]:
    """Everything that is wrong with *answers*, in page order; empty exactly when schema and rules accept them.

    Judges the answers as they stand: `canonical` is the caller's to apply first.

    Args:
        layout: what the page of a draft has open: its problems sit in the branches that were chosen there.
    """
    answers = value_of(answers)
    verdict = form.schemas.verdict(form.root)
    found: list[Problem] = []
    places: Index | None = None
    if not verdict.accepts(answers):
        places = index(form, effective(form, answers, layout=layout))
        found = _placed(list(verdict.refusals(answers)), places.fields)
    found += unlisted(form, answers)
    for problem in broken(form.rules, answers, today):
        # A rule that stumbles over an answer which is refused anyway has nothing to add.
        if not ("failure" in problem.params and found):
            found.append(problem)
    if len(found) < 2:
        return tuple(found)
    return _ordered(places or index(form, effective(form, answers, layout=layout)), found)


def fits(form: Form, answers: Json) -> bool:
    """Whether the schema accepts *answers*: what lists and rules say of them may be another thing on another day."""
    return form.schemas.verdict(form.root).accepts(value_of(answers))


def _placed(refusals: list[Refusal], fields: Mapping[str, Field]) -> list[Problem]:
    problems = [problem for refusal in refusals for problem in _problems(refusal, fields)]
    # An answer of a field that holds is only "unexpected" because something else in it is wrong.
    real = [p for p in problems if p.rule not in _UNEXPECTED or p.at not in fields]
    return real or problems


def _problems(refusal: Refusal, fields: Mapping[str, Field]) -> Iterator[Problem]:
    at = join(refusal.at)
    origin = join(refusal.path)
    match refusal.keyword:
        case "required" | "dependentRequired":
            yield Problem(child(at, str(refusal.params["property"])), "required", {}, origin)
        case "additionalProperties" | "unevaluatedProperties" if "unexpected" in refusal.params:
            for name in refusal.params["unexpected"]:
                yield Problem(child(at, name), refusal.keyword, {"name": name}, origin)
        case "additionalProperties" | "unevaluatedProperties" if isinstance(refusal.instance, dict):
            for name in refusal.instance:
                yield Problem(child(at, name), refusal.keyword, {"name": name}, origin)
        case "unevaluatedItems":
            yield Problem(at, "maxItems", {}, origin)
        case "propertyNames" if refusal.context:
            for inner in refusal.context[0]:
                name = str(inner.instance)
                yield Problem(child(at, name), "propertyNames", {"name": name}, origin)
        case "oneOf" | "anyOf" if refusal.context and any(refusal.context):
            yield from _branch(refusal, fields, at, origin)
        case "type" if refusal.instance is None:
            yield Problem(at, "required", {}, origin)
        case "const" if refusal.instance is False and refusal.params.get("expected_value") is True:
            yield Problem(at, "required", {"value": True}, origin)
        case keyword:
            yield Problem(at, keyword, _params(refusal), origin)


def _params(refusal: Refusal) -> dict[str, Json]:
    params = dict(refusal.params)
    if refusal.keyword == "type" and isinstance(params.get("types"), list):
        params["types"] = sorted(params["types"])
    params.pop("schema", None)
    if isinstance(refusal.instance, str | int | float) and not isinstance(refusal.instance, bool):
        params["value"] = refusal.instance
    elif isinstance(refusal.instance, list):
        params["count"] = len(refusal.instance)
    return params


def _branch(refusal: Refusal, fields: Mapping[str, Field], at: str, origin: str) -> Iterator[Problem]:
    """The reasons of the branch that somebody is filling in, or that a branch must be picked first."""
    field = fields.get(at)
    branches = [list(branch) for branch in refusal.context]
    if field is not None and any(not p.picked and p.name != "type" for p in field.pickers):
        yield Problem(at, "branch", {}, origin)
        return
    if field is not None and field.kind is Kind.CHOICE:
        yield Problem(at, "enum", _params(refusal), origin)
        return
    picked = [p.picked[0] for p in field.pickers if p.picked and len(p.choices) == len(branches)] if field is not None else []
    if picked:
        yield from list(_flat(branches[picked[0]], fields)) or [Problem(at, refusal.keyword, {}, origin)]
        return
    depth = len(refusal.at)
    scores = [sum(_distance(inner, depth) for inner in branch) for branch in branches]
    best = scores.index(min(scores))
    if min(scores) >= _WRONG_BRANCH:
        common = _common([list(_flat(branch, fields)) for branch in branches])
        yield from common or [Problem(at, refusal.keyword, {}, origin)]
        return
    problems = list(_flat(branches[best], fields))
    # Of a branch that nobody picked yet, only the question that picks it is on the page.
    problems = [problem for problem in problems if problem.at in fields] or problems
    yield from problems or [Problem(at, refusal.keyword, {}, origin)]


_WRONG_BRANCH = 100


def _distance(refusal: Refusal, depth: int) -> int:
    """How unlikely a branch with this reason is meant: another type, or another discriminator."""
    here = len(refusal.at) - depth
    if refusal.keyword == "type" and here == 0:
        return 10 * _WRONG_BRANCH
    if refusal.keyword in ("const", "enum") and here <= 1:
        return _WRONG_BRANCH
    if refusal.keyword == "required":
        return 2
    return 3


def _flat(branch: Iterable[Refusal], fields: Mapping[str, Field]) -> Iterator[Problem]:
    for inner in branch:
        yield from _problems(inner, fields)


def _common(branches: list[list[Problem]]) -> list[Problem]:
    places = set.intersection(*({(p.at, p.rule) for p in branch} for branch in branches))
    return [problem for problem in branches[0] if (problem.at, problem.rule) in places]


def _ordered(places: Index, problems: list[Problem]) -> tuple[Problem, ...]:
    """One problem a place and rule, in the order in which a page shows the places."""
    unique: dict[tuple[str, str, str], Problem] = {}
    for problem in problems:
        unique.setdefault((problem.at, problem.rule, problem.origin if problem.rule == "rule" else ""), problem)
    return tuple(sorted(unique.values(), key=lambda problem: places.order.get(places.nearest(problem.at), -1)))
