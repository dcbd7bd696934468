"""Malicious schemas: those that are refused, and those that are served safely."""

from __future__ import annotations

from typing import Any


def _doubling(depth: int, keyword: str) -> dict[str, Any]:
    link = {f"d{n}": {keyword: [{"$ref": f"#/$defs/d{n + 1}"}] * 2} for n in range(depth)}
    return {"$ref": "#/$defs/d0", "$defs": {**link, f"d{depth}": {"type": "object"}}}


def _wide(depth: int) -> dict[str, Any]:
    link = {f"d{n}": {"properties": {side: {"$ref": f"#/$defs/d{n + 1}"} for side in "ab"}} for n in range(depth)}
    return {"$ref": "#/$defs/d0", "$defs": {**link, f"d{depth}": {"type": "string"}}}


def _nested(depth: int) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "string"}
    for _ in range(depth):
        schema = {"type": "object", "properties": {"x": schema}}
    return schema


REFUSED: dict[str, Any] = {
    "a reference to itself": {"$ref": "#"},
    "references in a ring": {"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"allOf": [{"$ref": "#/$defs/a"}]}}},
    "a ring below a property": {"properties": {"x": {"$ref": "#/properties/x"}}},
    "a remote reference": {"properties": {"x": {"$ref": "https://example.com/schema.json"}}},
    "a file reference": {"properties": {"x": {"$ref": "file:///etc/passwd"}}},
    "a way out of the folder": {"$ref": "../../etc/passwd.json"},
    "a strange metaschema": {"$schema": "https://example.com/dialect"},
    "doubling allOf": _doubling(40, "allOf"),
    "doubling anyOf": _doubling(40, "anyOf"),
    "doubling properties": _wide(40),
    "no pattern": {"pattern": "("},
    "a pattern too large": {"pattern": "((((a{1000}){1000}){1000}){1000})"},
    "a type that is none": {"type": "strin"},
    "a list": [],
    "a number": 3,
    "null": None,
    "names that only differ in encoding": {"properties": {"\u00e2": {}, "a\u0302": {}}},
    "a rule that is no rule": {"x-rules": ["1 +"]},
    "a rule that is no CEL": {"x-rules": [{"rule": "1 +", "message": "m"}]},
    "a rule with deep loops": {"x-rules": [{"rule": "a.all(x, a.all(y, a.all(z, true)))", "message": "m"}]},
    "a rule of parentheses": {"x-rules": [{"rule": "(" * 3000 + "1" + ")" * 3000, "message": "m"}]},
}

SERVED: dict[str, Any] = {
    "an exponential pattern": {"properties": {"x": {"type": "string", "pattern": "^(a+)+$"}}},
    "an exponential lookaround": {"properties": {"x": {"type": "string", "pattern": "^(?=(a+)+$)(a|a)*$"}}},
    "5 000 properties": {"properties": {f"p{n}": {"type": "string"} for n in range(5000)}},
    "10 000 choices": {"properties": {"x": {"enum": [f"choice {n}" for n in range(10_000)]}}},
    "names with everything": {"properties": {name: {"type": "string"} for name in ["", "a.b", "a/b", "a~b", "__proto__", "constructor", "<i>", '"', "'", "\n", "\x00", "value:", "count:/x", "0", "{{7*7}}", "-", " "]}},
    "texts with script": {
        "title": "<script>alert(1)</script>",
        "description": "</style><img src=x onerror=alert(1)>",
        "properties": {"x": {"title": "<script>alert(1)</script>", "description": "{{7*7}}", "oneOf": [{"const": "<b>", "title": "\"><script>alert(1)</script>"}, {"const": 2, "title": "b"}], "x-messages": {"enum": "<script>alert(1)</script>"}}},
    },
    "a tree": {"$ref": "#/$defs/t", "$defs": {"t": {"type": "object", "properties": {"v": {"type": "string"}, "kids": {"type": "array", "items": {"$ref": "#/$defs/t"}}, "one": {"$ref": "#/$defs/t"}}}}},
    "a required endless tree": {"$ref": "#/$defs/t", "$defs": {"t": {"type": "object", "required": ["one"], "properties": {"one": {"$ref": "#/$defs/t"}}}}},
    "a million rows": {"properties": {"x": {"type": "array", "minItems": 1_000_000, "items": {"type": "string"}}}},
    "conditions that chase each other": {"properties": {"a": {"type": "string"}}, "if": {"not": {"required": ["b"]}}, "then": {"properties": {"b": {"const": 1}}, "required": ["b"]}},
    "deep nesting": _nested(45),
}  # fmt: skip
