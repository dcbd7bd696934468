"""Every exception that dossierkit raises on purpose.

A mistake that the person at the form can correct is a value (`findings.Problem`), not an exception.

    DossierkitError
    ├── DocumentError          the bytes are not JSON, or beyond the limits of the reader
    ├── SchemaError            the JSON is not a form; lists every fault
    ├── RuleError              a CEL expression cannot be compiled
    │   └── MissingRules       the library for them is not installed
    ├── SettingsError          a flag, variable or argument is wrong
    ├── CatalogError
    │   └── UnknownProcedure   no such code, or no such revision
    ├── CodeError              a dossier code or its template is malformed
    ├── DossierError
    │   ├── UnknownDossier     no such dossier for this actor
    │   ├── StaleDossier       it was changed since this version was read
    │   ├── ForbiddenAction    the state does not allow the action
    │   └── RefusedAnswers     a submission with problems
    ├── AccountError
    │   ├── SignInRefused      unknown account or wrong password
    │   ├── TooManyTries       rate limit reached; says when to retry
    │   ├── WeakPassword       the new password breaks the password rules
    │   ├── LinkWanted         the address has an account already; link it first
    │   ├── Busy               too many sign-ins at this moment
    │   └── StaleAccount       it was changed since this version was read
    ├── MailError              a mail was not delivered
    ├── ForgedCallback         a payment callback without the gateway's signature
    ├── GatewayError           a gateway does not answer, or breaks the protocol
    ├── ForgedSlip             an acceptance slip that this office did not sign
    ├── ScanError              the virus scanner could not check a file
    ├── FilesError             the store of files failed, or a file is damaged
    │   └── MissingBucket      the bucket of the settings does not exist
    └── StoreError
        ├── UnknownStore       no store for such an address
        ├── CorruptStore       the stored bytes are damaged
        ├── LostDossiers       the database is missing, or older than what was acknowledged
        ├── NewerStore         written by a newer version
        └── UnwritableStore    read-only, full or locked
            └── UnreachableStore  its server does not answer: it cannot be read either
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dossierkit.findings import Fault, Problem
    from dossierkit.translatable import Words


class DossierkitError(Exception):
    """The root; catching it catches everything that dossierkit raises on purpose."""


class DocumentError(DossierkitError):
    """The bytes are not JSON, or beyond the limits of the reader.

    *line* and *column* count from 1; *file* is empty where it is unknown.
    """

    def __init__(self, message: Words, line: int = 1, column: int = 1, file: str = "") -> None:
        super().__init__(
            f"{file}: {message} (line {line}, column {column})" if file else f"{message} (line {line}, column {column})"
        )
        self.message = message
        self.file = file
        self.line = line
        self.column = column


class SchemaError(DossierkitError):
    """The JSON is not a form; *faults* holds every reason."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__("; ".join(f"{fault.pointer or '/'}: {fault.message}" for fault in faults))
        self.faults = tuple(faults)


class RuleError(DossierkitError):
    """A CEL expression cannot be compiled, or exceeds a limit."""


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
    """No such dossier for this actor; raised also for a dossier that the actor may not see."""


class StaleDossier(DossierError):
    """The dossier was changed since this version was read; read it again."""


class ForbiddenAction(DossierError):
    """The state does not allow the action, the actor may not do it, or a fact is missing.

    *why* is a stable id that a user interface can translate: a word of `transitions.refusal`, or `needs-NAME` if the fact
    NAME is missing or has an unknown value; empty if there is no id for the reason.
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
    """An action on an account did not happen."""


class SignInRefused(AccountError):
    """Unknown account or wrong password; the error does not tell which, so that addresses cannot be probed."""


class TooManyTries(AccountError):
    """Rate limit reached; the next try is accepted after *wait* seconds."""

    def __init__(self, wait: int) -> None:
        super().__init__(f"too many tries; try again in {wait} seconds")
        self.wait = wait


class WeakPassword(AccountError):
    """The new password breaks a password rule; *fault* is a name of `password_fault`."""

    def __init__(self, fault: str) -> None:
        super().__init__(f"the password is refused: {fault}")
        self.fault = fault


class LinkWanted(AccountError):
    """A single sign-on names an address that has an account already: sign in to the account first, then link the two."""


class Busy(AccountError):
    """Too many passwords are being checked at this moment; try again in a few seconds."""


class StaleAccount(AccountError):
    """The account was changed since this version was read; read it again."""


class ForgedCallback(DossierkitError):
    """A callback whose signature is not the gateway's; its content is ignored."""


class GatewayError(DossierkitError):
    """A gateway does not answer a status query, or its answer breaks the protocol."""


class ForgedSlip(DossierkitError):
    """An acceptance slip that was changed, or that this office did not sign."""


class MailError(DossierkitError):
    """A mail was not delivered; *final* if a retry cannot succeed."""

    def __init__(self, message: str, *, final: bool = False) -> None:
        super().__init__(message)
        self.final = final


class ScanError(DossierkitError):
    """The virus scanner could not check a file, so the file is refused."""


class FilesError(DossierkitError):
    """The store of files failed, or the bytes of a file are not those that were stored."""


class MissingBucket(FilesError):
    """The bucket of the settings does not exist: no file can be stored, and none is gone."""


class StoreError(DossierkitError):
    """The store cannot do the operation."""


class UnknownStore(StoreError):
    """No store is registered for this address."""


class CorruptStore(StoreError):
    """The stored bytes are damaged; restore a back-up."""


class LostDossiers(StoreError):
    """The database is missing, or older than what was acknowledged; nothing was changed."""


class NewerStore(StoreError):
    """The store was written by a newer version of dossierkit; upgrade first."""


class UnwritableStore(StoreError):
    """The store is read-only, full or locked; nothing was written."""


class UnreachableStore(UnwritableStore):
    """The server of the store does not answer: nothing can be read, and the last write may be done or not."""
