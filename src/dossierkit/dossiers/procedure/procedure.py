"""A procedure (thủ tục): its form, and the facts about it in `x-procedure`."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Set

import attrs

from dossierkit.dossiers.codes import DEFAULT_RECEIPT, DEFAULT_TEMPLATE
from dossierkit.dossiers.lifecycle.dossier import Dossier
from dossierkit.dossiers.lifecycle.procedure_workflow import Workflow
from dossierkit.dossiers.procedure.procedure_block import AT, block_of, listed, usable_part
from dossierkit.dossiers.states import Channel
from dossierkit.dossiers.time_limits import TimeLimit
from dossierkit.findings import Problem
from dossierkit.forms.checks.conditions import Decision, decide
from dossierkit.forms.fields.form import Form, Layout
from dossierkit.forms.schema.located_schemas import MAIN
from dossierkit.forms.words.titles import translated
from dossierkit.pointers import Json


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

    def compound(self, address: str) -> Json:
        """The bundle as one schema: every other document is a resource under `$defs` (JSON Schema 2020-12, section 9.3).

        Args:
            address: the `$id` of the schema, if the file has none.
        """
        document = self.documents[""]
        assert isinstance(document, dict), "a procedure file is an object"
        others = {path: other for path, other in self.documents.items() if path}
        embedded = {path: {"$id": path, **other} if isinstance(other, dict) else other for path, other in others.items()}
        return {"$id": address, **document, **({"$defs": {**document.get("$defs", {}), **embedded}} if embedded else {})}


@attrs.frozen
class Entry:
    """A document, a time limit or a fee, as one of several cases; *when* is a JSON Schema on the answers."""

    values: Mapping[str, Json] = attrs.field(hash=False)
    #: Pointer to it in the file, for translations.
    origin: str

    def get(self, key: str) -> Json:
        """The value of *key*, or None."""
        return self.values.get(key)


def _offered(entry: Entry) -> Entry:
    return attrs.evolve(entry, values={**entry.values, "required": False})


@attrs.frozen(eq=False)
class Procedure:
    """One revision of a procedure."""

    code: str
    form: Form
    bundle: Bundle
    revision: str
    #: The usable part of `x-procedure`, in the shape of `procedure_block.SHAPE`; empty for a bare schema.
    block: Mapping[str, Json] = attrs.field(
        init=False, default=attrs.Factory(lambda self: usable_part(block_of(self.form.schema)), takes_self=True)
    )

    def __repr__(self) -> str:
        return f"<Procedure {self.code!r}, revision {self.revision[:8]}>"

    def text(self, key: str, language: str = "vi") -> str:
        """A text of the block in *language*; empty if there is none."""
        value = self.block.get(key, "")
        return translated(self.form, value, f"{MAIN}#{AT}/{key}", language) if value else ""

    def title(self, language: str = "vi") -> str:
        """Its title in *language*; the code if the file has none."""
        own = self.form.title
        return translated(self.form, own, f"{MAIN}#/title", language) if own else self.code

    def entries(self, key: str) -> tuple[Entry, ...]:
        """The cases of `documents`, `timeLimit`, `fees`, `results` or `legalBasis`."""
        entries = listed(self.block, key)
        return tuple(Entry({"title": entry} if isinstance(entry, str) else entry, origin) for origin, entry in entries)

    def documents(self, answers: Json) -> tuple[tuple[str, Entry], ...]:
        """The documents that are asked for with *answers*, each with its code: its own, or its place in the file.

        A document whose condition depends on an unanswered question is listed as optional.
        """
        decided = ((code, entry, self.decide(entry, answers).holds) for code, entry in self._coded())
        return tuple((code, entry if holds else _offered(entry)) for code, entry, holds in decided if holds is not False)

    @property
    def document_codes(self) -> frozenset[str]:
        """The codes of all its documents, whatever the answers."""
        return frozenset(code for code, _ in self._coded())

    def _coded(self) -> Iterator[tuple[str, Entry]]:
        entries = enumerate(self.entries("documents"), 1)
        return ((str(entry.values.get("code", number)), entry) for number, entry in entries)

    def missing(self, dossier: Dossier) -> tuple[str, ...]:
        """The codes of the documents that its answers require, and for which *dossier* has no file."""
        sent = {attachment.document for attachment in dossier.attachments}
        asked = self.documents(dossier.answers)
        return tuple(code for code, entry in asked if entry.get("required") is True and code not in sent)

    def declared(self, dossier: Dossier, answers: Json) -> tuple[str, ...]:
        """The codes of the documents for *answers* that may come on paper, and that the citizen declared to bring."""
        return tuple(code for code in self.paper_documents(answers) if code in dossier.declared)

    def paper_documents(self, answers: Json) -> tuple[str, ...]:
        """The codes of the documents for *answers* that may come on paper."""
        return tuple(code for code, entry in self.documents(answers) if entry.get("paper") is not False)

    def unsent(self, dossier: Dossier, answers: Json) -> tuple[Problem, ...]:
        """A problem at `document:CODE` for each document that *answers* require and that is neither sent nor declared."""
        sent = {attachment.document for attachment in dossier.attachments}
        return self.lacking(answers, sent.union(self.declared(dossier, answers)))

    def lacking(self, answers: Json, present: Set[str]) -> tuple[Problem, ...]:
        """A problem at `document:CODE` for each document that *answers* require and whose code is not in *present*."""
        required = {code for code, entry in self.documents(answers) if entry.get("required") is True}
        return self.absent(answers, required - present)

    def absent(self, answers: Json, codes: Set[str]) -> tuple[Problem, ...]:
        """A problem at `document:CODE` for each of *codes* that is a document for *answers*."""
        return tuple(
            Problem(
                f"document:{code}",
                "document-upload" if entry.get("paper") is False else "document",
                {"title": entry.get("title")},
                f"{MAIN}#{entry.origin}/title",
            )
            for code, entry in self.documents(answers)
            if code in codes
        )

    def words(self, entry: Entry, key: str, language: str = "vi") -> str:
        """A text of *entry* in *language*."""
        value = entry.values.get(key, "")
        return translated(self.form, value, f"{MAIN}#{entry.origin}/{key}", language) if value else ""

    def decide(self, entry: Entry, answers: Json, layout: Layout | None = None) -> Decision:
        """Whether *entry* applies to these answers, or the questions that decide it."""
        when = entry.get("when")
        return decide(self.form, when, answers, layout=layout) if when is not None else Decision(True)

    @property
    def code_template(self) -> str:
        """The template of its dossier codes."""
        return str(self.block.get("codeTemplate", DEFAULT_TEMPLATE))

    @property
    def receipt_template(self) -> str:
        """The template of its receipt numbers."""
        return str(self.block.get("receiptTemplate", DEFAULT_RECEIPT))

    def time_limit(self, answers: Json, channel: Channel = Channel.ONLINE) -> TimeLimit | None:
        """The time limit for *answers* that came by *channel*; None if the file promises none.

        If it depends on unanswered questions, it is the shortest of the possible ones.
        """
        possible = []
        for entry in self.entries("timeLimit"):
            holds = self.decide(entry, answers).holds if entry.get("channel") in (None, int(channel)) else False
            if holds is not False and "count" in entry.values:
                possible.append(TimeLimit.of(entry.values))
            if holds:
                break
        return min(possible, key=lambda limit: limit.working_days, default=None)

    @property
    def moves(self) -> Mapping[str, str]:
        """The new places of answers of earlier revisions: old place → new place, see `comparison.after_moves`."""
        return {move["from"]: move["to"] for move in self.block.get("migrate", ())}

    @property
    def workflow(self) -> Workflow:
        """The actions that it forbids, and its steps."""
        block = self.block.get("workflow", {})
        return Workflow(
            payment=block.get("payment", True),
            supplement=block.get("supplement", True),
            four_eyes=block.get("fourEyes", False),
            extensions=int(block.get("extensions", 1)),
            steps={step["code"]: step.get("title", step["code"]) for step in block.get("steps", ())},
        )

    @property
    def unit(self) -> str:
        """The id of the unit that handles its dossiers; empty if it names none."""
        return str(self.block.get("unit", ""))

    @property
    def sector(self) -> str:
        """The id of its sector (lĩnh vực); empty if it names none."""
        return str(self.block.get("sector", ""))

    @property
    def agency(self) -> str | None:
        """The id of the agency that receives its dossiers; None for that of the installation."""
        return self.block.get("agency")
