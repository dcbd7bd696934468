"""What is wrong, as values: a fault of a file, for its author; a problem of an answer, for whoever gave it."""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from dossierkit.pointers import Json


@attrs.frozen
class Fault:
    """Why a document is no form, or what its author should look at.

    *code* is stable, *level* is `error`, `warning` or `advice`, *pointer* leads into the document *file*
    (empty for the document itself).
    """

    code: str
    pointer: str
    message: str
    level: str = "error"
    file: str = ""


@attrs.frozen
class Problem:
    """What somebody can put right in the answers, at the pointer *at*.

    *rule* is the keyword that is not met (or `rule` for a cross-field rule, `option` for a value outside a named
    list), *params* what its words may quote, *origin* where the schema says so.
    """

    at: str
    rule: str
    params: Mapping[str, Json] = attrs.field(factory=dict, hash=False)
    origin: str = ""
