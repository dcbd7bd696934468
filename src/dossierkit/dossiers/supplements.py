"""A supplement: the citizen mends exactly what the office asked for."""

from __future__ import annotations

from dossierkit.forms.pointers import ABSENT, Json, drop, get, put


def asked_for(before: Json, after: Json, asked: tuple[str, ...]) -> Json:
    """*before* with what *after* has at the pointers *asked*, and nothing else of it."""
    mended = before
    # From the end: what goes from a list moves only what lies behind it.
    for pointer in sorted((one for one in asked if one == "" or one.startswith("/")), reverse=True):
        value = get(after, pointer)
        mended = drop(mended, pointer) if value is ABSENT else put(mended, pointer, value)
    return mended
