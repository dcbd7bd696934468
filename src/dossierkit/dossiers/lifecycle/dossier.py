"""The dossier (hồ sơ), its events and who acts: frozen values."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from datetime import datetime

import attrs
import orjson

from dossierkit.converter import converter
from dossierkit.dossiers.codes import DossierCode, bare, series_of
from dossierkit.dossiers.lifecycle.event_facts import AcceptFacts, Digests, Facts, LetterFacts, SubmitFacts
from dossierkit.dossiers.lifecycle.handling import UNHANDLED, Handling
from dossierkit.dossiers.states import CITIZENS, OFFICERS, Action, Outcome, Role, State
from dossierkit.forms.fields.form import Layout
from dossierkit.pointers import Json, texts_in
from dossierkit.text import fold


@attrs.frozen
class Actor:
    """The person or program that acts; *id* is that of an account, of a guest's session, or of a user of a host.

    A host states how its users are named and reached; equality and the history of a dossier depend on none of this.
    """

    id: str
    role: Role = attrs.field(default=Role.CITIZEN, converter=Role)
    #: The unit of an officer; empty for other roles.
    unit: str = ""
    name: str = attrs.field(default="", eq=False, repr=False)
    #: The address for mails about dossiers, which the host vouches for; empty: no mails.
    mail: str = attrs.field(default="", eq=False, repr=False)
    #: `vi` or `en`, of pages and mails; empty: that of the page.
    language: str = attrs.field(default="", eq=False)
    #: The values that `x-prefill` points to, beside `fullName` and `email`.
    profile: Mapping[str, Json] = attrs.field(factory=dict, eq=False, repr=False)

    @property
    def known_values(self) -> Mapping[str, Json]:
        """What `x-prefill` reads."""
        named = {"fullName": self.name, "email": self.mail}
        return {**self.profile, **{key: value for key, value in named.items() if value}}

    @property
    def is_citizen(self) -> bool:
        """Whether the actor files dossiers, and sees only their own."""
        return self.role in CITIZENS


@attrs.frozen
class Attachment:
    """One file that came with a dossier, for one of the documents that the procedure asks for."""

    #: The code of the document.
    document: str
    #: Where the blob store keeps its bytes.
    blob: str
    name: str
    #: Bytes.
    size: int
    media_type: str


@attrs.frozen
class Dossier:
    """One dossier.  Every change has version + 1; *answers* are stored apart from its history."""

    id: str
    procedure: str
    revision: str
    owner: str
    state: State
    version: int
    created: datetime
    changed: datetime
    answers: Json = attrs.field(hash=False, factory=dict)
    code: DossierCode | None = None
    submitted: datetime | None = None
    #: The agency that issued the code.
    agency: str | None = None
    attachments: tuple[Attachment, ...] = ()
    handling: Handling = UNHANDLED
    #: Salt of the digests in its events; deleted with an erasure, so that no digest can be matched by guessing.
    salt: str = ""
    #: Layout of the page of a draft: chosen branches, number of rows.  Empty after submission.
    layout: Layout = attrs.field(hash=False, default=Layout())
    #: Codes of documents that the owner of a draft will hand in on paper; after submission see `Handling.declared`.
    declared: tuple[str, ...] = ()

    @property
    def outcome(self) -> Outcome | None:
        """The outcome of a completed dossier; None in any other state, as a proposed outcome is not decided yet."""
        return self.handling.result.outcome if self.state in (State.COMPLETED, State.RETURNED) else None


def may_see(dossier: Dossier, actor: Actor) -> bool:
    """Whether *actor* may see *dossier*: its owner may, and, after submission, the officers of its unit.

    An admin without a unit sees those of all units; the program sees everything.
    """
    return bool(actor.id and dossier.owner == actor.id) or actor.role is Role.SYSTEM or works_on(dossier, actor)


def works_on(dossier: Dossier, actor: Actor) -> bool:
    """Whether *actor* is an officer of the unit of *dossier*, which was submitted, or an admin of all units."""
    if actor.role not in OFFICERS or dossier.code is None:
        return False
    return actor.unit == dossier.handling.unit if actor.unit else actor.role is Role.ADMIN


@attrs.frozen
class Query:
    """Conditions of a search for dossiers; empty ones match all.  Cancelled drafts match only if their state is given."""

    #: Folded beginnings of words in the title or the answers.
    words: str = ""
    #: A part of the code.
    code: str = ""
    procedure: str = ""
    state: State | None = None
    #: Submitted at or after this instant, and before that one.
    since: datetime | None = None
    until: datetime | None = None
    #: Unit; only for desks, as drafts have none.
    unit: str = ""
    #: Id of the assigned officer.
    officer: str = ""
    #: Any of these states; ignored if *state* is given.
    states: tuple[State, ...] = ()
    #: Due before this instant.
    due: datetime | None = None
    #: Only dossiers with an unanswered message of the owner.
    unanswered: bool = False
    #: Only dossiers with a surplus payment that is not refunded yet.
    surplus: bool = False
    #: The order: by due day, the earliest first and those without one last, then by code; otherwise the newest first.
    by_due_day: bool = False

    def folded(self) -> Query:
        """The query as stores compare it: words without accents, letters and digits of the code; signs alone match no code."""
        return attrs.evolve(self, words=fold(self.words), code=bare(self.code) or self.code.strip())


@attrs.frozen
class Event:
    """One event of a dossier.  *hash* covers it and the hash of the event before it.

    It holds decisions, never personal data, see `event_facts`.
    """

    dossier: str
    number: int
    action: Action
    actor: str
    at: datetime
    facts: Facts
    before: str
    hash: str


@attrs.frozen
class Note:
    """The note of an event; stored apart from the history, which holds only its digest, so that it can be erased."""

    text: str = ""
    #: The answers before a supplement; None for other actions.
    before: Json = attrs.field(default=None, hash=False)

    def __bool__(self) -> bool:
        return bool(self.text) or self.before is not None


NO_NOTE = Note()
#: The document of files of a result.
RESULT = "@result"


def message_files(tag: str) -> str:
    """The document of files that came with the message whose event says *tag*."""
    return f"@message:{tag}"


def chained(dossier: str, number: int, action: Action, actor: str, at: datetime, facts: Facts, before: str) -> Event:
    """The event with its hash, given the hash *before* it (empty for the first)."""
    body = hashed_text([dossier, number, action.value, actor, at.isoformat(), converter.unstructure(facts), before])
    return Event(dossier, number, action, actor, at, facts, before, hashlib.sha256(body.encode()).hexdigest())


def digest(answers: Json, salt: str) -> str:
    """The salted digest of *answers*: it proves them, and tells nothing about them."""
    return hashlib.sha256(f"{salt}\n{hashed_text(answers)}".encode()).hexdigest()


#: A number that orjson may write differently: with an exponent, or close to zero.  Texts that look like one match, too.
_OTHER_NUMBER = re.compile(r"(?:^|[\[:,])-?(?:0\.0000|[0-9.]+[eE])")


def hashed_text(value: Json) -> str:
    """*value* as the JSON text that hashes cover: members sorted by name, no spaces, numbers as Python writes them."""
    # orjson is several times as fast and writes the same, unless there is a number as above, an integer of more than 64
    # bits (TypeError), NaN or infinity (null).
    try:
        text = orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()
    except TypeError:
        text = "null"
    if "null" in text or _OTHER_NUMBER.search(text):
        return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return text


def digests(dossier: Dossier) -> Digests:
    """The salted digests of the answers and files of *dossier*."""
    files = [[attachment.document, attachment.blob] for attachment in dossier.attachments]
    return Digests(digest(dossier.answers, dossier.salt), digest(files, dossier.salt))


def drawn_by(event: Event) -> tuple[str, int] | None:
    """The series and the number that *event* drew; None if it drew none."""
    facts = event.facts
    number = facts.number if isinstance(facts, SubmitFacts | AcceptFacts | LetterFacts) else None
    series = series_of(event.action, facts.day) if facts.day is not None else None
    return (series, number) if number is not None and series is not None else None


#: Names of blobs: the SHA-256 of the bytes, and a number that tells equal files apart.
BLOB = re.compile(r"sha256-[0-9a-f]{64}-[0-9a-f]{16}")


def blobs_of(dossier: Dossier) -> frozenset[str]:
    """The files of *dossier*: those of its documents, and those that its answers name."""
    return blobs_in(dossier.answers).union(attachment.blob for attachment in dossier.attachments)


def blobs_in(answers: Json) -> frozenset[str]:
    """The files that *answers* name."""
    return frozenset(text for text in texts_in(answers) if BLOB.fullmatch(text))
