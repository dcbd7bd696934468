"""Every exception that dossierkit raises on purpose.

What a person who fills a form can put right is a value (`findings.Problem`), not an exception.

    DossierkitError
    ├── DocumentError          the bytes are not JSON that we read
    ├── SchemaError            the JSON is no form: every fault at once
    ├── RuleError              a CEL expression cannot be compiled
    │   └── MissingRules       the library for them is not installed
    ├── SettingsError          a flag, variable or argument is wrong
    ├── CatalogError
    │   └── UnknownProcedure   no such code, or no such revision
    ├── CodeError              a dossier code or its template is malformed
    ├── DossierError
    │   ├── UnknownDossier     no such dossier for this actor
    │   ├── StaleDossier       somebody changed it since this version was read
    │   ├── ForbiddenAction    the state does not allow the action
    │   └── RefusedAnswers     a submission with problems
    ├── AccountError
    │   ├── SignInRefused      no such account, or another password
    │   ├── TooManyTries       too often; says when to come back
    │   ├── WeakPassword       the new password will not do
    │   ├── LinkWanted         the address has an account already, which is to be linked first
    │   ├── Busy               too many sign-ins at this moment
    │   └── StaleAccount       somebody changed it since this version was read
    ├── MailError              a mail did not get through
    ├── ForgedCallback         what claims to be a gateway is none
    ├── GatewayError           a gateway does not answer, or not as agreed
    ├── ForgedSlip             an acceptance slip that this office never signed
    ├── ScanError              nobody could look through a file
    └── StoreError
        ├── UnknownStore       no store for such an address
        ├── CorruptStore       the stored bytes are damaged
        ├── LostDossiers       the database is missing, or older than what was acknowledged
        ├── NewerStore         written by a newer version
        └── UnwritableStore    read-only, full or locked
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dossierkit.findings import Fault, Problem


class DossierkitError(Exception):
    """The root; catching it catches everything that dossierkit raises on purpose."""


class DocumentError(DossierkitError):
    """The bytes are not JSON that we read.  *line* and *column* count from 1; *file* where it is known."""

    def __init__(self, message: str, line: int = 1, column: int = 1, file: str = "") -> None:
        super().__init__(
            f"{file}: {message} (line {line}, column {column})" if file else f"{message} (line {line}, column {column})"
        )
        self.message = message
        self.file = file
        self.line = line
        self.column = column


class SchemaError(DossierkitError):
    """The JSON is no form; *faults* holds every reason."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__("; ".join(f"{fault.pointer or '/'}: {fault.message}" for fault in faults))
        self.faults = tuple(faults)


class RuleError(DossierkitError):
    """A CEL expression cannot be compiled, or asks for too much."""


class MissingRules(RuleError):
    """The library that evaluates rules is not installed."""


class SettingsError(DossierkitError):
    """A flag, variable or argument is wrong; the message says what would be right."""


class CatalogError(DossierkitError):
    """The folder of procedures cannot be used."""


class UnknownProcedure(CatalogError):
    """No procedure has this code (or revision)."""


class CodeError(DossierkitError):
    """A dossier code, or the template of one, is malformed."""


class DossierError(DossierkitError):
    """An action on a dossier did not happen."""


class UnknownDossier(DossierError):
    """No such dossier for this actor; a forbidden one answers the same."""


class StaleDossier(DossierError):
    """Somebody changed the dossier since this version was read; read it again."""


class ForbiddenAction(DossierError):
    """The action is not possible now, not for this actor, or it says too little.

    *why* is a stable word for whoever tells people: a word of `lifecycle.refusal`, or `needs-NAME` where the fact NAME is
    missing or not one of those that are known; empty where there is none.
    """

    def __init__(self, message: str, why: str = "") -> None:
        super().__init__(message)
        self.why = why


class RefusedAnswers(DossierError):
    """A submission with *problems*; nothing was stored."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        places = ", ".join(problem.at or "/" for problem in problems)
        super().__init__(f"the answers have problems at {places}")
        self.problems = tuple(problems)


class AccountError(DossierkitError):
    """Something about an account did not happen."""


class SignInRefused(AccountError):
    """No such account, or another password: which of the two is nobody's business."""


class TooManyTries(AccountError):
    """Too many tries; the next is heard after *wait* seconds."""

    def __init__(self, wait: int) -> None:
        super().__init__(f"too many tries; try again in {wait} seconds")
        self.wait = wait


class WeakPassword(AccountError):
    """The new password will not do; *fault* is a name of `password_fault`."""

    def __init__(self, fault: str) -> None:
        super().__init__(f"the password will not do: {fault}")
        self.fault = fault


class LinkWanted(AccountError):
    """Somebody comes from a sign-in elsewhere with an address that has an account: sign in there first, then link the two."""


class Busy(AccountError):
    """Too many passwords are being checked at this moment; try again in a few seconds."""


class StaleAccount(AccountError):
    """Somebody changed the account since this version was read; read it again."""


class ForgedCallback(DossierkitError):
    """A callback whose signature is not the gateway's; nothing in it is believed."""


class GatewayError(DossierkitError):
    """A gateway that was asked does not answer, or not as agreed."""


class ForgedSlip(DossierkitError):
    """An acceptance slip that was changed, or that this office never signed."""


class MailError(DossierkitError):
    """A mail did not get through; *final* where trying again is of no use."""

    def __init__(self, message: str, *, final: bool = False) -> None:
        super().__init__(message)
        self.final = final


class ScanError(DossierkitError):
    """Nobody could look through a file, so it is not taken."""


class StoreError(DossierkitError):
    """The store cannot do what was asked."""


class UnknownStore(StoreError):
    """No store for such an address."""


class CorruptStore(StoreError):
    """The stored bytes are damaged; restore a back-up."""


class LostDossiers(StoreError):
    """The database is missing, or older than what was acknowledged; nothing was changed."""


class NewerStore(StoreError):
    """The store was written by a newer version of dossierkit; upgrade first."""


class UnwritableStore(StoreError):
    """The store is read-only, full or locked; nothing was written."""
