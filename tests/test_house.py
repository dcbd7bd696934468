"""The rules of the house: floors, purity, public names, weight, packaging."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib import import_module
from importlib.metadata import packages_distributions
from pathlib import Path

import grimp
import pytest
from support.purity import impurities
from support.samples import ROOT

import dossierkit
from dossierkit.extras import EXTRAS, missing_extra
from dossierkit.forms import effective

SOURCES = [ROOT / "src" / "dossierkit", ROOT / "adapters" / "web" / "dossierkit_web"]


def _lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    program = Path(sys.executable).parent / "lint-imports"
    return subprocess.run([program, "--no-cache"], cwd=folder, capture_output=True, text=True, check=False)


def test_imports_go_down_the_floors() -> None:
    """Every contract of pyproject.toml is kept."""
    result = _lint_imports(ROOT)

    assert result.returncode == 0, result.stdout


#: One line for each contract, in a module that has no business with it.
BREACHES = {
    "Imports go down the floors only": ("forms/answers/texts.py", "from dossierkit.catalog import catalog"),
    "Rooms of forms, in the order of the way": ("forms/schema/formats.py", "from dossierkit.forms.fields import tree"),
    "Rooms of dossiers": ("dossiers/codes.py", "from dossierkit.dossiers.lifecycle import dossier"),
    "forms and dossiers are pure": ("dossiers/states.py", "import time"),
    "Implementations know ports and the pure packages": ("stores/rows.py", "from dossierkit.office import engine"),
    "html knows forms and files that are answers": ("html/template_analysis.py", "from dossierkit.catalog import catalog"),
    "Only the stores know a database": ("office/retention.py", "import sqlite3"),
    "Pages know no store": ("papers/qr.py", "from dossierkit.stores import memory"),
    "Only the schema room knows jsonschema-rs": ("forms/fields/field_tree.py", "import jsonschema_rs"),
}


def test_every_contract_bites(tmp_path: Path) -> None:
    """A copy of the house with one forbidden import for each contract: every contract is broken, none is kept."""
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for source in SOURCES:
        shutil.copytree(source, tmp_path / source.name, ignore=shutil.ignore_patterns("__pycache__"))
    for module, line in BREACHES.values():
        place = tmp_path / "dossierkit" / module
        place.write_text(place.read_text("utf-8") + f"\n\n{line}\n", "utf-8")
    program = "import sys; sys.path.insert(0, '.'); from importlinter.cli import lint_imports_command; lint_imports_command()"

    result = subprocess.run(
        [sys.executable, "-c", program, "--no-cache"], cwd=tmp_path, capture_output=True, text=True, check=False
    )

    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"]
    assert {contract["name"] for contract in contracts} == set(BREACHES)
    assert set(re.findall(r"^(.*) BROKEN", result.stdout, re.MULTILINE)) == set(BREACHES), result.stdout


def test_an_indirect_import_breaks_purity(tmp_path: Path) -> None:
    """A clock behind a module that the pure packages may import is found, too."""
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for source in SOURCES:
        shutil.copytree(source, tmp_path / source.name, ignore=shutil.ignore_patterns("__pycache__"))
    text = tmp_path / "dossierkit" / "text.py"
    text.write_text(text.read_text("utf-8") + "\n\nimport socket\n", "utf-8")
    program = "import sys; sys.path.insert(0, '.'); from importlinter.cli import lint_imports_command; lint_imports_command()"

    result = subprocess.run(
        [sys.executable, "-c", program, "--no-cache"], cwd=tmp_path, capture_output=True, text=True, check=False
    )

    assert "forms and dossiers are pure BROKEN" in result.stdout


@pytest.mark.parametrize("package", ["forms", "dossiers"])
def test_the_pure_packages_call_nothing_impure(package: str) -> None:
    """No clock, disk, chance, terminal or state of a module, however it is reached."""
    for module in (ROOT / "src" / "dossierkit" / package).rglob("*.py"):
        assert list(impurities(module.read_text("utf-8"))) == [], module


@pytest.mark.parametrize(
    "line",
    [
        "datetime.now(UTC)",
        "datetime.datetime.utcnow()",
        "date.today()",
        "open('file')",
        "print('text')",
        "Path('file').read_text()",
        "os.environ['NAME']",
        "exec('pass')",
        "CACHE['key'] = 1",
        "CACHE.setdefault('key', 1)",
        "global CACHE",
    ],
)
def test_impure_calls_are_found(line: str) -> None:
    """Each kind of them, inside a function."""
    assert list(impurities(f"CACHE = {{}}\n\n\ndef work():\n    {line}\n"))


#: Attributes behind the façade and its services.
_BEHIND = re.compile(r"\.(store|outbox|catalog|context)$")


def test_pages_ask_the_facade_or_a_service() -> None:
    """The portal reaches into no store, no outbox and no catalog."""
    reached = [
        f"{path.name}:{node.lineno}: {ast.unparse(node)}"
        for path in SOURCES[1].rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Attribute) and _BEHIND.search(ast.unparse(node))
    ]

    assert reached == []


def test_no_two_files_import_each_other() -> None:
    """No circle between files, imports for types and imports inside functions included."""
    graph = grimp.build_graph("dossierkit", "dossierkit_web", include_external_packages=False)
    imports = {module: graph.find_modules_directly_imported_by(module) for module in graph.modules if module != "dossierkit"}
    while ends := {module for module, targets in imports.items() if not targets & imports.keys()}:
        imports = {module: targets for module, targets in imports.items() if module not in ends}

    assert not imports, sorted(imports)


def test_public_names_are_sorted_and_real() -> None:
    """Nothing leaks in or falls out unnoticed."""
    assert dossierkit.__all__ == sorted(dossierkit.__all__)
    for name in dossierkit.__all__:
        assert getattr(dossierkit, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = dossierkit.nothing  # type: ignore[attr-defined]  # that is the point


#: Names that hosts import, by module.
PUBLIC = {
    "dossierkit": "Action Actor Dossier DossierCode DossierkitError Engine RefusedAnswers Role State Table Worker open_engine",
    "dossierkit.forms": "STANDARD Choice Dialect Document Fault Field Form Format Kind Layout Problem Widget as_sent canonical check"
    " effective flatten is_valid load load_answers message parse read view",
    "dossierkit.errors": "DossierkitError DocumentError SchemaError UnknownProcedure UnknownDossier StaleDossier ForbiddenAction",
    "dossierkit.html": "Renderer",
    "dossierkit.lists": "Table",
    "dossierkit.ports": "Clock DossierStore BlobStore Mailer Tokens PaymentGateway Scanner",
    "dossierkit.stores.memory": "MemoryStore",
    "dossierkit.stores.postgres": "PostgresStore",
    "dossierkit.stores.sqlite": "SqliteStore",
    "dossierkit.testing": "CountedTokens FixedClock MemoryStore RecordingMailer",
    "dossierkit.testing.contract": "StoreContract",
    "dossierkit.wiring": "open_accounts open_engine samples",
    "dossierkit_web.app": "WebConfig create_app",
}


@pytest.mark.parametrize("module", PUBLIC)
def test_public_names_stay_importable(module: str) -> None:
    """A host that imports them goes on working when modules move."""
    names = PUBLIC[module].split()

    assert [name for name in names if not hasattr(import_module(module), name)] == []
    assert names == list(getattr(import_module(module), "__all__", names)) or module not in ("dossierkit", "dossierkit.forms")


def test_every_template_environment_is_strict() -> None:
    """A missing name in a template fails, in pages, forms and papers: it is never a silent blank."""
    made = [
        (path.name, call)
        for folder in SOURCES
        for path in folder.rglob("*.py")
        for call in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(call, ast.Call) and ast.unparse(call.func).endswith("Environment")
    ]

    assert {name for name, _ in made} == {"site.py", "renderer.py", "rendering.py"}
    for name, call in made:
        given = {keyword.arg: ast.unparse(keyword.value) for keyword in call.keywords}
        assert given.get("undefined") == "StrictUndefined", name
    for folder in SOURCES:
        for template in folder.rglob("*.html"):
            assert not re.search(r"is (not )?defined|\|\s*(default|d)\(", template.read_text("utf-8")), template.name


def test_templates_read_without_scrolling() -> None:
    """No line of a template or a style sheet is longer than a line of code may be."""
    long = [
        f"{path.name}:{number}"
        for folder in SOURCES
        for path in (*folder.rglob("*.html"), *folder.rglob("*.typ"), *folder.rglob("*.css"))
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if len(line) > 130
    ]

    assert long == []


def test_each_rule_of_the_style_sheet_has_something_to_style() -> None:
    """Each class that it names is in a template, or is set by a program; the depths of rows are counted."""
    (sheet,) = (path for folder in SOURCES for path in folder.rglob("*.css"))
    selectors = re.sub(r"/\*.*?\*/|\{[^{}]*\}", "{}", sheet.read_text("utf-8"), flags=re.DOTALL)
    named = {re.sub(r"-\d$", "-", name) for name in re.findall(r"\.([a-z][\w-]*)", selectors)}
    using = "\n".join(
        path.read_text("utf-8") for folder in SOURCES for ending in ("html", "js", "py") for path in folder.rglob(f"*.{ending}")
    )

    assert len(named) > 80
    assert [name for name in sorted(named) if not re.search(rf"(?<![\w-]){name}(?!\w)", using)] == []


def test_the_style_sheet_stays_in_its_layer_and_below_its_root() -> None:
    """No rule of ours reaches an element of a host, and any rule of a host goes before ours."""
    (sheet,) = (path for folder in SOURCES for path in folder.rglob("*.css"))
    text, depth, outer = re.sub(r"/\*.*?\*/", "", sheet.read_text("utf-8"), flags=re.DOTALL), 0, ["", ""]
    for letter in text:
        if depth < 2 and letter not in "{}":
            outer[depth] += letter
        depth += (letter == "{") - (letter == "}")

    assert [words.strip() for words in outer] == ["@layer dossierkit", ".dossierkit"]
    assert depth == 0


def _tests() -> Iterator[tuple[str, ast.Module]]:
    """The files of the tests, by name, with their syntax trees."""
    for path in sorted((ROOT / "tests").rglob("*.py")):
        yield path.relative_to(ROOT / "tests").as_posix(), ast.parse(path.read_text("utf-8"))


def test_no_test_is_a_library_of_another() -> None:
    """Code that tests share is in `support` or a fixture of `conftest`; none imports another test module."""
    borrowed = [
        f"{name}:{node.lineno}: {module}"
        for name, tree in _tests()
        for node in ast.walk(tree)
        for module in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
        if module.rpartition(".")[2].startswith(("test_", "conftest"))
    ]

    assert borrowed == []
    assert tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["pytest"]["ini_options"]["pythonpath"] == ["tests"]


def test_no_test_sleeps() -> None:
    """A test waits for what happens, by `support.waiting`, an event or an injected clock; it never hopes that a while suffices."""
    slept = [
        f"{name}:{node.lineno}"
        for name, tree in _tests()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] == "sleep"
    ]

    assert [line for line in slept if not line.startswith("support/waiting.py")] == []


def test_tests_use_what_is_public() -> None:
    """A test reaches no private attribute or module: what it needs is public, or it tests too much."""
    reached = [
        f"{name}:{node.lineno}: {ast.unparse(node)}"
        for name, tree in _tests()
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and re.match(r"_(?!_)", node.attr)
        and ast.unparse(node.value) not in ("self", "cls", "os")  # `os._exit` is the name that Python gives it
    ]
    imported = [
        f"{name}:{node.lineno}: {node.module} {alias.name}"
        for name, tree in _tests()
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module != "__future__"
        for alias in node.names
        if alias.name.startswith("_") or re.search(r"(^|\.)_", node.module or "")
    ]

    assert reached + imported == []


def test_importing_is_light() -> None:
    """No web, database or Rust module before it is needed."""
    program = "import sys, dossierkit; print([m for m in ('starlette', 'sqlite3', 'sqlite_utils', 'jsonschema_rs', 'cel', 'jinja2', 'click') if m in sys.modules])"

    assert subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_each_optional_library_names_its_extra() -> None:
    """What `extras` says of a library is what the package declares, and no library is left out."""
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"]
    modules: dict[str, set[str]] = {}
    for module, names in packages_distributions().items():
        for name in names:
            modules.setdefault(re.sub(r"[-_.]+", "-", name).lower(), set()).add(module)
    for extra, lines in extras.items():
        for name in (re.split(r"[\[<>=]", line)[0] for line in lines):
            assert name == "dossierkit" or {EXTRAS.get(module) for module in modules[name]} - {None} == {extra}, name


def test_an_extra_is_named_for_its_own_libraries_alone() -> None:
    """A missing one, an incomplete one, one too old; any other library is no fault of an extra."""
    assert "starlette is not installed; it comes with the extra web" in missing_extra(
        ModuleNotFoundError(name="starlette.routing")
    )
    assert "starlette cannot be used" in missing_extra(ImportError("cannot import name 'x'", name="starlette"))
    assert missing_extra(ModuleNotFoundError(name="attrs")) == missing_extra(ImportError()) == ""


def test_values_are_short_in_a_debugger() -> None:
    """A procedure and what it is made of: one line that says which it is."""
    engine = dossierkit.open_engine("memory:")
    procedure = engine.procedure("1.012789")
    form = procedure.form
    root = effective(form, {})
    calendar = engine.office_clock.calendar()

    for value in (procedure, procedure.bundle, form, form.schemas, form.dialect, form.root, root, calendar):
        assert len(repr(value)) < 100, repr(value)
        assert repr(value).startswith(("<" + type(value).__name__, type(value).__name__))
    assert repr(procedure) == f"<Procedure '1.012789', revision {procedure.revision[:8]}>"
    assert repr(form) == f"<Form {form.title!r}>"


def test_every_dependency_is_pinned() -> None:
    """Those of users and those of developers; a new one that is not would float."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    listed = [*project["project"]["dependencies"]]
    for lines in (*project["project"]["optional-dependencies"].values(), *project["dependency-groups"].values()):
        listed += [line for line in lines if isinstance(line, str)]
    pinned = {line.partition("==")[0] for line in (ROOT / "constraints.txt").read_text().splitlines()}
    assert {re.split(r"[\[<>=]", line)[0] for line in listed} - {"dossierkit"} <= pinned


def test_pins_are_the_same_everywhere() -> None:
    """`constraints.txt` and uv's own list agree, and name no host."""
    pinned = [line for line in (ROOT / "constraints.txt").read_text().splitlines() if line and not line.startswith(("#", " "))]
    listed = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["uv"]["constraint-dependencies"]

    assert pinned == listed
    assert "://" not in "".join(pinned)


def test_the_project_names_no_registry_and_no_machine() -> None:
    """Nothing tracked speaks of where it was made."""
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False).stdout.split()
    if not tracked:
        pytest.skip("not a checkout")
    hosts = re.compile(r"pypi\.org|files\.pythonhosted|registry\.npmjs|/work/main|(?<!\w)/root/")
    for name in tracked:
        if name.endswith((".py", ".md", ".toml", ".txt", ".json", ".css", ".js", ".html")) and name != "tests/test_house.py":
            assert not hosts.search((ROOT / name).read_text("utf-8")), name
    assert not {"uv.lock", "package-lock.json", "pylock.toml"} & {Path(name).name for name in tracked}
