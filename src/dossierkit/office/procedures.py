"""Procedures as dossiers need them: the current one for a new draft, and the revision that a dossier was filed under."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import attrs

from dossierkit.catalog.index import CatalogEntry
from dossierkit.dossiers.lifecycle.dossier import Dossier
from dossierkit.dossiers.procedure.procedure import Procedure
from dossierkit.forms.schema.dialect import Dialect
from dossierkit.office.context import Context


@attrs.frozen(eq=False)
class Procedures:
    """The procedures of a catalog, by code and by the revision of a dossier."""

    context: Context

    _restored: Callable[[str, str], Procedure] = attrs.field(
        init=False, default=attrs.Factory(lambda self: lru_cache(maxsize=256)(self._restore), takes_self=True)
    )

    @property
    def dialect(self) -> Dialect:
        """Keywords, formats, widgets and option lists of procedure files."""
        return self.context.catalog.dialect

    def list(self, query: str = "", *, language: str = "vi") -> tuple[CatalogEntry, ...]:
        """See `Engine.procedures`."""
        return self.context.catalog.list(query=query, language=language)

    def current(self, code: str) -> Procedure:
        """See `Engine.procedure`."""
        return self.context.catalog.procedure(code)

    def known_revision(self, code: str) -> str:
        """The revision of the procedure *code* from memory alone; empty if there is none, or the last look is too old."""
        return self.context.catalog.known_revision(code)

    def edition(self) -> int:
        """A number that changes with the set of served revisions."""
        return self.context.catalog.edition()

    def of(self, dossier: Dossier) -> Procedure:
        """See `Engine.procedure_of`."""
        return self.restored(dossier.revision, dossier.procedure)

    def restored(self, revision: str, code: str) -> Procedure:
        """The procedure *code* in an earlier *revision*, read from the bundle in the store."""
        return self._restored(revision, code)

    def _restore(self, revision: str, code: str) -> Procedure:
        bundle = self.context.store.bundle(revision)
        assert bundle is not None, f"the bundle of revision {revision} is gone from the store"
        return self.context.catalog.procedure_from_bundle(bundle, code)
