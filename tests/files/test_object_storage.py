"""Object storage that is slow, fails, breaks off or returns wrong bytes: no partial file, no hidden error, no endless wait."""

from __future__ import annotations

import io
from datetime import timedelta
from pathlib import Path

import pytest
from support.proxy import Fault, cut_off_on_the_way_in, cut_off_on_the_way_out, failed, parts_failed, stalled, unheard
from support.s3 import Bucket

from dossierkit.errors import FilesError, MissingBucket, SettingsError
from dossierkit.files.ids import key_of, new_id
from dossierkit.files.objects import ObjectBlobs
from dossierkit.files.s3 import s3_store
from dossierkit.ports import BlobStore

#: Sent as one object, and in parts.
SMALL, LARGE = b"content", bytes(range(256)) * 40_000
FAULTS = [stalled, failed, cut_off_on_the_way_in, unheard]


def stored(blobs: BlobStore, content: bytes = SMALL) -> str:
    return blobs.put("a.pdf", io.BytesIO(content))


def read(blobs: BlobStore, id: str) -> bytes:
    opened = blobs.open(id)
    assert opened is not None
    with opened:
        return opened.read()


def named(fault: Fault) -> str:
    return fault.__name__


@pytest.mark.parametrize("fault", FAULTS, ids=named)
def test_what_fails_once_is_sent_again(bucket: Bucket, fault: Fault) -> None:
    """An upload, a download, a list, and a deletion that is refused: the caller notices nothing."""
    blobs = bucket.blobs

    bucket.proxy.suffer(fault)
    id = stored(blobs)
    bucket.proxy.suffer(fault)
    assert read(blobs, id) == SMALL
    bucket.proxy.suffer(fault)
    assert blobs.name(id) == "a.pdf"
    bucket.proxy.suffer(fault)
    assert [file.id for file in blobs.every()] == [id]
    bucket.proxy.suffer(*[fault] * (fault is failed))  # a deletion that gets no answer is not sent again
    blobs.delete(id)
    assert bucket.keys() == []


@pytest.mark.parametrize("content", [SMALL, LARGE], ids=["one", "parts"])
@pytest.mark.parametrize("fault", FAULTS, ids=named)
def test_an_upload_that_fails_is_refused(bucket: Bucket, fault: Fault, content: bytes) -> None:
    """It ends within a bounded time; what it may leave is listed, so that it can be deleted."""
    blobs = bucket.blobs
    bucket.proxy.suffer_always(fault)

    with pytest.raises(FilesError, match="a file cannot be stored"):
        stored(blobs, content)

    bucket.proxy.suffer_always(None)
    left = list(blobs.every())
    assert not left or fault is unheard, "the server has it only where its answer alone was lost"
    for file in left:
        blobs.delete(file.id)
    assert bucket.keys() == []


def test_a_part_that_fails_leaves_nothing_hidden(bucket: Bucket) -> None:
    """Parts of an incomplete upload are aborted: hidden parts would cost money."""
    blobs = bucket.blobs
    before = stored(blobs)
    bucket.proxy.suffer_always(parts_failed)

    with pytest.raises(FilesError, match="partNumber"):
        stored(blobs, LARGE)

    assert [file.id for file in blobs.every()] == [before]
    assert bucket.parts() == []


@pytest.mark.parametrize("fault", [*FAULTS, cut_off_on_the_way_out], ids=named)
def test_a_download_that_fails_says_so(bucket: Bucket, fault: Fault) -> None:
    """At its beginning and in the middle; it is no missing file."""
    blobs = bucket.blobs
    id = stored(blobs)
    opened = blobs.open(id)
    assert opened is not None
    bucket.proxy.suffer_always(fault)

    with pytest.raises(FilesError, match="a file cannot be read"), opened:
        opened.read()
    if fault is not cut_off_on_the_way_out:  # the size comes with the head of an answer
        with pytest.raises(FilesError, match="a file cannot be read"):
            blobs.open(id)
    with pytest.raises(FilesError):
        list(blobs.every())


def test_a_missing_bucket_is_named_as_such(bucket: Bucket) -> None:
    """An upload and a list say so; a file that is missing is something else."""
    blobs = ObjectBlobs(s3_store(bucket.address.replace(bucket.name, "no-such-bucket"), timeout=timedelta(seconds=1)))

    with pytest.raises(MissingBucket, match="a file cannot be stored: its bucket does not exist"):
        stored(blobs)
    with pytest.raises(MissingBucket, match="the files cannot be listed: their bucket does not exist"):
        list(blobs.every())
    assert bucket.blobs.open(new_id("0" * 64)) is None


def test_a_deletion_that_fails_says_so(bucket: Bucket) -> None:
    """The file is still listed."""
    blobs = bucket.blobs
    id = stored(blobs)
    bucket.proxy.suffer_always(failed)

    with pytest.raises(FilesError, match="cannot be deleted"):
        blobs.delete(id)

    bucket.proxy.suffer_always(None)
    assert [file.id for file in blobs.every()] == [id]


def test_prefix_and_encryption_are_those_of_the_setting(bucket: Bucket) -> None:
    """Two objects for each file, below the prefix, encrypted by the server."""
    id = stored(bucket.blobs)

    assert bucket.keys() == [f"files/of-the-office/{key_of(id)}", f"files/of-the-office/{key_of(id)}.json"]
    assert set(map(bucket.encryption, bucket.keys())) == {"AES256"}


def test_an_error_tells_no_secret(bucket: Bucket) -> None:
    """Neither the key nor what is signed with it."""
    blobs = bucket.blobs
    bucket.proxy.suffer_always(failed)

    with pytest.raises(FilesError) as refused:
        stored(blobs)

    assert "secret-of-the-tests" not in repr(refused.value)
    assert "AKIDOFTHETESTS" not in repr(refused.value)
    assert "500" in str(refused.value)


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("s3://", "s3://BUCKET/PREFIX"),
        ("https://s3.example/bucket", "s3://BUCKET/PREFIX"),
        ("s3://bucket?colour=red", "s3://BUCKET/PREFIX"),
        ("s3://bucket?encryption", "s3://BUCKET/PREFIX"),
        ("s3://bucket?encryption=rot13", "known: AES256, aws:kms"),
        ("s3://bucket?key=1", "needs ?encryption=aws:kms"),
        ("s3://AKID:hush@bucket/prefix", "AWS_ACCESS_KEY_ID"),
    ],
)
def test_a_wrong_address_is_refused(address: str, words: str) -> None:
    """With what would be right, and without repeating a secret."""
    with pytest.raises(SettingsError) as refused:
        s3_store(address, {})

    assert words in str(refused.value)
    assert "hush" not in str(refused.value)


def test_keys_come_from_the_shared_file(bucket: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the profile that the environment names, if it has no key itself."""
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    shared = tmp_path / "credentials"
    shared.write_text("[default]\naws_access_key_id = other\n[office]\naws_access_key_id = mine\naws_secret_access_key = h%ush\n")
    environment = {"AWS_SHARED_CREDENTIALS_FILE": str(shared), "AWS_PROFILE": "office"}

    config = s3_store(bucket.address, environment).config

    assert (config["access_key_id"], config["secret_access_key"]) == ("mine", "h%ush")
    shared.write_text("no such file")
    with pytest.raises(SettingsError, match="is not a credentials file") as refused:
        s3_store(bucket.address, environment)
    assert "no such file" not in str(refused.value)
