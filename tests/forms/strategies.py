"""Schemas with answers that a page can show, and JSON of any kind."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

NAMES = st.sampled_from(["a", "b/c", "d.e", "Họ tên", "0", "__proto__", "x~y", "", " ", 'q"<i>', "f", "g"])
WORDS = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp")), max_size=12)

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**9), 10**9) | st.floats(allow_nan=False, allow_infinity=False) | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=12,
)

#: Anything that looks a little like a schema.
KEYWORDS = st.sampled_from(
    [
        "type",
        "properties",
        "required",
        "items",
        "allOf",
        "anyOf",
        "oneOf",
        "if",
        "then",
        "else",
        "not",
        "enum",
        "const",
        "pattern",
        "format",
        "minimum",
        "maxLength",
        "$ref",
        "$defs",
        "additionalProperties",
        "patternProperties",
        "prefixItems",
        "dependentRequired",
        "dependentSchemas",
        "uniqueItems",
        "default",
        "x-rules",
        "x-options",
        "x-widget",
        "x-file",
        "x-procedure",
        "x-messages",
        "x-translations",
        "x-compute",
        "title",
        "examples",
        "readOnly",
    ]
)
SCHEMA_LIKE = st.recursive(
    JSON | st.sampled_from(["string", "object", "array", "#", "#/$defs/a", "^a", "date", "1 +"]),
    lambda inner: st.dictionaries(KEYWORDS | NAMES, inner, max_size=4) | st.lists(inner, max_size=3),
    max_leaves=20,
)


@st.composite
def leaves(draw: st.DrawFn) -> tuple[dict[str, Any], Any]:
    """A schema of one control and a valid answer."""
    kind = draw(
        st.sampled_from(["text", "integer", "number", "boolean", "choice", "checks", "date", "nullable", "accept", "phone"])
    )
    match kind:
        case "text":
            return {"type": "string"}, draw(WORDS.filter(lambda text: text.strip()))
        case "integer":
            return {"type": "integer"}, draw(st.integers(-(10**12), 10**12))
        case "number":
            return {"type": "number"}, draw(st.floats(-1e9, 1e9, allow_nan=False).map(lambda n: int(n) if n.is_integer() else n))
        case "boolean":
            return {"type": "boolean"}, draw(st.booleans())
        case "choice":
            values = draw(st.lists(st.integers(0, 9) | WORDS | st.booleans(), min_size=2, max_size=9, unique_by=repr))
            return {"oneOf": [{"const": value, "title": repr(value)} for value in values]}, draw(st.sampled_from(values))
        case "checks":
            values = draw(st.lists(WORDS, min_size=1, max_size=5, unique=True))
            picked = draw(st.permutations(values).flatmap(lambda all_: st.integers(1, len(all_)).map(lambda n: all_[:n])))
            return {"type": "array", "uniqueItems": True, "items": {"enum": values}}, picked
        case "date":
            return {"type": "string", "format": "date"}, draw(st.dates()).isoformat()
        case "nullable":
            return {"type": ["integer", "null"]}, draw(st.integers(0, 9))
        case "accept":
            return {"const": True}, True
    return {"type": "string", "format": "vn-phone"}, draw(st.integers(10**6, 10**7 - 1).map(lambda n: f"+8491{n}"))


@st.composite
def forms(draw: st.DrawFn, depth: int = 2) -> tuple[dict[str, Any], Any]:
    """A group's schema and valid canonical answers, with rows, groups, conditions and branches."""
    properties: dict[str, Any] = {}
    required: list[str] = []
    answers: dict[str, Any] = {}
    for name in draw(st.lists(NAMES, min_size=1, max_size=4, unique=True)):
        shape = draw(
            st.sampled_from(["leaf", "leaf", "leaf", "rows", "group", "branch", "picker", "entries"] if depth else ["leaf"])
        )
        if shape == "leaf":
            schema, answer = draw(leaves())
        elif shape == "group":
            schema, answer = draw(forms(depth=depth - 1))
        elif shape in ("branch", "picker"):
            schema, answer = draw(branches(told_apart=shape == "branch"))
        elif shape == "entries":
            inner_schema, inner_answer = draw(leaves())
            schema = {"type": "object", "additionalProperties": inner_schema, "properties": {"own": {"type": "string"}}}
            answer = dict.fromkeys(draw(st.lists(NAMES, min_size=1, max_size=2, unique=True)), inner_answer)
        else:
            inner = [draw(forms(depth=0))]
            schema, answer = {"type": "array", "items": inner[0][0]}, [inner[0][1]]
        properties[name] = schema
        if draw(st.booleans()):
            required.append(name)
            answers[name] = answer
        elif draw(st.booleans()):
            answers[name] = answer
    whole: dict[str, Any] = {"type": "object", "properties": properties, "required": required}
    if draw(st.booleans()):
        _condition(draw, whole, answers)
    if not answers:
        name = next(iter(properties))
        schema, answer = draw(leaves())
        properties[name], answers[name] = schema, answer
    return whole, answers


@st.composite
def branches(draw: st.DrawFn, *, told_apart: bool) -> tuple[dict[str, Any], Any]:
    """Alternatives with answers of one of them, with or without a property that tells them apart."""
    made = [draw(leaves()) for _ in range(3)]
    picked = draw(st.integers(0, 2))
    keyword = draw(st.sampled_from(["oneOf", "anyOf"])) if told_apart else "oneOf"
    options = []
    for index, (schema, _) in enumerate(made):
        properties: dict[str, Any] = {f"v{index}": schema}
        if told_apart:
            properties["which"] = {"const": f"w{index}"}
        options.append({"title": f"Case {index}", "type": "object", "properties": properties, "required": list(properties)})
    answer = {f"v{picked}": made[picked][1], **({"which": f"w{picked}"} if told_apart else {})}
    return {"type": "object", keyword: options}, answer


def _condition(draw: st.DrawFn, whole: dict[str, Any], answers: dict[str, Any]) -> None:
    schema, answer = draw(leaves())
    whole["properties"]["kind?"] = {"enum": ["one", "two", "three"]}
    whole["if"] = {"properties": {"kind?": {"const": "one"}}, "required": ["kind?"]}
    whole["then"] = {"properties": {"more?": schema}, "required": ["more?"]}
    if draw(st.booleans()):
        answers["kind?"] = "one"
        answers["more?"] = answer
    else:
        answers["kind?"] = "two"
