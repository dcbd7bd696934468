"""The same document gets the same result by page, by command line, by Python, and in a store."""

from __future__ import annotations

import json
import random
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from dossierkit_web import WebConfig, create_app
from starlette.testclient import TestClient
from support.samples import NOON, TODAY

from dossierkit import Actor, Engine, RefusedAnswers, open_engine
from dossierkit.cli import main
from dossierkit.forms import as_sent, check, flatten
from dossierkit.testing import FixedClock

SCHEMA: dict[str, Any] = {
    "title": "Một kết luận",
    "type": "object",
    "required": ["name", "kind", "count", "maybe"],
    "properties": {
        "name": {"title": "Họ tên", "type": "string", "minLength": 2, "maxLength": 20},
        "kind": {"title": "Loại", "enum": ["a", "b", ""]},
        "count": {"title": "Số lượng", "type": "integer", "minimum": 1, "maximum": 9},
        "maybe": {"title": "Số cũ", "type": ["string", "null"], "maxLength": 5},
        "phone": {"title": "Điện thoại", "type": "string", "format": "vn-phone"},
        "note": {"title": "Ghi chú", "type": "string", "maxLength": 40, "x-widget": "textarea"},
        "free": {"title": "Khác", "type": "object", "additionalProperties": {"type": "string"}},
        "group": {"title": "Nhóm", "type": "object", "required": ["x"], "properties": {"x": {"title": "X", "type": "string"}}},
        "rows": {
            "title": "Thửa",
            "type": "array",
            "maxItems": 3,
            "items": {"type": "object", "required": ["no"], "properties": {"no": {"title": "Số", "type": "integer"}}},
        },
    },
    "x-procedure": {"code": "one"},
}
TEXTS = ("", " ", "\t\n", "\u00a0", "An", "Nguyễn Văn Mẫu", unicodedata.normalize("NFD", "Đặng Ngọc Ánh"), "một\r\nhai", "x" * 21)
#: Texts with a hidden character.
LOOK_ALIKES = ("\u202eabc", "A\u200bn", "\ue000n", "A\u00adn", "A\ufeffn", "A\u2028n", "A\U000e0041n", "A\x07n")
VALUES: dict[str, tuple[Any, ...]] = {
    "name": (*TEXTS, *LOOK_ALIKES, None),
    "kind": ("a", "b", "", "c", None),
    "count": (1, 5, 9, 10, 0, 3.0, 2.5, None, ""),
    "maybe": ("123", "", " ", None, "123456"),
    "phone": ("0912 345 678", "+84912345678", "091", "", " ", None),
    "note": (*TEXTS, *LOOK_ALIKES, "\U0001f468\u200d\U0001f469", "\u0645\u06cc\u200c\u062e", None),
    "free": ({"An": "x"}, {"A\u200bn": "x"}, {"An": "\u2066x"}, {"An": "\u2764\ufe0f"}),
    "group": ({}, {"x": ""}, {"x": " "}, {"x": "y"}, {"x": None}, None, ""),
    "rows": ([], [{}], [{"no": 1}], [{"no": 1}, {}], [{"no": 1}, {"no": None}, {"no": 2}], [{"no": n} for n in range(4)], None),
}


def documents(count: int) -> Iterator[dict[str, Any]]:
    """Answers with blanks, nulls, white space, decomposed letters and other line ends among them; some of them are right."""
    chance = random.Random(7)
    for number in range(count):
        # A sound beginning, so that many documents are refused for one reason alone.
        document: dict[str, Any] = {"name": "An", "kind": "a", "count": 2, "maybe": None}
        for name in chance.sample(sorted(VALUES), chance.randrange(0, 1 + number % 5)):
            document[name] = chance.choice(VALUES[name])
        for name in chance.sample(sorted(document), number % 7 == 0):
            del document[name]
        yield document


@pytest.fixture
def office(tmp_path: Path) -> Iterator[tuple[Engine, TestClient, Path]]:
    """An engine, a guest's browser, and the file of the procedure."""
    folder = tmp_path / "procedures"
    folder.mkdir()
    (folder / "one.json").write_text(json.dumps(SCHEMA, ensure_ascii=False), "utf-8")
    engine = open_engine("memory:", procedures=folder, clock=FixedClock(NOON))
    with TestClient(create_app(engine, blobs=tmp_path / "blobs", config=WebConfig(guests=True))) as client:
        yield engine, client, folder / "one.json"


def test_every_surface_gives_one_verdict(office: tuple[Engine, TestClient, Path], tmp_path: Path) -> None:
    """300 documents: what one surface refuses every other one refuses, and what is stored is accepted again."""
    engine, client, file = office
    form, actor, runner = engine.procedure("one").form, Actor("an"), CliRunner()
    answers = tmp_path / "answers.json"
    verdicts = []
    for document in documents(300):
        whole = as_sent(form, document, today=TODAY)
        right = not check(form, whole, today=TODAY)
        answers.write_text(json.dumps(document, ensure_ascii=False), "utf-8")

        checked = runner.invoke(main, ["check", str(file), str(answers), "--today", TODAY.isoformat()]).exit_code == 0
        posted = client.post("/procedures/one/apply", data=_posted(flatten(form, document)), follow_redirects=False).headers.get(
            "location", ""
        )
        draft = engine.begin("one", actor, document)
        foretold = not engine.check(draft)
        saved = not engine.check(engine.save(draft.id, document, actor, version=draft.version))
        try:
            stored = engine.submit(draft.id, actor).answers
        except RefusedAnswers:
            stored = None

        verdict = {checked, "/review" in posted, foretold, saved, stored is not None}
        assert verdict == {right}, document
        assert stored is None or (stored == whole and not check(form, stored, today=TODAY))
        verdicts.append(right)
    assert 60 < sum(verdicts) < 240


def _posted(pairs: Any) -> dict[str, list[str]]:
    data: dict[str, list[str]] = {"do": ["continue"]}
    for name, value in pairs:
        data.setdefault(name, []).append(value)
    return data
