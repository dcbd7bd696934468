"""The shape of `x-procedure`, member by member.

`SHAPE` is the one place that knows the members: files that differ from it are refused, lint explains the difference in its
words, and `usable_part` gives what is still valid of an older one.  A new member is added here, and read in `procedure`.
Members that begin with `x-`, and `$comment`, are the author's own and ignored.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from functools import cache

from dossierkit.dossiers.codes import CodeTemplate, ReceiptTemplate, is_agency, parse_code
from dossierkit.dossiers.states import Channel
from dossierkit.dossiers.time_limits import Unit
from dossierkit.errors import CodeError
from dossierkit.findings import Fault
from dossierkit.forms.schema.document import value_of
from dossierkit.forms.schema.formats import is_day
from dossierkit.forms.schema.judge import InvalidSchema, Judge, Validator
from dossierkit.forms.schema.shapes import shape_faults
from dossierkit.pointers import Json, split
from dossierkit.translatable import Words

AT = "/x-procedure"
#: A fee for a service, and a levy.
KINDS = ("phi", "le-phi")
#: When a fee is collected.
COLLECT = ("submission", "request", "result")
#: The longest time limit, in its unit; a longer one is a slip of the pen.
LONGEST = 3_650
#: The highest amount of a fee, in đồng; a higher one is a slip of the pen.
DEAREST = 10**12


def _text(words: str) -> Json:
    return {"type": "string", "pattern": r"\S", "description": words}


def _flag(words: str) -> Json:
    return {"type": "boolean", "description": f"{words}: true or false"}


def _count(words: str, least: int, most: int) -> Json:
    return {
        "type": "integer",
        "minimum": least,
        "maximum": most,
        "description": f"{words}: a whole number from {least} to {most}",
    }


def _one_of(words: str, *values: Json) -> Json:
    listed = ", ".join(str(value) for value in values)
    return {"enum": [*values], "description": f"{words}: one of {listed}"}


def _place(words: str) -> Json:
    return {"type": "string", "pattern": "^/.", "description": f"{words}: a place in the answers, such as /applicant"}


def _day(words: str) -> Json:
    return {"type": "string", "format": "day", "description": f"{words}: a day, written 2026-11-22"}


def _object(words: str, members: Mapping[str, Json], *required: str) -> dict[str, Json]:
    return {
        "type": "object",
        "properties": dict(members),
        "patternProperties": {r"^x-|^\$comment$": {}},
        "additionalProperties": False,
        "required": [*required],
        "description": words,
    }


def _list(words: str, items: Json) -> Json:
    return {"type": "array", "items": items, "description": words}


def _or_text(entry: Json) -> Json:
    """The schema *entry*, or a title alone as the short form of an entry."""
    return {"if": {"type": "string"}, "then": _text("a title is not blank"), "else": entry}


def _or_one(words: str, entry: Json) -> Json:
    """A list of *entry*, or one entry alone as the short form of a list."""
    return {"if": {"type": "array"}, "then": _list(words, entry), "else": entry}


_TITLE = _text("title: words for people")
_NOTE = _text("note: words for people")
_WHEN = {"type": "object", "description": 'when: a JSON Schema on the answers, such as {"required": ["urgent"]}'}
_CHANNEL = _one_of("channel (1 the counter, 2 online, 3 by post)", *map(int, Channel))

_DOCUMENT = _object(
    'a document is {"title": …, "code": …, "required": true, "when": …}',
    {
        "title": _TITLE,
        "code": {
            "type": "string",
            "pattern": "^[A-Za-z0-9._-]{1,60}$",
            "description": "code: up to 60 letters, digits, . _ and -",
        },
        "required": _flag("required"),
        "paper": _flag("paper"),
        "note": _NOTE,
        "when": _WHEN,
    },
    "title",
)

_TIME_LIMIT = {
    **_object(
        'a time limit is {"count": 5, "unit": "working"}, or {"noDueDate": true}',
        {
            "count": _count("count, of working days, days or hours", 1, LONGEST),
            "unit": _one_of("unit", *(unit.value for unit in Unit)),
            "sameDay": _flag("sameDay"),
            "afterSupplement": _count("afterSupplement, in the unit of the limit", 1, LONGEST),
            "noDueDate": _flag("noDueDate"),
            "title": _TITLE,
            "note": _NOTE,
            "when": _WHEN,
            "channel": _CHANNEL,
        },
    ),
    "if": {"properties": {"noDueDate": {"const": True}}, "required": ["noDueDate"]},
    "then": {
        "not": {"anyOf": [{"required": [name]} for name in ("count", "unit", "sameDay", "afterSupplement")]},
        "description": "noDueDate promises nothing: leave out count, unit, sameDay and afterSupplement, or noDueDate",
    },
    "else": {
        "required": ["count"],
        "description": "say how long: a count of days or hours, or noDueDate",
        "allOf": [
            {
                "if": {"properties": {"sameDay": {"const": True}}, "required": ["sameDay"]},
                "then": {
                    "properties": {"unit": {"enum": [Unit.WORKING.value, Unit.CALENDAR.value]}},
                    "description": "sameDay goes with a count of days, not of hours",
                },
            }
        ],
    },
}

_EXEMPTION = _object('an exemption is {"title": …, "when": …}', {"title": _TITLE, "note": _NOTE, "when": _WHEN}, "title", "when")

_FEE = {
    **_object(
        'a fee is {"title": …, "kind": "phi", "amount": 150000}',
        {
            "title": _TITLE,
            "kind": _one_of("kind (a fee for a service, or a levy)", *KINDS),
            "amount": _count("amount, in đồng", 0, DEAREST),
            "amountFrom": _place("amountFrom"),
            "assessed": {"const": True, "description": "assessed: true, where an officer says how much it is"},
            "collect": _one_of("collect", *COLLECT),
            "when": _WHEN,
            "channel": _CHANNEL,
            "exempt": _list('exempt is a list of {"title": …, "when": …}', _EXEMPTION),
            "note": _NOTE,
        },
        "title",
        "kind",
    ),
    "allOf": [
        {
            "oneOf": [{"required": ["amount"]}, {"required": ["amountFrom"]}, {"required": ["assessed"]}],
            "description": "say one of: amount in đồng; amountFrom, a place in the answers; assessed, where an officer decides",
        }
    ],
}

_STEP = _object(
    'a step is {"code": "measured", "title": "Đo đạc"}',
    {
        "code": {"type": "string", "pattern": "^[A-Za-z0-9._-]{1,60}$", "description": "code: letters, digits, . _ and -"},
        "title": _TITLE,
    },
    "code",
)

#: The members of `x-procedure`.
SHAPE: Mapping[str, Json] = _object(
    "x-procedure is an object: {…}",
    {
        "code": {
            "type": "string",
            # It is part of addresses: a slash would be another page, and browsers take one or two dots away.
            "pattern": r"^[^\s/\p{Cc}]([^/\p{Cc}]{0,98}[^\s/\p{Cc}])?$",
            "not": {"enum": [".", ".."]},
            "description": 'code: up to 100 characters, no slash among them, such as "1.012786"',
        },
        "title": _TITLE,
        "unit": _text("unit: the id of a unit of the installation"),
        "sector": _text("sector: the id of a sector of the installation"),
        "agency": {"type": "string", "format": "agency", "description": "agency: the code of an agency, such as H29.15"},
        "audience": _list("audience is a list of words", _one_of("audience", "individual", "organization")),
        "level": _text("level: how much is done online, in words"),
        "guidance": _text("guidance: words for people, in Markdown"),
        "purpose": _text("purpose: what personal data is for, in words"),
        "documents": _or_one("documents is a list of {…}", _or_text(_DOCUMENT)),
        "timeLimit": _or_one("timeLimit is a list of {…}", _TIME_LIMIT),
        "fees": _or_one("fees is a list of {…}", _FEE),
        "results": _or_one(
            "results is a list of {…}", _or_text(_object('a result is {"title": …}', {"title": _TITLE, "note": _NOTE}, "title"))
        ),
        "legalBasis": _or_one(
            "legalBasis is a list of {…}",
            _or_text(_object('a legal basis is {"title": …}', {"title": _TITLE, "note": _NOTE}, "title")),
        ),
        "sections": _list(
            'sections is a list of {"title": …, "fields": […]}',
            _object(
                'a section is {"title": …, "fields": ["/name"]}',
                {"title": _TITLE, "fields": _list("fields is a list of places", _place("a field"))},
                "title",
                "fields",
            ),
        ),
        "codeTemplate": {
            "type": "string",
            "format": "code-template",
            "description": "codeTemplate gives codes such as H29.15-261122-0001: {agency}-{yymmdd}-{number:4}",
        },
        "receiptTemplate": {
            "type": "string",
            "format": "receipt-template",
            "description": "receiptTemplate holds {agency}, {number} and {year}",
        },
        "workflow": _object(
            "workflow is an object: {…}",
            {
                "payment": _flag("payment"),
                "supplement": _flag("supplement"),
                "fourEyes": _flag("fourEyes"),
                "extensions": _count("extensions", 0, 100),
                "steps": _list('steps is a list of {"code": …, "title": …}', _STEP),
            },
        ),
        "persons": _object(
            'persons is an object: {"owner": "/applicant"}', {"owner": _place("owner"), "submitter": _place("submitter")}
        ),
        "delivery": _object(
            'delivery is an object: {"how": "/delivery", "address": "/postalAddress"}',
            {"how": _place("how"), "address": _place("address")},
            "how",
        ),
        "migrate": _list(
            'migrate is a list of {"from": "/old", "to": "/new"}',
            _object('a move is {"from": "/old", "to": "/new"}', {"from": _place("from"), "to": _place("to")}, "from", "to"),
        ),
        "retention": _count("retention, in years", 1, 100),
        "effectiveFrom": _day("effectiveFrom"),
        "effectiveUntil": _day("effectiveUntil"),
        "source": _text("source: where this comes from, in words"),
        "verified": _flag("verified"),
        "codeVerified": _flag("codeVerified"),
        "formCode": _text("formCode: the number of the printed form"),
        "minutes": _count("minutes that filling it in takes", 1, 1_000),
        "replaces": _or_one("replaces is a list of codes", _text("replaces: the code of a procedure")),
    },
)


def _issues_codes(template: str) -> bool:
    """Whether the codes that *template* makes can be looked up again."""
    try:
        codes = [CodeTemplate(template).issue("H29.15", date(2026, 11, 22), number) for number in (1, 12_345)]
        return [parse_code(code.text) for code in codes] == codes
    except CodeError:
        return False


def _issues_receipts(template: str) -> bool:
    try:
        return bool(ReceiptTemplate(template).issue("H29.15", date(2026, 11, 22), 1))
    except CodeError:
        return False


_FORMATS: Mapping[str, Callable[[str], bool]] = {
    "agency": is_agency,
    "day": is_day,
    "code-template": _issues_codes,
    "receipt-template": _issues_receipts,
}


@cache
def _validator() -> Validator:
    return Judge(formats=_FORMATS).compile(SHAPE)


#: Member → the code of its faults; `bad-block` for any other.
_CODES: Mapping[str, str] = {
    "codeTemplate": "bad-template",
    "receiptTemplate": "bad-template",
    "workflow": "bad-workflow",
    "fees": "bad-fee",
    "migrate": "bad-migrate",
    "persons": "bad-persons",
    "delivery": "bad-delivery",
    "timeLimit": "bad-time-limit",
    "documents": "bad-document",
}


def block_of(document: Json) -> Json:
    """The `x-procedure` block of *document*; empty for a bare schema."""
    block = document.get("x-procedure", {}) if isinstance(document, dict) else {}
    return value_of(block)


def misshapen(block: Json) -> tuple[Fault, ...]:
    """A fault for each place where *block* differs from `SHAPE`, and for each `when` that is no JSON Schema."""
    faults = tuple(shape_faults(SHAPE, _validator(), block, AT, code=fault_code))
    return (*faults, *_conditions(block)) if isinstance(block, dict) else faults


def fault_code(pointer: str) -> str:
    """The stable code of faults at *pointer* in a block."""
    return _CODES.get("".join(split(pointer)[1:2]), "bad-block")


def _conditions(block: Mapping[str, Json]) -> Iterator[Fault]:
    for pointer, when in conditions(block):
        try:
            Judge().compile(when)
        except InvalidSchema as error:
            yield Fault("bad-when", pointer, Words("when is not a JSON Schema: {error}", error=error))


def conditions(block: Mapping[str, Json]) -> Iterator[tuple[str, Json]]:
    """The pointer and the schema of each `when` in *block*."""
    for key in ("documents", "timeLimit", "fees"):
        for pointer, entry in listed(block, key):
            for place, case in ((pointer, entry), *_exemptions(pointer, entry)):
                if isinstance(case, dict) and isinstance(case.get("when"), dict):
                    yield f"{place}/when", case["when"]


def _exemptions(pointer: str, entry: Json) -> Iterator[tuple[str, Json]]:
    rules = entry.get("exempt") if isinstance(entry, dict) else None
    for index, rule in enumerate(rules if isinstance(rules, list) else ()):
        yield f"{pointer}/exempt/{index}", rule


def listed(block: Mapping[str, Json], key: str) -> tuple[tuple[str, Json], ...]:
    """The pointer and the value of each entry of *key*, which may be a list or one entry alone."""
    value = block.get(key, [])
    if isinstance(value, list):
        return tuple((f"{AT}/{key}/{index}", entry) for index, entry in enumerate(value))
    return ((f"{AT}/{key}", value),)


def usable_part(block: Json) -> Mapping[str, Json]:
    """The usable part of *block*: all of it, unless an earlier version accepted members that are refused now.

    An invalid fee is left for an officer to assess, an invalid document keeps its title and its position; any other
    invalid member counts as missing: there is no due day, and the agency of the installation issues codes.
    """
    if not isinstance(block, dict):
        return {}
    faults = misshapen(block)
    if not faults:
        return block
    broken: dict[str, set[str]] = {}
    for fault in faults:
        key, *below = split(fault.pointer)[1:]
        broken.setdefault(key, set()).add(below[0] if below and isinstance(block.get(key), list) else "")
    return {key: value for key, value in block.items() if key not in broken} | {
        key: _repaired(block, key, places)
        for key, places in broken.items()
        if key in _REPAIRED and isinstance(block[key], dict | list)
    }


def _repaired(block: Mapping[str, Json], key: str, broken: set[str]) -> Json:
    repair = _REPAIRED[key]
    return [
        repair(entry) if not broken.isdisjoint({"", str(index)}) else entry for index, (_, entry) in enumerate(listed(block, key))
    ]


def _titled(entry: Json) -> Json:
    title = entry.get("title") if isinstance(entry, dict) else entry
    return {"title": title if isinstance(title, str) and title.strip() else "–"}


def _assessed(entry: Json) -> Json:
    collect = entry.get("collect") if isinstance(entry, dict) else None
    return {**_titled(entry), "kind": KINDS[0], "assessed": True, **({"collect": collect} if collect in COLLECT else {})}


_REPAIRED: Mapping[str, Callable[[Json], Json]] = {"documents": _titled, "fees": _assessed}
