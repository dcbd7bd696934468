"""Names of the controls of a page.

The control of an answer has its JSON Pointer as its name.  Any other control is named `KIND:POINTER`.  A pointer is empty or
begins with a slash, so the two cannot be confused.

    value:        the answer at the root, whose pointer is empty
    count:/rows   number of rows of the list; not on a page with only some of them (`field_tree.selection`)
    branch:/who   index of the chosen branch (`branch.1:` and `branch.type:` for further pickers of the same field)
    mark:/who     the mark of the branches that `branch:/who` chooses from (`mark.1:` …); see `Picker.mark`
    present:/who  whether an optional group of constants has an answer
    open:/child   this level of a recursive form is open
    order:/kinds  the stored order of checked values
    key:/free/~e0 the name of an entry, which can be edited; the control of its value is named `/free/~e0…`
    drop:/secret  remove the stored answer; a blank control for a secret leaves it unchanged
    search:/place the text to search for in a long list
    page:/rows    first row of the page of rows that is shown; answers of rows on other pages are left unchanged
    filled:/unit  the default of the field was filled in before; only in a stored layout, never on a page

Browsers change control characters in names, so these are written `~xNN`, which no JSON Pointer contains.
"""

from __future__ import annotations

import re

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_ESCAPED = re.compile(r"~x([0-9a-f]{2})")


def name_of(pointer: str, kind: str = "") -> str:
    """The name of the control of *kind*, empty for that of an answer, at *pointer*."""
    escaped = _CONTROL.sub(lambda match: f"~x{ord(match[0]):02x}", pointer)
    if kind:
        return f"{kind}:{escaped}"
    return escaped or "value:"


def pointer_of(name: str) -> tuple[str, str]:
    """The kind and the pointer of a control, the reverse of `name_of`; a name without a colon is a kind without a pointer."""
    kind, pointer = ("", name) if name.startswith("/") else name.split(":", 1) if ":" in name else (name, "")
    pointer = _ESCAPED.sub(lambda match: chr(int(match[1], 16)), pointer)
    return ("" if name == "value:" else kind), pointer


def mark_name(pointer: str, picker: str) -> str:
    """The name of the hidden control with the mark of *picker* at *pointer*."""
    return name_of(pointer, "mark" if picker == "0" else f"mark.{picker}")


def branch_name(pointer: str, picker: str) -> str:
    """The name of the control of *picker* at *pointer*."""
    return name_of(pointer, "branch" if picker == "0" else f"branch.{picker}")
