"""Mistakes as values: a `Fault` of a procedure file, for its author; a `Problem` of an answer, for the person at the form."""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from dossierkit.pointers import Json
from dossierkit.translatable import Words


@attrs.frozen
class Fault:
    """A reason why a document is not a form, or something its author should check.

    *code* is a stable id, *level* is `error`, `warning` or `advice`, *pointer* points into the document *file*
    (empty for the document itself).
    """

    code: str
    pointer: str
    message: Words
    level: str = "error"
    file: str = ""


@attrs.frozen
class Problem:
    """A mistake in the answers that their author can correct, at the pointer *at*.

    *rule* is the keyword that fails (`rule` for a cross-field rule, `option` for a value outside a named list),
    *params* are the values that its message may quote, *origin* is the pointer of the keyword in the schema.
    """

    at: str
    rule: str
    params: Mapping[str, Json] = attrs.field(factory=dict, hash=False)
    origin: str = ""
