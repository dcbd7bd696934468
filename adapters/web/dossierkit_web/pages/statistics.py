"""Statistics (*Thống kê*) for every visitor: a period by month, unit and sector, as bars, tables and files."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from urllib.parse import urlencode

import attrs
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from dossierkit.dossiers.ledger.reports import DIMENSIONS, FIGURES, PARTS, Line, Period
from dossierkit.dossiers.lifecycle.dossier import Actor
from dossierkit.dossiers.states import OFFICERS
from dossierkit.statistics.durations import paces
from dossierkit.statistics.exports import FORMATS
from dossierkit.statistics.period_tables import table_of
from dossierkit_web.pages.desk import PAGE, facts_of, officer_of
from dossierkit_web.public_pages import public_page
from dossierkit_web.requests.addresses import see_other, url
from dossierkit_web.requests.limits import allow
from dossierkit_web.site import Site, language_of

#: The tables of the page, and the others that can be exported.
TABLES = ("month", "unit", "sector")
#: Tables with more rows than this are folded.
_FOLDED_FROM = 3
#: Maximum length of a query for which the page is kept.
_LONGEST_QUERY = 40
_TYPES = {"csv": "text/csv; charset=utf-8", "json": "application/json", "table": "text/plain; charset=utf-8",
          "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}  # fmt: skip


@attrs.frozen
class Bar:
    """Shares of the longest bar, in hundredths: resolved in time, late, and still in progress."""

    in_time: float
    late: float
    open: float


@attrs.frozen
class Asked:
    """The part of the statistics that a request asks for."""

    year: int
    part: str
    nd09: bool

    @property
    def period(self) -> Period:
        """The first and the last day."""
        return Period.part(self.year, self.part, nd09=self.nd09)

    def query(self, **more: str) -> str:
        """The query of an address."""
        values = {
            "year": str(self.year),
            "part": self.part if self.part != "year" else "",
            "nd09": "1" if self.nd09 else "",
            **more,
        }
        return urlencode({name: text for name, text in values.items() if text})


def _edition(site: Site, request: Request) -> Hashable | None:
    """Figures change with postings and from day to day, titles with the procedures."""
    is_kept = len(request.scope["query_string"]) <= _LONGEST_QUERY and not {*request.query_params} - {"year", "part", "nd09"}
    reports, offered = site.engine.reports, site.engine.offered
    return (reports.last_posting(), site.engine.today(), offered.edition()) if is_kept else None


@public_page(_edition)
def show(site: Site, request: Request, form: FormData) -> Response:  # noqa: ARG001  # every page has this shape
    """The year, or part of one, in the address; by default the present year."""
    asked, language = _asked(site, request), language_of(request)
    tables = []
    for name in TABLES:
        table = table_of(site.engine, asked.period, (name,), language=language, nd09=asked.nd09)
        longest = max((line.resolved + line.in_progress for _, line in table.rows[:-1]), default=0)
        last = table.rows[-1][1]
        tables.append((name, [(label, line, _bar(line, longest) if line is not last else None) for label, line in table.rows]))
    this = site.engine.today().year
    actor = site.visitor(request).actor if "desk" in site.config.parts else None
    return site.page(
        request,
        "statistics",
        year=asked.year,
        part=asked.part,
        parts=[*PARTS, *map(str, range(1, 13))],
        nd09=asked.nd09,
        years=range(this, this - 6, -1),
        tables=tables,
        folded_from=_FOLDED_FROM,
        paces=paces(site.engine, asked.year, language=language),
        formats=FORMATS[1:],
        rate=lambda share: _percent(share, language),
        days=lambda count: "–" if count is None else f"{count:g}".replace(".", "," if language == "vi" else "."),
        taken=lambda by, form: url(request, "/statistics/export?" + asked.query(by=by, format=form)),
        behind=_links(request, asked, actor) if actor is not None and actor.role in OFFICERS else None,
    )


def _links(request: Request, asked: Asked, actor: Actor) -> Callable[[str, str, str], str]:
    """The address of the dossiers behind a figure; empty if *actor* may not see all of them."""

    def link(by: str, key: str, figure: str) -> str:
        allowed = not actor.unit or (by, key) == ("unit", actor.unit)
        return url(request, "/desk/figures?" + asked.query(by=by, key=key, figure=figure)) if allowed else ""

    return link


def _percent(share: float | None, language: str) -> str:
    return "–" if share is None else f"{share * 100:.1f}".replace(".", "," if language == "vi" else ".") + " %"


def export(site: Site, request: Request, form: FormData) -> Response:  # noqa: ARG001  # every page has this shape
    """One table as a file, with every column of the printed form."""
    allow(site, request, "tables")
    asked = _asked(site, request)
    by, wanted = request.query_params.get("by", ""), request.query_params.get("format", "")
    if by not in (*TABLES, "procedure", "channel") or wanted not in _TYPES:
        return see_other(request, "/statistics")
    made = table_of(site.engine, asked.period, (by,), language=language_of(request), nd09=asked.nd09).written(wanted)
    name = f"statistics-{asked.year}-{asked.part + '-' if asked.part != 'year' else ''}{by}"
    headers = {"Content-Disposition": f'attachment; filename="{name}.{"txt" if wanted == "table" else wanted}"'}
    return Response(made, media_type=_TYPES[wanted], headers=headers)


def behind(site: Site, request: Request, form: FormData) -> Response:  # noqa: ARG001  # every page has this shape
    """The dossiers behind one figure; officers of a unit see those of their unit."""
    actor = officer_of(site, request)
    asked, query = _asked(site, request), request.query_params
    by, figure = query.get("by", ""), query.get("figure", "")
    if figure not in FIGURES or by not in (*TABLES, *DIMENSIONS, ""):
        raise HTTPException(404)
    period, where = _narrowed(asked, by, query.get("key", "")[:100])
    if actor.unit:
        where = {**where, "unit": actor.unit}
    counted = site.engine.behind(figure, period, where, before=query.get("before", "")[:64] or None, limit=PAGE + 1)
    language = language_of(request)
    return site.page(
        request,
        "figures",
        figure=figure,
        period=period,
        found=[(dossier, facts_of(site, dossier, language)) for dossier in counted[:PAGE]],
        more=counted[PAGE - 1].id if len(counted) > PAGE else "",
        kept=asked.query(by=by, key=query.get("key", "")[:100], figure=figure),
        back=url(request, "/statistics?" + asked.query()) if "statistics" in site.config.parts else "",
    )


def _narrowed(asked: Asked, by: str, key: str) -> tuple[Period, dict[str, str]]:
    """The period and the unit or sector that one line of a table is about."""
    if by != "month":
        return asked.period, {by: key} if by and key else {}
    month = next((period for period in asked.period.split(nd09=asked.nd09) if f"{period.last:%m/%Y}" == key), asked.period)
    return month, {}


def _asked(site: Site, request: Request) -> Asked:
    typed, this = request.query_params.get("year", ""), site.engine.today().year
    year = int(typed) if typed.isascii() and typed.isdigit() and len(typed) == 4 else this
    part = request.query_params.get("part", "year")
    known = part in PARTS or part in map(str, range(1, 13))
    return Asked(year if 2000 <= year <= this else this, part if known else "year", request.query_params.get("nd09") == "1")


def _bar(line: Line, longest: int) -> Bar:
    return Bar(
        *(round(100 * count / longest, 2) if longest else 0 for count in (line.resolved - line.late, line.late, line.in_progress))
    )
