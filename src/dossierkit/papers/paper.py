"""The papers of a dossier: their list, and each as a value."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from dossierkit.dossiers.codes import LETTERS
from dossierkit.dossiers.lifecycle.dossier import Dossier, Event
from dossierkit.dossiers.lifecycle.event_facts import LetterFacts
from dossierkit.dossiers.money.attempts import Attempt, Progress
from dossierkit.dossiers.states import Action
from dossierkit.errors import UnknownDossier
from dossierkit.mail.letters import Office
from dossierkit.office.engine import Engine
from dossierkit.papers.forms import Forms, day_words
from dossierkit.papers.values import Grid, Line, Paper, PaperKind


def kinds_of(history: Sequence[Event], attempts: Sequence[Attempt]) -> tuple[PaperKind, ...]:
    """The kinds of papers of a dossier, in the order of its history."""
    kinds = []
    for event in history:
        if event.action is Action.ACCEPT:
            kinds.append(PaperKind("01"))
        elif event.action in LETTERS:
            kinds.append(PaperKind(LETTERS[event.action][0], str(event.number)))
    if any(event.action is Action.ASSIGN for event in history):
        kinds.append(PaperKind("06"))
    return (*kinds, *(PaperKind("receipt", attempt.ref) for attempt in attempts if attempt.progress is Progress.PAID))


def paper_of(engine: Engine, dossier: Dossier, name: str, language: str = "vi", *, qr: str = "") -> Paper:
    """The paper *name* of *dossier*, see `PaperKind.name`.

    Args:
        qr: the content of the QR code on an acceptance slip.

    Raises:
        UnknownDossier: the dossier has no such paper.
    """
    history, attempts = engine.history(dossier), engine.store.payments.attempts(dossier.id)
    kind = next((kind for kind in kinds_of(history, attempts) if kind.name == name), None)
    if kind is None:
        raise UnknownDossier(f"there is no paper {name}")
    forms = Forms(engine, dossier, engine.procedure_of(dossier), history, engine.store.notes(dossier.id), language)
    at, number, blocks = _content(forms, kind, attempts)
    office, signed = engine.office, ("payer", "cashier") if kind.form == "receipt" else ("submitter", "officer")
    return Paper(
        kind,
        language,
        _agencies(office, forms.unit(), language),
        (forms.word("nation"), forms.word("motto")),
        forms.word("place-day", place=office.place, **day_words(at)) if office.place else forms.word("only-day", **day_words(at)),
        number,
        str(dossier.code),
        forms.word(f"title-{kind.form}"),
        blocks,
        tuple(forms.word(f"signature-{signer}") for signer in signed),
        qr if kind.form == "01" else "",
        forms.word("form-name", form=kind.form) if kind.form != "receipt" else "",
        tuple(
            forms.word(f"contact-{name}", text=text)
            for name, text in (("address", office.postal_address), ("telephone", office.telephone))
            if text
        ),
    )


def _agencies(office: Office, unit: str, language: str) -> tuple[str, ...]:
    """The agencies in the head of a paper, from the top; the office's sample name is used only if there is no unit."""
    name = "" if office.is_sample and unit else office.named(language)
    return tuple(dict.fromkeys(agency for agency in (office.superior, name, unit) if agency))


def _content(forms: Forms, kind: PaperKind, attempts: Sequence[Attempt]) -> tuple[datetime, str, tuple[Line | Grid, ...]]:
    """The date, the number and the content of a paper."""
    if kind.form == "receipt":
        attempt = next(attempt for attempt in attempts if attempt.ref == kind.about)
        assert attempt.at is not None, "a paid attempt has a time"
        return attempt.at, attempt.ref, forms.receipt(attempt)
    if kind.form == "06":
        return forms.history[-1].at, "", forms.form_06()
    events = [e for e in forms.history if (str(e.number) == kind.about) or (kind.form == "01" and e.action is Action.ACCEPT)]
    event = events[-1]
    number = (event.facts.letter if isinstance(event.facts, LetterFacts) else None) or forms.dossier.handling.receipt
    return event.at, number, getattr(forms, f"form_{kind.form}")(event)
