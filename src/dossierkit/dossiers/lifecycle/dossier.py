"""The dossier (hồ sơ), its events and who acts: frozen values."""

from __future__ import annotations

import hashlib
import json
import re
from datetime import datetime

import attrs
import orjson

from dossierkit.converter import converter
from dossierkit.dossiers.codes import DossierCode, bare, series_of
from dossierkit.dossiers.lifecycle.facts import AcceptFacts, Digests, Facts, LetterFacts, SubmitFacts
from dossierkit.dossiers.lifecycle.handling import UNHANDLED, Handling
from dossierkit.dossiers.states import CITIZENS, Action, Role, State
from dossierkit.forms.fields.form import Layout
from dossierkit.pointers import Json, texts_in
from dossierkit.text import fold


@attrs.frozen
class Actor:
    """Who acts: *id* is opaque here (an account, or a guest's session)."""

    id: str
    role: Role = attrs.field(default=Role.CITIZEN, converter=Role)
    #: The unit that an officer works for; empty for everybody else.
    unit: str = ""

    @property
    def is_citizen(self) -> bool:
        """Whether it is somebody who files dossiers, and sees none but one's own."""
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
    """One dossier as it stands.  Every change has version + 1; *answers* lie apart from its history."""

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
    #: Goes into the digests of its events, and goes when it is erased: what they stood for can then no longer be guessed.
    salt: str = ""
    #: What the page of a draft has open: which branches were chosen, how many rows there are.  Empty once it was sent.
    layout: Layout = attrs.field(hash=False, default=Layout())
    #: The codes of documents that a draft's owner will hand in on paper; once it was sent, its handling says so.
    declared: tuple[str, ...] = ()


def may_see(dossier: Dossier, actor: Actor) -> bool:
    """Whether *dossier* exists for *actor*: its owner, and, once it was submitted, the officers of its unit.

    An admin of no unit sees those of all; the program sees everything.
    """
    if (actor.id and dossier.owner == actor.id) or actor.role is Role.SYSTEM:
        return True
    if actor.is_citizen or dossier.code is None:
        return False
    return actor.unit == dossier.handling.unit if actor.unit else actor.role is Role.ADMIN


@attrs.frozen
class Query:
    """Which dossiers somebody looks for; what is empty leaves all of them (cancelled drafts are named, or left out)."""

    #: Folded beginnings of words that stand in the title or in the answers.
    words: str = ""
    #: How its code begins, or a part of it.
    code: str = ""
    procedure: str = ""
    state: State | None = None
    #: Submitted at or after this instant, and before that one.
    since: datetime | None = None
    until: datetime | None = None
    #: Those of a unit; of all of them where empty.  Only a desk asks for it, never for drafts.
    unit: str = ""
    #: Those that somebody of the office works on.
    officer: str = ""
    #: Any of these states, where *state* is none.
    states: tuple[State, ...] = ()
    #: Due before this instant.
    due: datetime | None = None
    #: Only those whose owner waits for an answer to a message.
    unanswered: bool = False
    #: Only those that money came in for when nothing was owed, and that was not given back yet.
    surplus: bool = False

    def folded(self) -> Query:
        """The same, as stores compare it: words without accents, the letters and digits of the code; signs alone fit no code."""
        return attrs.evolve(self, words=fold(self.words), code=bare(self.code) or self.code.strip())


@attrs.frozen
class Event:
    """One thing that happened.  *hash* covers it and the hash of the event before it.

    It holds decisions, never personal data: answers are referred to by a salted digest.
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
class Said:
    """What was said with an event: it lies apart from the history, which only holds its digest, and can be erased."""

    text: str = ""
    #: The answers that a supplement mended, as they were before; None with any other action.
    before: Json = attrs.field(default=None, hash=False)

    def __bool__(self) -> bool:
        return bool(self.text) or self.before is not None


NOTHING_SAID = Said()
#: Which document a file is for that is none of those a procedure asks for.
RESULT = "@result"


def message_files(tag: str) -> str:
    """The document of files that came with the message whose event says *tag*."""
    return f"@message:{tag}"


def chained(dossier: str, number: int, action: Action, actor: str, at: datetime, facts: Facts, before: str) -> Event:
    """The event with its hash, given the hash *before* it (empty for the first)."""
    body = hashed_text([dossier, number, action.value, actor, at.isoformat(), converter.unstructure(facts), before])
    return Event(dossier, number, action, actor, at, facts, before, hashlib.sha256(body.encode()).hexdigest())


def digest(answers: Json, salt: str) -> str:
    """What an event says of *answers*: enough to prove them, nothing to read from."""
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


#: How a blob store calls what it keeps: the SHA-256 of the bytes, and which of several the same this one is.
BLOB = re.compile(r"sha256-[0-9a-f]{64}-[0-9a-f]{16}")


def blobs_of(dossier: Dossier) -> frozenset[str]:
    """The files of *dossier*: those of its documents, and those that its answers name."""
    return blobs_in(dossier.answers).union(one.blob for one in dossier.attachments)


def blobs_in(answers: Json) -> frozenset[str]:
    """The files that *answers* name."""
    return frozenset(text for text in texts_in(answers) if BLOB.fullmatch(text))
