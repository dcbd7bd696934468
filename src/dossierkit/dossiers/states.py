"""The words of a dossier's life: states, actions, roles, and the axes that run beside the state."""

from __future__ import annotations

from enum import Enum, IntEnum, StrEnum


class State(IntEnum):
    """The state of a dossier.  1 to 10 are the national codes; the others are internal, see `national`."""

    DRAFT = 0
    SUBMITTED = 1
    ACCEPTED = 2
    REFUSED = 3
    PROCESSING = 4
    SUPPLEMENT_REQUESTED = 5
    PAYMENT_REQUESTED = 6
    WITHDRAWN = 7
    STOPPED = 8
    COMPLETED = 9
    RETURNED = 10
    #: Paused by the office for some time.
    SUSPENDED = 11
    #: A deleted draft; it can be restored for a day.
    CANCELLED = 12

    @property
    def national(self) -> int:
        """The code for other systems; 0 for states that are not reported."""
        return {State.SUSPENDED: 8, State.CANCELLED: 0}.get(self, int(self))


class Action(Enum):
    """The actions on a dossier."""

    BEGIN = "begin"
    SAVE = "save"
    SUBMIT = "submit"
    CANCEL = "cancel"
    RESTORE = "restore"
    WITHDRAW = "withdraw"
    SUPPLEMENT = "supplement"
    ACCEPT = "accept"
    REFUSE = "refuse"
    ASSIGN = "assign"
    ADVANCE = "advance"
    REQUEST_SUPPLEMENT = "request-supplement"
    REQUEST_PAYMENT = "request-payment"
    SETTLE = "settle"
    SUSPEND = "suspend"
    RESUME = "resume"
    EXTEND = "extend"
    STOP = "stop"
    PROPOSE = "propose"
    COMPLETE = "complete"
    HAND_OVER = "hand-over"
    REOPEN = "reopen"
    REDATE = "redate"
    #: Money came in when nothing was owed.
    SURPLUS = "surplus"
    REFUND = "refund"
    MESSAGE = "message"
    ASK_ERASURE = "ask-erasure"
    ERASE = "erase"


#: Actions that a history for the owner leaves out: work on a draft, what officers propose, messages.
UNLISTED = frozenset((Action.SAVE, Action.CANCEL, Action.RESTORE, Action.PROPOSE, Action.MESSAGE))
#: Actions whose notes only officers may read.
NOTED_FOR_OFFICERS = frozenset((Action.ASSIGN, Action.ADVANCE, Action.PROPOSE))


class Role(StrEnum):
    """The role of an actor."""

    GUEST = "guest"
    CITIZEN = "citizen"
    INTAKE_OFFICER = "intake_officer"
    CASE_OFFICER = "case_officer"
    APPROVER = "approver"
    ADMIN = "admin"
    #: The program itself: a payment that came in, a day that passed.
    SYSTEM = "system"


#: Roles that file dossiers, and roles that work on those of a unit.
CITIZENS = frozenset((Role.GUEST, Role.CITIZEN))
OFFICERS = frozenset((Role.INTAKE_OFFICER, Role.CASE_OFFICER, Role.APPROVER, Role.ADMIN))


class Channel(IntEnum):
    """How a dossier reached the office."""

    COUNTER = 1
    ONLINE = 2
    POST = 3


class Payment(Enum):
    """Whether money is owed; an axis of its own beside the state."""

    NONE = "none"
    #: A fee is to be paid, and an officer has to say how much it is.
    UNDECIDED = "undecided"
    DUE = "due"
    PAID = "paid"
    WAIVED = "waived"
    REFUNDED = "refunded"


class Delivery(Enum):
    """Where the result is; an axis of its own beside the state."""

    NONE = "none"
    READY = "ready"
    HANDED_OVER = "handed-over"


#: Reasons for a place in a supplement.
REASONS = ("wrong", "missing", "outdated")
#: Ways in which a result reaches its owner.
EVIDENCE = ("counter", "post", "online")


class Outcome(Enum):
    """The outcome of a completed dossier."""

    APPROVED = "approved"
    REJECTED = "rejected"
    RETURNED = "returned"
