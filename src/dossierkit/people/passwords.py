"""Password hashes (Argon2id with OWASP's parameters) and the list of common passwords."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from dossierkit.data import FOLDER
from dossierkit.errors import Busy
from dossierkit.text import fold

if TYPE_CHECKING:
    from argon2 import PasswordHasher

#: 19 MiB, two passes, one lane: OWASP's minimum for Argon2id.
MEMORY_KIB, PASSES, LANES = 19 * 1024, 2, 1


#: Callers that may wait for a turn; more are refused, as waiting requests would block all other pages.
QUEUE = 12


def _step_back() -> None:
    """Lower the priority of this thread, on systems with a priority for each thread."""
    if hasattr(os, "setpriority"):
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), 10)


class Argon2:
    """A `Hasher`.  It uses at most half of the cores, so that many sign-ins do not slow down other pages.

    Raises:
        Busy: too many callers wait already (from `hash` and `verify`).
    """

    def __init__(self) -> None:
        rooms = max((os.cpu_count() or 2) // 2, 1)
        self._hands = ThreadPoolExecutor(rooms, thread_name_prefix="passwords", initializer=_step_back)
        self._free = rooms
        self._changed = threading.Condition()
        #: *first* of `verify` → number of waiting callers.
        self._waiting = {False: 0, True: 0}

    @contextmanager
    def _turn(self, *, first: bool = False) -> Iterator[None]:
        with self._changed:
            if self._waiting[first] >= QUEUE:
                raise Busy("too many sign-ins at this moment; try again in a few seconds")
            self._waiting[first] += 1
            self._changed.wait_for(lambda: self._free > 0 and (first or not self._waiting[True]))
            self._waiting[first] -= 1
            self._free -= 1
        try:
            yield
        finally:
            with self._changed:
                self._free += 1
                self._changed.notify_all()

    @cached_property
    def _hasher(self) -> PasswordHasher:
        from argon2 import PasswordHasher

        return PasswordHasher(PASSES, MEMORY_KIB, LANES)

    @cached_property
    def _decoy(self) -> str:
        return self._hasher.hash("a password of no account")

    def hash(self, password: str) -> str:
        """See `Hasher.hash`."""
        with self._turn():
            return self._hands.submit(self._hasher.hash, password).result()

    def verify(self, hash: str, password: str, *, first: bool = False) -> bool:
        """See `Hasher.verify`."""
        from argon2.exceptions import InvalidHashError, VerificationError

        decoy = self._decoy
        with self._turn(first=first):
            try:
                return self._hands.submit(self._hasher.verify, hash or decoy, password).result() and bool(hash)
            except (VerificationError, InvalidHashError):
                return False

    def is_outdated(self, hash: str) -> bool:
        """See `Hasher.is_outdated`."""
        return self._hasher.check_needs_rehash(hash)


@lru_cache(maxsize=4)
def common_passwords(own: Path | None = None) -> frozenset[str]:
    """Common passwords, folded: a Vietnamese list, and the 30 000 of zxcvbn from known breaches.

    Args:
        own: a file with more passwords, one a line, such as the head of a list of breached ones.
    """
    from zxcvbn.frequency_lists import FREQUENCY_LISTS

    shipped = (FOLDER / "common-passwords.txt").read_text("utf-8").split()
    added = own.read_text("utf-8", "replace").splitlines() if own is not None and own.is_file() else ()
    passwords = (*FREQUENCY_LISTS["passwords"], *added)
    return frozenset((*shipped, *(fold(password).replace(" ", "") for password in passwords if password)))
