"""How often somebody may guess.  Tries are kept in the store, so a restart forgets none."""

from __future__ import annotations

from datetime import timedelta

import attrs

from dossierkit.errors import TooManyTries
from dossierkit.ports import AccountStore, Clock

#: Tries that are heard in a window: of one address at one name, of all addresses at one name, of one address at all names.
WINDOW = timedelta(minutes=15)
PAIR, NAME, ADDRESS = 8, 40, 60


@attrs.frozen
class Throttle:
    """Counts tries at names (mail addresses) by where they come from."""

    store: AccountStore
    clock: Clock

    def hear(self, name: str, address: str) -> None:
        """Counts a try; the owner of a name is heard from a known place while somebody else guesses from others.

        Raises:
            TooManyTries: too often.
        """
        now = self.clock.now()
        keys = [f"pair:{name}:{address}", f"name:{name}", *([f"address:{address}"] if address else [])]
        counts = self.store.try_again(keys, now, now - WINDOW)
        if any(count > limit for count, limit in zip(counts, (PAIR, NAME, ADDRESS), strict=False)):
            raise TooManyTries(int(WINDOW.total_seconds()))

    def allow(self, what: str, who: str, address: str, most: int) -> None:
        """Counts that *who* does *what* once more, from *address*: *most* times in a window, and ten times that an address.

        Many people may share an address; one person has no need of more.  Of somebody without a name (*who* is empty) the
        address is all that is known.

        Raises:
            TooManyTries: too often.
        """
        now = self.clock.now()
        limits = {**({f"{what}:{who}": most} if who else {}), **({f"{what}@{address}": 10 * most} if address else {})}
        counts = self.store.try_again(tuple(limits), now, now - WINDOW)
        if any(count > limit for count, limit in zip(counts, limits.values(), strict=True)):
            raise TooManyTries(int(WINDOW.total_seconds()))

    def forget(self, name: str, address: str) -> None:
        """Forgets the tries of somebody who turned out to be right."""
        self.store.forget_tries(f"pair:{name}:{address}")

    def unlock(self, name: str) -> None:
        """Forgets every try at *name*, wherever it came from."""
        self.store.forget_tries(f"name:{name}")
        self.store.forget_tries(f"pair:{name}")

    def is_first(self, what: str, window: timedelta) -> bool:
        """Whether *what* did not happen within *window* yet."""
        now = self.clock.now()
        return self.store.try_again([what], now, now - window)[0] == 1
