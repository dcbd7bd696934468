"""The counter and the post: the same forms, typed by an officer; codes of other portals; answers of citizens stay theirs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from dossierkit_web.requests.cookies import FILING, LANGUAGE, SESSION
from support.desk import act, filed
from support.page import Page
from support.people import UNIT
from support.samples import SMALL
from support.visits import known

from dossierkit import Action, Actor, State
from dossierkit.dossiers.codes import DossierCode
from dossierkit.dossiers.ledger.reports import Period
from dossierkit.dossiers.states import Channel
from dossierkit.errors import ForbiddenAction, StoreError
from dossierkit.testing import FixedClock

APPLY = "/procedures/1.000001/apply"


def begin(client: Any, channel: Channel, code: str = "") -> Any:
    return client.post("/desk/counter", data={"channel": str(int(channel)), "procedure": "1.000001", "code": code})


def type_in(client: Any, name: str = "Lê Văn Khách") -> Any:
    """The page after a dossier was typed and sent."""
    page = client.post(APPLY, data={"/name": name, "/copies": "2", "do": "save"})
    draft = dict(Page(page.text).pairs)["meta:draft"]
    return client.post(f"{APPLY}/review", data={"meta:draft": draft})


def test_an_officer_files_for_somebody(office: Any) -> None:
    """Without the officer's own data, one filing apart from the next; counted as direct; worked on like any other."""
    engine, _, officer = office
    mai = officer("mai@office.vn")
    page = begin(mai, Channel.COUNTER)
    assert page.url.path == APPLY
    assert "Bạn đang nhập hồ sơ thay người dân (Trực tiếp tại quầy)" in page.text
    sent = type_in(mai)
    assert sent.url.path.startswith("/desk/")
    assert "Bạn đang nhập hồ sơ" not in sent.text
    dossier = engine.lookup(sent.url.path.rpartition("/")[2])
    assert dossier.handling.channel is Channel.COUNTER
    assert dossier.owner.startswith("counter:")
    assert "Trực tiếp tại quầy" in sent.text
    assert mai.get(f"/dossiers/{dossier.code}").status_code == 404
    assert act(mai, dossier, "accept").status_code == 200
    total = engine.report(Period.year(2026)).total
    assert (total.online, total.direct) == (0, 1)

    begin(mai, Channel.POST)
    assert "Lê Văn Khách" not in mai.get(APPLY).text, "a filing of another officer"
    mai.post(APPLY, data={"/name": "Người Viết Thư", "do": "save"})
    ended = mai.post("/desk/counter", data={"end": "1"})
    assert "Bạn đang nhập" not in ended.text
    assert "Người Viết Thư" not in mai.get(APPLY).text
    assert list(engine.verify()) == []


def test_nothing_of_the_officer_is_filled_in_for_the_citizen(office: Any, folder: Path) -> None:
    """Neither in the page nor in what is saved; the officer's own dossier is filled in."""
    _, browser, officer = office
    asked = {"type": "string", "x-prefill": "/email"}
    schema = {**SMALL, "properties": {**SMALL["properties"], "mail": asked}}
    (folder / "small.json").write_text(json.dumps({**schema, "x-procedure": {**SMALL["x-procedure"], "unit": UNIT}}), "utf-8")
    mai = officer("mai@office.vn")
    begin(mai, Channel.COUNTER)
    page = mai.get(APPLY)
    assert dict(Page(page.text).pairs)["/mail"] == ""
    saved = mai.post(APPLY, data={"/name": "Lê Văn Khách", "/copies": "2", "do": "save"})
    assert dict(Page(saved.text).pairs)["/mail"] == ""
    mai.post("/desk/counter", data={"end": "1"})

    citizen = browser()
    known(citizen)

    assert dict(Page(citizen.get(APPLY).text).pairs)["/mail"] != ""


def test_a_code_of_another_portal_stays(office: Any) -> None:
    """It is never issued again; one of ours is never taken in; twice is told."""
    engine, _, officer = office
    mai = officer("mai@office.vn")
    for wrong in ("x", "H29.15-261122-0001"):
        assert begin(mai, Channel.COUNTER, wrong).status_code == 422
    begin(mai, Channel.POST, " g09.20-20260609-0092637 ")
    sent = type_in(mai)
    dossier = engine.lookup("G09.20-20260609-0092637")
    assert sent.url.path == f"/desk/{dossier.code}"
    assert dict(engine.store.counters()) == {}
    assert begin(mai, Channel.COUNTER, str(dossier.code)).status_code == 422
    accepted = act(mai, dossier, "accept")
    assert accepted.status_code == 200
    assert engine.lookup("00001/2026/H29.15").id == dossier.id
    begin(mai, Channel.COUNTER)
    assert type_in(mai).url.path.endswith("-0001")
    assert list(engine.verify()) == []


def test_taking_in_is_guarded_in_every_store(engine: Any) -> None:
    """Our own series, and a code that exists already, for every caller."""
    an = Actor("an")
    code = DossierCode("G09.20-20260609-0092637")
    draft, other = (engine.begin("1.000001", an, {"name": "An"}) for _ in range(2))
    with pytest.raises(ForbiddenAction, match="cannot be imported"):
        engine.take_in(draft.id, an, DossierCode("H29.15-261122-0001"))
    taken = engine.take_in(draft.id, an, code)
    assert engine.take_in(draft.id, an, code) == taken
    with pytest.raises(ForbiddenAction, match="already a dossier"):
        engine.take_in(other.id, an, code)
    engine.store.by_code, kept = (lambda _: None), engine.store.by_code
    with pytest.raises(StoreError):
        engine.take_in(other.id, an, code)
    engine.store.by_code = kept
    assert engine.open(other.id, an).state is State.DRAFT
    assert list(engine.verify()) == []


def test_the_office_mends_what_came_over_the_counter_and_nothing_else(office: Any) -> None:
    """A supplement of a citizen without an account is typed at the desk; that of one with an account is not."""
    engine, browser, officer = office
    mai = officer("mai@office.vn")
    begin(mai, Channel.COUNTER)
    direct = engine.lookup(type_in(mai).url.path.rpartition("/")[2])
    citizen = browser()
    known(citizen)
    online = filed(engine, citizen)
    for dossier in (direct, online):
        act(mai, dossier, "request-supplement", asked=["wrong:/copies"], note="?")
    assert f"/desk/{direct.code}/supplement" in mai.get(f"/desk/{direct.code}").text
    assert f"/desk/{online.code}/supplement" not in mai.get(f"/desk/{online.code}").text
    assert mai.get(f"/desk/{online.code}/supplement").status_code == 404
    with pytest.raises(ForbiddenAction, match="role"):
        engine.act(online.id, Action.SUPPLEMENT, engine.store.accounts.account_of("mai@office.vn").actor)
    place = f"/desk/{direct.code}/supplement"
    pairs = {**dict(Page(mai.get(place).text).pairs), "/copies": "7", "do": "send"}
    assert mai.post(place, data=pairs).url.path == f"/desk/{direct.code}"
    assert engine.lookup(str(direct.code)).answers["copies"] == 7


def test_a_filing_is_an_officers(office: Any, folder: Path, clock: FixedClock) -> None:
    """Any other person with such a cookie files for oneself; a procedure of another unit is not offered."""
    engine, browser, officer = office
    citizen = browser()
    known(citizen)
    citizen.cookies.set(FILING, "1.0123456789abcdef.")
    dossier = filed(engine, citizen)
    assert dossier.handling.channel is Channel.ONLINE
    assert dossier.owner == engine.store.accounts.account_of("an@example.vn").id
    assert begin(citizen, Channel.COUNTER).status_code == 404
    hoa = officer("hoa@office.vn")
    assert begin(hoa, Channel.COUNTER).status_code == 422
    assert "Cấp bản sao" not in hoa.get("/desk/counter").text
    mai = officer("mai@office.vn")
    mai.cookies.set(FILING, "2.nonsense")
    assert "Bạn đang nhập" not in mai.get("/desk").text


def test_no_other_way_leads_to_a_procedure_of_another_unit(office: Any) -> None:
    """A filing that was begun, or written into the cookie, files at the procedures of the officer's unit alone."""
    engine, _, officer = office
    hoa, root = officer("hoa@office.vn"), officer("root@office.vn")
    hoa.cookies.set(FILING, "1.0123456789abcdef.")
    for answer in (
        hoa.get(APPLY),
        hoa.post(APPLY, data={"/name": "Lê", "do": "save"}),
    ):
        assert answer.status_code == 409
    for answer in (
        hoa.get(f"{APPLY}/review?draft={'0' * 32}"),
        hoa.post(f"{APPLY}/review", data={"meta:draft": "0" * 32}),
    ):
        assert answer.status_code in (404, 409)
    assert list(engine.store.every()) == []
    begin(root, Channel.COUNTER)
    assert type_in(root).url.path.startswith("/desk/"), "an admin of the whole office files everywhere"


@pytest.mark.parametrize(
    "value",
    [
        "", "1", "1.0123456789abcdef", "1.0123456789abcdef..", "1.0123456789abcdef.-", "1.0123456789abcdef.....----....",
        "9.0123456789abcdef.", "1.0123456789abcdef." + "A" * 40, "1.0123456789ABCDEF.", "\u00ff" * 20, "x" * 6000, "%00", '"',
        "1.0123456789abcdef.; dossierkit-filing=2", "1.0123456789abcdef.G09.20-00000000-0",
    ],
)  # fmt: skip
def test_cookies_are_read_as_if_an_attacker_wrote_them(office: Any, value: str) -> None:
    """Cut off, too long, twice, of other letters: every page answers as if there were none, or with one that is whole."""
    _, _, officer = office
    mai = officer("mai@office.vn")
    own = f"{SESSION}={mai.cookies[SESSION]}"
    for cookies in (
        f"{own}; {FILING}={value}",
        f"{own}; {LANGUAGE}={value}; {FILING}={value}; {FILING}={value}",
        f"{SESSION}={value}; {FILING}={value}",
        f"{value}; {own}",
    ):
        for method, path in (
            ("GET", "/"),
            ("GET", APPLY),
            ("GET", "/desk/counter"),
            ("POST", f"{APPLY}/review"),
            ("POST", APPLY),
        ):
            answer = mai.request(method, path, headers={"cookie": cookies.encode("latin-1")}, follow_redirects=False)
            assert answer.status_code < 500, (cookies[:80], method, path)


def test_a_file_of_a_filing_can_be_looked_at(office: Any, folder: Path) -> None:
    """By the officer who files it, before and after it was sent."""
    engine, _, officer = office
    block = {**SMALL["x-procedure"], "unit": UNIT, "documents": [{"title": "Đơn", "code": "don"}]}
    (folder / "small.json").write_text(json.dumps({**SMALL, "x-procedure": block}), "utf-8")
    engine.catalog.expire()
    mai, thu = officer("mai@office.vn"), officer("nam@office.vn")
    begin(mai, Channel.COUNTER)
    mai.post(APPLY, data={"/name": "Lê", "do": "save"}, files={"document:don": ("đơn.pdf", b"%PDF-1.7")})
    draft = next(one for one in engine.store.every() if one.state is State.DRAFT)
    place = f"/files/{draft.id}/{draft.attachments[0].blob}"
    assert (mai.get(place).status_code, thu.get(place).status_code) == (200, 404)
    mai.post(f"{APPLY}/review", data={"meta:draft": draft.id})
    assert (mai.get(place).status_code, thu.get(place).status_code) == (200, 200)


def test_a_paper_that_an_officer_declared_is_in_hand(office: Any, folder: Path) -> None:
    """Over the counter and by post the officer who types holds the papers: they are ticked at acceptance."""
    engine, _, officer = office
    block = {**SMALL["x-procedure"], "unit": UNIT, "documents": [{"title": "Đơn", "code": "don", "required": True}]}
    (folder / "small.json").write_text(json.dumps({**SMALL, "x-procedure": block}), "utf-8")
    engine.catalog.expire()
    mai = officer("mai@office.vn")
    begin(mai, Channel.POST)
    page = mai.post(APPLY, data={"/name": "Lê Văn Khách", "/copies": "2", "paper:don": "1", "do": "save"})

    sent = mai.post(f"{APPLY}/review", data={"meta:draft": dict(Page(page.text).pairs)["meta:draft"]})

    assert ("paper", "don") in Page(sent.text).pairs
