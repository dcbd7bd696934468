"""Payments: an attempt is begun, a gateway or a bank statement gives its result, and the dossier continues.

Only a callback changes anything.  It may come late, twice, out of order or forged; money that came in is never lost:
money received when nothing is due is a surplus, which an officer refunds.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping

import attrs

from dossierkit.dossiers.lifecycle.dossier import Actor, Dossier
from dossierkit.dossiers.money.attempts import Answer, Attempt, Callback, Progress, asked_by, attempt_ref, finished, judged
from dossierkit.dossiers.states import Action, Payment, Role
from dossierkit.errors import ForbiddenAction, ForgedCallback, GatewayError, StaleDossier
from dossierkit.office.engine import Engine
from dossierkit.ports import PaymentGateway

#: The actor of payments that a gateway or a bank confirmed.
PROGRAM = Actor("payments", Role.SYSTEM)
#: Maximum number of attempts for one dossier.
_MOST = 50

_log = logging.getLogger(__name__)


@attrs.frozen(eq=False)
class Payments:
    """Payments for the dossiers of one engine."""

    engine: Engine
    gateways: Mapping[str, PaymentGateway] = attrs.field(factory=dict)

    def begin(self, dossier: Dossier, gateway: str) -> Attempt:
        """Begin an attempt to pay the amount due for *dossier*.

        Raises:
            ForbiddenAction: nothing is due, or there were too many attempts.
            StaleDossier: nothing is due any more.
        """
        if dossier.handling.money.payment is not Payment.DUE or dossier.code is None:
            raise ForbiddenAction("nothing is owed for this dossier")
        store, code = self.engine.store.payments, dossier.code.text
        if len(store.attempts(dossier.id)) >= _MOST:
            raise ForbiddenAction("there were too many attempts to pay for this dossier; pay at the counter")
        now, amount = self.engine.clock.now(), dossier.handling.money.amount
        return store.begin(dossier.id, lambda number: Attempt(attempt_ref(code, number), dossier.id, amount, gateway, now))

    def attempts_of(self, dossier: Dossier) -> tuple[Attempt, ...]:
        """The attempts to pay for *dossier*, oldest first."""
        return self.engine.store.payments.attempts(dossier.id)

    def attempt(self, ref: str) -> Attempt | None:
        """The attempt that a gateway knows as *ref*."""
        return self.engine.store.payments.attempt(ref)

    def dossier_of(self, attempt: Attempt) -> Dossier:
        """The dossier that *attempt* pays for."""
        dossier = self.engine.store.get(attempt.dossier)
        assert dossier is not None, "a dossier that was sent is never deleted"
        return dossier

    def withhold(self, ref: str) -> None:
        """Note that the sandbox took money for *ref* and sent no callback."""
        self.engine.store.remember(f"sandbox:{ref}", True)

    def is_withheld(self, ref: str) -> bool:
        """Whether the sandbox took money for *ref* and sent no callback."""
        return bool(self.engine.store.recall(f"sandbox:{ref}"))

    def receive(self, gateway: str, params: Mapping[str, str]) -> Answer:
        """Process the callback *params* of a gateway; returns the answer for the gateway."""
        try:
            callback = self.gateways[gateway].callback(params)
        except ForgedCallback:
            return Answer.FORGED
        return self.apply(callback)

    def apply(self, callback: Callback) -> Answer:
        """Apply the result of *callback*, once."""
        while True:
            attempt = self.engine.store.payments.attempt(callback.ref)
            answer = judged(attempt, callback)
            if attempt is None or answer is not Answer.CONFIRMED:
                return answer
            try:
                if self._store_result(attempt, callback):
                    return answer
            except StaleDossier:
                continue  # the dossier was changed at the same moment; the callback is judged again

    def _store_result(self, attempt: Attempt, callback: Callback) -> bool:
        """Store the result of *attempt*: settle its dossier if the amount is due, else record a surplus."""
        engine = self.engine
        dossier, now = engine.store.get(attempt.dossier), engine.clock.now()
        assert dossier is not None, "a dossier that was sent is never deleted"
        owed = dossier.handling.money.payment is Payment.DUE and dossier.handling.money.amount == attempt.amount
        result = finished(attempt, callback, now, surplus=not owed)
        if not callback.paid:
            return engine.store.payments.finish(result, attempt.progress)
        action = Action.SETTLE if owed else Action.SURPLUS
        bill = {"payment": Payment.PAID.value} if owed else {"surplus": attempt.amount}
        facts = {**bill, "ref": attempt.ref, "gateway": attempt.gateway}
        engine.act(dossier.id, action, PROGRAM, version=dossier.version, facts=facts, paid=(result, attempt.progress))
        return True

    def ask(self, attempt: Attempt) -> Answer | None:
        """Query the gateway for the result of *attempt* and apply it, once; None if there is no result yet.

        Raises:
            ForbiddenAction: the gateway cannot be queried; transfers are known only from bank statements.
            GatewayError: it does not answer.
        """
        gateway = self.gateways.get(attempt.gateway)
        if gateway is None:
            raise ForbiddenAction(f"{attempt.gateway} cannot be asked; see the statement of the bank")
        callback = gateway.status(attempt, now=self.engine.clock.now())
        return self.apply(callback) if callback is not None else None

    def ask_about_open(self) -> int:
        """Query the gateways for attempts without a callback, a few times at growing intervals; returns the number settled."""
        store, now, settled = self.engine.store.payments, self.engine.clock.now(), 0
        for attempt in (*store.every(Progress.OPEN), *store.every(Progress.CLOSED)):
            query = asked_by(attempt, now) if attempt.gateway in self.gateways else None
            # Counted first, so that a failing gateway is not queried more often, nor by two processes.
            if query is None or not store.finish(query, attempt.progress):
                continue
            try:
                settled += self.ask(attempt) is Answer.CONFIRMED
            except GatewayError as error:
                _log.warning("the status of payment %s is unknown: %s", attempt.ref, error)
        return settled

    def reconcile(self, callbacks: Iterable[tuple[str, Callback | None]]) -> Iterator[tuple[str, Answer]]:
        """Apply the lines of a bank statement; yields (line, answer), with `Answer.ALREADY` for a repeat."""
        for line, callback in callbacks:
            yield line, Answer.UNKNOWN if callback is None else self.apply(callback)

    def transfers_due(self) -> tuple[Attempt, ...]:
        """The attempts that a line of a bank statement may be for."""
        return tuple(
            attempt
            for attempt in self.engine.store.payments.every()
            if attempt.gateway == "vietqr" and attempt.progress is not Progress.FAILED
        )
