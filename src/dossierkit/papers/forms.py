"""The content of each form, in the order of the printed form."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import attrs

from dossierkit.catalog.option_lists import Table as Rows
from dossierkit.dossiers.deadlines.calendars import office_time
from dossierkit.dossiers.lifecycle.dossier import Dossier, Event, Note
from dossierkit.dossiers.lifecycle.event_facts import AcceptFacts, AssignFacts, RequestSupplementFacts
from dossierkit.dossiers.money.attempts import Attempt
from dossierkit.dossiers.money.fees import fees
from dossierkit.dossiers.procedure.persons import contact, handing_over, persons
from dossierkit.dossiers.procedure.procedure import Procedure
from dossierkit.dossiers.states import Action
from dossierkit.forms.fields.effective_fields import effective
from dossierkit.forms.fields.field_tree import index
from dossierkit.forms.words.titles import label
from dossierkit.locale import FOLDER as LOCALE
from dossierkit.locale.texts import text_of
from dossierkit.office.engine import Engine
from dossierkit.papers.money_words import money_words
from dossierkit.papers.values import Grid, Line

#: Actions that pass a dossier to another person.
_HANDS = frozenset((Action.ACCEPT, Action.ASSIGN, Action.PROPOSE, Action.COMPLETE, Action.HAND_OVER))


@attrs.frozen
class Forms:
    """The content of the papers of one dossier, in one language."""

    engine: Engine
    dossier: Dossier
    procedure: Procedure
    history: tuple[Event, ...]
    notes: Mapping[int, Note]
    language: str

    def word(self, name: str, **values: object) -> str:
        """The text *name* in this language."""
        text = text_of(LOCALE, "papers", name, self.language)
        return text.format(**values) if values else text

    def lines(self, *pairs: tuple[str, str]) -> tuple[Line, ...]:
        """A line for each of *pairs* (name of a label, text) whose text is not empty."""
        return tuple(Line(self.word(name), text) for name, text in pairs if text)

    def people(self) -> tuple[Line, ...]:
        """The owner of the dossier, with contact details, and the title of the procedure."""
        details = contact(self.procedure, self.dossier.answers, self.language)
        return self.lines(
            ("owner", persons(self.procedure, self.dossier.answers).owner),
            ("address", details.address),
            ("phone", details.phone),
            ("mail", details.mail),
            ("about", self.procedure.title(self.language)),
        )

    def officer(self, id: str) -> str:
        """The name of the officer with this account; empty if there is none."""
        account = self.engine.store.accounts.account(id)
        return account.name if account is not None else ""

    def unit(self) -> str:
        """The title of the unit."""
        rows = self.engine.catalog.dialect.options.get("units")
        unit = self.dossier.handling.unit
        return rows.names(self.language).get(unit, unit) if isinstance(rows, Rows) else unit

    def moment(self, at: datetime | None) -> str:
        """Time and date in words, as on papers."""
        if at is None:
            return ""
        local = office_time(at)
        return self.word("moment", hour=f"{local:%H}", minute=f"{local:%M}", **day_words(at))

    def day(self, at: datetime | None) -> str:
        """A date in figures."""
        return f"{office_time(at):%d/%m/%Y}" if at is not None else ""

    def form_01(self, event: Event) -> tuple[Line | Grid, ...]:
        """Giấy tiếp nhận hồ sơ và hẹn trả kết quả."""
        dossier, procedure = self.dossier, self.procedure
        assert isinstance(event.facts, AcceptFacts), "the form of an acceptance"
        paper = event.facts.paper or ()
        rows = []
        for number, (code, entry) in enumerate(procedure.documents(dossier.answers), 1):
            sent = sum(attachment.document == code for attachment in dossier.attachments)
            rows.append(
                (str(number), procedure.words(entry, "title", self.language), "1" if code in paper else "", str(sent or ""))
            )
        columns = tuple(self.word(name) for name in ("number", "document", "on-paper", "electronic"))
        limit = dossier.handling.clock.limit
        book = self.word("book-place", book=office_time(event.at).year, number=event.facts.number or "")
        time = self.word(f"limit-{limit.unit.value}", count=limit.count) if limit is not None else self.word("limit-none")
        return (
            *self.lines(("check", self.engine.check_code(dossier)), ("unit", self.unit())),
            *self.people(),
            Grid(self.word("documents"), columns, tuple(rows)),
            *self.lines(
                ("sets", "1"),
                ("time", time),
                ("received", self.moment(dossier.submitted)),
                ("accepted", self.moment(dossier.handling.accepted)),
                ("due", self.moment(dossier.handling.clock.due)),
                ("delivery", handing_over(procedure, dossier.answers, self.language) or self.word("delivery-counter")),
            ),
            *self.costs(),
            *self.lines(("book", book)),
        )

    def costs(self) -> tuple[Grid, ...]:
        """A table of the fees, if there are any."""
        charged = fees(self.procedure, self.dossier.answers, self.dossier.handling.channel, self.language)
        if not charged:
            return ()
        rows = tuple((fee.title, self.word(f"fee-{fee.kind}"), self.money(fee.amount)) for fee in charged)
        return (Grid(self.word("fees"), tuple(self.word(name) for name in ("fee", "kind", "amount")), rows),)

    def money(self, amount: int | None) -> str:
        """*amount* in đồng; a note that it is still to be decided if it is None."""
        return _dong(amount) if amount is not None else self.word("amount-open")

    def form_02(self, event: Event) -> tuple[Line | Grid, ...]:
        """Phiếu yêu cầu bổ sung, hoàn thiện hồ sơ."""
        fields = index(self.procedure.form, effective(self.procedure.form, self.dossier.answers)).fields
        documents = {f"document:{code}": entry for code, entry in self.procedure.documents(self.dossier.answers)}
        assert isinstance(event.facts, RequestSupplementFacts), "the form of a request"
        reasons = event.facts.reasons or {}
        rows = []
        for number, place in enumerate(event.facts.asked or (), 1):
            if place in documents:
                title = self.procedure.words(documents[place], "title", self.language)
            else:
                title = label(self.procedure.form, fields[place], self.language) if place in fields else place
            rows.append((str(number), title, self.word(f"reason-{reasons[place]}") if place in reasons else ""))
        columns = tuple(self.word(name) for name in ("number", "asked", "reason"))
        return (*self.people(), Grid(self.word("asked-title"), columns, tuple(rows)), *self.lines(("note", self.note(event))))

    def form_03(self, event: Event) -> tuple[Line | Grid, ...]:
        """Phiếu từ chối tiếp nhận giải quyết hồ sơ."""
        return (*self.people(), *self.lines(("note", self.note(event))))

    def form_04(self, event: Event) -> tuple[Line | Grid, ...]:
        """Văn bản xin lỗi và đề nghị gia hạn thời gian giải quyết."""
        before = [e.facts.clock.due for e in self.history if e.number < event.number and e.facts.clock.due is not None]
        was, new = before[-1] if before else None, event.facts.clock.due
        return (
            *self.people(),
            *self.lines(("due-before", self.moment(was)), ("note", self.note(event)), ("due-new", self.moment(new))),
            Line("", self.word("apology")),
        )

    def form_05(self, event: Event) -> tuple[Line | Grid, ...]:
        """Thông báo dừng giải quyết hồ sơ."""
        stage = self.word("stage-processing" if self.dossier.handling.accepted else "stage-intake")
        return (*self.people(), *self.lines(("stage", stage), ("note", self.note(event))))

    def form_06(self) -> tuple[Line | Grid, ...]:
        """Phiếu kiểm soát quá trình giải quyết hồ sơ: every handover, and whether it was in time."""
        rows, before = [], self.unit()
        due: datetime | None = None
        for event in self.history:
            due = event.facts.clock.due or due
            if event.action in _HANDS:
                to = self.officer(_assignee(event)) or self.officer(event.actor) or self.word("office")
                punctuality = "" if due is None else self.word("hand-late" if event.at.date() > due.date() else "hand-in-time")
                rows.append(
                    (before, to, self.moment(event.at), self.word(f"hand-{event.action.value}"), self.day(due), punctuality)
                )
                before = to
        columns = tuple(self.word(name) for name in ("hand-from", "hand-to", "hand-at", "hand-what", "hand-due", "hand-how"))
        return (*self.people(), Grid(self.word("hands"), columns, tuple(rows)))

    def receipt(self, attempt: Attempt) -> tuple[Line | Grid, ...]:
        """Biên lai thu phí, lệ phí."""
        how = self.word(f"gateway-{attempt.gateway}")
        return (
            *self.people(),
            *self.lines(
                ("amount", _dong(attempt.amount)),
                ("amount-words", money_words(attempt.amount, self.language)),
                ("how", how),
                ("transaction", attempt.number),
                ("paid-at", self.moment(attempt.at)),
            ),
            *self.costs(),
        )

    def note(self, event: Event) -> str:
        """The note of *event*."""
        return self.notes[event.number].text if event.number in self.notes else ""


def day_words(at: datetime) -> dict[str, str]:
    """The day, month and year of *at* in the office's time zone."""
    local = office_time(at)
    # Decree 30/2020: days below 10 and the months 1 and 2 have a leading zero.
    return {
        "day": f"{local.day:02}",
        "month": f"{local.month:02}" if local.month < 3 else str(local.month),
        "year": str(local.year),
    }


def _dong(amount: int) -> str:
    return f"{amount:,}".replace(",", ".") + "\u00a0đ"


def _assignee(event: Event) -> str:
    """The id of the officer that *event* assigns the dossier to; empty for other events."""
    return (event.facts.officer or "") if isinstance(event.facts, AssignFacts) else ""
