"""Cross-field rules and computed values in CEL, compiled once, blind to everything but the answers.

A rule sees each top-level answer under its own name, all of them as `answers` (for names that are no identifiers),
and `today` as an ISO date.  Numbers are doubles, so `2 * area` and `shares / 3` mean what they say.  CEL is imported
with the first rule, since that import is slow.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import attrs

from dossierkit.errors import MissingRules, RuleError
from dossierkit.extras import missing_extra
from dossierkit.findings import Problem
from dossierkit.pointers import ABSENT, Json, get, put

if TYPE_CHECKING:
    from cel import Program

#: Loops inside loops; each level multiplies the time by the length of a list.
MAX_NESTING = 2
#: Steps of the innermost loop that a rule may take (about half a second here).
MAX_STEPS = 100_000
MAX_LENGTH = 4_000

_TOKEN = re.compile(
    r"""(?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|(?P<number>(?<![\w.])\d+(?![\w.]))|(?P<name>[A-Za-z_]\w*)|(?P<other>.)""",
    re.DOTALL,
)
_LOOP = re.compile(r"\.\s*(?:all|exists|exists_one|map|filter)\s*\(\s*([A-Za-z_]\w*)\s*,")


@attrs.frozen(eq=False)
class Expression:
    """One compiled CEL expression."""

    source: str
    functions: Mapping[str, Callable[..., Json]]
    #: What it reads and calls.
    names: frozenset[str]
    calls: frozenset[str]
    _doubles: Program
    _plain: Program
    _nesting: int

    def value(self, answers: Json, today: date) -> Json:
        """What the expression gives, or ABSENT while an answer that it reads is absent.

        Raises:
            RuleError: it fails for any other reason.
        """
        if self._nesting > 1 and _longest(answers) ** self._nesting > MAX_STEPS:
            raise RuleError("the lists are too long for this rule")
        try:
            return self._run(self._doubles, _doubled(answers), today)
        except TypeError:
            # Indexes and some functions want integers after all.
            try:
                return self._run(self._plain, answers, today)
            except TypeError as error:
                raise RuleError(str(error)) from error

    def _run(self, program: Program, answers: Json, today: date) -> Json:
        from cel import Context

        members = answers if isinstance(answers, dict) else {}
        known = {name: value for name, value in members.items() if name in self.names}
        try:
            result = program.execute(Context({**known, "answers": answers, "today": today.isoformat()}, dict(self.functions)))
        except (KeyError, IndexError):
            return ABSENT
        except RuntimeError as error:
            if any(name not in members for name in self.names - {"answers", "today"}) and "Undefined" in str(error):
                return ABSENT
            raise RuleError(str(error)) from error
        except TypeError:
            raise
        except Exception as error:  # whatever a host's function raises is the rule's failure
            raise RuleError(str(error)) from error
        return int(result) if isinstance(result, float) and result.is_integer() else result


@attrs.frozen(eq=False)
class Rule:
    """A cross-field rule: *expression* is true, or there is a problem at *at*."""

    expression: Expression
    message: str
    at: str
    #: Where the file says so.
    origin: str


@attrs.frozen(eq=False)
class Computed:
    """A read-only value at *at*."""

    expression: Expression
    at: str
    origin: str


def compile_expression(source: str, functions: Mapping[str, Callable[..., Json]]) -> Expression:
    """*source* compiled.

    Raises:
        RuleError: it is no CEL, too long, or loops inside loops inside loops.
        MissingRules: CEL is not installed.
    """
    try:
        import cel
    except ImportError as error:
        # Without its rules a form would take what the office has to refuse.
        raise MissingRules(missing_extra(error) or str(error)) from error
    if len(source) > MAX_LENGTH:
        raise RuleError(f"longer than {MAX_LENGTH} characters")
    nesting = _nesting(source)
    if nesting > MAX_NESTING:
        raise RuleError(f"more than {MAX_NESTING} loops inside each other; split the rule")
    try:
        plain = cel.compile(source)
        doubles = cel.compile(_with_doubles(source))
    except ValueError as error:
        raise RuleError(str(error).splitlines()[0][:300]) from error
    bound = set(_LOOP.findall(source))
    names = frozenset(plain.variables()) - bound if callable(plain.variables) else frozenset(plain.variables) - bound
    calls = plain.functions() if callable(plain.functions) else plain.functions
    return Expression(source, {**FUNCTIONS, **functions}, names, frozenset(calls), doubles, plain, nesting)


def rule_problems(rules: tuple[Rule, ...], answers: Json, today: date) -> Iterator[Problem]:
    """A problem for each rule that does not hold; one that fails is a problem with a `failure`."""
    for rule in rules:
        try:
            value = rule.expression.value(answers, today)
        except RuleError as error:
            yield Problem(rule.at, "rule", {"message": rule.message, "failure": str(error)}, rule.origin)
            continue
        if value is not ABSENT and value is not True:
            yield Problem(rule.at, "rule", {"message": rule.message}, rule.origin)


def compute(computed: tuple[Computed, ...], answers: Json, today: date) -> Json:
    """*answers* with each computed value in its place; a value that cannot be computed yet is absent."""
    from dossierkit.pointers import drop, parent

    for one in computed:
        try:
            value = one.expression.value(answers, today)
        except RuleError:
            value = ABSENT
        if value is ABSENT:
            answers = drop(answers, one.at)
        elif get(answers, parent(one.at)) is not ABSENT:
            answers = put(answers, one.at, value)
    return answers


def _nesting(source: str) -> int:
    """How many loops stand inside each other, counted by their brackets."""
    loops = {match.start() + match[0].index("(") for match in _LOOP.finditer(source)}
    stack: list[bool] = []
    deepest = 0
    quoted = {i for match in _TOKEN.finditer(source) if match["text"] for i in range(*match.span())}
    for index, char in enumerate(source):
        if index in quoted:
            continue
        if char == "(":
            stack.append(index in loops)
            deepest = max(deepest, sum(stack))
        elif char == ")" and stack:
            stack.pop()
    return deepest


def _with_doubles(source: str) -> str:
    """*source* with integer literals and sizes as doubles; indexes stay integers."""
    tokens = [match for match in _TOKEN.finditer(source) if not match[0].isspace()]
    texts = ["", *(match[0] for match in tokens), ""]
    result: list[str] = []
    #: For each open bracket, whether it belongs to a size.
    sizes: list[bool] = []
    done = 0
    for index, match in enumerate(tokens):
        before, after = texts[index], texts[index + 2]
        result.append(source[done : match.start()])
        done = match.end()
        size = match["name"] == "size" and after == "(" and before != "."
        text = "double(size" if size else match[0]
        if match["number"] and not (before == "[" and after == "]"):
            text += ".0"
        elif match["other"] == "(":
            sizes.append(before == "size" and (index < 2 or texts[index - 1] != "."))
        elif match["other"] == ")" and sizes and sizes.pop():
            text = "))"
        result.append(text)
    return "".join(result) + source[done:]


def _doubled(value: Json) -> Json:
    if isinstance(value, bool):
        return value
    if isinstance(value, int):
        return float(value) if abs(value) < 2**1000 else value
    if isinstance(value, list):
        return [_doubled(item) for item in value]
    if isinstance(value, dict):
        return {name: _doubled(item) for name, item in value.items()}
    return value


def _longest(value: Json) -> int:
    if isinstance(value, list):
        return max(len(value), *(_longest(item) for item in value), 1)
    if isinstance(value, dict):
        return max((_longest(item) for item in value.values()), default=1)
    return 1


# --- what a rule may call beyond CEL itself -------------------------------------------------------------------


def _near(left: float, right: float, tolerance: float = 1e-6) -> bool:
    return abs(left - right) <= tolerance + 1e-9


def _days(start: str, end: str) -> int:
    return (date.fromisoformat(end[:10]) - date.fromisoformat(start[:10])).days


def _add_days(day: str, days: float) -> str:
    return (date.fromisoformat(day[:10]) + timedelta(days=int(days))).isoformat()


def _add_years(day: str, years: float) -> str:
    start = date.fromisoformat(day[:10])
    try:
        return start.replace(year=start.year + int(years)).isoformat()
    except ValueError:
        return start.replace(year=start.year + int(years), day=28).isoformat()


def _area(points: list[Mapping[str, Any]]) -> float:
    """The area inside the polygon of *points* `{x, y}` in metres, in m² (shoelace formula)."""
    pairs = zip(points, [*points[1:], *points[:1]], strict=True)
    return float(abs(sum(a["x"] * b["y"] - b["x"] * a["y"] for a, b in pairs)) / 2)


FUNCTIONS: Mapping[str, Callable[..., Json]] = {
    "sum": lambda values: float(sum(values)),
    "near": _near,
    "days": _days,
    "addDays": _add_days,
    "addYears": _add_years,
    "year": lambda day: float(day[:4]),
    "polygonArea": _area,
    "distinct": lambda values: len({repr(value) for value in values}) == len(values),
}
