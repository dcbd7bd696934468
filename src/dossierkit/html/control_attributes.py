"""Functions for templates: words, required marks, notes and attributes of a control."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from markupsafe import Markup, escape

from dossierkit.forms.fields.form import Kind
from dossierkit.forms.views.controls import Control
from dossierkit.forms.words.catalogue import word


@lru_cache(maxsize=16)
def _star(language: str) -> Markup:
    return Markup(' <span class="star" aria-hidden="true">*</span><span class="hidden"> ({})</span>').format(
        word("required-mark", language)
    )


def template_functions(piece: Callable[..., Markup], language: str) -> dict[str, Any]:
    """The functions of a template in *language*, by name.

    Args:
        piece: renders another template: its name, the language, and its variables.
    """

    def say(name: str, **values: Any) -> str:
        return word(name, language).format(**values)

    def star(control: Control) -> Markup:
        return _star(language) if control.required else Markup("")

    def notes(control: Control) -> Markup:
        return piece("notes", language, c=control) if control.hints or control.errors else Markup("")

    def pickers(control: Control) -> Markup:
        return piece("pickers", language, c=control) if control.pickers else Markup("")

    return {"say": say, "star": star, "notes": notes, "pickers": pickers, "language": language}


def described(control: Control, *, required: bool = True) -> Markup:
    """The ARIA attributes of a control: its hints and errors, whether it is required, whether it is invalid.

    A control whose answer is never shown again (`writeOnly`) has the mark `data-secret`, so that no script stores its input.
    """
    ids = " ".join(filter(None, (control.hint_id, control.error_id)))
    result = f' aria-describedby="{escape(ids)}"' if ids else ""
    if required and control.required:
        result += ' aria-required="true"'
    if required and control.errors:
        result += ' aria-invalid="true"'
    if control.field.write_only:
        result += " data-secret"
    return Markup(result)


def attributes(control: Control) -> Markup:
    """The further HTML attributes of a control, such as `inputmode`."""
    return Markup("".join(f' {name}="{escape(value)}"' for name, value in control.attributes.items()))


def live(control: Control) -> Markup:
    """The mark of a control whose change can change other fields; a script then requests the form again."""
    return Markup(" data-live") if control.field.kind is not Kind.TEXT else Markup("")
