"""Work counted in function calls: the same on a busy machine as on an idle one."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType


class TooMuchWork(AssertionError):
    """More function calls than were allowed."""


@contextmanager
def calls_at_most(limit: int) -> Iterator[None]:
    """Stops what runs inside after *limit* calls of Python or C functions in this thread.

    Raises:
        TooMuchWork: *limit* was reached.
    """
    calls = 0

    def count(frame: FrameType, event: str, argument: object) -> None:
        nonlocal calls
        if event in ("call", "c_call"):
            calls += 1
            if calls > limit:
                sys.setprofile(None)
                raise TooMuchWork(f"more than {limit:,} calls, at {frame.f_code.co_filename}:{frame.f_lineno}")

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        yield
    finally:
        sys.setprofile(before)


def calls_of(work: Callable[[], object]) -> int:
    """How many function calls, of Python or C, *work* makes in this thread."""
    calls = 0

    def count(frame: FrameType, event: str, argument: object) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        work()
    finally:
        sys.setprofile(before)
    return calls
