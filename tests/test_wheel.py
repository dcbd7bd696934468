"""The wheel as users install it: with each extra, on each Python of this machine, by every command of the README."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from email import message_from_bytes
from email.message import Message
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
from support.samples import ROOT

pytestmark = pytest.mark.slow

VERSIONS = ("3.11", "3.12", "3.13", "3.14")
#: The shapes of an installation: extras, and a library that comes with one of them.
SHAPES: dict[str, frozenset[str]] = {
    "": frozenset(),
    "rules": frozenset({"rules"}),
    "calendar": frozenset({"calendar"}),
    "xlsx": frozenset({"xlsx"}),
    "pdf": frozenset({"pdf"}),
    "oidc": frozenset({"oidc", "cryptography"}),
    "s3": frozenset({"s3"}),
    "metrics": frozenset({"metrics"}),
    "otel": frozenset({"otel"}),
    "postgres": frozenset({"postgres"}),
    "web": frozenset({"web", "rules", "calendar", "xlsx"}),
    "all": frozenset({"web", "rules", "calendar", "xlsx", "pdf", "oidc", "metrics", "otel", "postgres", "s3"}),
}
#: The commands that miss an extra; every other one runs in every shape.
WANTS = {
    "account add": "web",
    "account list": "web",
    "demo": "web",
    "register": "xlsx",
    "serve": "web",
    "slip-key": "web",
    "stats --format=xlsx": "xlsx",
    "verify-slip": "web",
}
#: The library that a command misses, where another extra brings it, too.
LIBRARIES = {"slip-key": "cryptography", "verify-slip": "cryptography"}


def pythons() -> dict[str, str]:
    """The Pythons of this machine that run, by version; for its own, the one that runs the tests."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    homes = (pyenv, Path.home() / ".local/share/uv/python", Path("/opt"), Path("/usr/local"))
    program = "import ssl, sqlite3, sys; print('%d.%d' % sys.version_info[:2])"
    found: dict[str, str] = {}
    for version in VERSIONS:
        name = f"python{version}"
        paths = [
            sys.executable,
            shutil.which(name),
            f"/usr/bin/{name}",
            *(p for home in homes for p in home.glob(f"*/bin/{name}")),
        ]
        for path in (path for path in paths if path and Path(path).is_file()):
            told = subprocess.run([path, "-c", program], capture_output=True, text=True, check=False)
            if told.stdout.strip() == version:
                found[version] = str(path)
                break
    return found


PYTHONS = pythons()
OWN = "{}.{}".format(*sys.version_info[:2])
#: Every shape on the Python of the tests, the smallest and the largest one on every other.
PLACES = [(OWN, shape) for shape in SHAPES] + [(version, shape) for version in PYTHONS if version != OWN for shape in ("", "all")]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder], cwd=ROOT, check=True, capture_output=True
    )
    return next(folder.glob("*.whl"))


def installed(wheel: Path, place: Path, python: str, shape: str) -> Path:
    """The folder of programs of a fresh environment with *wheel*."""
    spec = f"dossierkit{f'[{shape}]' if shape else ''} @ {wheel.as_uri()}"
    own = place / "bin" / "python"
    pins = ["-c", ROOT / "constraints.txt"]
    if uv := shutil.which("uv"):
        steps = [[uv, "venv", "-q", "--no-project", "-p", python, place], [uv, "pip", "install", "-q", "-p", own, *pins, spec]]
    else:
        steps = [[python, "-m", "venv", place], [own, "-m", "pip", "install", "-q", *pins, spec]]
    for step in steps:
        done = subprocess.run(step, cwd=place.parent, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
    return own.parent


def fresh() -> dict[str, str]:
    """The variables of a shell that knows neither this checkout nor its settings."""
    return {k: v for k, v in os.environ.items() if not k.startswith(("DOSSIERKIT_", "PYTHON", "VIRTUAL_ENV", "COV"))}


@pytest.mark.parametrize(("version", "shape"), PLACES)
def test_every_command_runs_or_names_its_extra(wheel: Path, tmp_path: Path, version: str, shape: str) -> None:
    """In each shape on each Python; what is missing is told in one line, and rules are never passed over."""
    programs = installed(wheel, tmp_path / "env", PYTHONS[version], shape)
    (tmp_path / "office").mkdir()

    done = subprocess.run(
        [programs / "python", "-P", ROOT / "tests" / "support" / "every_command.py"],
        cwd=tmp_path / "office", env=fresh(), capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert str(tmp_path / "env") in told["file"]
    assert told["python"] == [int(part) for part in version.split(".")]
    came = told["came"]
    sample = came.pop("lint")
    assert (sample[0] == 0) == ("rules" in SHAPES[shape]), sample
    for name, (code, words) in came.items():
        extra = WANTS.get(name, "")
        if extra and not SHAPES[shape] & {extra, LIBRARIES.get(name)}:
            assert code == 2, (name, words)
            assert re.fullmatch(rf"dossierkit: .*'dossierkit\[{extra}\]'\n", words), (name, words)
        elif name == "verify-slip":
            assert (code, "this is not a slip" in words) == (2, True), words
        else:
            assert code == 0, (name, words)
    commands = set(re.findall(r"^\| `([\w-]+)", (ROOT / "README.md").read_text("utf-8"), re.MULTILINE))
    assert {name.split()[0] for name in came} | {"lint", "serve", "work"} == commands


def test_serve_names_its_extra_or_serves_the_office(wheel: Path, tmp_path: Path) -> None:
    """A plain install says what to install; with `web` a laid out office is on the page, and the samples are where none is."""
    plain = installed(wheel, tmp_path / "plain", sys.executable, "")
    refused = subprocess.run(
        [plain / "dossierkit", "serve"], cwd=tmp_path, env=fresh(), capture_output=True, text=True, check=False
    )
    assert refused.returncode == 2
    assert (
        refused.stderr == "dossierkit: starlette is not installed; it comes with the extra web: pip install 'dossierkit[web]'\n"
    )

    subprocess.run([plain / "dossierkit", "init", "small"], cwd=tmp_path, env=fresh(), check=True, capture_output=True)
    home = ["--home", tmp_path / "small"]
    subprocess.run([plain / "dossierkit", *home, "new", "ban-sao"], cwd=tmp_path, env=fresh(), check=True, capture_output=True)
    (tmp_path / "none.json").write_text("{}")
    refused = subprocess.run(
        [plain / "dossierkit", *home, "submit", "ban-sao", tmp_path / "none.json"],
        cwd=tmp_path,
        env=fresh(),
        capture_output=True,
        check=False,
    )
    assert refused.returncode == 1
    working = subprocess.Popen(
        [plain / "dossierkit", *home, "work"], cwd=tmp_path, env=fresh(), stdout=subprocess.PIPE, text=True
    )
    assert working.stdout is not None
    assert "works for" in working.stdout.readline()
    working.terminate()
    working.communicate(timeout=60)
    assert working.returncode == 0

    web = installed(wheel, tmp_path / "web", sys.executable, "web")
    (tmp_path / "nowhere").mkdir()
    announced, _ = served(web, tmp_path / "nowhere")
    assert "these are the samples; create an installation with: dossierkit init FOLDER" in announced

    subprocess.run([web / "dossierkit", "init", "office"], cwd=tmp_path, env=fresh(), check=True, capture_output=True)
    settings = tmp_path / "office" / "dossierkit.toml"
    settings.write_text(settings.read_text("utf-8").replace('# name = "Sở', 'name = "Sở'), "utf-8")
    announced, page = served(web, tmp_path / "office")
    assert str(tmp_path / "office" / "procedures") in announced
    assert "init FOLDER" not in announced
    assert "<b>Sở Nông nghiệp và Môi trường</b>" in page
    assert "ản mẫu" not in page


def served(programs: Path, folder: Path) -> tuple[str, str]:
    """What `serve` announces in *folder*, and its first page."""
    server = subprocess.Popen(
        [programs / "dossierkit", "serve", "--port", "0"],
        cwd=folder, env=fresh() | {"PYTHONUNBUFFERED": "1"}, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    try:
        assert server.stdout is not None
        announced = ""
        for line in server.stdout:
            announced += line
            if "Ctrl-C" in line:
                break
        address = re.search(r"http://127\.0\.0\.1:\d+", announced)
        assert address is not None, announced
        with urlopen(address[0]) as answer:
            return announced, answer.read().decode()
    finally:
        server.terminate()
        server.communicate()


def test_from_nothing_to_a_filed_dossier(wheel: Path, tmp_path: Path) -> None:
    """The six commands of the README; the first one installs this wheel."""
    (block,) = re.findall(r"^```bash\n(.*?)^```", (ROOT / "README.md").read_text("utf-8"), re.MULTILINE | re.DOTALL)
    install, *commands = re.sub(r"\n +", " ", block).strip().splitlines()
    assert install == "pip install 'dossierkit[web]'"
    assert len(commands) == 5
    programs = installed(wheel, tmp_path / "env", sys.executable, "web")

    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", "\n".join(commands)],
        cwd=tmp_path, env=fresh() | {"PATH": f"{programs}:/usr/bin:/bin"}, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert done.returncode == 0, done.stderr
    assert re.search(r"^code +H29\.15-\d{6}-0001$", done.stdout, re.MULTILINE)
    assert re.search(r"^state +submitted$", done.stdout, re.MULTILINE)
    assert "Phường Sài Gòn" in done.stdout


@pytest.fixture(scope="module")
def metadata(wheel: Path) -> Iterator[Message]:
    with zipfile.ZipFile(wheel) as archive:
        yield message_from_bytes(archive.read(next(n for n in archive.namelist() if n.endswith(".dist-info/METADATA"))))


def test_a_wheel_holds_what_it_needs(wheel: Path) -> None:
    """Types, pages, and every sample with its shared files."""
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    for name in ("dossierkit/py.typed", "dossierkit_web/py.typed", "dossierkit_web/static/style.css"):
        assert name in names
    samples = {path.relative_to(ROOT / "schemas").as_posix() for path in (ROOT / "schemas" / "procedures").rglob("*.json")}
    assert {f"dossierkit/{name}" for name in samples} <= names


def test_what_a_package_index_shows_is_whole(metadata: Any) -> None:
    """Every Python that is tried here is named, extras are those of users, and no link of the description is broken."""
    assert set(metadata.get_all("Provides-Extra")) == SHAPES.keys() - {""}
    named = {line.rpartition(" :: ")[2] for line in metadata.get_all("Classifier") if "Python :: 3." in line}
    assert named == set(VERSIONS)
    described = metadata.get_payload(decode=True).decode()
    assert described.startswith("# dossierkit")
    targets = re.findall(r"\]\(([^)]*)\)", described)
    assert [target for target in targets if not target.startswith("https://")] == []
