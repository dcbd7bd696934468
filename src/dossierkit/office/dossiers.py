"""Reading dossiers: who may open one, what a citizen or an officer finds, what a stranger looks up."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import chain

import attrs

from dossierkit.dossiers.codes import DossierCode, check_code, meant_codes, meant_receipts
from dossierkit.dossiers.lifecycle.dossier import Actor, Dossier, Event, Note, Query, may_see
from dossierkit.dossiers.states import Role
from dossierkit.errors import CodeError, UnknownDossier
from dossierkit.office.context import Context


@attrs.frozen(eq=False)
class Dossiers:
    """The dossiers in a store.  An actor who may not see one gets the same answer as if there were none."""

    context: Context

    def open(self, id: str, actor: Actor) -> Dossier:
        """See `Engine.open`."""
        dossier = self.context.store.get(id)
        if dossier is None or not may_see(dossier, actor):
            raise UnknownDossier("no such dossier")
        return dossier

    def history(self, dossier: Dossier) -> tuple[Event, ...]:
        """See `Engine.history`."""
        return self.context.store.events(dossier.id)

    def find(
        self, actor: Actor, query: Query | None = None, *, before: str | None = None, limit: int = 20
    ) -> tuple[Dossier, ...]:
        """See `Engine.find`."""
        return self.context.store.find(actor.id, (query or Query()).folded(), before=before, limit=limit)

    def desk(
        self, actor: Actor, query: Query | None = None, *, before: str | None = None, limit: int = 20
    ) -> tuple[Dossier, ...]:
        """See `Engine.desk`."""
        seen = _of_the_desk(actor, query or Query())
        return self.context.store.find(None, seen.folded(), before=before, limit=limit) if seen is not None else ()

    def desk_count(self, actor: Actor, query: Query, *, most: int = 1_000) -> int:
        """See `Engine.desk_count`."""
        seen = _of_the_desk(actor, query)
        return self.context.store.count(seen, most + 1) if seen is not None else 0

    def notes(self, dossier: Dossier) -> Mapping[int, Note]:
        """See `Engine.notes`."""
        return self.context.store.notes(dossier.id)

    def has(self, code: DossierCode) -> bool:
        """Whether a dossier has this code."""
        return self.context.store.by_code(code) is not None

    def lookup(self, typed: str) -> Dossier | None:
        """See `Engine.lookup`."""
        codes, receipts = meant_codes(typed), meant_receipts(typed, self.context.agency)
        by_code = filter(None, map(self.context.store.by_code, codes))
        by_receipt = filter(None, map(self.context.store.by_receipt, receipts))
        dossier = next(chain(by_code, by_receipt), None)
        if dossier is None and not codes and len(receipts) == 1 and "/" not in typed:
            raise CodeError(f"{typed!r} is no dossier code and no receipt number; one looks like H29.15-261122-0001")
        return dossier

    def check_code(self, dossier: Dossier) -> str:
        """See `Engine.check_code`."""
        return printed_code(self.context.check_key(), dossier)


def _of_the_desk(actor: Actor, query: Query) -> Query | None:
    """*query* within what *actor* may see; None where that is nothing."""
    if actor.is_citizen or not (actor.unit or actor.role is Role.ADMIN):
        return None
    return attrs.evolve(query, unit=actor.unit or query.unit)


def printed_code(key: bytes, dossier: Dossier) -> str:
    """The check code of *dossier*; empty for a draft, which has no code yet."""
    return check_code(key, dossier.code) if dossier.code is not None else ""
