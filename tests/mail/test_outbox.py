"""Delivery over a real SMTP server that is down, slow or refusing, then recovers: no mail is lost or sent twice."""

from __future__ import annotations

import asyncio
import email
import email.policy
import socket
import sqlite3
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

from dossierkit.dossiers.mails import SendMail
from dossierkit.errors import MailError, SettingsError
from dossierkit.files.clamd import ClamdScanner
from dossierkit.mail.outbox import BACK_OFF, LEASE, deliver, next_try
from dossierkit.mail.transports import FileMailer, SmtpMailer, message
from dossierkit.office.background_work import Repeated
from dossierkit.ports import Store
from dossierkit.stores.memory.store import MemoryStore
from dossierkit.stores.sqlite.store import SqliteStore
from dossierkit.testing import FixedClock
from dossierkit.wiring import mailer, scanner


class Postbox:
    """The mails that the server accepted, and its behaviour."""

    def __init__(self) -> None:
        self.taken: list[Any] = []
        self.answer = "250 OK"
        self.to_answer = "250 OK"
        #: Cleared: a mail waits until it is set, and is then taken.
        self.goes_on = threading.Event()
        self.goes_on.set()

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: N802
        if self.to_answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.to_answer

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        await asyncio.to_thread(self.goes_on.wait, 20)
        if self.answer.startswith("250"):
            self.taken.append(email.message_from_bytes(envelope.content, policy=email.policy.default))
        return self.answer


@pytest.fixture
def postbox() -> Iterator[tuple[Postbox, SmtpMailer]]:
    box = Postbox()

    def knows(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        return AuthResult(success=isinstance(data, LoginPassword) and data.password == b"secret")

    controller = Controller(
        box, hostname="127.0.0.1", port=free_port(), authenticator=knows, auth_require_tls=False, decode_data=False
    )
    controller.start()
    yield box, SmtpMailer("127.0.0.1", controller.port, "office@example.vn", "portal", "secret", "none", timeout=1.0)
    controller.stop()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(params=["memory", "sqlite"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    made = MemoryStore() if request.param == "memory" else SqliteStore(tmp_path / "d.db")
    yield made
    made.close()


def mail(key: str = "k1", **more: str) -> SendMail:
    return SendMail(
        key, more.get("to", "an@example.vn"), more.get("subject", "Đã nhận hồ sơ"), "Chào bạn, đất đai.\n", "<p>Chào</p>"
    )


def test_a_mail_arrives_as_it_was_meant(store: Store, postbox: Any, clock: FixedClock) -> None:
    box, over = postbox
    store.outbox.post(mail())
    assert deliver(store.outbox, over, clock) == (1, 0)
    [taken] = box.taken
    assert (taken["To"], taken["Subject"], taken["From"]) == ("an@example.vn", "Đã nhận hồ sơ", "office@example.vn")
    assert taken.get_body(("plain",)).get_content().splitlines() == ["Chào bạn, đất đai."]
    assert "<p>Chào</p>" in taken.get_body(("html",)).get_content()


def test_the_same_key_is_the_same_mail(store: Store, postbox: Any, clock: FixedClock) -> None:
    box, over = postbox
    for _ in range(2):
        store.outbox.post(mail(), mail())
        deliver(store.outbox, over, clock)
    assert len(box.taken) == 1


@pytest.mark.parametrize("trouble", ["down", "slow", "busy", "no sign-in"])
def test_trouble_passes_and_nothing_is_lost(store: Store, postbox: Any, clock: FixedClock, trouble: str) -> None:
    box, over = postbox
    store.outbox.post(mail("a"), mail("b"))
    through = over
    if trouble == "down":
        through = SmtpMailer("127.0.0.1", free_port(), security="none", timeout=1.0)
    elif trouble == "slow":
        box.goes_on.clear()
    elif trouble == "busy":
        box.answer = "451 try later"
    else:
        through = SmtpMailer("127.0.0.1", over.port, user="portal", password="old", security="none", timeout=1.0)
    assert deliver(store.outbox, through, clock) == (0, 2)
    assert [one.tries for one in store.outbox.failures()] == [1, 1]
    assert deliver(store.outbox, over, clock) == (0, 0)  # not before its time

    box.goes_on.set()
    box.answer = "250 OK"
    clock.advance(BACK_OFF[0])
    assert deliver(store.outbox, over, clock) == (2, 0)
    # A server that took a mail after all while we hung up can tell by its Message-ID that it is the same.
    assert len({taken["Message-ID"] for taken in box.taken}) == 2
    assert len(box.taken) == 2 or trouble == "slow"
    assert store.outbox.failures() == ()
    clock.advance(timedelta(days=9))
    assert deliver(store.outbox, over, clock) == (0, 0)


def test_a_refused_address_is_given_up_and_seen(store: Store, postbox: Any, clock: FixedClock) -> None:
    box, over = postbox
    box.to_answer = "550 no such mailbox"
    store.outbox.post(mail())
    assert deliver(store.outbox, over, clock) == (0, 1)
    [lost] = store.outbox.failures()
    assert (lost.due, lost.error) == (None, "the address is refused (550)")
    clock.advance(timedelta(days=9))
    assert deliver(store.outbox, over, clock) == (0, 0)


def test_a_refused_content_is_given_up(store: Store, postbox: Any, clock: FixedClock) -> None:
    box, over = postbox
    box.answer = "554 refused"
    store.outbox.post(mail())
    deliver(store.outbox, over, clock)
    assert store.outbox.failures()[0].due is None


def test_after_the_last_try_somebody_has_to_look(store: Store, clock: FixedClock) -> None:
    down = SmtpMailer("127.0.0.1", free_port(), security="none", timeout=0.2)
    store.outbox.post(mail())
    for wait in (*BACK_OFF, timedelta()):
        assert deliver(store.outbox, down, clock) == (0, 1)
        clock.advance(wait)
    assert deliver(store.outbox, down, clock) == (0, 0)
    assert store.outbox.failures()[0].due is None
    assert next_try(1, clock.now()) == clock.now() + BACK_OFF[0]


def test_two_workers_send_each_mail_once(store: Store, postbox: Any, clock: FixedClock) -> None:
    box, over = postbox
    store.outbox.post(*(mail(f"k{number}") for number in range(30)))
    threads = [threading.Thread(target=deliver, args=(store.outbox, over, clock)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len({taken["Message-ID"] for taken in box.taken}) == len(box.taken) == 30


def test_a_worker_that_died_gives_its_mails_back(store: Store, postbox: Any, clock: FixedClock) -> None:
    box, over = postbox
    store.outbox.post(mail())
    assert len(store.outbox.claim(clock.now(), clock.now() + LEASE)) == 1
    assert deliver(store.outbox, over, clock) == (0, 0)
    clock.advance(LEASE)
    assert deliver(store.outbox, over, clock) == (1, 0)
    assert len(box.taken) == 1


def test_what_was_delivered_is_forgotten(tmp_path: Path, postbox: Any, clock: FixedClock) -> None:
    """A first password does not stay in the database."""
    _, over = postbox
    store = SqliteStore(tmp_path / "d.db")
    store.outbox.post(mail())
    deliver(store.outbox, over, clock)
    store.close()
    rows = sqlite3.connect(tmp_path / "d.db").execute("SELECT subject, text, html FROM outbox").fetchall()
    assert rows == [("", "", "")]


def test_the_worker_goes_on(store: Store, clock: FixedClock) -> None:
    """A surprise costs one round, not the worker."""
    rounds = threading.Event()

    class Surprising:
        calls = 0

        def send(self, mail: SendMail) -> None:
            self.calls += 1
            if self.calls == 1:
                raise RuntimeError("surprise")
            rounds.set()

    store.outbox.post(mail("a"), mail("b"))
    mailer = Surprising()
    worker = Repeated(lambda: deliver(store.outbox, mailer, clock), every=0.01)
    worker.start()
    try:
        assert rounds.wait(5)
    finally:
        worker.stop()


def test_without_a_server_mails_are_files(tmp_path: Path) -> None:
    over = FileMailer(tmp_path / "mail", "office@example.vn")
    over.send(mail("registered:1"))
    [path] = (tmp_path / "mail").glob("*.eml")
    assert email.message_from_bytes(path.read_bytes(), policy=email.policy.default)["To"] == "an@example.vn"
    (tmp_path / "file").write_text("")
    with pytest.raises(MailError, match="cannot write"):
        FileMailer(tmp_path / "file").send(mail())


@pytest.mark.parametrize("field", ["to", "subject"])
def test_no_header_can_be_smuggled_in(field: str) -> None:
    with pytest.raises(ValueError, match=r"newline|linefeed|CR"):
        message(mail(**{field: "x@example.vn\r\nBcc: y@example.vn"}), "office@example.vn")


def test_addresses_of_mail_servers(tmp_path: Path) -> None:
    made = mailer(tmp_path, smtp="smtps://a%40b:p%3Aw@mail.example:4650", sender="office@example.vn")
    assert made == SmtpMailer("mail.example", 4650, "office@example.vn", "a@b", "p:w", "tls")
    assert "p:w" not in repr(made)
    assert mailer(tmp_path, smtp="smtp://mail.example") == SmtpMailer("mail.example", 587)
    assert isinstance(mailer(tmp_path), FileMailer)
    with pytest.raises(SettingsError, match="smtp://"):
        mailer(tmp_path, smtp="mail.example:25")


def test_addresses_of_scanners() -> None:
    assert scanner("127.0.0.1:3310") == ClamdScanner("127.0.0.1", 3310)
    assert scanner("") is None
    with pytest.raises(SettingsError, match="HOST:PORT"):
        scanner("clamd")


def test_an_address_that_bounces_is_known_until_it_is_reached(store: Store, clock: FixedClock) -> None:
    """Only what came to an end counts, and the newest of it; each address for itself."""
    outbox, now = store.outbox, clock.now()
    outbox.post(*(SendMail(f"k:{n}:1", to, "s", "t") for n, to in enumerate(("a@x.vn", "b@x.vn", "a@x.vn", "a@x.vn"))))
    first, other, second, third = outbox.claim(now, now, 9)
    assert not outbox.bounces("a@x.vn")
    outbox.mark_failed(first.id, "refused", now)
    assert not outbox.bounces("a@x.vn"), "it is tried again"
    outbox.mark_failed(first.id, "refused", None)
    outbox.mark_delivered(other.id, now)
    assert (outbox.bounces("a@x.vn"), outbox.bounces("b@x.vn"), outbox.bounces("c@x.vn")) == (True, False, False)
    outbox.mark_failed(second.id, "refused", None)
    assert [one.id for one in outbox.dead_letters()] == [second.id, first.id]
    assert [one.id for one in outbox.dead_letters(1)] == [second.id]
    outbox.mark_delivered(third.id, now)
    assert not outbox.bounces("a@x.vn")
    outbox.retry(second.id, now)
    assert [one.id for one in outbox.dead_letters()] == [first.id]
