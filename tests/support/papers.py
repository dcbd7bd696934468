"""Papers as the plain text on them."""

from __future__ import annotations

from dossierkit.papers import Line, Paper


def text_of_paper(paper: Paper) -> str:
    """The text on *paper*, a line a block."""
    found = [paper.title, paper.number, *paper.agencies]
    for block in paper.blocks:
        found += (
            [block.label, block.text] if isinstance(block, Line) else [block.title, *(cell for row in block.rows for cell in row)]
        )
    return "\n".join(found)
