"""The control that gets the focus on the page after one of the buttons inside a form."""

from __future__ import annotations

from collections.abc import Mapping

from dossierkit.forms.fields.effective_fields import effective
from dossierkit.forms.fields.field_tree import walk
from dossierkit.forms.fields.form import Field, Form, Kind, Layout
from dossierkit.forms.views.viewer import control_id
from dossierkit.pointers import Json, last, parent


def focus_after(form: Form, answers: Json, layout: Layout, button: str) -> str:
    """The id of the element that gets the focus on the page after *button*; empty if the page begins at its top.

    It is the first control of the row that was added or moved, or of the row that took the place of a removed one; after the
    last row was removed, the button that adds another.

    Args:
        answers: those after the button, see `rows.after_button`; so is *layout*.
    """
    verb, _, control = button.partition(":")
    rows = parent(control)
    if not control.startswith("/"):
        return ""
    fields = {field.control: field for field in walk(effective(form, answers, layout=layout)) if field.kind is not Kind.ENTRIES}
    match verb:
        case "open":
            return control_id(control)
        case "add" if last(control) == "~e":
            return f"{control_id(control)}{layout.rows.get(control, 1) - 1}.key"
        case "add":
            return _first_control(fields, f"{control}/{layout.rows.get(control, 1) - 1}") or control_id(control)
        case "remove":
            return _first_control(fields, control) or f"{control_id(rows)}.add"
        case "up" | "down" if last(control).isdecimal():
            index = int(last(control)) + (1 if verb == "down" else -1)
            return _first_control(fields, f"{rows}/{index}") or control_id(rows)
    return control_id(rows) if rows else ""


def _first_control(fields: Mapping[str, Field], row: str) -> str:
    """The id of the first control of *row*, or of the row itself if its first control chooses a branch; empty without it."""
    if row not in fields:
        return ""
    below = walk(fields[row])
    is_answered = (
        field for field in below if field.pickers or (field.leaf and not field.fixed and field.kind is not Kind.CONSTANT)
    )
    return control_id(next(is_answered, fields[row]).control)
