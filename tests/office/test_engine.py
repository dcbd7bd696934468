"""The engine over each store: from a draft to a code."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path

import attrs
import pytest
from support.samples import NOON, SMALL

from dossierkit import Action, Actor, Engine, RefusedAnswers, Role, State, open_engine
from dossierkit.catalog.catalog import Catalog
from dossierkit.dossiers.lifecycle.dossier import Dossier, Query, chained
from dossierkit.dossiers.lifecycle.event_facts import Facts, SubmitFacts
from dossierkit.dossiers.lifecycle.transitions import step
from dossierkit.dossiers.mails import SendMail
from dossierkit.errors import CodeError, ForbiddenAction, StaleDossier, UnknownDossier, UnknownProcedure
from dossierkit.forms import STANDARD, Layout
from dossierkit.ports import EVERYTHING
from dossierkit.testing import CountedTokens, FixedClock, MemoryStore, RecordingMailer

AN, BINH = Actor("an"), Actor("binh")


def test_a_draft_gets_its_code(engine: Engine) -> None:
    """Begin, save, submit, look up."""
    draft = engine.begin("1.000001", AN)
    assert draft.answers == {"copies": 1}
    draft = engine.save(draft.id, {"name": "Nguyễn Văn Đạt", "copies": 2}, AN, version=draft.version)

    dossier = engine.submit(draft.id, AN)

    assert str(dossier.code) == "H29.15-261122-0001"
    assert dossier.state is State.SUBMITTED
    assert engine.lookup(" h29.15-261122-0001 ") == dossier
    assert engine.find(AN, Query(words="đất")) == (dossier,)
    assert list(engine.verify()) == []


def test_a_second_tab_gets_the_draft_that_is_there(engine: Engine) -> None:
    """Of the same person and procedure, where one alone is wanted."""
    draft = engine.begin("1.000001", AN, sole=True)

    assert engine.begin("1.000001", AN, {"name": "An"}, sole=True) == draft
    assert engine.begin("1.000001", BINH, sole=True).id != draft.id
    assert engine.begin("1.000001", AN).id != draft.id


class _Cancelling(MemoryStore):
    """Cancels a draft just before it is looked for, as another tab may."""

    def find(
        self, owner: str | None, query: Query = EVERYTHING, *, before: str | None = None, limit: int = 20
    ) -> tuple[Dossier, ...]:
        for draft in super().find(owner, query):
            self.replace(attrs.evolve(draft, state=State.CANCELLED, version=draft.version + 1))
        return super().find(owner, query, before=before, limit=limit)


def test_the_first_answers_begin_the_draft(engine: Engine) -> None:
    """In one transaction; where the person has a draft of the procedure already, they are saved there."""
    layout = Layout(filled=frozenset({"/name"}))
    draft = engine.begin_saved("1.000001", AN, {"name": "An"}, layout=layout, declared=["b", "a"])

    assert engine.open(draft.id, AN) == draft
    assert (draft.version, draft.answers, draft.layout, draft.declared) == (1, {"name": "An"}, layout, ("a", "b"))
    again = engine.begin_saved("1.000001", AN, {"name": "Ba"}, layout=Layout())
    assert (again.id, again.version, again.answers, again.declared) == (draft.id, 2, {"name": "Ba"}, ())
    assert [event.action for event in engine.history(again)] == [Action.BEGIN]
    assert engine.begin_saved("1.000001", BINH, {}, layout=Layout()).id != draft.id


def test_a_draft_that_goes_meanwhile_leaves_room_for_a_new_one(folder: Path, clock: FixedClock) -> None:
    """A cancelled draft is not given out again."""
    catalog = Catalog(folder, STANDARD, memory=MemoryStore())
    engine = Engine(_Cancelling(), catalog, clock=clock, tokens=CountedTokens(), agency="H29.15")
    first = engine.begin("1.000001", AN, sole=True)

    second = engine.begin("1.000001", AN, sole=True)

    assert (engine.open(first.id, AN).state, engine.open(second.id, AN).state) == (State.CANCELLED, State.DRAFT)


def test_submitting_again_gives_the_same_code(engine: Engine) -> None:
    """Whatever happened to the first answer."""
    draft = engine.begin("1.000001", AN, {"name": "An"})

    assert engine.submit(draft.id, AN).code == engine.submit(draft.id, AN).code


def test_problems_keep_a_draft_a_draft(engine: Engine) -> None:
    """Nothing is stored, no number is taken."""
    draft = engine.begin("1.000001", AN, {"copies": 99})

    with pytest.raises(RefusedAnswers) as refused:
        engine.submit(draft.id, AN)

    assert [problem.at for problem in refused.value.problems] == ["/name", "/copies"]
    assert engine.open(draft.id, AN).state is State.DRAFT
    engine.save(draft.id, {"name": "An"}, AN, version=1)
    assert str(engine.submit(draft.id, AN).code).endswith("-0001")


def test_a_submission_is_canonical(engine: Engine) -> None:
    """Blanks go, spelling is one."""
    draft = engine.begin("1.000001", AN, {"name": "Ho\u0300a", "rows": [{"no": 1.0, "note": " "}, {}]})

    assert engine.submit(draft.id, AN).answers == {"name": "Hòa", "rows": [{"no": 1}]}


def test_a_stranger_sees_nothing(engine: Engine) -> None:
    """A dossier of another owner answers as one that does not exist."""
    draft = engine.begin("1.000001", AN)
    for stranger in (BINH, Actor("")):
        for attempt in (
            lambda who: engine.open(draft.id, who),
            lambda who: engine.save(draft.id, {}, who, version=1),
            lambda who: engine.act(draft.id, Action.CANCEL, who),
            lambda who: engine.submit(draft.id, who),
            lambda who: engine.open("none", who),
        ):
            with pytest.raises(UnknownDossier, match="no such dossier"):
                attempt(stranger)
    assert engine.find(BINH) == ()


def test_two_tabs_are_told_apart(engine: Engine) -> None:
    """The second save of one version loses."""
    draft = engine.begin("1.000001", AN)
    engine.save(draft.id, {"name": "first"}, AN, version=1)

    with pytest.raises(StaleDossier):
        engine.save(draft.id, {"name": "second"}, AN, version=1)
    with pytest.raises(StaleDossier):
        engine.act(draft.id, Action.SUBMIT, AN, version=1)

    assert engine.open(draft.id, AN).answers == {"name": "first"}


def test_an_officer_is_a_citizen_to_a_dossier_of_their_own(engine: Engine) -> None:
    """Another one accepts it; the refusal says in which role the officer asked."""
    officer = Actor("mai", Role.ADMIN)
    sent = engine.submit(engine.begin("1.000001", officer, {"name": "An"}).id, officer)

    with pytest.raises(ForbiddenAction, match="accept is not for citizen now: role"):
        engine.act(sent.id, Action.ACCEPT, officer)


def test_a_cancelled_draft_can_be_had_back_and_a_dossier_stays(engine: Engine) -> None:
    """Hủy hồ sơ is for drafts."""
    draft = engine.begin("1.000001", AN, {"name": "An"})
    assert engine.act(draft.id, Action.CANCEL, AN).state is State.CANCELLED
    assert engine.find(AN) == ()
    with pytest.raises(ForbiddenAction):
        engine.submit(draft.id, AN)
    with pytest.raises(ForbiddenAction):
        engine.save(draft.id, {}, AN, version=2)
    back = engine.act(draft.id, Action.RESTORE, AN)
    assert (back.state, back.answers) == (State.DRAFT, {"name": "An"})
    assert engine.find(AN) == (back,)

    sent = engine.submit(engine.begin("1.000001", AN, {"name": "An"}).id, AN)
    for action in (Action.CANCEL, Action.SAVE):
        with pytest.raises(ForbiddenAction):
            engine.act(sent.id, action, AN)
    with pytest.raises(ForbiddenAction):
        engine.save(sent.id, {}, AN, version=sent.version)


def test_saving_as_an_action_keeps_the_answers(engine: Engine) -> None:
    """It only raises the version."""
    draft = engine.begin("1.000001", AN, {"name": "An"})

    saved = engine.act(draft.id, Action.SAVE, AN)

    assert (saved.version, saved.answers) == (2, {"name": "An"})


def test_the_day_of_a_code_is_the_office_s(engine: Engine, clock: FixedClock) -> None:
    """At 18:00 UTC it is tomorrow in Hồ Chí Minh City."""
    clock.advance(timedelta(hours=13))

    assert str(engine.submit(engine.begin("1.000001", AN, {"name": "An"}).id, AN).code) == "H29.15-261123-0001"


def test_an_old_dossier_keeps_its_revision(engine: Engine, folder: Path) -> None:
    """A change of the file changes no dossier, and a removed file ends no life."""
    draft = engine.begin("1.000001", AN, {"name": "An"})
    (folder / "small.json").unlink()
    _wait(engine)

    assert engine.submit(draft.id, AN).revision == draft.revision
    assert engine.procedure_of(draft).title() == "Cấp bản sao"
    with pytest.raises(UnknownProcedure):
        engine.begin("1.000001", AN)


def test_computed_values_are_kept(engine: Engine, folder: Path) -> None:
    """They are made by the file's own expressions, never by the client."""
    schema = {
        **SMALL,
        "x-compute": {"/fee": "copies * 2000"},
        "properties": {**SMALL["properties"], "fee": {"type": "integer", "readOnly": True}},
    }
    (folder / "small.json").write_text(json.dumps(schema), "utf-8")
    _wait(engine)

    draft = engine.begin("1.000001", AN, {"name": "An", "copies": 3})

    assert engine.save(draft.id, draft.answers, AN, version=1).answers["fee"] == 6000
    assert engine.submit(draft.id, AN).answers["fee"] == 6000


def test_what_is_typed_as_a_code_may_be_none(engine: Engine) -> None:
    """A malformed code is told from one without a dossier."""
    assert engine.lookup("H29.15-261122-0042") is None
    with pytest.raises(CodeError):
        engine.lookup("hello")


def test_verify_finds_what_was_changed(clock: FixedClock, folder: Path) -> None:
    """A history that was tampered with, a code that has no event, a number that is missing."""
    from dossierkit.wiring import open_engine

    engine = open_engine("memory:", procedures=folder, clock=clock)
    store = engine.store
    assert isinstance(store, MemoryStore)
    ids = [engine.submit(engine.begin("1.000001", AN, {"name": str(n)}).id, AN).id for n in range(3)]
    engine.begin("1.000001", AN)
    assert list(engine.verify()) == []

    other = SubmitFacts(code="H29.15-261122-0009", agency="H29.15", day=date(2026, 11, 22), number=1)
    store.tables.events[ids[0]][1] = chained(ids[0], 2, Action.SUBMIT, "binh", NOON, other, "")  # the tampering
    store.tables.events[ids[2]].append(
        chained(ids[2], 3, Action.RESUME, "binh", NOON, Facts(), store.tables.events[ids[2]][1].hash)
    )
    del store.tables.dossiers[ids[1]]
    store.tables.bundles.clear()
    found = "\n".join(engine.verify())

    assert "changed after the fact" in found
    assert "its code is not the one" in found
    assert "its events lead nowhere" in found
    assert "[2]" in found
    assert "bundle" in found


def test_steps_are_guarded() -> None:
    """`step` alone knows what leads where."""
    sent_again = chained("a", 1, Action.SUBMIT, "an", NOON, SubmitFacts(), "")
    from dossierkit.dossiers.lifecycle.dossier import Dossier

    dossier = Dossier("a", "p", "r", "an", State.SUBMITTED, 1, NOON, NOON)
    with pytest.raises(ForbiddenAction, match="possible: accept"):
        step(dossier, sent_again)
    with pytest.raises(ForbiddenAction, match="states its code"):
        step(attrs.evolve(dossier, state=State.DRAFT), sent_again)


def test_a_rule_that_fails_is_a_problem_and_a_line_in_the_log(
    engine: Engine, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Silence would let a broken rule pass everything."""
    schema = {**SMALL, "x-rules": [{"rule": "copies / 0 > 1", "message": "không chia được", "at": "/copies"}]}
    (folder / "small.json").write_text(json.dumps(schema), "utf-8")
    _wait(engine)
    draft = engine.begin("1.000001", AN, {"name": "An", "copies": 1})
    schema["x-rules"] = [{"rule": "name.matches(copies)", "message": "sai kiểu", "at": "/copies"}]
    (folder / "small.json").write_text(json.dumps(schema) + " ", "utf-8")
    _wait(engine)
    other = engine.begin("1.000001", AN, {"name": "An", "copies": 1})

    assert [p.rule for p in engine.check(other)] == ["rule"]
    assert "a rule of 1.000001 fails" in caplog.text
    assert engine.check(draft) is not None


def test_the_recording_mailer_records() -> None:
    """A part for tests, ours and a host's."""
    mailer = RecordingMailer()
    mail = SendMail("key", "an@example.vn", "Mã hồ sơ", "…")
    mailer.send(mail)

    assert mailer.sent == [mail]


def _wait(engine: Engine) -> None:
    """Lets the catalog look at the folder again."""
    engine.catalog.expire()


def test_a_dossier_is_found_by_its_place(tmp_path: Path, clock: FixedClock) -> None:
    """By the title of a province, with or without marks and spaces, though the answers hold its code."""
    schema = {"title": "Đăng ký", "properties": {"p": {"type": "string", "x-options": "provinces"}}}
    (tmp_path / "place.json").write_text(json.dumps(schema), "utf-8")
    engine = open_engine("memory:", procedures=tmp_path, clock=clock)
    dossier = engine.submit(engine.begin("place", AN, {"p": "66"}).id, AN)

    for words in ("DAKLAK", "đắk lắk", "dak lak", "tinh daklak"):
        assert engine.find(AN, Query(words=words)) == (dossier,)
    assert engine.find(AN, Query(words="gia lai")) == ()
