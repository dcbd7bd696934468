"""Faults in `x-prefill` and `x-file` of the fields of a form."""

from __future__ import annotations

from collections.abc import Iterator

from dossierkit.dossiers.attachments.file_types import KNOWN
from dossierkit.findings import Fault
from dossierkit.forms.fields.form import Form
from dossierkit.forms.schema.located_schemas import Facet, file_and_pointer
from dossierkit.forms.schema.subschemas import every_schema
from dossierkit.pointers import child
from dossierkit.text import known_hint
from dossierkit.translatable import Words

#: Pointers into an account of the portal for `x-prefill`; the sign-in of a host may bring more.
ACCOUNT = ("/dateOfBirth", "/email", "/fullName", "/idNumber", "/phone")


def field_faults(form: Form) -> Iterator[Fault]:
    """Faults of unknown pointers into an account, and of file types that cannot be sent."""
    for uri, document in form.schemas.documents.items():
        base = Facet(document, uri + "#", form.schemas.root(uri).resolver)
        for pointer, schema in every_schema(document):
            if isinstance(schema, dict):
                yield from _faults(form.schemas.below(base, pointer, schema))


def _faults(facet: Facet) -> Iterator[Fault]:
    place, limits = facet.get("x-prefill"), facet.get("x-file")
    if place is not None and place not in ACCOUNT:
        file, pointer = file_and_pointer(facet, "/x-prefill")
        level = "warning" if place.startswith("/") else "error"
        yield Fault(
            "unknown-prefill",
            pointer,
            Words("an account has no {place!r}{hint}", place=place, hint=known_hint(place, ACCOUNT)),
            level,
            file,
        )
    for index, kind in enumerate(limits.get("accept", ()) if limits is not None else ()):
        if kind.casefold() not in KNOWN:
            file, pointer = file_and_pointer(facet, child("/x-file/accept", index))
            yield Fault(
                "unknown-file-type",
                pointer,
                Words("no file of the type {kind!r} can be sent{hint}", kind=kind, hint=known_hint(kind, KNOWN)),
                "error",
                file,
            )
