"""The contract of `Outbox`."""

from __future__ import annotations

import threading
from datetime import timedelta

from dossierkit.ports import Store
from dossierkit.testing.contract.samples import NOON, mail

HOUR = timedelta(hours=1)


class OutboxContract:
    """The contract of every `Outbox`."""

    def test_a_mail_is_kept_once(self, store: Store) -> None:
        """Its key is known for ever, also after delivery."""
        store.outbox.post(mail("a"), mail("a", "other@example.vn"), mail("b"))

        first, second = store.outbox.claim(NOON, NOON + HOUR)
        assert (first.mail, second.mail) == (mail("a"), mail("b"))
        assert (first.tries, first.error) == (0, "")
        store.outbox.mark_delivered(first.id, NOON)
        store.outbox.post(mail("a"))
        assert [outgoing.mail.key for outgoing in store.outbox.claim(NOON + HOUR, NOON + 2 * HOUR)] == ["b"]

    def test_a_claimed_mail_comes_back_after_its_lease(self, store: Store) -> None:
        """Until then no other claim gets it; the oldest come first."""
        store.outbox.post(*(mail(key) for key in "abc"))

        assert [one.mail.key for one in store.outbox.claim(NOON, NOON + HOUR, 2)] == ["a", "b"]
        assert [one.mail.key for one in store.outbox.claim(NOON, NOON + HOUR)] == ["c"]
        assert store.outbox.claim(NOON + HOUR / 2, NOON + HOUR) == ()
        assert [one.mail.key for one in store.outbox.claim(NOON + HOUR, NOON + 2 * HOUR)] == ["a", "b", "c"]

    def test_a_failed_mail_is_due_later(self, store: Store) -> None:
        """It tells how often and why it failed."""
        store.outbox.post(mail("a"), mail("b"))
        first, second = store.outbox.claim(NOON, NOON + HOUR)
        store.outbox.mark_delivered(second.id, NOON)
        store.outbox.mark_failed(first.id, "busy", NOON + 2 * HOUR)

        assert [(one.id, one.tries, one.error) for one in store.outbox.failures()] == [(first.id, 1, "busy")]
        assert store.outbox.claim(NOON + HOUR, NOON + 3 * HOUR) == ()
        (again,) = store.outbox.claim(NOON + 2 * HOUR, NOON + 3 * HOUR)
        assert (again.mail, again.tries, again.error) == (mail("a"), 1, "busy")
        assert store.outbox.dead_letters() == ()

    def test_a_mail_that_was_given_up_can_be_tried_again(self, store: Store) -> None:
        """Newest first; its count of tries begins anew; a delivered one stays delivered."""
        store.outbox.post(*(mail(key) for key in "abc"))
        for outgoing in store.outbox.claim(NOON, NOON + HOUR):
            store.outbox.mark_failed(outgoing.id, "busy", NOON)
        first, second, third = store.outbox.claim(NOON, NOON + HOUR)
        store.outbox.mark_delivered(third.id, NOON)
        for outgoing in (first, second):
            store.outbox.mark_failed(outgoing.id, "no such mailbox", None)

        assert [(one.mail.key, one.tries, one.due) for one in store.outbox.dead_letters()] == [("b", 2, None), ("a", 2, None)]
        assert [one.mail.key for one in store.outbox.dead_letters(1)] == ["b"]
        assert store.outbox.claim(NOON + 9 * HOUR, NOON + 10 * HOUR) == ()
        for outgoing in (first, third):
            store.outbox.retry(outgoing.id, NOON)
        assert [(one.mail.key, one.tries) for one in store.outbox.claim(NOON, NOON + HOUR)] == [("a", 1)]

    def test_what_waits_is_counted(self, store: Store) -> None:
        """With the oldest of it; neither what was delivered nor what was given up waits."""
        assert store.outbox.backlog() == (0, 0)
        store.outbox.post(*(mail(key) for key in "abc"))
        first, second, third = store.outbox.claim(NOON, NOON + HOUR)
        assert store.outbox.backlog() == (3, first.id)

        store.outbox.mark_delivered(first.id, NOON)
        store.outbox.mark_failed(second.id, "no such mailbox", None)
        store.outbox.mark_failed(third.id, "busy", NOON + HOUR)

        assert store.outbox.backlog() == (1, third.id)

    def test_an_address_bounces_until_a_mail_arrives(self, store: Store) -> None:
        """The last mail that ended decides, not one on its way."""
        for key, delivered in (("a", True), ("b", False), ("c", True)):
            store.outbox.post(mail(key))
            (outgoing,) = store.outbox.claim(NOON, NOON + HOUR)
            if delivered:
                store.outbox.mark_delivered(outgoing.id, NOON)
            else:
                store.outbox.mark_failed(outgoing.id, "no such mailbox", None)
            store.outbox.post(mail(f"waiting {key}", "other@example.vn"))
            store.outbox.claim(NOON, NOON + HOUR)

            assert store.outbox.bounces("an@example.vn") is not delivered
            assert not store.outbox.bounces("other@example.vn")

    def test_parallel_claims_share_the_mails(self, store: Store) -> None:
        """No mail is claimed twice."""
        store.outbox.post(*(mail(str(number)) for number in range(40)))
        claimed: list[int] = []

        def claim() -> None:
            while batch := store.outbox.claim(NOON, NOON + HOUR, 3):
                claimed.extend(outgoing.id for outgoing in batch)

        threads = [threading.Thread(target=claim) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)

        assert len(claimed) == len(set(claimed)) == 40
