"""Papers as values, independent of their layout."""

from __future__ import annotations

import attrs


@attrs.frozen
class PaperKind:
    """A kind of paper: the form, and the number of the event or the ref of the payment that it is about."""

    #: `01` to `06`, or `receipt`.
    form: str
    about: str = ""

    @property
    def name(self) -> str:
        """The name in addresses: `01`, `02-7`, `receipt-H2915-261122-0001-01`."""
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
    """A paper with everything that is printed on it."""

    kind: PaperKind
    language: str
    #: The superior agency, the office, and its unit.
    agencies: tuple[str, ...]
    #: The national heading, two lines.
    heading: tuple[str, ...]
    place_day: str
    #: `Số: …`; empty if it has no number.
    number: str
    code: str
    title: str
    blocks: tuple[Line | Grid, ...]
    #: Captions above the signatures.
    signatures: tuple[str, ...]
    #: Content of its QR code; empty if it has none.
    qr: str = ""
    form_name: str = ""
    #: Address and telephone of the office, a line each.
    contact: tuple[str, ...] = ()
