"""Verdicts and problems against jsonschema-rs, jsonschema, WTForms-like binding."""

from __future__ import annotations

import json
from datetime import date
from functools import partial
from time import process_time

import jsonschema
import jsonschema_rs

from benchmarks.measure import Row, costs, faster
from benchmarks.measure import medians as medians_by
from benchmarks.sample import BAD, GOOD, SCHEMA
from dossierkit.cli.server_processes import collect_less_often
from dossierkit.forms import canonical, check, flatten, parse, read
from dossierkit.forms.lint.comparison import compare
from dossierkit.forms.schema.judge import Judge
from dossierkit.forms.schema.located_schemas import MAIN
from dossierkit.forms.words.messages import messages
from dossierkit.html import Renderer
from dossierkit.pointers import Json

DAY = date(2026, 11, 22)
medians = partial(medians_by, clock=process_time)


def rows() -> list[Row]:
    form = read(SCHEMA)
    rs = jsonschema_rs.validator_for(SCHEMA, validate_formats=True, offline=True, pattern_options=jsonschema_rs.RegexOptions())
    py = jsonschema.Draft202012Validator(SCHEMA, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER)
    problems = check(form, BAD, today=DAY)
    assert len(problems) >= 9
    assert not check(form, GOOD, today=DAY)
    assert rs.is_valid(GOOD)
    verdict = form.schemas.validator(form.root)
    time = medians(
        {
            "ours": lambda: check(form, GOOD, today=DAY),
            "verdict": lambda: verdict.accepts(GOOD),
            "rs": lambda: rs.is_valid(GOOD),
            "py": lambda: list(py.iter_errors(GOOD)),
            "problems": lambda: messages(form, check(form, BAD, today=DAY), answers=BAD),
            "rs problems": lambda: [(e.instance_path, e.kind.name, e.kind.as_dict()) for e in rs.iter_errors(BAD)],
            "py problems": lambda: list(py.iter_errors(BAD)),
        }
    )
    pairs = flatten(form, GOOD)
    parsed = medians({"parse": lambda: check(form, parse(form, pairs), today=DAY), "wtforms": _wtforms()}) if _wtforms() else {}
    found = [
        *_django(form, pairs),
        costs("verdict (check) vs jsonschema-rs is_valid", time["ours"], time["rs"], 1.3),
        costs("verdict (judge alone) vs jsonschema-rs is_valid", time["verdict"], time["rs"], 1.3),
        faster("verdict (check) vs jsonschema", time["ours"], time["py"], 100),
        costs("problems in words vs jsonschema-rs iter_errors", time["problems"], time["rs problems"], 1.5),
        faster("problems in words vs jsonschema", time["problems"], time["py problems"], 8),
    ]
    if parsed:
        found.append(faster("decode + validate vs WTForms", parsed["parse"], parsed["wtforms"], 25))
    found += _rule_cost()
    collect_less_often()  # as `serve` does
    return found + _first_use()


def _alternatives(lists: int) -> tuple[dict[str, Json], dict[str, Json]]:
    """A schema of so many lists, whose rows are of one of two kinds, and answers with a row of each."""
    branches = [
        {"title": kind, "required": ["kind"], "properties": {"kind": {"const": kind}, name: {"type": "string", "maxLength": 20}}}
        for kind, name in (("person", "name"), ("office", "number"))
    ]
    row = {"type": "array", "items": {"type": "object", "oneOf": branches}}
    rows = [{"kind": "person", "name": "An"}, {"kind": "office", "number": "7"}]
    names = [f"list{number}" for number in range(lists)]
    return {"type": "object", "properties": dict.fromkeys(names, row)}, dict.fromkeys(names, rows)


def _first_use() -> list[Row]:
    """Cost of the judge for the first check of answers to a large file that reaches each of its branches."""
    found = []
    for size in (250, 800):
        lists = size * 1000 // 290
        # Through JSON, so that no two lists share a schema.
        schema, answers = (json.loads(json.dumps(value)) for value in _alternatives(lists))

        def ours(schema: Json = schema, answers: Json = answers) -> None:
            judge = Judge({MAIN: schema})
            assert judge.validator(MAIN + "#").accepts(answers)
            for name, rows in answers.items():
                for index, answer in enumerate(rows):
                    assert judge.validator(f"{MAIN}#/properties/{name}/items/oneOf/{index}").accepts(answer)

        def theirs(schema: Json = schema, answers: Json = answers) -> None:
            assert jsonschema_rs.validator_for(schema, offline=True).is_valid(answers)

        time = medians({"ours": ours, "theirs": theirs}, seconds=2)
        kilobytes = len(json.dumps(schema)) // 1000
        found.append(
            costs(f"first judgement of {kilobytes} KB, branches too, vs jsonschema-rs", time["ours"], time["theirs"], 20)
        )
        found += _first_page_and_post(schema, answers, time["theirs"])
    return found


def _first_page_and_post(schema: Json, answers: Json, theirs: float) -> list[Row]:
    """The rest of a first use, each part with nothing remembered but what the parts before it left; then a comparison."""
    spent: dict[str, float] = dict.fromkeys(("read", "blank page", "post", "filled page", "plan"), 0.0)
    before = process_time()

    def lap(part: str) -> None:
        nonlocal before
        spent[part], before = process_time() - before, process_time()

    form = read(schema)
    lap("read")
    Renderer().render(form, {})
    lap("blank page")
    pairs = flatten(form, answers)
    before = process_time()
    posted = canonical(form, parse(form, pairs))
    assert not check(form, posted, today=DAY)
    lap("post")
    Renderer().render(form, posted)
    lap("filled page")
    other = read({**schema, "properties": {f"new {name}": rows for name, rows in schema["properties"].items()}})
    before = process_time()
    compare(form, other)
    lap("plan")
    kilobytes = len(json.dumps(schema)) // 1000
    return [
        costs(f"first use of {kilobytes} KB: {part}, vs jsonschema-rs", seconds, theirs, 20) for part, seconds in spent.items()
    ]


def _django(form, pairs) -> list[Row]:  # type: ignore[no-untyped-def]
    try:
        from benchmarks.peers_django import bind
    except ImportError:
        return []
    time = medians({"ours": lambda: check(form, parse(form, pairs), today=DAY), "django": bind(GOOD)}, seconds=0.7)
    return [faster("decode + validate vs Django forms", time["ours"], time["django"], 30)]


def _rule_cost() -> list[Row]:
    """A rule's cost apart."""
    plain = read(SCHEMA)
    ruled = read({**SCHEMA, "x-rules": [{"rule": "copies >= 1 && rows.all(r, r.no > 0)", "message": "m", "at": "/copies"}]})
    time = medians({"plain": lambda: check(plain, GOOD, today=DAY), "ruled": lambda: check(ruled, GOOD, today=DAY)}, seconds=0.7)
    return [costs("one rule: check with it vs without", time["ruled"], time["plain"], float("inf"))]


def _wtforms():  # type: ignore[no-untyped-def]
    try:
        from benchmarks.peers import wtforms_bind
    except ImportError:
        return None
    return wtforms_bind()
