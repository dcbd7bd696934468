"""Back-ups of a database on a server, by the tools of PostgreSQL: what was given out since the dump is never given out again."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from support.people import AN
from support.postgres import tool

from dossierkit import Engine, open_engine
from dossierkit.cli import main
from dossierkit.errors import LostDossiers


def submit(engine: Engine) -> str:
    return str(engine.submit(engine.begin("1.000001", AN, {"name": "An"}).id, AN).code)


def restore(dump: Path, url: str) -> None:
    """Put *dump* into the database *url*, in place of its tables."""
    subprocess.run([tool("pg_restore"), "--clean", "--if-exists", "--no-owner", "-d", url, str(dump)], check=True, timeout=60)


def test_a_restored_dump_gives_no_code_twice(new_postgres: Callable[[], str], folder: Path, tmp_path: Path) -> None:
    """It is refused until an operator names the last code; then numbers go on after it, with a gap that `verify` knows."""
    lost, url, dump = new_postgres(), new_postgres(), tmp_path / "dossiers.dump"
    engine = open_engine(lost, procedures=folder)
    first = submit(engine)
    subprocess.run([tool("pg_dump"), "-Fc", "-d", lost, "-f", str(dump)], check=True, timeout=60)
    last = [submit(engine) for _ in range(3)][-1]
    engine.close()

    def invoke(command: str, *arguments: str) -> Any:
        places = ["--data", str(tmp_path / "data"), "--store", url]
        return CliRunner().invoke(main, [command, *arguments, *places])

    restore(dump, url)
    with pytest.raises(LostDossiers, match="restored from a dump"):
        open_engine(url)
    refused = [
        invoke("verify"),
        invoke("restore"),
        invoke("restore", "--after", "x"),
        invoke("restore", "--after", last, str(dump)),
    ]
    assert [(result.exit_code, len(result.output.splitlines())) for result in refused] == [(2, 1)] * 4
    restored = invoke("restore", "--after", last)

    assert restored.exit_code == 0, restored.output
    assert "2 to 4 are skipped" in restored.output
    assert "no contradictions" in invoke("verify").output
    engine = open_engine(url, procedures=folder)
    assert [str(dossier.code) for dossier in engine.store.every() if dossier.code] == [first]
    assert submit(engine).endswith("-0005")
    assert list(engine.verify()) == []
    engine.close()


def test_a_dump_after_which_nothing_was_given_out_goes_on(new_postgres: Callable[[], str], folder: Path, tmp_path: Path) -> None:
    """A move to another server: said once, numbers go on without a gap."""
    old, url, dump = new_postgres(), new_postgres(), tmp_path / "dossiers.dump"
    engine = open_engine(old, procedures=folder)
    submit(engine)
    engine.close()
    subprocess.run([tool("pg_dump"), "-Fc", "-d", old, "-f", str(dump)], check=True, timeout=60)
    restore(dump, url)

    told = CliRunner().invoke(main, ["restore", "--nothing-since", "--data", str(tmp_path), "--store", url])

    assert told.exit_code == 0, told.output
    engine = open_engine(url, procedures=folder)
    assert submit(engine).endswith("-0002")
    assert engine.store.gaps() == ()
    engine.close()
