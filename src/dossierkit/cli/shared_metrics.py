"""Processes that count together: the folder where prometheus-client adds their metrics up."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

#: The library reads this variable when it is imported.
_FOLDER = "PROMETHEUS_MULTIPROC_DIR"


@contextmanager
def shared_counting() -> Iterator[None]:
    """Count this process and those that it starts together; entered before `metrics` is imported."""
    with tempfile.TemporaryDirectory(prefix="dossierkit-metrics-") as folder:
        os.environ[_FOLDER] = folder
        try:
            yield
        finally:
            del os.environ[_FOLDER]


def forget_ended() -> None:
    """Leave out the gauges of processes that ended; what they counted stays."""
    from prometheus_client.multiprocess import mark_process_dead

    for file in Path(os.environ[_FOLDER]).glob("gauge_live*_*.db"):
        process = int(file.stem.rpartition("_")[2])
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            mark_process_dead(process)  # type: ignore[no-untyped-call]  # the library does not say


def is_counting_shared() -> bool:
    """Whether this process counts together with others."""
    return _FOLDER in os.environ
