"""Options and parts that many tests share."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from support.browsing import browser, served  # noqa: F401  # fixtures of the tests that click
from support.desk import office  # noqa: F401  # a fixture of the tests at the desk
from support.postgres import empty_databases, new_postgres, postgres, postgres_server  # noqa: F401  # fixtures of stores
from support.s3 import bucket, s3_server  # noqa: F401  # fixtures of the tests with object storage
from support.samples import NOON, ROOT, SMALL

from dossierkit.forms import Form, read
from dossierkit.office.engine import Engine
from dossierkit.testing import CountedTokens, FixedClock
from dossierkit.wiring import open_engine

settings.register_profile(
    "default",
    deadline=None,
    max_examples=int(os.environ.get("DOSSIERKIT_EXAMPLES", "60")),
    # CI proves what was proved before; hunting for new examples is for a laptop.
    derandomize=bool(os.environ.get("CI")),
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("default")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--suites", default=None, help="folder of the suites that others wrote")
    parser.addoption("--strict-skips", action="store_true", help="a skipped test is a failure: nothing may be missing")


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    outcome = yield
    report = outcome.get_result()  # type: ignore[attr-defined]  # pluggy's result
    if report.skipped and item.config.getoption("--strict-skips"):
        report.outcome = "failed"


@pytest.fixture(scope="session")
def suites(request: pytest.FixtureRequest) -> Path:
    named = request.config.getoption("--suites")
    folder = Path(named) if named else ROOT.parent / "shared" / "suites"
    if not folder.is_dir():
        pytest.skip("the suites are not here; name their folder with --suites")
    return folder


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOON)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with one small procedure."""
    path = tmp_path / "procedures"
    path.mkdir()
    (path / "small.json").write_text(json.dumps(SMALL, ensure_ascii=False), "utf-8")
    return path


@pytest.fixture(params=["memory:", "sqlite:"])
def engine(request: pytest.FixtureRequest, folder: Path, tmp_path: Path, clock: FixedClock) -> Iterator[Engine]:
    """An engine over each store."""
    place = request.param + (str(tmp_path / "data" / "dossiers.db") if request.param == "sqlite:" else "")
    opened = open_engine(place, procedures=folder, clock=clock, tokens=CountedTokens())
    yield opened
    opened.close()


@pytest.fixture
def form() -> Callable[..., Form]:
    """Reads a schema; `form({...})`."""

    def make(schema: Any, **resources: Any) -> Form:
        return read(schema, resources={f"{name}.json": value for name, value in resources.items()})

    return make
