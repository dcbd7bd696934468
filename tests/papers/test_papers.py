"""Papers: the content of each printed form, as HTML and PDF, signed slips, books and their numbers, the register."""

from __future__ import annotations

import json
from datetime import date
from io import BytesIO
from pathlib import Path
from typing import Any

import attrs
import openpyxl
import pytest
from babel.messages.pofile import read_po
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from pypdfium2 import PdfDocument
from support.papers import text_of_paper
from support.people import AN, INTAKE, OFFICER, UNIT
from support.samples import NOON, SMALL

from dossierkit import Action, Actor, Dossier, Engine, Role
from dossierkit.catalog.folder import Folder
from dossierkit.cli import main
from dossierkit.dossiers.lifecycle.event_facts import fact
from dossierkit.dossiers.people.account import Account
from dossierkit.errors import ForgedSlip, SettingsError, UnknownDossier
from dossierkit.locale import FOLDER as LOCALE
from dossierkit.locale.texts import LANGUAGES, text_of
from dossierkit.mail.letters import Office
from dossierkit.papers import Grid, Line, kinds_of, paper_of
from dossierkit.papers.money_words import money_words
from dossierkit.papers.qr import qr_code
from dossierkit.papers.register import COLUMNS, register
from dossierkit.papers.rendering import Papers
from dossierkit.papers.slip import SlipKey, check_slip, slip_of

ROOT = Actor("root", Role.ADMIN)


def catalogue(language: str) -> Any:
    with (LOCALE / language / "LC_MESSAGES" / "papers.po").open("rb") as file:
        return {one.id: one.string for one in read_po(file, locale=language) if one.id}


def test_words_are_whole_and_compiled() -> None:
    vietnamese, english = catalogue("vi"), catalogue("en")
    assert vietnamese.keys() == english.keys()
    for name, text in vietnamese.items():
        assert text_of(LOCALE, "papers", name, "vi") == text
        assert text_of(LOCALE, "papers", name, "en") == english[name]


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        (0, "Không đồng"), (5, "Năm đồng"), (15, "Mười lăm đồng"), (21, "Hai mươi mốt đồng"), (24, "Hai mươi tư đồng"),
        (25, "Hai mươi lăm đồng"), (101, "Một trăm linh một đồng"), (110, "Một trăm mười đồng"), (111, "Một trăm mười một đồng"),
        (1_005, "Một nghìn không trăm linh năm đồng"), (30_000, "Ba mươi nghìn đồng"),
        (1_250_005, "Một triệu hai trăm năm mươi nghìn không trăm linh năm đồng"),
        (1_622_000, "Một triệu sáu trăm hai mươi hai nghìn đồng"), (2_000_000_000, "Hai tỷ đồng"),
        (1_500_000_000_000, "Một nghìn năm trăm tỷ đồng"),
    ],
)  # fmt: skip
def test_amounts_in_words(amount: int, words: str) -> None:
    assert money_words(amount) == words


@given(st.integers(0, 10**13))
def test_amounts_in_english_say_every_group(amount: int) -> None:
    """Different amounts have different words, in both languages."""
    for language in LANGUAGES:
        assert money_words(amount, language) != money_words(amount + 1, language)
    assert money_words(1_234_567, "en") == "One million two hundred thirty-four thousand five hundred sixty-seven đồng"
    assert money_words(1_012_000_000_000, "en") == "One thousand twelve billion đồng"


@pytest.fixture
def office(folder: Path, engine: Engine) -> Engine:
    """A procedure with documents, a fee and a time limit; people with names."""
    block = {
        **SMALL["x-procedure"],
        "unit": UNIT,
        "timeLimit": [{"count": 5}],
        "persons": {"owner": "/holder"},
        "documents": [{"title": "Đơn <b>đề nghị</b>", "code": "don", "required": True}, {"title": "Bản vẽ", "code": "ve"}],
        "fees": [{"title": "Lệ phí", "kind": "le-phi", "amount": 20_000}],
    }
    person = {
        "type": "object",
        "properties": {"fullName": {"type": "string"}, "phone": {"type": "string"}, "email": {"type": "string"},
                       "address": {"type": "object", "properties": {"detail": {"type": "string"}}}},
    }  # fmt: skip
    schema = {**SMALL, "properties": {**SMALL["properties"], "holder": person}, "x-procedure": block}
    (folder / "small.json").write_text(json.dumps(schema), "utf-8")
    engine.context.office = Office(superior="Ủy ban nhân dân Thành phố", place="Thành phố Hồ Chí Minh")
    engine.store.accounts.create_account(Account("nam", "nam@office.vn", NOON, {"fullName": "Nam"}, Role.CASE_OFFICER, unit=UNIT))
    return engine


def filed(engine: Engine) -> Dossier:
    holder = {"fullName": "Nguyễn Thị #Đào *x*", "phone": "+84912345678", "address": {"detail": "12 đường Mẫu"}}
    answers = {"name": "An", "copies": 2, "holder": holder}
    return on_paper(engine, answers)


def on_paper(engine: Engine, answers: Any) -> Dossier:
    """A dossier whose document is to come on paper."""
    draft = engine.begin("1.000001", AN, answers)
    return engine.submit(engine.save(draft.id, answers, AN, version=1, declared=["don"]).id, AN)


def worked(engine: Engine) -> Dossier:
    """A dossier to which everything happened that a paper tells of."""
    dossier = filed(engine)

    def act(action: Action, actor: Actor, note: str = "", **facts: Any) -> None:
        engine.act(dossier.id, action, actor, facts=facts, note=note)

    act(Action.ACCEPT, INTAKE, paper=["don"])
    act(Action.ASSIGN, INTAKE, officer="nam")
    asked = {"asked": ["/copies", "document:ve", "/holder/phone"], "reasons": {"/copies": "wrong", "document:ve": "missing"}}
    act(Action.REQUEST_SUPPLEMENT, OFFICER, "Số bản chưa đúng", **asked)
    act(Action.SUPPLEMENT, AN, declared=["ve"])
    act(Action.REQUEST_PAYMENT, OFFICER, amount=20_000)
    act(Action.SETTLE, INTAKE, payment="paid")
    act(Action.EXTEND, OFFICER, "Chờ cơ quan thuế", due="2026-12-31T10:00:00+00:00")
    act(Action.STOP, OFFICER, "Theo yêu cầu")
    return engine.open(dossier.id, AN)


def test_papers_are_of_the_office_and_its_unit(office: Engine) -> None:
    """From the top: the agency above, the office, its unit; then where it is found and called."""
    dossier = worked(office)
    sample = paper_of(office, dossier, "01")
    office.context.office = attrs.evolve(office.office, name="Sở Mẫu", postal_address="Số 1 đường Mẫu", telephone="024 0000 0000")

    paper = paper_of(office, dossier, "01")

    assert paper.agencies == (sample.agencies[0], "Sở Mẫu", sample.agencies[1])
    assert paper.contact == ("Địa chỉ: Số 1 đường Mẫu", "Điện thoại: 024 0000 0000")
    assert sample.contact == ()
    assert "<small>Địa chỉ: Số 1 đường Mẫu</small>" in Papers().html(paper, "1.000001")
    written = PdfDocument(Papers().pdf(paper, "1.000001"))[0].get_textpage().get_text_bounded()
    assert "024 0000 0000" in written


def test_each_form_says_what_belongs_on_it(office: Engine) -> None:
    dossier = worked(office)
    names = [one.name for one in kinds_of(office.history(dossier), office.store.payments.attempts(dossier.id))]
    receipt = names[-1]
    assert names == ["01", "02-5", "04-9", "05-10", "06", receipt]
    expected = {
        "01": ("00001/2026/H29.15", "Nguyễn Thị #Đào *x*", "12 đường Mẫu", "0912 345 678", "Cấp bản sao", "Đơn <b>đề nghị</b>",
               office.check_code(dossier), "5 ngày làm việc", "12 giờ 00 phút, ngày 22 tháng 11 năm 2026", "Quyển số 2026, số thứ tự 1", "20.000\u00a0đ"),
        "02-5": ("00001/2026/HDHS", "Số bản", "Chưa đúng", "Bản vẽ", "Còn thiếu", "Số bản chưa đúng"),
        "04-9": ("00001/2026/PXL", "Chờ cơ quan thuế", "ngày 31 tháng 12 năm 2026", "xin lỗi"),
        "05-10": ("00001/2026/TBD", "Theo yêu cầu", "Đang giải quyết"),
        "06": ("Nam", "Tiếp nhận", "Chuyển xử lý", "Đúng hạn"),
        receipt: ("20.000\u00a0đ", "Hai mươi nghìn đồng", "Tiền mặt"),
    }  # fmt: skip
    for name, words in expected.items():
        paper = paper_of(office, dossier, name)
        for word in words:
            assert word in text_of_paper(paper), (name, word)
        assert paper.agencies[0] == "Ủy ban nhân dân Thành phố"
        assert paper.place_day.startswith("Thành phố Hồ Chí Minh, ngày 22 tháng 11")
        english = paper_of(office, dossier, name, "en")
        assert english.title != paper.title
    with pytest.raises(UnknownDossier):
        paper_of(office, dossier, "03")
    assert list(office.verify()) == []


@pytest.mark.parametrize("where", ["fields", "group"])
def test_what_is_never_shown_again_is_on_no_paper(office: Engine, folder: Path, where: str) -> None:
    """A `writeOnly` name, telephone, address, delivery: on no slip; what is open stays."""
    schema = json.loads((folder / "small.json").read_text("utf-8"))
    person = schema["properties"]["holder"]
    if where == "group":
        person["writeOnly"] = True
    else:
        for field in (*person["properties"].values(), person["properties"]["address"]["properties"]["detail"]):
            field["writeOnly"] = True
    schema["properties"]["delivery"] = {"type": "string", "writeOnly": True}
    schema["properties"]["open"] = {"type": "object", "properties": {"fullName": {"type": "string"}}}
    schema["x-procedure"]["persons"]["submitter"] = "/open"
    (folder / "small.json").write_text(json.dumps(schema), "utf-8")
    secrets = {"fullName": "Secret A", "phone": "Secret B", "email": "Secret C", "address": {"detail": "Secret D"}}
    answers = {"name": "An", "copies": 2, "holder": secrets, "delivery": "Secret E", "open": {"fullName": "Open F"}}
    dossier = on_paper(office, answers)
    office.act(dossier.id, Action.ACCEPT, INTAKE, facts={"paper": ["don"]})
    dossier = office.open(dossier.id, AN)

    shown = text_of_paper(paper_of(office, dossier, "01"))

    assert dossier.answers["holder"] == secrets
    assert "Secret" not in shown
    assert "Open F" in shown


def test_a_refusal_is_said_in_words(office: Engine) -> None:
    dossier = filed(office)
    office.act(dossier.id, Action.REFUSE, INTAKE, note="Không thuộc thẩm quyền")
    (kind,) = kinds_of(office.history(dossier), ())
    paper = paper_of(office, office.open(dossier.id, AN), kind.name)
    assert paper.number == "00001/2026/TCTN"
    assert "Không thuộc thẩm quyền" in text_of_paper(paper)
    second = filed(office)
    office.act(second.id, Action.REFUSE, INTAKE, note="x")
    assert fact(office.history(second)[-1].facts, "letter") == "00002/2026/TCTN"
    assert list(office.verify()) == []


def test_a_qr_code_grows_and_shrinks_with_its_place() -> None:
    for text in ("H29", "https://x.example/verify-slip?slip=" + "x" * 300):
        opening = str(qr_code(text)).split(">")[0]
        assert "viewBox" in opening
        assert " width=" not in opening


def test_papers_are_shown_as_text_and_never_as_markup(office: Engine) -> None:
    """In HTML and in a tagged PDF with every Vietnamese letter; for any name of a person."""
    dossier = worked(office)
    papers = Papers()
    for kind in kinds_of(office.history(dossier), office.store.payments.attempts(dossier.id)):
        paper = paper_of(office, dossier, kind.name, qr="https://x.example/verify-slip?slip=DK1.x.y")
        shown = papers.html(paper, dossier.procedure)
        assert "<b>đề nghị" not in shown
        assert ("<svg" in shown) == (kind.form == "01")
        made = papers.pdf(paper, dossier.procedure)
        assert made.startswith(b"%PDF-")
        assert b"/StructTreeRoot" in made or b"/ObjStm" in made
        if kind.form == "01":
            with PdfDocument(made) as printed:
                text = " ".join(" ".join(page.get_textpage().get_text_bounded() for page in printed).split())
            assert "Nguyễn Thị #Đào *x*" in text
            assert "Đơn <b>đề nghị</b>" in text


def test_an_operator_brings_templates_of_a_procedure(office: Engine, tmp_path: Path) -> None:
    """For that procedure alone; one that cannot be used is named; a template reaches nothing but the paper."""
    dossier = worked(office)
    folder = tmp_path / "papers"
    own = folder / dossier.procedure
    own.mkdir(parents=True)
    (own / "01.html").write_text("<p>Mẫu 10: {{ paper.code }} {{ paper.__class__.__mro__ }}</p>")
    (own / "01.typ").write_text('#set document(title: "x")\n#json(bytes(sys.inputs.paper)).code')
    papers, paper = Papers(Folder(tmp_path)), paper_of(office, dossier, "01")
    with pytest.raises(SettingsError, match=r"01\.html"):
        papers.html(paper, dossier.procedure)
    (own / "01.html").write_text("<p>Mẫu 10: {{ paper.code }}</p>")
    assert papers.html(paper, dossier.procedure) == f"<p>Mẫu 10: {dossier.code}</p>"
    assert papers.pdf(paper, dossier.procedure).startswith(b"%PDF-")
    assert "Mẫu 10" not in papers.html(paper, "1.000002")
    assert "Mẫu 10" not in papers.html(paper, f"../papers/{dossier.procedure}")
    (own / "01.typ").write_text("#nothing")
    with pytest.raises(SettingsError, match=r"01\.typ"):
        papers.pdf(paper, dossier.procedure)


def test_a_slip_proves_itself(office: Engine, tmp_path: Path) -> None:
    """With the public key alone; one changed letter, another key, another text prove nothing."""
    dossier = filed(office)
    assert slip_of(dossier, office.history(dossier)) is None
    office.act(dossier.id, Action.ACCEPT, INTAKE, facts={"paper": ["don"]})
    key = SlipKey.load_or_create(tmp_path / "data" / "slip.key")
    assert (tmp_path / "data" / "slip.key").stat().st_mode & 0o777 == 0o600
    assert SlipKey.load_or_create(tmp_path / "data" / "slip.key").public == key.public
    slip = slip_of(office.open(dossier.id, AN), office.history(dossier))
    assert slip is not None
    assert (slip.code, slip.receipt, slip.revision) == (str(dossier.code), "00001/2026/H29.15", dossier.revision)
    text = key.sign(slip)
    assert "Đào" not in text
    assert check_slip(text, key.public) == slip
    assert check_slip(f"https://portal.example/verify-slip?slip={text}\n", key.public + "\n") == slip
    other = SlipKey.load_or_create(tmp_path / "other.key")
    for forged in (
        text[:-3],
        text.replace("DK1", "DK2"),
        text[:20] + ("A" if text[20] != "A" else "B") + text[21:],
        "",
        "DK1..",
        "ẩ",
        "DK1",
    ):
        with pytest.raises(ForgedSlip):
            check_slip(forged, key.public)
    with pytest.raises(ForgedSlip):
        check_slip(text, other.public)
    with pytest.raises(SettingsError):
        check_slip(text, "no key")
    assert check_slip(key.sign(attrs.evolve(slip, receipt="x")), key.public).receipt == "x"
    (tmp_path / "bad.key").write_text("nonsense")
    with pytest.raises(SettingsError, match="back-up"):
        SlipKey.load_or_create(tmp_path / "bad.key")
    ran = CliRunner().invoke(main, ["verify-slip", "--data", str(tmp_path / "data"), text])
    assert str(dossier.code) in ran.output
    assert CliRunner().invoke(main, ["slip-key", "--data", str(tmp_path / "data")]).output == f"{key.public}\n"
    assert CliRunner().invoke(main, ["verify-slip", "--data", str(tmp_path), "--key", other.public, text]).exit_code == 2


def test_a_slip_vouches_for_the_answers_that_were_accepted(office: Engine) -> None:
    """Also after a supplement, before acceptance or after it."""

    def supplemented(copies: int) -> None:
        office.act(dossier.id, Action.REQUEST_SUPPLEMENT, INTAKE, facts={"asked": ["/copies"]}, note="Số bản chưa đúng")
        office.act(dossier.id, Action.SUPPLEMENT, AN, answers={**dossier.answers, "copies": copies})

    dossier = filed(office)
    supplemented(3)
    digests = [digest for event in office.history(dossier) if (digest := event.facts.digests.answers) is not None]
    office.act(dossier.id, Action.ACCEPT, INTAKE, facts={"paper": ["don"]})
    accepted = slip_of(dossier, office.history(dossier))
    supplemented(4)

    assert accepted is not None
    assert len(set(digests)) == 2
    assert accepted.answers == digests[-1]
    assert slip_of(office.open(dossier.id, AN), office.history(dossier)) == accepted


def test_the_register_is_a_workbook_of_text(office: Engine, tmp_path: Path) -> None:
    """Those accepted in the days, of a unit; nothing in it can become a formula."""
    worked(office)
    formula = on_paper(office, {"name": "x", "copies": 1, "holder": {"fullName": "=1+1"}})
    office.act(formula.id, Action.ACCEPT, INTAKE, facts={"paper": ["don"]})
    filed(office)
    into = BytesIO()
    assert register(office, into, date(2026, 11, 22), date(2026, 11, 22)) == 2
    rows = list(openpyxl.load_workbook(into).active.iter_rows(values_only=True))  # type: ignore[union-attr]  # it has a sheet
    assert len(rows[0]) == len(COLUMNS)
    assert rows[2][4] == "=1+1"
    assert openpyxl.load_workbook(into).active["E3"].data_type == "s"  # type: ignore[index,union-attr]  # it has a sheet
    assert register(office, BytesIO(), date(2026, 11, 23), date(2026, 12, 31)) == 0
    assert register(office, BytesIO(), date(2026, 11, 1), date(2026, 11, 30), unit="vpdkdd") == 0
    assert isinstance(paper_of(office, office.open(formula.id, AN), "01").blocks[-2], Grid | Line)
