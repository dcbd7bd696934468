"""Changes of a procedure in use: differences and their risk, replay, drafts migrated and migrated back, open dossiers."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from support.people import AN, INTAKE, UNIT
from support.samples import PROCEDURES, SMALL

from dossierkit import Action, Engine, State, open_engine
from dossierkit.cli import main
from dossierkit.dossiers.lifecycle.dossier import Query
from dossierkit.errors import ForbiddenAction, RefusedAnswers, SettingsError
from dossierkit.forms import Form, Layout, read
from dossierkit.forms.lint.comparison import after_moves, compare
from dossierkit.office.migration import migrate, replay, undo
from dossierkit.pointers import Json

BASE: dict[str, Any] = {
    "type": "object",
    "required": ["name"],
    "properties": {
        "name": {"title": "Họ tên", "type": "string", "maxLength": 50},
        "area": {"title": "Diện tích", "type": "number", "minimum": 1},
        "use": {"title": "Loại đất", "enum": ["LUC", "ONT"]},
        "rows": {
            "title": "Thửa",
            "type": "array",
            "items": {"type": "object", "properties": {"no": {"title": "Số", "type": "integer"}}},
        },
        "place": {"title": "Nơi ở", "type": "object", "properties": {"street": {"title": "Đường", "type": "string"}}},
    },
}


def changed(change: Callable[[dict[str, Any]], None]) -> Form:
    schema = copy.deepcopy(BASE)
    change(schema)
    return read(schema)


def said(change: Callable[[dict[str, Any]], None], **moves: str) -> list[tuple[str, str, str, str]]:
    known = {f"/{old}": f"/{new}" for old, new in moves.items()}
    return [(one.risk.value, one.kind, one.pointer, one.detail) for one in compare(read(BASE), changed(change), known)]


def renamed(schema: dict[str, Any], old: str, new: str) -> None:
    schema["properties"][new] = schema["properties"].pop(old)


def test_nothing_differs_from_itself() -> None:
    """And every shipped procedure is compared in a moment, however its schemas refer to each other."""
    assert compare(read(BASE), read(BASE)) == ()
    engine = open_engine("memory:", procedures=PROCEDURES)
    for listed in engine.procedures():
        form = engine.procedure(listed.code).form
        assert compare(form, form) == ()


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda s: s["properties"].update(x={"type": "string"}), [("safe", "added", "/x", "")]),
        (
            lambda s: (s["properties"].update(x={"type": "string"}), s["required"].append("x")),
            [("breaking", "added", "/x", "required")],
        ),
        (lambda s: s["properties"].pop("area"), [("migration", "removed", "/area", "")]),
        (lambda s: s["properties"].pop("place"), [("migration", "removed", "/place", "")]),
        (lambda s: renamed(s, "area", "areaM2"), [("migration", "moved", "/areaM2", "/area")]),
        (lambda s: renamed(s, "place", "home"), [("migration", "moved", "/home", "/place")]),
        (lambda s: s["required"].append("area"), [("breaking", "changed", "/area", "required")]),
        (lambda s: s["required"].clear(), [("safe", "changed", "/name", "no longer required")]),
        (lambda s: s["properties"]["name"].update(maxLength=80), [("safe", "changed", "/name", "maxLength")]),
        (lambda s: s["properties"]["name"].update(maxLength=20), [("breaking", "changed", "/name", "maxLength")]),
        (lambda s: s["properties"]["name"].pop("maxLength"), [("safe", "changed", "/name", "maxLength")]),
        (lambda s: s["properties"]["name"].update(pattern="^A"), [("breaking", "changed", "/name", "pattern")]),
        (lambda s: s["properties"]["area"].update(minimum=0), [("safe", "changed", "/area", "minimum")]),
        (lambda s: s["properties"]["area"].update(minimum=2), [("breaking", "changed", "/area", "minimum")]),
        (lambda s: s["properties"]["area"].update(type="string"), [("breaking", "changed", "/area", "type")]),
        (lambda s: s["properties"]["use"]["enum"].append("CLN"), [("safe", "changed", "/use", "enum")]),
        (lambda s: s["properties"]["use"]["enum"].pop(), [("breaking", "changed", "/use", "enum")]),
        (
            lambda s: s["properties"]["rows"]["items"]["properties"]["no"].update(maximum=9),
            [("breaking", "changed", "/rows/*/no", "maximum")],
        ),
        (lambda s: s["properties"]["rows"].update(uniqueItems=True), [("breaking", "changed", "/rows", "uniqueItems")]),
        (lambda s: s["properties"]["name"].update(title="Họ và tên", description="…"), []),
        (
            lambda s: s.update({"if": {"required": ["area"]}, "then": {"required": ["use"]}}),
            [("breaking", "changed", "/use", "required (sometimes)")],
        ),
    ],
)
def test_each_change_has_its_risk(change: Any, expected: list[tuple[str, str, str, str]]) -> None:
    assert said(change) == expected


def test_what_is_named_has_moved() -> None:
    """A move that the file names is safe, also under another title; what changed on the way is told at the new place."""
    assert said(lambda s: renamed(s, "area", "areaM2"), area="areaM2") == [("safe", "moved", "/areaM2", "/area")]

    def change(schema: dict[str, Any]) -> None:
        renamed(schema, "area", "areaM2")
        schema["properties"]["areaM2"] |= {"title": "Diện tích (m²)", "minimum": 5}

    found = said(change, area="areaM2")
    assert found == [("safe", "moved", "/areaM2", "/area"), ("breaking", "changed", "/areaM2", "minimum")]
    assert [one[1] for one in said(change)] == ["added", "removed"]


def test_a_form_that_comes_back_to_itself_is_compared() -> None:
    tree = {"type": "object", "properties": {"name": {"type": "string"}, "children": {"type": "array", "items": {"$ref": "#"}}}}
    wider = copy.deepcopy(tree)
    wider["properties"]["age"] = {"type": "integer"}  # type: ignore[index]  # it is a mapping
    assert [(one.kind, one.pointer) for one in compare(read(tree), read(wider))] == [("added", "/age")]


def test_deeper_than_a_form_goes_nothing_is_compared() -> None:
    """Twelve groups inside each other are."""

    def nested(depth: int, leaf: Json) -> Json:
        return leaf if depth == 0 else {"type": "object", "properties": {"a": nested(depth - 1, leaf)}}

    narrow, wide = {"type": "string", "maxLength": 1}, {"type": "string", "maxLength": 9}
    assert [one.pointer for one in compare(read(nested(12, narrow)), read(nested(12, wide)))] == ["/a" * 12]
    assert compare(read(nested(13, narrow)), read(nested(13, wide))) == ()


@given(
    st.recursive(
        st.integers() | st.text(max_size=3),
        lambda inner: st.dictionaries(st.sampled_from("abcd"), inner, max_size=4),
        max_leaves=8,
    )
)
def test_a_move_and_its_inverse_lose_nothing(answers: Json) -> None:
    """A moved answer comes back; if the new place has an answer already, nothing moves."""
    moves = {"/a": "/e", "/b/c": "/f"}
    back = {new: old for old, new in reversed(moves.items())}
    there = after_moves(answers, moves)
    again = after_moves(there, back)
    if isinstance(answers, dict):
        assert {key: value for key, value in again.items() if value != {}} == {k: v for k, v in answers.items() if v != {}}


def test_rows_stay_the_rows_that_they_are() -> None:
    answers = {"rows": [{"no": 1, "x": 2}, {"no": 3}, {}], "name": "An"}
    moved = after_moves(answers, {"/rows/*/no": "/rows/*/number", "/name": "/owner/name", "/nothing": "/y"})
    assert moved == {"rows": [{"x": 2, "number": 1}, {"number": 3}, {}], "owner": {"name": "An"}}
    assert after_moves({"a": 1, "b": 2}, {"/a": "/b"}) == {"a": 1, "b": 2}


# --- what is stored ---------------------------------------------------------------------------------------------------


def write(folder: Path, change: Callable[[dict[str, Any]], None] = lambda _: None, *moves: dict[str, str]) -> Path:
    schema = copy.deepcopy(SMALL)
    schema["x-procedure"] |= {"unit": UNIT, **({"migrate": [*moves]} if moves else {})}
    change(schema)
    path = folder / "small.json"
    path.write_text(json.dumps(schema), "utf-8")
    return path


def look(engine: Engine) -> None:
    engine.catalog.expire()


MOVE = {"from": "/copies", "to": "/sheets"}


def move_copies(schema: dict[str, Any]) -> None:
    renamed(schema, "copies", "sheets")
    schema["required"].append("sheets")


def test_a_replay_counts_what_would_be_refused(folder: Path, engine: Engine) -> None:
    """By state and place; a draft only for what its own form does not refuse; with the moves that the file names."""
    write(folder)
    engine.begin("1.000001", AN, {})
    engine.begin("1.000001", AN, {"name": "An", "copies": 2})
    sent = engine.submit(engine.begin("1.000001", AN, {"name": "An", "copies": 2}).id, AN)
    done = engine.submit(engine.begin("1.000001", AN, {"name": "An", "copies": 2}).id, AN)
    engine.act(done.id, Action.WITHDRAW, AN)
    write(folder, move_copies)
    look(engine)
    found = replay(engine, engine.procedure("1.000001"))
    assert dict(found.seen) == {State.DRAFT: 2, State.SUBMITTED: 1}
    assert dict(+found.refused) == {State.DRAFT: 2, State.SUBMITTED: 1}
    assert found.reasons[State.SUBMITTED, "/sheets", "required"] == 1
    assert (State.DRAFT, "/name", "required") not in found.reasons
    write(folder, move_copies, MOVE)
    look(engine)
    better = replay(engine, engine.procedure("1.000001"))
    assert dict(+better.refused) == {State.DRAFT: 1}
    assert engine.open(sent.id, AN).answers == {"name": "An", "copies": 2}, "a replay changes nothing"


def test_a_replay_judges_what_a_page_would_send(folder: Path, engine: Engine) -> None:
    """With what is computed, with null for a blank that may be null, and in the branch that a draft has chosen."""
    either = [{"properties": {name: {"type": "string"}}, "required": [name]} for name in ("x", "y")]

    def small(schema: dict[str, Any]) -> None:
        schema["properties"]["who"] = {"oneOf": either}
        schema["required"].append("who")

    def larger(schema: dict[str, Any]) -> None:
        small(schema)
        total, maybe = {"type": "integer", "minimum": 1}, {"type": ["string", "null"]}
        schema["properties"] |= {"who": either[1], "total": total, "maybe": maybe}
        schema["required"] += ["total", "maybe"]
        schema["x-compute"] = {"/total": "copies * 2"}

    write(folder, small)
    answers = {"name": "An", "copies": 2}
    engine.submit(engine.begin("1.000001", AN, {**answers, "who": {"y": "1"}}).id, AN)
    draft = engine.begin("1.000001", AN, {**answers, "who": {"x": "1"}})
    draft = engine.save(draft.id, draft.answers, AN, version=1, layout=Layout(branches={("/who", "0"): (1,)}))
    assert [(problem.at, problem.rule) for problem in engine.check(draft)] == [("/who/y", "required")]
    write(folder, larger)
    look(engine)
    found = replay(engine, engine.procedure("1.000001"))
    assert dict(found.seen) == {State.DRAFT: 1, State.SUBMITTED: 1}
    assert dict(found.reasons) == {}
    again = engine.check(engine.move(draft.id, AN, version=2))
    assert [(problem.at, problem.rule) for problem in again] == [("/who/y", "required")]


def test_drafts_are_brought_along_and_back(folder: Path, engine: Engine, tmp_path: Path) -> None:
    """Looked at first, done, undone; who wrote meanwhile keeps what was written; submitted dossiers stay as they are."""
    write(folder)
    first, second = (engine.begin("1.000001", AN, {"name": name, "copies": 2}) for name in ("An", "Bình"))
    sent = engine.submit(engine.begin("1.000001", AN, {"name": "Châu", "copies": 2}).id, AN)
    write(folder, move_copies, MOVE)
    look(engine)
    assert [done for _, done in migrate(engine, "1.000001")] == [True, True]
    assert engine.open(first.id, AN) == first
    journal = tmp_path / "journal"
    assert [done for _, done in migrate(engine, "1.000001", journal)] == [True, True]
    assert engine.open(first.id, AN).answers == {"name": "An", "sheets": 2}
    assert engine.open(first.id, AN).revision == engine.procedure("1.000001").revision
    assert engine.open(sent.id, AN) == sent
    assert list(migrate(engine, "1.000001")) == []
    with pytest.raises(SettingsError, match="already"):
        list(migrate(engine, "1.000001", journal))
    engine.save(second.id, {"name": "Bình", "sheets": 5}, AN, version=2)
    assert list(undo(engine, journal)) == [(first.id, True), (second.id, False)]
    assert engine.open(first.id, AN) == attrs.evolve(first, version=3)
    assert engine.open(second.id, AN).answers == {"name": "Bình", "sheets": 5}
    assert engine.move(first.id, AN, version=3).answers == {"name": "An", "sheets": 2}
    (tmp_path / "bad").write_text("{}")
    with pytest.raises(SettingsError, match="line 1"):
        list(undo(engine, tmp_path / "bad"))
    assert list(engine.verify()) == []


def test_an_open_dossier_is_brought_to_a_newer_form(folder: Path, engine: Engine) -> None:
    """The office asks, the citizen answers what is new; the dossier is then one of the newer revision."""
    write(folder)
    sent = engine.submit(engine.begin("1.000001", AN, {"name": "An", "copies": 2}).id, AN)
    with pytest.raises(ForbiddenAction, match="no other questions"):
        engine.ask_update(sent.id, INTAKE, note="x")

    def change(schema: dict[str, Any]) -> None:
        move_copies(schema)
        schema["properties"]["why"] = {"title": "Vì sao", "type": "string"}
        schema["required"].append("why")

    write(folder, change, MOVE)
    look(engine)
    newer = engine.procedure("1.000001")
    asked = engine.ask_update(sent.id, INTAKE, note="Biểu mẫu đã đổi")
    assert (asked.state, set(asked.handling.supplement.asked)) == (State.SUPPLEMENT_REQUESTED, {"/why"})
    assert asked.revision == sent.revision
    assert engine.wanted(asked) == (engine.wanted(asked)[0], {"name": "An", "sheets": 2})
    with pytest.raises(RefusedAnswers):
        engine.act(sent.id, Action.SUPPLEMENT, AN)
    done = engine.act(sent.id, Action.SUPPLEMENT, AN, answers={"name": "Kẻ gian", "sheets": 9, "why": "Cần dùng"})
    assert done.answers == {"name": "An", "sheets": 2, "why": "Cần dùng"}
    assert (done.state, done.revision, done.handling.supplement.update) == (State.SUBMITTED, newer.revision, "")
    assert engine.open(sent.id, AN) == done
    assert engine.procedure_of(done).revision == newer.revision
    assert list(engine.verify()) == []


def test_a_supplement_is_found_by_the_words_of_the_form_that_it_is_for(folder: Path, engine: Engine) -> None:
    """By the title of the newer form, and not by what that form never shows again."""
    write(folder)
    sent = engine.submit(engine.begin("1.000001", AN, {"name": "An", "copies": 2}).id, AN)

    def change(schema: dict[str, Any]) -> None:
        schema["title"] = "Trích lục"
        schema["properties"]["secret"] = {"title": "Mã riêng", "type": "string", "writeOnly": True}
        schema["required"].append("secret")

    write(folder, change)
    look(engine)
    asked = engine.ask_update(sent.id, INTAKE, note="Biểu mẫu đã đổi")
    engine.act(sent.id, Action.SUPPLEMENT, AN, answers={**asked.answers, "secret": "Hoahồng"})

    found = {words: len(engine.find(AN, Query(words=words))) for words in ("trích lục", "an", "hoahong")}

    assert found == {"trích lục": 1, "an": 1, "hoahong": 0}


def test_the_command_line_tells_the_plan(folder: Path, tmp_path: Path) -> None:
    """Exit 0 if it is safe, 1 if something breaks; drafts are migrated only on request."""
    old = write(folder)
    before = tmp_path / "old.json"
    before.write_text(old.read_text("utf-8"), "utf-8")
    data = tmp_path / "data"
    engine = open_engine(f"sqlite:{data / 'dossiers.db'}", procedures=folder)
    engine.begin("1.000001", AN, {"name": "An", "copies": 2})
    engine.close()
    run = CliRunner().invoke
    same = run(main, ["plan", str(before), str(old)])
    assert (same.exit_code, same.output) == (0, "the fields are the same\n")
    write(folder, move_copies)
    told = run(main, ["plan", "--data", str(data), str(before), str(old)])
    assert told.exit_code == 1
    assert "migration  moved    /sheets" in told.output
    assert "1 would be refused" in told.output
    write(folder, move_copies, MOVE)
    assert run(main, ["plan", "--data", str(data), str(before), str(old)]).output.count("0 would be refused") == 1
    words = ["migrate", "--data", str(data), "--procedures", str(folder), "1.000001"]
    assert "1 drafts would be migrated" in run(main, words).output
    assert "1 drafts done" in run(main, [*words, "--apply", str(tmp_path / "j")]).output
    assert "1 drafts done" in run(main, [*words, "--undo", str(tmp_path / "j")]).output
    assert run(main, [*words, "--undo", str(tmp_path / "j"), "--apply", str(tmp_path / "k")]).exit_code == 2
