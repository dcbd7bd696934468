"""Waiting for what a thread, a process or a server does meanwhile.  Nothing else in the tests sleeps."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

_Value = TypeVar("_Value")


def wait_for(look: Callable[[], _Value], *, seconds: float = 20) -> _Value:
    """The first true value of *look*, which is asked again and again.

    Raises:
        AssertionError: there is none within *seconds*.
    """
    end = time.monotonic() + seconds
    while not (value := look()):
        assert time.monotonic() < end, f"nothing came within {seconds} seconds"
        time.sleep(0.01)
    return value
