"""Publications in the store in memory."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from dossierkit.ports.publications import Publication, digest_of
from dossierkit.stores.memory.tables import Tables


def publish(tables: Tables, files: Mapping[str, bytes], author: str, at: datetime) -> Publication:
    """See `PublicationStore.publish`."""
    named = {path: digest_of(content) for path, content in files.items()}
    if tables.publications and tables.publications[-1].files == named:
        return tables.publications[-1]
    publication = Publication(len(tables.publications) + 1, at, author, named)
    tables.published_files.update((named[path], content) for path, content in files.items())
    tables.publications.append(publication)
    return publication
