"""The former address of `Table`, for hosts that import it from here."""

from dossierkit.catalog.option_lists import Table

__all__ = ["Table"]
