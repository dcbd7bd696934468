"""The contract of `BundleStore`, `FactStore`, `SeriesStore` and `UpkeepStore`."""

from __future__ import annotations

import threading
from collections import Counter
from typing import Any

import attrs
import pytest

from dossierkit.dossiers.lifecycle.dossier import Query
from dossierkit.errors import StoreError
from dossierkit.ports import NumberGap, Store
from dossierkit.testing.contract.samples import AGENCY, DAY, NOON, acceptance, imported, new_draft, submission


class InstallationContract:
    """The contract of every store about bundles, facts, series of numbers and imports."""

    def test_bundles_are_kept_once(self, store: Store) -> None:
        """The first bundle of a revision stays; dossiers are counted by revision."""
        store.keep_bundle("r2", b"newer")
        store.keep_bundle("r2", b"other")
        new_draft(store, "a")
        store.record(submission(new_draft(store, "b")))

        assert (store.bundle("r1"), store.bundle("r2"), store.bundle("r3")) == (b"bundle", b"newer", None)
        assert dict(store.revisions()) == {("1.000001", "r1"): 2}

    def test_the_last_fact_counts(self, store: Store) -> None:
        """A fact is any JSON value; the caller may change its own copy."""
        value: dict[str, Any] = {"v": ["đất", 1.5, None, True, 2**70]}
        store.remember("k", "before")
        store.remember("k", value)
        value["v"] = 0

        assert store.recall("k") == {"v": ["đất", 1.5, None, True, 2**70]}
        assert store.recall("other") is None

    def test_a_fact_is_settled_once(self, store: Store) -> None:
        """All who settle it at the same moment get the same value."""
        settled: list[Any] = []
        threads = [
            threading.Thread(target=lambda n=number: settled.append(store.remember_once("k", {"n": n}))) for number in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)

        assert settled == [store.recall("k")] * 8
        assert store.remember_once("k", "late") == settled[0]

    def test_a_series_continues_after_a_gap(self, store: Store) -> None:
        """A gap that the series is past already is refused."""
        store.record(submission(new_draft(store, "a")))
        gap = NumberGap(AGENCY, DAY.isoformat(), 2, 7, NOON)

        assert store.skip(gap)
        assert not store.skip(gap)
        assert not store.skip(attrs.evolve(gap, last=3))
        assert store.skip(NumberGap("H29.16", "2026", 1, 5, NOON))

        assert store.gaps() == (gap, NumberGap("H29.16", "2026", 1, 5, NOON))
        assert str(store.record(submission(new_draft(store, "b"))).code).endswith("-0008")
        assert store.counters_of_mark() == store.counters() == {(AGENCY, DAY.isoformat()): 8, ("H29.16", "2026"): 5}

    def test_imports_are_whole_dossiers(self, store: Store) -> None:
        """History, notes, postings, search and numbers come along; series continue after the highest number."""
        dossiers = [imported(f"a{number}", number) for number in (3, 9, 4)]
        store.keep_bundle("r1", b"bundle")

        assert list(store.load(dossiers, at_once=2)) == [2, 3]

        assert list(store.every()) == [one.dossier for one in dossiers]
        assert store.events("a9") == dossiers[1].events
        assert store.notes("a9") == dossiers[1].notes
        assert Counter(store.postings()) == Counter(posting for one in dossiers for posting in one.postings)
        assert [dossier.id for dossier in store.find("an", Query(words="nguyen"), limit=1)] == ["a4"]
        assert str(store.record(submission(new_draft(store, "new"))).code).endswith("-0010")
        assert store.size() == 4

    def test_an_import_of_a_known_code_is_refused(self, store: Store) -> None:
        """Nothing of its transaction is stored; those before it stay."""
        store.record(acceptance(store.record(submission(new_draft(store, "a")))))

        with pytest.raises(StoreError):
            list(store.load([imported("b", 2), imported("c", 3), imported("d", 4), imported("e", 1)], at_once=2))

        assert [dossier.id for dossier in store.every()] == ["a", "b", "c"]

    def test_an_import_needs_its_bundle(self, store: Store) -> None:
        """Without it nothing could read the dossier."""
        with pytest.raises(StoreError):
            list(store.load([imported("a", 1)]))

        assert store.size() == 0

    def test_a_new_store_can_be_written(self, store: Store) -> None:
        """And is empty."""
        store.guard_writable()

        assert (store.size(), store.gaps(), dict(store.counters()), dict(store.revisions())) == (0, (), {}, {})
