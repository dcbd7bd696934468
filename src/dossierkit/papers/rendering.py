"""Papers as HTML with a print style, and as PDF; operators may supply templates for single procedures."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import attrs
from jinja2 import BaseLoader, FileSystemLoader, StrictUndefined
from jinja2.sandbox import SandboxedEnvironment

from dossierkit.errors import SettingsError
from dossierkit.extras import missing_extra
from dossierkit.papers.qr import qr_code
from dossierkit.papers.values import Grid, Line, Paper
from dossierkit.pointers import Json

_HERE = files("dossierkit.papers")


@attrs.frozen
class Papers:
    """The templates of an installation: `CODE/01.html` and `CODE/01.typ` in *folder* replace the built-in ones of a procedure."""

    folder: Path | None = None

    def html(self, paper: Paper, procedure: str) -> str:
        """*paper* as HTML, to be placed inside a page.

        Raises:
            SettingsError: the operator's template has an error.
        """
        from jinja2 import TemplateError

        own = self._own(procedure, paper.kind.form, "html")
        try:
            template = _environment(own.parent).get_template(own.name) if own is not None else _packaged_template()
            return template.render(paper=paper, qr=qr_code(paper.qr) if paper.qr else "", is_line=_is_line)
        except TemplateError as error:
            raise SettingsError(f"{own or 'paper.html'}: {error}") from error

    def pdf(self, paper: Paper, procedure: str) -> bytes:
        """*paper* as a tagged PDF (PDF/UA-1).

        Raises:
            SettingsError: the extra `pdf` is missing, or the operator's template has an error.
        """
        try:
            import typst
        except ImportError as error:
            raise SettingsError(missing_extra(error)) from None
        own = self._own(procedure, paper.kind.form, "typ")
        source = own.read_bytes() if own is not None else (_HERE / "paper.typ").read_bytes()
        inputs = {"paper": json.dumps(_plain(paper), ensure_ascii=False)}
        try:
            made: bytes = typst.compile(source, sys_inputs=inputs, format="pdf", pdf_standards="ua-1")
        except typst.TypstError as error:
            raise SettingsError(f"{own or 'paper.typ'}: {error}") from error
        return made

    def _own(self, procedure: str, form: str, ending: str) -> Path | None:
        """The operator's template of a procedure; its code cannot lead out of the folder."""
        if self.folder is None or "/" in procedure or procedure.startswith("."):
            return None
        path = self.folder / procedure / f"{form}.{ending}"
        return path if path.is_file() else None


def _is_line(block: object) -> bool:
    return isinstance(block, Line)


@lru_cache(maxsize=32)
def _environment(folder: Path) -> SandboxedEnvironment:
    return _sandbox(FileSystemLoader(folder))


@lru_cache(maxsize=1)
def _packaged_template() -> Any:
    return _sandbox(BaseLoader()).from_string((_HERE / "paper.html").read_text("utf-8"))


def _sandbox(loader: BaseLoader) -> SandboxedEnvironment:
    return SandboxedEnvironment(loader=loader, autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=StrictUndefined)


def _plain(paper: Paper) -> Mapping[str, Json]:
    """*paper* as JSON for a Typst template, with the QR code as SVG."""

    blocks = [
        {"columns": list(block.columns), "rows": [list(row) for row in block.rows], "title": block.title}
        if isinstance(block, Grid)
        else {"label": block.label, "text": block.text}
        for block in paper.blocks
    ]
    names = ("language", "agencies", "heading", "place_day", "number", "code", "title", "signatures", "form_name", "contact")
    return {**{name: getattr(paper, name) for name in names}, "blocks": blocks, "qr": _drawing(paper.qr) if paper.qr else ""}


def _drawing(text: str) -> str:
    """The QR code as a standalone SVG document."""
    return str(qr_code(text)).replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1)
