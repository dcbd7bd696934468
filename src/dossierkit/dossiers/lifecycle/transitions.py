"""The life of a dossier: a table of roles, actions and states, and the step that an event takes."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum

import attrs

from dossierkit.dossiers.codes import DossierCode
from dossierkit.dossiers.lifecycle.dossier import Actor, Dossier, Event
from dossierkit.dossiers.lifecycle.event_facts import (
    AcceptFacts,
    AdvanceFacts,
    AssignFacts,
    CompleteFacts,
    Facts,
    MessageFacts,
    ProposeFacts,
    RequestSupplementFacts,
    SubmitFacts,
    SupplementFacts,
    changed_by,
    fact,
)
from dossierkit.dossiers.lifecycle.handling import Handling, RequestedSupplement, Result
from dossierkit.dossiers.lifecycle.procedure_workflow import UNRESTRICTED, Workflow
from dossierkit.dossiers.states import EVIDENCE, OFFICERS, REASONS, Action, Channel, Delivery, Outcome, Payment, Role, State
from dossierkit.errors import ForbiddenAction

_CITIZEN = frozenset((Role.CITIZEN, Role.GUEST))
_INTAKE = frozenset((Role.INTAKE_OFFICER, Role.ADMIN))
_CASE = frozenset((Role.CASE_OFFICER, Role.APPROVER, Role.ADMIN))
_DESK = _INTAKE | _CASE
_PROGRAM = frozenset((Role.SYSTEM,))

_S = State
#: Every state of a dossier that the office has seen.
SENT = tuple(state for state in State if state not in (State.DRAFT, State.CANCELLED))


@attrs.frozen
class Transition:
    """One line of the table: *roles* may do *action* in each of *sources*; it leads to *target*."""

    action: Action
    sources: tuple[State, ...]
    #: None: the state stays; or, in the state that *returns* names, the one before it follows.
    target: State | None
    roles: frozenset[Role]
    #: Facts that its event must state.
    needs: tuple[str, ...] = ()
    #: The clock is stopped until the dossier returns.
    pauses: bool = False
    #: Those of *sources* that stay, and in which no clock runs.
    stays: tuple[State, ...] = ()
    #: The state that it ends: the dossier returns to the state before, and the clock continues.
    returns: State | None = None


#: Everything that can happen to a dossier after it was begun.
TABLE = (
    Transition(Action.SAVE, (_S.DRAFT,), _S.DRAFT, _CITIZEN | _DESK),
    Transition(Action.CANCEL, (_S.DRAFT,), _S.CANCELLED, _CITIZEN | _DESK),
    Transition(Action.RESTORE, (_S.CANCELLED,), _S.DRAFT, _CITIZEN | _DESK),
    Transition(Action.SUBMIT, (_S.DRAFT,), _S.SUBMITTED, _CITIZEN | _DESK),
    Transition(Action.ACCEPT, (_S.SUBMITTED,), _S.ACCEPTED, _INTAKE),
    Transition(Action.REFUSE, (_S.SUBMITTED,), _S.REFUSED, _INTAKE, ("note",)),
    Transition(Action.ASSIGN, (_S.ACCEPTED, _S.PROCESSING), _S.PROCESSING, _DESK, ("officer",)),
    Transition(Action.ADVANCE, (_S.PROCESSING,), _S.PROCESSING, _CASE, ("step",)),
    Transition(
        Action.REQUEST_SUPPLEMENT, (_S.SUBMITTED, _S.ACCEPTED, _S.PROCESSING), _S.SUPPLEMENT_REQUESTED, _DESK,
        ("asked", "note"), pauses=True,
    ),
    Transition(
        Action.SUPPLEMENT, (_S.SUPPLEMENT_REQUESTED,), None, _CITIZEN | _DESK, ("answers",),
        returns=_S.SUPPLEMENT_REQUESTED,
    ),
    Transition(
        Action.REQUEST_PAYMENT, (_S.SUBMITTED, _S.ACCEPTED, _S.PROCESSING, _S.COMPLETED), _S.PAYMENT_REQUESTED, _DESK,
        ("amount",), pauses=True, stays=(_S.SUBMITTED, _S.COMPLETED),
    ),
    Transition(Action.SETTLE, SENT, None, _DESK | _PROGRAM, ("payment",), returns=_S.PAYMENT_REQUESTED),
    # Money comes in when it comes in, also after a dossier ended.
    Transition(Action.SURPLUS, SENT, None, _PROGRAM, ("surplus", "ref")),
    Transition(Action.REFUND, SENT, None, _DESK, ("note",)),
    Transition(Action.SUSPEND, (_S.PROCESSING,), _S.SUSPENDED, _CASE, ("note",), pauses=True),
    Transition(Action.RESUME, (_S.SUSPENDED,), None, _CASE | _PROGRAM, returns=_S.SUSPENDED),
    Transition(Action.EXTEND, (_S.ACCEPTED, _S.PROCESSING), None, _CASE, ("due", "note")),
    # The calendar changed; a day that an officer promised is changed only by an extension.
    Transition(Action.REDATE, (_S.ACCEPTED, _S.PROCESSING), None, _PROGRAM, ("due", "note")),
    Transition(
        Action.WITHDRAW,
        (_S.SUBMITTED, _S.ACCEPTED, _S.PROCESSING, _S.SUPPLEMENT_REQUESTED, _S.PAYMENT_REQUESTED, _S.SUSPENDED),
        _S.WITHDRAWN, _CITIZEN,
    ),
    Transition(
        Action.STOP, (_S.PROCESSING, _S.SUPPLEMENT_REQUESTED, _S.PAYMENT_REQUESTED, _S.SUSPENDED), _S.STOPPED, _CASE,
        ("note",),
    ),
    Transition(Action.PROPOSE, (_S.PROCESSING,), _S.PROCESSING, _CASE, ("outcome",)),
    Transition(Action.COMPLETE, (_S.PROCESSING,), _S.COMPLETED, _CASE, ("outcome",)),
    Transition(Action.HAND_OVER, (_S.COMPLETED,), _S.RETURNED, _DESK, ("evidence",)),
    Transition(Action.REOPEN, (_S.COMPLETED,), _S.PROCESSING, _CASE, ("note",)),
    Transition(Action.MESSAGE, SENT, None, _CITIZEN | _DESK, ("note",)),
    Transition(Action.ASK_ERASURE, (_S.REFUSED, _S.WITHDRAWN, _S.STOPPED, _S.RETURNED), None, _CITIZEN),
    Transition(Action.ERASE, (_S.REFUSED, _S.WITHDRAWN, _S.STOPPED, _S.RETURNED), None, frozenset((Role.ADMIN, Role.SYSTEM))),
)  # fmt: skip

#: A fee is owed, or its amount is not set yet.
OPEN = (Payment.DUE, Payment.UNDECIDED)
_BY_ACTION: Mapping[Action, Transition] = {transition.action: transition for transition in TABLE}
#: No state follows; only the personal data remains to be erased.
FINAL = frozenset((_S.REFUSED, _S.WITHDRAWN, _S.STOPPED, _S.RETURNED))
#: The office owes the citizen nothing more.
RESOLVED = frozenset((_S.REFUSED, _S.WITHDRAWN, _S.STOPPED, _S.COMPLETED, _S.RETURNED))


def target(dossier: Dossier, action: Action) -> State:
    """The state after *action*.

    Raises:
        ForbiddenAction: the state does not allow it.
    """
    transition = _BY_ACTION.get(action)
    if transition is None or dossier.state not in transition.sources:
        allowed = ", ".join(sorted(r.action.value for r in TABLE if dossier.state in r.sources)) or "nothing"
        message = f"{action.value} is not possible in state {dossier.state.name.lower()}; possible: {allowed}"
        raise ForbiddenAction(message, "state")
    if dossier.state in transition.stays:
        return dossier.state
    if transition.target is not None:
        return transition.target
    back = dossier.handling.back
    return back if back is not None and dossier.state is transition.returns else dossier.state


def pauses(dossier: Dossier, action: Action) -> bool:
    """Whether *action* stops the clock."""
    transition = _BY_ACTION[action]
    return transition.pauses and dossier.state not in transition.stays


def refusal(dossier: Dossier, action: Action, actor: Actor, workflow: Workflow = UNRESTRICTED) -> str | None:
    """The reason why *actor* may not do *action* now, as a keyword; None if it is allowed."""
    transition = _BY_ACTION.get(action)
    if transition is None or dossier.state not in transition.sources:
        return "state"
    if _role(dossier, actor) not in transition.roles:
        return "role"
    if not workflow.offers(action) and not _decides_fee(dossier, action):
        return "workflow"
    if dossier.state in transition.stays and not _decides_fee(dossier, action):
        return "state"
    if action is Action.SUPPLEMENT and actor.role in OFFICERS and dossier.handling.channel is Channel.ONLINE:
        # Dossiers from the counter are corrected there; officers never change answers that a citizen typed.
        return "role" if dossier.owner != actor.id else None
    if action is Action.EXTEND and dossier.handling.clock.extensions >= workflow.extensions:
        return "extended"
    if action is Action.COMPLETE and workflow.four_eyes:
        if actor.role is not Role.APPROVER or not dossier.handling.result.proposed:
            return "approver"
        if dossier.handling.result.proposed == actor.id:
            return "four-eyes"
    if action in (Action.ASK_ERASURE, Action.ERASE, Action.MESSAGE) and _is_erased(dossier.handling, action):
        return "erased"
    return _money(dossier.handling, action)


def _decides_fee(dossier: Dossier, action: Action) -> bool:
    """Whether *action* sets the amount of a fee that does not follow from the answers."""
    return action is Action.REQUEST_PAYMENT and dossier.handling.money.payment is Payment.UNDECIDED


def _money(handling: Handling, action: Action) -> str | None:
    """The reason why fees prevent *action*: acceptance and handing over wait for payment."""
    payment = handling.money.payment
    if action in (Action.ACCEPT, Action.HAND_OVER) and payment is Payment.DUE:
        return "unpaid"
    if action in (Action.ACCEPT, Action.HAND_OVER) and payment is Payment.UNDECIDED:
        return "undecided"
    if action is Action.SETTLE and payment not in OPEN:
        return "nothing-due"
    if action is Action.REQUEST_PAYMENT and payment is Payment.DUE:
        return "unpaid"
    if action is Action.REFUND and payment is not Payment.PAID and not handling.money.surplus:
        return "nothing-paid"
    return None


def _role(dossier: Dossier, actor: Actor) -> Role:
    """The role of *actor* for *dossier*: officers are citizens for their own dossiers."""
    return Role.CITIZEN if dossier.owner == actor.id and actor.role is not Role.SYSTEM else actor.role


def _is_erased(handling: Handling, action: Action) -> bool:
    return handling.erasure.done is not None or (action is Action.ASK_ERASURE and handling.erasure.asked is not None)


def permitted(dossier: Dossier, actor: Actor, workflow: Workflow = UNRESTRICTED) -> tuple[Action, ...]:
    """The actions that *actor* can do now, in the order of the table."""
    return tuple(transition.action for transition in TABLE if refusal(dossier, transition.action, actor, workflow) is None)


def guard(dossier: Dossier, action: Action, actor: Actor, facts: Facts, workflow: Workflow = UNRESTRICTED) -> None:
    """Raise ForbiddenAction if *actor* may not do *action* with *facts* now: role, state, procedure or facts forbid it."""
    target(dossier, action)
    if (why := refusal(dossier, action, actor, workflow)) is not None:
        raise ForbiddenAction(f"{action.value} is not for {_role(dossier, actor)} now: {why}", why)
    needed = {need: fact(facts, need) for need in _BY_ACTION[action].needs}
    missing = [need for need, value in needed.items() if value in (None, "", ())]
    if missing:
        raise ForbiddenAction(f"{action.value} needs {', '.join(missing)}", f"needs-{missing[0]}")
    for need, value in needed.items():
        allowed = tuple(workflow.steps) if need == "step" else _WORDS.get(need)
        if allowed is not None and value not in allowed:
            words = ", ".join(word.value if isinstance(word, Enum) else word for word in allowed)
            raise ForbiddenAction(f"{value} is no {need} here; known: {words}", f"needs-{need}")
    match facts:
        case RequestSupplementFacts() if unknown := sorted({*(facts.reasons or {}).values()} - {*REASONS}):
            message = f"{unknown[0]} is no reason to ask for a supplement; known: {', '.join(REASONS)}"
            raise ForbiddenAction(message, "needs-asked")
        case CompleteFacts() if facts.outcome is not Outcome.APPROVED and not facts.note:
            raise ForbiddenAction("an outcome other than approved needs a reason: note", "needs-note")
    _guard_money(dossier, action, facts)


def _guard_money(dossier: Dossier, action: Action, facts: Facts) -> None:
    undecided = dossier.handling.money.payment is Payment.UNDECIDED
    if action is Action.SETTLE and undecided and facts.bill.payment is not Payment.WAIVED:
        raise ForbiddenAction("a fee cannot be paid before its amount is known; waive it, or ask for it", "undecided")
    amount = facts.bill.amount
    if action is Action.REQUEST_PAYMENT and not (type(amount) is int and amount > 0):
        raise ForbiddenAction("the amount of a fee is a number of đồng above 0", "needs-amount")


#: Facts of which only some values are allowed.
_WORDS: Mapping[str, tuple[str | Payment, ...]] = {"payment": (Payment.PAID, Payment.WAIVED), "evidence": EVIDENCE}


def step(dossier: Dossier, event: Event) -> Dossier:
    """*dossier* after *event*, without changes of its answers.

    Raises:
        ForbiddenAction: the state does not allow it.
    """
    state = target(dossier, event.action)
    changed = attrs.evolve(
        dossier, state=state, version=dossier.version + 1, changed=event.at, handling=_handled(dossier, state, event)
    )
    if event.action is Action.SUPPLEMENT and dossier.handling.supplement.update:
        return attrs.evolve(changed, revision=dossier.handling.supplement.update)
    facts = event.facts
    if not isinstance(facts, SubmitFacts):
        return changed
    if facts.code is None or facts.agency is None:
        raise ForbiddenAction("a submission states its code and its agency")
    return attrs.evolve(changed, submitted=event.at, code=DossierCode(facts.code), agency=facts.agency, declared=())


def pays_off(before: Dossier, after: Dossier) -> bool:
    """Whether the debt before a step is no longer owed after it: nothing is, or another amount."""
    was, now = before.handling.money, after.handling.money
    return was.payment is Payment.DUE and (now.payment is not Payment.DUE or now.amount != was.amount)


def _handled(dossier: Dossier, state: State, event: Event) -> Handling:
    handling, action = dossier.handling, event.action
    changed = _stated(handling, event.facts)
    clock = changed.clock
    if pauses(dossier, action):
        changed = attrs.evolve(changed, back=dossier.state, clock=attrs.evolve(clock, paused=event.at, running=None))
    elif _BY_ACTION[action].returns is dossier.state:
        running = event.at if clock.limit is not None else None
        clock = attrs.evolve(clock, paused=None, until=None, running=running)
        changed = attrs.evolve(changed, back=None, clock=clock, supplement=RequestedSupplement())
    if state in FINAL and changed.money.payment in OPEN:
        changed = attrs.evolve(changed, money=attrs.evolve(changed.money, payment=Payment.NONE))
    if state in RESOLVED and handling.result.resolved is None:
        clock = attrs.evolve(changed.clock, paused=None, until=None)
        result = attrs.evolve(changed.result, resolved=event.at)
        changed = attrs.evolve(changed, back=None, clock=clock, supplement=RequestedSupplement(), result=result)
    return _settled(changed, event)


def _stated(handling: Handling, facts: Facts) -> Handling:
    """*handling* with what *facts* state."""
    clock = changed_by(handling.clock, facts.clock)
    # The surplus is a sum, see `_settled`.
    money = changed_by(handling.money, attrs.evolve(facts.bill, surplus=None))
    changed = attrs.evolve(handling, clock=clock, money=money)
    match facts:
        case SubmitFacts():
            own = {name: getattr(facts, name) for name in ("unit", "sector", "channel", "declared")}
            return attrs.evolve(changed, **{name: value for name, value in own.items() if value is not None})
        case AcceptFacts() if facts.receipt is not None:
            return attrs.evolve(changed, receipt=facts.receipt)
        case AssignFacts() if facts.officer is not None:
            return attrs.evolve(changed, officer=facts.officer)
        case AdvanceFacts() if facts.step is not None:
            return attrs.evolve(changed, step=facts.step)
        case RequestSupplementFacts():
            supplement = RequestedSupplement(facts.asked or (), facts.update or "", facts.reasons or {})
            return attrs.evolve(changed, supplement=supplement)
        case SupplementFacts() if facts.declared:
            return attrs.evolve(changed, declared=tuple(sorted({*handling.declared, *facts.declared})))
        case ProposeFacts() if facts.outcome is not None:
            return attrs.evolve(changed, result=attrs.evolve(handling.result, outcome=facts.outcome))
        case CompleteFacts():
            own = {"outcome": facts.outcome, "days": facts.days, "spanned": facts.spanned}
            stated = {name: value for name, value in own.items() if value is not None}
            return attrs.evolve(changed, result=attrs.evolve(handling.result, **stated))
        case _:
            return changed


def _settled(handling: Handling, event: Event) -> Handling:
    """*handling* with the changes that every event of its kind makes."""
    clock, money, result = handling.clock, handling.money, handling.result
    match event.action:
        case Action.ACCEPT:
            running = event.at if clock.limit is not None else None
            return attrs.evolve(handling, accepted=event.at, clock=attrs.evolve(clock, running=running))
        case Action.EXTEND:
            return attrs.evolve(handling, clock=attrs.evolve(clock, extensions=clock.extensions + 1))
        case Action.REQUEST_PAYMENT:
            return attrs.evolve(handling, money=attrs.evolve(money, payment=Payment.DUE))
        case Action.SURPLUS | Action.SUPPLEMENT | Action.REFUSE | Action.WITHDRAW | Action.STOP:
            surplus = money.surplus + (event.facts.bill.surplus or 0)
            return attrs.evolve(handling, money=attrs.evolve(money, surplus=surplus))
        case Action.REFUND if money.surplus:
            return attrs.evolve(handling, money=attrs.evolve(money, surplus=0))
        case Action.REFUND:
            return attrs.evolve(handling, money=attrs.evolve(money, payment=Payment.REFUNDED))
        case Action.MESSAGE:
            return attrs.evolve(handling, unanswered=event.at if _is_by_owner(event.facts) else None)
        case Action.PROPOSE:
            return attrs.evolve(handling, result=attrs.evolve(result, proposed=event.actor))
        case Action.COMPLETE:
            return attrs.evolve(handling, result=attrs.evolve(result, delivery=Delivery.READY))
        case Action.HAND_OVER:
            return attrs.evolve(handling, result=attrs.evolve(result, delivery=Delivery.HANDED_OVER))
        case Action.REOPEN:
            return attrs.evolve(handling, result=Result())
        case Action.ASK_ERASURE:
            return attrs.evolve(handling, erasure=attrs.evolve(handling.erasure, asked=event.at))
        case Action.ERASE:
            return attrs.evolve(handling, erasure=attrs.evolve(handling.erasure, done=event.at))
        case _:
            return handling


def _is_by_owner(facts: Facts) -> bool:
    return isinstance(facts, MessageFacts) and facts.by == "owner"
