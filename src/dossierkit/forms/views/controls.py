"""The values that templates read: `Control` for a field, `SectionView` and `FormView` for a page."""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from dossierkit.forms.fields.form import Field, Kind


@attrs.frozen
class Option:
    """A choice of a control."""

    #: The text that the control submits.
    value: str
    label: str
    chosen: bool = False


@attrs.frozen
class PickerView:
    """The control of a `Picker`."""

    id: str
    name: str
    label: str
    options: tuple[Option, ...]
    widget: str
    #: (name, value) of the hidden control for its mark; see `Picker.mark`.
    mark: tuple[str, str] = ("", "")


@attrs.frozen(eq=False)
class Control:
    """A field with its answer, as a page shows it."""

    field: Field
    id: str
    name: str
    label: str
    #: Lines of help: the description, an example, notes.
    hints: tuple[str, ...] = ()
    text: str = ""
    options: tuple[Option, ...] = ()
    errors: tuple[str, ...] = ()
    #: Blank is an answer to the field, though it is required.
    blank: bool = False
    #: There is an answer, which is never shown (`writeOnly`).
    entered: bool = False
    attributes: Mapping[str, str] = attrs.field(factory=dict)
    unit: str = ""
    pickers: tuple[PickerView, ...] = ()
    children: tuple[Control, ...] = ()
    #: The text that was searched for in a long list; None if the list needs no search.
    search: str | None = None
    #: The result of the search, as a sentence; empty if there is nothing to note.
    search_note: str = ""
    #: The ids of the files that answer the field.
    files: tuple[str, ...] = ()

    @property
    def widget(self) -> str:
        """The name of its template."""
        if self.field.read_only and self.field.leaf:
            return "readonly"
        # Browsers remove line breaks from a control of one line.
        return "textarea" if self.field.widget in ("text", "money") and "\n" in self.text else self.field.widget

    @property
    def required(self) -> bool:
        """Whether the label has a required mark."""
        return self.field.required and not self.blank and self.field.kind is not Kind.CONSTANT

    @property
    def hint_id(self) -> str:
        """The id of its hints; empty if it has none."""
        return f"{self.id}-hint" if self.hints else ""

    @property
    def error_id(self) -> str:
        """The id of its errors; empty if it has none."""
        return f"{self.id}-error" if self.errors else ""


@attrs.frozen
class SectionView:
    """A heading and the controls below it."""

    id: str
    title: str
    controls: tuple[Control, ...]


@attrs.frozen
class FormView:
    """A form with its answers and problems."""

    title: str
    description: str
    sections: tuple[SectionView, ...]
    #: (id of the control, sentence) of each problem; the id is empty if no control shows the problem.
    summary: tuple[tuple[str, str], ...]
    root: Control
