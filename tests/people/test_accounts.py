"""Accounts over both stores: a stranger cannot find out whether an address has one, and no lock is permanent."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.visits import prove

from dossierkit.dossiers.lifecycle.dossier import Actor
from dossierkit.dossiers.people.account import Account, mail_address, masked
from dossierkit.dossiers.people.password_rules import password_fault
from dossierkit.dossiers.people.session_lifetime import ABSOLUTE, IDLE, Session, Wants
from dossierkit.errors import Busy, SignInRefused, StaleAccount, TooManyTries, WeakPassword
from dossierkit.mail.letters import Office
from dossierkit.people.accounts import Accounts
from dossierkit.people.passwords import QUEUE, Argon2, common_passwords
from dossierkit.people.profiles import change_mail, keep_account
from dossierkit.people.throttle import CODES, PASSWORDS, SPENT, Origin
from dossierkit.people.tokens import new_token
from dossierkit.ports import AccountStore, Store
from dossierkit.stores.memory.store import MemoryStore
from dossierkit.stores.sqlite.store import SqliteStore
from dossierkit.testing import FixedClock

MAIL = "an@example.vn"
GOOD = "ngựa đúng pin kẹp giấy"


class PlainHasher:
    """Quick, and good enough to tell passwords apart."""

    version = "1"

    def hash(self, password: str) -> str:
        return f"{self.version}:{password}"

    def verify(self, hash: str, password: str, *, first: bool = False) -> bool:  # no queue here
        return bool(hash) and hash.partition(":")[2] == password

    def is_outdated(self, hash: str) -> bool:
        return not hash.startswith(self.version)


@pytest.fixture(params=["memory", "sqlite"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    made = MemoryStore() if request.param == "memory" else SqliteStore(tmp_path / "d.db")
    yield made
    made.close()


@pytest.fixture
def hasher() -> PlainHasher:
    return PlainHasher()


@pytest.fixture
def accounts(store: Store, clock: FixedClock, hasher: PlainHasher) -> Accounts:
    return accounts_over(store.accounts, store, clock, hasher)


def accounts_over(kept: AccountStore, store: Store, clock: FixedClock, hasher: PlainHasher) -> Accounts:
    return Accounts(
        kept,
        store.outbox,
        clock=clock,
        hasher=hasher,
        office=Office(address="https://portal.example"),
        common={"matkhau123"},
    )


@pytest.fixture
def mails(store: Store, clock: FixedClock) -> Callable[[], list[tuple[str, str]]]:
    """(to, text) of every mail since the last look."""

    def look() -> list[tuple[str, str]]:
        found = store.outbox.claim(clock.now(), clock.now() + timedelta(days=999), 99)
        for one in found:
            store.outbox.mark_delivered(one.id, clock.now())
        return [(one.mail.to, one.mail.text) for one in found]

    return look


def known(accounts: Accounts, mail: str = MAIL, *, proven: bool = True) -> Session:
    """The session of a person with a password of their own and a proven address."""
    secret = accounts.register(mail, {"fullName": "Nguyễn Văn An"})
    first = accounts.sign_in(mail, secret)
    session = accounts.choose_password(first.session, GOOD).session
    if proven:
        prove(accounts.store, mail)
    return session


def guess(accounts: Accounts, times: int, origin: Origin, mail: str = MAIL) -> list[str]:
    """The result of wrong passwords."""
    seen = []
    for _ in range(times):
        try:
            accounts.sign_in(mail, "wrong", origin=origin)
        except (SignInRefused, TooManyTries) as error:
            seen.append(type(error).__name__)
    return seen


def test_the_first_password_opens_once_and_leads_to_ones_own(
    accounts: Accounts, mails: Callable[[], list[tuple[str, str]]]
) -> None:
    secret = accounts.register(" An@Example.VN ", {"fullName": "Nguyễn Văn An"})
    (to, text), *rest = mails()
    assert (to, rest) == (MAIL, [])
    assert secret in text
    assert "https://portal.example/sign-in" in text

    first = accounts.sign_in(MAIL, secret)
    assert first.session.wants is Wants.PASSWORD
    with pytest.raises(SignInRefused):
        accounts.sign_in(MAIL, secret)
    chosen = accounts.choose_password(first.session, GOOD)
    assert chosen.session.wants is Wants.NOTHING
    assert accounts.sessions.find(first.token) is None
    assert accounts.sessions.account(accounts.sessions.find(chosen.token)).name == "Nguyễn Văn An"  # type: ignore[union-attr]
    assert accounts.sign_in(MAIL, GOOD).session.account == chosen.session.account


def test_the_first_password_lasts_a_day(accounts: Accounts, clock: FixedClock) -> None:
    secret = accounts.register(MAIL, {})
    clock.advance(timedelta(hours=24))
    with pytest.raises(SignInRefused):
        accounts.sign_in(MAIL, secret)


def test_sending_again_leaves_the_one_before(
    accounts: Accounts, mails: Callable[[], list[tuple[str, str]]], clock: FixedClock
) -> None:
    """No first password that a person may be reading is withdrawn; few are mailed, and each opens once, within its day."""
    secret = accounts.register(MAIL, {})
    mails()
    for number in range(12):
        accounts.first_password_again(MAIL, origin=Origin(f"203.0.113.{number}"))
    sent = [re.search(r"[a-z2-9]{4}(?:-[a-z2-9]{4}){3}", text)[0] for _, text in mails()]  # type: ignore[index]
    assert 0 < len(sent) <= 3
    for one in (secret, *sent):
        assert accounts.sign_in(MAIL, one).session.wants is Wants.PASSWORD
        with pytest.raises(SignInRefused):
            accounts.sign_in(MAIL, one)
    clock.advance(timedelta(minutes=31))
    accounts.first_password_again(MAIL)
    [(_, text)] = mails()
    last = re.search(r"[a-z2-9]{4}(?:-[a-z2-9]{4}){3}", text)
    assert last is not None
    accounts.choose_password(accounts.sign_in(MAIL, last[0].upper().replace("-", " ")).session, GOOD)
    mails()

    for mail in (MAIL, "nobody@example.vn"):
        accounts.first_password_again(mail)
    assert mails() == []


@pytest.mark.parametrize("written", ["{}", " {} ", "{}!", "Mật khẩu {}", "{}{}"])
def test_a_password_that_was_issued_is_never_kept(
    accounts: Accounts, mails: Callable[[], list[tuple[str, str]]], written: str
) -> None:
    """Not the one that opened, not one of before, not with something around it; not by a link, and not later on."""
    first = accounts.register(MAIL, {"fullName": "An"})
    mails()
    accounts.first_password_again(MAIL)
    second = re.search(r"[a-z2-9]{4}(?:-[a-z2-9]{4}){3}", mails()[0][1])
    assert second is not None
    session = accounts.sign_in(MAIL, second[0]).session
    issued = [
        written.format(one, one) for secret in (first, second[0]) for one in (secret, secret.upper(), secret.replace("-", ""))
    ]
    for new in issued:
        with pytest.raises(WeakPassword) as weak:
            accounts.choose_password(session, new)
        assert weak.value.fault == "issued"
    session = accounts.choose_password(session, GOOD).session
    mails()
    accounts.mail_reset_link(MAIL)
    token = re.search(r"token=([\w-]{43})", mails()[0][1])
    assert token is not None
    for new in issued:
        with pytest.raises(WeakPassword):
            accounts.choose_password(session, new, current=GOOD)
        with pytest.raises(WeakPassword):
            accounts.reset(token[1], new)


def test_registering_tells_nobody_who_has_an_account(accounts: Accounts, mails: Callable[[], list[tuple[str, str]]]) -> None:
    """The page's password opens a new account, even if the address has one; the owner is told, and stays the owner."""
    owner = known(accounts)
    mails()
    for mail in (MAIL, "new@example.vn"):
        first = accounts.sign_in(mail, accounts.register(mail, {"fullName": "Kẻ Lạ"}))
        assert first.session.wants is Wants.PASSWORD
        other = accounts.choose_password(first.session, "quả táo trên bàn gỗ").session
        assert other.account != owner.account
        assert accounts.sign_in(mail, "quả táo trên bàn gỗ").session.account == other.account
        accounts.addresses.mail_link(accounts.store.account(other.account))  # type: ignore[arg-type]
    told = mails()
    assert [text for to, text in told if "/confirm?" in text and to == MAIL] == []
    assert any("đã có tài khoản" in text for to, text in told if to == MAIL)
    assert accounts.sign_in(MAIL, GOOD).session.account == owner.account
    assert accounts.store.account_of(MAIL).id == owner.account  # type: ignore[union-attr]
    for _ in range(5):
        accounts.register(MAIL, {}, origin=Origin("203.0.113.9"))
    assert mails() == [], "the mailbox is not flooded"


def test_an_address_belongs_to_whoever_reads_its_mail(
    accounts: Accounts, mails: Callable[[], list[tuple[str, str]]], clock: FixedClock
) -> None:
    """An earlier account only claims it: none of its links work, and the reader of the mail gets the address."""
    squatter = known(accounts, proven=False)
    second = accounts.register(MAIL, {"fullName": "Chủ Thư"})
    links = [found[1] for _, text in mails() if (found := re.search(r"/confirm\?token=([\w-]{43})", text))]
    assert len(links) == 2
    mine = accounts.choose_password(accounts.sign_in(MAIL, second).session, "quả táo trên bàn gỗ").session
    accounts.addresses.confirm(links[1])
    accounts.addresses.confirm(links[1])
    assert accounts.store.account_of(MAIL).id == mine.account  # type: ignore[union-attr]
    for refused in (links[0], "x", ""):
        with pytest.raises(SignInRefused):
            accounts.addresses.confirm(refused)
    assert not accounts.sessions.account(squatter).proven  # type: ignore[union-attr]
    mails()
    accounts.mail_reset_link(MAIL)
    token = re.search(r"token=([\w-]{43})", mails()[0][1])
    assert token is not None
    assert accounts.reset(token[1], "một mật khẩu khác hẳn").id == mine.account


def test_a_link_of_a_forgotten_password_proves_the_address(
    accounts: Accounts, mails: Callable[[], list[tuple[str, str]]]
) -> None:
    """An earlier claim leaves nothing behind that keeps the owner out."""
    session = known(accounts, proven=False)
    claimed = accounts.sessions.account(session)
    assert claimed is not None
    keep_account(accounts, attrs.evolve(claimed, totp="A" * 32))
    mails()
    accounts.mail_reset_link(MAIL)
    token = re.search(r"token=([\w-]{43})", mails()[0][1])
    assert token is not None
    owned = accounts.reset(token[1], "một mật khẩu khác hẳn")
    assert (owned.proven, owned.totp) == (True, "")
    assert accounts.sessions.find(session.hash) is None


def test_a_first_password_that_was_only_mailed_proves_the_address(
    accounts: Accounts, mails: Callable[[], list[tuple[str, str]]]
) -> None:
    """The one that the page showed does not."""
    shown = accounts.register(MAIL, {})
    mails()
    accounts.first_password_again(MAIL)
    mailed = re.search(r"[a-z2-9]{4}(?:-[a-z2-9]{4}){3}", mails()[0][1])
    assert mailed is not None
    accounts.sign_in(MAIL, shown)
    assert not accounts.store.account_of(MAIL).proven  # type: ignore[union-attr]
    accounts.sign_in(MAIL, mailed[0])
    assert accounts.store.account_of(MAIL).proven  # type: ignore[union-attr]


def test_guessing_ends_and_the_owner_still_gets_in(accounts: Accounts, clock: FixedClock) -> None:
    """Any number of guesses from one place: that place alone is refused, and told for how long."""
    owner = accounts.sessions.account(known(accounts))
    assert owner is not None
    here, elsewhere = Origin("203.0.113.9"), Origin("198.51.100.1")
    seen = guess(accounts, 1_000, here)
    assert seen == ["SignInRefused"] * 8 + ["TooManyTries"] * 992
    with pytest.raises(TooManyTries) as error:
        accounts.sign_in(MAIL, GOOD, origin=here)
    assert error.value.wait == 900
    assert accounts.sign_in(MAIL, GOOD, origin=elsewhere).session.account
    known_here = attrs.evolve(here, devices=accounts.devices.with_mark("", owner, clock.now()))
    assert accounts.sign_in(MAIL, GOOD, origin=known_here).session.account
    assert accounts.sign_in(MAIL, GOOD, origin=attrs.evolve(here, effort="1")).session.account
    clock.advance(timedelta(minutes=10))
    with pytest.raises(TooManyTries) as error:
        accounts.sign_in(MAIL, GOOD, origin=here)
    assert error.value.wait == 300
    clock.advance(timedelta(minutes=6))
    assert accounts.sign_in(MAIL, GOOD, origin=here).session.account


def test_guessing_from_many_places_keeps_no_known_device_out(accounts: Accounts, clock: FixedClock) -> None:
    """An unknown place waits or works; the owner's device does not; other accounts are not affected."""
    owner = accounts.sessions.account(known(accounts))
    known(accounts, "ba@example.vn")
    assert owner is not None
    guessed = sum(guess(accounts, 50, Origin(f"2001:db8:{n:x}::1")).count("SignInRefused") for n in range(100))
    assert guessed == PASSWORDS.name
    fresh = Origin("198.51.100.1")
    with pytest.raises(TooManyTries):
        accounts.sign_in(MAIL, GOOD, origin=fresh)
    assert accounts.sign_in(MAIL, GOOD, origin=attrs.evolve(fresh, effort="1")).session.account
    device = attrs.evolve(fresh, devices=accounts.devices.with_mark("", owner, clock.now()))
    for _ in range(20):
        assert accounts.sign_in(MAIL, GOOD, origin=device).session.account
    assert accounts.sign_in("ba@example.vn", GOOD, origin=fresh).session.account
    worked = sum(guess(accounts, 50, Origin(f"192.0.2.{n}", effort=str(n))).count("SignInRefused") for n in range(100))
    assert worked == PASSWORDS.effort, "works, too, end"
    assert accounts.sign_in(MAIL, GOOD, origin=device).session.account


def test_a_household_is_one_place(accounts: Accounts) -> None:
    """A network of IPv6 addresses has no more tries than one address."""
    known(accounts)
    seen = [word for n in range(40) for word in guess(accounts, 1, Origin(f"2001:db8:1:2::{n:x}"))]
    assert seen.count("SignInRefused") == 8


@pytest.mark.parametrize("door", ["forgot", "again", "register", "code"])
def test_no_door_can_be_shut_for_somebody_else(accounts: Accounts, mails: Callable[[], list[tuple[str, str]]], door: str) -> None:
    """One place uses up its own limit alone; if many use up all of it, a proof of work opens."""
    known(accounts)
    doors: dict[str, Callable[[Origin], object]] = {
        "forgot": lambda origin: accounts.mail_reset_link(MAIL, origin=origin),
        "again": lambda origin: accounts.first_password_again(MAIL, origin=origin),
        "register": lambda origin: accounts.register(MAIL, {}, origin=origin),
        "code": lambda origin: accounts.throttle.hear(f"code:{MAIL}", origin, door=CODES),
    }
    knock = doors[door]

    def tried(origin: Origin) -> bool:
        try:
            knock(origin)
        except TooManyTries:
            return False
        return True

    assert sum(tried(Origin("203.0.113.9")) for _ in range(41)) == 8
    assert tried(Origin("198.51.100.1"))
    assert sum(tried(Origin(f"192.0.2.{n % 50}")) for n in range(400)) in (30, 31)
    assert not tried(Origin("198.51.100.1"))
    assert tried(Origin("198.51.100.1", effort="1"))
    assert len(mails()) < 9, "few mails, however many ask"


def test_tries_that_turn_out_right_do_not_count(accounts: Accounts) -> None:
    """A house where many people sign in is no attack."""
    for number in range(70):
        known(accounts, f"n{number}@example.vn")
    for number in range(70):
        accounts.sign_in(f"n{number}@example.vn", GOOD, origin=Origin("203.0.113.9"))


def test_a_days_codes_are_bounded_for_whoever_is_not_known(accounts: Accounts, clock: FixedClock) -> None:
    """Patience does not help against six digits; a known device is heard all the same."""
    heard = 0
    for _ in range(60):
        for n in range(10):
            for origin in (Origin(f"192.0.2.{n}"), Origin(f"192.0.2.{n}", effort="1")):
                try:
                    accounts.throttle.hear("code:an", origin, door=CODES)
                    heard += 1
                except TooManyTries:
                    pass
        clock.advance(timedelta(minutes=16))
    assert heard == CODES.day
    accounts.throttle.hear("code:an", Origin("192.0.2.1"), known="d", door=CODES)


def test_a_device_is_known_for_its_account_alone(accounts: Accounts, clock: FixedClock) -> None:
    """Not for another account, after a change of password, for ever, or if it is forged; at most five."""
    an, ba = (accounts.sessions.account(known(accounts, mail)) for mail in (MAIL, "ba@example.vn"))
    assert an is not None
    assert ba is not None
    devices, now = accounts.devices, clock.now()
    kept = devices.with_mark("", an, now)
    name = devices.name_of(kept, an, now)
    assert name
    assert devices.name_of(kept, ba, now) == ""
    assert devices.name_of(kept, attrs.evolve(an, password="another"), now) == ""
    assert devices.name_of(kept, an, now + timedelta(days=181)) == ""
    assert devices.name_of(devices.with_mark(kept, ba, now), an, now) == name
    for hostile in (
        "",
        ".",
        "-",
        "--",
        "a-b-c",
        "ẩ-ẩ-ẩ",
        kept[:-1],
        kept + "0",
        "x" * 5_000,
        "." * 500,
        "0-0-0." * 50,
        "\udcff-1-2",
    ):
        assert devices.name_of(hostile, an, now) == ""
        assert devices.name_of(devices.with_mark(hostile, an, now), an, now)
    for number in range(9):
        kept = devices.with_mark(kept, attrs.evolve(an, id=str(number)), now)
    assert kept.count(".") == 4
    assert devices.name_of(kept, an, now) == ""


@pytest.mark.parametrize("same", [True, False])
def test_registering_again_and_again_ends(accounts: Accounts, mails: Callable[[], list[tuple[str, str]]], same: bool) -> None:
    """One mail address from one place, and many of them from one place."""
    most = 8 if same else 60
    for number in range(most):
        accounts.register(MAIL if same else f"n{number}@example.vn", {}, origin=Origin("203.0.113.9"))
    mails()
    with pytest.raises(TooManyTries):
        accounts.register(MAIL, {}, origin=Origin("203.0.113.9"))
    assert mails() == []
    accounts.register("else@example.vn", {}, origin=Origin("198.51.100.1"))
    assert [to for to, _ in mails()] == ["else@example.vn"]


def test_spraying_many_names_from_one_address_ends(accounts: Accounts) -> None:
    with pytest.raises(TooManyTries):
        for number in range(99):
            with pytest.raises(SignInRefused):
                accounts.sign_in(f"n{number}@example.vn", "wrong", origin=Origin("203.0.113.9"))
    assert number == 60


def test_one_proof_of_work_is_good_for_few_tries(accounts: Accounts) -> None:
    """Spraying many names needs work again and again."""
    for number in range(60):
        guess(accounts, 1, Origin("203.0.113.9"), f"n{number}@example.vn")
    worked = [guess(accounts, 1, Origin("203.0.113.9", effort="1"), f"m{number}@example.vn") for number in range(60)]
    assert worked.count(["SignInRefused"]) == SPENT
    assert guess(accounts, 1, Origin("203.0.113.9", effort="2"), "m59@example.vn") == ["SignInRefused"]


@pytest.mark.parametrize("door", ["register", "again"])
def test_as_much_is_written_for_nobody_as_for_somebody(
    accounts: Accounts, store: Store, clock: FixedClock, hasher: PlainHasher, door: str
) -> None:
    """The duration of a refusal tells nothing about accounts."""
    known(accounts)
    accounts.register("new@example.vn", {})
    doors: dict[str, Callable[[Accounts, str], object]] = {
        "register": lambda accounts, mail: accounts.register(mail, {}),
        "again": Accounts.first_password_again,
    }

    def writes(mail: str) -> int:
        counted = Counting(store.accounts)
        doors[door](accounts_over(counted, store, clock, hasher), mail)
        return counted.writes

    assert len({writes(mail) for mail in (MAIL, "new@example.vn", "nobody@example.vn")}) == 1


class Counting:
    """Passes everything on to *store*, and counts what changes something."""

    def __init__(self, store: Any) -> None:
        self._store = store
        self.writes = 0

    def __getattr__(self, name: str) -> Any:
        self.writes += name.startswith(("create", "replace", "keep", "take", "forget", "delete", "end"))
        return getattr(self._store, name)


def test_whoever_is_let_in_again_is_heard_from_everywhere(accounts: Accounts, clock: FixedClock) -> None:
    """Unlocking forgets the tries from each place; those of names that begin alike stay."""
    for name in ("an@example.vn", "an@example.vn.evil.vn"):
        for _ in range(8):
            accounts.throttle.hear(name, Origin("::1"))
    accounts.throttle.unlock("an@example.vn")
    accounts.throttle.hear("an@example.vn", Origin("::1"))
    with pytest.raises(TooManyTries):
        accounts.throttle.hear("an@example.vn.evil.vn", Origin("::1"))


def test_a_disabled_account_opens_nothing(accounts: Accounts, clock: FixedClock) -> None:
    """By each way in."""
    with pytest.raises(SignInRefused):
        accounts.sessions.begin(Account("an", "an@example.vn", clock.now(), disabled=True))


def test_sessions_end_by_themselves(accounts: Accounts, clock: FixedClock) -> None:
    known(accounts)
    token = accounts.sign_in(MAIL, GOOD).token
    clock.advance(IDLE - timedelta(minutes=1))
    assert accounts.sessions.find(token) is not None
    clock.advance(IDLE)
    assert accounts.sessions.find(token) is None
    token = accounts.sign_in(MAIL, GOOD).token
    for _ in range(int(ABSOLUTE / timedelta(hours=1))):
        accounts.sessions.find(token)
        clock.advance(timedelta(hours=1))
    assert accounts.sessions.find(token) is None
    assert accounts.sessions.find("short") is None


def test_leaving_here_and_everywhere(accounts: Accounts) -> None:
    known(accounts)
    here, there = accounts.sign_in(MAIL, GOOD), accounts.sign_in(MAIL, GOOD)
    accounts.sessions.end(here.session)
    assert accounts.sessions.find(here.token) is None
    assert accounts.sessions.find(there.token) is not None
    again = accounts.sign_in(MAIL, GOOD)
    accounts.sessions.end_all(again.session.account)
    assert accounts.sessions.find(there.token) is None
    assert accounts.sessions.find(again.token) is None


def test_a_change_of_password_wants_the_old_one_and_ends_other_sessions(
    accounts: Accounts, mails: Callable[[], list[tuple[str, str]]]
) -> None:
    known(accounts)
    here, there = accounts.sign_in(MAIL, GOOD), accounts.sign_in(MAIL, GOOD)
    mails()
    with pytest.raises(SignInRefused):
        accounts.choose_password(here.session, "một mật khẩu khác hẳn", current="wrong")
    with pytest.raises(WeakPassword) as weak:
        accounts.choose_password(here.session, "matkhau123", current=GOOD)
    assert weak.value.fault == "common"
    fresh = accounts.choose_password(here.session, "một mật khẩu khác hẳn", current=GOOD)
    assert accounts.sessions.find(here.token) is None
    assert accounts.sessions.find(there.token) is None
    assert accounts.sessions.find(fresh.token) is not None
    assert [to for to, _ in mails()] == [MAIL]


def test_a_forgotten_password_is_chosen_anew_by_a_link_that_works_once(
    accounts: Accounts, clock: FixedClock, mails: Callable[[], list[tuple[str, str]]]
) -> None:
    known(accounts)
    mails()

    def link() -> str:
        accounts.mail_reset_link(MAIL)
        [(_, text)] = mails()
        found = re.search(r"/reset\?token=([\w-]{43})", text)
        assert found is not None
        return found[1]

    first, second = link(), link()
    with pytest.raises(WeakPassword):
        accounts.reset(second, "ngắn")
    accounts.reset(first, "quả táo trên bàn gỗ")
    for used in (first, second):
        with pytest.raises(SignInRefused):
            accounts.reset(used, "quả táo trên bàn sắt")
    assert accounts.sign_in(MAIL, "quả táo trên bàn gỗ").session.account
    mails()
    late = link()
    clock.advance(timedelta(hours=1))
    with pytest.raises(SignInRefused):
        accounts.reset(late, "quả táo trên bàn gỗ")

    accounts.mail_reset_link("nobody@example.vn")
    accounts.mail_reset_link("no address")
    [(to, text)] = mails()
    assert to == "nobody@example.vn"
    assert "chưa có tài khoản" in text


def test_a_link_serves_one_of_two_that_race(store: Store, accounts: Accounts, clock: FixedClock) -> None:
    known(accounts)
    store.accounts.keep_secret("h", "x", clock.now() + timedelta(hours=1))
    assert store.accounts.secret("h", clock.now()) == "x"
    assert store.accounts.take_secret("h", clock.now()) == "x"
    assert store.accounts.take_secret("h", clock.now()) is None


def test_a_new_address_wants_the_password_and_tells_the_old_one(
    accounts: Accounts, mails: Callable[[], list[tuple[str, str]]]
) -> None:
    session = known(accounts)
    known(accounts, "ba@example.vn")
    mails()
    account = accounts.sessions.account(session)
    assert account is not None
    with pytest.raises(SignInRefused):
        change_mail(accounts, account, session, "new@example.vn", "wrong")
    change_mail(accounts, account, session, MAIL, GOOD)
    assert mails() == []
    change_mail(accounts, account, session, "New@example.vn", GOOD)
    (old, _), (new, text) = mails()
    assert (old, new) == (MAIL, "new@example.vn")
    assert "/confirm?token=" in text
    account = accounts.store.account(account.id)
    assert account is not None
    assert not account.proven
    assert accounts.sign_in("new@example.vn", GOOD).session.account == account.id
    change_mail(accounts, account, session, "ba@example.vn", GOOD)
    assert [(to, "đã có tài khoản" in text) for to, text in mails()] == [("new@example.vn", False), ("ba@example.vn", True)]
    assert accounts.store.account_of("ba@example.vn").id != account.id  # type: ignore[union-attr]
    with pytest.raises(SignInRefused):
        accounts.sign_in(MAIL, GOOD)


def test_of_two_changes_of_one_profile_the_second_is_told(accounts: Accounts) -> None:
    account = accounts.sessions.account(known(accounts))
    assert account is not None
    assert keep_account(accounts, attrs.evolve(account, profile={"fullName": "Trần Bình"})).name == "Trần Bình"
    with pytest.raises(StaleAccount):
        keep_account(accounts, account)


def test_hashes_are_made_anew_when_parameters_rise(accounts: Accounts, hasher: PlainHasher, store: Store) -> None:
    session = known(accounts)
    hasher.version = "2"
    accounts.sign_in(MAIL, GOOD)
    assert store.accounts.account(session.account).password.startswith("2:")  # type: ignore[union-attr]


def test_a_guests_drafts_come_along(accounts: Accounts, store: Store, folder: Path, clock: FixedClock) -> None:
    from dossierkit.catalog.catalog import Catalog
    from dossierkit.forms import STANDARD
    from dossierkit.office.engine import Engine
    from dossierkit.testing import CountedTokens

    engine = Engine(
        store,
        Catalog(folder, STANDARD, memory=store),
        clock=clock,
        tokens=CountedTokens(),
        agency="H29.15",
    )
    known(accounts)
    guest = accounts.sessions.guest().session
    draft = engine.begin("1.000001", guest.actor, {"name": "An"})
    signed_in = accounts.sign_in(MAIL, GOOD, guest=guest)
    assert engine.open(draft.id, signed_in.session.actor).answers == {"name": "An"}
    assert store.accounts.session(guest.hash) is None
    assert guest.actor != signed_in.session.actor
    again = accounts.sign_in(MAIL, GOOD, guest=signed_in.session)
    assert again.session.account == signed_in.session.account

    done = engine.submit(draft.id, again.session.actor)
    sent = store.outbox.claim(clock.now(), clock.now(), 99)
    assert sent[-1].mail.subject == f"Đã nộp hồ sơ {done.code}"
    assert f"/dossiers/{done.code}" in sent[-1].mail.text


def test_argon2_takes_as_long_for_nobody() -> None:
    argon = Argon2()
    kept = argon.hash(GOOD)
    assert kept.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert argon.verify(kept, GOOD)
    assert not argon.verify(kept, GOOD + " ")
    assert not argon.verify("", "a password without a hash")
    assert not argon.verify("no hash", GOOD)
    assert not argon.is_outdated(kept)
    long = "ă" * 72
    assert not argon.verify(argon.hash(long + "x"), long + "y")  # nothing is cut off


@pytest.mark.parametrize(
    ("password", "fault"),
    [
        ("ngắn", "short"),
        ("x" * 257, "long"),
        ("matkhau2026", "common"),
        ("Mật khẩu 123", "common"),
        ("qwertyuiop", "common"),
        ("aaaaaaaaaaaa", "common"),
        ("nguyenvanan!", "name"),
        ("Nguyễn Văn An", "name"),
        ("an.le@example", "name"),
        (GOOD, None),
        ("correct horse battery", None),
        ("Tr0ub4dor&3x", None),
    ],
)
def test_passwords(password: str, fault: str | None) -> None:
    names = ("an.le@example.vn", "an.le", "Nguyễn Văn An")
    assert password_fault(password, common=common_passwords(), names=names) == fault


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        (" An@Example.VN ", MAIL),
        ("a.b+c@sub.example.com", "a.b+c@sub.example.com"),
        ("a@b", None),
        ("a b@example.vn", None),
        ("a@example.vn\r\nBcc: x@example.vn", None),
        ("", None),
        ("ă@example.vn", None),
        ("x" * 65 + "@example.vn", None),
    ],
)
def test_mail_addresses(typed: str, kept: str | None) -> None:
    assert mail_address(typed) == kept


@given(st.text(max_size=40))
def test_a_mail_address_has_one_spelling(text: str) -> None:
    found = mail_address(text)
    assert found is None or mail_address(found) == found


def test_names_are_masked() -> None:
    assert masked("Nguyễn Văn An") == "N*** V** A*"
    assert masked("") == ""


def test_somebody_without_a_name_is_called_by_the_address(clock: FixedClock) -> None:
    account = Account("id", MAIL, clock.now())
    assert account.name == MAIL
    assert account.actor == Actor("id")


def test_a_storm_of_sign_ins_is_told_to_come_back() -> None:
    """A few wait; the rest is not kept waiting, so that other pages have room."""
    argon = Argon2()
    kept = argon.hash(GOOD)
    seen: list[str] = []

    def one() -> None:
        try:
            seen.append(str(argon.verify(kept, GOOD)))
        except Busy:
            seen.append("busy")

    threads = [threading.Thread(target=one) for _ in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert set(seen) == {"True", "busy"}
    assert seen.count("True") >= QUEUE
    assert argon.verify(kept, GOOD)


def test_in_a_storm_those_who_are_known_go_first() -> None:
    """They are heard while the others are told to come back, and do not wait for those before them."""
    argon = Argon2()
    kept = argon.hash(GOOD)
    seen: list[str] = []
    storm = [threading.Thread(target=lambda: seen.append(outcome(argon, kept, first=False))) for _ in range(60)]
    for thread in storm:
        thread.start()
    assert [outcome(argon, kept, first=True) for _ in range(5)] == ["True"] * 5
    still = sum(thread.is_alive() for thread in storm)
    for thread in storm:
        thread.join(60)
    assert seen.count("busy") > 0
    assert still > 0, "a known device did not wait for all of them"


def outcome(argon: Argon2, kept: str, *, first: bool) -> str:
    try:
        return str(argon.verify(kept, GOOD, first=first))
    except Busy:
        return "busy"


def test_what_has_ended_does_not_pile_up(store: Store, clock: FixedClock) -> None:
    """A day later a new session and a new secret clear the old ones away, and no others."""
    began, hour = clock.now(), timedelta(hours=1)
    for name in ("old", "young"):
        store.accounts.keep_session(Session(name, clock.now(), clock.now()))
        store.accounts.keep_secret(name, "account " + name, clock.now() + hour)
        clock.advance(timedelta(hours=20))
    store.accounts.keep_session(Session("new", clock.now(), clock.now()))
    store.accounts.keep_secret("new", "account new", clock.now() + hour)
    kept = ("old", "young", "new")
    assert [store.accounts.session(name) is not None for name in kept] == [False, True, True]
    assert [store.accounts.secret(name, began) is not None for name in kept] == [False, True, True]


def test_a_page_that_is_sent_twice_registers_once(accounts: Accounts) -> None:
    """The same password, and no second account; another person, or other details, get their own."""
    once = new_token()
    secret = accounts.register(MAIL, {"fullName": "An"}, once=once)

    assert accounts.register(MAIL, {"fullName": "An"}, once=once) == secret

    assert len(accounts.store.accounts_of(MAIL)) == 1
    others = [
        accounts.register(MAIL, {"fullName": "An"}, once=new_token()),
        accounts.register(MAIL, {"fullName": "Ba"}, once=once),
        accounts.register("ba@example.vn", {"fullName": "An"}, once=once),
        accounts.register(MAIL, {"fullName": "An"}, once="x"),
        accounts.register(MAIL, {"fullName": "An"}, once="x"),
    ]
    assert len({secret, *others}) == 6
