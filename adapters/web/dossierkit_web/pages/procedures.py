"""The list of procedures and the guidance page of each."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode

import attrs
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from dossierkit.catalog.index import CatalogEntry
from dossierkit.dossiers.money.fees import exemptions, quote
from dossierkit.dossiers.procedure.procedure import Procedure
from dossierkit.forms.answers.defaults import initial_answers
from dossierkit.forms.views.personal_data import personal_titles
from dossierkit_web.public_pages import known_procedure_edition, procedure_edition, public_page
from dossierkit_web.site import Site, language_of, markdown

PAGE = 50
#: The filters of the list beside the search words.
FILTERS = ("sector", "unit", "audience")


def show_list(site: Site, request: Request, form: FormData) -> Response:  # noqa: ARG001  # every page has this shape
    """The procedures that hold all words of `q`."""
    language, query = language_of(request), request.query_params.get("q", "")[:200]
    everything = site.engine.procedures(language=language)
    asked = {name: request.query_params.get(name, "")[:100] for name in FILTERS}
    entries = tuple(entry for entry in site.engine.procedures(query, language=language) if _fits(entry, asked))
    start = request.query_params.get("from", "0")
    first = min(int(start), len(entries)) if start.isascii() and start.isdigit() and len(start) < 7 else 0
    return site.page(
        request,
        "procedures",
        found=entries[first : first + PAGE],
        count=len(entries),
        first=first,
        page_size=PAGE,
        query=query,
        asked=asked,
        address=urlencode({name: value for name, value in {"q": query, **asked}.items() if value}),
        names={"sector": site.names("sectors", language), "unit": site.names("units", language), "audience": {}},
        offered={name: sorted({value for entry in everything for value in _values(entry, name)}) for name in FILTERS},
    )


def _values(entry: CatalogEntry, name: str) -> tuple[str, ...]:
    value = getattr(entry, name)
    return tuple(value) if isinstance(value, tuple) else (value,) if value else ()


def _fits(entry: CatalogEntry, asked: Mapping[str, str]) -> bool:
    return all(not wanted or wanted in _values(entry, name) for name, wanted in asked.items())


@public_page(procedure_edition, known_procedure_edition)
def show_one(site: Site, request: Request, form: FormData) -> Response:  # noqa: ARG001  # every page has this shape
    """Guidance, documents, time, fees, legal basis of one procedure."""
    language = language_of(request)
    procedure = site.engine.procedure(request.path_params["code"])
    return site.page(
        request,
        "procedure",
        procedure=procedure,
        title=procedure.title(language),
        block=procedure.block,
        guidance=markdown(procedure.text("guidance", language)),
        quotes=[(entry, quote(procedure, entry), exemptions(entry)) for entry in procedure.entries("fees")],
        notice=purpose_notice(site, procedure, language),
        preview=site.renderer.render(procedure.form, initial_answers(procedure.form), language=language),
    )


@attrs.frozen
class PurposeNotice:
    """The information for citizens before a form asks for personal data."""

    #: The unit that keeps the data, or the office.
    keeper: str
    #: The purpose; empty if the file names none.
    purpose: str
    #: The titles of the fields that ask for personal data.
    asked: tuple[str, ...]
    #: Years of retention; 0 if the file does not say.  Nothing is erased automatically after them.
    years: int


def purpose_notice(site: Site, procedure: Procedure, language: str) -> PurposeNotice:
    """The notice of *procedure*, from its file and the fields marked `x-personal`."""
    office = site.engine.office
    return PurposeNotice(
        site.names("units", language).get(procedure.unit, "") or ("" if office.is_sample else office.named(language)),
        procedure.text("purpose", language),
        personal_titles(procedure.form, language),
        int(procedure.block.get("retention", 0)),
    )
