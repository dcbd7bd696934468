"""The documents say what is true: every example runs."""

from __future__ import annotations

import json
import re
from contextlib import suppress
from importlib import import_module
from pathlib import Path

import pytest
from support.samples import PROCEDURES, ROOT, TODAY

from dossierkit.cli import main
from dossierkit.cli.installation import settings_of
from dossierkit.dossiers.states import Action
from dossierkit.forms import STANDARD
from dossierkit.forms.lint.document_lint import lint
from dossierkit.installation import OFFICE
from dossierkit.wiring import with_lists


def blocks(path: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", (ROOT / path).read_text("utf-8"), re.DOTALL)


@pytest.mark.parametrize("number", range(len(blocks("docs/procedures.md", "json"))))
def test_examples_of_procedure_files_are_sound(number: int) -> None:
    """Lint finds no error and no warning in any of them."""
    found = lint(
        json.loads(blocks("docs/procedures.md", "json")[number]), dialect=with_lists(STANDARD, None, lambda: TODAY), today=TODAY
    )

    assert [fault for fault in found if fault.level != "advice"] == []


@pytest.mark.parametrize("number", range(len(blocks("docs/extending.md", "python"))))
def test_examples_of_extensions_run(number: int) -> None:
    """Each in at most twenty lines."""
    source = blocks("docs/extending.md", "python")[number]

    assert len(source.splitlines()) <= 20
    exec(compile(source, "extending.md", "exec"), {})


def test_the_example_in_the_readme_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Ten lines from a folder of files to a code."""
    (source,) = blocks("README.md", "python")
    assert len(source.splitlines()) <= 12
    (tmp_path / "schemas").mkdir()
    (tmp_path / "schemas" / "procedures").symlink_to(PROCEDURES)
    monkeypatch.chdir(tmp_path)
    tests = json.loads((PROCEDURES / "cap-lai-giay-chung-nhan.json").read_bytes())["x-tests"]

    names: dict[str, object] = {"answers": tests[0]["answers"]}
    exec(compile(source, "README.md", "exec"), names)

    assert re.fullmatch(r"H29\.15-\d{6}-0001\n", capsys.readouterr().out)
    names["engine"].close()  # type: ignore[attr-defined]  # it is an engine


def test_each_setting_is_documented() -> None:
    """Those of the file and those of the office, and no other."""
    text = (ROOT / "docs" / "installing.md").read_text("utf-8")
    settings, office = (re.findall(r"^\| (`.+?) \|", part, re.MULTILINE) for part in text.split("## The office"))

    def names(cells: list[str]) -> set[str]:
        return {name for cell in cells for name in re.findall(r"`([\w-]+)`", cell)}

    assert names(settings) == set(settings_of(main))
    assert names(office) == set(OFFICE)


def test_the_readme_lists_every_command() -> None:
    """And no other."""
    listed = re.findall(r"^\| `([\w-]+)", (ROOT / "README.md").read_text("utf-8"), re.MULTILINE)

    assert sorted(listed) == sorted(main.commands)  # type: ignore[attr-defined]  # it is a group


def test_links_lead_somewhere() -> None:
    """Every relative link in a document."""
    for path in (*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")):
        for target in re.findall(r"\]\(([^)#:]+)\)", path.read_text("utf-8")):
            assert (path.parent / target).exists(), (path.name, target)


def test_the_drawing_shows_what_leaves_a_state_alone() -> None:
    """No arrow shows a message, a refund or a surplus; a settlement leads back from payment alone."""
    arrows = re.findall(r"^    (\w+) --> (\w+): (.*)$", (ROOT / "docs" / "lifecycle.md").read_text("utf-8"), re.MULTILINE)
    leading = {action: {source for source, _, actions in arrows if action.value in actions.split(", ")} for action in Action}

    assert not leading[Action.MESSAGE] | leading[Action.REFUND] | leading[Action.SURPLUS]
    assert leading[Action.SETTLE] == {"PAYMENT_REQUESTED"}
    assert leading[Action.RESUME] == {"SUSPENDED"}


def test_the_life_of_a_dossier_is_drawn_from_its_steps() -> None:
    """`python docs/lifecycle.py` draws it anew."""
    import runpy

    page = runpy.run_path(str(ROOT / "docs" / "lifecycle.py"))

    assert (ROOT / "docs" / "lifecycle.md").read_text("utf-8") == page["drawn"]()


def _found(name: str) -> object:
    """The module that the dotted *name* of a document means, or the object in one; the name may begin below a package of ours.

    Raises:
        LookupError: there is none.
    """
    parts = name.split(".")
    for package in ("dossierkit", "dossierkit_web", "dossierkit.forms", "dossierkit.dossiers", ""):
        for end in range(len(parts), 0, -1):
            with suppress(ModuleNotFoundError):
                thing: object = import_module(".".join(filter(None, (package, *parts[:end]))))
                with suppress(AttributeError):
                    for part in parts[end:]:
                        thing = getattr(thing, part)
                    return thing
    raise LookupError(name)


def test_the_walks_lead_somewhere() -> None:
    """Every step of the three walks through the code is there."""
    walks = (ROOT / "docs" / "architecture.md").read_text("utf-8").split("## Three walks")[1].split("\n## ")[0]
    steps = re.findall(r"`([a-z_]+(?:\.\w+)+)`", walks.replace("`module.function`", ""))

    assert len(steps) > 20
    for step in steps:
        assert callable(_found(step)), step
    with pytest.raises(LookupError):
        _found("office.engine.Engine.nothing")


def test_the_glossary_names_what_exists() -> None:
    """Every class and module in its last column; each word once, in README and CONTRIBUTING by a link."""
    rows = re.findall(r"^\| ([\w ]+) \|.*\| `([\w.]+)` \|$", (ROOT / "docs" / "glossary.md").read_text("utf-8"), re.MULTILINE)

    assert len(rows) >= 30
    assert len({word for word, _ in rows}) == len(rows)
    for _, name in rows:
        assert _found(name) is not None, name
    for page in ("README.md", "CONTRIBUTING.md"):
        assert "(docs/glossary.md)" in (ROOT / page).read_text("utf-8"), page


def test_the_map_shows_places_that_there_are() -> None:
    """Every file that the map of the house names."""
    text = (ROOT / "docs" / "architecture.md").read_text("utf-8")
    homes = (ROOT / "src" / "dossierkit", ROOT / "adapters" / "web" / "dossierkit_web")
    answers = re.findall(r"^\| [^|]+\? \| (.*) \|$", text, re.MULTILINE)

    assert len(answers) > 15
    for place in (place for answer in answers for place in re.findall(r"`([\w/.]+)`", answer)):
        assert any((home / place).exists() for home in homes), place
    drawn = re.findall(r"^ {2,6}((?:\w+(?:\.py|/) ?)+)", text.split("```")[1], re.MULTILINE)
    names = {name.rstrip("/") for line in drawn for name in line.split()}
    rooms = {path.parent.name for path in homes[0].rglob("__init__.py")} - {"dossierkit", "memory", "sqlite", "postgres"}
    assert rooms <= names, rooms - names


def _pages() -> list[str]:
    """The documents that speak of the code as it is, by their paths; the change log speaks of the past."""
    folders = (ROOT / "docs", ROOT / "src", ROOT / "benchmarks")
    pages = [*ROOT.glob("*.md"), *(page for folder in folders for page in folder.rglob("*.md"))]
    return sorted(page.relative_to(ROOT).as_posix() for page in pages if page.name != "CHANGELOG.md")


#: Names in documents that look like those of modules, and are none.
_NO_MODULES = {"module.function", "request.form", "data/attachments"}


@pytest.mark.parametrize("page", _pages())
def test_pages_name_modules_that_exist(page: str) -> None:
    """Each `path/module.py`, `room/module` and `room.module` that a document names outside its examples."""
    core, web = ROOT / "src" / "dossierkit", ROOT / "adapters" / "web" / "dossierkit_web"
    homes = (ROOT, core.parent, core, core / "forms", core / "dossiers", web, web.parent)
    text = re.sub(r"```.*?```", "", (ROOT / page).read_text("utf-8"), flags=re.DOTALL)
    for name in set(re.findall(r"`([^`\n]+)`", text)) - _NO_MODULES:
        if re.fullmatch(r"\w+\.py", name):
            assert any(path for home in (core, web, ROOT / "tests") for path in home.rglob(name)), name
        elif re.fullmatch(r"[\w/]+\.py", name):
            assert any((home / name).is_file() for home in homes), name
        elif re.fullmatch(r"[a-z_]+(/[a-z_]+)+", name):
            assert any((home / f"{name}{ending}").exists() for home in homes for ending in ("", ".py")), name
        elif re.fullmatch(r"[a-z_]+(\.\w+)+", name) and not re.search(r"\.(json|mark|toml|txt)$", name):
            assert _found(name) is not None, name


def test_every_test_that_the_security_page_names_exists() -> None:
    """Functions, modules, and functions by the number that their names begin with: a promise without its test is none."""
    named = set(re.findall(r"\btest_\w+", (ROOT / "docs" / "security.md").read_text("utf-8")))
    modules = sorted((ROOT / "tests").rglob("test_*.py"))
    existing = {module.stem for module in modules}
    for module in modules:
        existing |= set(re.findall(r"def (test_\w+)", module.read_text("utf-8")))

    numbered = {name for name in named if re.fullmatch(r"test(_\d+)+", name)}
    assert [number for number in numbered if not any(name.startswith(f"{number}_") for name in existing)] == []
    assert sorted(named - numbered - existing) == []
    assert len(named) > 50
