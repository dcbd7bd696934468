"""The procedures in a folder or a publication, by code and revision; changes are picked up while the program runs.

Each scan reads new and changed files, for a limited time, and stores the newest valid revision of each file.
The stored revision is the one that is served: a broken, half-written or unapproved file changes nothing.
"""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable, Mapping
from enum import Enum
from pathlib import Path

import attrs

from dossierkit.catalog.folder import printable, source_of
from dossierkit.catalog.index import (
    CatalogEntry,
    Finding,
    KnownFile,
    bundle_of,
    entry_of,
    load_index,
    save_index,
)
from dossierkit.catalog.readings import Reading, Readings, listed_entry, procedure_in, procedure_of
from dossierkit.catalog.sources import FileSet, ProcedureFiles, Source
from dossierkit.catalog.stored_revisions import Memory, StoredRevisions
from dossierkit.dossiers.procedure.procedure import Bundle, Procedure
from dossierkit.errors import CatalogError, DocumentError, SchemaError, StoreError, UnknownProcedure
from dossierkit.forms.schema.dialect import Dialect
from dossierkit.locale.texts import in_language
from dossierkit.ports import Publication
from dossierkit.text import fold, holds, sort_key
from dossierkit.translatable import Words

#: Seconds between two scans.
LOOK_SECONDS = 0.25
_NEVER = float("-inf")

_log = logging.getLogger(__name__)


class Serving(Enum):
    """Which revision of a file is served."""

    ITSELF = "itself"  # the file as it is
    LAST_GOOD = "last-good"  # the file cannot be read: its last valid revision
    UNAPPROVED = "unapproved"  # the file waits for approval: its last approved revision, if there is one
    RIVAL = "rival"  # none: another file has the same code
    NOTHING = "nothing"


@attrs.frozen
class FileState:
    """A file of the folder by its printable name, which revision of it is served, and its faults."""

    file: str
    serving: Serving
    faults: tuple[Finding, ...] = ()


@attrs.frozen
class _Offer:
    """A revision that is served, with its list entry; *revision* is empty until the file was read whole."""

    entry: CatalogEntry
    revision: str


@attrs.frozen
class _Snapshot:
    """The files at the last scan."""

    files: ProcedureFiles
    readings: Mapping[str, Reading] = attrs.field(factory=dict)
    by_code: Mapping[str, _Offer] = attrs.field(factory=dict)
    states: Mapping[str, FileState] = attrs.field(factory=dict)
    #: Faults of the folder or of the store itself.
    faults: tuple[Finding, ...] = ()
    #: Counts the changes of *by_code*.
    edition: int = 0

    def read_files(self) -> dict[str, KnownFile]:
        """File name → the file, of those that were read whole."""
        readings = self.readings.items()
        return {name: reading.known for name, reading in readings if reading.stamps and reading.known is not None}


_NO_FILES = FileSet.of({})


def guard_folder(folder: Path) -> Path:
    """*folder*, which exists.

    Raises:
        CatalogError: it does not exist.
    """
    if not folder.is_dir():
        raise CatalogError(f"no folder {folder}; make it, or name another folder of procedures")
    return folder


class Catalog:
    """The procedures in *place*, a folder or another source.

    Args:
        memory: stores the served revisions, and which file serves a code.  Processes that share it serve the same revisions.
        index: a file that caches titles and codes between starts; None: no cache.
        approval: a new or changed file is served only after it was approved; its last approved revision is served until then.
        language: of the lines in the log, `vi` or `en`.

    Raises:
        CatalogError: the folder does not exist.
    """

    def __init__(
        self,
        place: Source | Path | str,
        dialect: Dialect,
        *,
        memory: Memory,
        index: Path | None = None,
        approval: bool = False,
        language: str = "en",
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self.source = source_of(guard_folder(Path(place)) if isinstance(place, (Path, str)) else place)
        self.dialect = dialect
        self._stored = StoredRevisions(memory)
        self._index = index
        self._approval = approval
        self.language = language
        self._now = now
        self._lock = threading.RLock()
        self._looked = _NEVER
        self._snapshot: _Snapshot | None = None
        #: Code → revision and procedure, for the procedures that were used.
        self._made: dict[str, tuple[str, Procedure]] = {}
        #: File name → revision and offer of its stored revision, for files that are not served as they are.
        self._stored_offers: dict[str, tuple[str, _Offer | None]] = {}
        self._readings = Readings(dialect, self._take, now, load_index(index))

    def list(self, *, query: str = "", language: str = "vi") -> tuple[CatalogEntry, ...]:
        """The procedures whose title, code, sector or guidance contain all words of *query*, with or without accents."""
        wanted = fold(query)
        offered = [offer.entry for offer in self._look().by_code.values()]
        matches = [entry for entry in offered if holds(entry.words, wanted)]
        return tuple(sorted(matches, key=lambda entry: sort_key(entry.title_in(language))))

    def procedure(self, code: str) -> Procedure:
        """The served revision of the procedure *code*.

        Raises:
            UnknownProcedure: no procedure with this code is served; the message says why.
        """
        offer = self._look().by_code.get(code)
        if offer is not None and not offer.revision:
            self.read_all()
            offer = self._look().by_code.get(code)
        if offer is None:
            raise UnknownProcedure(self._reason_missing(code))
        return self._procedure(offer)

    def known_revision(self, code: str) -> str:
        """The served revision of *code* as of the last look, without a new one; empty if it is unknown, or the look too old."""
        snapshot = self._snapshot
        offer = snapshot.by_code.get(code) if snapshot is not None and self._is_recent() else None
        return offer.revision if offer is not None else ""

    def edition(self) -> int:
        """A number that changes with the set of served revisions."""
        return self._look().edition

    def faults(self) -> tuple[Finding, ...]:
        """The faults of the folder or store, and of the files."""
        snapshot = self.read_all()
        return (*snapshot.faults, *(fault for state in snapshot.states.values() for fault in state.faults))

    def files(self) -> tuple[FileState, ...]:
        """The state of every procedure file."""
        return tuple(self.read_all().states.values())

    def served(self) -> Mapping[str, str]:
        """Code → revision of every procedure that is served."""
        return {code: offer.revision for code, offer in self.read_all().by_code.items()}

    @property
    def publication(self) -> Publication | None:
        """The publication that is served, as of the last look; None if the files are in a folder, or nothing is published."""
        files = self._look().files
        return files.publication if isinstance(files, FileSet) else None

    def read_all(self) -> _Snapshot:
        """Read every new and changed file, without the time limit of a scan."""
        with self._lock:
            snapshot = self._look()
            while not snapshot.faults and not all(reading.stamps for reading in snapshot.readings.values()):
                self.expire()
                snapshot = self._look()
            return snapshot

    def is_read(self) -> bool:
        """Whether every file that is there now was read, or was known from the index."""
        return all(reading.stamps for reading in self._look().readings.values())

    def expire(self) -> None:
        """Let the next question look at the files, however recent the last look is."""
        self._looked = _NEVER

    def procedure_from_bundle(self, bundle: bytes, code: str) -> Procedure:
        """The procedure *code* from the canonical JSON of its *bundle*, independent of the folder."""
        documents = json.loads(bytes(bundle))
        return procedure_of(code, Bundle(documents), self.dialect)

    def _look(self) -> _Snapshot:
        """The last snapshot, renewed if it is too old, unless another thread is renewing it."""
        snapshot = self._snapshot
        if snapshot is not None and self._is_recent():
            return snapshot
        if not self._lock.acquire(blocking=snapshot is None):
            assert snapshot is not None
            return snapshot
        try:
            before = self._snapshot or _Snapshot(_NO_FILES)
            self._snapshot = self._scan(before)
            self._log_changes(before, self._snapshot)
            self._looked = self._now()
            return self._snapshot
        finally:
            self._lock.release()

    def _is_recent(self) -> bool:
        return self._now() - self._looked < LOOK_SECONDS

    def _scan(self, before: _Snapshot) -> _Snapshot:
        try:
            files = self.source.current()
            readings = self._readings.renewed(files, before.readings)
        except DocumentError as error:
            # Procedures stay listed while the folder or its disk is unavailable.
            return attrs.evolve(before, faults=(Finding(".", 1, 1, "", "no-folder", "error", error.message),))
        except StoreError as error:
            message = Words("the store cannot be read: {error}", error=error)
            return attrs.evolve(before, faults=(Finding(".", 1, 1, "", "no-store", "error", message),))
        states: dict[str, FileState] = {}
        offers: dict[str, _Offer] = {}
        for name, reading in readings.items():
            serving, offer = self._serving(name, reading)
            states[name] = FileState(printable(name), serving, reading.faults)
            if offer is not None:
                offers[name] = offer
        by_code = self._by_code(offers, states, before)
        after = _Snapshot(files, readings, by_code, states, edition=before.edition + (by_code != before.by_code))
        if after.read_files() != before.read_files():
            save_index(self._index, after.read_files())
        return after

    def _serving(self, name: str, reading: Reading) -> tuple[Serving, _Offer | None]:
        known = reading.known
        if known is not None and (not self._approval or (reading.stamps and self._is_approved(name, known))):
            return Serving.ITSELF, _Offer(known.entry, known.revision)
        stored = self._stored_offer(name) if printable(name) == name else None
        if known is not None:
            # A file whose code changed is a new procedure: its old revision is not served.
            return Serving.UNAPPROVED, stored if stored is not None and stored.entry.code == known.entry.code else None
        return (Serving.LAST_GOOD if stored is not None else Serving.NOTHING), stored

    def _is_approved(self, name: str, known: KnownFile) -> bool:
        return self._stored.is_approved(name, known.entry.code, known.revision)

    def _stored_offer(self, name: str) -> _Offer | None:
        """The stored revision of the file *name*; None if there is none, or this version cannot read it."""
        revision = self._stored.revision(name)
        last = self._stored_offers.get(name)
        if last is None or last[0] != revision:
            last = self._stored_offers[name] = (revision, self._read_stored(name) if revision else None)
        return last[1]

    def _read_stored(self, name: str) -> _Offer | None:
        bundle = self._stored.bundle(name)
        if bundle is None:
            return None
        try:
            offer = _Offer(entry_of(name, bundle.documents[""]), bundle.revision)
            self._procedure(offer, bundle)
        except Exception:  # noqa: BLE001  # a revision of an older version that this one cannot read is not served
            _log.debug("the stored revision of %s can no longer be read", printable(name), exc_info=True)
            return None
        return offer

    def _procedure(self, offer: _Offer, bundle: Bundle | None = None) -> Procedure:
        code, path = offer.entry.code, offer.entry.path
        cached = self._made.get(code)
        if cached is None or cached[0] != offer.revision:
            # Without a stored bundle, the store was replaced by another one, but the index file was not.
            bundle = bundle or self._stored.bundle(path) or bundle_of(self.source.current(), path)
            cached = self._made[code] = (offer.revision, procedure_of(code, bundle, self.dialect))
        return cached[1]

    def _take(self, name: str, known: KnownFile, procedure: Procedure) -> None:
        """Store the revision of the file *name*, unless it has to be approved first."""
        if self._approval and not self._is_approved(name, known):
            return
        try:
            self._stored.keep(name, procedure)
        except StoreError as error:
            # A read-only store is not a fault of the file: this process serves the procedure from its own memory.
            self._made[procedure.code] = (procedure.revision, procedure)
            _log.warning("the revision of %s cannot be stored: %s", name, error)

    def _by_code(self, offers: Mapping[str, _Offer], states: dict[str, FileState], before: _Snapshot) -> dict[str, _Offer]:
        """One file for each code: the one that was served last, or else the first by name; marks the others as rivals."""
        result: dict[str, _Offer] = {}
        for name, offer in offers.items():
            code = offer.entry.code
            rival = result.get(code)
            served = before.by_code.get(code)
            if rival is None:
                result[code] = offer
                continue
            last = self._stored.served_file(code) or (served.entry.path if served is not None else "")
            first, second = (offer, rival) if last == name else (rival, offer)
            result[code] = first
            self._stored.serve_file(code, first.entry.path)
            message = Words(
                "{file} and {other} both have the code {code!r}; {file} is served, change the other",
                file=first.entry.path,
                other=second.entry.path,
                code=code,
            )
            fault = Finding(second.entry.path, 1, 1, "/x-procedure/code", "same-code", "error", message)
            loser = states[second.entry.path]
            states[second.entry.path] = FileState(loser.file, Serving.RIVAL, (*loser.faults, fault))
        return result

    def _reason_missing(self, code: str) -> str:
        for name, state in self.read_all().states.items():
            if code in (name.removesuffix(".json"), self._code(name)) and state.serving is not Serving.ITSELF:
                reasons = "; ".join(fault.message for fault in state.faults[:3])
                return f"{state.file} {f'cannot be read: {reasons}' if reasons else 'waits for approval'}"
        return f"no procedure is called {code!r}"

    def _code(self, name: str) -> str:
        """The code of a file that cannot be read whole; empty if that cannot be read either."""
        snapshot = self._snapshot
        assert snapshot is not None, "the files were scanned before"
        if (known := snapshot.readings[name].known) is not None:
            return known.entry.code
        try:
            return listed_entry(snapshot.files, name).code
        except Exception:  # noqa: BLE001  # a file without a readable code has none
            return ""

    def _log_changes(self, before: _Snapshot, after: _Snapshot) -> None:
        """Log each fault once, when it appears, and once when a file is valid again."""
        for fault in after.faults if after.faults != before.faults else ():
            _log.warning("%s", in_language(fault.message, self.language))
        nothing = FileState("", Serving.ITSELF)
        for name, state in after.states.items():
            was = before.states.get(name, nothing)
            if state.faults and state != was:
                for fault in state.faults:
                    place = f"{fault.file}:{fault.line}:{fault.column}"
                    message = in_language(fault.message, self.language)
                    _log.warning("%s: %s (%s); %s", place, message, fault.code, consequence(state.serving, self.language))
            elif was.faults and not state.faults:
                _log.info("%s", in_language(Words("{file} is valid again", file=state.file), self.language))

    def waiting(self) -> tuple[tuple[Procedure, Procedure | None], ...]:
        """The procedures that wait for approval, each with the procedure that is served until then, or None."""
        with self._lock:
            snapshot = self.read_all()
            files = snapshot.files
            names = [name for name, state in snapshot.states.items() if state.serving is Serving.UNAPPROVED]
            pairs = ((self._waiting_procedure(files, name), self._serving(name, snapshot.readings[name])[1]) for name in names)
            return tuple((new, self._procedure(old) if old is not None else None) for new, old in pairs if new is not None)

    def _waiting_procedure(self, files: ProcedureFiles, name: str) -> Procedure | None:
        """The procedure in the file *name*; None if the file can no longer be read, which the next scan will report."""
        try:
            return procedure_in(files, name, self.dialect)
        except (DocumentError, SchemaError):
            return None

    def approve(self, code: str, revision: str) -> bool:
        """Serve the waiting *revision* of *code*; False if the file has changed since."""
        with self._lock:
            snapshot = self.read_all()
            for name, state in snapshot.states.items():
                known = snapshot.readings[name].known
                if state.serving is not Serving.UNAPPROVED or known is None:
                    continue
                if (known.entry.code, known.revision) == (code, revision):
                    procedure = self._waiting_procedure(snapshot.files, name)
                    if procedure is None or procedure.revision != revision:
                        return False
                    self._stored.approve(name, procedure)
                    self.expire()
                    return True
            return False


_CONSEQUENCES = {
    Serving.ITSELF: Words("it is served nevertheless"),
    Serving.LAST_GOOD: Words("its last valid revision is served"),
    Serving.UNAPPROVED: Words("it waits for approval"),
    Serving.RIVAL: Words("it is not served"),
    Serving.NOTHING: Words("it is not served"),
}


def consequence(serving: Serving, language: str) -> str:
    """The consequence of a fault of a file for what is served, for a line of the log."""
    return in_language(_CONSEQUENCES[serving], language)
