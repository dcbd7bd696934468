"""The command line as an admin uses it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from support.samples import PROCEDURES, SMALL

from dossierkit import Actor, open_engine
from dossierkit.cli import main
from dossierkit.testing import FixedClock


@pytest.fixture
def run(tmp_path: Path, folder: Path) -> Any:
    runner = CliRunner()

    def invoke(*arguments: object, data: bool = False) -> Result:
        places = ["--data", str(tmp_path / "data"), "--procedures", str(folder)] if data else []
        return runner.invoke(main, [*map(str, arguments), *places], catch_exceptions=False)

    return invoke


def test_a_dossier_from_the_command_line(run: Any, tmp_path: Path) -> None:
    """Submit, show, verify, list."""
    answers = tmp_path / "a.json"
    answers.write_text('{"name": "Nguyễn Văn Đạt", "rows": [{"no": 3}]}', "utf-8")

    code = run("submit", "1.000001", answers, data=True).output.strip()

    assert code.startswith("H29.15-")
    shown = json.loads(run("show", code, "--json", data=True).output)
    assert (shown["code"], shown["answers"]["name"], shown["state"]) == (code, "Nguyễn Văn Đạt", "submitted")
    assert "Họ tên: Nguyễn Văn Đạt" in run("show", code, data=True).output
    assert run("verify", data=True).exit_code == 0
    assert "1.000001\tCấp bản sao" in run("list", "ban", "sao", data=True).output
    assert "1.000001" not in run("list", "nothing", data=True).stdout


def test_submit_tells_the_faults_of_its_procedure_alone(run: Any, tmp_path: Path, folder: Path) -> None:
    """Once; whether its last valid revision takes the dossier, or none does."""
    answers = tmp_path / "a.json"
    answers.write_text('{"name": "An"}', "utf-8")
    for name in ("first", "second"):
        (folder / f"{name}.json").write_text("{", "utf-8")

    sound = run("submit", "1.000001", answers, data=True)
    (folder / "small.json").write_text("{", "utf-8")
    served = run("submit", "1.000001", answers, data=True)
    refused = run("submit", "first", answers, data=True)

    assert (sound.exit_code, sound.stderr) == (0, "")
    assert served.exit_code == 0
    assert [line.partition(" ")[0] for line in served.stderr.splitlines()] == ["small.json:1:2:"]
    assert refused.exit_code == 2
    assert len(refused.stderr.splitlines()) == 1
    assert "first.json" in refused.stderr


def test_moments_are_shown_in_office_time(run: Any, tmp_path: Path, folder: Path) -> None:
    """A dossier of the first half hour of the year in Vietnam belongs to that year, whatever the zone of the server."""
    place, clock = f"sqlite:{tmp_path / 'data' / 'dossiers.db'}", FixedClock(datetime(2026, 12, 31, 17, 30, tzinfo=UTC))
    engine, actor = open_engine(place, procedures=folder, clock=clock), Actor("an")
    dossier = engine.submit(engine.begin("1.000001", actor, {"name": "An"}).id, actor)
    engine.close()

    shown = json.loads(run("show", dossier.code, "--json", data=True).output)

    assert shown["submitted"] == "2027-01-01T00:30:00+07:00"
    assert shown["code"] == "H29.15-270101-0001"


def test_refused_answers_are_told(run: Any, tmp_path: Path) -> None:
    """Exit 1, one line a problem, and no draft is left behind."""
    answers = tmp_path / "a.json"
    answers.write_text('{"copies": 99}')

    refused = run("submit", "1.000001", answers, data=True)

    assert refused.exit_code == 1
    assert "/name: Họ tên: hãy nhập thông tin này." in refused.stderr
    assert run("verify", data=True).exit_code == 0


def test_check_tells_place_rule_and_words(run: Any, tmp_path: Path, folder: Path) -> None:
    """As JSON and as lines."""
    answers = tmp_path / "a.json"
    answers.write_text('{"copies": 0}')

    found = run("check", folder / "small.json", answers, "--json")

    assert found.exit_code == 1
    assert json.loads(found.output) == [
        {"at": "/name", "rule": "required", "message": "Họ tên: hãy nhập thông tin này."},
        {"at": "/copies", "rule": "minimum", "message": "Số bản: hãy nhập số từ 1 đến 9; hiện là 0."},
    ]
    assert "/copies: Số bản: enter" in run("check", folder / "small.json", answers, "--language", "en").output
    answers.write_text('{"name": "An"}')
    assert run("check", folder / "small.json", answers, "--today", "2026-01-01").exit_code == 0


def test_no_digit_of_an_answer_is_changed(run: Any, tmp_path: Path) -> None:
    """A decimal that a double does not hold is refused at its field; one that it holds is stored as it was written."""
    (tmp_path / "p").mkdir()
    schema = {
        "title": "Đo",
        "properties": {"area": {"title": "Diện tích", "type": "number"}},
        "x-procedure": {"code": "1.000009"},
    }
    file, answers, places = (
        tmp_path / "p" / "area.json",
        tmp_path / "a.json",
        ("--data", tmp_path / "data", "--procedures", tmp_path / "p"),
    )
    file.write_text(json.dumps(schema), "utf-8")
    answers.write_text('{"area": 12345678901234567.89}')

    refusals = (run("check", file, answers), run("submit", *places, "1.000009", answers))

    for refused in refusals:
        assert refused.exit_code == 1
        assert "/area: Diện tích: “12345678901234567.89” có quá nhiều chữ số" in refused.output
    answers.write_text('{"area": 123456789012345.75}')
    code = run("submit", *places, "1.000009", answers).output.strip()
    assert '"area": 123456789012345.75' in run("show", code, "--json", *places).output


def test_render_prints_markup(run: Any, tmp_path: Path) -> None:
    """Of any file, with answers if there are any."""
    answers = tmp_path / "a.json"
    answers.write_text('{"purpose": "vay vốn"}')

    markup = run("render", PROCEDURES / "cung-cap-du-lieu-dat-dai.json", "--answers", answers).output

    assert "vay vốn" in markup
    assert "Purpose" in run("render", PROCEDURES / "cung-cap-du-lieu-dat-dai.json", "--language", "en").output


def test_a_new_file_is_sound(run: Any, tmp_path: Path) -> None:
    """What `new` writes passes `lint`, and is never written over."""
    made = run("new", "cap-phep", "--into", tmp_path / "p")

    assert made.exit_code == 0
    assert run("lint", tmp_path / "p").stdout == ""
    assert run("lint", tmp_path / "p", "--json").stdout.strip() == "[]"
    for again in (run("new", "cap-phep", "--into", tmp_path / "p"), run("new", "Not A Name", "--into", tmp_path / "p")):
        assert again.exit_code == 2
        assert len(again.stderr.strip().splitlines()) == 1


def test_lint_fails_on_errors_only(run: Any, tmp_path: Path) -> None:
    """With place, level and code; advice alone is no failure."""
    (tmp_path / "a.json").write_text('{"type": "objekt"}')
    (tmp_path / "b.json").write_text('{"title": "Đất"}')

    bad = run("lint", tmp_path / "a.json", "--json")

    assert bad.exit_code == 1
    assert set(json.loads(bad.output)[0]) == {"file", "line", "column", "pointer", "code", "level", "message"}
    assert f"{tmp_path / 'a.json'}:1:10: error not-a-schema" in run("lint", tmp_path / "a.json").output
    assert "error not-a-schema: 'objekt' không phải là kiểu" in run("lint", tmp_path / "a.json", "--language", "vi").output
    assert run("lint", tmp_path / "b.json").exit_code == 0


@pytest.mark.parametrize(
    "arguments",
    [
        ("show", "H29.15-261122-0001"),
        ("show", "nonsense"),
        ("submit", "none", "{file}"),
        ("check", "{bad}", "{file}"),
        ("render", "{bad}"),
    ],
)
def test_failures_are_one_line(run: Any, tmp_path: Path, arguments: tuple[str, ...]) -> None:
    """Exit 2, what to do, no traceback."""
    (tmp_path / "file.json").write_text("{}")
    (tmp_path / "bad.json").write_text('{"type": "strin"}')
    named = [a.format(file=tmp_path / "file.json", bad=tmp_path / "bad.json") for a in arguments]

    result = run(*named, data=arguments[0] in ("show", "submit"))

    assert result.exit_code == 2
    assert len(result.stderr.strip().splitlines()) == 1
    assert result.stderr.startswith("dossierkit: ")


@pytest.mark.parametrize("arguments", [("frobnicate",), ("lint",), ("check", "nowhere.json", "a.json"), ("serve", "--port", "x")])
def test_a_wrong_use_is_one_line(run: Any, arguments: tuple[str, ...]) -> None:
    """It names the page of help that says more."""
    result = run(*arguments)
    assert result.exit_code == 2
    assert re.fullmatch(r"dossierkit: .+ \(see .+ --help\)\n", result.stderr)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("submit", "ban-sa", "{good}"), r"no procedure is called 'ban-sa' \(see dossierkit list\)"),
        (("submit", "1.000001", "{cut}"), r".*cut\.json: not JSON: it breaks off in the middle; .*\(line 1, column 9\)"),
        (("check", "{small}", "{cut}"), r".*cut\.json: not JSON: it breaks off .*"),
        (("check", "{small}", "{none}"), r".*none\.json: not JSON: there is nothing in it .*"),
        (("init", "{good}/office"), r".*good\.json.*: this is a file, not a folder; name a folder"),
        (("init", "{root}/none/" + "x" * 300), r".*: the name is too long; choose a shorter one"),
        (("check", "{small}", "{good}", "--today", "01/12/2026"), r".*'01/12/2026' is not a date; write it as 2026-11-22 .*"),
        (("check", "{small}", "{good}", "--today", "0022-12-01"), r".*'0022-12-01' is not a date; write it as 2026-11-22 .*"),
        (("register", "--since", "2026-13-01", "--until", "2026-12-31", "--out", "x.xlsx"), r".*'2026-13-01' is not a date; .*"),
        (("serve", "--proxy", "the proxy"), r"'the proxy' is not the address of a proxy; write 127\.0\.0\.1, .*"),
        (("serve", "--proxy", "127.0.0.1, 10.0.0.0/8"), r"'10\.0\.0\.0/8' is not the address of a proxy; .*"),
    ],
)
def test_a_failure_says_which_thing_and_what_to_do(
    run: Any, tmp_path: Path, folder: Path, arguments: tuple[str, ...], told: str
) -> None:
    """The file, the place in it, the way to write a value; no number of the system, no words of a parser."""
    for name, text in {"good": '{"name": "An"}', "cut": '{"name":', "none": ""}.items():
        (tmp_path / f"{name}.json").write_text(text)
    (small,) = (path for path in folder.glob("*.json") if "1.000001" in path.read_text("utf-8"))
    places = {name: tmp_path / f"{name}.json" for name in ("good", "cut", "none")} | {"root": tmp_path, "small": small}
    data = arguments[0] in ("submit", "serve")

    result = run(*(argument.format_map(places) for argument in arguments), data=data)

    assert result.exit_code == 2
    assert re.fullmatch(f"dossierkit: {told}\n", result.stderr)


def test_answers_are_checked_from_a_pipe(folder: Path) -> None:
    """As they are submitted."""
    (small,) = (path for path in folder.glob("*.json") if "1.000001" in path.read_text("utf-8"))

    result = CliRunner().invoke(main, ["check", str(small), "-", "--json"], input='{"name": 5}', catch_exceptions=False)

    assert "/name" in [problem["at"] for problem in json.loads(result.stdout)]


def test_nothing_to_show_is_said(run: Any, tmp_path: Path) -> None:
    """No procedure in a folder or of these words, no erasure asked for: silence would look like a fault."""
    (tmp_path / "empty").mkdir()

    assert "holds no procedure file" in run("lint", tmp_path / "empty").stderr
    assert "no procedure contains 'nothing'" in run("list", "nothing", data=True).stderr
    answers = tmp_path / "a.json"
    answers.write_text('{"name": "Nguyễn Văn Đạt"}', "utf-8")
    run("submit", "1.000001", answers, data=True)
    assert run("erase", data=True).stderr == "no erasure is asked for\n"


def test_a_bad_file_is_told_once(run: Any, folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """By `list` itself, not by the log as well."""
    (folder / "half.json").write_text('{"title":', "utf-8")
    result = run("list", data=True)
    assert (result.stderr + capfd.readouterr().err).count("half.json") == 1


def test_a_broken_store_is_one_line(run: Any, tmp_path: Path) -> None:
    """The message says what to do about it."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "dossiers.db").write_bytes(b"not a database at all " * 300)

    result = run("verify", data=True)

    assert result.exit_code == 2
    assert "back-up" in result.stderr


def test_tampering_is_found(run: Any, tmp_path: Path) -> None:
    """`verify` fails with exit 1."""
    import sqlite3

    answers = tmp_path / "a.json"
    answers.write_text('{"name": "An"}')
    run("submit", "1.000001", answers, data=True)
    connection = sqlite3.connect(tmp_path / "data" / "dossiers.db")
    connection.execute("UPDATE events SET actor = 'binh' WHERE number = 2")
    connection.commit()
    connection.close()

    result = run("verify", data=True)

    assert result.exit_code == 1
    assert "changed after the fact" in result.output


def test_settings_come_from_the_environment(run: Any, tmp_path: Path, folder: Path) -> None:
    """`DOSSIERKIT_*` replaces a flag."""
    runner = CliRunner(env={"DOSSIERKIT_DATA": str(tmp_path / "d"), "DOSSIERKIT_PROCEDURES": str(folder)})

    assert "1.000001" in runner.invoke(main, ["list"]).output


_BARE = """
import json, sys
from click.testing import CliRunner
from dossierkit.extras import EXTRAS
for module in EXTRAS:
    sys.modules[module] = None
from dossierkit.cli import main
for line in sys.stdin:
    result = CliRunner().invoke(main, json.loads(line))
    print(json.dumps([result.exit_code, result.stderr]))
"""


def test_a_command_names_the_extra_that_it_misses(tmp_path: Path, folder: Path) -> None:
    """Whatever library is not installed: one line, exit 2."""
    open_engine(f"sqlite:{tmp_path / 'dossiers.db'}", procedures=folder).close()
    data = ["--data", str(tmp_path)]
    wanted = {
        "serve": ("web", []),
        "slip-key": ("web", []),
        "verify-slip": ("web", ["slip"]),
        "demo": ("web", ["--procedures", str(folder)]),
        "account": ("web", ["list"]),
        "register": ("xlsx", ["--since", "2026-01-01", "--until", "2026-01-31", "--out", str(tmp_path / "a.xlsx")]),
        "stats": ("xlsx", ["--year", "2026", "--format", "xlsx", "--out", str(tmp_path / "b.xlsx")]),
    }
    lines = "".join(json.dumps([name, *more, *data]) + "\n" for name, (_, more) in wanted.items())

    bare = subprocess.run([sys.executable, "-c", _BARE], input=lines, capture_output=True, text=True, check=True)

    for (name, (extra, _)), line in zip(wanted.items(), bare.stdout.splitlines(), strict=True):
        code, told = json.loads(line)
        assert code == 2, (name, told)
        assert re.fullmatch(rf"dossierkit: .*'dossierkit\[{extra}\]'\n", told), (name, told)


def test_help_is_quick_and_complete() -> None:
    """Every command is listed, and asking for help imports nothing heavy."""
    program = "import sys; sys.argv = ['dossierkit', '--help']\nfrom dossierkit.cli import main\ntry: main()\nexcept SystemExit: pass\nprint([m for m in ('jsonschema_rs', 'starlette', 'sqlite_utils', 'cel', 'jinja2') if m in sys.modules])"
    output = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout

    for command in ("serve", "list", "new", "lint", "render", "check", "submit", "show", "verify"):
        assert command in output
    assert output.strip().endswith("[]")


def test_serve_needs_a_free_port(run: Any, tmp_path: Path) -> None:
    """A taken one is told in one line."""
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        result = run("serve", "--port", taken.getsockname()[1], data=True)

    assert result.exit_code == 2
    assert "--port" in result.stderr


def test_serve_that_is_refused_frees_its_port(run: Any) -> None:
    """The socket is closed when a later setting is malformed, though the refusal is still at hand."""
    import socket

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    refused = run("serve", "--port", port, "--clamd", "127.0.0.1", data=True)

    assert refused.exit_code == 2
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0


def test_12_2_1_no_password_travels_in_the_open(run: Any) -> None:
    """A portal that is open to other machines needs a word about TLS, or the flag that allows plain HTTP."""
    result = run("serve", "--host", "0.0.0.0", data=True)

    assert result.exit_code == 2
    assert "--secure" in result.stderr
    assert "--plain-http" in result.stderr


def test_a_document_that_comes_on_paper_is_said(run: Any, folder: Path, tmp_path: Path) -> None:
    """Without it a required document is a problem, in words."""
    block = {**SMALL["x-procedure"], "documents": [{"title": "Đơn đề nghị", "required": True}]}
    (folder / "small.json").write_text(json.dumps({**SMALL, "x-procedure": block}), "utf-8")
    answers = tmp_path / "answers.json"
    answers.write_text('{"name": "An", "copies": 1}', "utf-8")

    refused = run("submit", "1.000001", answers, data=True)

    assert refused.exit_code == 1
    assert "document:1: Đơn đề nghị: hãy chọn tệp, hoặc đánh dấu vào ô nộp bản giấy." in refused.stderr
    assert run("submit", "1.000001", answers, "--paper", "1", data=True).exit_code == 0


def test_the_numbers_of_a_year(run: Any, tmp_path: Path) -> None:
    """As a table, or as files; a workbook wants to know where to."""
    answers = tmp_path / "answers.json"
    answers.write_text('{"name": "Nguyễn Văn Đạt"}', "utf-8")
    assert run("submit", "1.000001", answers, data=True).exit_code == 0
    assert "12/2020" in run("stats", "--year", "2020", data=True).output
    assert json.loads(run("stats", "--year", "2020", "--by", "unit,sector", "--format", "json", data=True).output)["by"] == [
        "unit",
        "sector",
    ]
    assert run("stats", "--year", "2020", "--format", "xlsx", data=True).exit_code == 2
    assert run("stats", "--year", "2020", "--format", "xlsx", "--out", tmp_path / "a.xlsx", data=True).exit_code == 0
    assert (tmp_path / "a.xlsx").read_bytes().startswith(b"PK")
    assert "known: month" in run("stats", "--year", "2020", "--by", "colour", data=True).stderr


def test_people_of_the_office_from_the_command_line(tmp_path: Path) -> None:
    """Added with a first password, listed, disabled, let in again, unlocked, reset; a stranger is told."""
    runner = CliRunner(env={"DOSSIERKIT_DATA": str(tmp_path)})

    def run(*arguments: str) -> Result:
        return runner.invoke(main, arguments, catch_exceptions=False)

    added = run("account", "add", "mai@office.vn", "--name", "Trần Thị Mai", "--role", "intake_officer", "--unit", "so-nnmt")
    assert re.search(r"first password \S{4}-\S{4}-\S{4}-\S{4} ", added.output)
    assert run("account", "list").output == "mai@office.vn\tTrần Thị Mai\tintake_officer\tso-nnmt\n"
    assert "disabled" in run("account", "disable", "mai@office.vn").output
    assert run("account", "list").output.endswith("\tdisabled\n")
    assert "again" in run("account", "disable", "--again", "mai@office.vn").output
    assert "unlocked" in run("account", "unlock", "mai@office.vn").output
    assert "first password" in run("account", "reset", "mai@office.vn").output
    for command in ("disable", "unlock", "reset"):
        assert "no account has the mail address hoa@office.vn" in run("account", command, "hoa@office.vn").stderr
    assert "needs a unit" in run("account", "add", "x@office.vn", "--name", "X", "--role", "approver").stderr


def test_a_reader_that_stops_early_ends_a_command_quietly(tmp_path: Path) -> None:
    """As with `dossierkit list | head -1`: no message, and the exit code of a program that SIGPIPE ends."""
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "-m", "dossierkit", "list", "--data", str(tmp_path)]

    ended = subprocess.run(command, stdout=writing, stderr=subprocess.PIPE, check=False, timeout=60, text=True)

    os.close(writing)
    assert (ended.returncode, ended.stderr) == (141, "")


@pytest.mark.parametrize(("unit", "hint"), [("so-nnmtt", "did you mean 'so-nnmt'?"), ("nope", "known: ")])
def test_an_officer_belongs_to_a_unit_of_the_installation(tmp_path: Path, unit: str, hint: str) -> None:
    """Another unit is refused with those that are known, and no account is made; units of `units.json` count."""
    add = ("account", "add", "mai@office.vn", "--name", "Mai", "--role", "admin", "--data", str(tmp_path), "--unit")

    refused = CliRunner().invoke(main, [*add, unit])
    assert (refused.exit_code, list(tmp_path.iterdir())) == (2, [])
    assert f"the installation has no unit {unit!r}" in refused.stderr
    assert hint in refused.stderr

    (tmp_path / "units.json").write_text(json.dumps({"units": [{"code": unit, "name": "Đơn vị mẫu"}]}))
    assert CliRunner().invoke(main, [*add, unit]).exit_code == 0


def test_tokens_of_programs(tmp_path: Path) -> None:
    """Printed once, listed without their text, limited, revoked."""
    runner = CliRunner(env={"DOSSIERKIT_DATA": str(tmp_path)})

    def run(*arguments: str) -> Result:
        return runner.invoke(main, ("token", *arguments), catch_exceptions=False)

    added = run("add", "--role", "intake_officer", "--unit", "so-nnmt", "--verb", "read", "--procedure", "1.012789", "gis")
    assert re.fullmatch(r"dossierkit_[\w-]{43}\n", added.output)
    assert "already" in run("add", "gis").stderr
    assert "is no name" in run("add", "G I S").stderr
    assert "no unit" in run("add", "--unit", "so-nnmt", "x").stderr
    listed = run("list").output
    assert listed.startswith("gis\tintake_officer\tso-nnmt\tread\t1.012789\tuntil ")
    assert listed.endswith("\tnever used\n")
    assert run("revoke", "gis").output == "gis: revoked\n"
    assert run("list").output == ""
    assert "no token called gis" in run("revoke", "gis").stderr
