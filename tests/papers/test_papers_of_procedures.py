"""Every paper of every shipped procedure shows the answers: applicant, address, and how the result is handed over."""

from __future__ import annotations

import json
from collections.abc import Iterator
from io import BytesIO
from typing import Any

import attrs
import openpyxl
import pytest
from support.papers import text_of_paper
from support.people import AN
from support.samples import NOON, PROCEDURES

from dossierkit import Action, Actor, Dossier, Engine, Role, open_engine
from dossierkit.dossiers.deadlines.calendars import day_of
from dossierkit.dossiers.money.fees import fees
from dossierkit.locale import FOLDER as LOCALE
from dossierkit.locale.texts import text_of
from dossierkit.office.action_records import Recording
from dossierkit.papers import kinds_of, paper_of
from dossierkit.papers.forms import Forms
from dossierkit.papers.register import register
from dossierkit.pointers import get, put
from dossierkit.testing import CountedTokens, FixedClock

#: Name, in the sample list of communes, of the place where all persons of the tests live.
ADDRESS = {"provinceCode": "79", "communeCode": "26506", "detail": "12 đường Mẫu", "oldText": "quận cũ"}
WRITTEN = "12 đường Mẫu, Phường Vũng Tàu, Thành phố Hồ Chí Minh"
POSTAL = {**ADDRESS, "detail": "7 ngõ Mẫu"}
FILES = sorted(path.name for path in PROCEDURES.glob("*.json"))
#: Where the forms ask how the result is handed over, the words of each choice, and whether they ask for an address, too.
FILING = {"counter": "Tại bộ phận một cửa", "post": "Qua bưu chính", "online": "Trực tuyến"}
DATA = {"counter": "Tại quầy", "post": "Bưu chính", "online": "Trực tuyến"}
HANDED: dict[str, tuple[str, dict[str, str]]] = {
    "cung-cap-du-lieu-ban-do.json": ("/delivery", DATA),
    "cung-cap-du-lieu-dat-dai.json": ("/delivery", {**DATA, "email": "Thư điện tử"}),
    **dict.fromkeys(
        (
            "cap-lai-giay-chung-nhan.json", "dang-ky-bien-dong.json", "dang-ky-bien-phap-bao-dam.json",
            "dang-ky-dat-dai-lan-dau.json", "dinh-chinh-giay-chung-nhan.json", "giao-dat-cho-thue-dat.json",
            "tach-hop-thua-dat.json", "xoa-dang-ky-bien-phap-bao-dam.json",
        ),
        ("/filing/resultDelivery", FILING),
    ),
}  # fmt: skip
#: Where each form says whose dossier it is.
OWNER = {
    "cap-giay-phep-moi-truong.json": "/investor", "chung-chi-do-dac-ban-do.json": "/person",
    "cung-cap-du-lieu-ban-do.json": "/requester", "cung-cap-du-lieu-dat-dai.json": "/requester",
    "dang-ky-bien-phap-bao-dam.json": "/requester", "xoa-dang-ky-bien-phap-bao-dam.json": "/requester",
    "du-bao-khi-tuong-thuy-van.json": "/applicant", "giao-dat-cho-thue-dat.json": "/applicant",
    "giao-khu-vuc-bien.json": "/applicant", "khai-thac-nuoc-duoi-dat.json": "/applicant",
    "tach-hop-thua-dat.json": "/landUsers/0", "cap-lai-giay-chung-nhan.json": "/holder", "dang-ky-bien-dong.json": "/holder",
    "dang-ky-dat-dai-lan-dau.json": "/holder", "dinh-chinh-giay-chung-nhan.json": "/holder",
}  # fmt: skip
OFFICE = Actor("office", Role.ADMIN)


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    opened = open_engine("memory:", procedures=PROCEDURES, clock=FixedClock(NOON), tokens=CountedTokens())
    yield opened
    opened.close()


def samples(name: str) -> Iterator[Any]:
    """The answers of the file's own tests that have no problem; its samples of files are none."""
    for test in json.loads((PROCEDURES / name).read_text("utf-8"))["x-tests"]:
        if not test["problems"]:
            yield _without_files(test["answers"])


def _without_files(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_files(item) for key, item in value.items() if item != "minh-hoa.pdf"}
    return [_without_files(item) for item in value if item != "minh-hoa.pdf"] if isinstance(value, list) else value


def worked(engine: Engine, code: str, answers: Any) -> Dossier:
    """A dossier of *answers* that was accepted, sent back, extended and stopped: with every paper but the refusal."""
    procedure = engine.procedure(code)
    draft = engine.begin(code, AN, answers)
    # Whether the answers are complete is another test's concern.
    recording = Recording(procedure, AN, engine.agency, NOON, day_of(NOON), lambda _: (), engine.office_clock)
    dossier = engine.store.record(recording.submission(draft, answers=False))
    if dossier.handling.money.payment.value == "undecided":
        engine.act(dossier.id, Action.REQUEST_PAYMENT, OFFICE, facts={"amount": 10_000})
        engine.act(dossier.id, Action.SETTLE, OFFICE, facts={"payment": "paid"})
    engine.act(dossier.id, Action.ACCEPT, OFFICE, facts={"paper": list(procedure.missing(dossier))})
    engine.act(dossier.id, Action.ASSIGN, OFFICE, facts={"officer": "office"})
    engine.act(dossier.id, Action.REQUEST_PAYMENT, OFFICE, facts={"amount": 10_000})
    engine.act(dossier.id, Action.SETTLE, OFFICE, facts={"payment": "paid"})
    engine.act(dossier.id, Action.EXTEND, OFFICE, facts={"due": "2027-12-31T10:00:00+00:00"}, note="Lý do mẫu")
    asked = [f"document:{procedure.documents(dossier.answers)[0][0]}"]
    engine.act(dossier.id, Action.REQUEST_SUPPLEMENT, OFFICE, facts={"asked": asked}, note="Lý do mẫu")
    engine.act(dossier.id, Action.STOP, OFFICE, note="Lý do mẫu")
    return engine.open(dossier.id, AN)


def refused(engine: Engine, code: str, answers: Any) -> Dossier:
    procedure = engine.procedure(code)
    recording = Recording(procedure, AN, engine.agency, NOON, day_of(NOON), lambda _: (), engine.office_clock)
    dossier = engine.store.record(recording.submission(engine.begin(code, AN, answers), answers=False))
    return engine.act(dossier.id, Action.REFUSE, OFFICE, note="Lý do mẫu")


def papers(engine: Engine, dossier: Dossier, language: str = "vi") -> dict[str, str]:
    """Form → every text printed on it."""
    kinds = kinds_of(engine.history(dossier), engine.store.payments.attempts(dossier.id))
    return {kind.form: text_of_paper(paper_of(engine, dossier, kind.name, language)) for kind in kinds}


@pytest.mark.parametrize("name", FILES)
def test_every_paper_names_the_owner_and_the_whole_address(shipped: Engine, name: str) -> None:
    """With the names of commune and province, and not what older papers called them; in both languages."""
    owner = OWNER[name]
    code = json.loads((PROCEDURES / name).read_text("utf-8"))["x-procedure"]["code"]
    for sample in samples(name):
        answers = put(put(sample, f"{owner}/address", ADDRESS), f"{owner}/phone", "+84912345678")
        who = next(get(answers, owner)[key] for key in ("fullName", "name") if key in get(answers, owner))
        dossier = worked(shipped, code, answers)
        said = {**papers(shipped, dossier), **papers(shipped, refused(shipped, code, answers))}
        assert {"01", "02", "03", "04", "05", "06", "receipt"} <= said.keys()
        for form, text in {**said, **papers(shipped, dossier, "en")}.items():
            assert who in text, form
            assert WRITTEN in text, form
            assert "0912 345 678" in text, form
            assert "quận cũ" not in text, form
        assert shipped.procedure(code).title() in said["01"]
        for fee in fees(shipped.procedure(code), dossier.answers):
            assert fee.title in said["01"]
            cost = f"{fee.amount:,}".replace(",", ".") + "\u00a0đ" if fee.amount is not None else "Do cơ quan xác định"
            assert cost in said["01"]
        for _, entry in shipped.procedure(code).documents(dossier.answers):
            assert entry.get("title") in said["01"]


@pytest.mark.parametrize("name", sorted(HANDED))
def test_a_slip_says_how_the_result_is_handed_over(shipped: Engine, name: str) -> None:
    """As it was chosen, whatever was chosen, and by post with the whole address."""
    place, words = HANDED[name]
    code = json.loads((PROCEDURES / name).read_text("utf-8"))["x-procedure"]["code"]
    answers = next(samples(name))
    for chosen, title in words.items():
        filled = put(answers, place, chosen)
        posted = chosen == "post" and place.startswith("/filing")
        if posted:
            filled = put(filled, "/filing/postalAddress", POSTAL)
        slip = papers(shipped, worked(shipped, code, filled))["01"].splitlines()
        written = f"{title}: 7 ngõ Mẫu, Phường Vũng Tàu, Thành phố Hồ Chí Minh" if posted else title
        assert slip[slip.index(text_of(LOCALE, "papers", "delivery", "vi")) + 1] == written, chosen


def test_who_speaks_for_a_household_is_reached(shipped: Engine) -> None:
    """The head of the household is its contact."""
    head = {
        "fullName": "Trần Thị Mẫu",
        "idType": "cccd",
        "idNumber": "079085012345",
        "address": ADDRESS,
        "email": "mau@example.vn",
    }
    answers = put(next(samples("dang-ky-dat-dai-lan-dau.json")), "/holder", {"kind": "household", "head": head})
    for form, text in papers(shipped, worked(shipped, "1.013978", answers)).items():
        assert "Trần Thị Mẫu" in text, form
        assert WRITTEN in text, form
        assert "mau@example.vn" in text, form


def test_the_register_has_whole_addresses(shipped: Engine) -> None:
    answers = put(next(samples("cap-lai-giay-chung-nhan.json")), "/holder/address", ADDRESS)
    dossier = worked(shipped, "1.012786", answers)
    workbook = BytesIO()
    register(shipped, workbook, day_of(NOON), day_of(NOON))
    rows = list(openpyxl.load_workbook(workbook).active.iter_rows(values_only=True))  # type: ignore[union-attr]  # it has a sheet
    assert WRITTEN in next(row for row in rows if str(dossier.code) in row)


def test_a_revision_that_names_no_place_is_read_where_forms_ask(shipped: Engine) -> None:
    """Dossiers of earlier revisions say nothing of delivery in their block."""
    procedure = shipped.procedure("1.012786")
    bare = attrs.evolve(procedure)
    object.__setattr__(bare, "block", {key: value for key, value in procedure.block.items() if key != "delivery"})
    dossier = worked(shipped, "1.012786", put(next(samples("cap-lai-giay-chung-nhan.json")), "/filing/resultDelivery", "online"))
    history = shipped.history(dossier)
    forms = Forms(shipped, dossier, bare, history, shipped.store.notes(dossier.id), "vi")
    lines = forms.form_01(next(event for event in history if event.action is Action.ACCEPT))
    assert "Trực tuyến" in [getattr(line, "text", "") for line in lines]
