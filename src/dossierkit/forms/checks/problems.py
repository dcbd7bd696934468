"""Problems of answers: violations of the schema at the fields of the page, unmet rules, values outside of option lists."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from itertools import chain

import attrs

from dossierkit.findings import Problem
from dossierkit.forms.checks.hidden_text import hidden_text_problems
from dossierkit.forms.fields.effective_fields import effective
from dossierkit.forms.fields.field_tree import Index, index
from dossierkit.forms.fields.form import Field, Form, Kind, Layout
from dossierkit.forms.fields.options import option_problems
from dossierkit.forms.schema.document import value_of
from dossierkit.forms.schema.judge import Validator, Violation
from dossierkit.forms.schema.rules import rule_problems
from dossierkit.pointers import ABSENT, Json, child, get, join, put

#: The distance of a branch with another type or discriminator: the answers do not belong to it.
_WRONG_BRANCH = 100
#: Violations that can be the consequence of another one.
_UNEXPECTED = frozenset(("additionalProperties", "unevaluatedProperties"))


#: Problems of a list that has too few rows.
_TOO_FEW_ROWS = ("minItems", "required")
#: Rules that can have several problems at one pointer, told apart by their origin.
_REPEATABLE = frozenset(("rule", "contains"))


def check(form: Form, answers: Json, *, today: date, layout: Layout | None = None) -> tuple[Problem, ...]:
    """All problems of *answers*, in page order.

    Empty exactly when schema, option lists and rules accept the answers, and no text of the user has a hidden character.
    The answers are checked as given; `canonical` is to be applied before.

    Args:
        today: the value of `today` in rules.
        layout: the state of the page of a draft; problems are those of the branches that are chosen there.
    """
    answers = value_of(answers)
    validator = form.schemas.validator(form.root)
    problems: list[Problem] = []
    tree: Index | None = None
    if not validator.accepts(answers):
        tree = index(form, effective(form, answers, layout=layout))
        problems = _Placement(form, answers, tree.fields).problems(validator)
    problems += option_problems(form, answers)
    if hidden := hidden_text_problems(form, answers, layout):
        # Other problems of such a text would puzzle its reader, who sees a different text.
        hidden_at = {problem.at for problem in hidden}
        problems = [*(problem for problem in problems if problem.at not in hidden_at), *hidden]
    for problem in rule_problems(form.rules, answers, today):
        # A rule can fail because of an answer that has a problem already.
        if not ("failure" in problem.params and problems):
            problems.append(problem)
    if len(problems) < 2:
        return tuple(problems)
    return _in_page_order(tree or index(form, effective(form, answers, layout=layout)), problems)


def fits(form: Form, answers: Json) -> bool:
    """Whether the schema accepts *answers*, without option lists and rules, whose results can change from day to day."""
    return form.schemas.validator(form.root).accepts(value_of(answers))


@attrs.frozen
class _Placement:
    """Assigns violations of the schema to the fields of the page."""

    form: Form
    answers: Json
    #: JSON Pointer → field.
    fields: Mapping[str, Field]

    def problems(self, validator: Validator) -> list[Problem]:
        """The problems of the answers, each at the field where the user can correct it."""
        problems = self._schema_problems(validator, self.answers)
        blank_rows = {problem.at: self._blank_rows(problem.at) for problem in problems if problem.rule in _TOO_FEW_ROWS}
        blank_rows = {at: rows for at, rows in blank_rows.items() if rows}
        if not blank_rows:
            return problems
        # The page shows blank rows of such a list: tell what is missing in them, not that rows are missing.
        with_rows = self.answers
        for at, rows in blank_rows.items():
            with_rows = put(with_rows, at, [*(get(with_rows, at) or ()), *({} for _ in rows)])
        prefixes = {at: tuple(row.pointer + "/" for row in rows) for at, rows in blank_rows.items()}
        row_problems = [
            problem
            for problem in self._schema_problems(validator, with_rows)
            if problem.at.startswith(tuple(chain(*prefixes.values())))
        ]
        explained = {at for at, rows in prefixes.items() if any(problem.at.startswith(rows) for problem in row_problems)}
        others = (problem for problem in problems if problem.at not in explained or problem.rule not in _TOO_FEW_ROWS)
        return [*others, *row_problems]

    def _blank_rows(self, at: str) -> tuple[Field, ...]:
        """The groups that the page shows as rows of the list at *at* without an answer."""
        field, answer = self.fields.get(at), get(self.answers, at)
        if field is None or field.kind is not Kind.LIST or not (answer is ABSENT or isinstance(answer, list)):
            return ()
        return tuple(row for row in field.children[len(answer or ()) :] if row.kind is Kind.GROUP)

    def _schema_problems(self, validator: Validator, answers: Json) -> list[Problem]:
        problems = [problem for violation in validator.violations(answers) for problem in self._problems(violation)]
        # The answer of a field that holds is "unevaluated" only as a consequence of another violation.
        causes = [problem for problem in problems if problem.rule not in _UNEXPECTED or problem.at not in self.fields]
        return causes or problems

    def _problems(self, violation: Violation) -> Iterator[Problem]:
        at = join(violation.at)
        origin = join(violation.path)
        match violation.keyword:
            case "required" | "dependentRequired":
                yield from self._missing(child(at, str(violation.params["property"])), origin)
            case "minItems" if missing := self._missing_rows(violation, at):
                yield from (Problem(row, "required", {}, origin) for row in missing)
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
        """The problem of a missing answer; of a list with schemas for positions, one for each position that is required."""
        field = self.fields.get(at)
        rows = _positional_rows(field)[: int(field.keywords.get("minItems", 0))] if field is not None else ()
        yield from (Problem(row, "required", {}, origin) for row in rows or (at,))

    def _missing_rows(self, violation: Violation, at: str) -> tuple[str, ...]:
        """The missing elements of a list that has schemas for their positions; empty if `minItems` goes beyond these."""
        rows = _positional_rows(self.fields.get(at))
        limit = int(violation.params["limit"])
        return rows[len(violation.instance) : limit] if limit <= len(rows) else ()

    def _contains(self, violation: Violation, at: str) -> Iterator[Problem]:
        """A problem for each `contains` of the list whose bounds its number of matching items violates."""
        schemas, field = self.form.schemas, self.fields.get(at)
        problems: list[Problem] = []
        for facet in (facet for facet in field.facets if facet.get("contains") is not None) if field is not None else ():
            schema = schemas.below(facet, "/contains", facet.schema["contains"])
            count = sum(schemas.accepts(schema, item) for item in violation.instance)
            least, most = facet.schema.get("minContains", 1), facet.schema.get("maxContains")
            if count < least:
                problems.append(Problem(at, "contains", {"here": count, "least": least}, facet.location))
            elif most is not None and count > most:
                problems.append(Problem(at, "contains", {"here": count, "most": most}, facet.location))
        yield from problems or [Problem(at, "contains", _params(violation), join(violation.path))]

    def _branch(self, violation: Violation, at: str, origin: str) -> Iterator[Problem]:
        """The problems of the branch that the answers belong to, or that no branch is chosen yet."""
        field = self.fields.get(at)
        branches = [list(branch) for branch in violation.context]
        if field is not None and any(not picker.picked and picker.name != "type" for picker in field.pickers):
            yield Problem(at, "branch", {}, origin)
            return
        if field is not None and field.kind is Kind.CHOICE:
            yield Problem(at, "enum", _params(violation), origin)
            return
        for picker in field.pickers if field is not None else ():
            if picker.picked and len(picker.choices) == len(branches):
                chosen = branches[picker.picked[0]]
                yield from list(self._branch_problems(chosen)) or [Problem(at, violation.keyword, {}, origin)]
                return
        depth = len(violation.at)
        distances = [sum(_distance(inner, depth) for inner in branch) for branch in branches]
        if min(distances) >= _WRONG_BRANCH:
            common = _common_problems([list(self._branch_problems(branch)) for branch in branches])
            yield from common or [Problem(at, violation.keyword, {}, origin)]
            return
        problems = list(self._branch_problems(branches[distances.index(min(distances))]))
        # While a discriminator has no answer, the page shows no field of its branches.
        problems = [problem for problem in problems if problem.at in self.fields] or problems
        yield from problems or [Problem(at, violation.keyword, {}, origin)]

    def _branch_problems(self, branch: Iterable[Violation]) -> Iterator[Problem]:
        for inner in branch:
            yield from self._problems(inner)


def _positional_rows(field: Field | None) -> tuple[str, ...]:
    """JSON Pointers of the elements of a list that have a schema for their position."""
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
    """How far the answers are from a branch, by one violation of it: another type is farthest, then another discriminator.

    Args:
        depth: number of tokens of the pointer that the branch applies to.
    """
    levels = len(violation.at) - depth
    if violation.keyword == "type" and levels == 0:
        return 10 * _WRONG_BRANCH
    if violation.keyword in ("const", "enum") and levels <= 1:
        return _WRONG_BRANCH
    if violation.keyword == "required":
        return 2
    return 3


def _common_problems(branches: list[list[Problem]]) -> list[Problem]:
    """The problems that all branches have, by pointer and rule."""
    common = set.intersection(*({(problem.at, problem.rule) for problem in branch} for branch in branches))
    return [problem for problem in branches[0] if (problem.at, problem.rule) in common]


def _in_page_order(tree: Index, problems: list[Problem]) -> tuple[Problem, ...]:
    """*problems* in page order, without a second one for the same pointer and rule."""
    unique: dict[tuple[str, str, str], Problem] = {}
    for problem in problems:
        unique.setdefault((problem.at, problem.rule, problem.origin if problem.rule in _REPEATABLE else ""), problem)
    return tuple(sorted(unique.values(), key=lambda problem: tree.order.get(tree.nearest(problem.at), -1)))
