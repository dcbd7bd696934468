"""What mails, papers and reports say, as gettext catalogues."""

from pathlib import Path

#: Where the catalogues are.
FOLDER = Path(__file__).parent
