"""Cross-field rules and computed values: CEL expressions over the answers.

A rule reads each top-level answer by its name, all of them as `answers` (for names that are no identifiers), and `today`
as an ISO date.  Numbers are doubles, so that `2 * area` and `shares / 3` compute as written.  CEL is imported with the
first rule, because that import is slow.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import TYPE_CHECKING

import attrs

from dossierkit.errors import MissingRules, RuleError
from dossierkit.extras import missing_extra
from dossierkit.findings import Fault, Problem
from dossierkit.forms.schema.rule_functions import FUNCTIONS
from dossierkit.pointers import ABSENT, Json, child, drop, get, parent, put
from dossierkit.translatable import Words

if TYPE_CHECKING:
    from cel import Program

#: Levels of nested loops; each multiplies the time by the length of a list.
MAX_NESTING = 2
#: Steps of the innermost loop (about half a second).
MAX_STEPS = 100_000
#: Characters of an expression.
MAX_LENGTH = 4_000

#: Characters of an expression, and of what the parser says of it, that a fault quotes.
_QUOTED = 100
#: Line, column and description of an error, as the parser writes them; both count from 1.
_PARSER_ERROR = re.compile(r"ERROR: <input>:(\d+):(\d+): (.*)")
_TOKEN = re.compile(
    r"""(?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|(?P<number>(?<![\w.])\d+(?![\w.]))|(?P<name>[A-Za-z_]\w*)|(?P<other>.)""",
    re.DOTALL,
)
_LOOP = re.compile(r"\.\s*(?:all|exists|exists_one|map|filter)\s*\(\s*([A-Za-z_]\w*)\s*,")


@attrs.frozen(eq=False)
class Expression:
    """A compiled CEL expression."""

    source: str
    functions: Mapping[str, Callable[..., Json]]
    #: The variables that it reads.
    names: frozenset[str]
    #: The functions that it calls.
    calls: frozenset[str]
    #: Compiled with integer literals and sizes as doubles.
    _doubles: Program
    #: Compiled as written.
    _plain: Program
    _nesting: int

    def value(self, answers: Json, today: date) -> Json:
        """The result for *answers*, or ABSENT if an answer that the expression reads is absent.

        Raises:
            RuleError: the evaluation fails for another reason, or its lists are too long.
        """
        if self._nesting > 1 and _longest(answers) ** self._nesting > MAX_STEPS:
            raise RuleError(Words("the lists are too long for this rule"))
        try:
            return self._run(self._doubles, _doubled(answers), today)
        except TypeError:
            # Indexes and some functions take integers only.
            try:
                return self._run(self._plain, answers, today)
            except TypeError as error:
                raise RuleError(str(error)) from error

    def _run(self, program: Program, answers: Json, today: date) -> Json:
        from cel import Context

        members = answers if isinstance(answers, dict) else {}
        variables = {name: value for name, value in members.items() if name in self.names}
        try:
            result = program.execute(Context({**variables, "answers": answers, "today": today.isoformat()}, dict(self.functions)))
        except (KeyError, IndexError):
            return ABSENT
        except RuntimeError as error:
            if any(name not in members for name in self.names - {"answers", "today"}) and "Undefined" in str(error):
                return ABSENT
            raise RuleError(str(error)) from error
        except TypeError:
            raise
        except Exception as error:  # a function of a host can raise anything
            raise RuleError(str(error)) from error
        return int(result) if isinstance(result, float) and result.is_integer() else result


@attrs.frozen(eq=False)
class Rule:
    """A cross-field rule: unless *expression* is true, there is a problem with *message*."""

    expression: Expression
    message: str
    #: JSON Pointer of the answer that the problem belongs to.
    at: str
    #: JSON Pointer of the rule in its file.
    origin: str


@attrs.frozen(eq=False)
class Computed:
    """A read-only answer: the result of *expression*."""

    expression: Expression
    #: JSON Pointer of the answer.
    at: str
    #: JSON Pointer of the expression in its file.
    origin: str


def compile_expression(source: str, functions: Mapping[str, Callable[..., Json]]) -> Expression:
    """*source* compiled.

    Args:
        functions: functions of the host by name, beside `FUNCTIONS`.

    Raises:
        RuleError: *source* is not CEL, longer than MAX_LENGTH, or nests more than MAX_NESTING loops.
        MissingRules: the CEL library is not installed.
    """
    try:
        import cel
    except ImportError as error:
        # A form without its rules would accept answers that the office has to refuse.
        raise MissingRules(missing_extra(error) or str(error)) from error
    if len(source) > MAX_LENGTH:
        raise RuleError(Words("the expression is longer than {most} characters", most=MAX_LENGTH))
    nesting = _nesting(source)
    if nesting > MAX_NESTING:
        raise RuleError(Words("the expression has more than {most} loops inside each other; split the rule", most=MAX_NESTING))
    try:
        plain = cel.compile(source)
        doubles = cel.compile(_with_doubles(source))
    except ValueError as error:
        raise RuleError(_unreadable(source, str(error))) from error
    loop_variables = set(_LOOP.findall(source))
    variables = plain.variables() if callable(plain.variables) else plain.variables
    calls = plain.functions() if callable(plain.functions) else plain.functions
    names = frozenset(variables) - loop_variables
    return Expression(source, {**FUNCTIONS, **functions}, names, frozenset(calls), doubles, plain, nesting)


def _unreadable(source: str, error: str) -> Words:
    """Where *source* cannot be read, by the first place that the text of the parser names."""
    found = _PARSER_ERROR.search(error)
    line, column, detail = found.groups() if found is not None else ("1", "1", error)
    quoted, detail = source[:_QUOTED], detail[:_QUOTED]
    if len(source.splitlines()) < 2:
        return Words(
            "the expression {source!r} cannot be read at character {column} ({detail})",
            source=quoted,
            column=column,
            detail=detail,
        )
    return Words(
        "the expression {source!r} cannot be read at line {line}, character {column} ({detail})",
        source=quoted,
        line=line,
        column=column,
        detail=detail,
    )


def read_rules(
    schema: Json, functions: Mapping[str, Callable[..., Json]]
) -> tuple[tuple[Rule, ...], tuple[Computed, ...], list[Fault]]:
    """The rules (`x-rules`) and computed values (`x-compute`) at the root of *schema*, compiled, and their faults."""
    rules: list[Rule] = []
    computed: list[Computed] = []
    faults: list[Fault] = []

    def compiled(source: Json, origin: str) -> Expression | None:
        if not isinstance(source, str):
            faults.append(Fault("bad-rule", origin, Words("a rule is a CEL expression in a string")))
            return None
        try:
            return compile_expression(source, functions)
        except MissingRules as error:
            # One fault is enough: without the library, every rule has it.
            if all(fault.code != "missing-rules" for fault in faults):
                faults.append(Fault("missing-rules", origin, Words("rules cannot be read: {error}", error=error)))
            return None
        except RuleError as error:
            faults.append(Fault("bad-rule", origin, error.args[0]))
            return None

    root = schema if isinstance(schema, dict) else {}
    listed = root.get("x-rules", [])
    for index, rule in enumerate(listed if isinstance(listed, list) else [listed]):
        origin = f"/x-rules/{index}"
        if not isinstance(rule, dict) or not isinstance(rule.get("message"), str):
            faults.append(Fault("bad-rule", origin, Words('a rule is {"rule": CEL, "message": words, "at": pointer}')))
        elif expression := compiled(rule.get("rule"), origin + "/rule"):
            rules.append(Rule(expression, rule["message"], str(rule.get("at", "")), origin))
    sources = root.get("x-compute", {})
    for at, source in sources.items() if isinstance(sources, dict) else ():
        if expression := compiled(source, child("/x-compute", at)):
            computed.append(Computed(expression, at, child("/x-compute", at)))
    return tuple(rules), tuple(computed), faults


def rule_problems(rules: tuple[Rule, ...], answers: Json, today: date) -> Iterator[Problem]:
    """A problem for each rule that is not true of *answers*; `failure` in its params tells that the evaluation failed.

    A rule that reads an absent answer gives no problem.
    """
    for rule in rules:
        try:
            value = rule.expression.value(answers, today)
        except RuleError as error:
            yield Problem(rule.at, "rule", {"message": rule.message, "failure": str(error)}, rule.origin)
            continue
        if value is not ABSENT and value is not True:
            yield Problem(rule.at, "rule", {"message": rule.message}, rule.origin)


def compute(computed: tuple[Computed, ...], answers: Json, today: date) -> Json:
    """*answers* with the result of each of *computed*; without it where the expression fails or reads an absent answer."""
    for entry in computed:
        try:
            value = entry.expression.value(answers, today)
        except RuleError:
            value = ABSENT
        if value is ABSENT:
            answers = drop(answers, entry.at)
        elif get(answers, parent(entry.at)) is not ABSENT:
            answers = put(answers, entry.at, value)
    return answers


def _nesting(source: str) -> int:
    """The deepest nesting of loops, by their brackets."""
    loops = {match.start() + match[0].index("(") for match in _LOOP.finditer(source)}
    stack: list[bool] = []
    deepest = 0
    quoted = {index for match in _TOKEN.finditer(source) if match["text"] for index in range(*match.span())}
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
    """*source* with integer literals and sizes as doubles, except in indexes."""
    tokens = [match for match in _TOKEN.finditer(source) if not match[0].isspace()]
    texts = ["", *(match[0] for match in tokens), ""]
    result: list[str] = []
    #: For each open bracket, whether it is that of `size(`.
    sizes: list[bool] = []
    copied = 0
    for index, match in enumerate(tokens):
        before, after = texts[index], texts[index + 2]
        result.append(source[copied : match.start()])
        copied = match.end()
        size = match["name"] == "size" and after == "(" and before != "."
        text = "double(size" if size else match[0]
        if match["number"] and not (before == "[" and after == "]"):
            text += ".0"
        elif match["other"] == "(":
            sizes.append(before == "size" and (index < 2 or texts[index - 1] != "."))
        elif match["other"] == ")" and sizes and sizes.pop():
            text = "))"
        result.append(text)
    return "".join(result) + source[copied:]


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
