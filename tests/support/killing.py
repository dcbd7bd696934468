"""A program that submits dossiers until it is killed, and prints each code once it is acknowledged."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

_PROGRAM = """
import sys
from dossierkit import Actor, open_engine
engine = open_engine(sys.argv[1], procedures=sys.argv[2], new=sys.argv[4] == "new")
actor = Actor("an")
for number in range(int(sys.argv[3])):
    draft = engine.begin("1.000001", actor, {"name": f"n{number}"})
    print(engine.submit(draft.id, actor).code, flush=True)
"""


def start(database: Path | str, procedures: Path, count: int, *, new: bool = False) -> subprocess.Popen[str]:
    """Start the program: it submits *count* dossiers.

    Args:
        database: file of SQLite, or address of a store.
    """
    address = database if isinstance(database, str) else f"sqlite:{database}"
    arguments = [sys.executable, "-c", _PROGRAM, address, str(procedures), str(count), "new" if new else "old"]
    return subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def kill_after(program: subprocess.Popen[str], count: int) -> tuple[list[str], str]:
    """Kill *program* once it has printed *count* codes: all codes that it printed, and what it wrote to its error output."""
    assert program.stdout is not None
    first = "".join(program.stdout.readline() for _ in range(count))
    program.send_signal(signal.SIGKILL)
    rest, error = program.communicate(timeout=60)
    # The last line may be half written.
    return (first + rest).split("\n")[:-1], error
