"""The last valid revision of each procedure file, which files are approved, and which file serves a code, in the store.

A stored revision is complete and the same for every process that shares the store, whatever happens to the file.
"""

from __future__ import annotations

from typing import Protocol

import attrs

from dossierkit.dossiers.procedure.procedure import Bundle, Procedure
from dossierkit.pointers import Json


class Memory(Protocol):
    """Key-value storage that survives a restart; a `Store` is one."""

    def remember(self, key: str, value: Json) -> None:
        """Store *value* under *key*."""
        ...

    def recall(self, key: str) -> Json:
        """The value of *key*, or None."""
        ...


@attrs.frozen
class StoredRevisions:
    """The revisions in *memory*, by the names of their files."""

    _memory: Memory

    def revision(self, name: str) -> str:
        """The stored revision of the file *name*; empty if there is none."""
        revision = self._memory.recall(f"revision:{name}")
        if isinstance(revision, str):
            return revision
        # Older versions stored the documents without their revision.
        bundle = self.bundle(name)
        return bundle.revision if bundle is not None else ""

    def bundle(self, name: str) -> Bundle | None:
        """The stored bundle of the file *name*; None if there is none."""
        documents = self._memory.recall(f"good:{name}")
        return Bundle(documents) if isinstance(documents, dict) else None

    def keep(self, name: str, procedure: Procedure) -> None:
        """Store the revision of *procedure*, made of the file *name*.

        Raises:
            StoreError: the store cannot be written.
        """
        if self._memory.recall(f"revision:{name}") == procedure.revision:
            return
        self._memory.remember(f"good:{name}", dict(procedure.bundle.documents))
        self._memory.remember(f"revision:{name}", procedure.revision)

    def is_approved(self, name: str, code: str, revision: str) -> bool:
        """Whether *revision* of the file *name* was approved, or served before approval was switched on."""
        return revision in (self._memory.recall(f"approved:{code}"), self.revision(name))

    def approve(self, name: str, procedure: Procedure) -> None:
        """Store *procedure*, made of the file *name*, as the approved one of its code.

        Raises:
            StoreError: the store cannot be written.
        """
        # In this order, so that a process that sees the approval also finds the revision.
        self.keep(name, procedure)
        self._memory.remember(f"approved:{procedure.code}", procedure.revision)

    def served_file(self, code: str) -> str:
        """The name of the file that serves *code*, of several that have it; empty if that was never decided."""
        name = self._memory.recall(f"served:{code}")
        return name if isinstance(name, str) else ""

    def serve_file(self, code: str, name: str) -> None:
        """Let the file *name* serve *code*, whichever other files have it.

        Raises:
            StoreError: the store cannot be written.
        """
        if self.served_file(code) != name:
            self._memory.remember(f"served:{code}", name)
