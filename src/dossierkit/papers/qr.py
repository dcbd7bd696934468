"""QR codes as SVG."""

from __future__ import annotations

from markupsafe import Markup


def qr_code(text: str) -> Markup:
    """The QR code of *text* as SVG that scales to its container; with a fixed size it would be cut off."""
    import segno

    drawn = segno.make(text, micro=False, error="m")
    return Markup(drawn.svg_inline(border=2, dark="#000", light="#fff", omitsize=True))
