"""Renders forms.  Each piece is a template run once for the same field, value and words, then remembered."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

import attrs
from jinja2 import ChoiceLoader, DictLoader, Environment, FileSystemLoader, StrictUndefined, TemplateNotFound
from markupsafe import Markup

from dossierkit.caches import Cache
from dossierkit.findings import Problem
from dossierkit.forms.fields.effective import effective
from dossierkit.forms.fields.field_tree import selection
from dossierkit.forms.fields.form import Form, Layout, embeds
from dossierkit.forms.views.viewer import Viewer
from dossierkit.forms.words.titles import schema_text
from dossierkit.html.holes import only_writes
from dossierkit.html.packaged import PackagedTemplates
from dossierkit.html.page import Page
from dossierkit.html.summary import Row, answer_rows
from dossierkit.html.words import attributes, described, live, words_of
from dossierkit.pointers import Json, key

#: More pieces of markup than the largest page is made of.
_PIECES = 30_000
#: Templates that others are made of, or that stand in for them.
_WITHIN = ("field", "notes", "pickers", "readonly", "textarea")
#: So many whole forms with at most so many answers, so long together (the defaults of a new draft), are remembered.
_BLANKS = 128
_FEW = 6
_SHORT = 2_000


@attrs.frozen
class Heading:
    """A section with a heading."""

    id: str
    title: str
    #: The pointers of the fields right below it.
    pointers: tuple[str, ...]

    def holds(self, pointer: str) -> bool:
        """Whether what stands at *pointer* stands in this section."""
        return any(pointer == one or pointer.startswith(one + "/") for one in self.pointers)


@attrs.frozen
class Rendered:
    """One form as markup."""

    summary: Markup
    fields: Markup
    #: The sections with a heading, for a progress list.
    sections: tuple[Heading, ...]
    #: What the author says of the whole form.
    description: str = ""


class Renderer:
    """Renders the forms of one dialect.

    Args:
        folders: templates that replace ours, first one first.
        file_name: attachment id → what people call the file; empty where it is not there.
        today: the day; a blank form is remembered for it, as option lists offer what is in force on it.
    """

    def __init__(
        self,
        *,
        folders: Sequence[Path | str] = (),
        file_name: Callable[[str], str] = str,
        widgets: Mapping[str, Any] | None = None,
        today: Callable[[], date | None] = lambda: None,
    ) -> None:
        own = {
            f"{name}.html": '{% extends "field.html" %}{% block control %}' + widget.template + "{% endblock %}"
            for name, widget in (widgets or {}).items()
        }
        loaders = [*(FileSystemLoader(str(folder)) for folder in folders), DictLoader(own)]
        self._hosts = ChoiceLoader(loaders)
        self.environment = Environment(
            loader=ChoiceLoader([self._hosts, PackagedTemplates("dossierkit.html")]),
            autoescape=True,
            trim_blocks=True,
            lstrip_blocks=True,
            undefined=StrictUndefined,
        )
        self.environment.globals.update(described=described, attributes=attributes, live=live, embeds=embeds, file_name=file_name)
        self._file_name = file_name
        self._pieces = Cache[object, Any]("pieces", _PIECES)
        self._today = today
        self._blanks = Cache[tuple[Form, str, str, bool, date | None], Rendered]("blank forms", _BLANKS)
        self._words = lru_cache(maxsize=None)(lambda language: words_of(self.piece, language))
        self._template = lru_cache(maxsize=None)(self.environment.get_template)
        self.is_ours = lru_cache(maxsize=None)(lambda name: not any(map(self._is_replaced, (name, *_WITHIN))))
        self.only_writes = lru_cache(maxsize=None)(lambda widget: only_writes(self.environment, f"{widget}.html"))

    def render(
        self,
        form: Form,
        answers: Json,
        *,
        problems: Iterable[Problem] = (),
        language: str = "vi",
        layout: Layout | None = None,
        only: Collection[str] | None = None,
        beside: Sequence[tuple[str, str]] = (),
        paged: bool = False,
    ) -> Rendered:
        """The controls of *form* for *answers*, under their section headings, and the summary of *problems*.

        Args:
            only: pointers of the fields to show, each with everything below it; all of them where None.
            beside: (id, words) of what is wrong elsewhere on the page; the summary tells it, too.
            paged: show a long list a page of rows at a time.  Only for answers that are kept: `parse` needs them as its
                *base*, since the other rows are not in the markup.
        """
        problems = tuple(problems)
        if only is not None:
            viewer = Viewer.of(form, answers, problems=problems, language=language, layout=layout, paged=paged)
            return self._rendered(attrs.evolve(viewer, root=selection(viewer.root, only)), beside)
        if not problems and not beside and layout in (None, Layout()) and _is_small(answers):
            text = key(answers)
            if len(text) <= _SHORT:
                return self._blank(form, answers, language, text, paged)
        viewer = Viewer.of(form, answers, problems=problems, language=language, layout=layout, paged=paged)
        return self._rendered(viewer, beside)

    def rows(self, form: Form, answers: Json, *, language: str = "vi", layout: Layout | None = None) -> tuple[Row, ...]:
        """*answers* as a summary list, its files by their names; see `answer_rows`."""
        return answer_rows(form, effective(form, answers, layout=layout), answers, language, file_name=self._file_name)

    def _blank(self, form: Form, answers: Json, language: str, text: str, paged: bool) -> Rendered:  # part of the name
        """A form that nobody has filled in yet is the same for everybody; *text* is the key of *answers*."""
        name = (form, language, text, paged, self._today())
        rendered = self._blanks.get(name)
        if rendered is None:
            viewer = Viewer.of(form, answers, problems=(), language=language, layout=None, paged=paged)
            rendered = self._blanks.keep(name, self._rendered(viewer))
        return rendered

    def _rendered(self, viewer: Viewer, beside: Sequence[tuple[str, str]] = ()) -> Rendered:
        page = Page(self, viewer)
        language = viewer.language
        markup = Markup("".join(page.section(*section) for section in page.sections()))
        headings = tuple(Heading(id, title, tuple(f.pointer for f in fields)) for id, title, fields in page.sections() if title)
        told = (*viewer.summary(), *beside)
        summary = self.piece("summary", language, problems=told) if told else Markup("")
        about = schema_text(viewer.form, (viewer.form.root,), "description", language)
        return Rendered(summary, markup, headings, about)

    @property
    def blank_count(self) -> int:
        """Number of forms without answers in the cache; at most 128."""
        return len(self._blanks)

    def piece(self, name: str, language: str, /, **values: Any) -> Markup:
        """The template *name* filled with *values*."""
        return Markup(self._template(f"{name}.html").render(**values, **self._words(language)))

    def _is_replaced(self, name: str) -> bool:
        try:
            self._hosts.get_source(self.environment, f"{name}.html")
        except TemplateNotFound:
            return False
        return True

    def remembered(self, name: object, make: Callable[[], Any]) -> Any:
        """What *make* gave the first time for *name*."""
        made = self._pieces.get(name)
        return self._pieces.keep(name, make()) if made is None else made


def _is_small(answers: Json) -> bool:
    """Whether *answers* are few enough to be written as the name of a whole form."""
    if not isinstance(answers, dict):
        return True
    return len(answers) <= _FEW and all(len(value) <= _FEW for value in answers.values() if isinstance(value, dict | list))
