"""Random sequences of actions: engines over all stores agree, final states stay final, every history verifies."""

from __future__ import annotations

import json
import random
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import event, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule, run_state_machine_as_test
from support.postgres import empty
from support.samples import NOON, SMALL

from dossierkit import Action, Actor, Dossier, DossierkitError, Engine, Role, State
from dossierkit.dossiers.lifecycle.dossier import may_see
from dossierkit.dossiers.lifecycle.transitions import FINAL
from dossierkit.dossiers.money.attempts import Attempt, Callback, Progress
from dossierkit.dossiers.people.account import Account
from dossierkit.dossiers.states import Payment
from dossierkit.office.payments import Payments
from dossierkit.testing import CountedTokens, FixedClock
from dossierkit.wiring import open_engine

UNIT = "so-nnmt"
ACTORS = (
    Actor("an"),
    Actor("binh"),
    Actor("mai", Role.INTAKE_OFFICER, UNIT),
    Actor("nam", Role.CASE_OFFICER, UNIT),
    Actor("linh", Role.APPROVER, UNIT),
    Actor("hoa", Role.CASE_OFFICER, "vpdkdd"),
    Actor("root", Role.ADMIN),
    Actor("program", Role.SYSTEM),
)
#: Something for every action to say; the ones that it needs are among them.
FACTS: dict[str, Any] = {
    "due": "2026-12-01T10:00:00+00:00",
    "officer": "nam",
    "step": "measured",
    "asked": ["/copies"],
    "amount": 50_000,
    "payment": "paid",
    "outcome": "approved",
    "evidence": "counter",
}
SAID = {
    Action.ACCEPT: ("due",),
    Action.ASSIGN: ("officer",),
    Action.ADVANCE: ("step",),
    Action.REQUEST_SUPPLEMENT: ("asked",),
    Action.REQUEST_PAYMENT: ("amount",),
    Action.SETTLE: ("payment",),
    Action.RESUME: ("due",),
    Action.EXTEND: ("due",),
    Action.REDATE: ("due",),
    Action.PROPOSE: ("outcome",),
    Action.COMPLETE: ("outcome",),
    Action.HAND_OVER: ("evidence",),
}

#: How often what is offered is chosen, where not 1: what ends a life seldom, or none would be long; what changes little, too.
OFTEN = {
    Action.REFUSE: 0.1, Action.STOP: 0.1, Action.WITHDRAW: 0.1, Action.CANCEL: 0.3, Action.MESSAGE: 0.1, Action.REFUND: 0.1, Action.ERASE: 0.2,
    Action.SURPLUS: 0.01,
    Action.RESTORE: 3, Action.ACCEPT: 3, Action.COMPLETE: 4,
}  # fmt: skip


class Lives(RuleBasedStateMachine):
    """Engines over every store that are told the same."""

    #: Address of a database with empty tables; empty: without PostgreSQL.
    postgres = ""

    @initialize(four_eyes=st.booleans(), supplement=st.booleans())
    def begin(self, four_eyes: bool, supplement: bool) -> None:
        self.place = tempfile.TemporaryDirectory()
        folder = Path(self.place.name) / "procedures"
        folder.mkdir()
        workflow = {"fourEyes": four_eyes, "supplement": supplement, "steps": [{"code": "measured"}]}
        schema = {**SMALL, "x-procedure": {**SMALL["x-procedure"], "unit": UNIT, "workflow": workflow}}
        (folder / "small.json").write_text(json.dumps(schema), "utf-8")
        self.clock = FixedClock(NOON)
        self.engines = [
            open_engine(store, procedures=folder, clock=self.clock, tokens=CountedTokens())
            for store in ("memory:", f"sqlite:{Path(self.place.name) / 'd.db'}", *filter(None, [self.postgres]))
        ]
        for engine in self.engines:
            engine.store.accounts.create_account(Account("an", "an@example.vn", NOON))
        self.ids: list[str] = []
        self.attempts: list[Attempt] = []
        self.final: dict[str, State] = {}
        for _ in range(2):
            self.draft(ACTORS[0], 1)
            self._act(-1, ACTORS[0], Action.SUBMIT, None)

    def teardown(self) -> None:
        for engine in getattr(self, "engines", ()):
            engine.close()
        if hasattr(self, "place"):
            self.place.cleanup()
            if self.postgres:
                empty(self.postgres)

    def all(self, do: Any) -> Any:
        """The answer of all engines, which is the same: a value, or the name of an exception."""
        answers: list[Any] = []
        for engine in self.engines:
            try:
                answers.append(do(engine))
            except DossierkitError as error:
                answers.append((type(error), str(error)))
        assert answers.count(answers[0]) == len(self.engines)
        return answers[0]

    @rule(actor=st.sampled_from(ACTORS[:3]), copies=st.integers(0, 3))
    def draft(self, actor: Actor, copies: int) -> None:
        self.ids.append(self.all(lambda e: e.begin("1.000001", actor, {"name": "An", "copies": copies})).id)

    @rule(which=st.integers(0, 5), actor=st.sampled_from(ACTORS), action=st.sampled_from(Action), late=st.booleans())
    def act(self, which: int, actor: Actor, action: Action, late: bool) -> None:
        self._act(which, actor, action, 1 if late else None)

    @rule(which=st.integers(0, 5), seed=st.integers(0, 10**6))
    def go_on(self, which: int, seed: int) -> None:
        """Up to twenty of the actions offered to one person: so random lives get further than the first refusal."""
        chance = random.Random(seed)
        for _ in range(20):
            dossier = self.engines[0].store.get(self.ids[which % len(self.ids)])
            assert dossier is not None
            offered = [(a, x) for a in ACTORS if may_see(dossier, a) for x in self.engines[0].permitted(dossier, a)]
            if not offered:
                return
            if dossier.handling.money.payment is Payment.DUE and chance.random() < 0.4:
                self._pay(dossier.id, chance)
                continue
            actor, action = chance.choices(offered, [OFTEN.get(action, 1) for _, action in offered])[0]
            self._act(which, actor, action, None)

    def _act(self, which: int, actor: Actor, action: Action, version: int | None) -> None:
        id = self.ids[which % len(self.ids)]
        facts = {name: FACTS[name] for name in SAID.get(action, ())}
        answers = {"name": "other", "copies": 2}
        self.all(lambda e: e.act(id, action, actor, version=version, facts=facts, note="vì", answers=answers))
        dossier = self.engines[0].store.get(id)
        assert dossier is not None
        assert self.final.get(id, dossier.state) is dossier.state, "it left a final state"
        event(dossier.state.name)
        if dossier.state in FINAL:
            self.final[id] = dossier.state

    @precondition(lambda self: self.attempts)
    @rule(which=st.integers(0, 8), paid=st.booleans(), short=st.booleans())
    def hear_from_the_gateway(self, which: int, paid: bool, short: bool) -> None:
        """Late, twice, out of order, with the wrong sum: all say the same, and all keep the same."""
        attempt = self.attempts[which % len(self.attempts)]
        callback = Callback(attempt.ref, attempt.amount - short, paid, "t1")
        event(f"gateway: {self.all(lambda e: Payments(e).apply(callback))}")

    def _pay(self, id: str, chance: random.Random) -> None:
        """Sets out to pay, and mostly does; else the attempt stays open, whatever happens to the dossier."""
        found = self.all(lambda e: Payments(e).begin(_known(e, id), "vnpay"))
        if isinstance(found, Attempt):
            self.attempts.append(found)
        if isinstance(found, Attempt) and chance.random() < 0.8:
            self.hear_from_the_gateway(len(self.attempts) - 1, chance.random() < 0.7, chance.random() < 0.2)

    @precondition(lambda self: self.attempts and self.final)
    @rule(which=st.integers(0, 8))
    def pay_for_what_ended(self, which: int) -> None:
        """No attempt begins; the first report of a gateway that still comes is a surplus."""
        ended = [one for one in self.attempts if one.dossier in self.final]
        if not ended:
            return
        attempt = ended[which % len(ended)]
        before = _known(self.engines[0], attempt.dossier)
        paid = self.engines[0].store.payments.attempt(attempt.ref)
        assert paid is not None
        assert isinstance(self.all(lambda e: Payments(e).begin(_known(e, attempt.dossier), "vnpay")), tuple)
        self.all(lambda e: Payments(e).apply(Callback(attempt.ref, attempt.amount, True, "t2")))
        more = 0 if paid.progress is Progress.PAID else attempt.amount
        after = _known(self.engines[0], attempt.dossier)
        assert (after.state, after.handling.money.surplus) == (before.state, before.handling.money.surplus + more)
        event(f"paid after the end: {paid.progress}")

    @rule(hours=st.integers(1, 60))
    def wait(self, hours: int) -> None:
        self.clock.advance(timedelta(hours=hours))

    @invariant()
    def nothing_differs_and_every_proof_holds(self) -> None:
        if not hasattr(self, "engines"):
            return
        self.all(lambda e: [(e.store.get(id), e.store.events(id), e.store.notes(id)) for id in self.ids])
        self.all(lambda e: (dict(e.store.counters()), e.find(ACTORS[0]), list(e.verify())))
        self.all(lambda e: [e.store.payments.attempts(id) for id in self.ids])
        assert list(self.engines[0].verify()) == []
        assert not [id for id in self.final if _known(self.engines[0], id).handling.money.payment is Payment.DUE]


def _known(engine: Engine, id: str) -> Dossier:
    found = engine.store.get(id)
    assert found is not None
    return found


@pytest.mark.parametrize(("server", "lives"), [(False, 60), (True, 15)], ids=["two stores", "three stores"])
def test_lives(request: pytest.FixtureRequest, server: bool, lives: int) -> None:
    """Whatever happens to dossiers, every store says the same; fewer lives with a server, which takes its time."""
    Lives.postgres = request.getfixturevalue("postgres") if server else ""
    run_state_machine_as_test(Lives, settings=settings(max_examples=lives, stateful_step_count=20))  # type: ignore[no-untyped-call]  # untyped in hypothesis
