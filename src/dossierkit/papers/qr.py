"""QR codes as drawings."""

from __future__ import annotations

from markupsafe import Markup


def qr_code(text: str) -> Markup:
    """A drawing that a phone reads as *text*: SVG as large as its place, since one with a size of its own is cut off there."""
    import segno

    drawn = segno.make(text, micro=False, error="m")
    return Markup(drawn.svg_inline(border=2, dark="#000", light="#fff", omitsize=True))
