"""Pages over PostgreSQL while its server takes no writes: filing pauses with words, reading goes on, nothing is lost."""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psycopg
import pytest
from dossierkit_web.app import create_app
from dossierkit_web.site import WebConfig
from psycopg.conninfo import conninfo_to_dict
from starlette.testclient import TestClient
from support.page import Page
from support.postgres import Line, run, with_name

from dossierkit import Actor, Engine
from dossierkit.catalog.catalog import Catalog
from dossierkit.errors import UnwritableStore
from dossierkit.forms.schema.dialect import STANDARD
from dossierkit.stores.postgres.store import PostgresStore
from dossierkit.wiring import RandomTokens, SystemClock

APPLY = "/procedures/1.000001/apply"


@contextmanager
def portal_over(url: str, folder: Path, files: Path, **options: Any) -> Iterator[tuple[Any, TestClient]]:
    store = PostgresStore(url, **options)
    catalog = Catalog(folder, STANDARD, memory=store)
    engine = Engine(store, catalog, clock=SystemClock(), tokens=RandomTokens(), agency="H29.15")
    app = create_app(engine, blobs=files, config=WebConfig(guests=True))
    with TestClient(app, headers={"sec-fetch-site": "same-origin"}) as client:
        yield engine, client
    engine.close()


def ready_to_submit(client: TestClient) -> dict[str, str]:
    """The pairs that the last button of a valid draft posts."""
    review = client.post(APPLY, data={**dict(Page(client.get(APPLY).text).pairs), "/name": "An", "do": "continue"})
    assert review.url.path == f"{APPLY}/review", review.text
    return dict(Page(review.text).pairs)


def assert_paused(answer: Any) -> None:
    assert answer.status_code == 503
    assert answer.headers["retry-after"]
    assert "Tạm dừng tiếp nhận" in answer.text


def test_a_server_that_is_gone_pauses_the_portal(postgres: str, folder: Path) -> None:
    """Every page that reads says so, as the visitor is not known either; what was reviewed is filed when there is a server."""
    with tempfile.TemporaryDirectory() as place:
        line = Line(postgres, Path(place))
        with portal_over(line.url, folder, Path(place), patience_seconds=0.3) as (engine, client):
            pairs = ready_to_submit(client)
            line.interrupt()

            for answer in (client.get("/dossiers"), client.get(APPLY), client.post(f"{APPLY}/review", data=pairs)):
                assert_paused(answer)
            # The page of an address that does not exist tells of the visitor, too.
            assert client.get("/none").status_code == 404
            assert client.get("/readyz").text == "store"

            line.thaw()
            filed = client.post(f"{APPLY}/review", data=pairs, follow_redirects=False)
            assert filed.headers["location"].endswith("-0001?done")
            assert list(engine.verify()) == []
        line.close()


def test_a_standby_pauses_filing(postgres: str, folder: Path, tmp_path: Path) -> None:
    """A server that can only be read: every write says so, and the same draft is filed once there is another one."""
    name = conninfo_to_dict(postgres)["dbname"]
    with portal_over(postgres, folder, tmp_path) as (engine, client):
        pairs = ready_to_submit(client)
        run(postgres, f"ALTER DATABASE {name} SET default_transaction_read_only = on")
        try:
            engine.store.database.writer.close()
            engine.store.database.leave()

            assert_paused(client.post(f"{APPLY}/review", data=pairs))
            assert client.get("/procedures").status_code == 200
            assert (client.get("/readyz").status_code, client.get("/readyz").text) == (503, "store")
        finally:
            with psycopg.connect(postgres, autocommit=True) as connection:
                connection.execute("SET default_transaction_read_only = off")
                connection.execute(f"ALTER DATABASE {name} RESET default_transaction_read_only")

        filed = client.post(f"{APPLY}/review", data=pairs, follow_redirects=False)

        assert filed.headers["location"].endswith("-0001?done")
        assert client.get("/readyz").text == "ok"
        assert list(engine.verify()) == []


@pytest.fixture
def small_disk(postgres_server: str) -> Iterator[tuple[str, Callable[[], None], Callable[[], None]]]:
    """A database, what fills its disk, and what makes room.

    As root it is in a tablespace on a disk of 32 MB in memory.  Elsewhere a trigger raises the error of a full disk.
    """
    name = f"test_{secrets.token_hex(6)}"
    url = with_name(postgres_server, name)
    with psycopg.connect(postgres_server) as connection:
        ((data,),) = connection.execute("SHOW data_directory")
    disk = Path(tempfile.mkdtemp(prefix="dossierkit-disk-"))
    disk.chmod(0o755)
    mounted = os.geteuid() == 0 and _mount(disk)
    if mounted:
        (disk / "tables").mkdir()
        shutil.chown(disk / "tables", Path(data).owner())
        run(postgres_server, f"CREATE TABLESPACE {name} LOCATION '{disk / 'tables'}'")
    run(postgres_server, f"CREATE DATABASE {name}" + (f" TABLESPACE {name}" if mounted else ""))

    def fill() -> None:
        if mounted:
            with (disk / "ballast").open("wb", buffering=0) as ballast, suppress(OSError):
                while True:
                    ballast.write(bytes(4096))
        else:
            body = "BEGIN RAISE EXCEPTION 'no space left on device' USING ERRCODE = 'disk_full'; END"
            run(url, f"CREATE FUNCTION fill() RETURNS trigger LANGUAGE plpgsql AS $${body}$$")
            run(url, "CREATE TRIGGER fill BEFORE INSERT OR UPDATE ON dossiers FOR EACH STATEMENT EXECUTE FUNCTION fill()")

    def make_room() -> None:
        if mounted:
            (disk / "ballast").unlink()
        else:
            run(url, "DROP FUNCTION fill CASCADE")

    yield url, fill, make_room
    run(postgres_server, f"DROP DATABASE {name} WITH (FORCE)")
    if mounted:
        run(postgres_server, f"DROP TABLESPACE {name}")
        subprocess.run(["umount", str(disk)], check=True)
    disk.rmdir()


def _mount(folder: Path) -> bool:
    command = ["mount", "-t", "tmpfs", "-o", "size=32m", "tmpfs", str(folder)]
    return subprocess.run(command, check=False, capture_output=True).returncode == 0


def test_a_full_disk_of_the_server_pauses_filing(small_disk: Any, folder: Path, tmp_path: Path) -> None:
    """The write is refused as a whole; reading goes on; with room again, and without a restart, filing does."""
    url, fill, make_room = small_disk
    with portal_over(url, folder, tmp_path) as (engine, client):
        pairs = ready_to_submit(client)
        fill()

        # Tables have some room of their own: a few dozen drafts still fit.
        with pytest.raises(UnwritableStore, match="make room"):
            for _ in range(1000):
                engine.begin("1.000001", Actor("an"), {"name": "x"})
        answers = (client.post(APPLY, data={"/name": f"n{n}" * 9, "do": "save"}) for n in range(100))
        paused = next(answer for answer in answers if answer.status_code != 200)

        assert_paused(paused)
        assert client.get("/procedures").status_code == 200
        assert client.get(f"{APPLY}/review?draft={pairs['meta:draft']}").status_code == 200
        make_room()
        filed = client.post(f"{APPLY}/review", data=pairs, follow_redirects=False)
        assert filed.headers["location"].endswith("-0001?done")
        assert list(engine.verify()) == []
