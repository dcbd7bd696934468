"""Templates that only print an answer are rendered once; templates that test it are rendered for every answer."""

from __future__ import annotations

from pathlib import Path

import pytest
from jinja2 import DictLoader, Environment

from dossierkit.forms import read
from dossierkit.html import Renderer
from dossierkit.html.template_analysis import only_outputs

FORM = read({"properties": {"name": {"type": "string", "maxLength": 2000, "title": "Tên"}}})


@pytest.mark.parametrize("widget", ["text", "money", "textarea", "password"])
def test_our_own_text_templates_only_write(widget: str) -> None:
    assert Renderer().only_outputs(widget)


@pytest.mark.parametrize(
    "source",
    [
        "{% if c.text %}x{% endif %}",
        "{{ c.text | upper }}",
        "{{ c['text'] }}",
        "{% set d = c %}{{ d.text }}",
        "{% set t = value %}{{ t }}",
        "{{ value | length }}",
        "{{ show(c) }}",
        "{{ c.files }}",
        "{% include 'plain.html' %}",
        "{% extends 'looks.html' %}",
        "{% extends base %}",
        "{% extends 'gone.html' %}",
    ],
)
def test_whatever_looks_at_an_answer_is_found(source: str) -> None:
    environment = Environment(
        loader=DictLoader({"it.html": source, "plain.html": "", "looks.html": "{% if value %}{% endif %}"}), autoescape=True
    )
    assert not only_outputs(environment, "it.html")


def test_without_templates_nothing_is_known() -> None:
    assert not only_outputs(Environment(autoescape=True), "it.html")


def test_answers_are_escaped_where_they_are_put_in() -> None:
    renderer = Renderer()
    for _ in range(2):
        for text in ('<script>"&', "a\x00content\x00b", "một", "hai\nba"):
            shown = str(renderer.render(FORM, {"name": text}).fields)
            assert "<script>" not in shown
            expected = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&#34;")
            assert expected in shown


def test_a_hosts_template_that_looks_at_the_answer_keeps_looking(tmp_path: Path) -> None:
    (tmp_path / "text.html").write_text(
        '{% extends "field.html" %}{% block control %}<i>{{ c.text | upper }}</i>{% endblock %}', "utf-8"
    )
    renderer = Renderer(folders=[tmp_path])
    assert not renderer.only_outputs("text")
    for text in ("one", "two"):
        form = read({"properties": {"name": {"type": "string"}}})
        assert f"<i>{text.upper()}</i>" in str(renderer.render(form, {"name": text}).fields)


def test_a_hosts_template_that_writes_twice_is_run_every_time(tmp_path: Path) -> None:
    (tmp_path / "text.html").write_text("<b>{{ c.text }}</b><i>{{ value }}</i>", "utf-8")
    renderer = Renderer(folders=[tmp_path])
    form = read({"properties": {"name": {"type": "string"}}})
    for text in ("one", "two"):
        assert f"<b>{text}</b><i>{text}</i>" in str(renderer.render(form, {"name": text}).fields)
