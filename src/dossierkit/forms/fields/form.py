"""The values a form is made of.  All are frozen and carry no behaviour beyond reading themselves."""

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
    from dossierkit.forms.schema.facets import Facet, Schemas
    from dossierkit.forms.schema.rules import Computed, Rule


class Kind(Enum):
    """How a field is answered; each kind is read from controls and shown in its own way."""

    TEXT = "text"
    NUMBER = "number"
    BOOLEAN = "boolean"  # three answers: yes, no, none
    CHOICE = "choice"  # one of a few values
    CHECKS = "checks"  # several of a few values
    CONSTANT = "constant"  # the only value there is; filled in, never asked
    ACCEPT = "accept"  # a check box with one value
    GROUP = "group"  # named fields together
    ENTRIES = "entries"  # free names, each with a value
    LIST = "list"  # rows
    FILE = "file"
    JSON = "json"  # no better widget fits


@attrs.frozen
class Picker:
    """A choice between alternatives that needs a control of its own.

    *name* tells several at one place apart: `0`, `1` … for branches, `type` for the type of a value.
    """

    name: str
    choices: tuple[Choice, ...]
    #: Indexes of *choices*: none, one, or for `anyOf` several whose answers are all there.
    picked: tuple[int, ...] = ()
    #: Tells the alternatives from others that stand at the same place under other answers; empty for a type.
    mark: str = ""

    @property
    def kind(self) -> str:
        """The kind of its control, as `controls` lists them."""
        return "branch" if self.name == "0" else f"branch.{self.name}"

    @property
    def text(self) -> str:
        """What its control submits."""
        return "+".join(map(str, self.picked))


def _is_leaf(field: Field) -> bool:
    return field.kind not in (Kind.GROUP, Kind.LIST, Kind.ENTRIES)


def _is_several(field: Field) -> bool:
    return field.kind is Kind.CHECKS or (field.kind is Kind.FILE and field.widget == "files")


def _is_read_only(field: Field) -> bool:
    return field.keywords.get("readOnly") is True or "readOnly" in field.inherited


def _is_write_only(field: Field) -> bool:
    return field.keywords.get("writeOnly") is True or "writeOnly" in field.inherited or field.widget == "password"


@attrs.frozen(eq=False)
class Field:
    """One place for an answer as it holds now.

    A field is made once for the same schemas at the same pointer and then shared, so identity can key a memo.  Fields that
    differ in nothing but their place, as those of the rows of a list do, share one *shape*.
    """

    pointer: str
    kind: Kind
    widget: str
    required: bool
    #: The keywords of every schema that holds here; of a contradiction the narrower one.
    keywords: Mapping[str, Json]
    #: Where the schema says so, first the one whose words win.
    facets: tuple[Facet, ...] = ()
    choices: tuple[Choice, ...] = ()
    #: A blank answer means null.
    nullable: bool = False
    pickers: tuple[Picker, ...] = ()
    #: The group is asked for by a check box of its own.
    presence: bool = False
    #: A group whose schemas hold further up, too; the page says that it is open.
    recursive: bool = False
    #: Recursion ends here until somebody asks for one level more.
    folded: bool = False
    children: tuple[Field, ...] = ()
    #: The field is an element of a list.
    row: bool = False
    #: Such an element with a schema of its own, as a tuple has it.
    place: bool = False
    #: `readOnly` and `writeOnly` where a group or list around it says so.
    inherited: frozenset[str] = frozenset()
    #: What its control is called: its pointer, unless that can still change (an entry whose name is being edited).
    control: str = attrs.field(default=attrs.Factory(lambda self: self.pointer, takes_self=True))
    #: The same field at no place, shared by all that differ in their place alone; None where none was made.
    shape: Field | None = None

    # --- what follows from the rest, worked out once ------------------------------------------------------------

    #: The last token of the pointer.
    name: str = attrs.field(init=False, default=attrs.Factory(lambda self: last(self.pointer), takes_self=True))
    #: It is answered by a control of its own, not by its children.
    leaf: bool = attrs.field(init=False, default=attrs.Factory(_is_leaf, takes_self=True))
    #: One control gives a list of values.
    several: bool = attrs.field(init=False, default=attrs.Factory(_is_several, takes_self=True))
    #: The client never changes it.
    read_only: bool = attrs.field(init=False, default=attrs.Factory(_is_read_only, takes_self=True))
    #: What was answered is never shown again.
    write_only: bool = attrs.field(init=False, default=attrs.Factory(_is_write_only, takes_self=True))

    def __repr__(self) -> str:
        return f"<Field {self.pointer!r}: {self.kind.name.lower()}>"

    def choice(self, value: Json) -> Choice | None:
        """The one of its choices that *value* is."""
        return (self.shape or self)._by_key.get(key(value))

    @cached_property
    def _by_key(self) -> Mapping[str, Choice]:
        return {key(choice.value): choice for choice in reversed(self.choices)}


@attrs.frozen
class Section:
    """A heading with the fields below it."""

    title: str
    fields: tuple[str, ...]
    origin: str = ""


@attrs.frozen
class Layout:
    """What a page had open that answers cannot hold: rows without an answer, branches, levels, names, searches.

    Places are written as their controls are (`Field.control`).  `controls` gives the layout of a page, and its pairs again.
    """

    rows: Mapping[str, int] = attrs.field(factory=dict)
    #: (control, picker) → branches.  A picker is called by its mark (`@1a2b3c4d`) where the page told it, else by its name.
    branches: Mapping[tuple[str, str], tuple[int, ...]] = attrs.field(factory=dict)
    opened: frozenset[str] = frozenset()
    searches: Mapping[str, str] = attrs.field(factory=dict)
    #: Row of an editor of free entries (`/free/~e0`) → the name that was typed there.
    names: Mapping[str, str] = attrs.field(factory=dict)
    #: Fields whose default was filled in once; what somebody cleared since stays cleared.
    filled: frozenset[str] = frozenset()


def embeds(field: Field) -> bool:
    """Whether the answer of *field* is a file itself, as base64 text, and not the id of a kept one."""
    return field.kind is Kind.FILE and field.widget == "file" and field.keywords.get("contentEncoding") == "base64"


@attrs.frozen(eq=False)
class Form:
    """A readable JSON Schema.  Made by `read`, safe to share between threads."""

    schema: Json
    schemas: Schemas
    dialect: Dialect
    #: The root schema.
    root: Facet
    rules: tuple[Rule, ...] = ()
    computed: tuple[Computed, ...] = ()
    sections: tuple[Section, ...] = ()
    #: Language → location of a text → its translation.
    translations: Mapping[str, Mapping[str, str]] = attrs.field(factory=dict)
    #: What an author should look at; never an error.
    advice: tuple[Fault, ...] = ()

    def __repr__(self) -> str:
        return f"<Form {self.title!r}>"

    @property
    def title(self) -> str:
        """The author's title in the author's language, or nothing."""
        title = self.schema.get("title") if isinstance(self.schema, dict) else None
        return title if isinstance(title, str) else ""
