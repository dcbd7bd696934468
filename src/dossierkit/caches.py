"""Bounded caches: a value that is slow to make is kept by its key, and the older half goes when a cache is full."""

from __future__ import annotations

from typing import Any, Generic, TypeVar

import attrs

_Key = TypeVar("_Key")
_Value = TypeVar("_Value")


class Cache(dict[_Key, _Value]):
    """At most *bound* values by key, oldest first; filled by `keep`, read as any dict.

    A full cache drops the half that came first, never all: the entries of the walk that fills it are the newest, and stay.
    Threads may share a cache; at worst two of them make the same value.
    """

    def __init__(self, name: str, bound: int) -> None:
        super().__init__()
        self.name = name
        self.bound = bound

    def keep(self, key: _Key, value: _Value) -> _Value:
        """Keep *value* under *key*, and give it back."""
        if len(self) >= self.bound:
            for old in list(self)[: (self.bound + 1) // 2]:
                self.pop(old, None)
        self[key] = value
        return value


@attrs.frozen(eq=False)
class CacheSpec(Generic[_Key, _Value]):
    """The name of a cache and the most entries that it holds; its type says what the keys and values are."""

    name: str
    bound: int


@attrs.frozen(eq=False, repr=False)
class Caches:
    """The caches of one owner, each made when it is first asked for by its spec."""

    _caches: dict[CacheSpec[Any, Any], Cache[Any, Any]] = attrs.field(init=False, factory=dict)

    def __getitem__(self, spec: CacheSpec[_Key, _Value]) -> Cache[_Key, _Value]:
        cache = self._caches.get(spec)
        if cache is None:
            cache = self._caches.setdefault(spec, Cache(spec.name, spec.bound))
        return cache

    def sizes(self) -> dict[str, tuple[int, int]]:
        """Name → (entries now, entries at most) of each cache that was asked for."""
        return {cache.name: (len(cache), cache.bound) for cache in list(self._caches.values())}

    def __repr__(self) -> str:
        return f"<Caches {', '.join(f'{name} {now}/{most}' for name, (now, most) in self.sizes().items())}>"
