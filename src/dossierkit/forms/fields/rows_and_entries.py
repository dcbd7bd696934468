"""The schemas of values without a declared name: rows of a list, and free entries of a group."""

from __future__ import annotations

from dossierkit.forms.fields.applicable_schemas import Applicable
from dossierkit.forms.fields.form import Form
from dossierkit.forms.schema.located_schemas import Facet
from dossierkit.pointers import child


def entry_schemas(form: Form, applicable: Applicable, name: str | None) -> tuple[Facet, ...]:
    """The schemas of a free entry; without a *name*, those of the first pattern, or of any other name."""
    seeds: list[Facet] = []
    for facet in applicable.facets:
        patterns = facet.get("patternProperties") or {}
        matched = False
        for pattern, schema in patterns.items():
            if name is None or form.schemas.matches(pattern, name):
                matched = True
                seeds.append(form.schemas.below(facet, child("/patternProperties", pattern), schema))
                if name is None:
                    break
        for keyword in ("additionalProperties", "unevaluatedProperties"):
            if not matched and isinstance(facet.get(keyword), dict):
                seeds.append(form.schemas.below(facet, f"/{keyword}", facet.schema[keyword]))
                matched = True
    return tuple(dict.fromkeys(seeds))


def fixed_row_count(applicable: Applicable) -> int:
    """The number of elements that have a schema for their position (`prefixItems`)."""
    return max((len(facet.get("prefixItems") or ()) for facet in applicable.facets), default=0)


def row_schemas(form: Form, applicable: Applicable, index: int) -> tuple[Facet, ...] | None:
    """The schemas of the element at *index*; None if the schemas forbid that element."""
    seeds: list[Facet] = []
    for facet in applicable.facets:
        prefix = facet.get("prefixItems") or ()
        if index < len(prefix):
            pointer, schema = f"/prefixItems/{index}", prefix[index]
        elif facet.get("items") is not None:
            pointer, schema = "/items", facet.schema["items"]
        elif facet.get("unevaluatedItems") is not None:
            pointer, schema = "/unevaluatedItems", facet.schema["unevaluatedItems"]
        else:
            continue
        if schema is False:
            return None
        if schema is not True:
            seeds.append(form.schemas.below(facet, pointer, schema))
    return tuple(seeds)
