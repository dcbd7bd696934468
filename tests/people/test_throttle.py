"""Limits of what one person, one network and one proof of work may do in a quarter of an hour."""

from __future__ import annotations

from datetime import timedelta

import pytest

from dossierkit.errors import TooManyTries
from dossierkit.people.throttle import WINDOW, Origin, Throttle
from dossierkit.stores.memory.store import MemoryStore
from dossierkit.testing import FixedClock

MOST = 3
HERE, THERE = Origin("203.0.113.1"), Origin("203.0.113.2")


@pytest.fixture
def throttle(clock: FixedClock) -> Throttle:
    return Throttle(MemoryStore().accounts, clock)


def allowed(throttle: Throttle, who: str, origin: Origin, *, named: bool = False) -> bool:
    """Whether *who* may do it once more, at most `MOST` times."""
    try:
        throttle.allow("drafts", who, origin, MOST, named=named)
    except TooManyTries:
        return False
    return True


def test_a_place_is_an_ipv4_address_or_an_ipv6_network_of_64_bits() -> None:
    def place(address: str) -> str:
        return Origin(address).place

    assert place("203.0.113.1") != place("203.0.113.2")
    assert place("2001:db8:0:1::1") == place("2001:db8:0:1:ffff:ffff:ffff:ffff")
    assert place("2001:db8:0:1::1") != place("2001:db8:0:2::1")
    assert (place(""), place("testclient")) == ("", "testclient")


def test_a_person_has_a_limit_of_their_own(throttle: Throttle, clock: FixedClock) -> None:
    """It ends with the window."""
    assert [allowed(throttle, "an", HERE, named=True) for _ in range(MOST + 1)] == [*[True] * MOST, False]
    assert allowed(throttle, "ba", HERE, named=True)
    clock.advance(WINDOW + timedelta(seconds=1))
    assert allowed(throttle, "an", HERE, named=True)


def test_guests_of_one_place_share_ten_times_the_limit(throttle: Throttle) -> None:
    """With a session each, or none; people with an account are not counted with them, and other places neither."""
    done = [allowed(throttle, f"guest:{number}" if number % 2 else "", HERE) for number in range(10 * MOST + 1)]

    assert done == [*[True] * 10 * MOST, False]
    assert allowed(throttle, "an", HERE, named=True)
    assert allowed(throttle, "guest:x", THERE)


def test_a_proof_of_work_goes_past_the_limit_of_the_place_alone(throttle: Throttle) -> None:
    """With a limit as for one person; at the own limit a person waits, with work or without."""
    work = Origin(HERE.address, effort="w")
    for _ in range(MOST):
        assert allowed(throttle, "guest:an", HERE)
    assert not allowed(throttle, "guest:an", work)
    while allowed(throttle, "", HERE):
        pass

    assert [allowed(throttle, "guest:ba", work) for _ in range(MOST + 1)] == [*[True] * MOST, False]
    assert not allowed(throttle, "guest:an", work)
    assert not allowed(throttle, "guest:ca", HERE)


def test_only_so_many_mails_of_a_kind_go_to_an_address(throttle: Throttle, clock: FixedClock) -> None:
    assert [throttle.may_mail("reset", "an@example.vn") for _ in range(4)] == [True, True, True, False]
    assert throttle.may_mail("confirm", "an@example.vn")
    assert throttle.may_mail("reset", "ba@example.vn")
    clock.advance(timedelta(minutes=30, seconds=1))
    assert throttle.may_mail("reset", "an@example.vn")
