"""Bounded caches: which entries they keep, and which they drop."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from dossierkit.caches import Cache, Caches, CacheSpec


@given(st.integers(1, 12), st.lists(st.integers(0, 30)))
def test_a_cache_never_holds_more_than_its_bound(bound: int, keys: list[int]) -> None:
    """Whatever is kept in it: its size stays within the bound, and the newest entry is there."""
    cache = Cache[int, str]("numbers", bound)

    for key in keys:
        assert cache.keep(key, str(key)) == str(key)
        assert cache[key] == str(key)
        assert len(cache) <= bound


def test_a_full_cache_keeps_its_newer_half() -> None:
    """It is never emptied: the values made last are there when the next one comes."""
    cache = Cache[int, int]("numbers", 10)
    for number in range(11):
        cache.keep(number, number)

    assert list(cache) == [5, 6, 7, 8, 9, 10]


def test_owners_share_a_spec_and_no_values() -> None:
    """A spec names a cache of each owner; the caches tell how full they are."""
    spec = CacheSpec[str, int]("lengths", 3)
    first, second = Caches(), Caches()
    first[spec].keep("word", 4)

    assert first[spec] is first[spec]
    assert second[spec].get("word") is None
    assert first.sizes() == {"lengths": (1, 3)}
    assert repr(first) == "<Caches lengths 1/3>"
