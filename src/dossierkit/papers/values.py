"""What stands on a paper, as values; how it looks is another matter."""

from __future__ import annotations

import attrs


@attrs.frozen
class PaperKind:
    """Which paper: a form, and the number of the event or the ref of the payment that it is about."""

    #: `01` to `06`, or `receipt`.
    form: str
    about: str = ""

    @property
    def name(self) -> str:
        """As an address names it: `01`, `02-7`, `receipt-H2915-261122-0001-01`."""
        return f"{self.form}-{self.about}" if self.about else self.form


@attrs.frozen
class Line:
    """`Label: text`."""

    label: str
    text: str


@attrs.frozen
class Grid:
    """A table with a heading."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@attrs.frozen
class Paper:
    """One paper."""

    kind: PaperKind
    language: str
    #: The agency above, the office, and the unit of it that writes.
    agencies: tuple[str, ...]
    #: The national heading, two lines.
    heading: tuple[str, ...]
    place_day: str
    #: `Số: …`, empty where it has none.
    number: str
    code: str
    title: str
    blocks: tuple[Line | Grid, ...]
    #: What stands above the places for signatures.
    signatures: tuple[str, ...]
    #: What its QR code says; empty where it has none.
    qr: str = ""
    form_name: str = ""
    #: Where the office is found and called, a line each.
    contact: tuple[str, ...] = ()
