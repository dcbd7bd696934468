"""What a widget may know of a field: the values that templates read."""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from dossierkit.forms.fields.form import Field, Kind


@attrs.frozen
class Option:
    """One thing to choose.  *value* is what the control submits."""

    value: str
    label: str
    chosen: bool = False


@attrs.frozen
class PickerView:
    """A chooser between branches."""

    id: str
    name: str
    label: str
    options: tuple[Option, ...]
    widget: str
    #: Name and value of the hidden control beside it; see `Picker.mark`.
    mark: tuple[str, str] = ("", "")


@attrs.frozen(eq=False)
class Control:
    """One field as a page shows it."""

    field: Field
    id: str
    name: str
    label: str
    #: Help, then an example; each a line.
    hints: tuple[str, ...] = ()
    text: str = ""
    options: tuple[Option, ...] = ()
    errors: tuple[str, ...] = ()
    #: A blank answer is an answer, too.
    blank: bool = False
    #: There is an answer that is never shown.
    entered: bool = False
    attributes: Mapping[str, str] = attrs.field(factory=dict)
    unit: str = ""
    pickers: tuple[PickerView, ...] = ()
    children: tuple[Control, ...] = ()
    #: A search is asked for before there is anything to choose from.
    search: str | None = None
    #: What came of the search, in words.
    search_note: str = ""
    #: Names of attachments of a file field, as JSON answers have them.
    files: tuple[str, ...] = ()

    @property
    def widget(self) -> str:
        """The name of the template that shows it."""
        if self.field.read_only and self.field.leaf:
            return "readonly"
        # A line break would not survive a control of one line.
        return "textarea" if self.field.widget in ("text", "money") and "\n" in self.text else self.field.widget

    @property
    def required(self) -> bool:
        """A red star stands beside the label."""
        return self.field.required and not self.blank and self.field.kind is not Kind.CONSTANT

    @property
    def hint_id(self) -> str:
        """The id of its help, or nothing."""
        return f"{self.id}-hint" if self.hints else ""

    @property
    def error_id(self) -> str:
        """The id of its errors, or nothing."""
        return f"{self.id}-error" if self.errors else ""


@attrs.frozen
class SectionView:
    """A heading and the controls below it."""

    id: str
    title: str
    controls: tuple[Control, ...]


@attrs.frozen
class FormView:
    """A whole form, ready to be shown."""

    title: str
    description: str
    sections: tuple[SectionView, ...]
    #: Problems of the form as a whole, and of places that are not on the page: (id of the nearest control, words).
    summary: tuple[tuple[str, str], ...]
    root: Control
