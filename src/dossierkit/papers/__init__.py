"""Papers of the one-stop office, forms (mẫu) 01 to 07 and receipts for money: as values, as HTML, as PDF."""

from dossierkit.papers.paper import kinds_of, paper_of
from dossierkit.papers.values import Grid, Line, Paper, PaperKind

__all__ = ["Grid", "Line", "Paper", "PaperKind", "kinds_of", "paper_of"]
