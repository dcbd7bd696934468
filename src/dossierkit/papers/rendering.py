"""Papers as HTML with a print style, and as PDF; operators may supply templates for single procedures."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from importlib.resources import files
from typing import Any

import attrs
from jinja2 import BaseLoader, FunctionLoader, StrictUndefined, TemplateSyntaxError
from jinja2.loaders import split_template_path
from jinja2.sandbox import SandboxedEnvironment

from dossierkit.catalog.index import Finding
from dossierkit.catalog.sources import PAPERS, ProcedureFiles, Source
from dossierkit.errors import DocumentError, SettingsError
from dossierkit.extras import missing_extra
from dossierkit.papers.qr import qr_code
from dossierkit.papers.values import Grid, Line, Paper
from dossierkit.pointers import Json
from dossierkit.translatable import Words

_HERE = files("dossierkit.papers")


@attrs.frozen
class Papers:
    """The papers of an installation: `papers/CODE/01.html` and `….typ` beside its procedure files replace the built-in templates.

    Args:
        source: where the procedure files come from; None: no template is replaced.
    """

    source: Source | None = None

    def html(self, paper: Paper, procedure: str) -> str:
        """*paper* as HTML, to be placed inside a page.

        Raises:
            SettingsError: the operator's template has an error.
        """
        from jinja2 import TemplateError

        own = self._own(procedure, f"{paper.kind.form}.html")
        try:
            template = _environment(own.files, own.folder).get_template(own.name) if own is not None else _packaged_template()
            return template.render(paper=paper, qr=qr_code(paper.qr) if paper.qr else "", is_line=_is_line)
        except (DocumentError, TemplateError, UnicodeDecodeError) as error:
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
        own = self._own(procedure, f"{paper.kind.form}.typ")
        inputs = {"paper": json.dumps(_plain(paper), ensure_ascii=False)}
        try:
            source = own.files.content(str(own)) if own is not None else (_HERE / "paper.typ").read_bytes()
            document: bytes = typst.compile(source, sys_inputs=inputs, format="pdf", pdf_standards="ua-1")
        except (DocumentError, typst.TypstError) as error:
            raise SettingsError(f"{own or 'paper.typ'}: {error}") from error
        return document

    def _own(self, procedure: str, name: str) -> _Template | None:
        """The operator's template of a procedure; its code cannot lead out of the folder."""
        if self.source is None or "/" in procedure or procedure.startswith("."):
            return None
        try:
            template = _Template(self.source.current(), f"{PAPERS}/{procedure}", name)
        except DocumentError:
            return None  # nothing is published
        return template if template.files.has(str(template)) else None


@attrs.frozen
class _Template:
    """The file *name* in a folder of *files*."""

    files: ProcedureFiles
    folder: str
    name: str

    def __str__(self) -> str:
        return f"{self.folder}/{self.name}"


def template_faults(files: Mapping[str, bytes]) -> Iterator[Finding]:
    """An error for each of *files*, by their paths, that is a template in HTML and cannot be read."""
    for path, content in files.items():
        if path.endswith(".html"):
            try:
                _sandbox(BaseLoader()).parse(content.decode())
            except (TemplateSyntaxError, UnicodeDecodeError) as error:
                line = error.lineno if isinstance(error, TemplateSyntaxError) else 1
                message = Words("the template cannot be read: {error}", error=error)
                yield Finding(path, line, 1, "", "bad-template", "error", message)


def _is_line(block: object) -> bool:
    return isinstance(block, Line)


@lru_cache(maxsize=32)
def _environment(files: ProcedureFiles, folder: str) -> SandboxedEnvironment:
    """Templates in *folder* of *files*; they may include each other."""

    def read(name: str) -> tuple[str, str | None, Callable[[], bool]] | None:
        path = "/".join((folder, *split_template_path(name)))
        if not files.has(path):
            return None
        stamp = files.stamp(path)
        return files.content(path).decode(), None, lambda: files.stamp(path) == stamp

    return _sandbox(FunctionLoader(read))


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
