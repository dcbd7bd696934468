"""`python -m dossierkit` is the command line."""

from dossierkit.cli import main

main()
