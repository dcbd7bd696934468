"""`python -m benchmarks.submit_cost TREE [TREE]`: CPU time of a submit in two checkouts of the project, in turn.

Each TREE is a checkout with its own environment (`git worktree add ../before COMMIT && cd ../before && uv sync --all-extras`); the
second one is this checkout unless it is named.  Only the CPU time of the process counts, in user and kernel mode: waiting
for the disk and for other programs does not.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
COUNT = 150
ROUNDS = 7


def main() -> None:
    trees = [Path(tree) for tree in sys.argv[1:]]
    if trees == [Path("-")]:
        print(json.dumps(cpu_seconds()))
        return
    if not 1 <= len(trees) <= 2:
        sys.exit(__doc__)
    before, after = (*trees, ROOT)[:2]
    times: dict[Path, list[float]] = {before: [], after: []}
    for _ in range(ROUNDS):
        for tree, found in times.items():
            found.append(_measured(tree))
    ours, theirs = statistics.median(times[after]), statistics.median(times[before])
    print(f"CPU per submit, 38 fields, one client: {ours * 1e6:.0f} µs against {theirs * 1e6:.0f} µs, {ours / theirs:.2f} x")
    pairs = [new / old for new, old in zip(times[after], times[before], strict=True)]
    print(f"pairs: {min(pairs):.2f} to {max(pairs):.2f} x")


def _measured(tree: Path) -> float:
    command = [tree / ".venv" / "bin" / "python", __file__, "-"]
    return float(json.loads(subprocess.run(command, capture_output=True, check=True, cwd=tree).stdout))


def cpu_seconds() -> float:
    """Seconds of CPU of one submit of a draft with 38 answers, into SQLite, synced to the disk."""
    sys.path.insert(0, str(ROOT))
    from benchmarks.sample import GOOD, SCHEMA
    from dossierkit import Actor, open_engine

    with tempfile.TemporaryDirectory(dir=ROOT) as folder:
        (Path(folder) / "sample.json").write_text(json.dumps(SCHEMA))
        engine = open_engine(f"sqlite:{folder}/d.db", procedures=folder)
        citizen = Actor("citizen-1")
        ids = [engine.begin("sample", citizen, GOOD).id for _ in range(COUNT + 20)]
        for id in ids[:20]:
            engine.submit(id, citizen)
        start = time.process_time()
        for id in ids[20:]:
            engine.submit(id, citizen)
        took = time.process_time() - start
        engine.close()
    return took / COUNT


if __name__ == "__main__":
    main()
