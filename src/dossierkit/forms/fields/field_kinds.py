"""Schemas that hold at a place → its `Field`: the kind of answer, the widget, the choices."""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from dossierkit.caches import CacheSpec
from dossierkit.forms.fields import combined_schema
from dossierkit.forms.fields.applicable import Applicable, applicable_at
from dossierkit.forms.fields.applicators import unconditional
from dossierkit.forms.fields.form import Field, Form, Kind, Picker
from dossierkit.forms.fields.properties import Property
from dossierkit.forms.schema.dialect import Choice
from dossierkit.forms.schema.facets import PER_FORM, Facet
from dossierkit.pointers import ABSENT, Json, key

#: Above this many characters an answer is long.
LONG = 300
#: Up to this many choices are shown as radio buttons, more as a list to pick from.
FEW = 5
#: Above this many choices a page shows a search box in place of all of them.
MANY = 250

_MONEY_UNITS = ("đ", "đồng", "VND", "VNĐ")


#: The widget of a group that can become a text, a number or a list: nobody has said yet which.
UNDECIDED = "undecided"


#: What holds, whether it is required, how it is declared, and its type → the shape of its fields.
_SHAPES = CacheSpec[tuple[Applicable, bool, Property | None, str | int | None], Field]("shapes", PER_FORM)
#: What holds → its types.
_TYPES = CacheSpec[Applicable, tuple[str, ...]]("types", PER_FORM)
#: What holds, pointer and control → the editor of free entries there.
_EDITORS = CacheSpec[tuple[Applicable, str, str], Field]("editors of free entries", PER_FORM)


def field_shape(form: Form, held: Applicable, *, required: bool, known: Property | None, typed: str | int | None) -> Field:
    """The shape of the fields of what is *held*, without place or children.

    Args:
        known: how the group or list above declares it.
        typed: the type of its value by name, or as a page picked it by number; it matters where several are allowed.
    """
    types = _types(form, held)
    if len(types) == 1:
        typed = None
    cache, name = form.schemas.caches[_SHAPES], (held, required, known, typed)
    return cache.get(name) or cache.keep(name, _Maker(form, held, required, known, typed, types).field())


def _types(form: Form, held: Applicable) -> tuple[str, ...]:
    """The types that hold; where nothing is said yet, an object if that is what could hold."""
    cache = form.schemas.caches[_TYPES]
    known = cache.get(held)
    return cache.keep(held, _types_now(form, held)) if known is None else known


def _types_now(form: Form, held: Applicable) -> tuple[str, ...]:
    types = combined_schema.types(held.facets)
    if len(types) == len(combined_schema.ALL_TYPES):
        for dormant in held.dormant:
            if combined_schema.types(unconditional(form.schemas, (dormant,))) == ("object",):
                return ("object",)
    return types


def entries_editor(form: Form, held: Applicable, pointer: str, control: str) -> Field | None:
    """The key–value editor of the undeclared members of a group, or None where there is nothing free to edit."""
    if not _is_free(held.facets):
        return None
    cache, name = form.schemas.caches[_EDITORS], (held, pointer, control)
    return cache.get(name) or cache.keep(
        name, Field(pointer, Kind.ENTRIES, "entries", False, combined_schema.keywords(held.facets), held.facets, control=control)
    )


def _is_free(facets: tuple[Facet, ...]) -> bool:
    return any(
        facet.get("patternProperties")
        or any(isinstance(facet.get(k), dict) and facet.get(k) for k in ("additionalProperties", "unevaluatedProperties"))
        for facet in facets
    )


@attrs.define
class _Maker:
    form: Form
    held: Applicable
    required: bool
    known: Property | None
    typed: str | int | None
    types: tuple[str, ...]

    def field(self) -> Field:
        facets = self.held.facets
        keywords = combined_schema.keywords(facets)
        nullable = ("null" in self.types and len(self.types) > 1) or self.held.nullable
        kinds = tuple(t for t in self.types if t != "null") or self.types
        choices = self._choices()
        pickers = self.held.pickers
        if choices is None and 1 < len(kinds) < 5 and keywords.get("x-widget") not in ("json", *self.form.dialect.widgets):
            picker = self._type_picker(kinds)
            pickers = (*pickers, picker)
            kinds = tuple(kinds[index] for index in picker.picked)
        kind, widget = self._kind(kinds, keywords, choices)
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
            row=self.known is not None and self.known.row,
            place=self.known is not None and self.known.place,
        )

    def _type_picker(self, kinds: tuple[str, ...]) -> Picker:
        """Several types with nothing else to tell them apart: somebody says which one is meant."""
        choices = tuple(Choice(index, kind, f"word:type-{kind}") for index, kind in enumerate(kinds))
        picked = [i for i, kind in enumerate(kinds) if self.typed == kind or (self.typed == i and self.typed is not None)]
        return Picker("type", choices, tuple(picked[:1]))

    def _choices(self) -> tuple[Choice, ...] | None:
        choices = self.known.choices if self.known is not None else None
        if choices is None:
            choices = combined_schema.choices(self.form.schemas, self.held.facets)
        if choices is None or self.known is None or not self.known.retired:
            return choices
        return tuple(attrs.evolve(c, deprecated=c.deprecated or key(c.value) in self.known.retired) for c in choices)

    def _kind(self, types: tuple[str, ...], keywords: Mapping[str, Json], choices: tuple[Choice, ...] | None) -> tuple[Kind, str]:
        wanted = keywords.get("x-widget")
        if wanted in self.form.dialect.widgets:
            return Kind.TEXT, str(wanted)
        if wanted == "json":
            return Kind.JSON, "json"
        if choices is not None:
            return self._choice(choices, wanted)
        if "x-options" in keywords:
            return Kind.CHOICE, "lookup"
        if not types or (types != ("object",) and any(not picker.picked for picker in self.held.pickers)):
            return Kind.GROUP, UNDECIDED
        if len(types) != 1:
            return Kind.JSON, "json"
        return self._typed(types[0], keywords, wanted)

    def _choice(self, choices: tuple[Choice, ...], wanted: Json) -> tuple[Kind, str]:
        if len(choices) == 1 and (self.known is None or self.known.choices is None):
            # One possible answer is no question: a required one is filled in, unless it is a consent.
            consent = choices[0].value is True
            # Where its branch was chosen, its value was chosen with it.
            if self.held.pickers or self.known is None or not (self.known.row or consent or not self.required):
                return Kind.CONSTANT, "constant"
            return Kind.ACCEPT, "checkbox"
        if wanted in ("radio", "select"):
            return Kind.CHOICE, str(wanted)
        if len(choices) > MANY or wanted == "lookup":
            return Kind.CHOICE, "lookup"
        return Kind.CHOICE, "radio" if len(choices) <= FEW else "select"

    def _typed(self, kind: str, keywords: Mapping[str, Json], wanted: Json) -> tuple[Kind, str]:
        match kind:
            case "null":
                return Kind.CONSTANT, "constant"
            case "boolean":
                return Kind.BOOLEAN, "select" if wanted == "select" else "radio"
            case "number":
                money = wanted == "money" or keywords.get("x-unit") in _MONEY_UNITS
                return Kind.NUMBER, "money" if money else "text"
            case "object":
                return self._group(keywords)
            case "array":
                return self._list(keywords)
        return self._text(keywords, wanted)

    def _text(self, keywords: Mapping[str, Json], wanted: Json) -> tuple[Kind, str]:
        embedded = keywords.get("contentEncoding") == "base64" and "contentMediaType" in keywords
        if "x-file" in keywords or keywords.get("format") == "data-url" or embedded:
            return Kind.FILE, "file"
        if wanted in ("textarea", "password", "text"):
            return Kind.TEXT, str(wanted)
        long = keywords.get("maxLength", 0) > LONG or keywords.get("minLength", 0) > LONG
        return Kind.TEXT, "textarea" if long and "format" not in keywords else "text"

    def _group(self, keywords: Mapping[str, Json]) -> tuple[Kind, str]:
        """An object that declares nothing can only be written as JSON."""
        if (
            self.held.pickers
            or self.held.drivers
            or any(
                facet.get("properties")
                or facet.get("required")
                or facet.get("then")
                or facet.get("else")
                or facet.get("dependentSchemas")
                for facet in self.held.facets
            )
        ):
            return Kind.GROUP, "group"
        if _is_free(self.held.facets):
            return Kind.GROUP, "group"
        closed = any(f.get("additionalProperties") is False or f.get("maxProperties") == 0 for f in self.held.facets)
        return (Kind.GROUP, "group") if closed or keywords.get("properties") == {} else (Kind.JSON, "json")

    def _list(self, keywords: Mapping[str, Json]) -> tuple[Kind, str]:
        if any(facet.get("prefixItems") for facet in self.held.facets):
            return Kind.LIST, "list"
        item = self._item()
        words = combined_schema.keywords(item)
        if "x-file" in {**words, **keywords}:
            return Kind.FILE, "files"
        if not any(facet.schema not in ({}, True) for facet in item):
            return Kind.JSON, "json"
        if keywords.get("uniqueItems") is True and self._item_choices() and words.get("x-widget") != "select":
            return Kind.CHECKS, "checks"
        return Kind.LIST, "list"

    def _item(self) -> tuple[Facet, ...]:
        """The schemas that hold for every element."""
        schemas = self.form.schemas
        seeds = tuple(
            schemas.below(facet, "/items", facet.schema["items"]) for facet in self.held.facets if facet.get("items") is not None
        )
        return applicable_at(schemas, seeds, ABSENT).facets

    def _item_choices(self) -> tuple[Choice, ...]:
        found = combined_schema.choices(self.form.schemas, self._item()) or ()
        return found if len(found) <= MANY else ()
