"""Every store of files keeps the contract that is published for other stores."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from obstore.store import LocalStore, MemoryStore
from support.s3 import Bucket

from dossierkit.errors import FilesError
from dossierkit.files.disk import DiskBlobs
from dossierkit.files.objects import ObjectBlobs
from dossierkit.files.reading import intact_pieces
from dossierkit.ports import BlobStore
from dossierkit.testing.contract import BlobContract


class TestDiskBlobs(BlobContract):
    """A folder."""

    @pytest.fixture
    def blobs(self, tmp_path: Path) -> BlobStore:
        return DiskBlobs(tmp_path / "blobs")


class TestMemoryObjects(BlobContract):
    """Object storage in memory."""

    @pytest.fixture
    def blobs(self) -> BlobStore:
        return ObjectBlobs(MemoryStore())


class TestFolderOfObjects(BlobContract):
    """Object storage in a folder."""

    @pytest.fixture
    def blobs(self, tmp_path: Path) -> BlobStore:
        return ObjectBlobs(LocalStore(tmp_path))


class TestS3(BlobContract):
    """A real server."""

    @pytest.fixture
    def blobs(self, bucket: Bucket) -> BlobStore:
        return bucket.blobs


def test_a_folder_can_be_moved_into_a_bucket(tmp_path: Path) -> None:
    """Disk and object storage lay files out alike, so any tool that copies keys moves them."""
    id = DiskBlobs(tmp_path).put("đơn.pdf", io.BytesIO(b"content"))

    moved = ObjectBlobs(LocalStore(tmp_path))

    assert moved.name(id) == "đơn.pdf"
    opened = moved.open(id)
    assert opened is not None
    with opened:
        assert opened.read() == b"content"
    assert [file.id for file in moved.every()] == [file.id for file in DiskBlobs(tmp_path).every()] == [id]


def test_a_killed_upload_is_listed_and_can_be_deleted(tmp_path: Path) -> None:
    """On disk it is a part without a name."""
    blobs = DiskBlobs(tmp_path)
    blobs.put("a.pdf", io.BytesIO(b"content"))
    (tmp_path / "tmpk1ll3d_.part").write_bytes(b"con")

    (part,) = (file.id for file in blobs.every() if file.id.endswith(".part"))
    blobs.delete(part)

    assert not (tmp_path / "tmpk1ll3d_.part").exists()
    assert len(list(blobs.every())) == 1


def test_a_full_disk_is_told(tmp_path: Path) -> None:
    """Here a file is where the folder should be."""
    (tmp_path / "blobs").write_bytes(b"")

    with pytest.raises(FilesError, match="a file cannot be stored"):
        DiskBlobs(tmp_path / "blobs").put("a.pdf", io.BytesIO(b"content"))


@pytest.mark.parametrize("size", [0, 1, 64 * 1024, 64 * 1024 + 1, 200_000])
def test_the_last_piece_comes_if_all_are_right(tmp_path: Path, size: int) -> None:
    """Otherwise it is held back, and the reader is told."""
    blobs, content = DiskBlobs(tmp_path), bytes(size)
    id = blobs.put("a.pdf", io.BytesIO(content))

    assert b"".join(intact_pieces(io.BytesIO(content), id)) == content
    came = b""
    with pytest.raises(FilesError, match="was changed"):
        for piece in intact_pieces(io.BytesIO(content[:-1] + b"x"), id):
            came += piece
    assert len(came) <= max(0, size - 1)
