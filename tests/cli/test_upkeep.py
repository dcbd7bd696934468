"""Upkeep of an installation: a demonstration that verifies, back-ups under load, numbers that are never issued twice."""

from __future__ import annotations

import io
import json
import os
import re
import sqlite3
import tarfile
import threading
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from support.people import AN
from support.proxy import failed
from support.s3 import Bucket
from support.samples import NOON, PROCEDURES, SMALL

from dossierkit import Action, Actor, Engine, Role, open_engine
from dossierkit.cli import main
from dossierkit.demo.demonstration import CITIZEN, demonstrate
from dossierkit.dossiers.ledger.reports import Period
from dossierkit.dossiers.lifecycle.dossier import Attachment, blobs_of
from dossierkit.dossiers.states import State
from dossierkit.errors import SettingsError, StoreError
from dossierkit.files.disk import DiskBlobs
from dossierkit.ports import NumberGap
from dossierkit.private_files import restrict
from dossierkit.stores.backup import back_up, restore
from dossierkit.stores.recovery import skip_after
from dossierkit.testing import CountedTokens, FixedClock
from dossierkit.wiring import open_accounts


@pytest.fixture(params=["memory:", "sqlite:"])
def shown(request: pytest.FixtureRequest, tmp_path: Path, clock: FixedClock) -> Iterator[tuple[Engine, Any]]:
    place = request.param + (str(tmp_path / "d.db") if request.param == "sqlite:" else "")
    engine = open_engine(place, procedures=PROCEDURES, clock=clock)
    told = demonstrate(engine, open_accounts(engine), 150)
    assert [*told.progress][-1] == 150
    yield engine, told
    engine.close()


def test_a_demonstration_proves_itself(shown: Any) -> None:
    """Every state, every procedure, two years; sums and histories as if it had been real; not into a folder in use."""
    engine, told = shown
    assert list(engine.verify()) == []
    dossiers = list(engine.store.every())
    assert len({one.procedure for one in dossiers}) > 10
    assert len({one.state for one in dossiers}) >= 5
    sent = sorted(one.submitted for one in dossiers if one.submitted is not None)
    assert (sent[-1] - sent[0]).days > 600
    total = sum(engine.report(Period.year(year)).total.received for year in (2024, 2025, 2026))
    assert total == sum(one.handling.accepted is not None for one in dossiers)
    assert {guest.role for guest in told.guests} >= {Role.ADMIN, Role.CITIZEN, Role.INTAKE_OFFICER, Role.APPROVER}
    citizen = engine.store.accounts.account_of(CITIZEN)
    assert citizen is not None
    assert any(one.state is State.DRAFT for one in engine.find(citizen.actor))
    codes = [one.code for one in dossiers if one.code is not None]
    assert len(set(codes)) == len(codes) == 150
    root = Actor("root", Role.ADMIN)
    found = engine.desk(root, limit=200)
    assert len(found) == 150
    plain = next(one for one in dossiers if one.code is not None and not blobs_of(one))
    draft = engine.begin(plain.procedure, AN, plain.answers)
    papers = engine.procedure(plain.procedure).missing(draft)
    draft = engine.save(draft.id, draft.answers, AN, version=draft.version, declared=papers)
    more = engine.submit(draft.id, AN)
    assert more.code not in codes
    assert list(engine.verify()) == []
    with pytest.raises(SettingsError, match="empty"):
        demonstrate(engine, open_accounts(engine), 1)


# CI makes a demonstration on other special days, by the command.
@pytest.mark.parametrize("now", [NOON + timedelta(days=day) for day in range(7)], ids=lambda now: f"{now:%A}")
def test_a_demonstration_ends_on_every_day(now: datetime) -> None:
    """Whatever day of the week it is, the story is as long as was asked for, reaches two years back, and proves itself."""
    engine = open_engine("memory:", procedures=PROCEDURES, clock=FixedClock(now))

    *_, count = demonstrate(engine, open_accounts(engine), 60).progress

    sent = sorted(dossier.submitted for dossier in engine.store.every() if dossier.submitted is not None)
    assert count == 60
    assert sent[-1] <= now
    assert (now - sent[0]).days > 600
    assert list(engine.verify()) == []


def test_a_demonstration_begins_where_its_procedures_can_be_submitted(tmp_path: Path, clock: FixedClock) -> None:
    """A rule that holds since last week makes a story of a week; a folder without such tests is refused in words."""
    young = {**SMALL, "x-rules": [{"rule": "today >= '2026-11-18'", "message": "Chưa mở."}]}
    young["x-procedure"] = {**SMALL["x-procedure"], "unit": "so-nnmt"}
    young["x-tests"] = [{"answers": {"name": "An"}}]
    (tmp_path / "young.json").write_text(json.dumps(young, ensure_ascii=False), "utf-8")
    engine = open_engine("memory:", procedures=tmp_path, clock=clock)

    list(demonstrate(engine, open_accounts(engine), 5).progress)

    assert {dossier.submitted.date() for dossier in engine.store.every() if dossier.submitted is not None} <= {NOON.date()}
    (tmp_path / "young.json").write_text(json.dumps({**young, "x-tests": []}), "utf-8")
    empty = open_engine("memory:", procedures=tmp_path, clock=clock)
    with pytest.raises(SettingsError, match="x-tests"):
        demonstrate(empty, open_accounts(empty), 5)


def test_the_same_seed_tells_the_same_story(tmp_path: Path, clock: FixedClock) -> None:
    """Codes, states and days are equal; names may differ."""
    stories = []
    for _ in range(2):
        engine = open_engine("memory:", procedures=PROCEDURES, clock=clock)
        list(demonstrate(engine, open_accounts(engine), 40, seed=7).progress)
        stories.append([(str(one.code), one.state, one.submitted) for one in engine.store.every() if one.code is not None])
    assert stories[0] == stories[1]


def test_of_a_load_that_fails_nothing_is_kept(shown: Any) -> None:
    """A code that is there already: the transaction is not."""
    from dossierkit.ports import ImportedDossier

    engine, _ = shown
    one = next(d for d in engine.store.every() if d.code is not None)
    again = ImportedDossier(one, engine.history(one), ())
    before = engine.store.size()
    with pytest.raises(StoreError):
        list(engine.store.load([again]))
    assert engine.store.size() == before
    assert list(engine.verify()) == []


def test_gaps_are_kept_and_proved(engine: Engine) -> None:
    """Only forwards; the next number comes after them; a proof knows them."""
    first = engine.submit(engine.begin("1.000001", AN, {"name": "An"}).id, AN)
    assert str(first.code) == "H29.15-261122-0001"
    assert [gap.last for gap in skip_after(engine.store, engine.clock, ["H29.15-261122-0007", " 00005/2026/h29.15 "])] == [7, 5]
    assert list(skip_after(engine.store, engine.clock, ["H29.15-261122-0003"])) == []
    assert not engine.store.skip(NumberGap("H29.15", "2026-11-22", 2, 7, NOON))
    second = engine.submit(engine.begin("1.000001", AN, {"name": "An"}).id, AN)
    assert str(second.code) == "H29.15-261122-0008"
    accepted = engine.act(second.id, Action.ACCEPT, Actor("root", Role.ADMIN))
    assert accepted.handling.receipt == "00006/2026/H29.15"
    assert [(gap.series, gap.first, gap.last) for gap in engine.store.gaps()] == [("2026-11-22", 2, 7), ("2026", 1, 5)]
    assert list(engine.verify()) == []
    with pytest.raises(SettingsError, match="neither"):
        list(skip_after(engine.store, engine.clock, ["x"]))


@pytest.fixture
def installation(tmp_path: Path, folder: Path, clock: FixedClock) -> Iterator[tuple[Engine, Path]]:
    """A data folder in use, with a file."""
    data = tmp_path / "data"
    engine = open_engine(f"sqlite:{data / 'dossiers.db'}", procedures=folder, clock=clock, tokens=CountedTokens())
    draft = engine.begin("1.000001", AN, {"name": "An"})
    blob = DiskBlobs(data / "attachments").put("đơn.pdf", io.BytesIO(b"%PDF-1.7"))
    engine.attach(draft.id, Attachment("1", blob, "đơn.pdf", 8, "application/pdf"), AN, version=1)
    engine.submit(draft.id, AN)
    (data / "slip.key").write_text("key")
    yield engine, data
    engine.close()


def run(*words: object) -> Any:
    return CliRunner().invoke(main, [str(word) for word in words])


def test_a_back_up_is_taken_while_others_write(installation: Any, tmp_path: Path) -> None:
    """Whole as of one moment, files included; laid into a new folder it proves itself, and no code comes twice."""
    engine, data = installation
    stop = threading.Event()

    def write() -> None:
        while not stop.is_set():
            engine.submit(engine.begin("1.000001", AN, {"name": "An"}).id, AN)

    writer = threading.Thread(target=write, daemon=True)
    writer.start()
    try:
        made = [run("backup", "--data", data, tmp_path / f"{n}.tar") for n in range(3)]
    finally:
        stop.set()
        writer.join(30)
    assert [one.exit_code for one in made] == [0, 0, 0], made[0].output
    last = max(str(one.code) for one in engine.store.every() if one.code is not None)
    there = tmp_path / "restored"
    asked = run("restore", "--data", there, tmp_path / "2.tar")
    assert asked.exit_code == 2
    assert "--nothing-since" in asked.output
    back = run("restore", "--data", there, "--after", last, tmp_path / "2.tar")
    assert back.exit_code == 0, back.output
    assert (there / "slip.key").read_text() == "key"
    assert run("verify", "--data", there).exit_code == 0
    again = open_engine(f"sqlite:{there / 'dossiers.db'}", procedures=data.parent / "procedures", clock=engine.clock)
    new = again.submit(again.begin("1.000001", AN, {"name": "An"}).id, AN)
    assert str(new.code) > last
    assert list(again.verify(blobs=DiskBlobs(there / "attachments"))) == []
    again.close()


def open_to_others(folder: Path) -> dict[str, str]:
    """Paths in *folder* that other users can read, with their rights."""
    modes = {path: path.stat().st_mode & 0o777 for path in (folder, *folder.rglob("*"))}
    return {path.relative_to(folder.parent).as_posix(): oct(mode) for path, mode in modes.items() if mode & 0o077}


def test_what_is_kept_is_private(tmp_path: Path, folder: Path) -> None:
    """Database, journals, mails, attachments, keys and a back-up are their owner's alone, whatever the umask says."""
    data, answers = tmp_path / "data", tmp_path / "a.json"
    answers.write_text('{"name": "An"}')
    before = os.umask(0)
    try:
        assert run("submit", "1.000001", answers, "--data", data, "--procedures", folder).exit_code == 0
        run("account", "add", "mai@office.vn", "--name", "Mai", "--role", "admin", "--data", data)
        assert "1 delivered" in run("deliver", "--data", data).output
        assert run("slip-key", "--data", data).exit_code == 0
        DiskBlobs(data / "attachments").put("đơn.pdf", io.BytesIO(b"%PDF-1.7"))
        kept = sqlite3.connect(data / "dossiers.db")  # its journals are there while a connection is open
        kept.execute("SELECT count(*) FROM dossiers")
        assert run("backup", "--data", data, "--key", tmp_path / "key", tmp_path / "b.tar").exit_code == 0
        assert run("restore", "--nothing-since", tmp_path / "b.tar", "--data", tmp_path / "back").exit_code == 0
    finally:
        os.umask(before)

    names = {path.name for path in data.rglob("*")}
    assert {"dossiers.db", "dossiers.db-wal", "dossiers.mark", "slip.key", "mail", "attachments", "catalog.json"} <= names
    assert open_to_others(data) == open_to_others(tmp_path / "back") == {}
    assert [(tmp_path / name).stat().st_mode & 0o777 for name in ("b.tar", "key")] == [0o600, 0o600]
    kept.close()


def test_what_others_could_read_is_mended_at_the_start(tmp_path: Path, folder: Path) -> None:
    """The folder of an earlier version, a journal, a password file, mails; files of other programs stay as they are."""
    data, answers = tmp_path / "data", tmp_path / "a.json"
    answers.write_text('{"name": "An"}')
    assert run("submit", "1.000001", answers, "--data", data, "--procedures", folder).exit_code == 0
    (data / "mail").mkdir()
    DiskBlobs(data / "attachments").put("đơn.pdf", io.BytesIO(b"%PDF-1.7"))
    for name in ("slip.key", "passwords.txt", "mail/1.eml", "notes.txt"):
        (data / name).write_text("x")
    for path in (data, *data.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)

    assert run("stats", "--year", "2026", "--data", data, "--procedures", folder).exit_code == 0

    assert open_to_others(data) == {"data/notes.txt": "0o644"}


def test_a_folder_that_others_use_is_not_closed(tmp_path: Path, folder: Path) -> None:
    """Data that lie among the procedures: the folder stays as it is, what is kept in it is private."""
    folder.chmod(0o755)
    answers = tmp_path / "a.json"
    answers.write_text('{"name": "An"}')
    assert run("submit", "1.000001", answers, "--data", folder, "--procedures", folder).exit_code == 0
    assert folder.stat().st_mode & 0o777 == 0o755
    assert (folder / "dossiers.db").stat().st_mode & 0o777 == 0o600


def test_what_cannot_be_mended_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Which file, why, and what to do."""

    def refused(path: Path, mode: int) -> None:  # only root can make a file that its reader does not own
        raise PermissionError(1, "Operation not permitted")

    (tmp_path / "slip.key").write_text("x")
    (tmp_path / "slip.key").chmod(0o644)
    tmp_path.chmod(0o700)
    monkeypatch.setattr(Path, "chmod", refused)
    (words,) = restrict(tmp_path)
    assert "slip.key is readable by other users" in words
    assert "chmod go= " in words


def test_the_key_goes_apart(installation: Any, tmp_path: Path) -> None:
    """A back-up without the key signs no slips; with the key put back, slips are signed as before."""
    _, data = installation
    assert run("backup", "--data", data, "--key", tmp_path / "key", tmp_path / "b.tar").exit_code == 0
    with tarfile.open(tmp_path / "b.tar") as archive:
        assert "slip.key" not in archive.getnames()
    assert (tmp_path / "key").read_text() == "key"
    assert "never overwrites" in run("backup", "--data", data, "--key", tmp_path / "key", tmp_path / "c.tar").output


def test_a_statement_that_is_not_utf_8_is_told(tmp_path: Path) -> None:
    """As a spreadsheet writes it unless it is told to write UTF-8."""
    open_engine(f"sqlite:{tmp_path / 'dossiers.db'}").close()
    (tmp_path / "bank.csv").write_bytes("number,amount,memo\n".encode("utf-16"))

    told = run("reconcile", "--data", tmp_path, tmp_path / "bank.csv").output

    assert told == f"dossierkit: {tmp_path / 'bank.csv'} is not UTF-8; save it as CSV in UTF-8\n"


def test_what_cannot_be_backed_up_or_restored_is_told(installation: Any, tmp_path: Path) -> None:
    """Nothing is overwritten, nothing leads out of the folder, nothing is half there."""
    _, data = installation
    assert run("backup", "--data", tmp_path / "nothing", tmp_path / "x.tar").exit_code == 2
    (tmp_path / "there.tar").write_text("x")
    assert "never overwrites" in run("backup", "--data", data, tmp_path / "there.tar").output
    assert "not empty" in run("restore", "--data", data, "--nothing-since", tmp_path / "there.tar").output
    told = run("restore", "--data", tmp_path / "new", "--nothing-since", tmp_path / "there.tar").output
    assert told == f"dossierkit: {tmp_path / 'there.tar'} is no back-up of dossierkit, or is damaged\n"
    with tarfile.open(tmp_path / "other.tar", "w") as archive:
        archive.add(tmp_path / "there.tar", "something")
    with pytest.raises(SettingsError):
        restore(tmp_path / "other.tar", tmp_path / "new2")
    (data / "attachments" / "half.part").write_bytes(b"on its way in")
    names = list(back_up(data, tmp_path / "good.tar"))
    with tarfile.open(tmp_path / "good.tar") as archive:
        assert archive.getnames() == names
    assert [name.split("/")[0] for name in names] == ["dossiers.db", "dossiers.mark", "slip.key", "attachments", "attachments"]
    begun = back_up(data, tmp_path / "stopped.tar")
    next(begun)
    begun.close()
    assert [path.name for path in tmp_path.glob("stopped*")] == []
    with tarfile.open(tmp_path / "good.tar", "a") as archive:
        archive.add(tmp_path / "there.tar", "../evil")
    with pytest.raises(SettingsError):
        restore(tmp_path / "good.tar", tmp_path / "new3" / "data")
    assert not (tmp_path / "new3" / "evil").exists()


def test_a_proof_names_each_fault(installation: Any) -> None:
    """A file that was changed, one that is gone, answers that were changed behind its back, a payment out of nowhere."""
    engine, data = installation
    blobs = DiskBlobs(data / "attachments")
    assert list(engine.verify(blobs=blobs)) == []
    dossier = next(iter(engine.store.every()))
    blob = dossier.attachments[0].blob
    path = data / "attachments" / blob[7:9] / blob
    path.write_bytes(b"other")
    assert [one for one in engine.verify(blobs=blobs) if "was changed" in one] == [f"{dossier.id}: the file {blob} was changed"]
    path.unlink()
    assert [one for one in engine.verify(blobs=blobs) if "is gone" in one] == [f"{dossier.id}: the file {blob} is gone"]
    connection = sqlite3.connect(data / "dossiers.db")
    connection.execute("""UPDATE answers SET body = '{"name": 5}'""")
    connection.execute(
        "INSERT INTO payments (ref, seq, amount, gateway, created, progress) VALUES ('x', 1, 5, 'cash', ?, 'paid')",
        (NOON.isoformat(),),
    )
    connection.commit()
    connection.close()
    found = list(engine.verify())
    assert [one.partition(": ")[2] for one in found] == [
        "its answers are not those of its events",
        "its answers do not fit the form that it was filed under",
        "the payment x settled nothing",
    ]
    ran = run("verify", "--data", data)
    assert (ran.exit_code, "contradictions" in ran.output) == (1, True)


def test_nothing_is_laid_before_everything_is_checked(installation: Any, tmp_path: Path) -> None:
    """A number that is none, an archive that is cut off or leads out of the folder: the new folder is not even made."""
    _, data = installation
    archive, new = tmp_path / "b.tar", tmp_path / "new"
    assert run("backup", "--data", data, archive).exit_code == 0
    (tmp_path / "cut.tar").write_bytes(archive.read_bytes()[:-12_000])
    with tarfile.open(archive) as good, tarfile.open(tmp_path / "out.tar", "w") as bad:
        bad.addfile(good.getmembers()[0], good.extractfile(good.getmembers()[0]))
        bad.addfile(tarfile.TarInfo("../out"))

    for arguments in (
        (archive, "--after", "H29.15-261122"), (archive, "--after", "H29.15-261122-0001", "--after", "x"),
        (archive, "--after", tmp_path / "no.mark"), (tmp_path / "cut.tar", "--nothing-since"), (tmp_path / "out.tar", "--nothing-since"),
    ):  # fmt: skip
        refused = run("restore", "--data", new, *arguments)
        assert (refused.exit_code, len(refused.stderr.splitlines())) == (2, 1), refused.output
        assert not new.exists()


def test_progress_is_told_where_there_is_no_terminal(tmp_path: Path) -> None:
    """From the beginning, in lines, to the end; a proof tells its own."""
    ran = run("demo", "--data", tmp_path / "demo", "--dossiers", 25, "--procedures", PROCEDURES)
    lines = ran.stderr.splitlines()
    assert (lines[0], lines[-1]) == ("dossiers: 0 of 25", "dossiers: 25 of 25")
    proof = run("verify", "--data", tmp_path / "demo")
    assert len(proof.stderr.splitlines()) > 10
    assert proof.stderr.splitlines()[0].startswith("dossiers: 0 of ")


def test_demo_says_as_whom_to_look(tmp_path: Path) -> None:
    """A command, an empty folder, and one password for all accounts."""
    ran = run("demo", "--data", tmp_path / "demo", "--dossiers", 30, "--procedures", PROCEDURES)
    assert ran.exit_code == 0, ran.output
    assert CITIZEN in ran.output
    assert "Password" in ran.output
    assert run("verify", "--data", tmp_path / "demo").exit_code == 0
    assert run("demo", "--data", tmp_path / "demo", "--dossiers", 30).exit_code == 2


def test_demo_leaves_nothing_where_there_is_nothing_to_show(tmp_path: Path) -> None:
    """A folder of procedures without a unit or a test is refused before the data folder is made."""
    (tmp_path / "p").mkdir()
    (tmp_path / "p" / "small.json").write_text(json.dumps(SMALL, ensure_ascii=False), "utf-8")

    ran = run("demo", "--data", tmp_path / "demo", "--procedures", tmp_path / "p", "--dossiers", 5)

    assert (ran.exit_code, "x-tests" in ran.stderr) == (2, True), ran.output
    assert not (tmp_path / "demo").exists()


def test_files_that_no_dossier_names_are_listed_and_deleted(installation: Any) -> None:
    """As an interrupted upload leaves them, once they are a day old."""
    engine, data = installation
    blobs = DiskBlobs(data / "attachments")
    named = blobs_of(next(iter(engine.store.every())))
    old, young = (blobs.put("a.pdf", io.BytesIO(b"%PDF-")) for _ in range(2))
    (data / "attachments" / "tmpk1ll3d.part").write_bytes(b"%P")
    for path in (*(data / "attachments").rglob(f"{old}*"), data / "attachments" / "tmpk1ll3d.part"):
        os.utime(path, (0, 0))
    for path in (data / "attachments").rglob(f"{young}*"):
        os.utime(path, (time.time(),) * 2)  # the disk has a clock of its own, which tests on other days do not move
    command = ["verify", "--data", str(data), "--procedures", str(data.parent / "procedures")]

    told = CliRunner().invoke(main, command)
    deleted = CliRunner().invoke(main, [*command, "--delete-unnamed"])

    assert told.exit_code == 1
    assert sorted(re.findall(r"no dossier names the file (\S+);", told.stdout)) == [old, "tmpk1ll3d.part"]
    assert deleted.stdout.count("it is deleted") == 2
    assert {file.id for file in blobs.every()} == {*named, young}
    assert CliRunner().invoke(main, command).exit_code == 0


def test_every_command_finds_files_in_object_storage(tmp_path: Path, folder: Path, bucket: Bucket) -> None:
    """By flag, by variable and by the settings file; the folder of attachments is not made."""
    home = tmp_path / "office"
    home.mkdir()
    (home / "dossierkit.toml").write_text(f'files = "{bucket.address}"\nprocedures = "{folder}"\n')
    (tmp_path / "answers.json").write_text(json.dumps({"name": "An"}))
    runner = CliRunner()
    code = runner.invoke(main, ["--home", str(home), "submit", "1.000001", str(tmp_path / "answers.json")])
    assert code.exit_code == 0, code.output
    there = ["--data", str(home / "data"), "--procedures", str(folder)]

    for way in (["--home", str(home), "verify"], ["verify", *there, "--files", bucket.address]):
        told = runner.invoke(main, way)
        assert told.exit_code == 0, told.output
    bucket.proxy.suffer_always(failed)
    refused = runner.invoke(main, ["verify", *there], env={"DOSSIERKIT_FILES": bucket.address})

    assert refused.exit_code == 2
    assert refused.stderr.splitlines()[-1].startswith("dossierkit: the files cannot be listed: ")
    assert not (home / "data" / "attachments").exists()


def test_a_missing_bucket_is_said_before_anything_is_done(tmp_path: Path, bucket: Bucket) -> None:
    """`verify` and `serve` end with one line, and report no file as gone."""
    places = ["--data", tmp_path / "data"]
    files = ["--files", bucket.address.replace(bucket.name, "no-such-bucket")]
    assert run("demo", *places, "--dossiers", 5).exit_code == 0

    for command in (["verify"], ["serve", "--port", 0]):
        refused = run(*command, *places, *files)

        assert refused.exit_code == 2, refused.output
        assert (
            refused.output
            == "dossierkit: the files cannot be listed: their bucket does not exist; create it, or name another one\n"
        )
