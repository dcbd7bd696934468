"""The contract of `BlobStore`."""

from __future__ import annotations

import hashlib
import io
import threading
from datetime import timedelta

import pytest

from dossierkit.errors import FilesError
from dossierkit.files.ids import BLOB, content_hash
from dossierkit.ports import BlobStore

#: Larger than what any store keeps of a file in memory.
LARGE = bytes(range(256)) * (9 * 4096)
_MOST = 1 << 20


class _Line(io.BytesIO):
    """An upload that is read piece by piece, and may break off."""

    def __init__(self, content: bytes, breaks_at: int | None = None) -> None:
        super().__init__(content)
        self._breaks_at = breaks_at

    def read(self, size: int | None = -1, /) -> bytes:
        assert size is not None
        assert 0 < size <= _MOST, "a file is never read whole"
        if self._breaks_at is not None and self.tell() >= self._breaks_at:
            raise OSError("the line broke")
        return super().read(size)


class BlobContract:
    """The contract of every `BlobStore`.  A subclass has a fixture `blobs` that gives a new, empty one."""

    @pytest.mark.parametrize("content", [b"", b"x", b"content" * 40_000, LARGE], ids=["empty", "byte", "small", "large"])
    def test_bytes_come_back(self, blobs: BlobStore, content: bytes) -> None:
        """From the beginning, from the middle, and from the end."""
        id = blobs.put("a.pdf", _Line(content))

        opened = blobs.open(id)

        assert opened is not None
        with opened:
            assert opened.seek(0, io.SEEK_END) == len(content)
            assert opened.read(1) == b""
            opened.seek(len(content) // 2)
            assert opened.read(7) == content[len(content) // 2 :][:7]
            assert opened.seek(0) == 0
            assert b"".join(iter(lambda: opened.read(_MOST), b"")) == content

    def test_an_id_is_the_hash_and_one_file(self, blobs: BlobStore) -> None:
        """The same bytes from two people are two files: each can delete their own."""
        first, second = (blobs.put("a.pdf", io.BytesIO(b"content")) for _ in range(2))

        assert first != second
        assert BLOB.fullmatch(first)
        assert content_hash(first) == content_hash(second)
        blobs.delete(first)
        assert blobs.open(first) is None
        kept = blobs.open(second)
        assert kept is not None
        with kept:
            assert kept.read() == b"content"

    def test_an_upload_that_breaks_off_leaves_nothing(self, blobs: BlobStore) -> None:
        """The error of its content is the caller's."""
        with pytest.raises(OSError, match="the line broke"):
            blobs.put("a.pdf", _Line(LARGE, breaks_at=_MOST))

        assert list(blobs.every()) == []

    def test_a_file_of_another_store_keeps_its_id(self, blobs: BlobStore) -> None:
        """And its name, however often it comes; other bytes are refused."""
        id = f"sha256-{hashlib.sha256(LARGE).hexdigest()}-{'0' * 16}"

        for _ in range(2):
            blobs.keep(id, "đơn.pdf", _Line(LARGE))
        for wrong in (f"sha256-{'0' * 64}-{'1' * 16}", "../x"):
            with pytest.raises(FilesError):
                blobs.keep(wrong, "a.pdf", io.BytesIO(b"content"))

        assert [file.id for file in blobs.every()] == [id]
        assert blobs.name(id) == "đơn.pdf"
        kept = blobs.open(id)
        assert kept is not None
        with kept:
            assert kept.read(10) == LARGE[:10]

    @pytest.mark.parametrize("name", ["đơn xin phép.pdf", "../../etc/passwd", "", 'a"b\\c\n.pdf', "x" * 300])
    def test_a_name_is_kept_as_it_came(self, blobs: BlobStore, name: str) -> None:
        """It is data, never a path."""
        id = blobs.put(name, io.BytesIO(b"content"))

        assert blobs.name(id) == name
        assert [file.id for file in blobs.every()] == [id]

    def test_every_file_is_listed_once(self, blobs: BlobStore) -> None:
        """With the time of its writing; what was deleted is gone, and can be deleted again."""
        ids = [blobs.put("a.pdf", io.BytesIO(str(number % 5).encode())) for number in range(12)]
        blobs.delete(ids[0])
        blobs.delete(ids[0])

        listed = list(blobs.every())

        assert sorted(file.id for file in listed) == sorted(ids[1:])
        assert all(file.changed.utcoffset() == timedelta() for file in listed)
        assert blobs.name(ids[0]) == ""

    @pytest.mark.parametrize(
        "id",
        [
            "",
            "/",
            ".",
            "..",
            "a/b",
            "\0",
            "x" * 10_000,
            "sha256-../../../x",
            f"sha256-{'0' * 64}",
            f"sha256-{'0' * 64}-{'0' * 16}",
        ],
    )
    def test_a_strange_id_leads_nowhere(self, blobs: BlobStore, id: str) -> None:
        """Nor does one with a line break after it."""
        own = blobs.put("a.pdf", io.BytesIO(b"content"))

        for strange in (id, f"{own}\n", f"{own}/{id}"):
            assert blobs.open(strange) is None
            assert blobs.name(strange) == ""
            blobs.delete(strange)
        assert [file.id for file in blobs.every()] == [own]

    def test_many_are_stored_at_once(self, blobs: BlobStore) -> None:
        """Threads may share a store."""
        ids: list[str] = []
        threads = [
            threading.Thread(target=lambda n=number: ids.append(blobs.put(f"{n}", io.BytesIO(b"%d" % n)))) for number in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)

        assert sorted(blobs.name(id) for id in ids) == [str(number) for number in range(8)]
