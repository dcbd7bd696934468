"""The official JSON Schema suite, draft 2020-12, through `is_valid`."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from dossierkit.forms import is_valid

#: Known misses: cases whose metaschema turns a vocabulary on or off are beyond the judge.
KNOWN_MISSES = {
    "optional": {
        "schema that uses custom metaschema with format-assertion: false",
        "schema that uses custom metaschema with format-assertion: true",
    }
}


@pytest.fixture(scope="module")
def remotes(suites: Path) -> dict[str, Any]:
    folder = suites / "json-schema-test-suite" / "remotes"
    return {f"http://localhost:1234/{path.relative_to(folder)}": json.loads(path.read_bytes()) for path in folder.rglob("*.json")}


@pytest.mark.parametrize(("kind", "count"), [("required", 1299), ("format", 764), ("optional", 162)])
def test_every_case_has_the_right_verdict(suites: Path, remotes: dict[str, Any], kind: str, count: int) -> None:
    """Every case of the suite is judged right; the misses are named here with their reason."""
    folder = suites / "json-schema-test-suite"
    score: Counter[bool] = Counter()
    missed: set[str] = set()

    for file in json.loads((folder / "index.json").read_bytes())["files"]:
        if not file["kind"].endswith(kind):
            continue
        for group in json.loads((folder / file["file"]).read_bytes()):
            for case in group["tests"]:
                found = is_valid(group["schema"], case["data"], resources=remotes, formats=kind == "format")
                score[found == case["valid"]] += 1
                if found != case["valid"]:
                    missed.add(group["description"])

    assert score[True] + score[False] == count
    assert missed == KNOWN_MISSES.get(kind, set())
