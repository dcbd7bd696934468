"""The markup of rows is made once and shared; it equals markup that is made for each row."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from support.counting import calls_of
from support.strategies import forms

from dossierkit.forms import Layout, check, flatten, parse, read
from dossierkit.forms.fields.form import Form
from dossierkit.html import Renderer

TODAY = date(2026, 11, 22)
#: Of functions, for a row of five fields; with a template run for each field it was over seven thousand.
CALLS_A_ROW = 600
KINDS = [f"loại {number}" for number in range(7)]
ROW: dict[str, Any] = {
    "title": "Thửa",
    "type": "object",
    "required": ["name", "kind"],
    "properties": {
        "name": {"type": "string", "title": "Tên", "description": "Như trên giấy"},
        "count": {"type": "integer", "minimum": 1},
        "kind": {"enum": KINDS},
        "marks": {"type": "array", "uniqueItems": True, "items": {"enum": KINDS}},
        "owner": {
            "oneOf": [{"title": "Người", "required": ["id"], "properties": {"id": {"type": "string"}}}, {"type": "string"}]
        },
        "parts": {"type": "array", "items": {"type": "string"}},
        "2024": {"type": "number"},
        "free": {"type": "object", "additionalProperties": {"type": "integer"}},
        "secret": {"type": "string", "writeOnly": True},
        "fixed": {"type": "string", "readOnly": True},
        "place": {"enum": [f"xã {number}" for number in range(300)]},
        "note": {"type": "string", "maxLength": 900},
        "sub": {"type": "object", "properties": {"rows": {"type": "array", "items": {"$ref": "#/$defs/part"}}}},
    },
}
SCHEMA = {
    "type": "object",
    "properties": {"các hàng": {"type": "array", "items": ROW}, "words": {"type": "array", "items": {"type": "string"}}},
    "$defs": {"part": {"type": "object", "properties": {"m2": {"type": "number"}, "rows": {"items": {"$ref": "#/$defs/part"}}}}},
}


class RowByRow(Renderer):
    """Makes the markup of every row by itself, as for a template that a host brought."""

    def __init__(self) -> None:
        super().__init__()
        self.is_packaged = lambda _: False  # type: ignore[assignment,method-assign]  # as with templates of a host


def row(number: int) -> dict[str, Any]:
    """A filled row, unlike its neighbours."""
    return {
        "name": f"Tên <{number}> & {10 ** (number % 20)}",
        "count": number - 1,
        "kind": KINDS[number % 6],
        "marks": [KINDS[number % 5], KINDS[6]],
        "owner": {"id": str(number)} if number % 3 else "một\nhai",
        "parts": ["a", str(number)],
        "2024": number / 2,
        "free": {f"tên {number}": number, str(number): 1},
        "secret": "x" if number % 2 else "",
        "fixed": f"f{number % 2}",
        "place": f"xã {number}",
        "note": "dài " * (number * 9),
        "sub": {"rows": [{"m2": number}, {"m2": 1.5, "rows": [{"m2": number}]}]},
    }


def same_markup(form: Form, answers: Any, layout: Layout | None = None) -> None:
    problems = check(form, answers, today=TODAY)
    shared, apart = (kind().render(form, answers, problems=problems, layout=layout) for kind in (Renderer, RowByRow))

    assert shared == apart


def test_rows_that_share_their_markup_are_as_rows_made_by_themselves() -> None:
    """Numbers, titles, nested rows, free names, groups of several kinds, errors, long texts and lists to search."""
    answers = {"các hàng": [row(number) for number in range(12)], "words": ["một", "", "ba"]}
    layout = Layout(rows={"/các hàng": 14}, searches={"/các hàng/3/place": "xã 2"})

    same_markup(read(SCHEMA), answers, layout)


@settings(max_examples=30)
@given(forms())
def test_any_form_is_as_made_field_by_field(example: tuple[dict[str, Any], Any]) -> None:
    """Whatever the form and its answers."""
    schema, answers = example
    listed = {"type": "object", "properties": {"rows": {"type": "array", "items": schema}}}

    same_markup(read(listed), {"rows": [answers, answers]})


def test_an_answer_that_holds_a_number_of_its_row_is_kept() -> None:
    """Text filled in for one row is not put into another."""
    form = read({"properties": {"rows": {"type": "array", "items": {"enum": ["/rows/1", "1", "2"]}}}})
    page = Renderer().render(form, {"rows": ["/rows/1", "1", "2"]}).fields

    assert 'value="&#34;/rows/1&#34;" checked' in page
    assert [f'name="/rows/{number}"' in page for number in range(4)] == [True, True, True, False]


def test_a_hosts_template_may_look_at_the_number_of_a_row(tmp_path: Path) -> None:
    """One that a host brings is run for every row."""
    (tmp_path / "row.html").write_text("<i>{{ r.index % 2 }} {{ r.title }}</i>{{ content }}", "utf-8")
    form = read({"properties": {"rows": {"type": "array", "title": "R", "items": {"type": "string"}}}})
    page = Renderer(folders=[tmp_path]).render(form, {"rows": ["a", "b", "c"]}).fields

    assert [page.count(f"<i>{parity} ") for parity in (0, 1)] == [2, 1]


def test_a_further_row_costs_no_template() -> None:
    """The work of a page grows with its rows, and by little for each: rendering, reading and judging alike."""
    columns = {name: ROW["properties"][name] for name in ("name", "count", "kind", "marks", "place")}
    schema = {"type": "object", "properties": {"items": {"type": "array", "items": {**ROW, "properties": columns}}}}
    work = {size: _work(schema, size) for size in (250, 500, 1000)}

    grown = {step: (calls - work[500][step]) / (work[500][step] - work[250][step]) for step, calls in work[1000].items()}
    assert {step: ratio for step, ratio in grown.items() if ratio > 2.1} == {}
    assert work[1000]["filled page"] - work[500]["filled page"] < 500 * CALLS_A_ROW


def _work(schema: dict[str, Any], size: int) -> dict[str, int]:
    rows = [
        {"name": f"n{i}", "count": i + 1, "kind": KINDS[i % 5], "marks": [KINDS[i % 5]], "place": f"xã {i % 7}"}
        for i in range(size)
    ]
    form, answers = read(schema), {"items": rows}
    wrong = {"items": [{**row, "count": 0} for row in rows]}
    pairs = flatten(form, answers)
    problems = check(form, wrong, today=TODAY)
    assert parse(form, pairs) == answers
    assert len(problems) == size
    return {
        "filled page": calls_of(lambda: Renderer().render(form, answers)),
        "page with errors": calls_of(lambda: Renderer().render(form, wrong, problems=problems)),
        "parse": calls_of(lambda: parse(form, pairs)),
        "check": calls_of(lambda: check(form, wrong, today=TODAY)),
    }


def test_a_heading_is_said_once() -> None:
    """A group alone in its section and with its title shows no second heading; screen readers still get its name."""
    group = {"title": "Thửa đất", "type": "object", "properties": {"no": {"title": "Số", "type": "string"}}}
    sections = [{"title": "Thửa đất", "fields": ["/parcel"]}]
    schema = {"type": "object", "properties": {"parcel": group}, "x-procedure": {"sections": sections}}

    def shown(**others: Any) -> str:
        return str(Renderer().render(read({**schema, **others}), {}).fields)

    assert '<section class="form-section sole"' in shown()
    assert "<legend>Thửa đất</legend>" in shown()
    assert "sole" not in shown(properties={"parcel": {**group, "title": "Thửa"}})
