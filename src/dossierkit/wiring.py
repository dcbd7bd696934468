"""The one place that knows every implementation: `open_engine`."""

from __future__ import annotations

import secrets
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from dossierkit.errors import UnknownStore
from dossierkit.forms.dialect import STANDARD, Dialect

if TYPE_CHECKING:
    from dossierkit.engine import Engine
    from dossierkit.ports import Clock, DossierStore, Tokens

#: Issues codes where neither a procedure nor the operator names an agency; the last part is not verified.
AGENCY = "H29.15"
STORES = ("memory", "sqlite")


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """See `Clock.now`."""
        return datetime.now(UTC)


class RandomTokens:
    """Unguessable texts of 128 bits."""

    def token(self) -> str:
        """See `Tokens.token`."""
        return secrets.token_hex(16)


def open_engine(
    store: str,
    *,
    procedures: Path | str | None = None,
    dialect: Dialect = STANDARD,
    agency: str = AGENCY,
    clock: Clock | None = None,
    tokens: Tokens | None = None,
) -> Engine:
    """An engine over *store*: `memory:`, or `sqlite:PATH`.

    Args:
        procedures: the folder of procedure files; the samples that ship where none is named.
        dialect: formats, widgets, functions and lists beyond the standard ones.
        agency: the id that dossier codes begin with.

    Raises:
        UnknownStore: no store for this address.
        StoreError: the store cannot be opened.
        CatalogError: there is no such folder.
    """
    from dossierkit.catalog import Catalog
    from dossierkit.engine import Engine

    scheme, _, place = store.partition(":")
    if scheme not in STORES or (scheme == "sqlite" and not place):
        raise UnknownStore(f"no store for {store!r}; known: memory:, sqlite:PATH")
    kept, folder = _store(scheme, place)
    dialect = with_lists(dialect, folder)
    index = folder / "catalog.json" if folder is not None else None
    catalog = Catalog(procedures or samples(), dialect, memory=kept, index=index)
    return Engine(kept, catalog, clock=clock or SystemClock(), tokens=tokens or RandomTokens(), agency=agency)


def _store(scheme: str, place: str) -> tuple[DossierStore, Path | None]:
    if scheme == "memory":
        from dossierkit.stores.memory import MemoryStore

        return MemoryStore(), None
    from dossierkit.stores.sqlite import SqliteStore

    path = Path(place)
    return SqliteStore(path), path.resolve().parent


def with_lists(dialect: Dialect, data: Path | None) -> Dialect:
    """*dialect* with the option lists of the installation; a list that *dialect* names wins."""
    from dossierkit.lists import tables

    for name, table in tables(data, date.today()).items():
        if name not in dialect.options:
            dialect = dialect.with_options(name, table)
    return dialect


def samples() -> Path:
    """The procedures that ship: in the package, or in the checkout where the package is installed editable."""
    packaged = Path(__file__).parent / "procedures"
    checkout = Path(__file__).parents[2] / "schemas" / "procedures"
    return packaged if packaged.is_dir() else checkout
