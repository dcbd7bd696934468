"""A procedure (thủ tục): the form and what the office says about it, read from `x-procedure`."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

import attrs

from dossierkit.dossiers.codes import DEFAULT_RECEIPT, DEFAULT_TEMPLATE
from dossierkit.dossiers.deadlines import TimeLimit
from dossierkit.dossiers.dossier import Dossier
from dossierkit.dossiers.states import Channel
from dossierkit.dossiers.workflow import Workflow
from dossierkit.forms.document import value_of
from dossierkit.forms.form import Form
from dossierkit.forms.judge import Judge, Verdict
from dossierkit.forms.messages import translated
from dossierkit.forms.pointers import Json
from dossierkit.forms.schemas import MAIN

#: Every key of `x-procedure`; lint points out others.
BLOCK_KEYS = frozenset(
    [
        "code",
        "title",
        "unit",
        "sector",
        "agency",
        "audience",
        "level",
        "guidance",
        "documents",
        "timeLimit",
        "fees",
        "results",
        "legalBasis",
        "sections",
        "codeTemplate",
        "receiptTemplate",
        "workflow",
        "retention",
        "effectiveFrom",
        "effectiveUntil",
        "source",
        "verified",
        "codeVerified",
        "formCode",
        "minutes",
        "persons",
        "migrate",
        "purpose",
        "replaces",
    ]
)


@attrs.frozen
class Bundle:
    """A procedure file and every file that it reaches: path (empty for itself) → JSON.  Never changed once used."""

    documents: Mapping[str, Json] = attrs.field(hash=False)

    def __repr__(self) -> str:
        return f"<Bundle of {len(self.documents)} documents>"

    @property
    def revision(self) -> str:
        """The SHA-256 of the canonical bundle, 64 hexadecimal digits."""
        return hashlib.sha256(self.canonical()).hexdigest()

    def canonical(self) -> bytes:
        """The bundle in its one spelling; members keep their order, which is the order of the form."""
        ordered = {path: self.documents[path] for path in sorted(self.documents)}
        return json.dumps(ordered, ensure_ascii=False, separators=(",", ":")).encode()


@attrs.frozen
class Entry:
    """A document, a time limit or a fee, as one of several cases; *when* is a JSON Schema on the answers."""

    values: Mapping[str, Json] = attrs.field(hash=False)
    #: Where it stands, for translations.
    origin: str

    def get(self, key: str) -> Json:
        """The value of *key*, or None."""
        return self.values.get(key)


@attrs.frozen(eq=False)
class Procedure:
    """One revision of a procedure."""

    code: str
    form: Form
    bundle: Bundle
    revision: str

    def __repr__(self) -> str:
        return f"<Procedure {self.code!r}, revision {self.revision[:8]}>"

    @property
    def block(self) -> Mapping[str, Json]:
        """The `x-procedure` block, empty for a bare schema."""
        block = self.form.schema.get("x-procedure") if isinstance(self.form.schema, dict) else None
        return block if isinstance(block, dict) else {}

    def text(self, key: str, language: str = "vi") -> str:
        """A text of the block in *language*, empty where there is none."""
        value = self.block.get(key)
        return translated(self.form, value, f"{MAIN}#/x-procedure/{key}", language) if isinstance(value, str) else ""

    def title(self, language: str = "vi") -> str:
        """What people call it; the code where the file has no title."""
        own = self.form.title
        return translated(self.form, own, f"{MAIN}#/title", language) if own else self.code

    def entries(self, key: str) -> tuple[Entry, ...]:
        """The cases of `documents`, `timeLimit`, `fees`, `results` or `legalBasis`."""
        value = self.block.get(key)
        listed = value if isinstance(value, list) else [value] if value is not None else []
        where = f"/x-procedure/{key}"
        return tuple(
            Entry(item if isinstance(item, dict) else {"title": item}, f"{where}/{index}" if isinstance(value, list) else where)
            for index, item in enumerate(listed)
        )

    def documents(self, answers: Json) -> tuple[tuple[str, Entry], ...]:
        """The documents that are asked for with *answers*, each with its code: its own, or its place in the file."""
        entries = enumerate(self.entries("documents"), 1)
        coded = ((str(entry.get("code") or number), entry) for number, entry in entries)
        return tuple((code, entry) for code, entry in coded if self.applies(entry, answers))

    def missing(self, dossier: Dossier) -> tuple[str, ...]:
        """The codes of the documents that are required with its answers, and that no file of *dossier* is for."""
        sent = {one.document for one in dossier.attachments}
        asked = self.documents(dossier.answers)
        return tuple(code for code, entry in asked if entry.get("required") is True and code not in sent)

    def words(self, entry: Entry, key: str, language: str = "vi") -> str:
        """A text of *entry* in *language*."""
        value = entry.get(key)
        return translated(self.form, value, f"{MAIN}#{entry.origin}/{key}", language) if isinstance(value, str) else ""

    def applies(self, entry: Entry, answers: Json) -> bool:
        """Whether *entry* is the case of these answers."""
        when = entry.get("when")
        if when is None:
            return True
        memo = self.form.schemas.memo
        verdict = memo.get(("when", id(when)))
        if verdict is None:
            # The schema lives as long as the form does, and is asked for with every dossier.
            verdict = memo["when", id(when)] = Judge().compile(value_of(when))
        assert isinstance(verdict, Verdict)
        return verdict.accepts(value_of(answers))

    @property
    def code_template(self) -> str:
        """How its dossier codes are written."""
        value = self.block.get("codeTemplate")
        return value if isinstance(value, str) else DEFAULT_TEMPLATE

    @property
    def receipt_template(self) -> str:
        """How its receipt numbers are written."""
        value = self.block.get("receiptTemplate")
        return value if isinstance(value, str) else DEFAULT_RECEIPT

    def time_limit(self, answers: Json, channel: Channel = Channel.ONLINE) -> TimeLimit | None:
        """How long the office has with *answers* that came by *channel*; None where nothing is promised."""
        for entry in self.entries("timeLimit"):
            wanted = entry.get("channel")
            if (wanted is None or wanted == int(channel)) and self.applies(entry, answers):
                return TimeLimit.of(entry.values) if entry.get("noDueDate") is not True else None
        return None

    @property
    def moves(self) -> Mapping[str, str]:
        """Where answers of earlier revisions stand in this one: old place → new place, see `comparing.after_moves`."""
        listed = self.block.get("migrate")
        pairs = ((one.get("from"), one.get("to")) for one in listed if isinstance(one, dict)) if isinstance(listed, list) else ()
        return {old: new for old, new in pairs if isinstance(old, str) and isinstance(new, str)}

    @property
    def workflow(self) -> Workflow:
        """How it narrows what can happen to its dossiers."""
        block = self.block.get("workflow")
        said: Mapping[str, Json] = block if isinstance(block, dict) else {}
        steps = {str(one["code"]): str(one.get("title", one["code"])) for one in said.get("steps", ())}
        return Workflow(
            payment=said.get("payment") is not False,
            supplement=said.get("supplement") is not False,
            four_eyes=said.get("fourEyes") is True,
            extensions=int(said.get("extensions", 1)),
            steps=steps,
        )

    @property
    def unit(self) -> str:
        """The id of the unit that handles its dossiers; empty where none is named."""
        value = self.block.get("unit")
        return value if isinstance(value, str) else ""

    @property
    def sector(self) -> str:
        """The id of its sector (lĩnh vực); empty where none is named."""
        value = self.block.get("sector")
        return value if isinstance(value, str) else ""

    @property
    def agency(self) -> str | None:
        """The id of the agency that takes its dossiers in, or None for the installation's."""
        value = self.block.get("agency")
        return value if isinstance(value, str) else None
