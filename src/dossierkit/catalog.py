"""A folder of procedure files → procedures by code and revision, picked up while the program runs.

The folder is only looked at (names, sizes, times) until somebody asks for a procedure.  A file that cannot be read is
reported, and the last revision of it that could be read keeps serving.
"""

from __future__ import annotations

import json
import logging
import os
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol

import attrs

from dossierkit.dossiers.procedure import Bundle, Procedure
from dossierkit.errors import CatalogError, DocumentError, SchemaError, UnknownProcedure
from dossierkit.forms.dialect import Dialect
from dossierkit.forms.form import Fault
from dossierkit.forms.pointers import Json
from dossierkit.forms.reading import read
from dossierkit.listing import SHARED, Listed, bundle_of, listed, procedure_files
from dossierkit.text import fold, holds

#: The folder is looked at again after this many seconds.
LOOK_SECONDS = 0.25

_log = logging.getLogger(__name__)


class Memory(Protocol):
    """Where the catalog remembers small facts over a restart; a `DossierStore` is one."""

    def remember(self, key: str, value: Json) -> None:
        """Keeps *value*."""
        ...

    def recall(self, key: str) -> Json:
        """What was kept, or None."""
        ...


@attrs.define
class _Shelf:
    """What was last seen of the folder."""

    listed: dict[str, Listed]
    faults: dict[str, Fault]
    by_code: dict[str, Listed]


class Catalog:
    """The procedures in *folder*.

    Args:
        memory: remembers which file serves a code.
        index: a file that keeps titles and codes between starts; none is kept without it.
        approval: a changed or new file only serves after somebody approved it; the one before goes on until then.

    Raises:
        CatalogError: there is no such folder.
    """

    def __init__(
        self,
        folder: Path | str,
        dialect: Dialect,
        *,
        memory: Memory,
        index: Path | None = None,
        approval: bool = False,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self.folder = Path(folder)
        if not self.folder.is_dir():
            raise CatalogError(f"no folder {self.folder}; make it, or name another with --procedures")
        self.dialect = dialect
        self._memory = memory
        self._index = index
        self._approval = approval
        self._now = now
        self._lock = threading.RLock()
        self._looked = -1e9
        self._shelf = _Shelf({}, {}, {})
        self._shared: tuple[tuple[str, int, int], ...] = ()
        self._read: dict[str, tuple[object, Procedure]] = {}
        self._broken: dict[str, tuple[object, tuple[Fault, ...]]] = {}
        #: Files that wait to be approved: path → what they would serve.
        self._waiting: dict[str, Procedure] = {}
        self._kept = self._load_index()

    # --- what callers ask --------------------------------------------------------------------------------------

    def list(self, *, query: str = "", language: str = "vi") -> tuple[Listed, ...]:
        """The procedures whose title, code, sector or guidance hold all words of *query*, accents or not."""
        from dossierkit.text import sort_key

        wanted = fold(query)
        found = [one for one in self._look().by_code.values() if holds(one.words, wanted)]
        return tuple(sorted(found, key=lambda one: sort_key(one.title_in(language))))

    def procedure(self, code: str) -> Procedure:
        """The newest readable revision of the procedure called *code*.

        Raises:
            UnknownProcedure: there is none.
        """
        with self._lock:
            listed = self._look().by_code.get(code)
            if listed is None:
                raise UnknownProcedure(f"no procedure is called {code!r}")
            procedure = self._procedure(listed)
            if procedure is None and listed.path in self._waiting:
                raise UnknownProcedure(f"{listed.path} waits to be approved")
            if procedure is None:
                raise UnknownProcedure(f"{listed.path} cannot be read: {self._why(listed.path)}")
            return procedure

    def faults(self) -> tuple[Fault, ...]:
        """What is wrong in the folder now."""
        with self._lock:
            shelf = self._look()
            read = [fault for _, faults in self._broken.values() for fault in faults]
            return (*shelf.faults.values(), *read)

    def restored(self, bundle: bytes, code: str) -> Procedure:
        """The procedure that *bundle* holds, whatever the folder says now."""
        documents = json.loads(bytes(bundle))
        return _made(code, Bundle(documents), self.dialect)

    # --- looking at the folder ---------------------------------------------------------------------------------

    def _look(self) -> _Shelf:
        with self._lock:
            if self._now() - self._looked < LOOK_SECONDS:
                return self._shelf
            listed: dict[str, Listed] = {}
            faults: dict[str, Fault] = {}
            for name, size, changed in procedure_files(self.folder):
                known = self._shelf.listed.get(name) or self._kept.get(name)
                if known is None or (known.size, known.changed) != (size, changed):
                    known = self._head(name, size, changed, faults, known)
                elif name in self._shelf.faults:
                    faults[name] = self._shelf.faults[name]
                if known is not None:
                    listed[name] = known
            self._shared = tuple(procedure_files(self.folder / SHARED))
            if listed != self._shelf.listed or faults != self._shelf.faults:
                self._shelf = _Shelf(listed, faults, self._by_code(listed, faults))
                for fault in faults.values():
                    _log.warning("%s: %s", fault.file, fault.message)
                self._save_index(listed)
            self._looked = self._now()
            return self._shelf

    def _head(self, name: str, size: int, changed: int, faults: dict[str, Fault], known: Listed | None) -> Listed | None:
        """The list entry of a file that is new or changed; the one before where it cannot be read."""
        try:
            document = json.loads((self.folder / name).read_bytes())
            return listed(name, size, changed, document)
        except FileNotFoundError:
            return None
        except (OSError, ValueError, RecursionError) as error:
            faults[name] = Fault("unreadable", "", f"cannot be read: {error}", file=name)
            return attrs.evolve(known, size=size, changed=changed) if known is not None else None

    def _by_code(self, listed: Mapping[str, Listed], faults: dict[str, Fault]) -> dict[str, Listed]:
        """One file for each code: the one that served last, or else the first by name."""
        result: dict[str, Listed] = {}
        for name in sorted(listed):
            one = listed[name]
            rival = result.get(one.code)
            if rival is None:
                result[one.code] = one
                continue
            served = self._memory.recall(f"served:{one.code}")
            first, second = (one, rival) if served == name else (rival, one)
            result[one.code] = first
            message = f"{first.path} and {second.path} both have the code {one.code!r}; {first.path} serves, change the other"
            faults[second.path] = Fault("same-code", "/x-procedure/code", message, file=second.path)
        return result

    # --- reading one ---------------------------------------------------------------------------------------------

    def _procedure(self, listed: Listed) -> Procedure | None:
        stamp = (listed.size, listed.changed, self._shared)
        known = self._read.get(listed.path)
        if known is not None and known[0] == stamp:
            return known[1]
        if listed.path in self._broken and self._broken[listed.path][0] == stamp:
            return known[1] if known is not None else self._last_good(listed)
        try:
            bundle = bundle_of(self.folder, listed.path)
            procedure = _made(listed.code, bundle, self.dialect)
        except (DocumentError, SchemaError, OSError) as error:
            faults = error.faults if isinstance(error, SchemaError) else (Fault("unreadable", "", str(error)),)
            self._broken[listed.path] = (stamp, tuple(attrs.evolve(f, file=f.file or listed.path) for f in faults))
            _log.warning("%s cannot be read, its last good revision serves: %s", listed.path, error)
            return known[1] if known is not None else self._last_good(listed)
        self._broken.pop(listed.path, None)
        if self._approval and not self._is_approved(procedure):
            self._waiting[listed.path] = procedure
            return self._last_good(listed)
        self._waiting.pop(listed.path, None)
        self._read[listed.path] = (stamp, procedure)
        self._remember(f"served:{listed.code}", listed.path)
        self._remember(f"good:{listed.path}", bundle.documents)
        return procedure

    def _is_approved(self, procedure: Procedure) -> bool:
        return bool(self._memory.recall(f"approved:{procedure.code}") == procedure.revision)

    def waiting(self) -> tuple[tuple[Procedure, Procedure | None], ...]:
        """What waits to be approved, each with what serves until then; None where nothing does."""
        with self._lock:
            for one in self._look().by_code.values():
                self._procedure(one)
            shelf = self._look().by_code
            return tuple((new, self._last_good(shelf[new.code])) for new in self._waiting.values() if new.code in shelf)

    def approve(self, code: str, revision: str) -> bool:
        """Lets the waiting *revision* of *code* serve; False where the file says something else by now."""
        with self._lock:
            if not any((new.code, new.revision) == (code, revision) for new, _ in self.waiting()):
                return False
            self._memory.remember(f"approved:{code}", revision)
            return True

    def _remember(self, key: str, value: Json) -> None:
        if self._memory.recall(key) != value:
            self._memory.remember(key, value)

    def _last_good(self, listed: Listed) -> Procedure | None:
        documents = self._memory.recall(f"good:{listed.path}")
        return _made(listed.code, Bundle(documents), self.dialect) if isinstance(documents, dict) else None

    def _why(self, path: str) -> str:
        faults = [f.message for _, found in self._broken.values() for f in found if f.file == path]
        return "; ".join(faults[:3])

    # --- the index -------------------------------------------------------------------------------------------------

    def _load_index(self) -> dict[str, Listed]:
        if self._index is None or not self._index.is_file():
            return {}
        try:
            rows = json.loads(self._index.read_bytes())
            return {row["path"]: Listed(**{**row, "audience": tuple(row["audience"])}) for row in rows}
        except (OSError, ValueError, TypeError, KeyError):
            # An index is only a shortcut: without it the files are looked into again.
            return {}

    def _save_index(self, listed: Mapping[str, Listed]) -> None:
        if self._index is None:
            return
        try:
            part = self._index.with_suffix(f".{os.getpid()}.part")
            part.write_text(json.dumps([attrs.asdict(one) for one in listed.values()], ensure_ascii=False), "utf-8")
            part.replace(self._index)
        except OSError as error:
            _log.warning("the index of procedures cannot be kept: %s", error)


def _made(code: str, bundle: Bundle, dialect: Dialect) -> Procedure:
    resources = {path: document for path, document in bundle.documents.items() if path}
    return Procedure(code, read(bundle.documents[""], resources=resources, dialect=dialect), bundle, bundle.revision)


def procedure_at(path: Path, dialect: Dialect) -> Procedure:
    """The procedure in the file *path*, with what it reaches beside it.

    Raises:
        DocumentError, SchemaError: it cannot be read.
    """
    bundle, state = bundle_of(path.parent, path.name), path.stat()
    code = listed(path.name, state.st_size, state.st_mtime_ns, bundle.documents[""]).code
    return _made(code, bundle, dialect)
