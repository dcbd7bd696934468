"""Start with 2 000 procedures against `json.load` of them all; lint against `check_schema`."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

import jsonschema

from benchmarks.measure import Row, costs, faster, medians
from dossierkit.catalog.catalog import Catalog
from dossierkit.catalog.lint import lint_paths
from dossierkit.forms import STANDARD
from dossierkit.testing import MemoryStore
from dossierkit.wiring import samples, with_lists

COUNT = 2000


def rows() -> list[Row]:
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        files = sorted(samples().glob("*.json"))
        for number in range(COUNT):
            text = files[number % len(files)].read_text("utf-8")
            code = json.loads(text)["x-procedure"]["code"]
            (place / f"p{number}.json").write_text(text.replace(f'"code": "{code}"', f'"code": "9.{number:06}"', 1), "utf-8")
        shutil.copytree(samples() / "shared", place / "shared")
        index = place.parent / (place.name + ".index")

        def start() -> object:
            return Catalog(place, STANDARD, memory=MemoryStore(), index=index).list()

        first_time = _once(lambda: (index.unlink(missing_ok=True), start()))
        loading = _once(lambda: [json.load(path.open("rb")) for path in place.glob("*.json")])
        again = medians(
            {"start": start, "load": lambda: [json.load(path.open("rb")) for path in place.glob("*.json")]}, seconds=2
        )
        index.unlink(missing_ok=True)
    documents = [json.loads(path.read_bytes()) for path in files]
    checks = medians(
        {
            "lint": lambda: list(
                lint_paths([samples()], with_lists(STANDARD, None, lambda: date(2026, 11, 22)), date(2026, 11, 22))
            ),
            "py": lambda: [jsonschema.Draft202012Validator.check_schema(document) for document in documents],
        },
        seconds=3,
    )
    return [
        costs("start, 2 000 files with the index, vs json.load of all", again["start"], again["load"], 0.25),
        costs("first start, 2 000 files, vs json.load of all", first_time, loading, 1.5),
        faster("lint of all procedures (all of it) vs check_schema", checks["lint"], checks["py"], 1),
        costs("import dossierkit vs bare python", _python("import dossierkit"), _python("pass"), 12),
    ]


def _once(call) -> float:  # type: ignore[no-untyped-def]
    found = []
    for _ in range(3):
        start = time.perf_counter()
        call()
        found.append(time.perf_counter() - start)
    return sorted(found)[1]


def _python(code: str) -> float:
    return _once(lambda: subprocess.run([sys.executable, "-c", code], check=True))
