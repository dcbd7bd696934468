"""The contract of `AccountStore`, but for its tries: accounts, sessions, secrets."""

from __future__ import annotations

from datetime import timedelta

import attrs
import pytest

from dossierkit.dossiers.people.access_token import AccessToken, Verb
from dossierkit.dossiers.people.account import Notices
from dossierkit.dossiers.people.session_lifetime import ENDED, Session, Wants
from dossierkit.dossiers.states import Role
from dossierkit.errors import StaleAccount
from dossierkit.ports import Store
from dossierkit.testing.contract.samples import NOON, account, mail, new_draft, submission

HOUR = timedelta(hours=1)


class AccountContract:
    """The contract of every `AccountStore` about accounts, sessions and secrets."""

    def test_an_account_comes_back(self, store: Store) -> None:
        """With every attribute; its mails are kept with it."""
        full = account(
            "an", role=Role.CASE_OFFICER, unit="x", profile={"fullName": "An"}, first_until=NOON, language="en",
            subject="https://id.example|1", notices=Notices.NEEDED, disabled=True, views={"mine": "state=4"}, totp="A" * 32,
            totp_used=7, proven=False, issued=("a", "b"), hosted=True,
        )  # fmt: skip
        full = attrs.evolve(full, password=f"hash of {full.id}")

        assert store.accounts.create_account(full, mail("welcome"))

        assert store.accounts.account("an") == full
        assert store.accounts.account("an").profile == {"fullName": "An"}  # type: ignore[union-attr]  # it is there
        assert store.accounts.account_as("https://id.example|1") == full
        assert (store.accounts.account("ba"), store.accounts.account_as(""), store.accounts.account_of("x@y.vn")) == (None,) * 3
        assert [outgoing.mail.key for outgoing in store.outbox.claim(NOON, NOON + HOUR)] == ["welcome"]

    def test_an_id_is_that_of_one_account(self, store: Store) -> None:
        """A second account with it is not stored, nor are its mails."""
        assert store.accounts.create_account(account("an", profile={"fullName": "An"}))
        assert not store.accounts.create_account(account("an", "other@example.vn"), mail("second"))

        assert store.accounts.account("an") == account("an", profile={"fullName": "An"})
        assert store.outbox.claim(NOON, NOON + HOUR) == ()

    def test_an_address_belongs_to_the_account_that_proved_it(self, store: Store) -> None:
        """Else to the oldest that claims it; the newest claim is found beside the owner."""
        claims = [account(id, "an@example.vn", proven=False) for id in ("a", "b", "c")]
        for claim in claims:
            assert store.accounts.create_account(claim)
        assert store.accounts.accounts_of("an@example.vn") == (claims[0], claims[2])

        proven = attrs.evolve(claims[1], proven=True, version=2)
        assert store.accounts.replace_account(proven)

        assert store.accounts.account_of("an@example.vn") == proven
        assert store.accounts.accounts_of("an@example.vn") == (proven, claims[2])
        assert not store.accounts.create_account(account("d", "an@example.vn"), mail("d"))
        assert not store.accounts.replace_account(attrs.evolve(claims[0], proven=True, version=2), mail("a"))
        assert store.accounts.create_account(account("e", "an@example.vn", proven=False))
        assert store.accounts.account("d") is None
        assert store.outbox.claim(NOON, NOON + HOUR) == ()

    def test_a_subject_is_linked_to_one_account(self, store: Store) -> None:
        """Accounts without a subject do not conflict."""
        assert store.accounts.create_account(account("a", subject="s"))
        assert store.accounts.create_account(account("b"))
        assert store.accounts.create_account(account("c"))
        assert not store.accounts.create_account(account("d", subject="s"))
        assert not store.accounts.replace_account(account("b", subject="s", version=2))

    def test_the_second_writer_of_an_account_loses(self, store: Store) -> None:
        """Its mails are not kept either."""
        store.accounts.create_account(account("a"))
        changed = account("a", language="en", version=2)
        assert store.accounts.replace_account(changed)

        with pytest.raises(StaleAccount):
            store.accounts.replace_account(account("a", version=2), mail("lost"))
        with pytest.raises(StaleAccount):
            store.accounts.replace_account(account("nobody", version=2))

        assert store.accounts.account("a") == changed
        assert store.outbox.claim(NOON, NOON + HOUR) == ()

    def test_officers_are_listed_by_address(self, store: Store) -> None:
        """Of one unit or of all; citizens are left out."""
        roles = {"b": (Role.APPROVER, "x"), "a": (Role.ADMIN, ""), "c": (Role.CASE_OFFICER, "y"), "d": (Role.CITIZEN, "")}
        for id, (role, unit) in roles.items():
            store.accounts.create_account(account(id, role=role, unit=unit))

        assert [officer.id for officer in store.accounts.officers()] == ["a", "b", "c"]
        assert [officer.id for officer in store.accounts.officers("y")] == ["c"]

    def test_a_deleted_account_takes_sessions_and_secrets_along(self, store: Store) -> None:
        """Those of others stay."""
        for id in ("a", "b"):
            store.accounts.create_account(account(id))
            store.accounts.keep_session(Session(f"session-{id}", NOON, NOON, id))
            store.accounts.keep_secret(f"secret-{id}", id, NOON + HOUR)

        store.accounts.delete_account("a", mail("goodbye"))

        assert [store.accounts.account(id) is None for id in ("a", "b")] == [True, False]
        assert [store.accounts.session(f"session-{id}") is None for id in ("a", "b")] == [True, False]
        assert [store.accounts.secret(f"secret-{id}", NOON) for id in ("a", "b")] == [None, "b"]
        assert [outgoing.mail.key for outgoing in store.outbox.claim(NOON, NOON + HOUR)] == ["goodbye"]

    def test_a_session_comes_back_until_it_ends(self, store: Store) -> None:
        """It is replaced when it is seen again; one or all but one can be ended; old ones go on the way."""
        sessions = [Session(f"h{number}", NOON, NOON, "an", Wants.CODE) for number in range(3)]
        for session in (*sessions, Session("guest", NOON, NOON)):
            store.accounts.keep_session(session)
        seen = attrs.evolve(sessions[0], seen=NOON + HOUR, wants=Wants.NOTHING)
        store.accounts.keep_session(seen)

        assert store.accounts.session("h0") == seen
        assert store.accounts.session("none") is None
        store.accounts.end_session("h1")
        assert store.accounts.session("h1") is None
        store.accounts.end_sessions("an", but="h0")
        assert [store.accounts.session(hash) is None for hash in ("h0", "h2", "guest")] == [False, True, False]
        store.accounts.keep_session(Session("new", NOON, NOON + HOUR + ENDED))
        assert [store.accounts.session(hash) is None for hash in ("h0", "guest", "new")] == [False, True, False]

    def test_a_secret_is_taken_once(self, store: Store) -> None:
        """Before it ends; a look leaves it there; others of the account stay beside it."""
        for hash in ("a", "b"):
            store.accounts.keep_secret(hash, "an", NOON + HOUR, mail(hash))

        assert store.accounts.secret("a", NOON) == store.accounts.secret("a", NOON) == "an"
        assert (store.accounts.take_secret("a", NOON), store.accounts.take_secret("a", NOON)) == ("an", None)
        assert (store.accounts.secret("b", NOON + HOUR), store.accounts.take_secret("b", NOON + HOUR)) == (None, None)
        assert len(store.outbox.claim(NOON, NOON + HOUR)) == 2

    def test_a_secret_replaces_one_with_the_same_hash(self, store: Store) -> None:
        """Its account may be a long text, such as input that is kept until it is saved."""
        long = "".join(str(number * number) for number in range(20_000))
        store.accounts.keep_secret("a", "an", NOON + HOUR)

        store.accounts.keep_secret("a", long, NOON + 2 * HOUR)

        assert store.accounts.secret("a", NOON + HOUR) == long

    def test_secrets_can_be_forgotten(self, store: Store) -> None:
        """All of one account; those that ended long ago go on the way."""
        store.accounts.keep_secret("a", "an", NOON + HOUR)
        store.accounts.keep_secret("b", "ba", NOON + HOUR)
        store.accounts.forget_secrets("an")
        assert (store.accounts.secret("a", NOON), store.accounts.secret("b", NOON)) == (None, "ba")

        store.accounts.keep_secret("c", "an", NOON + 2 * HOUR + ENDED)

        assert store.accounts.secret("b", NOON) is None

    def test_drafts_of_a_guest_are_adopted(self, store: Store) -> None:
        """A dossier that the guest submitted stays a guest's."""
        new_draft(store, "draft", owner="guest")
        store.record(submission(new_draft(store, "sent", owner="guest")))
        new_draft(store, "other", owner="ba")

        store.accounts.adopt("guest", "an")

        assert [dossier.id for dossier in store.find("an")] == ["draft"]
        assert [dossier.id for dossier in store.find("guest")] == ["sent"]
        assert [dossier.id for dossier in store.find("ba")] == ["other"]

    def test_an_access_token_comes_back(self, store: Store) -> None:
        """With every attribute, by its hash; two have different names."""
        token = AccessToken("gis", "h1", NOON, NOON + HOUR, Role.CASE_OFFICER, "x", (Verb.READ,), ("1.000001",), used=NOON)
        assert store.accounts.create_access_token(token)
        assert not store.accounts.create_access_token(attrs.evolve(token, hash="h2"))
        plain = AccessToken("archive", "h3", NOON, NOON + HOUR)
        assert store.accounts.create_access_token(plain)

        assert (store.accounts.access_token("h1"), store.accounts.access_token("h2")) == (token, None)
        assert store.accounts.access_tokens() == (plain, token)

    def test_a_revoked_access_token_stays_away(self, store: Store) -> None:
        """Also if a request that began before stores its last use."""
        token = AccessToken("gis", "h1", NOON, NOON + HOUR)
        assert store.accounts.create_access_token(token)
        store.accounts.replace_access_token(attrs.evolve(token, used=NOON))
        assert store.accounts.access_token("h1") == attrs.evolve(token, used=NOON)

        assert store.accounts.delete_access_token("gis")
        assert not store.accounts.delete_access_token("gis")
        store.accounts.replace_access_token(token)

        assert store.accounts.access_token("h1") is None
        assert store.accounts.create_access_token(attrs.evolve(token, hash="h2"))
