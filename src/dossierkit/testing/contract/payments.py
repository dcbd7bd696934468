"""The contract of `PaymentStore`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import attrs
import pytest

from dossierkit.dossiers.lifecycle.dossier import Dossier
from dossierkit.dossiers.money.attempts import Attempt, Progress
from dossierkit.dossiers.states import Action, Payment
from dossierkit.errors import StaleDossier
from dossierkit.ports import Store
from dossierkit.testing.contract.samples import NOON, acceptance, action, new_draft, submission

AMOUNT = 30_000


def _owing(store: Store, id: str = "a") -> Dossier:
    accepted = store.record(acceptance(store.record(submission(new_draft(store, id)))))
    return store.record(action(accepted, Action.REQUEST_PAYMENT, amount=AMOUNT, payment="due"))


def _attempt(dossier: str) -> Callable[[int], Attempt]:
    return lambda number: Attempt(f"{dossier}-{number}", dossier, AMOUNT, "vnpay", NOON + timedelta(minutes=number))


class PaymentContract:
    """The contract of every `PaymentStore`."""

    def test_attempts_are_numbered_for_each_dossier(self, store: Store) -> None:
        """From one; a dossier that owes nothing gets none."""
        for id in ("a", "b"):
            _owing(store, id)
        new_draft(store, "draft")

        attempts = [store.payments.begin(id, _attempt(id)) for id in ("a", "a", "b")]

        assert [attempt.ref for attempt in attempts] == ["a-1", "a-2", "b-1"]
        assert store.payments.attempts("a") == tuple(attempts[:2])
        assert store.payments.attempt("b-1") == attempts[2]
        assert store.payments.attempt("none") is None
        assert tuple(store.payments.every()) == tuple(store.payments.every(Progress.OPEN)) == tuple(attempts)
        for id in ("draft", "nobody"):
            with pytest.raises(StaleDossier):
                store.payments.begin(id, _attempt(id))

    def test_an_attempt_is_finished_once(self, store: Store) -> None:
        """The stored progress guards it; the count of questions never falls."""
        _owing(store)
        attempt = store.payments.begin("a", _attempt("a"))
        assert store.payments.finish(attrs.evolve(attempt, asked=2), Progress.OPEN)
        assert not store.payments.finish(attrs.evolve(attempt, asked=2), Progress.OPEN), "another process asked at this moment"
        failed = attrs.evolve(attempt, progress=Progress.FAILED, at=NOON, number="7")

        assert store.payments.finish(failed, Progress.OPEN)
        assert not store.payments.finish(attrs.evolve(attempt, progress=Progress.PAID), Progress.OPEN)
        assert not store.payments.finish(attrs.evolve(attempt, ref="none"), Progress.OPEN)

        assert store.payments.attempt("a-1") == attrs.evolve(failed, asked=2)
        assert tuple(store.payments.every(Progress.OPEN)) == ()

    def test_a_settled_dossier_closes_its_other_attempts(self, store: Store) -> None:
        """The attempt that pays is stored with the action, or neither is."""
        owing = _owing(store)
        paying, other = (store.payments.begin("a", _attempt("a")) for _ in range(2))
        paid = attrs.evolve(paying, progress=Progress.PAID, at=NOON)
        settlement = action(owing, Action.SETTLE, payment="paid", ref=paying.ref, paid=lambda _: paid, paid_before=Progress.OPEN)

        settled = store.record(settlement)

        assert settled.handling.money.payment is Payment.PAID
        assert store.payments.attempt(paying.ref) == paid
        assert store.payments.attempt(other.ref) == attrs.evolve(other, progress=Progress.CLOSED)
        with pytest.raises(StaleDossier):
            store.record(attrs.evolve(settlement, dossier=settled))
        assert store.get("a") == settled

    def test_cash_is_an_attempt_of_its_own(self, store: Store) -> None:
        """A new attempt is stored with the action that it pays with."""
        owing = _owing(store)
        cash = Attempt("a-cash", "a", AMOUNT, "cash", NOON, Progress.PAID, at=NOON)

        store.record(action(owing, Action.SETTLE, payment="paid", paid=lambda _: cash))

        assert store.payments.attempts("a") == (cash,)

    def test_a_withdrawn_dossier_closes_its_attempts(self, store: Store) -> None:
        """Money that comes all the same is stored as a surplus."""
        owing = _owing(store)
        attempt = store.payments.begin("a", _attempt("a"))

        store.record(action(owing, Action.WITHDRAW))

        closed = attrs.evolve(attempt, progress=Progress.CLOSED)
        assert store.payments.attempt(attempt.ref) == closed
        surplus = attrs.evolve(closed, progress=Progress.PAID, surplus=True, at=NOON)
        assert store.payments.finish(surplus, Progress.CLOSED)
        assert store.payments.attempt(attempt.ref) == surplus
