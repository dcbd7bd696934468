"""Rewrites schemas of drafts 4 to 7 and 2019-09 as 2020-12, with advice for each change."""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping

from dossierkit.findings import Fault
from dossierkit.forms.schema.subschemas import MANY, NAMED, ONE, subschemas
from dossierkit.pointers import Json, child
from dossierkit.translatable import Words

#: Keyword → the draft that introduced it; older drafts ignore it.
_ADDED: Mapping[str, str] = {
    **dict.fromkeys(("const", "contains", "propertyNames", "examples"), "6"),
    **dict.fromkeys(("if", "then", "else", "readOnly", "writeOnly", "$comment", "contentEncoding", "contentMediaType"), "7"),
    **dict.fromkeys(("$anchor", "dependentRequired", "dependentSchemas", "minContains", "maxContains", "deprecated"), "2019-09"),
    **dict.fromkeys(
        ("unevaluatedItems", "unevaluatedProperties", "contentSchema", "$recursiveRef", "$recursiveAnchor"), "2019-09"
    ),
    **dict.fromkeys(("prefixItems", "$dynamicRef", "$dynamicAnchor"), "2020-12"),
}
#: In the order of their publication.
_DRAFTS = ("4", "6", "7", "2019-09", "2020-12")
#: Annotation → type of its value: with such a value it is kept in an older draft, because it asserts nothing.
_ANNOTATIONS: Mapping[str, type] = {
    **dict.fromkeys(("readOnly", "writeOnly", "deprecated"), bool),
    **dict.fromkeys(("$comment", "contentEncoding", "contentMediaType"), str),
    "examples": list,
}
_ANCHOR = re.compile(r"[A-Za-z_][-A-Za-z0-9._]*")

DRAFT = "https://json-schema.org/draft/2020-12/schema"

_OLD = re.compile(r"https?://json-schema\.org/(?:draft-0([467])|draft/(2019-09)|schema)(?:/schema)?#?")


def draft_of(schema: Json) -> str | None:
    """The older draft of *schema*, by `$schema` or else by its keywords: `4`, `6`, `7` or `2019-09`; None for 2020-12."""
    if not isinstance(schema, dict):
        return None
    named = schema.get("$schema")
    if isinstance(named, str):
        match = _OLD.fullmatch(named)
        return (match[1] or match[2] or "7") if match else None
    return "7" if _is_old(schema) else None


def upgrade(schema: Json) -> tuple[Json, tuple[Fault, ...]]:
    """*schema* as a 2020-12 schema of the same meaning, and advice for each change; a 2020-12 schema is returned as it is."""
    draft = draft_of(schema)
    if draft is None:
        return schema, ()
    advice: list[Fault] = []
    if "$schema" in schema:
        schema = _without_newer_keywords(schema, draft, advice)
    upgraded = _upgraded(schema, "", draft, advice)
    upgraded["$schema"] = DRAFT
    advice.insert(
        0,
        Fault(
            "old-draft",
            "/$schema" if "$schema" in schema else "",
            Words("draft {draft} is read as 2020-12; write 2020-12", draft=draft),
            "advice",
        ),
    )
    return upgraded, tuple(advice)


def _without_newer_keywords(schema: Json, draft: str, advice: list[Fault]) -> Json:
    """A copy of *schema* without the keywords that its draft does not define, and so ignores."""
    result = copy.deepcopy(schema)
    pending = [("", result)]
    while pending:
        pointer, item = pending.pop()
        if not isinstance(item, dict):
            continue
        for keyword in [keyword for keyword, value in item.items() if _is_unknown(keyword, value, draft)]:
            del item[keyword]
            message = Words(
                "draft {draft} does not know {keyword!r}, so it means nothing; name a newer draft in $schema",
                draft=draft,
                keyword=keyword,
            )
            advice.append(Fault("newer-keyword", child(pointer, keyword), message, "advice"))
        pending += [(pointer + below, inside) for below, inside in subschemas(item)]
        for keyword in ("items", "dependencies"):
            inside = item.get(keyword)
            named = (
                enumerate(inside)
                if isinstance(inside, list)
                else inside.items()
                if keyword == "dependencies" and isinstance(inside, dict)
                else ()
            )
            pending += [(child(child(pointer, keyword), name), below) for name, below in named]
    return result


def _is_unknown(keyword: str, value: Json, draft: str) -> bool:
    """Whether *draft* does not define *keyword*, and it is not a harmless annotation."""
    added = _ADDED.get(keyword)
    if added is None or _DRAFTS.index(added) <= _DRAFTS.index(draft):
        return False
    return not (keyword in _ANNOTATIONS and isinstance(value, _ANNOTATIONS[keyword]))


def _is_old(schema: Json) -> bool:
    """Whether a keyword in *schema* has a form that only older drafts allow."""
    if not isinstance(schema, dict):
        return False
    if isinstance(schema.get("items"), list) or isinstance(schema.get("exclusiveMinimum"), bool):
        return True
    if isinstance(schema.get("required"), bool):
        return True
    if isinstance(schema.get("exclusiveMaximum"), bool) or isinstance(schema.get("dependencies"), dict):
        return True
    for keyword, value in schema.items():
        if keyword in ONE and _is_old(value):
            return True
        below = value if keyword in MANY and isinstance(value, list) else ()
        if keyword in NAMED and isinstance(value, dict):
            below = list(value.values())
        if any(_is_old(item) for item in below):
            return True
    return False


def _upgraded(schema: Json, pointer: str, draft: str, advice: list[Fault]) -> Json:
    if not isinstance(schema, dict):
        return schema
    result: dict[str, Json] = {}
    required: list[str] = []
    # Up to draft 7, keywords beside `$ref` are ignored; those that identify or describe are kept.
    ref_alone = isinstance(schema.get("$ref"), str) and draft != "2019-09"
    for keyword, value in schema.items():
        at = child(pointer, keyword)
        if (
            ref_alone
            and keyword not in ("$ref", "title", "description", "definitions", "$defs", "$schema", "$id", "id")
            and not keyword.startswith("x-")
        ):
            advice.append(
                Fault(
                    "ref-sibling",
                    at,
                    Words("beside $ref, draft {draft} ignores {keyword!r}", draft=draft, keyword=keyword),
                    "advice",
                )
            )
        elif keyword in ONE and not (keyword == "items" and isinstance(value, list)):
            result[keyword] = _upgraded(value, at, draft, advice)
        elif keyword in MANY and isinstance(value, list):
            result[keyword] = [_upgraded(item, child(at, i), draft, advice) for i, item in enumerate(value)]
        elif keyword in NAMED and isinstance(value, dict):
            result[keyword] = {name: _upgraded(item, child(at, name), draft, advice) for name, item in value.items()}
            if keyword == "properties":
                required += [name for name, item in value.items() if isinstance(item, dict) and item.get("required") is True]
        else:
            _rewrite(result, schema, keyword, at, draft, advice)
    if required:
        listed = result.get("required", [])
        result["required"] = list(dict.fromkeys((*(listed if isinstance(listed, list) else ()), *required)))
    return result


def _rewrite(result: dict[str, Json], schema: dict[str, Json], keyword: str, here: str, draft: str, advice: list[Fault]) -> None:
    value = schema[keyword]

    def advise(to: str) -> None:
        advice.append(
            Fault(
                "old-keyword",
                here,
                Words("{keyword!r} of draft {draft} is written {to} in 2020-12", keyword=keyword, draft=draft, to=to),
                "advice",
            )
        )

    match keyword, value:
        case ("id", str()) | ("$id", str()) if (keyword == "id") == (draft == "4") and draft != "2019-09":
            _identify(result, value, here, draft, advice)
        case "required", bool():
            advise("as a name in the 'required' of the object around it")
        case (("exclusiveMinimum" | "exclusiveMaximum"), bool()):
            bound = keyword[9:].lower()
            advise(f"as the bound itself, in place of {bound!r}")
            if value and bound in schema:
                result[keyword] = schema[bound]
                result.pop(bound, None)
        case "items", list():
            advise("'prefixItems'")
            result["prefixItems"] = [_upgraded(item, child(here, i), draft, advice) for i, item in enumerate(value)]
            if "additionalItems" in schema:
                result["items"] = _upgraded(schema["additionalItems"], here, draft, advice)
        case "additionalItems", _:
            pass
        case "dependencies", dict():
            advise("'dependentRequired' or 'dependentSchemas'")
            for name, needed in value.items():
                if isinstance(needed, list):
                    result.setdefault("dependentRequired", {})[name] = needed
                else:
                    result.setdefault("dependentSchemas", {})[name] = _upgraded(needed, child(here, name), draft, advice)
        case (("minimum" | "maximum"), _) if schema.get("exclusive" + keyword.capitalize()) is True:
            pass
        case (("$recursiveRef" | "$recursiveAnchor"), _):
            advise("'$dynamicRef' and '$dynamicAnchor'")
            result["$dynamicRef" if keyword == "$recursiveRef" else "$dynamicAnchor"] = (
                "#root" if keyword == "$recursiveRef" else "root"
            )
        case _:
            result[keyword] = value


def _identify(result: dict[str, Json], value: str, here: str, draft: str, advice: list[Fault]) -> None:
    """Write `$id` and `$anchor` for *value*; up to draft 7, the fragment of an id was an anchor."""
    address, _, part = value.partition("#")
    if address:
        result["$id"] = address
    if _ANCHOR.fullmatch(part):
        result["$anchor"] = part
        advice.append(
            Fault(
                "old-keyword",
                here,
                Words("the id {value!r} of draft {draft} is written '$anchor' in 2020-12", value=value, draft=draft),
                "advice",
            )
        )
    elif part:
        advice.append(
            Fault(
                "old-keyword",
                here,
                Words("the id {value!r} names nothing and is ignored: it is a pointer", value=value),
                "advice",
            )
        )
