"""Rate limits for guesses.  Tries are counted in the store, so that they survive a restart.

Only admitted tries count, and a correct one is taken back: refused tries never use up the limits of others.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address
from math import ceil

import attrs

from dossierkit.dossiers.people.account import RESET
from dossierkit.errors import TooManyTries
from dossierkit.ports import AccountStore, Clock

WINDOW = timedelta(minutes=15)
#: Misses of one network are counted up to this number.
_COUNTED = 1_000
DAY = timedelta(days=1)
#: Tries, at all names together, that one proof of work pays for.
SPENT = 20


@attrs.frozen
class Origin:
    """The origin of a try."""

    #: IP address; empty if it is unknown.
    address: str = ""
    #: The browser's cookie of known accounts (`Devices`).
    devices: str = attrs.field(default="", repr=False)
    #: Name of a proof of work (`ProofsOfWork`); empty without one.
    effort: str = ""

    @property
    def place(self) -> str:
        """The IPv4 address, or the /64 network of an IPv6 address."""
        try:
            address = ip_address(self.address)
        except ValueError:
            return self.address
        return str(IPv6Address(int(address) >> 64 << 64)) if isinstance(address, IPv6Address) else self.address


@attrs.frozen
class Door:
    """Limits of tries at one name in a window."""

    #: From one network, from one known device, and again from one network with a proof of work.
    pair: int = 8
    #: From all networks.
    name: int = 40
    #: From one network at all names.
    place: int = 60
    #: From all networks with a proof of work.
    effort: int = 400
    #: From all unknown devices in a day; 0: no limit.
    day: int = 0


PASSWORDS = Door()
#: Stricter, as a code of six digits is easier to guess than a password.
CODES = Door(effort=40, day=200)


@attrs.frozen
class CountedTry:
    """A try that was admitted: the keys it was counted under, and its time."""

    keys: tuple[str, ...]
    at: datetime


@attrs.frozen
class Throttle:
    """Counts tries at names (mail addresses) by their origin."""

    store: AccountStore
    clock: Clock

    def hear(self, name: str, origin: Origin, *, known: str = "", door: Door = PASSWORDS) -> CountedTry:
        """Admit and count a try.  Known devices and proofs of work have limits of their own, which guesses cannot use up.

        Args:
            known: name of the owner's device or session; empty for unknown devices.

        Raises:
            TooManyTries: every limit that applies is reached.
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
                attempt = CountedTry(tuple(lane), now)
                return attempt if known and lane is lanes[0] else self._within_a_day(name, attempt, door)
            waits.append(_wait(full, now, WINDOW))
        raise TooManyTries(min(waits))

    def _within_a_day(self, name: str, attempt: CountedTry, door: Door) -> CountedTry:
        if not door.day:
            return attempt
        key = f"day:{name}"
        full = self.store.try_again({key: door.day}, attempt.at, attempt.at - DAY)
        if full:
            raise TooManyTries(_wait(full, attempt.at, DAY))
        return attrs.evolve(attempt, keys=(*attempt.keys, key))

    def misses(self, what: str, origin: Origin) -> int:
        """The misses of *what* from a network within a window, see `miss`."""
        return self.store.tries(f"missed:{what}:{origin.place}", self.clock.now() - WINDOW)

    def miss(self, what: str, origin: Origin) -> None:
        """Count a miss, such as a look-up of an unknown code; it refuses nothing, but raises the work of the next challenge."""
        now = self.clock.now()
        self.store.try_again({f"missed:{what}:{origin.place}": _COUNTED}, now, now - WINDOW)

    def take_back(self, attempt: CountedTry) -> None:
        """Forget a try that turned out to be correct."""
        self.store.take_back(attempt.keys, attempt.at)

    def allow(self, what: str, who: str, origin: Origin, most: int, *, named: bool) -> None:
        """Count that *who* does *what* once more, at most *most* times in a window.

        Without an account (not *named*), the network is counted, too, with ten times the limit, as people share networks.

        Raises:
            TooManyTries: the limit is reached.
        """
        now = self.clock.now()
        own = {f"{what}:{who}": most} if who else {}
        shared = {f"{what}@{origin.place}": 10 * most} if origin.place and not named else {}
        full = self.store.try_again({**own, **shared}, now, now - WINDOW)
        if full and origin.effort:
            full = self.store.try_again({**own, f"{what}:{origin.effort}": most}, now, now - WINDOW)
        if full:
            raise TooManyTries(_wait(full, now, WINDOW))

    def unlock(self, name: str) -> None:
        """Forget every try at *name*, from any origin."""
        for kind in ("pair", "name", "known", "effort", "efforts", "day"):
            self.store.forget_tries(f"{kind}:{name}")

    def may_mail(self, kind: str, address: str, window: timedelta = RESET / 2, most: int = 3) -> bool:
        """Whether one more mail of *kind* may go to *address*, so that requests cannot flood it; counts the mail.

        If not, an earlier mail has a link or password that is valid for at least half of its time.
        """
        return self.is_free(f"notice:{kind}:{address}", window, most)

    def is_free(self, what: str, window: timedelta, most: int = 1) -> bool:
        """Whether *what* happened fewer than *most* times within *window*; if so, counts it once more."""
        now = self.clock.now()
        return not self.store.try_again({what: most}, now, now - window)


def _wait(full: Mapping[str, datetime], now: datetime, window: timedelta) -> int:
    """Seconds until every key is below its limit."""
    return max(ceil((max(full.values()) + window - now).total_seconds()), 1)
