"""Publishing: the procedure files of a folder, with all that they need, go into the store after lint."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping

import attrs

from dossierkit.catalog.folder import Folder, printable
from dossierkit.catalog.index import Finding, load_with_references
from dossierkit.catalog.lint import SourceLint
from dossierkit.catalog.sources import PAPERS, FileSet, Stamp
from dossierkit.dossiers.deadlines.calendars import day_of
from dossierkit.errors import CatalogError, DocumentError, DossierkitError
from dossierkit.forms.schema.dialect import Dialect
from dossierkit.ports import Clock, Publication, PublicationStore

#: Seconds between two looks of `watch`.
WATCH_SECONDS = 0.5
#: Endings of an operator's papers.
_TEMPLATES = (".html", ".typ")
_log = logging.getLogger(__name__)


@attrs.frozen
class Outcome:
    """The result of publishing: the findings of lint, and the publication; None if they refuse it."""

    findings: tuple[Finding, ...]
    publication: Publication | None


@attrs.frozen
class FolderContent:
    """The files of a publication: every procedure file of a folder, every file that one of them refers to, and papers."""

    files: Mapping[str, bytes]
    #: Path → stamp of each file that was looked for, taken before it was read; None if it did not exist.
    stamps: Mapping[str, Stamp | None]
    #: Files that cannot be read.
    faults: tuple[Finding, ...] = ()


class Publisher:
    """Publishes in *store* what lint does not refuse.

    Args:
        dialect: of the nodes, which lint assumes.
        author: who publishes.
        check: gives the findings of files other than procedures, by their paths.
    """

    def __init__(
        self,
        store: PublicationStore,
        dialect: Dialect,
        *,
        author: str,
        clock: Clock,
        check: Callable[[Mapping[str, bytes]], Iterable[Finding]] = lambda _: (),
    ) -> None:
        self._store = store
        self._author = author
        self._clock = clock
        self._check = check
        self._files = FileSet.of({})
        # Of files that are published again, those that changed are linted.
        self._lint = SourceLint(self, dialect)

    def current(self) -> FileSet:
        """The files that were given last, see `Source.current`."""
        return self._files

    def publish(self, content: FolderContent) -> Outcome:
        """Publish *content*, unless there is an error in it.

        Raises:
            CatalogError: there is no procedure file.
            StoreError: the store cannot be written; nothing was published.
        """
        now, self._files = self._clock.now(), FileSet.of(content.files)
        findings = (*content.faults, *self._check(content.files), *self._lint.findings(day_of(now)))
        if any(finding.level == "error" for finding in findings):
            return Outcome(findings, None)
        if not any(self._files.entries()):
            raise CatalogError("there is no procedure file to publish; nothing is changed")
        return Outcome(findings, self._store.publish(content.files, author=self._author, at=now))

    def go_back(self, number: int) -> Outcome:
        """Publish the files of the publication *number* again.

        Raises:
            CatalogError: there is no such publication.
            StoreError: see `publish`.
        """
        earlier = next(iter(self._store.publications(before=number + 1, limit=1)), None)
        if earlier is None or earlier.number != number:
            raise CatalogError(f"there is no publication {number}; see dossierkit publish --list")
        read = FileSet(earlier.files, self._store.published_file).content
        return self.publish(FolderContent({path: read(path) for path in earlier.files}, {}))


def read_folder(folder: Folder) -> FolderContent:
    """The files to publish from *folder*.

    Raises:
        DocumentError: the folder cannot be read.
    """
    stamps: dict[str, Stamp | None] = {}
    faults: dict[str, Finding] = {}
    for name, stamp in folder.entries():
        stamps[name] = stamp
        try:
            load_with_references(folder, name, stamps)
        except DocumentError:
            continue  # lint reports it, with its place
    stamps.update((path, folder.stamp(path)) for path in _papers(folder))
    files: dict[str, bytes] = {}
    for path in stamps:
        if folder.has(path):
            try:
                files[path] = folder.content(path)
            except DocumentError as error:
                faults[path] = Finding(error.file or printable(path), 1, 1, "", "unreadable", "error", error.message)
    return FolderContent(files, stamps, tuple(faults.values()))


def _papers(folder: Folder) -> Iterator[str]:
    """The paths of an operator's papers in *folder*."""
    for path in sorted((folder.path / PAPERS).glob("*/*")):
        if path.suffix in _TEMPLATES:
            yield path.relative_to(folder.path).as_posix()


def watch(
    publisher: Publisher,
    folder: Folder,
    told: Callable[[Outcome], object],
    stopping: threading.Event,
    *,
    every: float = WATCH_SECONDS,
) -> None:
    """Publish *folder*, and again when a file of it changes, until *stopping* is set; *told* gets each outcome.

    A failure that may pass is logged, and tried again.

    Args:
        every: seconds between two looks at the folder.
    """
    seen: Mapping[str, Stamp | None] | None = None
    failure = ""
    while not stopping.is_set():
        try:
            if seen is None or seen != _stamps(folder, seen):
                content = read_folder(folder)
                outcome = publisher.publish(content)
                seen, failure = content.stamps, ""
                told(outcome)
        except DossierkitError as error:
            if str(error) != failure:
                failure = str(error)
                _log.warning("%s", failure)
        stopping.wait(every)


def _stamps(folder: Folder, seen: Mapping[str, Stamp | None]) -> dict[str, Stamp | None]:
    """The stamps of the files that *seen* has and of those that are new in *folder*, as of now."""
    now = dict(folder.entries())
    reached = {path: folder.stamp(path) for path in {*seen, *_papers(folder)} - now.keys()}
    # A procedure file that was deleted is no entry any more.
    return {**now, **reached}
