"""Synthetic dossiers of two years: plausible, plainly made up, the same for the same seed.

Every dossier goes through the same pure functions as a real one, so that `verify` accepts its history.
"""

from __future__ import annotations

import hashlib
import io
import random
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from functools import partial
from itertools import takewhile

import attrs

from dossierkit.dossiers.deadlines.calendars import Calendar, Hours, at, day_of
from dossierkit.dossiers.ledger.ledger import Posting, Span, postings, spans
from dossierkit.dossiers.lifecycle.dossier import NO_NOTE, Actor, Dossier, Event, Note, chained, digest, digests
from dossierkit.dossiers.lifecycle.event_facts import BeginFacts, facts_of
from dossierkit.dossiers.lifecycle.handling import UNHANDLED
from dossierkit.dossiers.lifecycle.transitions import step
from dossierkit.dossiers.money.attempts import Attempt
from dossierkit.dossiers.money.fees import Collect, fees, owed
from dossierkit.dossiers.people.account import Account
from dossierkit.dossiers.procedure.persons import NAMES
from dossierkit.dossiers.procedure.procedure import Procedure
from dossierkit.dossiers.states import Action, Channel, Payment, State
from dossierkit.errors import SettingsError
from dossierkit.forms import check
from dossierkit.forms.fields.effective_fields import effective
from dossierkit.forms.fields.field_tree import walk
from dossierkit.forms.fields.form import Kind, embeds
from dossierkit.office.action_records import Recording, search_words
from dossierkit.office.engine import Engine
from dossierkit.pointers import ABSENT, Json, get, put
from dossierkit.ports import ActionRecord, ImportedDossier, Position

FAMILIES = ("Nguyễn", "Trần", "Lê", "Phạm", "Hoàng", "Huỳnh", "Phan", "Vũ", "Võ", "Đặng", "Bùi", "Đỗ", "Hồ", "Ngô", "Dương")
#: "Sample": marks every name as made up.
MIDDLE = "Mẫu"
GIVEN = ("An", "Bình", "Châu", "Dũng", "Đào", "Giang", "Hà", "Khánh", "Lan", "Minh", "Nam", "Oanh", "Phúc", "Quân", "Sơn", "Tú")
YEARS = 2
#: A file of one blank page.
_PAPER = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
)


def sample_name(chance: random.Random) -> str:
    """A name that is plainly a sample."""
    return f"{chance.choice(FAMILIES)} {MIDDLE} {chance.choice(GIVEN)}"


@attrs.frozen
class Staff:
    """Who works for a unit."""

    intake: Actor
    officers: tuple[Actor, ...]
    approver: Actor


def guard_demonstrable(engine: Engine) -> None:
    """Check that dossiers can be made of a procedure of *engine*.

    Raises:
        SettingsError: no procedure of a unit has a test in `x-tests` that can be submitted today.
    """
    if next(_every_sample(engine), None) is None:
        raise SettingsError(
            "no procedure can be demonstrated: it needs a unit, and a test in x-tests whose answers can be submitted today"
        )


def _every_sample(engine: Engine) -> Iterator[_Sample]:
    days = _days(engine.today())
    procedures = (engine.procedure(listed.code) for listed in engine.procedures())
    return (sample for procedure in procedures if procedure.unit for sample in _samples(procedure, engine, days))


@attrs.define
class Simulation:
    """Generates dossiers of the procedures of *engine*, with histories from two years ago until now.

    Raises:
        SettingsError: no procedure of a unit has a test in `x-tests` that can be submitted today.
    """

    engine: Engine
    staff: Mapping[str, Staff]
    owners: tuple[Account, ...]
    chance: random.Random
    _numbers: dict[tuple[str, str], int] = attrs.field(init=False, factory=dict)
    #: A sample file of each owner whose dossiers need one.
    _files: dict[str, str] = attrs.field(init=False, factory=dict)
    _samples: list[_Sample] = attrs.field(init=False)
    _calendar: Calendar = attrs.field(init=False)
    _now: datetime = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self._now, self._calendar = self.engine.clock.now(), self.engine.office_clock.calendar()
        guard_demonstrable(self.engine)
        self._samples = [sample for sample in _every_sample(self.engine) if sample.procedure.unit in self.staff]
        for listed in self.engine.procedures():
            procedure = self.engine.procedure(listed.code)
            self.engine.store.keep_bundle(procedure.revision, procedure.bundle.canonical())

    def lives(self, count: int) -> Iterator[ImportedDossier]:
        """*count* dossiers with their histories, in order of submission."""
        first = max(_days(self.engine.today())[0], min(sample.since for sample in self._samples))
        begin = min(at(first, Hours().opens), self._now)
        for number in range(count):
            # The rate of submissions grows over time.
            share = ((number + 0.5) / count) ** 0.85
            yield self._life(self._office_hour(begin + (self._now - begin) * share), self.chance.choice(self.owners))

    def _office_hour(self, moment: datetime) -> datetime:
        day = self._calendar.next_working(day_of(moment))
        in_hours = at(day, time(7, 30)) + timedelta(minutes=self.chance.randrange(9 * 60))
        return min(in_hours, self._now)

    def _life(self, submitted: datetime, owner: Account) -> ImportedDossier:
        day = day_of(submitted)
        sample = self.chance.choice([sample for sample in self._samples if sample.since <= day])
        answers = self._with_files(sample.procedure, self._with_name(sample.procedure, sample.answers, owner.name), owner)
        story = _Story(self, sample.procedure, owner, answers, submitted)
        story.run()
        return story.life()

    def _with_name(self, procedure: Procedure, answers: Json, name: str) -> Json:
        owner = procedure.block.get("persons", {}).get("owner", "")
        for tail in NAMES:
            place = f"{owner}{tail}"
            if isinstance(get(answers, place), str):
                return put(answers, place, name)
        return answers

    def _with_files(self, procedure: Procedure, answers: Json, owner: Account) -> Json:
        """*answers* with a file of *owner* in every file field, as the files in the tests of a procedure do not exist."""
        for field in walk(effective(procedure.form, answers)):
            if field.kind is Kind.FILE and not embeds(field) and (value := get(answers, field.pointer)) is not ABSENT:
                file = self._files.get(owner.id) or self._file(owner.id)
                answers = put(answers, field.pointer, [file for _ in value] if isinstance(value, list) else file)
        return answers

    def _file(self, owner: str) -> str:
        """The id of the sample file of *owner*, stored in the engine's blob store if there is one."""
        if self.engine.blobs is not None:
            id = self.engine.blobs.put("minh-hoa.pdf", io.BytesIO(_PAPER))
        else:
            id = f"sha256-{hashlib.sha256(_PAPER).hexdigest()}-{self.chance.getrandbits(64):016x}"
        self._files[owner] = id
        return id

    def draw(self, change: ActionRecord) -> int:
        """The next number of the series that *change* draws from."""
        if change.series is None:
            return 0
        self._numbers[change.series] = self._numbers.get(change.series, 0) + 1
        return self._numbers[change.series]


class _Story:
    """The history of one dossier while it is generated."""

    def __init__(self, world: Simulation, procedure: Procedure, owner: Account, answers: Json, submitted: datetime) -> None:
        self.world, self.procedure, self.owner, self.chance = world, procedure, owner, world.chance
        self.staff = world.staff[procedure.unit]
        id, salt = f"{self.chance.getrandbits(128):032x}", f"{self.chance.getrandbits(128):032x}"
        self.now = submitted - timedelta(minutes=self.chance.randrange(5, 90))
        channel = self.chance.choices(tuple(Channel), (15, 80, 5))[0]
        self.dossier = Dossier(
            id, procedure.code, procedure.revision, owner.id, State.DRAFT, 1, self.now, self.now, answers,
            handling=attrs.evolve(UNHANDLED, channel=channel), salt=salt,
        )  # fmt: skip
        facts = BeginFacts(revision=procedure.revision, channel=channel if channel is not Channel.ONLINE else None)
        first = chained(id, 1, Action.BEGIN, owner.id, self.now, facts, "")
        self.events: list[Event] = [first]
        self.posted: list[Posting] = []
        self.spans: list[Span] = []
        self.notes: dict[int, Note] = {}
        self.attempts: list[Attempt] = []
        self.now = submitted

    def life(self) -> ImportedDossier:
        """The generated dossier with its history."""
        words = search_words(self.procedure, self.dossier.answers)
        return ImportedDossier(
            self.dossier, tuple(self.events), tuple(self.posted), tuple(self.spans), words, self.notes, tuple(self.attempts)
        )

    def run(self) -> None:
        """Generate the history from submission until now."""
        self._submit()
        if not self._advance(hours=self.chance.randrange(1, 12)):
            return None
        fate = self.chance.random()
        if fate < 0.04:
            return self._do(Action.REFUSE, self.staff.intake, note="Hồ sơ không thuộc thẩm quyền (dữ liệu mẫu).")
        if fate < 0.06:
            return self._do(Action.WITHDRAW, self.owner.actor)
        self._pay()
        self._do(Action.ACCEPT, self.staff.intake, paper=list(self.procedure.missing(self.dossier)))
        return self._process()

    def _process(self) -> None:
        officer = self.chance.choice(self.staff.officers)
        if not self._advance(hours=self.chance.randrange(1, 10)):
            return None
        self._do(Action.ASSIGN, self.staff.intake, officer=officer.id)
        if self.procedure.workflow.supplement and self.chance.random() < 0.15 and not self._ask_supplement(officer):
            return None
        cost = owed(fees(self.procedure, self.dossier.answers, self.dossier.handling.channel), Collect.REQUEST)
        if cost is None:
            cost = self._assessed_fee()
        if self.procedure.workflow.payment and cost and self.chance.random() < 0.7 and not self._ask_payment(officer, cost):
            return None
        if self.chance.random() < 0.03:
            return self._do(Action.STOP, officer, note="Theo đề nghị của cơ quan liên quan (dữ liệu mẫu).")
        if not self._advance_to_decision():
            return None
        return self._decide(officer)

    def _pay(self) -> None:
        """Pay the fee that is due; if its amount does not follow from the answers, the office sets it first."""
        if self.dossier.handling.money.payment is Payment.UNDECIDED:
            self._do(Action.REQUEST_PAYMENT, self.staff.intake, amount=self._assessed_fee())
        if self.dossier.handling.money.payment is Payment.DUE:
            self._do(Action.SETTLE, self.staff.intake, payment="paid")

    def _assessed_fee(self) -> int:
        """An amount for a fee that an officer sets."""
        return self.chance.randrange(1, 100) * 100_000

    def _decide(self, officer: Actor) -> None:
        outcome = "approved" if self.chance.random() < 0.93 else "rejected"
        note = "" if outcome == "approved" else "Không đủ điều kiện (dữ liệu mẫu)."
        decider = officer
        if self.procedure.workflow.four_eyes:
            self._do(Action.PROPOSE, officer, outcome=outcome)
            decider = self.staff.approver
        self._do(Action.COMPLETE, decider, note=note, outcome=outcome)
        if self._advance(days=self.chance.randrange(1, 8)):
            self._pay()
            self._do(Action.HAND_OVER, self.staff.intake, evidence="counter")

    def _ask_supplement(self, officer: Actor) -> bool:
        """Whether the citizen has answered by now."""
        if not self._advance(days=self.chance.randrange(1, 4)):
            return False
        answers = self.dossier.answers
        fields = walk(effective(self.procedure.form, answers))
        places = [field.pointer for field in fields if field.leaf and isinstance(get(answers, field.pointer), str)]
        asked = [self.chance.choice(places)] if places else []
        if not asked:
            return True
        reasons = {asked[0]: self.chance.choice(("wrong", "outdated"))}
        self._do(Action.REQUEST_SUPPLEMENT, officer, note="Thông tin chưa rõ (dữ liệu mẫu).", asked=asked, reasons=reasons)
        if not self._advance(days=self.chance.randrange(1, 10)):
            return False
        self._do(Action.SUPPLEMENT, self.owner.actor, **attrs.asdict(digests(self.dossier)))
        return True

    def _ask_payment(self, officer: Actor, amount: int) -> bool:
        """Whether the citizen has paid by now."""
        if not self._advance(days=1):
            return False
        self._do(Action.REQUEST_PAYMENT, officer, amount=amount)
        if not self._advance(days=self.chance.randrange(1, 6)):
            return False
        self._do(Action.SETTLE, self.staff.intake, payment="paid")
        return True

    def _advance_to_decision(self) -> bool:
        """Advance to the day of the decision, mostly before the due day; false if it is in the future."""
        due = self.dossier.handling.clock.due
        if due is None:
            return self._advance(days=self.chance.randrange(2, 15))
        share = self.chance.betavariate(5, 2) if self.chance.random() < 0.92 else 1 + self.chance.random() * 0.6
        return self._advance(hours=max(1, int((due - self.now).total_seconds() / 3600 * share)))

    def _advance(self, *, days: int = 0, hours: int = 0) -> bool:
        """Advance the time to an office hour; false if that is in the future."""
        later = self.now + timedelta(days=days, hours=hours)
        day, opening = day_of(later), Hours()
        if not self.world._calendar.works(day) or later >= at(day, opening.closes):
            later = at(self.world._calendar.next_working(day + timedelta(days=1)), opening.opens)
        if later > self.world._now:
            return False
        self.now = max(later, self.now)
        return True

    def _recording(self, actor: Actor) -> Recording:
        engine = self.world.engine
        return Recording(self.procedure, actor, engine.agency, self.now, day_of(self.now), lambda _: (), engine.office_clock)

    def _submit(self) -> None:
        # There are no uploads: all required documents come on paper.
        draft = attrs.evolve(self.dossier, declared=self.procedure.missing(self.dossier))
        self._record(self._recording(self.owner.actor).submission(draft, answers=False))

    def _do(self, action: Action, actor: Actor, *, note: str = "", **facts: Json) -> None:
        stated = attrs.evolve(facts_of(action, facts), note=digest(note, self.dossier.salt) if note else None)
        words = Note(note, self.dossier.answers if action is Action.SUPPLEMENT else None) if note else NO_NOTE
        self._record(self._recording(actor).change(self.dossier, action, stated, words))

    def _record(self, change: ActionRecord) -> None:
        event = change.event(Position(self.world.draw(change), self.events[-1].hash, len(self.events) + 1))
        before, self.dossier = self.dossier, step(self.dossier, event)
        self.posted += postings(before, event, self.dossier)
        self.spans += spans(before, event, self.dossier)
        self.events.append(event)
        if change.note:
            self.notes[event.number] = change.note
        if change.paid is not None:
            self.attempts.append(change.paid(event))


@attrs.frozen
class _Sample:
    """Answers from the tests of a procedure file, which can be submitted from the day *since* until today."""

    procedure: Procedure
    answers: Json = attrs.field(hash=False)
    since: date


def _samples(procedure: Procedure, engine: Engine, days: Sequence[date]) -> Iterator[_Sample]:
    """The tests of *procedure* without problems, each from the first of *days* on which it can be submitted.

    The answers contain dates, which rules may compare with the current day.
    """
    tests = procedure.form.schema.get("x-tests") if isinstance(procedure.form.schema, dict) else None
    for test in tests or ():
        if not test.get("problems"):
            answers = engine.whole(procedure.form, test["answers"])
            accepted = takewhile(partial(_accepts, procedure, answers), reversed(days))
            if since := min(accepted, default=None):
                yield _Sample(procedure, answers, since)


def _accepts(procedure: Procedure, answers: Json, day: date) -> bool:
    return not check(procedure.form, answers, today=day)


def _days(today: date) -> tuple[date, ...]:
    """The first day of the period, a day of each quarter after it, and *today*."""
    first = today - timedelta(days=365 * YEARS)
    return (*(first + timedelta(days=91 * quarter) for quarter in range(4 * YEARS)), today)
