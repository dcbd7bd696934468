"""The dialect: which keywords a file may use and what formats, widgets, functions and lists it may name.

An immutable registry that is passed in.  A developer evolves `STANDARD` and hands the result to `open_engine`; no
import ever changes it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

import attrs

from dossierkit.forms.schema.formats import FORMATS, Format
from dossierkit.pointers import Json

#: The keywords of JSON Schema 2020-12, all vocabularies.
STANDARD_KEYWORDS = frozenset(
    [
        "$anchor",
        "$comment",
        "$defs",
        "$dynamicAnchor",
        "$dynamicRef",
        "$id",
        "$ref",
        "$schema",
        "$vocabulary",
        "additionalProperties",
        "allOf",
        "anyOf",
        "const",
        "contains",
        "contentEncoding",
        "contentMediaType",
        "contentSchema",
        "default",
        "dependentRequired",
        "dependentSchemas",
        "deprecated",
        "description",
        "else",
        "enum",
        "examples",
        "exclusiveMaximum",
        "exclusiveMinimum",
        "format",
        "if",
        "items",
        "maxContains",
        "maxItems",
        "maxLength",
        "maxProperties",
        "maximum",
        "minContains",
        "minItems",
        "minLength",
        "minProperties",
        "minimum",
        "multipleOf",
        "not",
        "oneOf",
        "pattern",
        "patternProperties",
        "prefixItems",
        "properties",
        "propertyNames",
        "readOnly",
        "required",
        "then",
        "title",
        "type",
        "unevaluatedItems",
        "unevaluatedProperties",
        "uniqueItems",
        "writeOnly",
    ]
)
#: Ours, on a field.
FIELD_KEYWORDS = frozenset(["x-messages", "x-widget", "x-options", "x-file", "x-prefill", "x-personal", "x-unit"])
#: Ours, at the root of a file.
ROOT_KEYWORDS = frozenset(["x-procedure", "x-rules", "x-compute", "x-tests", "x-translations"])

#: `x-widget` values that need no registration.
WIDGETS = frozenset(["text", "textarea", "password", "radio", "select", "checkbox", "checks", "money", "lookup", "json"])


@attrs.frozen
class Choice:
    """One answer of several.  *origin* is the schema location of its title, for translations."""

    value: Json = attrs.field(hash=False)
    title: str
    origin: str = ""
    #: Offered to nobody who has not chosen it already.
    deprecated: bool = False


class OptionList(Protocol):
    """A named list of choices, too long or too lively for an `enum`."""

    def select(self, where: Mapping[str, Json], query: str, limit: int) -> tuple[Choice, ...]:
        """At most *limit* choices whose columns equal *where* and whose title holds the folded *query*."""
        ...

    def find(self, value: Json, where: Mapping[str, Json]) -> Choice | None:
        """The choice of *value* among those that fit *where*."""
        ...

    def recall(self, value: Json) -> Choice | None:
        """The choice of *value* as an older answer may have it, also where it is not offered any more."""
        ...


@attrs.frozen
class Widget:
    """A field type of a host: how its text is read, shown and asked for.

    *template* is Jinja for the control alone; it may use `id`, `name`, `value`, `attributes` (already escaped) and
    `field`.  *read* leaves alone what it does not understand, so that the judge refuses it and nothing typed is lost.
    """

    name: str
    template: str
    read: Callable[[str], Json] = str
    show: Callable[[Json], str] = str


@attrs.frozen
class Dialect:
    """Everything a procedure file may name.  `evolve` it; never change it."""

    formats: Mapping[str, Format]
    widgets: Mapping[str, Widget] = attrs.field(factory=dict)
    functions: Mapping[str, Callable[..., Json]] = attrs.field(factory=dict)
    options: Mapping[str, OptionList] = attrs.field(factory=dict)
    #: Keywords of a host; lint does not call them misspelt.
    keywords: frozenset[str] = frozenset()

    def __repr__(self) -> str:
        return f"<Dialect with {len(self.formats)} formats, {len(self.widgets)} widgets, {len(self.options)} lists>"

    def with_format(self, added: Format) -> Dialect:
        """This dialect and one format more."""
        return attrs.evolve(self, formats={**self.formats, added.name: added})

    def with_widget(self, added: Widget) -> Dialect:
        """This dialect and one field type more, chosen by `x-widget`."""
        return attrs.evolve(self, widgets={**self.widgets, added.name: added})

    def with_function(self, name: str, function: Callable[..., Json]) -> Dialect:
        """This dialect and one function more for rules and computed values."""
        return attrs.evolve(self, functions={**self.functions, name: function})

    def with_options(self, name: str, options: OptionList) -> Dialect:
        """This dialect and one named list more for `x-options`."""
        return attrs.evolve(self, options={**self.options, name: options})


STANDARD = Dialect(formats={known.name: known for known in FORMATS})
