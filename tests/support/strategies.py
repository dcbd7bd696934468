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
def overlapping(draw: st.DrawFn) -> tuple[dict[str, Any], Any]:
    """Branches without a discriminator: they share names, and differ by constants, enumerations and patterns."""
    which = draw(st.integers(0, 3))
    zips = {"type": "string", "pattern": "^[0-9]{5}$"}
    options: list[dict[str, Any]] = [
        {"properties": {"own": {"const": True}}, "required": ["own"]},
        {"properties": {"own": {"const": False}, "tie": {"const": "STEP"}, "zip": zips}, "required": ["own", "tie"]},
        {
            "properties": {"own": {"const": False}, "tie": {"const": "ADOPTED"}, "zip": {"type": "string"}},
            "required": ["own", "tie"],
        },
        {"properties": {"own": {"enum": ["other", "none"]}, "tie": {"type": "string"}, "zip": zips}, "required": ["own", "tie"]},
    ]
    answers: list[dict[str, Any]] = [
        {"own": True},
        {"own": False, "tie": "STEP", "zip": "10000"},
        {"own": False, "tie": "ADOPTED", "zip": "x"},
        {"own": "none", "tie": "?"},
    ]
    return {"type": "object", "oneOf": options}, answers[which]


@st.composite
def mixed(draw: st.DrawFn) -> tuple[dict[str, Any], Any]:
    """Alternatives of different kinds: a constant beside a pattern, a format, numbers, a group, a list."""
    options: list[tuple[dict[str, Any], Any]] = [
        ({"type": "string", "pattern": "^[A-Z0-9]{4}$"}, "AB12"),
        ({"const": "chưa có"}, "chưa có"),
        ({"type": "string", "format": "date"}, "2026-02-05"),
        ({"enum": ["m", "n"]}, "n"),
        ({"type": "integer"}, 12),
        ({"type": "object", "properties": {"v": {"type": "string"}}, "required": ["v"]}, {"v": "w"}),
        ({"type": "array", "items": {"type": "string"}, "minItems": 1}, ["p", "q"]),
    ]
    made = draw(st.lists(st.sampled_from(options), min_size=2, max_size=4, unique_by=lambda option: repr(option[0])))
    return {draw(st.sampled_from(["oneOf", "anyOf"])): [schema for schema, _ in made]}, draw(st.sampled_from(made))[1]


@st.composite
def maps(draw: st.DrawFn) -> tuple[dict[str, Any], Any]:
    """Free names, each with a group whose members may all be left out."""
    inner: dict[str, Any] = {"type": "object", "properties": {"p": {"type": "string"}, "q": {"type": "integer"}}}
    if draw(st.booleans()):
        inner["required"] = ["p"]
    if draw(st.booleans()):
        inner["properties"]["u"] = mixed_schema()
    whole: dict[str, Any] = {"type": "object", "properties": {"own": {"type": "string"}}}
    whole |= draw(st.sampled_from([{"additionalProperties": inner}, {"patternProperties": {"^A": inner}}]))
    entry = {"p": "v", **draw(st.sampled_from([{}, {"q": 3}]))} if "required" in inner else draw(st.sampled_from([{}, {"q": 3}]))
    return whole, dict.fromkeys(draw(st.lists(st.sampled_from(["An", "A b", "A/c"]), min_size=1, max_size=2, unique=True)), entry)


def mixed_schema() -> dict[str, Any]:
    """A constant beside a pattern."""
    return {"oneOf": [{"type": "string", "pattern": "^[0-9]+$"}, {"const": "none"}]}


@st.composite
def trees(draw: st.DrawFn) -> tuple[dict[str, Any], Any]:
    """A condition that is built of conditions: recursion that is required inside a branch."""
    told_apart = draw(st.booleans())
    name = draw(st.sampled_from(["tree", "cond"]))
    inner: dict[str, Any] = {
        "type": "object",
        "oneOf": [
            {"properties": {"op": {"const": "not"}, "of": {"$ref": f"#{name}"}}, "required": ["op", "of"]},
            {"properties": {"op": {"const": "eq"}, "f": {"type": "string"}}, "required": ["op", "f"]},
        ],
    }
    if not told_apart:
        inner["oneOf"].append({"properties": {"op": {"const": "eq"}, "g": {"type": "integer"}}, "required": ["op", "g"]})
        inner["oneOf"][1]["properties"]["g"] = False
    answer: dict[str, Any] = {"op": "eq", "f": "x"}
    for _ in range(draw(st.integers(0, 3))):
        answer = {"op": "not", "of": answer}
    return {"$anchor": name, **inner}, answer


OTHERS = {"overlapping": overlapping(), "mixed": mixed(), "map": maps(), "tree": trees()}


@st.composite
def unfinished(draw: st.DrawFn) -> tuple[dict[str, Any], Any]:
    """A form, and answers of a draft of it: some missing, some such as no schema accepts."""
    schema, answers = draw(forms())
    return schema, draw(_left_off(answers))


def _left_off(value: Any) -> st.SearchStrategy[Any]:
    if isinstance(value, dict):
        kept = {name: st.just(_GONE) | _left_off(item) | _left_off(item) for name, item in value.items()}
        return st.fixed_dictionaries(kept).map(lambda made: {name: item for name, item in made.items() if item is not _GONE})
    if isinstance(value, list):
        return st.tuples(*map(_left_off, value)).map(list)
    if isinstance(value, str):
        return st.just(value) | st.just(value) | st.sampled_from(["x?", "sai"])
    return st.just(value)


_GONE = object()


@st.composite
def forms(draw: st.DrawFn, depth: int = 2) -> tuple[dict[str, Any], Any]:
    """A group's schema and valid canonical answers, with rows, groups, conditions and branches."""
    properties: dict[str, Any] = {}
    required: list[str] = []
    answers: dict[str, Any] = {}
    for name in draw(st.lists(NAMES, min_size=1, max_size=4, unique=True)):
        shapes = ["rows", "group", "branch", "picker", "entries", "overlapping", "mixed", "map", "tree"]
        shape = draw(st.sampled_from(["leaf", "leaf", "leaf", *shapes] if depth else ["leaf"]))
        if shape == "leaf":
            schema, answer = draw(leaves())
        elif shape == "group":
            schema, answer = draw(forms(depth=depth - 1))
        elif shape in ("branch", "picker"):
            schema, answer = draw(branches(told_apart=shape == "branch"))
        elif shape in OTHERS:
            schema, answer = draw(OTHERS[shape])
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
