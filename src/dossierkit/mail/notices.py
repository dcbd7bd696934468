"""The mails that tell the owner of a dossier about an action."""

from __future__ import annotations

from datetime import datetime

from dossierkit.dossiers.deadlines.calendars import office_time
from dossierkit.dossiers.lifecycle.dossier import Dossier
from dossierkit.dossiers.lifecycle.event_facts import BillChange
from dossierkit.dossiers.mails import SendMail
from dossierkit.dossiers.people.account import Account, Notices
from dossierkit.dossiers.procedure.procedure import Procedure
from dossierkit.dossiers.states import Action
from dossierkit.mail.letters import Office, letter

#: Actions that owners with `Notices.ALL` or `Notices.NEEDED` get a mail about.
NEEDED = frozenset(
    (
        Action.SUBMIT,
        Action.REFUSE,
        Action.REQUEST_SUPPLEMENT,
        Action.REQUEST_PAYMENT,
        Action.EXTEND,
        Action.REDATE,
        Action.STOP,
        Action.WITHDRAW,
        Action.COMPLETE,
        Action.REOPEN,
        Action.SURPLUS,
        Action.REFUND,
        Action.ASK_ERASURE,
        Action.ERASE,
    )
)
#: Actions that owners with `Notices.ALL` get a mail about.
ANNOUNCED = NEEDED | frozenset(
    (Action.ACCEPT, Action.ASSIGN, Action.SUPPLEMENT, Action.SETTLE, Action.SUSPEND, Action.RESUME, Action.HAND_OVER)
)


def dossier_in(key: str) -> str:
    """The id of the dossier that a mail of `notices` with this *key* is about; the id of no dossier for any other mail."""
    return f"{key}:".split(":")[1]


def notices(
    owner: Account | None,
    officer: Account | None,
    before: Dossier,
    after: Dossier,
    procedure: Procedure,
    action: Action,
    bill: BillChange,
    office: Office,
    check: str = "",
) -> tuple[SendMail, ...]:
    """The mails that tell *owner* that *action* led from *before* to *after*.  *check* is the check code of the dossier.

    Guests and owners with an unproven address get none.
    """
    if action is Action.MESSAGE:
        return _of_a_message(owner, officer, before, after, office)
    wanted = {Notices.ALL: ANNOUNCED, Notices.NEEDED: NEEDED, Notices.NONE: frozenset[Action]()}
    if (
        owner is None
        or not owner.reachable
        or action not in wanted[owner.notices]
        or (action is Action.ASSIGN and before.state is after.state)
    ):
        return ()
    values = {
        "code": str(after.code),
        "check": check,
        "procedure": procedure.title(owner.language),
        "receipt": after.handling.receipt,
        "due": _day(after.handling.clock.due),
        "amount": _dong(bill.amount if bill.surplus is None else bill.surplus),
    }
    # With the version in the key, each action is one mail, even if its transaction is retried.
    key, path = f"{action.value}:{after.id}:{after.version}", f"/dossiers/{after.code}"
    return (letter(action.value, owner.language, office, key=key, to=owner.mail, path=path, **values),)


def _of_a_message(
    owner: Account | None, officer: Account | None, before: Dossier, after: Dossier, office: Office
) -> tuple[SendMail, ...]:
    """A mail to the other side about a new message, without its text, as mail is not confidential.

    Args:
        officer: the assigned officer, if there is one.
    """
    asks = after.handling.unanswered is not None
    reader = officer if asks else owner
    if reader is None or reader.disabled or not reader.reachable or (not asks and reader.notices is Notices.NONE):
        return ()
    path = f"/desk/{after.code}" if asks else f"/dossiers/{after.code}"
    key = f"message:{after.id}:{before.version}:{after.version}"
    return (letter("message", reader.language, office, key=key, to=reader.mail, path=f"{path}#thread", code=str(after.code)),)


def _dong(amount: int | None) -> str:
    return f"{amount:,} đ".replace(",", ".") if amount is not None else ""


def _day(moment: datetime | None) -> str:
    return f"{office_time(moment):%d/%m/%Y}" if moment is not None else ""
