"""Administration of the whole office: procedure files, failed mails, latest events."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import attrs

from dossierkit.catalog.catalog import FileState
from dossierkit.catalog.index import Finding
from dossierkit.catalog.lint import SourceLint
from dossierkit.catalog.sources import Source
from dossierkit.dossiers.codes import DossierCode
from dossierkit.dossiers.lifecycle.dossier import Event
from dossierkit.dossiers.mails import Outgoing
from dossierkit.dossiers.procedure.procedure import Procedure
from dossierkit.office.context import Context
from dossierkit.ports import Publication


@attrs.frozen(eq=False)
class Administration:
    """The procedure files of an installation, its outbox and its journal."""

    context: Context

    @property
    def source(self) -> Source:
        """Where procedure files come from."""
        return self.context.catalog.source

    @property
    def publication(self) -> Publication | None:
        """The publication that this program serves; None if it reads a folder, or if nothing is published."""
        return self.context.catalog.publication

    def publications(self, limit: int = 10) -> tuple[Publication, ...]:
        """The newest publications in the store, newest first."""
        return self.context.store.publications(limit=limit)

    def files(self) -> tuple[FileState, ...]:
        """The state of each procedure file."""
        return self.context.catalog.files()

    def is_read(self) -> bool:
        """Whether every procedure file was read."""
        return self.context.catalog.is_read()

    def faults(self) -> tuple[Finding, ...]:
        """The faults of files that cannot be read."""
        return self.context.catalog.faults()

    def log_served_errors(self, lint: SourceLint) -> None:
        """Log each error that *lint* finds in a file that is served nevertheless, once for each revision."""
        lint.log_served_errors(self.context.catalog, self.context.today())

    def waiting(self) -> tuple[tuple[Procedure, Procedure | None], ...]:
        """Procedures that wait for approval, each with the one that is served until then."""
        return self.context.catalog.waiting()

    def approve(self, code: str, revision: str) -> bool:
        """Approve the waiting *revision* of a procedure; False if the file has changed since."""
        return self.context.catalog.approve(code, revision)

    def served(self) -> Mapping[str, str]:
        """Code → revision of every procedure that is served."""
        return self.context.catalog.served()

    def revisions(self) -> Mapping[tuple[str, str], int]:
        """(procedure, revision) → how many dossiers there are of it, drafts included; 0 where it is only served."""
        return {**dict.fromkeys(self.served().items(), 0), **self.context.store.revisions()}

    def size(self) -> int:
        """How many dossiers there are, drafts included."""
        return self.context.store.size()

    def failed_mails(self) -> tuple[Outgoing, ...]:
        """Mails that failed, or have to wait."""
        return self.context.store.outbox.failures()

    def send_again(self, id: int) -> None:
        """Try a mail once more at the next delivery."""
        self.context.store.outbox.retry(id, self.context.now())

    def latest(self, before: tuple[datetime, str, int] | None = None, *, actor: str = "", limit: int = 50) -> tuple[Event, ...]:
        """Events of dossiers that have a code, newest first; see `DossierStore.latest`."""
        return self.context.store.latest(before, actor=actor, limit=limit)

    def codes(self, ids: set[str]) -> dict[str, DossierCode | None]:
        """The codes of the dossiers *ids* that still exist."""
        dossiers = {id: self.context.store.get(id) for id in ids}
        return {id: dossier.code for id, dossier in dossiers.items() if dossier is not None}

    def guard_writable(self) -> None:
        """Raise UnwritableStore where the store can only be read."""
        self.context.store.guard_writable()
