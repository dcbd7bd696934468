"""Faults in an `x-procedure` block, in words for its author."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from dossierkit.dossiers.codes import CodeTemplate, ReceiptTemplate
from dossierkit.dossiers.fees import KINDS, Collect
from dossierkit.dossiers.procedure import BLOCK_KEYS
from dossierkit.errors import CodeError
from dossierkit.forms.dialect import Dialect
from dossierkit.forms.form import Fault
from dossierkit.forms.pointers import Json, child, split
from dossierkit.text import meant

_TEMPLATES = {"codeTemplate": CodeTemplate, "receiptTemplate": ReceiptTemplate}
_WORKFLOW: Mapping[str, tuple[type, str]] = {
    "payment": (bool, "true or false"),
    "supplement": (bool, "true or false"),
    "fourEyes": (bool, "true or false"),
    "extensions": (int, "a whole number"),
    "steps": (list, 'a list of {"code": …, "title": …}'),
}
_FEE = ("title", "kind", "amount", "amountFrom", "collect", "when", "channel", "exempt", "note")
_PERSONS = ("owner", "submitter")


def block_faults(document: Json, dialect: Dialect) -> Iterator[Fault]:
    """Everything in the block of *document* that means nothing, or not what it says."""
    block = document.get("x-procedure") if isinstance(document, dict) else None
    if block is None:
        return
    if not isinstance(block, dict):
        yield Fault("bad-block", "/x-procedure", "x-procedure is an object: {…}")
        return
    yield from _unknown(block, "/x-procedure", BLOCK_KEYS)
    yield from _named(block, "sector", "sectors", dialect)
    yield from _named(block, "unit", "units", dialect)
    for key, template in _TEMPLATES.items():
        if isinstance(block.get(key), str):
            try:
                template(block[key])
            except CodeError as error:
                yield Fault("bad-template", child("/x-procedure", key), str(error))
    yield from _workflow(block.get("workflow"))
    yield from _persons(block.get("persons"), document)
    yield from _fees(block.get("fees"))
    yield from _migrate(block.get("migrate"), document)
    for key in ("source", "verified"):
        if key not in block:
            yield Fault("no-source", "/x-procedure", f"say where this comes from: {key!r} is missing", "advice")


def _unknown(block: Mapping[str, Json], where: str, known: Iterable[str]) -> Iterator[Fault]:
    for key in block:
        if key not in known:
            yield Fault("unknown-key", child(where, key), f"{key!r} means nothing here{_hint(key, known)}", "warning")


def _workflow(block: Json) -> Iterator[Fault]:
    where = "/x-procedure/workflow"
    if block is None:
        return
    if not isinstance(block, dict):
        yield Fault("bad-workflow", where, "workflow is an object: {…}")
        return
    yield from _unknown(block, where, _WORKFLOW)
    for key, (kind, words) in _WORKFLOW.items():
        if key in block and type(block[key]) is not kind:
            yield Fault("bad-workflow", child(where, key), f"{key} is {words}")
    steps = block.get("steps")
    for index, step in enumerate(steps if isinstance(steps, list) else ()):
        if not isinstance(step, dict) or not isinstance(step.get("code"), str):
            yield Fault("bad-workflow", f"{where}/steps/{index}", 'a step is {"code": …, "title": …}')


def _fees(listed: Json) -> Iterator[Fault]:
    for index, fee in enumerate(listed if isinstance(listed, list) else ()):
        where = f"/x-procedure/fees/{index}"
        if not isinstance(fee, dict):
            yield Fault("bad-fee", where, 'a fee is {"title": …, "kind": "phi", "amount": 150000}')
            continue
        yield from _unknown(fee, where, _FEE)
        amount, place = fee.get("amount"), fee.get("amountFrom")
        counts = type(amount) is int and amount >= 0
        if not counts and not (isinstance(place, str) and place.startswith("/")):
            yield Fault("bad-fee", where, "say the amount in đồng, or amountFrom: a place in the answers, such as /feePreview")
        for key, known in (("kind", KINDS), ("collect", tuple(one.value for one in Collect))):
            if key in fee and fee[key] not in known:
                yield Fault("bad-fee", child(where, key), f"{key} is one of {', '.join(known)}")


def _migrate(listed: Json, document: Mapping[str, Json]) -> Iterator[Fault]:
    if listed is None:
        return
    properties = document.get("properties")
    known = tuple(properties) if isinstance(properties, dict) else ()
    for index, move in enumerate(listed if isinstance(listed, list) else [None]):
        where = f"/x-procedure/migrate/{index}"
        places = [move.get(key) for key in ("from", "to")] if isinstance(move, dict) else [None]
        if not all(isinstance(place, str) and place.startswith("/") for place in places):
            yield Fault("bad-migrate", where, 'migrate is a list of {"from": "/old", "to": "/new"}')
        elif (first := split(str(places[1]))[0]) not in known:
            yield Fault("bad-migrate", child(where, "to"), f"the form has no {first!r}{_hint(first, known)}")


def _persons(block: Json, document: Mapping[str, Json]) -> Iterator[Fault]:
    where = "/x-procedure/persons"
    if block is None:
        return
    if not isinstance(block, dict):
        yield Fault("bad-persons", where, 'persons is an object: {"owner": "/applicant"}')
        return
    yield from _unknown(block, where, _PERSONS)
    properties = document.get("properties")
    known = tuple(properties) if isinstance(properties, dict) else ()
    for key in _PERSONS:
        pointer = block.get(key)
        if key not in block:
            continue
        if not isinstance(pointer, str) or not pointer.startswith("/"):
            yield Fault("bad-persons", child(where, key), "name a place in the answers, such as /applicant")
        elif split(pointer)[0] not in known:
            first = split(pointer)[0]
            yield Fault("bad-persons", child(where, key), f"the form has no {first!r}{_hint(first, known)}")


def _named(block: Mapping[str, Json], key: str, name: str, dialect: Dialect) -> Iterator[Fault]:
    options = dialect.options.get(name)
    value = block.get(key)
    if options is None or value is None or options.find(value, {}) is not None:
        return
    known = {str(choice.value) for choice in options.select({}, "", 10_000)}
    yield Fault(f"unknown-{key}", f"/x-procedure/{key}", f"the installation has no {key} {value!r}{_hint(str(value), known)}")


def _hint(word: str, known: Iterable[str]) -> str:
    return meant(word, known) or f"; known: {', '.join(sorted(known)[:12])}"
