"""`python -m benchmarks [PART…]` prints a table of ratios.

Parts: check, render, submit, start, http, storm, soak, verify, search, report, office, postgres,
postgres-search.

Peers that are not installed are left out (`pip install 'dossierkit[bench,browser]'` brings them).  Medians, both sides in
turn, so that a noisy machine disturbs both alike.
"""

from __future__ import annotations

import sys

from benchmarks import (
    checking,
    hot_series,
    office,
    rendering,
    reporting,
    searching,
    searching_postgres,
    serving,
    soaking,
    starting,
    storming,
    submitting,
    verifying,
)
from benchmarks.measure import Row, table

PARTS = {
    "check": checking.rows,
    "render": rendering.rows,
    "submit": submitting.rows,
    "start": starting.rows,
    "http": serving.rows,
    "storm": storming.rows,
    "soak": soaking.rows,
    "verify": verifying.rows,
    "search": searching.rows,
    "report": reporting.rows,
    "office": office.rows,
    "postgres": hot_series.rows,
    "postgres-search": searching_postgres.rows,
}


def main() -> None:
    wanted = sys.argv[1:] or list(PARTS)
    if unknown := set(wanted) - PARTS.keys():
        sys.exit(f"there is no part called {', '.join(sorted(unknown))}; known: {', '.join(PARTS)}")
    rows: list[Row] = []
    for part in wanted:
        print(f"measuring {part} …", file=sys.stderr, flush=True)
        rows += PARTS[part]()
    print(table(rows))


main()
