"""An engine is opened over an address or a store, and closes what it is over."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.people import AN

from dossierkit import Worker, open_engine
from dossierkit.errors import StoreError
from dossierkit.files.disk import DiskBlobs
from dossierkit.stores.memory import MemoryStore
from dossierkit.stores.sqlite.store import SqliteStore
from dossierkit.testing import RecordingMailer


def test_an_engine_is_over_a_store_that_a_host_made(folder: Path) -> None:
    """As it is over an address."""
    store = MemoryStore()

    with open_engine(store, procedures=folder) as engine:
        draft = engine.begin("1.000001", AN)
        assert engine.store is store

    assert store.get(draft.id) == draft


def test_an_engine_closes_its_store_at_the_end_of_a_block(folder: Path, tmp_path: Path) -> None:
    """Also after an error, which goes on."""
    store = SqliteStore(tmp_path / "d.db")

    with pytest.raises(ZeroDivisionError), open_engine(store, procedures=folder) as engine:
        engine.begin("1.000001", AN)
        _ = 1 / 0

    with pytest.raises((StoreError, RuntimeError)):
        store.get("x")


def test_background_work_learns_where_files_are_until_it_starts(folder: Path, tmp_path: Path) -> None:
    """A host makes it before the portal, which says where files are."""
    with open_engine("memory:", procedures=folder) as engine:
        worker = Worker(engine, RecordingMailer())
        with pytest.raises(AssertionError, match="where their files are"):
            worker.start()
        engine.keep_files_in(DiskBlobs(tmp_path))
        worker.start()
        assert worker.stop()
