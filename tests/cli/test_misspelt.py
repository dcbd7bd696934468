"""Commands with wrong arguments or settings: one line of advice, exit code 2, and no file is created."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from support.samples import PROCEDURES

from dossierkit.cli import main

#: The arguments of each command beside the wrong one, in the folder of `place`.  Every other value is a good one.
GOOD: dict[str, tuple[str, ...]] = {
    "account add": ("--data", "empty", "--name", "Mai", "--role", "admin", "mai@office.example"),
    "account disable": ("--data", "data", "mai@office.example"),
    "account list": ("--data", "data"),
    "account reset": ("--data", "data", "mai@office.example"),
    "account unlock": ("--data", "data", "mai@office.example"),
    "backup": ("--data", "data", "--key", "new.key", "new.tar"),
    "check": ("good.json", "good.json"),
    "copy": ("--procedures", "procedures", "--from", "sqlite:data", "--to", "sqlite:new"),
    "deliver": ("--data", "data"),
    "demo": ("--data", "new", "--procedures", "procedures", "--dossiers", "1"),
    "erase": ("--data", "data", "--procedures", "procedures"),
    "init": ("office",),
    "lint": ("--data", "data", "good.json"),
    "list": ("--data", "data", "--procedures", "procedures"),
    "migrate": ("--data", "data", "--procedures", "procedures", "--apply", "new.journal", "1.012789"),
    "new": ("--like", "1.012789", "--procedures", "procedures", "moi"),
    "plan": ("--data", "data", "good.json", "good.json"),
    "publish": ("--data", "data", "procedures"),
    "recompute": ("--data", "data", "--procedures", "procedures"),
    "reconcile": ("--data", "data", "good.csv"),
    "register": (
        "--data", "data", "--procedures", "procedures", "--since", "2026-01-01", "--until", "2026-12-31", "--out", "new.xlsx",
    ),
    "render": ("--answers", "good.json", "good.json"),
    "restore": ("--data", "new", "--after", "H29.15-261122-0001", "back.tar"),
    "serve": ("--data", "new", "--procedures", "procedures", "--port", "0", "--smtp", "smtp+plain://127.0.0.1:9"),
    "show": ("--data", "data", "--procedures", "procedures", "H29.15-261122-0001"),
    "slip-key": ("--data", "data"),
    "stats": ("--data", "data", "--procedures", "procedures", "--year", "2026", "--format", "xlsx", "--out", "new.xlsx"),
    "submit": ("--data", "new", "--procedures", "procedures", "1.012789", "good.json"),
    "token add": ("--data", "data", "gis"),
    "token list": ("--data", "data"),
    "token revoke": ("--data", "data", "gis"),
    "verify": ("--data", "data", "--procedures", "procedures"),
    "verify-slip": ("--data", "data", "--key", "k", "slip"),
    "work": ("--data", "data", "--procedures", "procedures", "--smtp", "smtp+plain://127.0.0.1:9"),
}  # fmt: skip
#: Wrong words where a command takes a word: command, the good word (or the option), the wrong words in its place.
WORDS = (
    ("account add", "mai@office.example", "mai"),
    ("account add", "mai@office.example", ""),
    ("account add", "--name", ""),
    ("account add", "--role", "boss"),
    ("demo", "--dossiers", "0"),
    ("demo", "--dossiers", ""),
    ("migrate", "1.012789", "1.999999"),
    ("new", "--like", "1.999999"),
    ("publish", "--back", "0"),
    ("register", "--since", "31/02/2026"),
    ("restore", "--after", "H29.15-261122"),
    ("restore", "--after", ""),
    ("restore", "--after", "missing.mark"),
    ("restore", "--after", "data/dossiers.mark.mark"),
    ("serve", "--port", "x"),
    ("serve", "--smtp", "127.0.0.1"),
    ("serve", "--smtp", "smtp+plain://127.0.0.1:x"),
    ("show", "H29.15-261122-0001", "H29.15"),
    ("stats", "--year", "MMXXVI"),
    ("stats", "--format", "doc"),
    ("submit", "1.012789", "1.999999"),
    ("submit", "1.012789", ""),
    ("verify-slip", "slip", ""),
)
MORE = (
    ("serve", "--clamd", "127.0.0.1"), ("serve", "--vietqr", "970436"), ("serve", "--vnpay", "x"), ("serve", "--oidc", "http://x"),
    ("serve", "--keep-drafts", "1"), ("serve", "--workers", "0"), ("serve", "--files", "x"), ("serve", "--metrics", "9100"), ("work", "--vnpay", "x"),
    ("work", "--stop-within", "0"), ("stats", "--by", "moon"), ("stats", "--part", "q9"), ("submit", "--code", "H29.15"),
    ("serve", "--address", "portal"), ("serve", "--address", "ftp://x.example"), ("register", "--unit", "nowhere"),
    ("register", "--since", "2027-01-01"), ("check", "--today", "31/02/2026"), ("recompute", "--apply", "--note"),
)  # fmt: skip


def every_command(group: click.Group, *above: str) -> Iterator[tuple[str, click.Command]]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from every_command(command, *above, name)
        else:
            yield " ".join((*above, name)), command


def paths() -> Iterator[tuple[str, str, str]]:
    """Every path that a command takes, with each wrong value: command, the words before or in its place, the value."""
    for name, command in every_command(main):
        good = iter(GOOD[name][-sum(isinstance(p, click.Argument) and p.nargs == 1 for p in command.params) :])
        for parameter in command.params:
            here = parameter.opts[-1] if isinstance(parameter, click.Option) else next(good, GOOD[name][-1])
            kind = parameter.type
            if isinstance(kind, click.File) or (isinstance(kind, click.Path) and not kind.dir_okay):
                wrong = ["folder", "", "x" * 300, "missing/file"]
            elif isinstance(kind, click.Path):
                # A new folder is what some of them are for.
                makes = name in ("new", "init") or ("new" in GOOD[name][:2] and parameter.name == "data")
                free = name in ("list", "verify-slip") and parameter.name == "data"
                wrong = [
                    "good.csv",
                    "",
                    *([] if free else ["x" * 300, "good.csv/below"]),
                    *([] if makes or free else ["missing"]),
                ]
            else:
                continue
            yield from ((name, here, value) for value in wrong)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with something good of each kind."""
    folder = tmp_path_factory.mktemp("place")
    with pytest.MonkeyPatch.context() as moved:
        moved.chdir(folder)
        (folder / "folder").mkdir()
        (folder / "data").mkdir()
        (folder / "empty").mkdir()
        (folder / "procedures").symlink_to(PROCEDURES)
        (folder / "good.json").write_text("{}")
        (folder / "good.csv").write_text("number,amount,memo\n")
        for arguments in (
            ("account", "add", "--data", "data", "--name", "An", "--role", "admin", "an@office.example"),
            ("backup", "--data", "data", "back.tar"),
        ):
            assert CliRunner().invoke(main, arguments).exit_code == 0
    return folder


def below(folder: Path) -> set[str]:
    """Names and content of the files in *folder*, without those that a reader of the database leaves beside it."""
    return {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if not path.relative_to(folder).as_posix().startswith(("data/dossiers.", "data/catalog"))
    }


@pytest.mark.parametrize(("name", "here", "value"), [*paths(), *WORDS, *MORE])
def test_a_wrong_word_is_one_line_and_leaves_nothing_behind(
    place: Path, monkeypatch: pytest.MonkeyPatch, name: str, here: str, value: str
) -> None:
    """Whichever option or argument it is: a folder for a file, a file for a folder, nothing, something that is not there."""
    arguments = [*GOOD[name]]
    if here in arguments:
        at = arguments.index(here) if not here.startswith("-") else arguments.index(here) + 1
        arguments[at] = value
    else:
        arguments = [here, value, *arguments]
    monkeypatch.chdir(place)
    before = below(place)

    if name in ("serve", "work"):
        # One that is not refused would serve until it is ended.
        command = [sys.executable, "-m", "dossierkit", name, *arguments]
        process = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        code, told = process.returncode, process.stderr
    else:
        result = CliRunner().invoke(main, [*name.split(), *arguments], catch_exceptions=False)
        code, told = result.exit_code, result.stderr

    assert (code, len(told.strip().splitlines())) == (2, 1), told
    assert told.startswith("dossierkit: ")
    assert below(place) == before


def test_every_command_is_tried() -> None:
    """A new command comes into the table."""
    assert set(GOOD) == {name for name, _ in every_command(main)}


@pytest.mark.parametrize(
    ("arguments", "advice"),
    [
        (("list", "--procedures", "good.json"), "good.json is a file; name a folder"),
        (("backup", "--data", "data", "folder"), "folder is a folder; name a file"),
        (("stats", "--data", "data", "--year", "26"), "'26' is not a whole number from 2000 to 2100"),
        (("serve", "--data", "new", "--port", "x"), "'x' is not a whole number from 0 to 65535"),
        (("serve", "--data", "new", "--address", "portal"), "write it as https://portal.example"),
        (
            ("register", "--data", "data", "--since", "2026-02-01", "--until", "2026-01-01", "--out", "x"),
            "--since is after --until",
        ),
        (
            ("register", "--data", "data", "--since", "2026-01-01", "--until", "2026-02-01", "--out", "x", "--unit", "vpdkd"),
            "did you mean 'vpdkdd'",
        ),
        (("render", "list.json"), "list.json: /: a procedure file is a JSON object: {…}; see dossierkit lint list.json"),
        (("plan", "list.json", "good.json"), "list.json: a procedure file is a JSON object: {…}"),
    ],
)
def test_advice_says_what_to_do(place: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], advice: str) -> None:
    """In the words of the caller: files and folders by their names, numbers with their limits."""
    monkeypatch.chdir(place)
    (place / "list.json").write_text("[1]")

    ran = CliRunner().invoke(main, [*arguments])

    assert ran.exit_code == 2, ran.output
    assert advice in ran.stderr
    assert len(ran.stderr.splitlines()) == 1


def test_a_wrong_variable_is_named() -> None:
    """The caller may not know that it is set."""
    ran = CliRunner().invoke(main, ["serve", "--data", "new"], env={"DOSSIERKIT_PORT": "abc"})

    assert ran.stderr.startswith("dossierkit: DOSSIERKIT_PORT: Invalid value for '--port': 'abc' is not a whole number")


@pytest.mark.parametrize(("count", "words"), [(1, "1 error, 0 warnings"), (2, "2 errors, 0 warnings")])
def test_counts_are_written_as_people_do(place: Path, monkeypatch: pytest.MonkeyPatch, count: int, words: str) -> None:
    """One error, two errors."""
    monkeypatch.chdir(place)
    (place / "wrong.json").write_text(json.dumps({"required": [*"ab"[:count]], "properties": {}}))

    assert CliRunner().invoke(main, ["lint", "wrong.json"]).stderr.splitlines() == [words]
