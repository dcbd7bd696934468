"""The contract of `DossierStore`."""

from __future__ import annotations

import threading
from datetime import timedelta, timezone
from typing import Any

import attrs
import pytest

from dossierkit.dossiers.codes import DossierCode
from dossierkit.dossiers.lifecycle.dossier import Attachment, Dossier, Note, Query, chained
from dossierkit.dossiers.lifecycle.event_facts import BeginFacts
from dossierkit.dossiers.states import Action, State
from dossierkit.errors import StaleDossier, StoreError
from dossierkit.ports import Store
from dossierkit.testing.contract.samples import DAY, NOON, acceptance, action, mail, new_draft, submission


class DossierContract:
    """The contract of every `DossierStore`."""

    def test_an_event_comes_back_as_it_was_hashed(self, store: Store) -> None:
        """Its moment keeps the offset that it was written with, as the hash is over its text."""
        moment = NOON.astimezone(timezone(timedelta(hours=7)))
        event = chained("a", 1, Action.BEGIN, "an", moment, BeginFacts(), "")
        store.create(Dossier("a", "1.000001", "r1", "an", State.DRAFT, 1, moment, moment, {}), event, b"bundle")

        (stored,) = store.events("a")

        assert stored == event
        assert stored.at.isoformat() == moment.isoformat()

    def test_codes_count_from_one_for_each_agency(self, store: Store) -> None:
        """One series for each agency and day, without gaps."""
        codes = [store.record(submission(new_draft(store, f"a{n}"))).code for n in range(3)]
        other = store.record(submission(new_draft(store, "b"), agency="H29.16")).code

        assert [str(code) for code in codes] == [f"H29.15-261122-000{n}" for n in (1, 2, 3)]
        assert str(other) == "H29.16-261122-0001"
        assert dict(store.counters()) == {("H29.15", "2026-11-22"): 3, ("H29.16", "2026-11-22"): 1}

    def test_submitting_twice_gives_the_same_code(self, store: Store) -> None:
        """The second time nothing changes."""
        dossier = new_draft(store, "a")
        once = store.record(submission(dossier))

        again = store.record(submission(dossier))

        assert again == once
        assert again.state is State.SUBMITTED
        assert len(store.events("a")) == 2

    def test_a_stale_submission_takes_no_number(self, store: Store) -> None:
        """A failed submission leaves no gap."""
        dossier = new_draft(store, "a")
        store.replace(attrs.evolve(dossier, version=2))

        with pytest.raises(StaleDossier):
            store.record(submission(dossier))
        with pytest.raises(StaleDossier):
            store.record(submission(attrs.evolve(dossier, id="nobody")))

        assert dict(store.counters()) == {}
        assert store.get("a").state is State.DRAFT  # type: ignore[union-attr]  # it is there

    def test_a_submission_that_fails_leaves_the_others_alone(self, store: Store) -> None:
        """An error in one job of a batch is that job's alone."""
        dossiers = [new_draft(store, f"a{n}") for n in range(20)]
        failed: list[Exception] = []

        def send(dossier: Dossier) -> None:
            wanted = submission(dossier)
            if dossier.id == "a7":
                wanted = attrs.evolve(submission(dossier, agency="nonsense"), series=("H29.15", DAY.isoformat()))
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
        dossier = new_draft(store, "a")
        codes: list[str] = []
        threads = [threading.Thread(target=lambda: codes.append(str(store.record(submission(dossier)).code))) for _ in range(50)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)

        assert codes == ["H29.15-261122-0001"] * 50
        assert dict(store.counters()) == {("H29.15", "2026-11-22"): 1}

    def test_own_dossiers_are_found_newest_first_by_page(self, store: Store) -> None:
        """Dossiers of others are left out; words match without accents; pages leave no gap."""
        for n in range(7):
            store.record(submission(new_draft(store, f"a{n}"), search=f"dat dai so {n}"))
        new_draft(store, "other", owner="binh")
        new_draft(store, "unsent")

        first = store.find("an", limit=3)
        second = store.find("an", limit=3, before=first[-1].id)

        assert [d.id for d in first + second] == ["unsent", "a6", "a5", "a4", "a3", "a2"]
        assert [d.id for d in store.find("an", Query(words="dai 3"))] == ["a3"]
        assert [d.id for d in store.find("an", Query(words='" OR dat'))] == []
        assert store.find("an", before="nobody") == ()

    def test_dossiers_are_found_by_due_day_by_page(self, store: Store) -> None:
        """The earliest first, those without a due day last, each by code."""
        for number, days in enumerate((3, None, 1, 1, None, 2)):
            dossier = store.record(submission(new_draft(store, f"a{number}"), search=f"dat so {number}"))
            if days is not None:
                store.record(acceptance(dossier, due=NOON + timedelta(days=days)))
        by_due_day = Query(by_due_day=True)

        pages = [store.find(None, by_due_day, limit=4)]
        pages.append(store.find(None, by_due_day, limit=4, before=pages[0][-1].id))

        assert [[dossier.id for dossier in page] for page in pages] == [["a2", "a3", "a5", "a0"], ["a1", "a4"]]
        words = attrs.evolve(by_due_day, words="dat", states=(State.ACCEPTED,))
        assert [dossier.id for dossier in store.find("an", words)] == ["a2", "a3", "a5", "a0"]
        assert [dossier.id for dossier in store.find("an", words, before="a3")] == ["a5", "a0"]
        assert store.find(None, by_due_day, before="nobody") == ()

    def test_a_query_narrows_down(self, store: Store) -> None:
        """By code, procedure, state and day of submission, alone and together."""
        drafts = [new_draft(store, f"a{number}") for number in range(3)]
        done = store.record(submission(drafts[1]))
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
        draft = new_draft(store, "a")
        assert not store.is_named(first)
        files = (Attachment("don", second, "đơn.pdf", 5, "application/pdf"),)
        draft = attrs.evolve(draft, version=2, answers={"f": [first]}, attachments=files)
        store.replace(draft)
        assert store.get("a") == draft
        assert store.is_named(first)
        assert store.is_named(second)
        assert store.owners(first) == store.owners(second) == {draft.owner}
        assert store.owners(f"sha256-{'c' * 64}-{'c' * 16}") == frozenset()
        store.create(
            attrs.evolve(draft, id="b", version=1), chained("b", 1, Action.BEGIN, "an", NOON, BeginFacts(), ""), b"bundle"
        )
        store.delete("a", 2)
        assert store.is_named(first)
        assert store.get("b").attachments == files  # type: ignore[union-attr]  # it is there
        store.replace(attrs.evolve(draft, id="b", version=2, answers={}))
        assert not store.is_named(first)
        assert store.is_named(second)
        store.delete("b", 2)
        assert not store.is_named(second)

    def test_a_code_finds_its_dossier(self, store: Store) -> None:
        """And no other."""
        dossier = store.record(submission(new_draft(store, "a")))
        assert dossier.code is not None

        assert store.by_code(dossier.code) == dossier
        assert store.by_code(DossierCode("H29.15-261122-0009")) is None

    def test_events_are_chained(self, store: Store) -> None:
        """Each event names the hash of the one before it."""
        store.record(submission(new_draft(store, "a")))

        first, second = store.events("a")

        assert first.before == ""
        assert second.before == first.hash

    def test_an_action_is_whole(self, store: Store) -> None:
        """State, receipt number, note and event are kept together; a second one to the same version is told."""
        dossier = store.record(submission(new_draft(store, "a")))
        accepted = store.record(acceptance(dossier, note="đủ"))

        assert accepted.state is State.ACCEPTED
        assert accepted.handling.receipt == "00001/2026/H29.15"
        assert accepted.handling.clock.due == NOON
        assert store.get("a") == accepted
        assert store.by_receipt("00001/2026/H29.15") == accepted
        assert store.by_receipt("00002/2026/H29.15") is None
        assert [event.action for event in store.events("a")] == [Action.BEGIN, Action.SUBMIT, Action.ACCEPT]
        assert store.notes("a") == {3: Note("đủ")}
        assert dict(store.counters())["H29.15", "2026"] == 1
        with pytest.raises(StaleDossier):
            store.record(acceptance(dossier))
        assert dict(store.counters())["H29.15", "2026"] == 1

    def test_an_action_can_change_answers_and_words(self, store: Store) -> None:
        """The new search text replaces the one before."""
        dossier = store.record(submission(new_draft(store, "a"), search="dat dai"))
        change = attrs.evolve(acceptance(attrs.evolve(dossier, answers={"b": 2})), answers=True, search="song ngoi")
        assert store.record(change).answers == {"b": 2}
        assert store.get("a").answers == {"b": 2}  # type: ignore[union-attr]  # it is there
        assert [len(store.find("an", Query(words=words))) for words in ("dai", "song")] == [0, 1]

    def test_a_code_belongs_to_one_dossier(self, store: Store) -> None:
        """An action with the code of another dossier stores nothing."""
        first = store.record(submission(new_draft(store, "a")))
        other = new_draft(store, "b")
        facts: dict[str, Any] = {"code": str(first.code), "agency": "H29.15"}

        with pytest.raises(StoreError):
            store.record(action(other, Action.SUBMIT, **facts))

        assert store.get("b") == other
        assert len(store.events("b")) == 1

    def test_an_erased_dossier_is_found_by_nothing(self, store: Store) -> None:
        """Owner, notes and search text go; code and history stay."""
        sent = store.record(submission(new_draft(store, "a"), search="dat dai"))
        ended = store.record(action(sent, Action.WITHDRAW, note=Note("vì bận")))
        assert store.notes("a")
        assert store.find(None, Query(words="dai")) == (ended,)

        erased = attrs.evolve(ended, owner="", answers={})
        store.record(action(erased, Action.ERASE, answers=True, forget=True))

        assert store.notes("a") == {}
        assert store.find("an") == store.find(None, Query(words="dai")) == ()
        assert sent.code is not None
        assert store.by_code(sent.code) == store.get("a")
        assert store.get("a").answers == {}  # type: ignore[union-attr]  # it is there
        assert len(store.events("a")) == 4

    def test_the_latest_events_come_first(self, store: Store) -> None:
        """Events of drafts are left out; pages leave no gap; one actor can be asked for."""
        new_draft(store, "draft")
        sent = [store.record(submission(new_draft(store, id))) for id in ("a", "b")]
        store.record(acceptance(sent[0]))

        events = store.latest(limit=3)
        rest = store.latest((events[-1].at, events[-1].dossier, events[-1].number))

        assert [(event.dossier, event.number) for event in events + rest] == [("b", 2), ("b", 1), ("a", 3), ("a", 2), ("a", 1)]
        assert [event.action for event in store.latest(actor="officer")] == [Action.ACCEPT]

    def test_an_office_sees_dossiers_with_a_code(self, store: Store) -> None:
        """It counts and lists them by unit and state; drafts are their owner's alone."""
        new_draft(store, "draft")
        sent = [store.record(submission(new_draft(store, id), unit=unit)) for id, unit in (("a", "x"), ("b", "y"), ("c", "x"))]
        accepted = store.record(acceptance(sent[0]))

        assert [dossier.id for dossier in store.find(None)] == ["c", "b", "a"]
        assert store.find(None, Query(unit="x", state=State.ACCEPTED)) == (accepted,)
        assert [dossier.id for dossier in store.find(None, Query(unit="x", words="dat"))] == ["c", "a"]
        assert (store.count(Query(unit="x"), 10), store.count(Query(unit="x"), 1), store.size()) == (2, 1, 4)

    def test_mails_are_kept_with_an_action(self, store: Store) -> None:
        """A refused action sends none."""
        draft = new_draft(store, "a")
        record = attrs.evolve(submission(draft), mails=lambda dossier: (mail(str(dossier.code)),))
        store.record(record)
        with pytest.raises(StaleDossier):
            store.record(attrs.evolve(record, once=False))

        assert [outgoing.mail.key for outgoing in store.outbox.claim(NOON, NOON + timedelta(hours=1))] == ["H29.15-261122-0001"]
