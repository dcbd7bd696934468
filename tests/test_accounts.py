"""Accounts over both stores: nobody learns whether an address has one, and nobody is locked out for good."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dossierkit.accounts import Accounts
from dossierkit.dossiers.accounts import ABSOLUTE, IDLE, Account, Session, Wants, mail_address, masked, password_fault
from dossierkit.dossiers.dossier import Actor
from dossierkit.errors import Busy, SignInRefused, StaleAccount, TooManyTries, WeakPassword
from dossierkit.letters import Office
from dossierkit.passwords import QUEUE, Argon2, common_passwords
from dossierkit.ports import DossierStore
from dossierkit.profiles import change_mail, keep_account
from dossierkit.stores.memory import MemoryStore
from dossierkit.stores.sqlite import SqliteStore
from dossierkit.testing import FixedClock

MAIL = "an@example.vn"
GOOD = "ngựa đúng pin kẹp giấy"


class PlainHasher:
    """Quick, and good enough to tell passwords apart."""

    version = "1"

    def hash(self, password: str) -> str:
        return f"{self.version}:{password}"

    def verify(self, hash: str, password: str) -> bool:
        return bool(hash) and hash.partition(":")[2] == password

    def is_outdated(self, hash: str) -> bool:
        return not hash.startswith(self.version)


@pytest.fixture(params=["memory", "sqlite"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[DossierStore]:
    made = MemoryStore() if request.param == "memory" else SqliteStore(tmp_path / "d.db")
    yield made
    made.close()


@pytest.fixture
def hasher() -> PlainHasher:
    return PlainHasher()


@pytest.fixture
def accounts(store: DossierStore, clock: FixedClock, hasher: PlainHasher) -> Accounts:
    return Accounts(
        store.accounts,
        store.outbox,
        clock=clock,
        hasher=hasher,
        office=Office(address="https://portal.example"),
        common={"matkhau123"},
    )


@pytest.fixture
def mails(store: DossierStore, clock: FixedClock) -> Callable[[], list[tuple[str, str]]]:
    """(to, text) of every mail since the last look."""

    def look() -> list[tuple[str, str]]:
        found = store.outbox.claim(clock.now(), clock.now() + timedelta(days=999), 99)
        for one in found:
            store.outbox.delivered(one.id, clock.now())
        return [(one.mail.to, one.mail.text) for one in found]

    return look


def known(accounts: Accounts, mail: str = MAIL) -> Session:
    """The session of somebody with a password of their own."""
    secret = accounts.register(mail, {"fullName": "Nguyễn Văn An"})
    first = accounts.sign_in(mail, secret)
    return accounts.choose_password(first.session, GOOD).session


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
    assert accounts.session(first.token) is None
    assert accounts.account(accounts.session(chosen.token)).name == "Nguyễn Văn An"  # type: ignore[union-attr]
    assert accounts.sign_in(MAIL, GOOD).session.account == chosen.session.account


def test_the_first_password_lasts_a_day(accounts: Accounts, clock: FixedClock) -> None:
    secret = accounts.register(MAIL, {})
    clock.advance(timedelta(hours=24))
    with pytest.raises(SignInRefused):
        accounts.sign_in(MAIL, secret)


def test_sending_again_kills_the_one_before(accounts: Accounts, mails: Callable[[], list[tuple[str, str]]]) -> None:
    secret = accounts.register(MAIL, {})
    mails()
    accounts.first_password_again(MAIL)
    [(_, text)] = mails()
    with pytest.raises(SignInRefused):
        accounts.sign_in(MAIL, secret)
    again = re.search(r"[a-z2-9]{4}(?:-[a-z2-9]{4}){3}", text)
    assert again is not None
    assert accounts.sign_in(MAIL, again[0]).session.wants is Wants.PASSWORD

    known(accounts, "ba@example.vn")
    mails()
    accounts.first_password_again("ba@example.vn")
    accounts.first_password_again("nobody@example.vn")
    assert mails() == []


def test_a_taken_address_looks_the_same_and_opens_nothing(accounts: Accounts, mails: Callable[[], list[tuple[str, str]]]) -> None:
    known(accounts)
    mails()
    secret = accounts.register(MAIL, {"fullName": "Kẻ Lạ"})
    assert re.fullmatch(r"[a-z2-9]{4}(-[a-z2-9]{4}){3}", secret)
    with pytest.raises(SignInRefused):
        accounts.sign_in(MAIL, secret)
    [(to, text)] = mails()
    assert to == MAIL
    assert "đã có tài khoản" in text
    assert secret not in text
    accounts.register(MAIL, {})
    assert mails() == []  # nobody's mailbox is flooded


def test_guessing_ends_and_the_owner_still_gets_in(accounts: Accounts, clock: FixedClock) -> None:
    known(accounts)
    for _ in range(8):
        with pytest.raises(SignInRefused):
            accounts.sign_in(MAIL, "wrong", address="203.0.113.9")
    with pytest.raises(TooManyTries) as error:
        accounts.sign_in(MAIL, GOOD, address="203.0.113.9")
    assert error.value.wait == 900
    assert accounts.sign_in(MAIL, GOOD, address="198.51.100.1").session.account
    clock.advance(timedelta(minutes=16))
    assert accounts.sign_in(MAIL, GOOD, address="203.0.113.9").session.account


@pytest.mark.parametrize("same", [True, False])
def test_registering_again_and_again_ends(accounts: Accounts, mails: Callable[[], list[tuple[str, str]]], same: bool) -> None:
    """One mail address from one place, and many of them from one place."""
    most = 8 if same else 60
    for number in range(most):
        accounts.register(MAIL if same else f"n{number}@example.vn", {}, address="203.0.113.9")
    mails()
    with pytest.raises(TooManyTries):
        accounts.register(MAIL, {}, address="203.0.113.9")
    assert mails() == []
    accounts.register("else@example.vn", {}, address="198.51.100.1")
    assert [to for to, _ in mails()] == ["else@example.vn"]


def test_spraying_many_names_from_one_address_ends(accounts: Accounts) -> None:
    with pytest.raises(TooManyTries):
        for number in range(99):
            with pytest.raises(SignInRefused):
                accounts.sign_in(f"n{number}@example.vn", "wrong", address="203.0.113.9")
    assert number == 60


def test_whoever_is_let_in_again_is_heard_from_everywhere(accounts: Accounts, clock: FixedClock) -> None:
    """Unlocking forgets the tries from each place; those of names that begin alike stay."""
    for name in ("an@example.vn", "an@example.vn.evil.vn"):
        for _ in range(8):
            accounts.throttle.hear(name, "::1")
    accounts.throttle.unlock("an@example.vn")
    accounts.throttle.hear("an@example.vn", "::1")
    with pytest.raises(TooManyTries):
        accounts.throttle.hear("an@example.vn.evil.vn", "::1")


def test_a_disabled_account_opens_nothing(accounts: Accounts, clock: FixedClock) -> None:
    """Whichever way somebody comes in."""
    with pytest.raises(SignInRefused):
        accounts.begin(Account("an", "an@example.vn", clock.now(), disabled=True))


def test_sessions_end_by_themselves(accounts: Accounts, clock: FixedClock) -> None:
    known(accounts)
    token = accounts.sign_in(MAIL, GOOD).token
    clock.advance(IDLE - timedelta(minutes=1))
    assert accounts.session(token) is not None
    clock.advance(IDLE)
    assert accounts.session(token) is None
    token = accounts.sign_in(MAIL, GOOD).token
    for _ in range(int(ABSOLUTE / timedelta(hours=1))):
        accounts.session(token)
        clock.advance(timedelta(hours=1))
    assert accounts.session(token) is None
    assert accounts.session("short") is None


def test_leaving_here_and_everywhere(accounts: Accounts) -> None:
    known(accounts)
    here, there = accounts.sign_in(MAIL, GOOD), accounts.sign_in(MAIL, GOOD)
    accounts.sign_out(here.session)
    assert accounts.session(here.token) is None
    assert accounts.session(there.token) is not None
    again = accounts.sign_in(MAIL, GOOD)
    accounts.sign_out_everywhere(again.session)
    assert accounts.session(there.token) is None
    assert accounts.session(again.token) is None


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
    assert accounts.session(here.token) is None
    assert accounts.session(there.token) is None
    assert accounts.session(fresh.token) is not None
    assert [to for to, _ in mails()] == [MAIL]


def test_a_forgotten_password_is_chosen_anew_by_a_link_that_works_once(
    accounts: Accounts, clock: FixedClock, mails: Callable[[], list[tuple[str, str]]]
) -> None:
    known(accounts)
    mails()

    def link() -> str:
        accounts.forgot(MAIL)
        [(_, text)] = mails()
        found = re.search(r"/reset\?token=([\w-]{43})", text)
        assert found is not None
        return found[1]

    first, second = link(), link()
    with pytest.raises(SignInRefused):
        accounts.reset(first, "quả táo trên bàn gỗ")
    with pytest.raises(WeakPassword):
        accounts.reset(second, "ngắn")
    accounts.reset(second, "quả táo trên bàn gỗ")
    with pytest.raises(SignInRefused):
        accounts.reset(second, "quả táo trên bàn sắt")
    assert accounts.sign_in(MAIL, "quả táo trên bàn gỗ").session.account
    mails()
    late = link()
    clock.advance(timedelta(hours=1))
    with pytest.raises(SignInRefused):
        accounts.reset(late, "quả táo trên bàn gỗ")

    accounts.forgot("nobody@example.vn")
    accounts.forgot("no address")
    [(to, text)] = mails()
    assert to == "nobody@example.vn"
    assert "chưa có tài khoản" in text


def test_a_link_serves_one_of_two_that_race(store: DossierStore, accounts: Accounts, clock: FixedClock) -> None:
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
    account = accounts.account(session)
    assert account is not None
    with pytest.raises(SignInRefused):
        change_mail(accounts, account, "new@example.vn", "wrong")
    assert not change_mail(accounts, account, "ba@example.vn", GOOD)
    assert change_mail(accounts, account, "New@example.vn", GOOD)
    assert [to for to, _ in mails()] == [MAIL]
    assert accounts.sign_in("new@example.vn", GOOD).session.account == account.id
    with pytest.raises(SignInRefused):
        accounts.sign_in(MAIL, GOOD)


def test_of_two_changes_of_one_profile_the_second_is_told(accounts: Accounts) -> None:
    account = accounts.account(known(accounts))
    assert account is not None
    assert keep_account(accounts, attrs.evolve(account, profile={"fullName": "Trần Bình"})).name == "Trần Bình"
    with pytest.raises(StaleAccount):
        keep_account(accounts, account)


def test_hashes_are_made_anew_when_parameters_rise(accounts: Accounts, hasher: PlainHasher, store: DossierStore) -> None:
    session = known(accounts)
    hasher.version = "2"
    accounts.sign_in(MAIL, GOOD)
    assert store.accounts.account(session.account).password.startswith("2:")  # type: ignore[union-attr]


def test_a_guests_drafts_come_along(accounts: Accounts, store: DossierStore, folder: Path, clock: FixedClock) -> None:
    from dossierkit.catalog import Catalog
    from dossierkit.engine import Engine
    from dossierkit.forms import STANDARD
    from dossierkit.testing import CountedTokens

    engine = Engine(store, Catalog(folder, STANDARD, memory=store), clock=clock, tokens=CountedTokens(), agency="H29.15")
    known(accounts)
    guest = accounts.guest().session
    draft = engine.begin("1.000001", guest.actor, {"name": "An"})
    signed_in = accounts.sign_in(MAIL, GOOD, guest=guest)
    assert engine.open(draft.id, signed_in.session.actor).answers == {"name": "An"}
    assert store.accounts.session(guest.hash) is None
    assert guest.actor != signed_in.session.actor
    again = accounts.sign_in(MAIL, GOOD, guest=signed_in.session)
    assert again.session.account == signed_in.session.account

    done = engine.submit(draft.id, again.session.actor)
    sent = store.outbox.claim(clock.now(), clock.now(), 99)
    assert sent[-1].mail.subject == f"Đã nhận hồ sơ {done.code}"
    assert f"/dossiers/{done.code}" in sent[-1].mail.text


def test_argon2_takes_as_long_for_nobody() -> None:
    argon = Argon2()
    kept = argon.hash(GOOD)
    assert kept.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert argon.verify(kept, GOOD)
    assert not argon.verify(kept, GOOD + " ")
    assert not argon.verify("", "a password that nobody has")
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


def test_what_has_ended_does_not_pile_up(store: DossierStore, clock: FixedClock) -> None:
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
