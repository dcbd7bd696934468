"""The contract of the tries of an `AccountStore`, which throttles count."""

from __future__ import annotations

import threading
from datetime import timedelta

from dossierkit.ports import Store
from dossierkit.testing.contract.samples import NOON

MINUTE = timedelta(minutes=1)


class TriesContract:
    """The contract of every `AccountStore` about tries."""

    def test_a_limit_holds_within_its_window(self, store: Store) -> None:
        """A refused try is not counted; the answer names the try that has to leave the window."""
        times = [NOON + number * MINUTE for number in range(3)]
        for at in times:
            assert not store.accounts.try_again({"k": 3}, at, NOON - MINUTE)

        now = NOON + 3 * MINUTE
        assert store.accounts.try_again({"k": 3}, now, NOON - MINUTE) == {"k": NOON}
        assert store.accounts.try_again({"k": 2}, now, NOON - MINUTE) == {"k": NOON + MINUTE}
        assert store.accounts.tries("k", NOON - MINUTE) == 3
        assert not store.accounts.try_again({"k": 3}, now, NOON), "the window begins after its first moment"
        assert store.accounts.tries("k", NOON) == 3

    def test_keys_are_counted_together_or_not_at_all(self, store: Store) -> None:
        """One full key refuses the try under all of them."""
        store.accounts.try_again({"a": 1}, NOON, NOON - MINUTE)

        assert store.accounts.try_again({"a": 1, "b": 5}, NOON, NOON - MINUTE) == {"a": NOON}
        assert store.accounts.tries("b", NOON - MINUTE) == 0
        assert not store.accounts.try_again({"b": 5, "c": 5}, NOON, NOON - MINUTE)
        assert [store.accounts.tries(key, NOON - MINUTE) for key in "bc"] == [1, 1]

    def test_a_try_can_be_taken_back(self, store: Store) -> None:
        """One of its moment, under each key."""
        for _ in range(2):
            store.accounts.try_again({"a": 9, "b": 9}, NOON, NOON - MINUTE)

        store.accounts.take_back(["a", "none"], NOON)
        store.accounts.take_back(["b"], NOON + MINUTE)

        assert [store.accounts.tries(key, NOON - MINUTE) for key in ("a", "b", "none")] == [1, 2, 0]

    def test_tries_can_be_forgotten_with_the_keys_below(self, store: Store) -> None:
        """Keys that only begin alike stay."""
        keys = ("an", "an:1", "an:1:x", "ann", "ba:an")
        store.accounts.try_again(dict.fromkeys(keys, 9), NOON, NOON - MINUTE)

        store.accounts.forget_tries("an")

        assert [key for key in keys if store.accounts.tries(key, NOON - MINUTE)] == ["ann", "ba:an"]

    def test_parallel_tries_keep_to_the_limit(self, store: Store) -> None:
        """Of thirty at once, five are counted."""
        refused: list[bool] = []

        def count() -> None:
            refused.append(bool(store.accounts.try_again({"k": 5}, NOON, NOON - MINUTE)))

        threads = [threading.Thread(target=count) for _ in range(30)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)

        assert refused.count(False) == store.accounts.tries("k", NOON - MINUTE) == 5
