"""The contract of `PublicationStore`."""

from __future__ import annotations

import threading
from datetime import timedelta

import attrs

from dossierkit.ports import Publication, Store
from dossierkit.ports.publications import digest_of
from dossierkit.testing.contract.samples import NOON

FIRST = {"a.json": b'{"title": "A"}', "shared/đ.json": b"\xff\x00"}
SECOND = {"a.json": b'{"title": "B"}', "shared/đ.json": b"\xff\x00", "papers/1.000001/01.typ": b""}


class PublicationContract:
    """The contract of every store about publications of procedure files."""

    def test_a_new_store_has_no_publication(self, store: Store) -> None:
        """Nothing can be read from it."""
        assert (store.last_publication(), store.publications(), store.published_file(digest_of(b""))) == (0, (), None)

    def test_the_newest_publication_comes_first(self, store: Store) -> None:
        """Each has its files, and who published them when; a page of the history begins below a number."""
        first = store.publish(FIRST, author="An", at=NOON)
        second = store.publish(SECOND, author="Bình", at=NOON + timedelta(microseconds=1))

        assert first == Publication(1, NOON, "An", {path: digest_of(content) for path, content in FIRST.items()})
        assert (second.number, second.author, second.at) == (2, "Bình", NOON + timedelta(microseconds=1))
        assert store.publications() == (second, first)
        assert [dict(one.files) for one in store.publications()] == [dict(second.files), dict(first.files)]
        assert store.publications(limit=1) == (second,)
        assert store.publications(before=2) == (first,)
        assert store.last_publication() == 2

    def test_every_published_file_stays(self, store: Store) -> None:
        """Those of earlier publications, too, so that an office can go back."""
        publications = [store.publish(files, author="An", at=NOON) for files in (FIRST, SECOND)]

        for publication, files in zip(publications, (FIRST, SECOND), strict=True):
            assert {path: store.published_file(digest) for path, digest in publication.files.items()} == files

    def test_the_same_files_are_published_once(self, store: Store) -> None:
        """Unless others came between: going back is a publication of its own, with the same digest."""
        first = store.publish(FIRST, author="An", at=NOON)

        assert store.publish(dict(reversed(FIRST.items())), author="Bình", at=NOON + timedelta(days=1)) == first
        store.publish(SECOND, author="An", at=NOON)
        back = store.publish(FIRST, author="An", at=NOON)

        assert (back.number, back.digest, dict(back.files)) == (3, first.digest, dict(first.files))

    def test_those_who_publish_at_once_take_turns(self, store: Store) -> None:
        """Each gets a number of its own; no number is missing."""
        made: list[Publication] = []
        threads = [
            threading.Thread(target=lambda n=number: made.append(store.publish({"a.json": b"%d" % n}, author="An", at=NOON)))
            for number in range(6)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)

        assert sorted(one.number for one in made) == [1, 2, 3, 4, 5, 6]
        assert {attrs.evolve(one, at=NOON) for one in store.publications()} == set(made)
