"""Lint of what is said about fields: rules, sections, messages, translations."""

from __future__ import annotations

from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter

from dossierkit.findings import Fault
from dossierkit.forms.fields.applicators import possible_members
from dossierkit.forms.fields.form import Form
from dossierkit.forms.fields.places import is_declared
from dossierkit.forms.lint.condition_lint import can_be, never, seeds_at
from dossierkit.forms.schema.located_schemas import file_of
from dossierkit.forms.schema.rule_functions import FUNCTIONS
from dossierkit.forms.schema.rule_readings import readings
from dossierkit.forms.schema.rules import Expression
from dossierkit.forms.schema.subschemas import every_schema
from dossierkit.pointers import ABSENT, Json, child, get, split
from dossierkit.text import known_hint, meant
from dossierkit.translatable import Words

#: What CEL has of its own.
_BUILT_IN = frozenset(
    [
        "all",
        "exists",
        "exists_one",
        "map",
        "filter",
        "has",
        "size",
        "int",
        "uint",
        "double",
        "string",
        "bool",
        "bytes",
        "type",
        "dyn",
        "duration",
        "timestamp",
        "matches",
        "contains",
        "startsWith",
        "endsWith",
        "getFullYear",
        "getMonth",
        "getDate",
        "getDayOfMonth",
        "getDayOfWeek",
        "getDayOfYear",
        "getHours",
        "getMinutes",
        "getSeconds",
        "getMilliseconds",
        "min",
        "max",
    ]
)
_TEXTS = ("title", "description")


def rule_faults(form: Form) -> Iterator[Fault]:
    """Rules and computed values that can never run: they read or call unknown names, or their pointer leads nowhere."""
    names = set(_top(form)) | {"answers", "today"}
    expressions = [(rule.expression, rule.at, f"{rule.origin}/rule", f"{rule.origin}/at") for rule in form.rules]
    expressions += [(value.expression, value.at, value.origin, value.origin) for value in form.computed]
    for expression, at, where, place in expressions:
        yield from _unknown(form, expression, names, where)
        yield from _read(form, expression, where)
        if not _leads_to_field(form, at):
            yield Fault("dangling-pointer", place, Words("{at!r} leads to no field", at=at))


def cycle_faults(form: Form) -> Iterator[Fault]:
    """A warning if computed values need each other, or themselves: no order gives them their values."""
    origins = {value.at: value.origin for value in form.computed}
    needs = {value.at: {at for at in origins if _reads(value.expression, at)} for value in form.computed}
    try:
        TopologicalSorter(needs).prepare()
    except CycleError as error:
        cycle = error.args[1]
        message = Words(
            "computed values need each other: {cycle}; compute one of them from other answers", cycle=" ← ".join(cycle)
        )
        yield Fault("computed-cycle", origins[cycle[0]], message, "warning")


def _reads(expression: Expression, at: str) -> bool:
    """Whether *expression* reads the answer *at*, a part of it, or one that contains it."""
    pointers = (reading.pointer for reading in readings(expression.source))
    return any(f"{pointer}/".startswith(f"{at}/") or at.startswith(f"{pointer}/") for pointer in pointers)


def section_faults(form: Form) -> Iterator[Fault]:
    """Sections that list unknown fields, and fields that no section lists."""
    for index, section in enumerate(form.sections):
        for number, pointer in enumerate(section.fields):
            if not _leads_to_field(form, pointer):
                at = f"/x-procedure/sections/{index}/fields/{number}"
                yield Fault(
                    "dangling-pointer",
                    at,
                    Words("{pointer!r} leads to no field{hint}", pointer=pointer, hint=_meant_place(form, pointer)),
                )
    if form.sections:
        listed = {pointer for section in form.sections for pointer in section.fields}
        for name in sorted(_top(form)):
            if child("", name) not in listed:
                yield Fault(
                    "unlisted-field",
                    "/x-procedure/sections",
                    Words("no section lists {pointer!r}; it is shown last", pointer=child("", name)),
                    "warning",
                )


def _read(form: Form, expression: Expression, where: str) -> Iterator[Fault]:
    """Places that an expression reads where no field is, and literals that no answer there ever is."""
    for reading in readings(expression.source):
        tokens = split(reading.pointer)
        # `_unknown` reports a name that no field has, unless it is read from `answers`.
        is_reported = tokens[0] in expression.names and not seeds_at(form, child("", tokens[0]))
        if is_reported:
            continue
        if missing := _first_missing(form, tokens):
            above, name = missing
            known = possible_members(form.schemas, seeds_at(form, above))
            message = Words(
                "the rule reads {name!r}, which is not a field{hint}", name=child(above, name), hint=known_hint(name, known)
            )
            yield Fault("unknown-name", where, message)
        elif seeds := seeds_at(form, reading.pointer):
            for literal in reading.literals:
                # Authors compare with the empty text to mean that there is no answer.
                if literal != "" and not can_be(form, seeds, literal):
                    yield never(where, form, seeds, literal, "error")


def _first_missing(form: Form, tokens: tuple[str, ...]) -> tuple[str, str] | None:
    """Where a place ends, and the name that is not below it; None where all are, or anything may be."""
    above = ""
    for name in tokens:
        if not seeds_at(form, child(above, name)):
            return (above, name) if possible_members(form.schemas, seeds_at(form, above)) else None
        above = child(above, name)
    return None


def _meant_place(form: Form, pointer: str) -> Words:
    """A hint at the name that was meant where *pointer* leads nowhere."""
    missing = _first_missing(form, split(pointer)) if pointer.startswith("/") else None
    if missing is None:
        return Words("")
    above, name = missing
    return known_hint(name, possible_members(form.schemas, seeds_at(form, above)))


def _leads_to_field(form: Form, pointer: str) -> bool:
    try:
        return is_declared(form, pointer)
    except ValueError:
        return False


def _top(form: Form) -> frozenset[str]:
    return frozenset(possible_members(form.schemas, (form.root,)))


def _unknown(form: Form, expression: Expression, names: set[str], where: str) -> Iterator[Fault]:
    for name in sorted(expression.names - names):
        yield Fault(
            "unknown-name",
            where,
            Words("the rule reads {name!r}, which is not a field{hint}", name=name, hint=meant(name, names)),
        )
    known = _BUILT_IN | FUNCTIONS.keys() | form.dialect.functions.keys()
    for call in sorted(expression.calls):
        if call.isidentifier() and not call.startswith(("_", "@")) and call not in known:
            yield Fault(
                "unknown-function",
                where,
                Words("the rule calls {call!r}, which is not a function{hint}", call=call, hint=meant(call, known)),
            )


def translation_faults(form: Form) -> Iterator[Fault]:
    """Texts without a translation, and translations without a text, in every file."""
    for uri, document in form.schemas.documents.items():
        if not isinstance(document, dict):
            continue
        file = file_of(uri)
        block = document.get("x-translations")
        if not isinstance(block, dict):
            if any(True for _ in texts(document)):
                yield Fault(
                    "no-translations",
                    "",
                    Words("there is no x-translations, so English pages show this text as it is"),
                    "advice",
                    file,
                )
            continue
        for language, known in block.items():
            where = child("/x-translations", language)
            for pointer in known if isinstance(known, dict) else ():
                if not isinstance(_text_at(document, pointer), str):
                    yield Fault(
                        "stale-translation",
                        child(where, pointer),
                        Words("{pointer!r} leads to no text", pointer=pointer),
                        "error",
                        file,
                    )
            for pointer, text in texts(document):
                if pointer not in known and any(c.isalpha() for c in text) and not text.isascii():
                    message = Words("{pointer!r} ({text!r}) has no translation", pointer=pointer, text=text[:40])
                    yield Fault("missing-translation", where, message, "warning", file)


def _text_at(document: Json, pointer: str) -> Json:
    try:
        return get(document, pointer)
    except ValueError:
        return ABSENT


def texts(document: Json) -> Iterator[tuple[str, str]]:
    """(pointer, text) of everything in *document* that a person may read."""
    for pointer, schema in every_schema(document):
        if not isinstance(schema, dict):
            continue
        for keyword in _TEXTS:
            if isinstance(schema.get(keyword), str):
                yield f"{pointer}/{keyword}", schema[keyword]
        messages = schema.get("x-messages")
        for rule, text in messages.items() if isinstance(messages, dict) else ():
            yield child(f"{pointer}/x-messages", rule), str(text)
    rules = document.get("x-rules")
    for index, rule in enumerate(rules or ()):
        yield f"/x-rules/{index}/message", str(rule["message"])
    block = document.get("x-procedure")
    if isinstance(block, dict):
        yield from _block_texts(block)


def _block_texts(block: dict[str, Json]) -> Iterator[tuple[str, str]]:
    for key in ("guidance", "purpose", "source"):
        if isinstance(block.get(key), str):
            yield f"/x-procedure/{key}", block[key]
    for key in ("documents", "timeLimit", "fees", "results", "legalBasis", "sections"):
        entries = block.get(key)
        for index, entry in enumerate(entries if isinstance(entries, list) else ()):
            for word in ("title", "note"):
                if isinstance(entry, dict) and isinstance(entry.get(word), str):
                    yield f"/x-procedure/{key}/{index}/{word}", entry[word]
