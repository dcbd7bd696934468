"""The PostgreSQL store while servers, connections and programs fail."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from click.testing import CliRunner, Result
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from support.killing import kill_after, start
from support.postgres import Line, run, start_server
from support.samples import NOON, PROCEDURES
from support.stories import WORKED_ON, open_at, tell, write_procedure
from support.waiting import wait_for

from dossierkit import Action, Actor, Dossier, Role, State, open_engine
from dossierkit.cli import main
from dossierkit.dossiers.lifecycle.dossier import chained
from dossierkit.dossiers.lifecycle.event_facts import BeginFacts
from dossierkit.dossiers.people.session_lifetime import Session
from dossierkit.errors import NewerStore, StoreError, UnwritableStore
from dossierkit.people.captchas import Captchas
from dossierkit.people.throttle import Throttle
from dossierkit.ports.publications import digest_of
from dossierkit.stores.memory.store import MemoryStore
from dossierkit.stores.postgres.database import translate_errors
from dossierkit.stores.postgres.schema import VERSION
from dossierkit.stores.postgres.store import PostgresStore
from dossierkit.testing import FixedClock
from dossierkit.testing.contract.samples import AGENCY, DAY, acceptance, account, mail, new_draft, submission

SECRET = "hidden-word"


def cut_connections(url: str) -> None:
    """Let the server end every other connection to the database."""
    run(
        url,
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()",
    )


def race(program: str, *arguments: str) -> list[list[str]]:
    """Run *program* in three processes; the words that each printed.

    What follows its line `go()` begins in all of them at once.
    """
    waiting = "import sys\ndef go():\n    print('ready', flush=True)\n    sys.stdin.readline()\n"
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    command = [sys.executable, "-c", waiting + program, *arguments]
    programs = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment) for _ in range(3)
    ]
    for running in programs:
        assert running.stdout is not None
        assert running.stdout.readline() == "ready\n"
    for running in programs:
        assert running.stdin is not None
        running.stdin.write("go\n")
        running.stdin.flush()
    return [running.communicate(timeout=120)[0].split() for running in programs]


def test_a_newer_store_is_refused(postgres: str) -> None:
    """An older program does not touch the tables of a newer one."""
    run(postgres, f"INSERT INTO migrations VALUES ({VERSION + 1}, now())")

    with pytest.raises(NewerStore, match=f"store version {VERSION + 1}, known {VERSION}"):
        PostgresStore(postgres)

    run(postgres, f"DELETE FROM migrations WHERE version > {VERSION}")


def test_programs_that_start_at_once_make_the_tables_once(new_postgres: Callable[[], str]) -> None:
    """The others wait for the first."""
    url = new_postgres()
    run(url, "DROP SCHEMA public CASCADE")
    run(url, "CREATE SCHEMA public")

    with ThreadPoolExecutor(6) as pool:
        stores = list(pool.map(PostgresStore, [url] * 6))

    for store in stores:
        assert store.size() == 0
        store.close()
    with psycopg.connect(url) as connection:
        assert connection.execute("SELECT COUNT(*) FROM migrations").fetchone() == (VERSION,)


@pytest.mark.parametrize(
    "address",
    [f"postgresql://an:{SECRET}@127.0.0.1:1/none", f"postgresql://an:{SECRET}@[::/none", f"mysql://an:{SECRET}@host/none"],
)
def test_no_message_has_a_password(address: str) -> None:
    """Wherever the fault is: in the address, or on the way to the server."""
    with pytest.raises(StoreError) as caught:
        open_engine(address)

    assert SECRET not in str(caught.value)
    result = CliRunner().invoke(main, ["verify", "--store", address])
    assert result.exit_code == 2
    assert SECRET not in result.output
    assert len(result.output.splitlines()) == 1


@pytest.mark.parametrize(
    ("parts", "reason"),
    [
        ({"dbname": "no_such_database"}, 'database "no_such_database" does not exist'),
        ({"user": "no_such_user"}, 'role "no_such_user" does not exist'),
    ],
)
def test_an_address_that_the_server_refuses_is_said(postgres: str, parts: dict[str, str], reason: str) -> None:
    """Another try would not help."""
    address = make_conninfo(postgres, **parts)

    with pytest.raises(StoreError) as caught:
        PostgresStore(address)

    assert f"{reason}; correct the address, or create it on the server" in str(caught.value)
    assert "try again" not in str(caught.value)


@pytest.mark.parametrize(
    "answer",
    [
        f'connection failed: host "h": FATAL:  password authentication failed for user "an"\npassword={SECRET}',
        f'Multiple connection attempts failed:\n- FATAL:  password authentication failed for user "an"\n- {SECRET}',
    ],
)
def test_a_wrong_password_is_said(answer: str) -> None:
    """The server of the tests trusts every user, so that the words of one that does not are raised here."""
    with pytest.raises(StoreError) as caught, translate_errors("postgresql://host/name"):
        raise psycopg.OperationalError(answer)

    assert str(caught.value) == (
        'postgresql://host/name: password authentication failed for user "an"; correct the password in the address'
    )


def test_a_change_is_planned_over_a_server(postgres: str, tmp_path: Path) -> None:
    """`plan` reads the dossiers there, and `migrate` the drafts; neither looks for a database in the folder."""
    changed = next(iter(sorted(PROCEDURES.glob("*.json"))))
    places = ["--data", str(tmp_path / "data"), "--store", postgres]
    assert CliRunner().invoke(main, ["demo", "--dossiers", "30", *places]).exit_code == 0

    for options, environment in ((["--store", postgres], {}), (places, {}), ([], {"DOSSIERKIT_STORE": postgres})):
        planned = CliRunner().invoke(main, ["plan", str(changed), str(changed), *options], env=environment)
        assert planned.exit_code == 0, planned.output
        assert "dossiers: 31 of 31" in planned.output


def test_commands_work_over_a_server(postgres: str, tmp_path: Path) -> None:
    """A demonstration is filled in, verified, counted; a back-up of files refuses."""

    def invoke(command: str, *arguments: str) -> Result:
        places = ["--data", str(tmp_path / "data"), "--store", postgres]
        return CliRunner().invoke(main, [command, *arguments, *places], catch_exceptions=False)

    assert invoke("demo", "--dossiers", "30").exit_code == 0
    assert "no contradictions" in invoke("verify").output
    assert invoke("stats", "--year", "2026").exit_code == 0
    assert invoke("show", "H29.15-000000-0001").exit_code == 2
    refused = invoke("backup", str(tmp_path / "back.tar"))
    assert (refused.exit_code, len(refused.output.splitlines())) == (2, 1)
    assert not (tmp_path / "data" / "dossiers.db").exists()


def test_every_session_is_durable_and_waits_for_a_bounded_time(postgres: str) -> None:
    """Even where the database was told otherwise."""
    name = conninfo_to_dict(postgres)["dbname"]
    run(postgres, f"ALTER DATABASE {name} SET synchronous_commit = off")
    store = PostgresStore(postgres)
    sql = "SELECT current_setting('synchronous_commit'), current_setting('statement_timeout'), current_setting('lock_timeout')"

    read = store.database.read(sql)
    written = store.database.write(lambda batch: batch.execute(sql).fetchall())

    assert read == written == [("on", "30s", "10s")]
    store.close()
    run(postgres, f"ALTER DATABASE {name} RESET synchronous_commit")


def test_reads_and_writes_go_on_after_connections_were_cut(postgres: str) -> None:
    """The program tries again by itself."""
    store = PostgresStore(postgres)
    store.remember("k", 1)
    for value in (2, 3):
        cut_connections(postgres)
        store.remember("k", value)
        cut_connections(postgres)
        assert store.recall("k") == value
    store.close()


def test_the_activity_of_a_store_is_told(postgres: str) -> None:
    """Connections in use and free, what waits for them, and how many were lost."""
    store = PostgresStore(postgres)
    store.remember("k", 1)
    idle = store.activity()
    busy = threading.Thread(target=store.database.read, args=("SELECT pg_advisory_lock_shared(7)::text",))
    with psycopg.connect(postgres, autocommit=True) as other:
        other.execute("SELECT pg_advisory_lock(7)")
        busy.start()
        working = wait_for(lambda: now if (now := store.activity()).readers > now.readers_free else None)
        other.execute("SELECT pg_advisory_unlock(7)")
        busy.join(30)
    cut_connections(postgres)
    store.remember("k", 2)
    lost = store.activity()
    store.close()

    assert (idle.writes_waiting, idle.reads_waiting, idle.errors) == (0, 0, 0)
    assert working.readers - working.readers_free == 1
    assert lost.errors >= 1


def test_a_restart_of_the_server_is_waited_for() -> None:
    """Reads and writes that begin while the server is down go on when it is up again, within ten seconds."""
    folder = Path(tempfile.mkdtemp(prefix="dossierkit-postgres-"))
    server = start_server(folder, delete=False)
    store = PostgresStore(server.get_uri(), patience_seconds=10)
    store.remember("k", 0)
    down, up = threading.Event(), threading.Event()

    def restart() -> None:
        server.cleanup()
        down.set()
        start_server(folder, delete=True)
        up.set()

    restarting = threading.Thread(target=restart)
    restarting.start()
    assert down.wait(60)
    with ThreadPoolExecutor(4) as pool:
        writes = [pool.submit(store.remember, f"k{number}", number) for number in range(2)]
        reads = [pool.submit(store.recall, "k") for _ in range(2)]
        assert [future.result(60) for future in reads] == [0, 0]
        assert [future.result(60) for future in writes] == [None, None]

    assert up.wait(60)
    restarting.join(60)
    assert [store.recall(f"k{number}") for number in range(2)] == [0, 1]
    store.close()
    start_server(folder, delete=True).cleanup()


@pytest.mark.parametrize("cut", ["before", "after"])
def test_a_commit_whose_answer_is_lost_gives_one_code(postgres: str, cut: str) -> None:
    """Whether the server heard of it or not: one dossier, one code, no gap."""
    with tempfile.TemporaryDirectory() as folder:
        line = Line(postgres, Path(folder))
        store = PostgresStore(line.url)
        draft = new_draft(store, "a")

        line.cut = cut
        dossier = store.record(submission(draft))

        assert line.cut == ""
        assert str(dossier.code).endswith("-0001")
        assert store.get("a") == dossier
        assert dict(store.counters()) == {(AGENCY, DAY.isoformat()): 1}
        assert [event.number for event in store.events("a")] == [1, 2]
        store.close()
        line.close()


@pytest.mark.parametrize("cut", ["before", "after"])
def test_a_write_that_is_not_a_submission_is_done_once_too(postgres: str, cut: str) -> None:
    """An action with a version of its own is neither lost nor refused as stale."""
    with tempfile.TemporaryDirectory() as folder:
        line = Line(postgres, Path(folder))
        store = PostgresStore(line.url)
        sent = store.record(submission(new_draft(store, "a")))

        line.cut = cut
        accepted = store.record(acceptance(sent, "đủ"))

        assert line.cut == ""
        assert store.get("a") == accepted
        assert {number: note.text for number, note in store.notes("a").items()} == {3: "đủ"}
        store.close()
        line.close()


def test_a_commit_whose_answer_never_came_is_asked_for_again(postgres: str) -> None:
    """A program that could not wait for the server gets the same code from it later."""
    with tempfile.TemporaryDirectory() as folder:
        line = Line(postgres, Path(folder))
        store = PostgresStore(line.url, patience_seconds=0)
        draft = new_draft(store, "a")

        line.cut = "after"
        with pytest.raises(UnwritableStore, match="try again"):
            store.record(submission(draft))
        kept = store.get("a")

        assert kept is not None
        assert str(kept.code).endswith("-0001")
        assert store.record(submission(draft)) == kept
        assert dict(store.counters()) == {(AGENCY, DAY.isoformat()): 1}
        store.close()
        line.close()


def test_a_frozen_server_is_given_up(postgres: str) -> None:
    """Nothing waits for it without end: what was asked is answered by the server that takes over, and done once."""
    with tempfile.TemporaryDirectory() as folder:
        line = Line(postgres, Path(folder))
        store = PostgresStore(line.url, silent_seconds=0.3)
        draft = new_draft(store, "a")
        store.remember("k", 1)

        line.cut = "frozen"
        with ThreadPoolExecutor(2) as pool:
            sent = pool.submit(store.record, submission(draft))
            wait_for(lambda: not line.cut)
            read = pool.submit(store.recall, "k")
            # Each of the two asks once more whether the server lives, and then looks for another one.
            wait_for(lambda: len(line.unanswered) >= 4, seconds=60)
            line.thaw()
            dossier = sent.result(60)

        assert read.result() == 1
        assert str(dossier.code).endswith("-0001")
        assert store.get("a") == dossier
        assert dict(store.counters()) == {(AGENCY, DAY.isoformat()): 1}
        store.close()
        line.close()


def test_a_commit_without_its_standby_is_not_acknowledged() -> None:
    """An administrator who ends the wait for a standby that is gone loses no dossier: the program waits again."""
    server = start_server(Path(tempfile.mkdtemp(prefix="dossierkit-postgres-")), delete=True)
    store = PostgresStore(server.get_uri())
    draft = new_draft(store, "a")
    with psycopg.connect(server.get_uri(), autocommit=True) as connection, ThreadPoolExecutor(1) as pool:
        connection.execute("ALTER SYSTEM SET synchronous_standby_names = 'gone'")
        connection.execute("SELECT pg_reload_conf()")
        wait_for(lambda: connection.execute("SHOW synchronous_standby_names").fetchone() == ("gone",))
        connection.execute("SET synchronous_commit = local")
        waiting = "SELECT pid FROM pg_stat_activity WHERE wait_event = 'SyncRep'"

        sent = pool.submit(store.record, submission(draft))
        first = wait_for(lambda: connection.execute(waiting).fetchone())
        connection.execute("SELECT pg_cancel_backend(%s)", first)
        wait_for(lambda: connection.execute(f"{waiting} AND pid <> %s", first).fetchone())

        assert not sent.done()
        connection.execute("ALTER SYSTEM RESET synchronous_standby_names")
        connection.execute("SELECT pg_reload_conf()")
        assert str(sent.result(60).code).endswith("-0001")
    assert dict(store.counters()) == {(AGENCY, DAY.isoformat()): 1}
    store.close()
    server.cleanup()


def test_a_statement_that_takes_long_is_waited_for(postgres: str) -> None:
    """A server that is busy answers when it is asked whether it lives."""
    store = PostgresStore(postgres, silent_seconds=0.1)

    assert store.database.read("SELECT 7 FROM pg_sleep(0.6)") == [(7,)]
    assert store.database.write(lambda batch: batch.execute("SELECT 8 FROM pg_sleep(0.6)").fetchall()) == [(8,)]
    store.close()


def test_a_server_that_takes_no_writes_is_left_for_another(postgres: str) -> None:
    """Writes are refused with words and reads go on; both go on where the address leads to once it takes writes."""
    store = PostgresStore(postgres)
    store.remember("k", 1)
    name = conninfo_to_dict(postgres)["dbname"]
    run(postgres, f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    cut_connections(postgres)
    try:
        for _ in range(2):
            with pytest.raises(UnwritableStore, match="takes no writes; is it a standby"):
                store.remember("k", 2)
        with pytest.raises(UnwritableStore, match="takes no writes"):
            store.guard_writable()
        assert store.recall("k") == 1
    finally:
        with psycopg.connect(postgres, autocommit=True) as connection:
            connection.execute("SET default_transaction_read_only = off")
            connection.execute(f"ALTER DATABASE {name} RESET default_transaction_read_only")

    store.remember("k", 3)
    store.guard_writable()

    assert store.recall("k") == 3
    assert len(store.database.read("SELECT id FROM writers WHERE id <> ''")) == 1
    store.close()


def test_transactions_that_the_server_takes_back_are_run_again(postgres: str) -> None:
    """Where every transaction is serializable, programs that draw from one series collide; each code is given out once."""
    name = conninfo_to_dict(postgres)["dbname"]
    run(postgres, f"ALTER DATABASE {name} SET default_transaction_isolation = serializable")
    stores = [PostgresStore(postgres) for _ in range(3)]
    try:
        with ThreadPoolExecutor(12) as pool:
            drafts = [(store, new_draft(store, f"{number}-{place}")) for number, store in enumerate(stores) for place in range(8)]
            dossiers = list(pool.map(lambda drafted: drafted[0].record(submission(drafted[1])), drafts))
    finally:
        run(postgres, f"ALTER DATABASE {name} RESET default_transaction_isolation")

    assert sorted(str(dossier.code)[-4:] for dossier in dossiers) == [f"{number:04}" for number in range(1, 25)]
    for store in stores:
        store.close()


def test_an_action_is_whole_wherever_the_connection_is_lost(postgres: str) -> None:
    """Before any message of it: it is done once, as the store in memory does it."""
    with tempfile.TemporaryDirectory() as folder:
        line, memory = Line(postgres, Path(folder)), MemoryStore()
        store = PostgresStore(line.url)
        lost = 0
        for point in range(8):
            for kept in (memory, store):
                line.left = point if kept is store else None
                sent = kept.record(submission(new_draft(kept, f"a{point}")))
                lost += kept is store and line.left is None
                line.left = point if kept is store else None
                kept.record(acceptance(sent, "đủ"))
            line.left = None

        assert lost >= 4
        assert list(store.every()) == list(memory.every())
        assert Counter(store.postings()) == Counter(memory.postings())
        assert store.sums(NOON.date(), ("unit",)) == memory.sums(NOON.date(), ("unit",))
        assert store.counters() == memory.counters()
        for dossier in memory.every():
            assert store.events(dossier.id) == memory.events(dossier.id)
            assert store.notes(dossier.id) == memory.notes(dossier.id)
        store.close()
        line.close()


def test_three_programs_draw_numbers_without_a_gap(postgres: str, folder: Path) -> None:
    """They submit at once, and each code is given out once."""
    programs = [start(postgres, folder, 40) for _ in range(3)]
    codes = [line for program in programs for line in program.communicate(timeout=120)[0].split()]

    assert [program.returncode for program in programs] == [0] * 3
    engine = open_engine(postgres, procedures=folder)
    assert len(set(codes)) == 120
    assert sorted(code.rpartition("-")[2] for code in codes) == [f"{number:04}" for number in range(1, 121)]
    assert list(engine.verify()) == []
    engine.close()


@pytest.mark.slow
def test_nothing_acknowledged_is_lost_under_kill(postgres: str, folder: Path) -> None:
    """Programs that are killed leave no half action, and no lock."""
    acknowledged: list[str] = []
    for count in (3, 17, 30):
        codes, error = kill_after(start(postgres, folder, 1000), count)
        assert codes, error
        acknowledged += codes

    engine = open_engine(postgres, procedures=folder)
    kept = [str(dossier.code) for dossier in engine.store.every() if dossier.code]
    assert set(acknowledged) <= set(kept)
    assert len(set(kept)) == len(kept)
    assert list(engine.verify()) == []
    engine.close()


def test_three_programs_deliver_each_mail_once(postgres: str) -> None:
    """Programs that claim mails at once skip each other's."""
    store = PostgresStore(postgres)
    store.outbox.post(*(mail(str(number)) for number in range(90)))
    store.close()
    program = """
import sys
from datetime import UTC, datetime, timedelta
from dossierkit.stores.postgres.store import PostgresStore
store, now = PostgresStore(sys.argv[1]), datetime.now(UTC)
go()
while batch := store.outbox.claim(now, now + timedelta(hours=1), 4):
    for outgoing in batch:
        print(outgoing.id, flush=True)
store.close()
"""
    claimed = [line for words in race(program, postgres) for line in words]

    assert len(claimed) == len(set(claimed)) == 90


def test_three_programs_do_the_work_of_the_day_once(postgres: str, folder: Path, tmp_path: Path) -> None:
    """Of programs that sweep and remind at once, each draft is deleted by one, and each officer gets one mail."""
    engine = open_engine(postgres, procedures=folder, clock=FixedClock(NOON))
    an, root = Actor("an"), Actor("root", Role.ADMIN)
    engine.store.accounts.create_account(account("nam", role=Role.ADMIN, proven=True))
    for _ in range(30):
        engine.act(engine.begin("1.000001", an, {"name": "An"}).id, Action.CANCEL, an)
    late = engine.submit(engine.begin("1.000001", an, {"name": "An"}).id, an)
    for action, facts in ((Action.ACCEPT, {"due": NOON.isoformat()}), (Action.ASSIGN, {"officer": "nam"})):
        engine.act(late.id, action, root, facts=facts)
    program = """
import sys
from datetime import datetime
from dossierkit import open_engine
from dossierkit.files.disk import DiskBlobs
from dossierkit.office.daily_tasks import remind
from dossierkit.office.retention import sweep
from dossierkit.testing import FixedClock
from pathlib import Path
url, folder, files, now = sys.argv[1:]
engine = open_engine(url, procedures=folder, clock=FixedClock(datetime.fromisoformat(now)))
go()
print(sweep(engine.store, DiskBlobs(Path(files)), engine.clock), remind(engine))
engine.close()
"""
    results = race(program, postgres, str(folder), str(tmp_path / "files"), str(NOON + timedelta(days=2)))

    assert sum(int(deleted) for deleted, _ in results) == 30
    assert [reminded for _, reminded in results] == ["1"] * 3
    mails = engine.store.outbox.claim(NOON + timedelta(days=2), NOON + timedelta(days=3), 500)
    assert len([outgoing for outgoing in mails if outgoing.mail.key.startswith("reminder:nam")]) == 1
    assert engine.store.size() == 1
    assert list(engine.verify()) == []
    engine.close()


def test_three_programs_count_and_use_up_once(postgres: str, folder: Path) -> None:
    """A captcha is solved once, a link of a mail opens once, a limit is one for all, a payment is booked once, a pause ends once."""
    write_procedure(folder)
    engine = open_at(postgres, folder)
    paused = [tell(engine, WORKED_ON.split()) for _ in range(4)]
    for id in paused:
        engine.act(id, Action.SUSPEND, Actor("root", Role.ADMIN), facts={"until": NOON.isoformat()}, note="vì")
    owed = [tell(engine, f"{WORKED_ON} request-payment begin-to-pay".split()) for _ in range(4)]
    refs = [engine.store.payments.attempts(id)[0].ref for id in owed]
    captchas = Captchas(lambda: b"key", Throttle(engine.store.accounts, engine.clock), engine.clock)
    challenges = [str(captchas.ask("an", "look-up")) for _ in range(10)]
    for number in range(10):
        engine.store.accounts.keep_secret(f"link-{number}", "an", NOON + timedelta(days=1))
    engine.store.accounts.keep_session(Session("kept", NOON, NOON, "an"))
    program = """
import json, sys
from datetime import timedelta
from pathlib import Path
from dossierkit.dossiers.money.attempts import Callback
from dossierkit.office.daily_tasks import resume
from dossierkit.office.payments import Payments
from dossierkit.people.captchas import Captchas, Challenge
from dossierkit.people.throttle import Throttle
from support.stories import open_at
url, folder, challenges, refs = sys.argv[1:]
engine = open_at(url, Path(folder))
accounts, now = engine.store.accounts, engine.clock.now()
captchas = Captchas(lambda: b"key", Throttle(accounts, engine.clock), engine.clock)
go()
solved = [captchas.is_solved("an", "look-up", text, captchas.digits("an", "look-up", Challenge.of(text)))
    for text in json.loads(challenges)]
opened = [accounts.take_secret(f"link-{number}", now) is not None for number in range(10)]
tried = [not accounts.try_again({"name:an": 10}, now, now - timedelta(minutes=15)) for _ in range(10)]
accounts.end_session("kept")
for ref in json.loads(refs):
    Payments(engine).apply(Callback(ref, 30_000, paid=True))
print(sum(solved), sum(opened), sum(tried), resume(engine))
engine.close()
"""
    results = [map(int, words) for words in race(program, postgres, str(folder), json.dumps(challenges), json.dumps(refs))]

    assert [sum(counts) for counts in zip(*results, strict=True)] == [10, 10, 10, 4]
    assert engine.store.accounts.session("kept") is None
    for id, last in [*((id, Action.RESUME) for id in paused), *((id, Action.SETTLE) for id in owed)]:
        assert [event.action for event in engine.store.events(id)].count(last) == 1
    assert list(engine.verify()) == []
    engine.close()


def test_two_programs_begin_one_sole_draft(postgres: str) -> None:
    """The second sees the draft of the first."""
    stores = [PostgresStore(postgres) for _ in range(2)]
    barrier = threading.Barrier(2)

    def begin(which: int, number: int) -> bool:
        id = f"{which}-{number}"
        draft = Dossier(id, f"1.{number}", "r1", "an", State.DRAFT, 1, NOON, NOON, {})
        barrier.wait(10)
        return stores[which].create(draft, chained(id, 1, Action.BEGIN, "an", NOON, BeginFacts(), ""), b"bundle", sole=True)

    with ThreadPoolExecutor(2) as pool:
        for number in range(10):
            assert sorted(pool.map(begin, (0, 1), (number, number))) == [False, True]
    for store in stores:
        store.close()


def test_a_store_of_the_first_version_comes_along(new_postgres: Callable[[], str]) -> None:
    """A database without the tables of later versions gets them, and keeps its rows."""
    url = new_postgres()
    store = PostgresStore(url)
    new_draft(store, "a")
    store.close()
    run(url, "DROP TABLE publications, published_files, access_tokens, try_locks")
    run(url, "DELETE FROM migrations WHERE version > 1")

    store = PostgresStore(url)

    assert (store.size(), store.last_publication()) == (1, 0)
    assert store.publish({"a.json": b"{}"}, author="An", at=NOON).number == 1
    store.close()
    with psycopg.connect(url) as connection:
        assert connection.execute("SELECT MAX(version) FROM migrations").fetchone() == (VERSION,)


_PUBLISH = """
import sys
from datetime import UTC, datetime
from dossierkit.stores.postgres.store import PostgresStore
PostgresStore(sys.argv[1]).publish({"a.json": b"{}"}, author="An", at=datetime.now(UTC))
"""


def test_a_publication_is_whole_or_nothing_under_kill(postgres: str) -> None:
    """A program that is killed after it wrote the files leaves none of them."""
    with psycopg.connect(postgres) as other:
        # The files are written, and the number waits.
        other.execute("INSERT INTO publications VALUES (1, now(), 'Ba', '{}')")
        program = subprocess.Popen([sys.executable, "-c", _PUBLISH, postgres])
        try:
            with psycopg.connect(postgres, autocommit=True) as looking:
                waiting = "SELECT query FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
                wait_for(lambda: looking.execute(waiting).fetchone())
        finally:
            program.kill()
            program.wait(30)
        other.rollback()

    store = PostgresStore(postgres)
    assert (store.last_publication(), store.published_file(digest_of(b"{}"))) == (0, None)
    assert store.publish({"a.json": b"{}"}, author="An", at=NOON).number == 1
    store.close()


def test_another_program_learns_of_a_publication_by_a_lost_line_too(postgres: str) -> None:
    """It listens; where the listening connection is cut, it asks, and listens anew."""
    serving, publishing = PostgresStore(postgres), PostgresStore(postgres)
    assert serving.last_publication() == 0
    publishing.publish({"a.json": b"1"}, author="An", at=NOON)
    wait_for(lambda: serving.last_publication() == 1)

    cut_connections(postgres)
    publishing.publish({"a.json": b"2"}, author="An", at=NOON)
    wait_for(lambda: serving.last_publication() == 2)

    # This one is not announced.
    run(postgres, "INSERT INTO publications VALUES (3, now(), 'Ba', '{}')")
    wait_for(lambda: serving.last_publication() == 3)

    listening = "SELECT COUNT(*) FROM pg_stat_activity WHERE query LIKE 'LISTEN%' AND datname = current_database()"
    with psycopg.connect(postgres, autocommit=True) as looking:
        assert wait_for(lambda: serving.last_publication() == 3 and looking.execute(listening).fetchone()) == (1,)
    serving.close()
    publishing.close()
