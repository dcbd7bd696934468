"""The dialect of procedure files: their keywords, and the formats, widgets, functions and option lists that they may name.

A `Dialect` is immutable.  A host extends `STANDARD` with the `with_…` methods and passes the result to `open_engine`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
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
#: Keywords of dossierkit on a field.
FIELD_KEYWORDS = frozenset(["x-messages", "x-widget", "x-options", "x-file", "x-prefill", "x-personal", "x-unit"])
#: Keywords of dossierkit at the root of a file.
ROOT_KEYWORDS = frozenset(["x-procedure", "x-rules", "x-compute", "x-tests", "x-translations"])

#: `x-widget` values that need no registration.
WIDGETS = frozenset(["text", "textarea", "password", "radio", "select", "checkbox", "checks", "money", "lookup", "json"])


@attrs.frozen
class Choice:
    """One of the values that a field can be answered with."""

    value: Json = attrs.field(hash=False)
    title: str
    #: Location of the title in its schema, by which translations find it; `word:NAME` for a word of the catalogue.
    origin: str = ""
    #: Offered only to a user who has chosen it before.
    deprecated: bool = False


class OptionList(Protocol):
    """A named list of choices for `x-options`, too long or too changeable for an `enum`."""

    @property
    def columns(self) -> Collection[str]:
        """The columns that `where` can name; empty where any name may be one."""
        ...

    def select(self, where: Mapping[str, Json], query: str, limit: int) -> tuple[Choice, ...]:
        """At most *limit* choices whose columns equal *where* and whose folded title contains the folded *query*."""
        ...

    def find(self, value: Json, where: Mapping[str, Json]) -> Choice | None:
        """The choice with *value* among those whose columns equal *where*; None if there is none."""
        ...

    def recall(self, value: Json) -> Choice | None:
        """The choice with *value*, also one that is no longer offered; None if there never was one."""
        ...


@attrs.frozen
class Widget:
    """A field type of a host, chosen in a file by `x-widget`."""

    name: str
    #: Jinja template of the control; its variables are `id`, `name`, `value`, `attributes` (already escaped) and `field`.
    template: str
    #: Submitted text → answer.  A text that it cannot read is returned unchanged, so that validation reports it.
    read: Callable[[str], Json] = str
    #: Answer → the text in the control.
    show: Callable[[Json], str] = str


@attrs.frozen
class Dialect:
    """The formats, widgets, functions, option lists and host keywords that a procedure file may name."""

    formats: Mapping[str, Format]
    widgets: Mapping[str, Widget] = attrs.field(factory=dict)
    functions: Mapping[str, Callable[..., Json]] = attrs.field(factory=dict)
    options: Mapping[str, OptionList] = attrs.field(factory=dict)
    #: Keywords of the host, which lint does not report as misspelt.
    keywords: frozenset[str] = frozenset()

    def __repr__(self) -> str:
        return f"<Dialect with {len(self.formats)} formats, {len(self.widgets)} widgets, {len(self.options)} lists>"

    def with_format(self, added: Format) -> Dialect:
        """This dialect with the format *added*, in place of one of the same name."""
        return attrs.evolve(self, formats={**self.formats, added.name: added})

    def with_widget(self, added: Widget) -> Dialect:
        """This dialect with the field type *added*, in place of one of the same name."""
        return attrs.evolve(self, widgets={**self.widgets, added.name: added})

    def with_function(self, name: str, function: Callable[..., Json]) -> Dialect:
        """This dialect with *function*, which rules and computed values call as *name*."""
        return attrs.evolve(self, functions={**self.functions, name: function})

    def with_options(self, name: str, options: OptionList) -> Dialect:
        """This dialect with *options*, which `x-options` names as *name*."""
        return attrs.evolve(self, options={**self.options, name: options})


#: The dialect without additions of a host.
STANDARD = Dialect(formats={entry.name: entry for entry in FORMATS})
