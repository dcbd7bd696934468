"""A real S3 server on this machine, behind a proxy that can do damage."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from datetime import timedelta
from itertools import count
from urllib.request import Request, urlopen

import attrs
import obstore
import pytest

from dossierkit.files.objects import ObjectBlobs
from dossierkit.files.s3 import s3_store
from support.proxy import Proxy

_buckets = count(1)


@attrs.frozen
class Bucket:
    """An empty bucket."""

    name: str
    proxy: Proxy
    #: Port of the server itself.
    port: int

    @property
    def address(self) -> str:
        """As the setting `files` has it."""
        return f"s3://{self.name}/files/of-the-office?endpoint=http://127.0.0.1:{self.proxy.port}&encryption=AES256"

    @property
    def blobs(self) -> ObjectBlobs:
        """The bucket, with little patience."""
        return ObjectBlobs(s3_store(self.address, timeout=timedelta(seconds=1), retries=2))

    def keys(self) -> list[str]:
        """The keys of all objects, as the server knows them."""
        from moto.s3.models import s3_backends

        return sorted(s3_backends["123456789012"]["aws"].buckets[self.name].keys)

    def parts(self) -> list[str]:
        """Uploads in parts that were neither completed nor aborted."""
        from moto.s3.models import s3_backends

        return sorted(s3_backends["123456789012"]["aws"].buckets[self.name].multiparts)

    def encryption(self, key: str) -> str | None:
        """How the server says that it encrypts an object."""
        from moto.s3.models import s3_backends

        return s3_backends["123456789012"]["aws"].buckets[self.name].keys[key].encryption

    def overwrite(self, key: str, content: bytes) -> None:
        """Put other bytes in the place of an object, behind the back of the store."""
        obstore.put(s3_store(f"s3://{self.name}?endpoint=http://127.0.0.1:{self.port}"), key, content)


@pytest.fixture(scope="session")
def s3_server() -> Iterator[int]:
    """The port of a running server."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what its libraries warn of is theirs
        from moto.server import ThreadedMotoServer

        server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
        server.start()
        yield server.get_host_and_port()[1]
        server.stop()


@pytest.fixture
def bucket(s3_server: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bucket]:
    """An empty bucket, with a key to it in the environment."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDOFTHETESTS")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret-of-the-tests")
    name = f"bucket-{next(_buckets)}"
    urlopen(Request(f"http://127.0.0.1:{s3_server}/{name}", method="PUT")).close()
    proxy = Proxy(s3_server)
    yield Bucket(name, proxy, s3_server)
    proxy.close()
