"""How often somebody may guess.  Tries are kept in the store, so a restart forgets none.

Only a try that is heard counts, and one that turns out right is taken back: who is refused adds nothing to what others see.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address
from math import ceil

import attrs

from dossierkit.errors import TooManyTries
from dossierkit.ports import AccountStore, Clock

WINDOW = timedelta(minutes=15)
#: More misses of one place are not counted.
_COUNTED = 1_000
DAY = timedelta(days=1)
#: So many tries, at all names together, one proof of work is good for.
SPENT = 20


@attrs.frozen
class Origin:
    """Where a try comes from."""

    #: The address; empty where it is not known.
    address: str = ""
    #: What the browser keeps of accounts that it was signed in to (`Devices`).
    devices: str = attrs.field(default="", repr=False)
    #: Names a proof of work that somebody did; empty without one.
    effort: str = ""

    @property
    def place(self) -> str:
        """The address, or the network of a household that an IPv6 address belongs to (/64)."""
        try:
            address = ip_address(self.address)
        except ValueError:
            return self.address
        return str(IPv6Address(int(address) >> 64 << 64)) if isinstance(address, IPv6Address) else self.address


@attrs.frozen
class Door:
    """So many tries at one name are heard in a window."""

    #: From one place, from one known device, and once more from one place with a proof of work.
    pair: int = 8
    #: From all places.
    name: int = 40
    #: From one place at all names.
    place: int = 60
    #: From all places with a proof of work.
    effort: int = 400
    #: From all places that are not known, in a day; 0: no bound.
    day: int = 0


PASSWORDS = Door()
#: A code of six digits is guessed sooner than a password; whoever tries has the password already.
CODES = Door(effort=40, day=200)


@attrs.frozen
class Heard:
    """A try that was counted: under which keys, and when."""

    keys: tuple[str, ...]
    at: datetime


@attrs.frozen
class Throttle:
    """Counts tries at names (mail addresses) by where they come from."""

    store: AccountStore
    clock: Clock

    def hear(self, name: str, origin: Origin, *, known: str = "", door: Door = PASSWORDS) -> Heard:
        """Counts a try.  Whoever guesses takes the turn of nobody who comes from a known device, or with a proof of work.

        Args:
            known: names the device, or the session, that the owner is known by; empty for everybody else.

        Raises:
            TooManyTries: too often.
        """
        now, place, waits = self.clock.now(), origin.place, []
        free = {f"pair:{name}:{place}": door.pair, f"name:{name}": door.name}
        if place:
            free[f"place:{place}"] = door.place
        lanes = [free]
        if known:
            lanes.insert(0, {f"known:{name}:{known}": door.pair})
        if origin.effort:
            spent = {f"spent:{origin.effort}": SPENT}
            lanes.append({f"effort:{name}:{place}": door.pair, f"efforts:{name}": door.effort, **spent})
        for lane in lanes:
            full = self.store.try_again(lane, now, now - WINDOW)
            if not full:
                heard = Heard(tuple(lane), now)
                return heard if known and lane is lanes[0] else self._within_a_day(name, heard, door)
            waits.append(_wait(full, now, WINDOW))
        raise TooManyTries(min(waits))

    def _within_a_day(self, name: str, heard: Heard, door: Door) -> Heard:
        if not door.day:
            return heard
        key = f"day:{name}"
        full = self.store.try_again({key: door.day}, heard.at, heard.at - DAY)
        if full:
            raise TooManyTries(_wait(full, heard.at, DAY))
        return attrs.evolve(heard, keys=(*heard.keys, key))

    def misses(self, what: str, origin: Origin) -> int:
        """How often *what* was missed from a place within a window, see `miss`."""
        return self.store.tries(f"missed:{what}:{origin.place}", self.clock.now() - WINDOW)

    def miss(self, what: str, origin: Origin) -> None:
        """Counts a miss, such as a look-up of a code that does not exist; it refuses nobody, and makes the next try dearer."""
        now = self.clock.now()
        self.store.try_again({f"missed:{what}:{origin.place}": _COUNTED}, now, now - WINDOW)

    def take_back(self, heard: Heard) -> None:
        """Forgets a try that turned out to be right."""
        self.store.take_back(heard.keys, heard.at)

    def allow(self, what: str, who: str, origin: Origin, most: int, *, named: bool) -> None:
        """Counts that *who* does *what* once more, *most* times in a window.

        Of guests and strangers the place is counted, too, ten times as often, as many may share one; whoever is *named*
        has no part in what others do there.

        Raises:
            TooManyTries: too often.
        """
        now = self.clock.now()
        own = {f"{what}:{who}": most} if who else {}
        shared = {f"{what}@{origin.place}": 10 * most} if origin.place and not named else {}
        full = self.store.try_again({**own, **shared}, now, now - WINDOW)
        if full and origin.effort and not full.keys() & own.keys():
            full = self.store.try_again({**own, f"{what}:{origin.effort}": most}, now, now - WINDOW)
        if full:
            raise TooManyTries(_wait(full, now, WINDOW))

    def unlock(self, name: str) -> None:
        """Forgets every try at *name*, wherever it came from."""
        for kind in ("pair", "name", "known", "effort", "efforts", "day"):
            self.store.forget_tries(f"{kind}:{name}")

    def is_free(self, what: str, window: timedelta, most: int = 1) -> bool:
        """Whether *what* happened fewer than *most* times within *window*; then it counts as done once more."""
        now = self.clock.now()
        return not self.store.try_again({what: most}, now, now - window)


def _wait(full: Mapping[str, datetime], now: datetime, window: timedelta) -> int:
    """The seconds until every key has room again."""
    return max(ceil((max(full.values()) + window - now).total_seconds()), 1)
