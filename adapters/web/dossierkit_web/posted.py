"""What a page sent: the texts and numbers of its controls."""

from __future__ import annotations

from starlette.datastructures import FormData


def text(form: FormData, name: str) -> str:
    """What was typed into the control *name*; a file there is nothing."""
    value = form.get(name, "")
    return value if isinstance(value, str) else ""


def number(typed: str, otherwise: int) -> int:
    """The number that *typed* is, up to nine digits; *otherwise* where it is none."""
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 10 else otherwise
