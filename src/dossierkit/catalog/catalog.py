"""A folder of procedure files → procedures by code and revision, picked up while the program runs.

A look at the folder reads what is new or changed, a while at a time, and remembers the newest revision of each file that
could be read whole.  What is remembered serves: a file that is broken, half-written or not approved yet changes nothing.
Whatever goes wrong while one file is looked at is a fault of that file.
"""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable, Mapping
from enum import Enum
from pathlib import Path
from typing import Protocol

import attrs

from dossierkit.catalog.folder import Stamp, content, dropped, shown, stamp_of
from dossierkit.catalog.index import Finding, Known, Listed, bundle_of, gathered, listed, load_index, placed, save_index
from dossierkit.dossiers.procedure.block_lint import block_faults
from dossierkit.dossiers.procedure.procedure import Bundle, Procedure
from dossierkit.errors import CatalogError, DocumentError, SchemaError, StoreError, UnknownProcedure
from dossierkit.forms.lint.endless import endless_faults
from dossierkit.forms.lint.keywords import lost_block_faults
from dossierkit.forms.reader import read
from dossierkit.forms.schema.dialect import Dialect
from dossierkit.forms.schema.document import Document, load
from dossierkit.pointers import Json
from dossierkit.text import fold, holds, sort_key

#: The folder is looked at again after this many seconds.
LOOK_SECONDS = 0.25
#: A look reads for so long; what is left is read by the next one.
READ_SECONDS = 0.25

_log = logging.getLogger(__name__)


class Memory(Protocol):
    """Where the catalog remembers small facts over a restart; a `Store` is one."""

    def remember(self, key: str, value: Json) -> None:
        """Keeps *value*."""
        ...

    def recall(self, key: str) -> Json:
        """What was kept, or None."""
        ...


class Serving(Enum):
    """What of a file serves."""

    ITSELF = "itself"
    LAST_GOOD = "last-good"  # it cannot be read: the revision before it goes on
    UNAPPROVED = "unapproved"  # it waits for somebody to approve it; what served before goes on, if anything did
    RIVAL = "rival"  # another file has the same code
    NOTHING = "nothing"


@attrs.frozen
class FileState:
    """A file of the folder, by the name that can be shown, and why it does not serve where it does not."""

    file: str
    serving: Serving
    faults: tuple[Finding, ...] = ()


@attrs.frozen
class _Seen:
    """What was found when a file was last read; no stamps where that is still to be done."""

    stamps: Mapping[str, Stamp | None] = attrs.field(factory=dict)
    #: What it says, where it could be read (whole, once it has stamps).
    known: Known | None = None
    faults: tuple[Finding, ...] = ()


@attrs.frozen
class _Offer:
    """What serves of a file: an entry of lists, and the revision behind it (empty until the file was read)."""

    listed: Listed
    revision: str


@attrs.frozen
class _Shelf:
    """What was last seen of the folder."""

    seen: Mapping[str, _Seen] = attrs.field(factory=dict)
    by_code: Mapping[str, _Offer] = attrs.field(factory=dict)
    states: Mapping[str, FileState] = attrs.field(factory=dict)
    #: What is wrong with the folder itself.
    faults: tuple[Finding, ...] = ()


def guard_folder(folder: Path) -> Path:
    """The *folder* of procedure files, which is there.

    Raises:
        CatalogError: it is not.
    """
    if not folder.is_dir():
        raise CatalogError(f"no folder {folder}; make it, or name another with --procedures")
    return folder


class Catalog:
    """The procedures in *folder*.

    Args:
        memory: keeps the revisions that serve, and which file serves a code.  Processes that share it serve the same.
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
        self.folder = guard_folder(Path(folder))
        self.dialect = dialect
        self._memory = memory
        self._index = index
        self._approval = approval
        self._now = now
        self._lock = threading.RLock()
        self._looked = -1e9
        self._shelf: _Shelf | None = None
        #: The procedures that were asked for, each by the code and the revision it was made of.
        self._made: dict[tuple[str, str], Procedure] = {}
        #: What is remembered of files that do not serve themselves, by name and its revision.
        self._good: dict[str, tuple[str, _Offer | None]] = {}
        self._indexed = load_index(index)

    # --- what callers ask --------------------------------------------------------------------------------------

    def list(self, *, query: str = "", language: str = "vi") -> tuple[Listed, ...]:
        """The procedures whose title, code, sector or guidance hold all words of *query*, accents or not."""
        wanted = fold(query)
        offered = [offer.listed for offer in self._look().by_code.values()]
        found = [entry for entry in offered if holds(entry.words, wanted)]
        return tuple(sorted(found, key=lambda entry: sort_key(entry.title_in(language))))

    def procedure(self, code: str) -> Procedure:
        """The newest readable revision of the procedure called *code*.

        Raises:
            UnknownProcedure: there is none.
        """
        offer = self._look().by_code.get(code)
        if offer is not None and not offer.revision:
            self.settle()
            offer = self._look().by_code.get(code)
        if offer is None:
            raise UnknownProcedure(self._why(code))
        return self._procedure(offer)

    def faults(self) -> tuple[Finding, ...]:
        """What is wrong in the folder now."""
        shelf = self.settle()
        return (*shelf.faults, *(fault for state in shelf.states.values() for fault in state.faults))

    def files(self) -> tuple[FileState, ...]:
        """Every file of the folder, and what of it serves."""
        return tuple(self.settle().states.values())

    def settle(self) -> _Shelf:
        """Reads everything that is still to be read, however long it takes."""
        with self._lock:
            shelf = self._look()
            while not all(seen.stamps for seen in shelf.seen.values()):
                self._looked = -1e9
                shelf = self._look()
            return shelf

    def restored(self, bundle: bytes, code: str) -> Procedure:
        """The procedure that *bundle* holds, whatever the folder says now."""
        documents = json.loads(bytes(bundle))
        return _made(code, Bundle(documents), self.dialect)

    # --- looking at the folder ---------------------------------------------------------------------------------

    def _look(self) -> _Shelf:
        """The folder as it is, or as it was a moment ago while somebody else reads it."""
        shelf = self._shelf
        if shelf is not None and self._now() - self._looked < LOOK_SECONDS:
            return shelf
        if not self._lock.acquire(blocking=shelf is None):
            assert shelf is not None
            return shelf
        try:
            before = self._shelf or _Shelf()
            self._shelf = self._looked_at(before)
            self._tell(before, self._shelf)
            self._looked = self._now()
            return self._shelf
        finally:
            self._lock.release()

    def _looked_at(self, before: _Shelf) -> _Shelf:
        try:
            stamps = dict(dropped(self.folder))
        except OSError as error:
            # A folder that is gone for a moment, or whose disk is, takes nothing off the list.
            fault = Finding(".", 1, 1, "", "no-folder", "error", f"the folder cannot be read: {error.strerror or error}")
            return attrs.evolve(before, faults=(fault,))
        seen = self._seen(stamps, before.seen)
        states: dict[str, FileState] = {}
        offers: dict[str, _Offer] = {}
        for name, found in seen.items():
            serving, offer = self._serving(name, found)
            states[name] = FileState(shown(name), serving, found.faults)
            if offer is not None:
                offers[name] = offer
        by_code = self._by_code(offers, states, before)
        whole = {name: found.known for name, found in seen.items() if found.stamps and found.known is not None}
        if whole != {name: found.known for name, found in before.seen.items() if found.stamps and found.known is not None}:
            save_index(self._index, whole)
        return _Shelf(seen, by_code, states)

    def _seen(self, stamps: Mapping[str, Stamp | None], before: Mapping[str, _Seen]) -> dict[str, _Seen]:
        """Each file as it was last read; what is new or changed is read now, while there is time."""
        end, now, read = self._now() + READ_SECONDS, dict(stamps), 0
        result: dict[str, _Seen] = {}
        # What had to wait is read first: a file that changes all the time must not keep others waiting.
        for name in sorted(stamps, key=lambda name: name in before and bool(before[name].stamps)):
            found = before.get(name)
            if found is None and (kept := self._indexed.pop(name, None)) is not None:
                found = _Seen(kept.stamps, kept)
            for reached in found.stamps if found is not None else ():
                if reached not in now:
                    now[reached] = stamp_of(self.folder, reached)
            if found is None or not found.stamps or any(now[path] != stamp for path, stamp in found.stamps.items()):
                if not read or self._now() < end:
                    found = self._examined(name)
                    read += 1
                elif found is None:
                    found = self._glanced(name)
                elif found.stamps:
                    found = attrs.evolve(found, stamps={})
            result[name] = found
        return {name: result[name] for name in stamps}

    def _glanced(self, name: str) -> _Seen:
        """What a file says of itself, for lists, until there is time to read it whole."""
        try:
            entry = self._head(name)
        except Exception:  # noqa: BLE001  # whatever it is, it is told when the file is read whole
            return _Seen()
        return _Seen(known=Known({}, "", entry))

    def _head(self, name: str) -> Listed:
        return listed(name, load(content(self.folder, name)).value)

    def _examined(self, name: str) -> _Seen:
        """What a file says, read whole; and remembers it, unless it has to be approved first."""
        stamps: dict[str, Stamp | None] = {}
        documents: dict[str, Document] = {}
        try:
            documents = gathered(self.folder, name, stamps)
            entry = listed(name, documents[""].value)
            procedure = _made(entry.code, Bundle({path: found.value for path, found in documents.items()}), self.dialect)
            _refuse(procedure)
            known = Known(stamps, procedure.revision, entry)
            if not self._approval or self._is_approved(name, known):
                self._remember_good(name, procedure)
        except DocumentError as error:
            fault = Finding(error.file or shown(name), error.line, error.column, "", "unreadable", "error", error.message)
            return _Seen(stamps or {name: None}, faults=(fault,))
        except SchemaError as error:
            return _Seen(stamps, faults=tuple(placed(fault, name, documents) for fault in error.faults))
        except Exception as error:  # noqa: BLE001  # one file must never stop the others, whatever is wrong with it or with us
            _log.debug("%s cannot be read", shown(name), exc_info=True)
            fault = Finding(shown(name), 1, 1, "", "unreadable", "error", f"cannot be read: {type(error).__name__}: {error}")
            return _Seen(stamps or {name: None}, faults=(fault,))
        return _Seen(stamps, known)

    # --- what serves ---------------------------------------------------------------------------------------------

    def _serving(self, name: str, found: _Seen) -> tuple[Serving, _Offer | None]:
        known = found.known
        if known is not None and (not self._approval or (found.stamps and self._is_approved(name, known))):
            return Serving.ITSELF, _Offer(known.listed, known.revision)
        good = self._last_good(name) if shown(name) == name else None
        if known is not None:
            # A file that becomes another procedure is a new one.
            return Serving.UNAPPROVED, good if good is not None and good.listed.code == known.listed.code else None
        return (Serving.LAST_GOOD if good is not None else Serving.NOTHING), good

    def _is_approved(self, name: str, known: Known) -> bool:
        """Whether somebody approved it, or it served before anybody asked for approval."""
        return known.revision in (self._memory.recall(f"approved:{known.listed.code}"), self._good_revision(name))

    def _good_revision(self, name: str) -> str:
        """The revision that is remembered of the file *name*; empty where none is."""
        revision = self._memory.recall(f"revision:{name}")
        if isinstance(revision, str):
            return revision
        # Older versions remembered the documents alone.
        documents = self._memory.recall(f"good:{name}")
        return Bundle(documents).revision if isinstance(documents, dict) else ""

    def _last_good(self, name: str) -> _Offer | None:
        """What is remembered of the file *name*, if it can still be read."""
        revision = self._good_revision(name)
        known = self._good.get(name)
        if known is None or known[0] != revision:
            known = self._good[name] = (revision, self._recalled(name) if revision else None)
        return known[1]

    def _recalled(self, name: str) -> _Offer | None:
        documents = self._memory.recall(f"good:{name}")
        try:
            entry, bundle = listed(name, documents[""]), Bundle(documents)
            offer = _Offer(entry, bundle.revision)
            self._procedure(offer, bundle)
        except Exception:  # noqa: BLE001  # what an older version could read serves no more where this one cannot
            _log.debug("the last good revision of %s cannot be read any more", shown(name), exc_info=True)
            return None
        return offer

    def _procedure(self, offer: _Offer, bundle: Bundle | None = None) -> Procedure:
        place = (offer.listed.code, offer.revision)
        procedure = self._made.get(place)
        if procedure is None:
            if bundle is None:
                bundle = self._bundle(offer)
            procedure = _made(offer.listed.code, bundle, self.dialect)
            for code, revision in [*self._made]:
                if code == offer.listed.code:
                    del self._made[code, revision]
            self._made[place] = procedure
        return procedure

    def _bundle(self, offer: _Offer) -> Bundle:
        """What is remembered of the file of *offer*: the same for every process, and whole, whatever the file is by now."""
        documents = self._memory.recall(f"good:{offer.listed.path}")
        if not isinstance(documents, dict):
            # The store was changed for another one, and the index was not.
            return bundle_of(self.folder, offer.listed.path)
        return Bundle(documents)

    def _remember_good(self, name: str, procedure: Procedure) -> None:
        if self._memory.recall(f"revision:{name}") == procedure.revision:
            return
        try:
            self._memory.remember(f"good:{name}", dict(procedure.bundle.documents))
            self._memory.remember(f"revision:{name}", procedure.revision)
        except StoreError as error:
            # A store that takes nothing is no fault of the file; it serves as long as this process does.
            self._made[procedure.code, procedure.revision] = procedure
            _log.warning("%s cannot be remembered: %s", name, error)

    def _by_code(self, offers: Mapping[str, _Offer], states: dict[str, FileState], before: _Shelf) -> dict[str, _Offer]:
        """One file for each code: the one that served last, or else the first by name."""
        result: dict[str, _Offer] = {}
        for name, offer in offers.items():
            code = offer.listed.code
            rival = result.get(code)
            served = before.by_code.get(code)
            if rival is None:
                result[code] = offer
                continue
            last = self._memory.recall(f"served:{code}") or (served.listed.path if served is not None else None)
            first, second = (offer, rival) if last == name else (rival, offer)
            result[code] = first
            if self._memory.recall(f"served:{code}") != first.listed.path:
                self._memory.remember(f"served:{code}", first.listed.path)
            message = (
                f"{first.listed.path} and {second.listed.path} both have the code {code!r}; "
                f"{first.listed.path} serves, change the other"
            )
            fault = Finding(second.listed.path, 1, 1, "/x-procedure/code", "same-code", "error", message)
            loser = states[second.listed.path]
            states[second.listed.path] = FileState(loser.file, Serving.RIVAL, (*loser.faults, fault))
        return result

    def _why(self, code: str) -> str:
        for name, state in self.settle().states.items():
            if code in (name.removesuffix(".json"), self._code(name)) and state.serving is not Serving.ITSELF:
                reasons = "; ".join(fault.message for fault in state.faults[:3])
                return f"{state.file} {f'cannot be read: {reasons}' if reasons else 'waits to be approved'}"
        return f"no procedure is called {code!r}"

    def _code(self, name: str) -> str:
        """The code that a file has which cannot be read whole, where it says one."""
        known = self._shelf.seen[name].known if self._shelf is not None else None
        if known is not None:
            return known.listed.code
        try:
            return self._head(name).code
        except Exception:  # noqa: BLE001  # then it says none
            return ""

    def _tell(self, before: _Shelf, after: _Shelf) -> None:
        """Logs each fault once, when it appears, and that a file is well again."""
        for fault in after.faults if after.faults != before.faults else ():
            _log.warning("%s", fault.message)
        nothing = FileState("", Serving.ITSELF)
        for name, state in after.states.items():
            was = before.states.get(name, nothing)
            if state.faults and state != was:
                for fault in state.faults:
                    place = f"{fault.file}:{fault.line}:{fault.column}"
                    _log.warning("%s: %s; %s", place, fault.message, _CONSEQUENCES[state.serving])
            elif was.faults and not state.faults:
                _log.info("%s is well again", state.file)

    # --- approval --------------------------------------------------------------------------------------------------

    def waiting(self) -> tuple[tuple[Procedure, Procedure | None], ...]:
        """What waits to be approved, each with what serves until then; None where nothing does."""
        with self._lock:
            shelf = self.settle()
            names = [name for name, state in shelf.states.items() if state.serving is Serving.UNAPPROVED]
            pairs = ((self._unapproved(name), self._serving(name, shelf.seen[name])[1]) for name in names)
            return tuple((new, self._procedure(old) if old is not None else None) for new, old in pairs if new is not None)

    def _unapproved(self, name: str) -> Procedure | None:
        """The file *name* as it waits; None where it is another one by now, which the next look sees."""
        try:
            return procedure_at(self.folder / name, self.dialect)
        except (DocumentError, SchemaError):
            return None

    def approve(self, code: str, revision: str) -> bool:
        """Lets the waiting *revision* of *code* serve; False where the file says something else by now."""
        with self._lock:
            for name, state in self.settle().states.items():
                known = self._shelf.seen[name].known if self._shelf is not None else None
                if state.serving is not Serving.UNAPPROVED or known is None:
                    continue
                if (known.listed.code, known.revision) == (code, revision):
                    found = self._unapproved(name)
                    if found is None or found.revision != revision:
                        return False
                    # In this order: whoever sees that it was approved finds it.
                    self._remember_good(name, found)
                    self._memory.remember(f"approved:{code}", revision)
                    self._looked = -1e9
                    return True
            return False


_CONSEQUENCES = {
    Serving.ITSELF: "it serves all the same",
    Serving.LAST_GOOD: "its last good revision serves",
    Serving.UNAPPROVED: "it waits to be approved",
    Serving.RIVAL: "it does not serve",
    Serving.NOTHING: "it does not serve",
}


def _made(code: str, bundle: Bundle, dialect: Dialect) -> Procedure:
    resources = {path: document for path, document in bundle.documents.items() if path}
    return Procedure(code, read(bundle.documents[""], resources=resources, dialect=dialect), bundle, bundle.revision)


def _refuse(procedure: Procedure) -> None:
    """Lets pass what is offered anew: somebody can submit it, and the office can act on it.

    What was kept before is not asked: dossiers lean on it, so what can be acted on of it is.

    Raises:
        SchemaError: with each reason.
    """
    faults = (*lost_block_faults(procedure.form), *endless_faults(procedure.form), *block_faults(procedure.form))
    if refused := [fault for fault in faults if fault.level == "error"]:
        raise SchemaError(refused)


def procedure_at(path: Path, dialect: Dialect) -> Procedure:
    """The procedure in the file *path*, with what it reaches beside it.

    Raises:
        DocumentError, SchemaError: it cannot be read.
    """
    bundle = bundle_of(path.parent, path.name)
    return _made(listed(path.name, bundle.documents[""]).code, bundle, dialect)
