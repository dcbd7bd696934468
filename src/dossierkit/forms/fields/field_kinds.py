"""The kind, widget and choices of a field, from the schemas that apply to it."""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from dossierkit.caches import CacheSpec
from dossierkit.forms.fields import combined_schema
from dossierkit.forms.fields.applicable_schemas import Applicable, applicable_at
from dossierkit.forms.fields.applicators import unconditional
from dossierkit.forms.fields.form import Field, Form, Kind, Picker
from dossierkit.forms.fields.properties import Property
from dossierkit.forms.schema.dialect import Choice
from dossierkit.forms.schema.located_schemas import PER_FORM, Facet
from dossierkit.pointers import ABSENT, Json, key

#: A text that may have more characters gets a text area.
LONG = 300
#: Up to this many choices are radio buttons, more are a select box.
FEW = 5
#: With more choices, a page shows a search box in place of all of them.
MANY = 250

_MONEY_UNITS = ("đ", "đồng", "VND", "VNĐ")


#: The widget of a field whose type is not chosen yet.
UNDECIDED = "undecided"


#: Schemas that apply, required, declaration and type picked → the shape of the field.
_SHAPES = CacheSpec[tuple[Applicable, bool, Property | None, str | int | None], Field]("shapes", PER_FORM)
#: Schemas that apply → the types that they allow.
_TYPES = CacheSpec[Applicable, tuple[str, ...]]("types", PER_FORM)
#: Schemas that apply, pointer and control → the editor of free entries.
_EDITORS = CacheSpec[tuple[Applicable, str, str], Field]("editors of free entries", PER_FORM)


def field_shape(
    form: Form, applicable: Applicable, *, required: bool, member: Property | None, picked_type: str | int | None
) -> Field:
    """A field of the schemas that apply, without position and children; cached.

    Args:
        member: the declaration in the group or list around it; None for the root and for free entries.
        picked_type: of several allowed types, the name of that of the answer, or the number of that picked on the page.
    """
    types = _types(form, applicable)
    if len(types) == 1:
        picked_type = None
    cache, name = form.schemas.caches[_SHAPES], (applicable, required, member, picked_type)
    return cache.get(name) or cache.keep(name, _ShapeMaker(form, applicable, required, member, picked_type, types).field())


def _types(form: Form, applicable: Applicable) -> tuple[str, ...]:
    cache = form.schemas.caches[_TYPES]
    types = cache.get(applicable)
    return cache.keep(applicable, _allowed_types(form, applicable)) if types is None else types


def _allowed_types(form: Form, applicable: Applicable) -> tuple[str, ...]:
    """The types that the schemas allow; if they allow all, but a dormant branch only objects, that is the type."""
    types = combined_schema.types(applicable.facets)
    if len(types) == len(combined_schema.ALL_TYPES):
        for dormant in applicable.dormant:
            if combined_schema.types(unconditional(form.schemas, (dormant,))) == ("object",):
                return ("object",)
    return types


def entries_editor(form: Form, applicable: Applicable, pointer: str, control: str) -> Field | None:
    """The editor of the undeclared members of a group (name and value); None if no schema describes such members."""
    if not _has_free_members(applicable.facets):
        return None
    cache, name = form.schemas.caches[_EDITORS], (applicable, pointer, control)
    facets = applicable.facets
    return cache.get(name) or cache.keep(
        name, Field(pointer, Kind.ENTRIES, "entries", False, combined_schema.keywords(facets), facets, control=control)
    )


def _has_free_members(facets: tuple[Facet, ...]) -> bool:
    return any(
        facet.get("patternProperties")
        or any(
            isinstance(facet.get(keyword), dict) and facet.get(keyword)
            for keyword in ("additionalProperties", "unevaluatedProperties")
        )
        for facet in facets
    )


@attrs.define
class _ShapeMaker:
    """Makes the field of `field_shape`."""

    form: Form
    applicable: Applicable
    required: bool
    member: Property | None
    picked_type: str | int | None
    types: tuple[str, ...]

    def field(self) -> Field:
        facets = self.applicable.facets
        keywords = combined_schema.keywords(facets)
        nullable = ("null" in self.types and len(self.types) > 1) or self.applicable.nullable
        types = tuple(name for name in self.types if name != "null") or self.types
        choices = self._choices()
        pickers = self.applicable.pickers
        if choices is None and 1 < len(types) < 5 and keywords.get("x-widget") not in ("json", *self.form.dialect.widgets):
            picker = self._type_picker(types)
            pickers = (*pickers, picker)
            types = tuple(types[index] for index in picker.picked)
        kind, widget = self._kind(types, keywords, choices)
        if kind is Kind.CHECKS:
            choices = self._item_choices()
        return Field(
            "",
            kind,
            widget,
            self.required,
            keywords,
            facets,
            choices or (),
            nullable=nullable and kind is not Kind.CHOICE,
            pickers=pickers,
            row=self.member is not None and self.member.row,
            positional=self.member is not None and self.member.positional,
        )

    def _type_picker(self, types: tuple[str, ...]) -> Picker:
        """A control to choose one of several *types*."""
        choices = tuple(Choice(index, name, f"word:type-{name}") for index, name in enumerate(types))
        picked = [
            index
            for index, name in enumerate(types)
            if self.picked_type == name or (self.picked_type == index and self.picked_type is not None)
        ]
        return Picker("type", choices, tuple(picked[:1]))

    def _choices(self) -> tuple[Choice, ...] | None:
        choices = self.member.choices if self.member is not None else None
        if choices is None:
            choices = combined_schema.choices(self.form.schemas, self.applicable.facets)
        if choices is None or self.member is None or not self.member.deprecated:
            return choices
        retired_values = self.member.deprecated
        return tuple(
            attrs.evolve(choice, deprecated=choice.deprecated or key(choice.value) in retired_values) for choice in choices
        )

    def _kind(self, types: tuple[str, ...], keywords: Mapping[str, Json], choices: tuple[Choice, ...] | None) -> tuple[Kind, str]:
        widget = keywords.get("x-widget")
        if widget in self.form.dialect.widgets:
            return Kind.TEXT, str(widget)
        if widget == "json":
            return Kind.JSON, "json"
        if choices is not None:
            return self._choice(choices, widget)
        if "x-options" in keywords:
            return Kind.CHOICE, "lookup"
        if not types or (types != ("object",) and any(not picker.picked for picker in self.applicable.pickers)):
            return Kind.GROUP, UNDECIDED
        if len(types) != 1:
            return Kind.JSON, "json"
        return self._by_type(types[0], keywords, widget)

    def _choice(self, choices: tuple[Choice, ...], widget: Json) -> tuple[Kind, str]:
        if len(choices) == 1 and (self.member is None or self.member.choices is None):
            # A single possible value is filled in if it is required, unless it is a consent, which the user has to give.
            consent = choices[0].value is True
            # With pickers, the value was chosen with its branch.
            if self.applicable.pickers or self.member is None or not (self.member.row or consent or not self.required):
                return Kind.CONSTANT, "constant"
            return Kind.ACCEPT, "checkbox"
        if widget in ("radio", "select"):
            return Kind.CHOICE, str(widget)
        if len(choices) > MANY or widget == "lookup":
            return Kind.CHOICE, "lookup"
        return Kind.CHOICE, "radio" if len(choices) <= FEW else "select"

    def _by_type(self, type_name: str, keywords: Mapping[str, Json], widget: Json) -> tuple[Kind, str]:
        match type_name:
            case "null":
                return Kind.CONSTANT, "constant"
            case "boolean":
                return Kind.BOOLEAN, "select" if widget == "select" else "radio"
            case "number":
                money = widget == "money" or keywords.get("x-unit") in _MONEY_UNITS
                return Kind.NUMBER, "money" if money else "text"
            case "object":
                return self._group(keywords)
            case "array":
                return self._list(keywords)
        return self._text(keywords, widget)

    def _text(self, keywords: Mapping[str, Json], widget: Json) -> tuple[Kind, str]:
        embedded = keywords.get("contentEncoding") == "base64" and "contentMediaType" in keywords
        if "x-file" in keywords or keywords.get("format") == "data-url" or embedded:
            return Kind.FILE, "file"
        if widget in ("textarea", "password", "text"):
            return Kind.TEXT, str(widget)
        long = keywords.get("maxLength", 0) > LONG or keywords.get("minLength", 0) > LONG
        return Kind.TEXT, "textarea" if long and "format" not in keywords else "text"

    def _group(self, keywords: Mapping[str, Json]) -> tuple[Kind, str]:
        """A group if the schemas declare members, or none are allowed; otherwise a JSON text area."""
        if (
            self.applicable.pickers
            or self.applicable.discriminators
            or any(
                facet.get("properties")
                or facet.get("required")
                or facet.get("then")
                or facet.get("else")
                or facet.get("dependentSchemas")
                for facet in self.applicable.facets
            )
        ):
            return Kind.GROUP, "group"
        if _has_free_members(self.applicable.facets):
            return Kind.GROUP, "group"
        closed = any(
            facet.get("additionalProperties") is False or facet.get("maxProperties") == 0 for facet in self.applicable.facets
        )
        return (Kind.GROUP, "group") if closed or keywords.get("properties") == {} else (Kind.JSON, "json")

    def _list(self, keywords: Mapping[str, Json]) -> tuple[Kind, str]:
        if any(facet.get("prefixItems") for facet in self.applicable.facets):
            return Kind.LIST, "list"
        item_facets = self._item_facets()
        item_keywords = combined_schema.keywords(item_facets)
        if "x-file" in {**item_keywords, **keywords}:
            return Kind.FILE, "files"
        if not any(facet.schema not in ({}, True) for facet in item_facets):
            return Kind.JSON, "json"
        if keywords.get("uniqueItems") is True and self._item_choices() and item_keywords.get("x-widget") != "select":
            return Kind.CHECKS, "checks"
        return Kind.LIST, "list"

    def _item_facets(self) -> tuple[Facet, ...]:
        """The schemas of each element (`items`)."""
        schemas = self.form.schemas
        facets = [facet for facet in self.applicable.facets if facet.get("items") is not None]
        seeds = tuple(schemas.below(facet, "/items", facet.schema["items"]) for facet in facets)
        return applicable_at(schemas, seeds, ABSENT).facets

    def _item_choices(self) -> tuple[Choice, ...]:
        choices = combined_schema.choices(self.form.schemas, self._item_facets()) or ()
        return choices if len(choices) <= MANY else ()
