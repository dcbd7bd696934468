"""The numbers (*Thống kê*), for everybody: a year by month, by unit and by sector, as bars and as tables, to be taken along."""

from __future__ import annotations

from urllib.parse import urlencode

import attrs
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from dossierkit.dossiers.reports import Line
from dossierkit.exports import FORMATS
from dossierkit.numbers import table_of
from dossierkit_web.limits import allow
from dossierkit_web.site import Site, language_of

#: The tables of the page, and what else can be taken along.
TABLES = ("month", "unit", "sector")
_TYPES = {"csv": "text/csv; charset=utf-8", "json": "application/json", "table": "text/plain; charset=utf-8",
          "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}  # fmt: skip


@attrs.frozen
class Bar:
    """Shares of the longest bar, in hundredths: resolved in time, late, and still in progress."""

    in_time: float
    late: float
    open: float


def show(site: Site, request: Request, form: FormData) -> Response:  # noqa: ARG001  # every page has this shape
    """A year; the one that is asked for, or this one."""
    year, nd09 = _asked(site, request)
    language = language_of(request)
    tables = []
    for name in TABLES:
        rows = table_of(site.engine, year, (name,), language=language, nd09=nd09).rows
        longest = max((line.resolved + line.in_progress for _, line in rows[:-1]), default=0)
        tables.append((name, [(label, line, _bar(line, longest) if line is not rows[-1][1] else None) for label, line in rows]))
    this = site.engine.today().year
    return site.page(
        request,
        "statistics",
        year=year,
        nd09=nd09,
        years=range(this, this - 6, -1),
        tables=tables,
        formats=FORMATS[1:],
        rate=lambda line: (
            "–" if line.rate is None else f"{line.rate * 100:.1f}".replace(".", "," if language == "vi" else ".") + " %"
        ),
        taken=lambda by, form: (
            "/statistics/export?" + urlencode({"year": year, "by": by, "format": form, **({"nd09": 1} if nd09 else {})})
        ),
    )


def export(site: Site, request: Request, form: FormData) -> Response:  # noqa: ARG001  # every page has this shape
    """One table as a file, with every column of the printed form."""
    allow(site, request, "tables")
    year, nd09 = _asked(site, request)
    by, wanted = request.query_params.get("by", ""), request.query_params.get("format", "")
    if by not in (*TABLES, "procedure", "channel") or wanted not in _TYPES:
        return RedirectResponse("/statistics", 303)
    made = table_of(site.engine, year, (by,), language=language_of(request), nd09=nd09).written(wanted)
    ending = "txt" if wanted == "table" else wanted
    headers = {"Content-Disposition": f'attachment; filename="statistics-{year}-{by}.{ending}"'}
    return Response(made, media_type=_TYPES[wanted], headers=headers)


def _asked(site: Site, request: Request) -> tuple[int, bool]:
    typed = request.query_params.get("year", "")
    this = site.engine.today().year
    year = int(typed) if typed.isascii() and typed.isdigit() and len(typed) == 4 else this
    return (year if 2000 <= year <= this else this), request.query_params.get("nd09") == "1"


def _bar(line: Line, longest: int) -> Bar:
    return Bar(
        *(round(100 * count / longest, 2) if longest else 0 for count in (line.resolved - line.late, line.late, line.in_progress))
    )
