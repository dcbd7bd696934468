"""Explanations of metaschema violations for authors, by the keyword with the wrong value."""

from __future__ import annotations

from dossierkit.forms.schema.subschemas import MANY, NAMED, ONE
from dossierkit.pointers import Json, get, split
from dossierkit.text import meant
from dossierkit.translatable import Words

TYPES = ("string", "number", "integer", "boolean", "object", "array", "null")

_SCHEMA = Words("a schema: {…}, true or false")
_COUNT = Words("a whole number, 0 or more")
_TEXT = Words("a text")
_SHAPES = {
    **dict.fromkeys(ONE, _SCHEMA),
    **dict.fromkeys(MANY, Words("a list of at least one schema: [{…}]")),
    **dict.fromkeys(NAMED, Words("schemas by name: {name: {…}}")),
    **dict.fromkeys(("maxLength", "minLength", "maxItems", "minItems", "maxProperties", "minProperties"), _COUNT),
    **dict.fromkeys(("maxContains", "minContains"), _COUNT),
    **dict.fromkeys(("maximum", "minimum", "exclusiveMaximum", "exclusiveMinimum"), Words("a number")),
    **dict.fromkeys(("uniqueItems", "readOnly", "writeOnly", "deprecated"), Words("true or false")),
    **dict.fromkeys(("title", "description", "$comment", "format", "$ref", "$dynamicRef", "$id", "$anchor"), _TEXT),
    "multipleOf": Words("a number above 0"),
    "required": Words("a list of names, each once"),
    "dependentRequired": Words("names by name: {name: [names]}"),
    "enum": Words("a list of values"),
    "examples": Words("a list of values"),
    "pattern": Words("a regular expression as JavaScript writes it"),
}


def explanation(document: Json, pointer: str, message: str) -> Words:
    """One sentence for the author: the wrong value at *pointer* in *document*, and the value that is allowed there.

    Args:
        message: the message of the judge; returned, shortened, where no better words are known.
    """
    keyword = _keyword(split(pointer))
    value = get(document, pointer)
    shown = f"{value!r}" if isinstance(value, str | int | float) and not isinstance(value, bool) else Words("this")
    if keyword == "type":
        if isinstance(value, list):
            value = next((item for item in value if item not in TYPES), value)
            shown = repr(value) if isinstance(value, str) else shown
        hint = (meant(value, TYPES) if isinstance(value, str) else "") or Words("; types are {types}", types=", ".join(TYPES))
        return Words("{value} is no type{hint}", value=shown, hint=hint)
    if keyword in _SHAPES and _SHAPES[keyword] != _SCHEMA:
        shape = _SHAPES[keyword]
        return Words("{value} is not allowed under {keyword!r}, which is {shape}", value=shown, keyword=keyword, shape=shape)
    if pointer and (not keyword or keyword in _SHAPES):
        return Words("{value} is not {shape}", value=shown, shape=_SCHEMA)
    return Words("JSON Schema does not allow this: {reason}", reason=message.splitlines()[0][:300])


def _keyword(tokens: tuple[str, ...]) -> str:
    """The keyword whose value *tokens* lead to or into; empty if they lead to a schema."""
    position = 0
    while position < len(tokens):
        keyword = tokens[position]
        steps = 1 if keyword in ONE else 2 if keyword in MANY or keyword in NAMED else 0
        if not steps or position + steps > len(tokens):
            return keyword
        position += steps
    return ""
