"""The contract of `Store` as tests, for ours and for yours (needs pytest).

class TestMyStore(StoreContract):
    @pytest.fixture
    def store(self):
        return MyStore()
"""

from __future__ import annotations

import threading
from datetime import UTC, date, datetime, timedelta

import attrs
import pytest

from dossierkit.dossiers.codes import CodeTemplate, DossierCode, ReceiptTemplate
from dossierkit.dossiers.lifecycle.dossier import Attachment, Dossier, Event, Query, Said, chained
from dossierkit.dossiers.states import Action, State
from dossierkit.errors import StaleDossier
from dossierkit.forms.fields.form import Layout
from dossierkit.ports import ActionRecord, Position, Store

DAY = date(2026, 11, 22)
NOON = datetime(2026, 11, 22, 5, tzinfo=UTC)


def _draft(store: Store, id: str, owner: str = "an") -> Dossier:
    dossier = Dossier(id, "1.000001", "r1", owner, State.DRAFT, 1, NOON, NOON, {"a": [1, {"b": "đất"}]})
    store.create(dossier, chained(id, 1, Action.BEGIN, owner, NOON, {}, ""), b"bundle")
    return dossier


def _submission(dossier: Dossier, agency: str = "H29.15", search: str = "dat dai") -> ActionRecord:
    def event(place: Position) -> Event:
        facts = {"code": CodeTemplate().issue(agency, DAY, place.drawn).text, "agency": agency}
        return chained(dossier.id, place.number, Action.SUBMIT, dossier.owner, NOON, facts, place.before)

    return ActionRecord(dossier, event, series=(agency, DAY.isoformat()), answers=True, search=search, once=True)


def _acceptance(dossier: Dossier, note: str = "") -> ActionRecord:
    def event(place: Position) -> Event:
        facts = {"receipt": ReceiptTemplate().issue("H29.15", DAY, place.drawn), "due": NOON.isoformat()}
        return chained(dossier.id, place.number, Action.ACCEPT, "officer", NOON, facts, place.before)

    return ActionRecord(dossier, event, series=("H29.15", "2026"), said=Said(note))


class StoreContract:
    """What every store promises.  A subclass has a fixture `store` that gives a new, empty one."""

    def test_what_is_stored_comes_back(self, store: Store) -> None:
        """Every attribute of a dossier survives, and so does its bundle."""
        dossier = _draft(store, "a")

        assert store.get("a") == dossier
        assert store.get("a").answers == dossier.answers  # type: ignore[union-attr]  # it is there
        assert store.get("b") is None
        assert store.bundle("r1") == b"bundle"
        assert store.bundle("r2") is None
        store.keep_bundle("r2", b"newer")
        store.keep_bundle("r2", b"other")
        assert store.bundle("r2") == b"newer"

    def test_a_sole_draft_has_no_second(self, store: Store) -> None:
        """Of one owner and procedure; another owner, or a draft that is wanted beside it, is kept."""
        first = _draft(store, "a")

        def create(id: str, owner: str, *, sole: bool) -> bool:
            event = chained(id, 1, Action.BEGIN, owner, NOON, {}, "")
            return store.create(attrs.evolve(first, id=id, owner=owner), event, b"bundle", sole=sole)

        assert not create("b", "an", sole=True)
        assert store.get("b") is None
        assert create("b", "an", sole=False)
        assert create("c", "ba", sole=True)

    def test_what_a_draft_has_open_comes_back(self, store: Store) -> None:
        """Branches, rows, levels, names and defaults, until it is sent."""
        opened = Layout(
            {"/rows": 3, "/m/~e": 1},
            {("/who", "0"): (1,), ("/who", "type"): (), ("/any", "1"): (0, 2)},
            frozenset({"/child"}),
            names={"/m/~e0": "Ân\n"},
            filled=frozenset({"/unit"}),
        )
        dossier = attrs.evolve(_draft(store, "a"), version=2, layout=opened)
        store.replace(dossier)

        assert store.get("a") == dossier
        assert store.record(_submission(attrs.evolve(dossier, layout=Layout()))).layout == Layout()
        assert store.get("a").layout == Layout()  # type: ignore[union-attr]  # it is there

    def test_stored_answers_cannot_be_changed_from_outside(self, store: Store) -> None:
        """What a caller does to the answers afterwards is its own affair."""
        dossier = _draft(store, "a")
        dossier.answers["a"].append("more")

        assert store.get("a").answers == {"a": [1, {"b": "đất"}]}  # type: ignore[union-attr]  # it is there

    def test_second_writer_loses(self, store: Store) -> None:
        """Of two changes made to the same version, only the first is kept."""
        dossier = _draft(store, "a")
        first = attrs.evolve(dossier, version=2, answers={"x": 1})
        store.replace(first)

        with pytest.raises(StaleDossier):
            store.replace(attrs.evolve(dossier, version=2, answers={"x": 2}))

        assert store.get("a") == first

    def test_codes_count_from_one_for_each_agency(self, store: Store) -> None:
        """One series for each agency and day, without gaps."""
        codes = [store.record(_submission(_draft(store, f"a{n}"))).code for n in range(3)]
        other = store.record(_submission(_draft(store, "b"), agency="H29.16")).code

        assert [str(code) for code in codes] == [f"H29.15-261122-000{n}" for n in (1, 2, 3)]
        assert str(other) == "H29.16-261122-0001"
        assert dict(store.counters()) == {("H29.15", "2026-11-22"): 3, ("H29.16", "2026-11-22"): 1}

    def test_submitting_twice_gives_the_same_code(self, store: Store) -> None:
        """The second time nothing changes."""
        dossier = _draft(store, "a")
        once = store.record(_submission(dossier))

        again = store.record(_submission(dossier))

        assert again == once
        assert again.state is State.SUBMITTED
        assert len(store.events("a")) == 2

    def test_a_stale_submission_takes_no_number(self, store: Store) -> None:
        """A failed submission leaves no gap."""
        dossier = _draft(store, "a")
        store.replace(attrs.evolve(dossier, version=2))

        with pytest.raises(StaleDossier):
            store.record(_submission(dossier))
        with pytest.raises(StaleDossier):
            store.record(_submission(attrs.evolve(dossier, id="nobody")))

        assert dict(store.counters()) == {}
        assert store.get("a").state is State.DRAFT  # type: ignore[union-attr]  # it is there

    def test_a_submission_that_fails_leaves_the_others_alone(self, store: Store) -> None:
        """An error in one job of a batch is that job's alone."""
        dossiers = [_draft(store, f"a{n}") for n in range(20)]
        failed: list[Exception] = []

        def send(dossier: Dossier) -> None:
            wanted = _submission(dossier)
            if dossier.id == "a7":
                wanted = attrs.evolve(_submission(dossier, agency="nonsense"), series=("H29.15", DAY.isoformat()))
            try:
                store.record(wanted)
            except Exception as error:  # noqa: BLE001  # the test looks at what came
                failed.append(error)

        threads = [threading.Thread(target=send, args=(dossier,)) for dossier in dossiers]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)

        assert len(failed) == 1
        numbers = sorted(int(str(d.code)[-4:]) for d in store.every() if d.code)
        assert numbers == list(range(1, 20))

    def test_parallel_submits_of_one_draft_give_one_dossier(self, store: Store) -> None:
        """Fifty clicks, one code."""
        dossier = _draft(store, "a")
        codes: list[str] = []
        threads = [threading.Thread(target=lambda: codes.append(str(store.record(_submission(dossier)).code))) for _ in range(50)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)

        assert codes == ["H29.15-261122-0001"] * 50
        assert dict(store.counters()) == {("H29.15", "2026-11-22"): 1}

    def test_a_deleted_draft_is_gone(self, store: Store) -> None:
        """With its answers and its history."""
        _draft(store, "a")
        with pytest.raises(StaleDossier):
            store.delete("a", 7)

        store.delete("a", 1)

        assert store.get("a") is None
        assert store.events("a") == ()
        assert list(store.every()) == []

    def test_own_dossiers_are_found_newest_first_by_page(self, store: Store) -> None:
        """Nobody else's, words without accents, page after page without a gap."""
        for n in range(7):
            store.record(_submission(_draft(store, f"a{n}"), search=f"dat dai so {n}"))
        _draft(store, "other", owner="binh")
        _draft(store, "unsent")

        first = store.find("an", limit=3)
        second = store.find("an", limit=3, before=first[-1].id)

        assert [d.id for d in first + second] == ["unsent", "a6", "a5", "a4", "a3", "a2"]
        assert [d.id for d in store.find("an", Query(words="dai 3"))] == ["a3"]
        assert [d.id for d in store.find("an", Query(words='" OR dat'))] == []
        assert store.find("an", before="nobody") == ()

    def test_a_query_narrows_down(self, store: Store) -> None:
        """By code, procedure, state and day of submission, alone and together."""
        drafts = [_draft(store, f"a{number}") for number in range(3)]
        done = store.record(_submission(drafts[1]))
        assert done.code is not None

        def found(**wanted: object) -> list[str]:
            return [dossier.id for dossier in store.find("an", Query(**wanted).folded())]  # type: ignore[arg-type]  # the fields of a query

        assert found(code="0001") == ["a1"]
        assert found(code="0002") == []
        assert found(code=" h29 15-") == found(code="H29.15") == found(code="261122 0001") == ["a1"]
        assert found(procedure="1.000001") == ["a2", "a1", "a0"]
        assert found(procedure="nope") == []
        assert found(state=State.DRAFT) == ["a2", "a0"]
        assert found(since=NOON, until=NOON + timedelta(seconds=1)) == ["a1"]
        assert found(since=NOON + timedelta(seconds=1)) == []
        assert found(until=NOON) == []
        assert found(state=State.SUBMITTED, words="dat", code=done.code.text) == ["a1"]

    def test_files_are_named_as_long_as_a_dossier_does(self, store: Store) -> None:
        """By its answers or among its attachments; a copy counts as well."""
        first, second = (f"sha256-{digit * 64}-{digit * 16}" for digit in "ab")
        draft = _draft(store, "a")
        assert not store.names(first)
        files = (Attachment("don", second, "đơn.pdf", 5, "application/pdf"),)
        draft = attrs.evolve(draft, version=2, answers={"f": [first]}, attachments=files)
        store.replace(draft)
        assert store.get("a") == draft
        assert store.names(first)
        assert store.names(second)
        assert store.owners(first) == store.owners(second) == {draft.owner}
        assert store.owners(f"sha256-{'c' * 64}-{'c' * 16}") == frozenset()
        store.create(attrs.evolve(draft, id="b", version=1), chained("b", 1, Action.BEGIN, "an", NOON, {}, ""), b"bundle")
        store.delete("a", 2)
        assert store.names(first)
        assert store.get("b").attachments == files  # type: ignore[union-attr]  # it is there
        store.replace(attrs.evolve(draft, id="b", version=2, answers={}))
        assert not store.names(first)
        assert store.names(second)
        store.delete("b", 2)
        assert not store.names(second)

    def test_a_code_finds_its_dossier(self, store: Store) -> None:
        """And no other."""
        dossier = store.record(_submission(_draft(store, "a")))
        assert dossier.code is not None

        assert store.by_code(dossier.code) == dossier
        assert store.by_code(DossierCode("H29.15-261122-0009")) is None

    def test_small_facts_are_remembered(self, store: Store) -> None:
        """The last value counts."""
        store.remember("k", {"v": 1})
        store.remember("k", {"v": 2})

        assert store.recall("k") == {"v": 2}
        assert store.recall("other") is None

    def test_events_are_chained(self, store: Store) -> None:
        """Each event names the hash of the one before it."""
        store.record(_submission(_draft(store, "a")))

        first, second = store.events("a")

        assert first.before == ""
        assert second.before == first.hash

    def test_an_action_is_whole(self, store: Store) -> None:
        """State, receipt number, note and event are kept together; a second one to the same version is told."""
        dossier = store.record(_submission(_draft(store, "a")))
        accepted = store.record(_acceptance(dossier, note="đủ"))

        assert accepted.state is State.ACCEPTED
        assert accepted.handling.receipt == "00001/2026/H29.15"
        assert accepted.handling.due == NOON
        assert store.get("a") == accepted
        assert store.by_receipt("00001/2026/H29.15") == accepted
        assert store.by_receipt("00002/2026/H29.15") is None
        assert [event.action for event in store.events("a")] == [Action.BEGIN, Action.SUBMIT, Action.ACCEPT]
        assert store.said("a") == {3: Said("đủ")}
        assert dict(store.counters())["H29.15", "2026"] == 1
        with pytest.raises(StaleDossier):
            store.record(_acceptance(dossier))
        assert dict(store.counters())["H29.15", "2026"] == 1

    def test_an_action_can_change_answers_and_words(self, store: Store) -> None:
        """What it was found by before finds it no more."""
        dossier = store.record(_submission(_draft(store, "a"), search="dat dai"))
        change = attrs.evolve(_acceptance(attrs.evolve(dossier, answers={"b": 2})), answers=True, search="song ngoi")
        assert store.record(change).answers == {"b": 2}
        assert store.get("a").answers == {"b": 2}  # type: ignore[union-attr]  # it is there
        assert [len(store.find("an", Query(words=words))) for words in ("dai", "song")] == [0, 1]

    def test_what_a_draft_declares_comes_back(self, store: Store) -> None:
        """Beside what its page has open; once it was sent, its handling says it."""
        draft = _draft(store, "a")
        changed = attrs.evolve(draft, version=2, declared=("1", "don"), layout=Layout(rows={"/b": 2}))
        store.replace(changed)
        assert store.get("a") == changed

        sent = store.record(_submission(attrs.evolve(changed, layout=Layout())))

        assert sent.declared == ()
        assert store.get("a") == sent

    def test_drafts_that_nobody_changes_are_found(self, store: Store) -> None:
        """Those that lie longest come first, page by page; what was sent or thrown away is no draft."""
        late, sent, early = (_draft(store, id) for id in ("late", "sent", "early"))
        store.replace(attrs.evolve(late, version=2, changed=NOON + timedelta(days=1)))
        store.record(_submission(sent))
        other = _draft(store, "other")

        assert store.idle(NOON - timedelta(seconds=1)) == ()
        assert store.idle(NOON) == (early, other)
        assert store.idle(NOON, limit=1) == (early,)
        assert [draft.id for draft in store.idle(NOON + timedelta(days=1), after=(NOON, "early"))] == ["other", "late"]
        assert store.idle(NOON, after=(NOON, "other")) == ()
        store.guard_writable()

    def test_cancelled_drafts_are_left_out(self, store: Store) -> None:
        """Whoever asks for them gets them, and whoever clears them away."""
        draft = _draft(store, "a")

        def event(place: Position) -> Event:
            return chained("a", place.number, Action.CANCEL, "an", NOON, {}, place.before)

        cancelled = store.record(ActionRecord(draft, event))
        assert cancelled.state is State.CANCELLED
        assert store.find("an") == ()
        assert store.find("an", Query(state=State.CANCELLED)) == (cancelled,)
        assert store.cancelled(NOON) == ()
        assert store.cancelled(NOON + timedelta(seconds=1)) == (cancelled,)
        store.delete("a", cancelled.version)
        assert store.cancelled(NOON + timedelta(seconds=1)) == ()
        assert store.events("a") == ()
