"""Actions as changes that a store can keep: the event, the number it draws, the mails that tell of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime

import attrs

from dossierkit.dossiers.clock import OfficeClock
from dossierkit.dossiers.codes import CodeTemplate, ReceiptTemplate
from dossierkit.dossiers.dossier import Actor, Dossier, Event, chained, digest
from dossierkit.dossiers.effects import SendMail
from dossierkit.dossiers.procedure import Procedure
from dossierkit.dossiers.states import Action
from dossierkit.forms.pointers import Json, texts_in
from dossierkit.ports import Change, Place
from dossierkit.text import fold


@attrs.frozen
class Acting:
    """What every event of one action says alike: who, when, on the office's day, and what salts its digests."""

    procedure: Procedure
    actor: Actor
    agency: str
    now: datetime
    today: date
    salt: str
    mails: Callable[[Dossier], tuple[SendMail, ...]]
    clock: OfficeClock

    def submission(self, dossier: Dossier, *, answers: bool) -> Change:
        """A draft on its way to its code; *answers* says whether they differ from the stored ones."""
        template, agency = CodeTemplate(self.procedure.code_template), self.procedure.agency or self.agency
        said = {
            "agency": agency,
            "day": self.today.isoformat(),
            "unit": self.procedure.unit,
            "sector": self.procedure.sector,
            "channel": int(dossier.handling.channel),
            "answer_by": self.clock.answer_by(self.now).isoformat(),
            **self.digests(dossier),
            "revision": dossier.revision,
        }

        def event(place: Place) -> Event:
            facts = {"code": template.issue(agency, self.today, place.drawn).text, "number": place.drawn, **said}
            return chained(dossier.id, place.number, Action.SUBMIT, self.actor.id, self.now, facts, place.before)

        return Change(
            dossier,
            event,
            series=(agency, self.today.isoformat()),
            answers=answers,
            search=search_words(self.procedure, dossier.answers),
            mails=self.mails,
            once=True,
        )

    def digests(self, dossier: Dossier) -> dict[str, Json]:
        """What an event says of answers and files: enough to prove them, nothing to read from."""
        files = [[one.document, one.blob] for one in dossier.attachments]
        return {"answers": digest(dossier.answers, self.salt), "attachments": digest(files, self.salt)}

    def change(self, dossier: Dossier, action: Action, facts: Mapping[str, Json], note: str = "") -> Change:
        """Any other action; accepting draws a receipt number."""
        template, agency = ReceiptTemplate(self.procedure.receipt_template), dossier.agency or self.agency
        timed = self.clock.facts(dossier, action, self.procedure, self.now, facts)
        accepts = action is Action.ACCEPT

        def event(place: Place) -> Event:
            drawn = {"receipt": template.issue(agency, self.today, place.drawn), "number": place.drawn} if accepts else {}
            # Where the clock was set back, the day that was posted on last still counts.
            posted = max(self.today, place.posted or self.today).isoformat()
            said = {**timed, **facts, "day": self.today.isoformat(), "posted": posted, **drawn}
            return chained(dossier.id, place.number, action, self.actor.id, self.now, said, place.before)

        mends, erases = action is Action.SUPPLEMENT, action is Action.ERASE
        if erases:
            dossier = attrs.evolve(dossier, answers={}, attachments=(), owner="")
        return Change(
            dossier,
            event,
            series=(agency, f"{self.today:%Y}") if accepts else None,
            answers=mends or erases,
            search=search_words(self.procedure, dossier.answers) if mends else None,
            mails=self.mails,
            note=note,
            forget=erases,
        )


def search_words(procedure: Procedure, answers: Json) -> str:
    """What a dossier is found by: its title and every text in its answers, folded."""
    return fold(" ".join((procedure.title(), *texts_in(answers))))
