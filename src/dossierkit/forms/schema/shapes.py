"""Faults of a JSON value against a schema whose descriptions are the messages."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from dossierkit.findings import Fault
from dossierkit.forms.schema.judge import Validator, Violation
from dossierkit.pointers import Json, child, join, step
from dossierkit.text import known_hint
from dossierkit.translatable import Words


def shape_faults(shape: Json, validator: Validator, value: Json, at: str, *, code: Callable[[str], str]) -> Iterator[Fault]:
    """A fault of level error for each violation of *shape* by *value*.

    Args:
        shape: a JSON Schema without references, with a `description` for each thing that can be wrong.
        validator: *shape*, compiled.
        at: the JSON Pointer of *value* in its file.
        code: the code of a fault at a pointer; an undeclared member has the code `unknown-key`.
    """
    seen: set[tuple[str, str]] = set()
    for violation in validator.violations(value):
        for fault in _faults(shape, violation, at, code):
            if (fault.pointer, fault.message) not in seen:
                seen.add((fault.pointer, fault.message))
                yield fault


def _faults(shape: Json, violation: Violation, at: str, code: Callable[[str], str]) -> Iterator[Fault]:
    where = at + join(violation.at)
    schema, words = _violated_schema(shape, violation)
    if violation.keyword == "additionalProperties":
        for name in violation.params["unexpected"]:
            message = Words("{name!r} means nothing here{hint}", name=name, hint=known_hint(name, schema["properties"]))
            yield Fault("unknown-key", child(where, name), message)
    elif violation.keyword == "required":
        yield Fault(code(where), where, Words("{name!r} is missing: {words}", name=violation.params["property"], words=words))
    else:
        yield Fault(code(where), where, words)


def _violated_schema(shape: Json, violation: Violation) -> tuple[Json, Words]:
    """The schema whose keyword is violated, and the innermost description around that keyword."""
    words = Words(str(shape.get("description", "")))
    for token in violation.path[:-1]:
        shape = step(shape, str(token))
        if isinstance(shape, dict) and isinstance(shape.get("description"), str):
            words = Words(shape["description"])
    return shape, words
