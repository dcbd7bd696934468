"""Texts of mails, papers, reports and faults of files, as gettext catalogues."""

from pathlib import Path

#: Where the catalogues are.
FOLDER = Path(__file__).parent
