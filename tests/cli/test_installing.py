"""An installation: laid out, found, and its settings."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result
from support.samples import PROCEDURES

from dossierkit.cli import main
from dossierkit.forms import check
from dossierkit.installation import OFFICE, find_installation
from dossierkit.mail.letters import Office
from dossierkit.wiring import open_engine

Run = Callable[..., Result]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """Runs a command in a fresh folder, or in the one named by `at`."""

    def invoke(*arguments: object, at: Path | None = None, **variables: str) -> Result:
        with monkeypatch.context() as moved:
            moved.chdir(at or tmp_path)
            return CliRunner(env=variables).invoke(main, [*map(str, arguments)], catch_exceptions=False)

    return invoke


@pytest.fixture
def home(run: Run, tmp_path: Path) -> Path:
    """An installation with one procedure."""
    assert run("init", "office").exit_code == 0
    assert run("new", "ban-sao", at=tmp_path / "office").exit_code == 0
    return tmp_path / "office"


def setting(home: Path, *lines: str, office: tuple[str, ...] = ()) -> None:
    (home / "dossierkit.toml").write_text("\n".join((*lines, "[office]", *office)), "utf-8")


def commands(group: click.Group, *path: str) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, *path, name)
        else:
            yield (*path, name), command


def test_init_overwrites_nothing(run: Run, tmp_path: Path) -> None:
    """Not an installation, and not a file of what becomes one."""
    assert run("init", "office").exit_code == 0
    before = {path: path.read_bytes() for path in (tmp_path / "office").rglob("*") if path.is_file()}
    refused = run("init", "office")
    assert refused.exit_code == 2
    assert "overwrites nothing" in refused.stderr
    assert before == {path: path.read_bytes() for path in (tmp_path / "office").rglob("*") if path.is_file()}

    own = tmp_path / "other" / "procedures" / "shared" / "person.json"
    own.parent.mkdir(parents=True)
    own.write_text('{"title": "Own"}')
    made = run("init", "other")
    assert made.exit_code == 0
    assert "person.json" not in made.stdout
    assert own.read_text() == '{"title": "Own"}'


def test_init_says_what_becomes_of_what_is_there(run: Run, tmp_path: Path) -> None:
    """Procedures and data in their places are taken over, others are left alone; none is changed."""
    there = [f"office/{name}" for name in ("procedures/own.json", "data/dossiers.db", "dossiers.db", "a.json", "b.json")]
    for name in there:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)

    made = run("init", "office")

    assert made.exit_code == 0
    for words in (
        "office/procedures is kept: the installation offers its procedures; JSON files there: 1",
        "office/data/dossiers.db is kept: the installation goes on with its dossiers",
        'office/dossiers.db is left alone: the data of the installation is in data; to use it, set data = "."',
        "JSON files in office are left alone: 2; to offer them as procedures, move them to procedures",
    ):
        assert words in made.stderr
    assert [(tmp_path / name).read_text() for name in there] == there
    assert "left alone" not in run("init", "new").stderr


def test_what_init_lays_out_is_sound(run: Run, home: Path) -> None:
    """Settings, procedures with the shared files, data for its owner alone; a new file is listed at once, and lints."""
    assert {path.name for path in (home / "procedures" / "shared").iterdir()} == {
        path.name for path in (PROCEDURES / "shared").iterdir()
    }
    assert (home / "data").stat().st_mode & 0o777 == 0o700
    assert (home / "dossierkit.toml").stat().st_mode & 0o777 == 0o600
    assert run("lint", at=home).stdout == ""
    assert run("list", at=home).stdout == "ban-sao\tTên thủ tục\n"


@pytest.mark.parametrize("way", ["here", "below", "flag", "variable"])
def test_every_way_to_find_an_installation(run: Run, home: Path, tmp_path: Path, way: str) -> None:
    """From its folder, from one below it, by a flag, by a variable."""
    (home / "a" / "b").mkdir(parents=True)
    flags = ("--home", home) if way == "flag" else ()
    at = {"here": home, "below": home / "a" / "b"}.get(way, tmp_path)
    variables = {"DOSSIERKIT_HOME": str(home)} if way == "variable" else {}

    listed = run(*flags, "list", at=at, **variables)

    assert listed.stdout == "ban-sao\tTên thủ tục\n"
    assert str(home / "procedures") in listed.stderr
    assert find_installation(tmp_path) is None


def test_a_home_that_is_none_is_refused(run: Run, tmp_path: Path) -> None:
    """With how to make it one."""
    refused = run("--home", tmp_path, "list")
    assert refused.exit_code == 2
    assert "dossierkit init" in refused.stderr


def test_a_flag_wins_over_a_variable_over_the_file(run: Run, home: Path, tmp_path: Path) -> None:
    """And the file over the default; its paths are relative to it."""
    answers = tmp_path / "answers.json"
    answers.write_text(json.dumps({"fullName": "Nguyễn Văn Mẫu", "purpose": "Xin bản sao", "address": ADDRESS}), "utf-8")
    setting(home, 'data = "kept"', 'agency = "A01.01"')

    def code(*flags: str, **variables: str) -> str:
        done = run("submit", "ban-sao", answers, *flags, at=home, **variables)
        assert done.exit_code == 0, done.stderr
        return done.stdout

    assert code().startswith("A01.01-")
    assert code(DOSSIERKIT_AGENCY="B02.02").startswith("B02.02-")
    assert code("--agency", "C03.03", DOSSIERKIT_AGENCY="B02.02").startswith("C03.03-")
    assert (home / "kept" / "dossiers.db").is_file()
    setting(home, 'data = "kept"')
    assert code().startswith("H29.15-")


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("prot = 80", "no setting 'prot'; did you mean 'port'?"),
        ('Procedures = "p"', "did you mean 'procedures'?"),
        ('mail_from = "a@b.example"', "did you mean 'mail-from'?"),
        ('colour = "red"', "known: address"),
        ('port = "80"', "port must be a whole number, not '80'"),
        ("port = true", "port must be a whole number, not True"),
        ("guests = 1", "guests must be true or false, not 1"),
        ("port = 80000", "port: 80000 is not a whole number from 0 to 65535"),
        ('language = "fr"', "language: 'fr' is not one of"),
        ("data = 7", "data must be a text"),
        ("data", "is not valid TOML"),
        ('[offise]\nname = "x"', "did you mean 'office'?"),
        ('[office]\ntelefone = "1"', "[office] has no setting 'telefone'; did you mean 'telephone'?"),
        ("[office]\nport = 80", "move it above the line [office]"),
        ("[office]\nname = 1", "[office] name must be a text"),
        ('[office]\nname = "a\\nb"', "[office] name must be one line of text"),
        ('[office]\nname = " "', "[office] name must be one line of text"),
        ("office = 1", "office must be a table"),
        (
            'prot = 80\nguests = 1\n[office]\nnane = "x"',
            "must be true or false, not 1; has no setting 'prot'; did you mean 'port'?; [office]",
        ),
    ],
)
def test_a_wrong_setting_is_refused(run: Run, home: Path, line: str, told: str) -> None:
    """One line that names the file and what would be right."""
    (home / "dossierkit.toml").write_text(line + "\n", "utf-8")

    refused = run("list", at=home)

    assert refused.exit_code == 2
    assert len(refused.stderr.strip().splitlines()) == 1
    assert "dossierkit.toml" in refused.stderr
    assert told in refused.stderr


def test_a_misspelt_variable_is_refused(run: Run) -> None:
    """If it resembles the name of a setting; a name far from all of them belongs to another program."""
    refused = run("list", DOSSIERKIT_PROCEDURE="x")
    assert refused.exit_code == 2
    assert "did you mean DOSSIERKIT_PROCEDURES?" in refused.stderr
    assert run("list", DOSSIERKIT_OF_SOMEBODY_ELSE="x").exit_code == 0


def test_each_setting_of_the_office_has_its_place() -> None:
    """A key for each attribute that the office can say, but where the portal is, which is a setting of its own."""
    import attrs

    assert {*OFFICE.values(), "address"} == {field.name for field in attrs.fields(Office)}


def test_an_installation_without_its_data_is_linted(run: Run, home: Path) -> None:
    """As in a fresh clone of its procedures; a folder that the command line names has to exist."""
    (home / "data").rmdir()
    assert run("lint", at=home).exit_code == 0
    assert run("list", at=home).exit_code == 0
    assert run("lint", "--data", "missing", at=home).exit_code == 2
    assert not (home / "data").exists()


def test_settings_saved_by_any_editor(run: Run, home: Path) -> None:
    """With a mark of its encoding, or as an empty file."""
    settings = home / "dossierkit.toml"
    settings.write_bytes(b"\xef\xbb\xbf" + settings.read_bytes())
    assert run("list", at=home).stdout == "ban-sao\tTên thủ tục\n"
    settings.write_bytes(b"")
    assert run("list", at=home).stdout == "ban-sao\tTên thủ tục\n"


def test_a_sample_keeps_working_as_a_copy(run: Run, tmp_path: Path) -> None:
    """Each one, with the shared files that it reaches, in a folder that has none; what is there is left."""
    into = tmp_path / "own"
    (into / "shared").mkdir(parents=True)
    (into / "shared" / "person.json").write_bytes((PROCEDURES / "shared" / "person.json").read_bytes())
    for path in PROCEDURES.glob("*.json"):
        code = json.loads(path.read_bytes())["x-procedure"]["code"]
        assert run("new", path.stem, "--like", code, "--into", into).exit_code == 0

    assert run("lint", into).exit_code == 0
    listed = run("list", "--procedures", into)
    assert len(listed.stdout.splitlines()) == len(list(PROCEDURES.glob("*.json")))
    assert listed.stderr.count("\n") == 1
    assert "known: " in run("new", "x", "--like", "0.0", "--into", into).stderr


def test_a_new_procedure_takes_an_address_in_any_commune(home: Path) -> None:
    """Of each province, the first and the last that is listed."""
    engine = open_engine("memory:", procedures=home / "procedures")
    form, lists = engine.procedure("ban-sao").form, engine.catalog.dialect.options
    provinces = lists["provinces"].select({}, "", 100)
    assert len(provinces) == 34

    for province in provinces:
        communes = lists["communes"].select({"province": province.value}, "", 1000)
        for commune in (communes[0], communes[-1]):
            address = {"provinceCode": province.value, "communeCode": commune.value, "detail": "Số 1"}
            answers = {"fullName": "Nguyễn Văn Mẫu", "purpose": "Xin bản sao", "address": address}
            assert list(check(form, answers, today=engine.today())) == [], commune
    engine.close()


def test_a_new_file_names_the_unit_of_its_dossiers(run: Run, home: Path) -> None:
    """The first unit of the installation, that of the sample, or the one that is named; another one is refused."""

    def unit(name: str, *flags: str) -> str:
        made = run("new", name, *flags, at=home)
        assert made.exit_code == 0, made.stderr
        written: str = json.loads((home / "procedures" / f"{name}.json").read_bytes())["x-procedure"]["unit"]
        assert f"its dossiers go to the unit {written}" in made.stdout
        return written

    assert unit("a") == "so-nnmt"
    assert unit("b", "--unit", "vpdkdd") == "vpdkdd"
    assert unit("c", "--like", "1.012789") == "vpdkdd"
    assert unit("d", "--like", "1.012789", "--unit", "so-nnmt") == "so-nnmt"

    refused = run("new", "e", "--unit", "so-nnmtt", at=home)
    assert refused.exit_code == 2
    assert "did you mean 'so-nnmt'?" in refused.stderr
    assert not (home / "procedures" / "e.json").exists()

    (home / "data" / "units.json").write_text('{"units": [{"code": "phong-mau", "name": "Phòng mẫu"}]}', "utf-8")
    assert unit("f") == "phong-mau"
    (home / "data" / "units.json").write_text('{"units": []}', "utf-8")
    none = run("new", "g", at=home)
    assert none.exit_code == 0
    assert "its dossiers go to" not in none.stdout
    advice = run("lint", "procedures/g.json", at=home)
    assert advice.exit_code == 0
    assert "advice no-unit: without a unit" in advice.stdout


def test_a_new_file_goes_where_somebody_reads_it(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """An installed package has no folder for it: then it is refused, with what to do."""
    monkeypatch.setattr("dossierkit.wiring.packaged_samples", lambda: PROCEDURES)

    refused = run("new", "ban-sao")

    assert refused.exit_code == 2
    assert "dossierkit init" in refused.stderr


#: Commands that begin an installation, or write into a folder that they are given, may create it.
MAKING = {("serve",), ("demo",), ("submit",), ("restore",)}
#: Reads the procedures alone, and makes nothing; or names its stores itself.
FREE = {("list",), ("copy",)}
ARGUMENTS: dict[tuple[str, ...], tuple[str, ...]] = {
    ("account", "add"): ("a@b.example", "--name", "A", "--role", "admin"),
    ("account", "disable"): ("a@b.example",),
    ("account", "reset"): ("a@b.example",),
    ("account", "unlock"): ("a@b.example",),
    ("backup",): ("b.tar",),
    ("lint",): ("file.json",),
    ("migrate",): ("x",),
    ("publish",): ("empty",),
    ("plan",): ("file.json", "file.json"),
    ("reconcile",): ("file.json",),
    ("register",): ("--since", "2026-01-01", "--until", "2026-01-31", "--out", "r.xlsx"),
    ("show",): ("H29.15-261122-0001",),
    ("stats",): ("--year", "2026"),
    ("token", "add"): ("gis",),
    ("token", "revoke"): ("gis",),
    ("verify-slip",): ("slip",),
}


def test_a_misspelt_data_folder_is_refused_by_every_command(run: Run, tmp_path: Path) -> None:
    """It is named, and not made; nor is a database in a folder that has none."""
    (tmp_path / "file.json").write_text("{}")
    (tmp_path / "empty").mkdir()
    asked = [
        path for path, command in commands(main) if any(p.name == "data" for p in command.params) and path not in MAKING | FREE
    ]
    assert len(asked) > 12

    for path in asked:
        folders = ["missing"] if path in (("account", "add"), ("token", "add"), ("lint",), ("plan",)) else ["missing", "empty"]
        for folder in folders:
            refused = run(*path, *ARGUMENTS.get(path, ()), "--data", folder)
            assert refused.exit_code == 2, (path, refused.output)
            assert folder in refused.stderr, path
            assert len(refused.stderr.strip().splitlines()) == 1, path
    assert {path.name for path in tmp_path.iterdir()} == {"file.json", "empty"}
    assert not list((tmp_path / "empty").iterdir())


def test_a_fresh_place_can_be_listed(run: Run, tmp_path: Path) -> None:
    """Without making anything, whatever data folder is named."""
    for arguments in ((), ("--data", "missing")):
        assert len(run("list", *arguments).stdout.splitlines()) == len(list(PROCEDURES.glob("*.json")))
    assert not list(tmp_path.iterdir())


ADDRESS = {"provinceCode": "79", "communeCode": "26740", "detail": "Số 1 đường Mẫu"}
