"""Actions as changes that a store can keep: the event, the number it draws, the mails that tell of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime

import attrs

from dossierkit.dossiers.clock import OfficeClock
from dossierkit.dossiers.codes import CodeTemplate, ReceiptTemplate
from dossierkit.dossiers.dossier import RESULT, Actor, Attachment, Dossier, Event, Said, chained, digests, message_files
from dossierkit.dossiers.effects import SendMail
from dossierkit.dossiers.procedure import Procedure
from dossierkit.dossiers.states import Action
from dossierkit.errors import ForbiddenAction
from dossierkit.forms.pointers import Json, texts_in
from dossierkit.ports import Change, Place
from dossierkit.text import fold


@attrs.frozen
class Acting:
    """What every event of one action says alike: who, when, on the office's day, and who is told."""

    procedure: Procedure
    actor: Actor
    agency: str
    now: datetime
    today: date
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
            **digests(dossier),
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

    def change(self, dossier: Dossier, action: Action, facts: Mapping[str, Json], said: Said, *, answers: bool = False) -> Change:
        """Any other action; accepting draws a receipt number.  *answers*: those of *dossier*, or its files, are others now."""
        template, agency = ReceiptTemplate(self.procedure.receipt_template), dossier.agency or self.agency
        timed = self.clock.facts(dossier, action, self.procedure, self.now, facts)
        accepts = action is Action.ACCEPT
        by = {"by": "owner" if self.actor.id == dossier.owner else "office"} if action is Action.MESSAGE else {}

        def event(place: Place) -> Event:
            drawn = {"receipt": template.issue(agency, self.today, place.drawn), "number": place.drawn} if accepts else {}
            # Where the clock was set back, the day that was posted on last still counts.
            posted = max(self.today, place.posted or self.today).isoformat()
            told = {**timed, **facts, **by, "day": self.today.isoformat(), "posted": posted, **drawn}
            return chained(dossier.id, place.number, action, self.actor.id, self.now, told, place.before)

        mends, erases = action is Action.SUPPLEMENT, action is Action.ERASE
        if erases:
            dossier = attrs.evolve(dossier, answers={}, attachments=(), owner="", salt="")
        return Change(
            dossier,
            event,
            series=(agency, f"{self.today:%Y}") if accepts else None,
            answers=answers or erases,
            search=search_words(self.procedure, dossier.answers) if mends else None,
            mails=self.mails,
            said=said,
            forget=erases,
        )


def search_words(procedure: Procedure, answers: Json) -> str:
    """What a dossier is found by: its title and every text in its answers, folded."""
    return fold(" ".join((procedure.title(), *texts_in(answers))))


def filed(dossier: Dossier, action: Action, files: tuple[Attachment, ...], tag: str) -> tuple[Dossier, str]:
    """*dossier* with the *files* of a message or of its result, and the tag by which an event tells them.

    Raises:
        ForbiddenAction: nothing else that is done brings files.
    """
    kept = dossier.attachments
    if action is Action.COMPLETE:
        # The result before was taken back; it is kept, and shown to nobody.
        kept, document = tuple(attrs.evolve(f, document=f"{RESULT}:void") if f.document == RESULT else f for f in kept), RESULT
    elif action is Action.MESSAGE:
        document = message_files(tag)
    else:
        raise ForbiddenAction(f"no files come with {action.value}")
    return attrs.evolve(dossier, attachments=(*kept, *(attrs.evolve(one, document=document) for one in files))), tag
