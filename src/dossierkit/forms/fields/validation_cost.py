"""How many schemas one validation walks, if every reference is followed wherever it is used."""

from __future__ import annotations

from dossierkit.forms.fields.applicators import unconditional
from dossierkit.forms.schema.located_schemas import Facet, Schemas
from dossierkit.forms.schema.subschemas import subschemas

#: Schemas that one validation may walk; a file with more is refused.
MAX_COST = 200_000
#: Subschemas that are validated once for each row or entry of the answers.
_PER_ANSWER = frozenset(("/items", "/additionalProperties", "/unevaluatedItems", "/unevaluatedProperties"))


def validation_cost(schemas: Schemas, root: Facet) -> int:
    """The cost of the most expensive part of *root*: the form without its rows and entries, or one kind of them.

    Rows and entries are as many as the answers have, so each kind is counted by itself.  Rows that a blank page has to show
    belong to the part around them.  The count stops above MAX_COST.

    Raises:
        RecursionError: schemas refer to schemas too many levels deep.
        SchemaError: a reference cannot be resolved.
    """
    return _Count(schemas).of_root(root)


class _Count:
    def __init__(self, schemas: Schemas) -> None:
        self._schemas = schemas
        #: Schema → its cost; a schema that is still being counted costs 1.
        self._costs: dict[Facet, int] = {}
        #: Schemas of required members.
        self._required: set[Facet] = set()
        #: Schemas of rows and entries that are still to be counted by themselves.
        self._parts: list[Facet] = []

    def of_root(self, root: Facet) -> int:
        self._parts.append(root)
        highest = 0
        while self._parts and highest <= MAX_COST:
            highest = max(highest, self._cost(self._parts.pop()))
        return highest

    def _cost(self, facet: Facet) -> int:
        if facet in self._costs:
            return self._costs[facet]
        # Recursion is as deep as the answers are.
        self._costs[facet] = 1
        total = 1
        for pointer, schema in subschemas(facet.schema):
            if pointer.startswith(("/$defs", "/definitions")):
                continue
            below = self._schemas.below(facet, pointer, schema)
            if isinstance(schema, dict) and pointer in _PER_ANSWER and not self._shows_rows(facet):
                self._parts.append(below)
                continue
            if pointer.removeprefix("/properties/") in (facet.get("required") or ()):
                self._required.update(unconditional(self._schemas, (below,)))
            total += self._cost(below) if isinstance(schema, dict) else 1
        for keyword in ("$ref", "$dynamicRef"):
            if isinstance(facet.get(keyword), str):
                total += self._cost(self._schemas.target(facet, keyword))
        self._costs[facet] = min(total, MAX_COST + 1)
        return self._costs[facet]

    def _shows_rows(self, facet: Facet) -> bool:
        """Whether a blank page shows rows of the list *facet*."""
        return facet in self._required or (facet.get("minItems") or 0) > 0
