"""Runs every command of an installed dossierkit, in a fresh folder, and prints what came of each as JSON.

A program for the Python of a fresh environment: it knows nothing but dossierkit and what comes with it.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

from click.testing import CliRunner

import dossierkit
from dossierkit.cli import main
from dossierkit.wiring import samples

ANSWERS = {
    "fullName": "Nguyễn Văn Mẫu",
    "address": {"provinceCode": "79", "communeCode": "26740", "detail": "Số 1 đường Mẫu"},
    "purpose": "Xin cấp bản sao",
}
came: dict[str, tuple[int, str]] = {}


def run(name: str, *arguments: str) -> str:
    """The output of the command *name*; its exit status is in `came`."""
    result = CliRunner().invoke(main, [*name.split(), *arguments])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    came[" ".join([name, *(a for a in arguments if a.startswith("--format"))])] = (result.exit_code, result.stderr)
    return result.stdout


Path("answers.json").write_text(json.dumps(ANSWERS), "utf-8")
Path("statement.csv").write_text("number,amount,memo\n", "utf-8")
run("init")
run("new", "ban-sao")
run("lint")
run("list")
procedure = "procedures/ban-sao.json"
run("check", procedure, "answers.json")
run("render", procedure)
run("plan", procedure, procedure)
code = run("submit", "ban-sao", "answers.json").strip()
assert re.fullmatch(r"H29\.15-\d{6}-0001", code), came
run("publish", "procedures")
assert "Số 1 đường Mẫu" in run("show", "--personal", code)
run("verify")
run("migrate", "ban-sao")
run("recompute")
run("stats", "--year", "2026")
run("stats", "--format=xlsx", "--year", "2026", "--out", "stats.xlsx")
run("register", "--since", "2026-01-01", "--until", "2026-12-31", "--out", "register.xlsx")
run("reconcile", "statement.csv")
run("account add", "mai@office.example", "--name", "Mai", "--role", "admin")
run("account list")
run("token add", "gis")
run("token list")
run("deliver")
run("slip-key")
run("verify-slip", "DK1.no.slip")
run("backup", "back.tar")
run("restore", "back.tar", "--data", "back", "--nothing-since")
run("copy", "--from", "sqlite:data", "--to", "sqlite:copied")
run("erase")
run("demo", "--data", "demo", "--dossiers", "5", "--procedures", str(samples()))
sample = run("new", "mau", "--like", "1.012789", "--into", "samples").splitlines()[-1].split(":")[0]
run("lint", sample)
print(json.dumps({"file": dossierkit.__file__, "python": sys.version_info[:2], "came": came}))
