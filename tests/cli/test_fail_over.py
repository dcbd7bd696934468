"""Portals over a primary that is killed or frozen, while citizens file and read: the standby takes over, and nothing is lost."""

from __future__ import annotations

import json
import math
import os
import random
import re
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import attrs
import httpx2
import pytest
from support.cluster import Cluster, running_cluster, server_programs
from support.page import Page
from support.samples import SMALL
from support.waiting import wait_for

from dossierkit import open_engine
from dossierkit.papers.slip import SlipKey

APPLY = "/procedures/1.000001/apply"
CLIENTS = 32
PORTALS = 3
#: How often a primary is lost; more by hand.
FAIL_OVERS = int(os.environ.get("DOSSIERKIT_FAIL_OVERS", "3"))
SEED = int(os.environ.get("DOSSIERKIT_SEED", "20261127"))
#: Longest time without a page that reads, or a dossier that is filed.
PAUSE_SECONDS = 30


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    programs = server_programs()
    if programs is None:
        pytest.skip("the server programs of PostgreSQL are not here: apt-get install postgresql")
    with running_cluster(programs) as running:
        yield running


@contextmanager
def portals_over(url: str, folder: Path, data: Path) -> Iterator[list[str]]:
    """Addresses of portals with a data folder each, as if on machines of their own; they share the key of slips."""
    with ExitStack() as ending:
        addresses = []
        SlipKey.load_or_create(data / "slip.key")
        for number in range(PORTALS):
            (data / str(number)).mkdir()
            shutil.copy(data / "slip.key", data / str(number))
            with socket.socket() as free:
                free.bind(("127.0.0.1", 0))
                port = free.getsockname()[1]
            options = ["--port", str(port), "--procedures", str(folder), "--data", str(data / str(number)), "--guests"]
            command = [sys.executable, "-m", "dossierkit", "serve", *options, "--proxy", "127.0.0.1"]
            log = ending.enter_context((data / f"{number}.log").open("w"))
            program = subprocess.Popen(command, stdout=log, stderr=log, env={**os.environ, "DOSSIERKIT_STORE": url})
            ending.callback(program.wait, 60)
            ending.callback(program.terminate)
            addresses.append(f"http://127.0.0.1:{port}")
        for address in addresses:
            wait_for(lambda address=address: answer_of(f"{address}/readyz") == 200, seconds=120)
        yield addresses


def answer_of(url: str) -> int:
    try:
        return httpx2.get(url, timeout=60).status_code
    except httpx2.TransportError:
        return 0


@attrs.define
class Filing:
    """The acknowledged facts of one dossier, as its client has them."""

    #: Id of the draft: the key by which the portal knows a submission that is sent again.
    draft: str
    #: Codes that were answered, each time that it was sent.
    codes: set[str] = attrs.field(factory=set)
    sent: int = 0


class Citizen(threading.Thread):
    """Files dossiers one after the other until told to stop, each sent to any portal until one answers."""

    def __init__(self, number: int, portals: list[str], ending: threading.Event) -> None:
        super().__init__(daemon=True)
        self._chance = random.Random(number)
        self._portals, self._ending = portals, ending
        self._headers = {"sec-fetch-site": "same-origin", "x-forwarded-for": f"10.0.0.{number}"}
        self.filings: list[Filing] = []
        #: When each code was first answered, and when what it answers was sent.
        self.answered: list[tuple[float, float]] = []
        self.refusals: set[str] = set()

    def run(self) -> None:
        with httpx2.Client(headers=self._headers, timeout=60) as client:
            while not self._ending.wait(self._chance.uniform(0.5, 3)):
                pairs = self._prepared(client)
                if pairs is not None:
                    self._file(client, pairs)

    def _prepared(self, client: httpx2.Client) -> dict[str, str] | None:
        """The pairs that the last button of a valid draft posts; None if a server was lost meanwhile."""
        form = self._answer(client, "GET", APPLY)
        if form is None or form.status_code != 200:
            return None
        answers = {**dict(Page(form.text).pairs), "/name": "An", "do": "continue"}
        saved = self._answer(client, "POST", APPLY, data=answers)
        if saved is None or saved.status_code != 303:
            return None
        review = self._answer(client, "GET", saved.headers["location"])
        return dict(Page(review.text).pairs) if review is not None and review.status_code == 200 else None

    def _file(self, client: httpx2.Client, pairs: dict[str, str]) -> None:
        filing = Filing(pairs["meta:draft"])
        self.filings.append(filing)
        more = self._chance.choice((0, 0, 1))  # some are sent again, though they were answered
        while not filing.codes or more:
            began = time.monotonic()
            filing.sent += 1
            answer = self._answer(client, "POST", f"{APPLY}/review", data=pairs)
            if answer is None or answer.status_code == 503:
                self._ending.wait(0.2)
                continue
            code = re.fullmatch(r"(?:.*)/dossiers/([^?]+)\?done", answer.headers.get("location", ""))
            assert code is not None, (answer.status_code, answer.headers, answer.text[:500])
            if filing.codes:
                more -= 1
            else:
                self.answered.append((began, time.monotonic()))
            filing.codes.add(code[1])

    def _answer(self, client: httpx2.Client, method: str, path: str, **options: Any) -> httpx2.Response | None:
        """The answer of one of the portals; None if there is none."""
        try:
            answer = client.request(method, self._chance.choice(self._portals) + path.partition("#")[0], **options)
        except httpx2.TransportError as error:
            self.refusals.add(type(error).__name__)
            return None
        if answer.status_code >= 400:
            self.refusals.add(f"{answer.status_code} {path.partition('?')[0]}")
        return answer


class Reader(threading.Thread):
    """Opens the page of a draft at one portal again and again."""

    def __init__(self, portal: str, ending: threading.Event) -> None:
        super().__init__(daemon=True)
        self._portal, self._ending = portal, ending
        #: When each page was asked for, and when it came.
        self.answered: list[tuple[float, float]] = []

    def run(self) -> None:
        with httpx2.Client(headers={"sec-fetch-site": "same-origin"}, timeout=60) as client:
            client.post(self._portal + APPLY, data={"/name": "An", "do": "save"})
            while not self._ending.wait(0.1):
                began = time.monotonic()
                if client.get(self._portal + APPLY).status_code == 200:
                    self.answered.append((began, time.monotonic()))


def seconds_until_answer(moment: float, thread: Citizen | Reader) -> float:
    """From *moment* until *thread* has an answer to what it asked for later; endless as long as there is none."""
    return next((end - moment for began, end in tuple(thread.answered) if began > moment), math.inf)


@pytest.mark.cluster
@pytest.mark.slow
@pytest.mark.timeout(300 + 60 * FAIL_OVERS)
def test_nothing_acknowledged_is_lost_with_the_primary(cluster: Cluster, tmp_path: Path) -> None:
    """Killed or frozen at random moments: no acknowledged dossier is lost, no code is given twice or left out.

    Every client gets one code for each dossier, however often it asks; pages and filing come back within half a minute.
    """
    (tmp_path / "procedures").mkdir()
    (tmp_path / "procedures" / "small.json").write_text(json.dumps(SMALL), "utf-8")
    chance, stop = random.Random(SEED), threading.Event()
    with portals_over(cluster.url, tmp_path / "procedures", tmp_path) as portals:
        citizens = [Citizen(number, portals, stop) for number in range(CLIENTS)]
        readers = [Reader(portal, stop) for portal in portals]
        for thread in (*citizens, *readers):
            thread.start()
        wait_for(lambda: all(thread.answered for thread in (*citizens, *readers)), seconds=120)
        try:
            for fault in ("kill", "freeze", *chance.choices(("kill", "freeze"), k=FAIL_OVERS))[:FAIL_OVERS]:
                stop.wait(chance.uniform(0, 2))
                lost = time.monotonic()
                getattr(cluster.primary, fault)()
                cluster.take_over()
                taken = time.monotonic() - lost

                def pauses(lost: float = lost) -> tuple[float, float]:
                    """Seconds until the last portal shows a page again, and the first dossier is filed."""
                    return (
                        max(seconds_until_answer(lost, reader) for reader in readers),
                        min(seconds_until_answer(lost, citizen) for citizen in citizens),
                    )

                wait_for(lambda: max(pauses()) < math.inf, seconds=PAUSE_SECONDS)
                read, filed = pauses()
                print(f"{fault}: taken over after {taken:.1f} s, pages after {read:.1f} s, filed after {filed:.1f} s")
                cluster.standby.kill()
                cluster.add_standby()
        finally:
            stop.set()
            for thread in (*citizens, *readers):
                thread.join(120)
    assert not any(thread.is_alive() for thread in (*citizens, *readers))

    engine = open_engine(cluster.url, procedures=tmp_path / "procedures")
    kept = {dossier.id: str(dossier.code) for dossier in engine.store.every() if dossier.code is not None}
    numbers: defaultdict[str, list[int]] = defaultdict(list)
    for code in kept.values():
        numbers[code.rpartition("-")[0]].append(int(code.rpartition("-")[2]))
    filings = [filing for citizen in citizens for filing in citizen.filings]
    again, refusals = (
        sum(filing.sent - 1 for filing in filings),
        Counter(word for citizen in citizens for word in citizen.refusals),
    )
    print(f"{len(filings)} dossiers acknowledged, sent {again} times more; {len(kept)} kept; clients saw {dict(refusals)}")
    assert {filing.draft: filing.codes for filing in filings} == {id: {code} for id, code in kept.items()}
    assert len(set(kept.values())) == len(kept)
    for series in numbers.values():
        assert sorted(series) == list(range(1, len(series) + 1))
    assert list(engine.verify()) == []
    engine.close()
