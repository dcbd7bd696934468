"""People whom a host signs in: mails reach them, as the host names them, without an account of theirs."""

from __future__ import annotations

from datetime import timedelta

import attrs
from support.people import ROOT

from dossierkit import Action, Actor, Engine, Role
from dossierkit.dossiers.people.account import Account
from dossierkit.wiring import open_accounts

AN = Actor("host:an", name="Nguyễn Văn An", mail="An@Example.vn", language="en", profile={"phone": "0900000000"})


def mailed(engine: Engine) -> list[tuple[str, str]]:
    """Address and subject of each mail that waits."""
    now = engine.clock.now()
    return [(entry.mail.to, entry.mail.subject) for entry in engine.store.outbox.claim(now, now + timedelta(days=1), 99)]


def test_the_owner_is_mailed_at_the_address_of_the_host(engine: Engine) -> None:
    """In their language, also when an officer acts; the check code in it leads to the dossier."""
    dossier = engine.submit(engine.begin("1.000001", AN, {"name": "An", "copies": 1}).id, AN)
    engine.act(dossier.id, Action.ACCEPT, ROOT)

    sent = mailed(engine)

    words = ("submitted", "accepted")
    assert sent == [("an@example.vn", f"Dossier {dossier.code} has been {word}") for word in words]


def test_an_address_of_the_host_is_kept_as_it_is_now(engine: Engine) -> None:
    """A change at the host counts from the next action on; without an address nothing is kept, and nothing is forgotten."""
    draft = engine.begin("1.000001", AN, {"name": "An", "copies": 1})
    moved = attrs.evolve(AN, mail="new@example.vn", name="Nguyễn An")
    engine.submit(draft.id, moved)
    engine.begin("1.000001", Actor("host:an"))

    account = engine.store.accounts.account("host:an")

    assert account is not None
    assert (account.mail, account.name, account.language, account.profile["phone"]) == ("new@example.vn", "Nguyễn An", "en", "0900000000")  # fmt: skip
    engine.begin("1.000001", Actor("host:ba"))
    engine.begin("1.000001", Actor("host:chi", mail="no address"))
    assert [engine.store.accounts.account(id) for id in ("host:ba", "host:chi")] == [None, None]


def test_two_people_of_a_host_may_share_an_address(engine: Engine) -> None:
    """A host vouches for it; whose it is is no question of ours, and no account here loses its own."""
    accounts = open_accounts(engine)
    own = Account("own", "an@example.vn", engine.clock.now())
    assert engine.store.accounts.create_account(own)
    for id in ("host:an", "host:ba"):
        engine.submit(engine.begin("1.000001", attrs.evolve(AN, id=id), {"name": "An", "copies": 1}).id, attrs.evolve(AN, id=id))

    assert len(mailed(engine)) == 2
    assert engine.store.accounts.account_of("an@example.vn") == own
    engine.store.accounts.delete_account("own")
    accounts.mail_reset_link("an@example.vn")
    (reset,) = mailed(engine)
    assert "token" not in reset[1]
    assert [engine.store.accounts.account(id).password for id in ("host:an", "host:ba")] == ["", ""]  # type: ignore[union-attr]  # they are there


def test_an_account_with_a_sign_in_here_says_itself_how_it_is_reached(engine: Engine) -> None:
    """A host that acts for it changes nothing of it."""
    own = Account("own", "an@example.vn", engine.clock.now())
    engine.store.accounts.create_account(own)

    engine.begin("1.000001", Actor("own", mail="other@example.vn"))

    assert engine.store.accounts.account("own") == own


def test_an_officer_of_the_host_has_a_name_on_papers_and_in_lists(engine: Engine) -> None:
    """From the first action on."""
    mai = Actor("host:mai", Role.ADMIN, name="Cán bộ Mai", mail="mai@office.vn")
    dossier = engine.submit(engine.begin("1.000001", AN, {"name": "An", "copies": 1}).id, AN)
    engine.act(dossier.id, Action.ACCEPT, mai)
    engine.act(dossier.id, Action.EXTEND, mai, facts={"due": "2026-12-31"}, note="Chậm")

    assert [(officer.id, officer.name) for officer in engine.store.accounts.officers()] == [("host:mai", "Cán bộ Mai")]


def test_a_contact_is_forgotten(engine: Engine) -> None:
    """Their dossiers stay; nothing is mailed any more.  An account with a sign-in is not deleted in this way."""
    dossier = engine.submit(engine.begin("1.000001", AN, {"name": "An", "copies": 1}).id, AN)
    engine.store.accounts.create_account(Account("own", "own@example.vn", engine.clock.now()))
    mailed(engine)

    engine.forget_contact("host:an")
    engine.forget_contact("own")
    engine.forget_contact("nobody")
    engine.act(dossier.id, Action.ACCEPT, ROOT)

    assert engine.store.accounts.account("host:an") is None
    assert engine.store.accounts.account("own") is not None
    assert engine.open(dossier.id, AN).owner == "host:an"
    assert mailed(engine) == []
