"""Files are deleted with the last dossier that names them, and never before."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pytest

from dossierkit import Engine, open_engine
from dossierkit.dossiers.lifecycle.dossier import Actor, Attachment, Dossier
from dossierkit.dossiers.states import Action, Role
from dossierkit.files.disk import DiskBlobs
from dossierkit.office.retention import NOTICE, clear_abandoned, erase
from dossierkit.testing import FixedClock

AN, ADMIN = Actor("an"), Actor("quan-tri", Role.ADMIN)
CODE, KEEP = "1.000001", timedelta(days=90)


@pytest.fixture(params=["memory", "sqlite"])
def office(request: pytest.FixtureRequest, folder: Path, tmp_path: Path, clock: FixedClock) -> Iterator[tuple[Engine, DiskBlobs]]:
    blobs = DiskBlobs(tmp_path / "blobs")
    place = "memory:" if request.param == "memory" else f"sqlite:{tmp_path / 'd.db'}"
    engine = open_engine(place, procedures=folder, clock=clock, blobs=blobs)
    yield engine, blobs
    engine.close()


def named_by_both(engine: Engine, blobs: DiskBlobs) -> tuple[Dossier, Dossier, str]:
    """Two drafts that name one file, and its id."""
    content = b"%PDF-1.4 shared"
    file = Attachment("don", blobs.put("don.pdf", BytesIO(content)), "don.pdf", len(content), "application/pdf")
    first, second = (engine.begin(CODE, AN, {"name": "An"}) for _ in range(2))
    first, second = (engine.attach(draft.id, file, AN, version=draft.version) for draft in (first, second))
    return first, second, file.blob


def has(blobs: DiskBlobs, id: str) -> bool:
    content = blobs.open(id)
    if content is not None:
        content.close()
    return content is not None


def test_a_detached_file_stays_while_another_draft_names_it(office: tuple[Engine, DiskBlobs]) -> None:
    engine, blobs = office
    first, second, blob = named_by_both(engine, blobs)

    engine.detach(first.id, "don", blob, AN, version=first.version)
    engine.drafts.release([blob])
    assert has(blobs, blob)

    engine.detach(second.id, "don", blob, AN, version=second.version)
    engine.drafts.release([blob])
    assert not has(blobs, blob)


def test_a_discarded_draft_leaves_the_files_of_others(office: tuple[Engine, DiskBlobs]) -> None:
    engine, blobs = office
    first, second, blob = named_by_both(engine, blobs)

    assert engine.drafts.discard(first)
    assert has(blobs, blob)

    assert engine.drafts.discard(second)
    assert not has(blobs, blob)


def test_a_draft_that_changed_meanwhile_keeps_its_files(office: tuple[Engine, DiskBlobs]) -> None:
    """Discarding what was read earlier deletes neither the draft nor its files."""
    engine, blobs = office
    first, second, blob = named_by_both(engine, blobs)
    engine.drafts.discard(second)
    engine.save(first.id, {"name": "Bình"}, AN, version=first.version)

    assert not engine.drafts.discard(first)

    assert has(blobs, blob)
    assert engine.open(first.id, AN).answers == {"name": "Bình"}


def test_an_abandoned_draft_leaves_the_files_of_a_sent_dossier(office: tuple[Engine, DiskBlobs], clock: FixedClock) -> None:
    engine, blobs = office
    sent, _, blob = named_by_both(engine, blobs)
    engine.submit(sent.id, AN)
    clock.advance(KEEP)
    clear_abandoned(engine, blobs, KEEP)
    clock.advance(NOTICE)

    assert clear_abandoned(engine, blobs, KEEP) == (0, 1)

    assert has(blobs, blob)


def test_an_erased_dossier_leaves_the_files_of_a_draft(office: tuple[Engine, DiskBlobs]) -> None:
    engine, blobs = office
    sent, draft, blob = named_by_both(engine, blobs)
    sent = engine.submit(sent.id, AN)
    sent = engine.act(sent.id, Action.WITHDRAW, AN)

    erase(engine, blobs, sent, ADMIN)
    assert has(blobs, blob)

    engine.drafts.discard(draft)
    assert not has(blobs, blob)


def test_an_erased_dossier_takes_the_files_that_a_supplement_replaced(office: tuple[Engine, DiskBlobs], folder: Path) -> None:
    """They are kept for comparison until then."""
    engine, blobs = office
    schema = {
        "properties": {"scan": {"title": "Bản quét", "type": "string", "x-file": {"accept": [".pdf"]}}},
        "x-procedure": {"code": "scan"},
    }
    (folder / "scan.json").write_text(json.dumps(schema), "utf-8")
    engine.catalog.expire()
    before, after = (blobs.put(name, BytesIO(name.encode())) for name in ("before.pdf", "after.pdf"))
    draft = engine.begin("scan", AN, {})
    draft = engine.save(draft.id, {"scan": before}, AN, version=draft.version)
    sent = engine.submit(draft.id, AN)
    engine.act(sent.id, Action.REQUEST_SUPPLEMENT, ADMIN, facts={"asked": ["/scan"]}, note="Bản quét mờ")
    engine.act(sent.id, Action.SUPPLEMENT, AN, answers={"scan": after})
    assert has(blobs, before)

    erase(engine, blobs, engine.act(sent.id, Action.WITHDRAW, AN), ADMIN)

    assert (has(blobs, before), has(blobs, after)) == (False, False)
