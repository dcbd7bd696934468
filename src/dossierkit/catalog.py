"""A folder of procedure files → procedures by code and revision, picked up while the program runs.

The folder is only looked at (names, sizes, times) until somebody asks for a procedure.  A file that cannot be read is
reported, and the last revision of it that could be read keeps serving.
"""

from __future__ import annotations

import json
import logging
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
from dossierkit.listing import SHARED, Listed, bundle_of, listed, load_index, procedure_files, save_index
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
        #: What serves, what a file was when it was last read, and what serves in its place: each by its path and its stamp.
        self._read: dict[str, tuple[object, Procedure]] = {}
        self._tried: dict[str, tuple[object, Procedure | tuple[Fault, ...]]] = {}
        self._instead: dict[str, tuple[object, Procedure | None]] = {}
        #: What lists say where files wait, by its path; its stamp is the code and the revision that was approved.
        self._entries: dict[str, tuple[object, Listed | None]] = {}
        self._kept = load_index(index)

    # --- what callers ask --------------------------------------------------------------------------------------

    def list(self, *, query: str = "", language: str = "vi") -> tuple[Listed, ...]:
        """The procedures whose title, code, sector or guidance hold all words of *query*, accents or not."""
        from dossierkit.text import sort_key

        wanted = fold(query)
        with self._lock:
            offered = [self._entry(one) if self._approval else one for one in self._look().by_code.values()]
        found = [one for one in offered if one is not None and holds(one.words, wanted)]
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
            if procedure is None:
                raise UnknownProcedure(f"{listed.path} {self._why(listed.path)}")
            return procedure

    def faults(self) -> tuple[Fault, ...]:
        """What is wrong in the folder now."""
        with self._lock:
            shelf = self._look()
            tried = [found for path, (_, found) in self._tried.items() if path in shelf.listed]
            read = [fault for found in tried if not isinstance(found, Procedure) for fault in found]
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
                save_index(self._index, listed.values())
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
        procedure = self._try(listed, stamp)
        if procedure is None:
            return known[1] if known is not None else self._last_good(listed, stamp)
        if self._approval and self._memory.recall(f"approved:{procedure.code}") != procedure.revision:
            served = self._last_good(listed, stamp)
            # What served before anybody asked for approval is not asked for again.
            if served is None or served.revision != procedure.revision:
                return served
        self._read[listed.path] = (stamp, procedure)
        self._remember_good(listed.path, procedure)
        return procedure

    def _try(self, listed: Listed, stamp: object) -> Procedure | None:
        """What the file says, or None where it cannot be read."""
        known = self._tried.get(listed.path)
        if known is not None and known[0] == stamp:
            return known[1] if isinstance(known[1], Procedure) else None
        try:
            procedure = _made(listed.code, bundle_of(self.folder, listed.path), self.dialect)
        except (DocumentError, SchemaError, OSError) as error:
            faults = error.faults if isinstance(error, SchemaError) else (Fault("unreadable", "", str(error)),)
            self._tried[listed.path] = (stamp, tuple(attrs.evolve(f, file=f.file or listed.path) for f in faults))
            _log.warning("%s cannot be read, its last good revision serves: %s", listed.path, error)
            return None
        self._tried[listed.path] = (stamp, procedure)
        return procedure

    def _last_good(self, listed: Listed, stamp: object) -> Procedure | None:
        """What served before the file became what it is now, and goes on until it can be read or is approved."""
        known = self._instead.get(listed.path)
        if known is None or known[0] != stamp:
            good = self._good(listed)
            self._instead[listed.path] = known = (stamp, _made(listed.code, Bundle(good), self.dialect) if good else None)
        return known[1]

    def _good(self, entry: Listed) -> Mapping[str, Json] | None:
        """The documents of the revision that served last, under the code that the file has now."""
        documents = self._memory.recall(f"good:{entry.path}")
        if not isinstance(documents, dict) or listed(entry.path, 0, 0, documents[""]).code != entry.code:
            return None
        return documents

    def _remember_good(self, path: str, procedure: Procedure) -> None:
        for key, value in ((f"served:{procedure.code}", path), (f"good:{path}", dict(procedure.bundle.documents))):
            if self._memory.recall(key) != value:
                self._memory.remember(key, value)

    def _why(self, path: str) -> str:
        _, found = self._tried[path]
        if isinstance(found, Procedure):
            return "waits to be approved"
        return f"cannot be read: {'; '.join(f.message for f in found[:3])}"

    # --- approval --------------------------------------------------------------------------------------------------

    def waiting(self) -> tuple[tuple[Procedure, Procedure | None], ...]:
        """What waits to be approved, each with what serves until then; None where nothing does."""
        if not self._approval:
            return ()
        with self._lock:
            serving = {one.path: self._procedure(one) for one in self._look().by_code.values()}
            tried = {path: self._tried[path][1] for path in serving if path in self._tried}
            new = {path: one for path, one in tried.items() if isinstance(one, Procedure)}
            return tuple((one, serving[path]) for path, one in new.items() if serving[path] is not one)

    def approve(self, code: str, revision: str) -> bool:
        """Lets the waiting *revision* of *code* serve; False where the file says something else by now."""
        with self._lock:
            found = next((new for new, _ in self.waiting() if (new.code, new.revision) == (code, revision)), None)
            if found is None:
                return False
            # In this order: whoever sees that it was approved finds it.
            self._remember_good(self._look().by_code[code].path, found)
            self._memory.remember(f"approved:{code}", revision)
            return True

    def _entry(self, one: Listed) -> Listed | None:
        """What lists say of a code where files wait: what serves, and not what would; None where nothing does."""
        stamp = (one.code, self._memory.recall(f"approved:{one.code}"))
        known = self._entries.get(one.path)
        if known is None or known[0] != stamp:
            good = self._good(one)
            self._entries[one.path] = known = (stamp, listed(one.path, one.size, one.changed, good[""]) if good else None)
        return known[1]


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
