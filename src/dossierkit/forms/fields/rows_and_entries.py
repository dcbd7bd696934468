"""The schemas of what has no declared name: the rows of a list, the free entries of a group."""

from __future__ import annotations

from dossierkit.forms.fields.applicable import Applicable
from dossierkit.forms.fields.form import Form
from dossierkit.forms.schema.facets import Facet
from dossierkit.pointers import child


def entry_schemas(form: Form, held: Applicable, name: str | None) -> tuple[Facet, ...]:
    """The schemas of a free entry called *name* (of any entry where it has no name yet)."""
    seeds: list[Facet] = []
    for facet in held.facets:
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


def fixed_row_count(held: Applicable) -> int:
    """How many elements of a list have a schema of their own."""
    return max((len(facet.get("prefixItems") or ()) for facet in held.facets), default=0)


def row_schemas(form: Form, held: Applicable, index: int) -> tuple[Facet, ...] | None:
    """The schemas of the element at *index*; None where there can be none."""
    seeds: list[Facet] = []
    for facet in held.facets:
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
