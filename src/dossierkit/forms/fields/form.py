"""The values that make up a form: `Form`, `Field`, `Picker`, `Section`, `Layout`.  All are immutable."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from functools import cached_property
from typing import TYPE_CHECKING

import attrs

from dossierkit.findings import Fault
from dossierkit.forms.schema.dialect import Choice
from dossierkit.pointers import Json, key, last

if TYPE_CHECKING:
    from dossierkit.forms.schema.dialect import Dialect
    from dossierkit.forms.schema.located_schemas import Facet, Schemas
    from dossierkit.forms.schema.rules import Computed, Rule


class Kind(Enum):
    """How a field is answered: which controls it has, and how their texts are read."""

    TEXT = "text"
    NUMBER = "number"
    BOOLEAN = "boolean"  # three answers: yes, no, none
    CHOICE = "choice"  # one of several values
    CHECKS = "checks"  # a list of distinct values out of several
    CONSTANT = "constant"  # a single possible value, filled in without a control
    ACCEPT = "accept"  # a check box for a single value
    GROUP = "group"  # an object with declared members
    ENTRIES = "entries"  # the undeclared members of a group: names and values
    LIST = "list"  # rows
    FILE = "file"
    JSON = "json"  # a value that no other kind can hold, as JSON text


@attrs.frozen
class Picker:
    """A control that chooses between branches, or between the types of a value."""

    #: `0`, `1` … for the branches of a field, `type` for its type.
    name: str
    choices: tuple[Choice, ...]
    #: Indexes of *choices*: at most one, except for `anyOf`.
    picked: tuple[int, ...] = ()
    #: A hash of the location of the branches, since a field can have other branches for other answers; empty for a type.
    mark: str = ""

    @property
    def kind(self) -> str:
        """The kind of its control; see `answers.control_names`."""
        return "branch" if self.name == "0" else f"branch.{self.name}"

    @property
    def text(self) -> str:
        """The text that its control submits."""
        return "+".join(map(str, self.picked))


def _is_leaf(field: Field) -> bool:
    return field.kind not in (Kind.GROUP, Kind.LIST, Kind.ENTRIES)


def _is_several(field: Field) -> bool:
    return field.kind is Kind.CHECKS or (field.kind is Kind.FILE and field.widget == "files")


def _is_read_only(field: Field) -> bool:
    return field.keywords.get("readOnly") is True or "readOnly" in field.inherited


def _is_write_only(field: Field) -> bool:
    return field.keywords.get("writeOnly") is True or "writeOnly" in field.inherited or field.widget == "password"


def _is_fixed(field: Field) -> bool:
    return field.read_only or bool(field.children and all(below.fixed for below in field.children))


@attrs.frozen(eq=False)
class Field:
    """One question of a form, as it applies to some answers.

    The same schemas at the same pointer give the same object, so a cache can use fields as keys.  Fields that differ only in
    their position, such as those of the rows of a list, have the same *shape*.
    """

    pointer: str
    kind: Kind
    widget: str
    required: bool
    #: The keywords of all *facets*; see `combined_schema.keywords`.
    keywords: Mapping[str, Json]
    #: The schemas that apply; of several texts for the same thing, that of the first schema is used.
    facets: tuple[Facet, ...] = ()
    choices: tuple[Choice, ...] = ()
    #: Null is allowed, and is the meaning of a blank answer to a required field.
    nullable: bool = False
    pickers: tuple[Picker, ...] = ()
    #: A check box tells whether the group has an answer.
    presence: bool = False
    #: A group with a schema of one of its ancestors; the page notes that it is open.
    recursive: bool = False
    #: A recursive group that is closed: the page offers to open one level more.
    folded: bool = False
    children: tuple[Field, ...] = ()
    #: Some of its children are left out; see `field_tree.selection`.
    partial: bool = False
    #: The field is an element of a list.
    row: bool = False
    #: The field is an element with a schema for its position (`prefixItems`).
    positional: bool = False
    #: `readOnly` and `writeOnly` if an ancestor has them.
    inherited: frozenset[str] = frozenset()
    #: The name of its control: the pointer, except inside an entry whose name can be edited.
    control: str = attrs.field(default=attrs.Factory(lambda self: self.pointer, takes_self=True))
    #: The field without a position, shared by all fields that differ only in their position; None if it has none.
    shape: Field | None = None

    #: The last token of the pointer.
    name: str = attrs.field(init=False, default=attrs.Factory(lambda self: last(self.pointer), takes_self=True))
    #: The field has a control of its own, and no children.
    leaf: bool = attrs.field(init=False, default=attrs.Factory(_is_leaf, takes_self=True))
    #: Its control gives a list of values.
    several: bool = attrs.field(init=False, default=attrs.Factory(_is_several, takes_self=True))
    #: Never taken from a submitted page.
    read_only: bool = attrs.field(init=False, default=attrs.Factory(_is_read_only, takes_self=True))
    #: Read only, itself or in all fields below it: a page cannot change its answer.
    fixed: bool = attrs.field(init=False, default=attrs.Factory(_is_fixed, takes_self=True))
    #: Never shown again once it was answered.
    write_only: bool = attrs.field(init=False, default=attrs.Factory(_is_write_only, takes_self=True))

    def __repr__(self) -> str:
        return f"<Field {self.pointer!r}: {self.kind.name.lower()}>"

    def choice(self, value: Json) -> Choice | None:
        """The choice with *value*; None if there is none."""
        return (self.shape or self)._by_key.get(key(value))

    @cached_property
    def _by_key(self) -> Mapping[str, Choice]:
        return {key(choice.value): choice for choice in reversed(self.choices)}


@attrs.frozen
class Section:
    """A heading of a page, with the fields below it."""

    title: str
    #: JSON Pointers of the fields.
    fields: tuple[str, ...]
    #: Location of the title in its file, by which translations find it.
    origin: str = ""


@attrs.frozen
class Layout:
    """The state of a page that answers cannot hold.  Fields are named by their controls (`Field.control`)."""

    #: List or editor → number of rows, with blank ones.
    rows: Mapping[str, int] = attrs.field(factory=dict)
    #: (control, picker) → indexes of the chosen branches.  A picker is named by `@` and its mark, or else by its name.
    branches: Mapping[tuple[str, str], tuple[int, ...]] = attrs.field(factory=dict)
    #: Recursive groups that are open.
    opened: frozenset[str] = frozenset()
    #: Field with a long list → the text that is searched for.
    searches: Mapping[str, str] = attrs.field(factory=dict)
    #: Row of an editor of free entries (`/free/~e0`) → the name that was typed there.
    names: Mapping[str, str] = attrs.field(factory=dict)
    #: Fields whose default was filled in; it is not filled in again after the user cleared it.
    filled: frozenset[str] = frozenset()
    #: Long list → first row of its open page of rows; of a list that is missing here, the first page is open.
    pages: Mapping[str, int] = attrs.field(factory=dict)


def may_hold_file(schema: Mapping[str, Json]) -> bool:
    """Whether a field of *schema* may be a file field; a predicate for `Schemas.any_schema`."""
    return "x-file" in schema or "contentEncoding" in schema or schema.get("format") == "data-url"


def embeds(field: Field) -> bool:
    """Whether the answer of *field* is the content of a file in base64, not the id of a stored file."""
    return field.kind is Kind.FILE and field.widget == "file" and field.keywords.get("contentEncoding") == "base64"


@attrs.frozen(eq=False)
class Form:
    """A JSON Schema that was read as a form.  Made by `read`; safe to share between threads."""

    #: The procedure's own document, as 2020-12.
    schema: Json
    #: All documents, and their validators.
    schemas: Schemas
    dialect: Dialect
    #: The root schema.
    root: Facet
    rules: tuple[Rule, ...] = ()
    computed: tuple[Computed, ...] = ()
    sections: tuple[Section, ...] = ()
    #: Language → location of a text in its file → its translation.
    translations: Mapping[str, Mapping[str, str]] = attrs.field(factory=dict)
    #: Advice for the author; never an error.
    advice: tuple[Fault, ...] = ()

    def __repr__(self) -> str:
        return f"<Form {self.title!r}>"

    @property
    def title(self) -> str:
        """The title of the schema, not translated; empty if it has none."""
        title = self.schema.get("title") if isinstance(self.schema, dict) else None
        return title if isinstance(title, str) else ""
