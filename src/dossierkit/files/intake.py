"""Files on their way in: looked at and scanned before they are kept, or refused for a reason that has words."""

from __future__ import annotations

import logging
from enum import Enum
from typing import BinaryIO

import attrs

from dossierkit.dossiers.attachments.file_types import HEAD, KNOWN, media_type, suffix_of
from dossierkit.errors import FilesError, ScanError
from dossierkit.files.inspection import is_sound
from dossierkit.ports import BlobStore, Scanner

_log = logging.getLogger(__name__)


class Refusal(Enum):
    """Why a file is not taken."""

    EMPTY = "empty"
    #: Its name or its content is of a kind that is not accepted, or the two disagree.
    KIND = "kind"
    LARGE = "large"
    #: There are as many files as are accepted.
    MANY = "many"
    #: It is damaged, or would do harm when it is opened.
    BROKEN = "broken"
    INFECTED = "infected"
    #: The scanner does not answer.
    UNSCANNED = "unscanned"
    #: The store of files fails.
    UNSTORED = "unstored"


@attrs.frozen
class Limits:
    """Which files are accepted in one place."""

    most_bytes: int = 10 * 1024 * 1024
    most_files: int = 10
    #: Suffixes, in lower case with their dot; where there are none, any.
    suffixes: frozenset[str] = frozenset()
    #: Only kinds whose content can be compared with their name.
    known_kinds: bool = True


@attrs.frozen
class IncomingFile:
    """A file that was sent: the name it came with, its size in bytes, and its content at the beginning."""

    name: str
    size: int
    content: BinaryIO

    @property
    def media_type(self) -> str | None:
        """The media type by name and content; None where the two disagree, or the kind is not known."""
        head = self.content.read(HEAD)
        self.content.seek(0)
        return media_type(self.name, head)


def refusal(file: IncomingFile, limits: Limits, *, kept: int = 0, scanner: Scanner | None = None) -> Refusal | None:
    """Why *file* is not taken; None where it is.  Its content is at the beginning afterwards.

    Args:
        kept: how many files there are in the same place.
        scanner: looks for viruses; without one, nothing does.
    """
    if file.size <= 0:
        return Refusal.EMPTY
    suffix, kind = suffix_of(file.name), file.media_type
    if (limits.suffixes and suffix not in limits.suffixes) or (kind is None and (limits.known_kinds or suffix in KNOWN)):
        return Refusal.KIND
    if file.size > limits.most_bytes:
        return Refusal.LARGE
    if kept >= limits.most_files:
        return Refusal.MANY
    if kind is not None and not is_sound(file.content, kind):
        return Refusal.BROKEN
    return _scan(file, scanner)


def store(file: IncomingFile, blobs: BlobStore, *, name: str = "") -> str | Refusal:
    """Store *file* and return its id; `Refusal.UNSTORED` if the store fails.

    Args:
        name: another name than the one that it came with.
    """
    try:
        return blobs.put(name or file.name, file.content)
    except FilesError as error:
        _log.error("a file is not taken: %s", error)
        return Refusal.UNSTORED


def _scan(file: IncomingFile, scanner: Scanner | None) -> Refusal | None:
    if scanner is None:
        return None
    try:
        clean = scanner.is_clean(file.content)
    except ScanError as error:
        _log.error("a file is not taken: %s", error)
        return Refusal.UNSCANNED
    file.content.seek(0)
    return None if clean else Refusal.INFECTED
