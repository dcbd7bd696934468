"""Memory that `verify` needs for 100 000 dossiers against 10 000, each in a process of its own."""

from __future__ import annotations

import multiprocessing
import resource
import sys
import tempfile
from pathlib import Path

from benchmarks.measure import Row
from benchmarks.office import _simulation
from dossierkit import open_engine
from dossierkit.wiring import samples

SMALL, LARGE = 10_000, 100_000


def rows() -> list[Row]:
    with tempfile.TemporaryDirectory(dir=".") as folder:
        peaks = {}
        for count in (SMALL, LARGE):
            path = Path(folder) / f"{count}.db"
            _alone(_fill, path, count)
            peaks[count] = _alone(peak, path)
    ratio = peaks[LARGE] / peaks[SMALL]
    shown = [f"{peaks[count] / 1024:.0f} MB" for count in (LARGE, SMALL)]
    return [Row(f"peak memory of verify, {LARGE} dossiers vs {SMALL}", shown[0], shown[1], ratio, "<= 1.5x", ratio <= 1.5)]


def _alone(work, *arguments: object) -> int:  # type: ignore[no-untyped-def]
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return int(pool.apply(work, arguments))


def _fill(path: Path, count: int) -> int:
    engine = open_engine(f"sqlite:{path}", procedures=samples())
    for _ in engine.store.load(_simulation(engine).lives(count)):
        pass
    engine.close()
    return count


def peak(path: Path) -> int:
    """Kilobytes of the process at its largest."""
    engine = open_engine(f"sqlite:{path}", procedures=samples())
    for message in engine.verify():
        print(message, file=sys.stderr)
    engine.close()
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
