"""Rendering against a generic Jinja walk, WTForms and Django forms."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import partial
from time import process_time

from benchmarks.measure import Row, costs, faster
from benchmarks.measure import medians as medians_by
from benchmarks.sample import BAD, SCHEMA
from dossierkit.forms import check, read
from dossierkit.html import Renderer
from dossierkit.pointers import Json

medians = partial(medians_by, clock=process_time)
_FREE = frozenset(("name", "detail", "purpose", "reason", "note"))


def rows() -> list[Row]:
    from benchmarks.peers import jinja_render, wtforms_render
    from benchmarks.peers_django import render as django_render

    form, renderer = read(SCHEMA), Renderer()
    problems = check(form, BAD, today=date(2026, 11, 22))
    texts = [0]

    def filled() -> str:
        # Every text differs every time, as it does between citizens: no control can be remembered as a whole.
        texts[0] += 1
        return str(renderer.render(form, _retold(BAD, f" {texts[0]}"), problems=problems).fields)

    time = medians(
        {
            "blank": lambda: renderer.render(form, {}),
            "jinja": jinja_render(),
            "wtforms": wtforms_render(),
            "django": django_render(),
            "django filled": django_render(BAD),
            "filled": filled,
            "jinja filled": jinja_render(BAD),
            "wtforms filled": wtforms_render(BAD),
        }
    )
    return [
        faster("blank form vs generic Jinja", time["blank"], time["jinja"], 50),
        faster("blank form vs WTForms", time["blank"], time["wtforms"], 150),
        faster("blank form vs Django forms", time["blank"], time["django"], 300),
        faster("values + errors vs Django forms", time["filled"], time["django filled"], 80),
        faster("values + errors vs generic Jinja", time["filled"], time["jinja filled"], 30),
        faster("values + errors vs WTForms", time["filled"], time["wtforms filled"], 80),
        *_lists(),
    ]


def _lists() -> list[Row]:
    """A list of a thousand rows, by a renderer that has seen nothing yet; the peer runs a template for each field of each row."""
    columns = {"name": {"type": "string"}, "no": {"type": "integer"}, "day": {"type": "string", "format": "date"}}
    columns |= {"kind": {"enum": ["a", "b", "c"]}, "note": {"type": "string"}}
    form = read({"properties": {"items": {"type": "array", "items": {"type": "object", "properties": columns}}}})
    rows = [{"name": f"n{i}", "no": i, "day": "2026-11-22", "kind": "abc"[i % 3], "note": f"t{i}"} for i in range(1000)]

    def page(rows: list[Json], *, apart: bool = False) -> Callable[[], object]:
        def render() -> object:
            renderer = Renderer()
            if apart:
                renderer.is_packaged = lambda _: False  # type: ignore[assignment,method-assign]  # as for a host's own templates
            return renderer.render(form, {"items": rows})

        return render

    time = medians({"few": page(rows[:250]), "all": page(rows), "apart": page(rows, apart=True)}, seconds=2)
    # From here on no template is loaded any more.
    renderer = Renderer()
    again = medians({paged: lambda paged=paged: renderer.render(form, {"items": rows}, paged=paged) for paged in (True, False)})
    weights = {paged: len(renderer.render(form, {"items": rows}, paged=paged).fields.encode()) for paged in (True, False)}
    lighter = weights[False] / weights[True]
    return [
        costs("page of 1 000 rows of five fields vs 250 rows", time["all"], time["few"], 4.5),
        faster("page of 1 000 rows vs a template run for each field", time["all"], time["apart"], 5),
        faster("1 000 rows, fifty of them shown, vs all shown", again[True], again[False], 4),
        Row(
            "the same, in KB",
            f"{weights[True] // 1000}",
            f"{weights[False] // 1000}",
            lighter,
            "<= 300 KB",
            weights[True] <= 300_000,
        ),
    ]


def _retold(value: Json, suffix: str) -> Json:
    """*value* with *suffix* at the end of each free text."""
    if isinstance(value, dict):
        return {n: v + suffix if n in _FREE and isinstance(v, str) else _retold(v, suffix) for n, v in value.items()}
    return [_retold(item, suffix) for item in value] if isinstance(value, list) else value
