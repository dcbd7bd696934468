"""The contract of `DraftStore`."""

from __future__ import annotations

from datetime import timedelta

import attrs
import pytest

from dossierkit.dossiers.lifecycle.dossier import Query, chained
from dossierkit.dossiers.lifecycle.event_facts import BeginFacts
from dossierkit.dossiers.states import Action, State
from dossierkit.errors import StaleDossier
from dossierkit.forms.fields.form import Layout
from dossierkit.ports import Store
from dossierkit.testing.contract.samples import NOON, action, new_draft, submission


class DraftContract:
    """The contract of every `DraftStore`."""

    def test_a_draft_comes_back(self, store: Store) -> None:
        """Every attribute of a dossier survives, and so does its bundle."""
        dossier = new_draft(store, "a")

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
        first = new_draft(store, "a")

        def create(id: str, owner: str, *, sole: bool) -> bool:
            event = chained(id, 1, Action.BEGIN, owner, NOON, BeginFacts(), "")
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
        dossier = attrs.evolve(new_draft(store, "a"), version=2, layout=opened)
        store.replace(dossier)

        assert store.get("a") == dossier
        assert store.record(submission(attrs.evolve(dossier, layout=Layout()))).layout == Layout()
        assert store.get("a").layout == Layout()  # type: ignore[union-attr]  # it is there

    def test_stored_answers_cannot_be_changed_from_outside(self, store: Store) -> None:
        """A caller may change its own answers afterwards."""
        dossier = new_draft(store, "a")
        dossier.answers["a"].append("more")

        assert store.get("a").answers == {"a": [1, {"b": "đất"}]}  # type: ignore[union-attr]  # it is there

    def test_second_writer_loses(self, store: Store) -> None:
        """Of two changes made to the same version, only the first is kept."""
        dossier = new_draft(store, "a")
        first = attrs.evolve(dossier, version=2, answers={"x": 1})
        store.replace(first)

        with pytest.raises(StaleDossier):
            store.replace(attrs.evolve(dossier, version=2, answers={"x": 2}))

        assert store.get("a") == first

    def test_a_deleted_draft_is_gone(self, store: Store) -> None:
        """With its answers and its history."""
        new_draft(store, "a")
        with pytest.raises(StaleDossier):
            store.delete("a", 7)

        store.delete("a", 1)

        assert store.get("a") is None
        assert store.events("a") == ()
        assert list(store.every()) == []

    def test_what_a_draft_declares_comes_back(self, store: Store) -> None:
        """Declared documents are kept with the layout, until the draft is submitted."""
        draft = new_draft(store, "a")
        changed = attrs.evolve(draft, version=2, declared=("1", "don"), layout=Layout(rows={"/b": 2}))
        store.replace(changed)
        assert store.get("a") == changed

        sent = store.record(submission(attrs.evolve(changed, layout=Layout())))

        assert sent.declared == ()
        assert store.get("a") == sent

    def test_drafts_that_nobody_changes_are_found(self, store: Store) -> None:
        """The oldest change comes first, page by page; submitted and cancelled dossiers are no drafts."""
        late, sent, early = (new_draft(store, id) for id in ("late", "sent", "early"))
        store.replace(attrs.evolve(late, version=2, changed=NOON + timedelta(days=1)))
        store.record(submission(sent))
        other = new_draft(store, "other")

        assert store.idle_drafts(NOON - timedelta(seconds=1)) == ()
        assert store.idle_drafts(NOON) == (early, other)
        assert store.idle_drafts(NOON, limit=1) == (early,)
        assert [draft.id for draft in store.idle_drafts(NOON + timedelta(days=1), after=(NOON, "early"))] == ["other", "late"]
        assert store.idle_drafts(NOON, after=(NOON, "other")) == ()
        store.guard_writable()

    def test_cancelled_drafts_are_left_out(self, store: Store) -> None:
        """Lists show them on request only; they are found to be deleted."""
        cancelled = store.record(action(new_draft(store, "a"), Action.CANCEL))

        assert cancelled.state is State.CANCELLED
        assert store.find("an") == ()
        assert store.find("an", Query(state=State.CANCELLED)) == (cancelled,)
        assert store.cancelled_drafts(NOON) == ()
        assert store.cancelled_drafts(NOON + timedelta(seconds=1)) == (cancelled,)
        store.delete("a", cancelled.version)
        assert store.cancelled_drafts(NOON + timedelta(seconds=1)) == ()
        assert store.events("a") == ()
