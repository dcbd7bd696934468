"""`Renderer`: the markup of forms from Jinja templates, with a cache of rendered pieces and of blank forms."""

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
from dossierkit.forms.fields.effective_fields import effective
from dossierkit.forms.fields.field_tree import selection
from dossierkit.forms.fields.form import Form, Layout, embeds
from dossierkit.forms.views.viewer import Viewer
from dossierkit.forms.words.titles import schema_text
from dossierkit.html.control_attributes import attributes, described, live, template_functions
from dossierkit.html.packaged_templates import PackagedTemplates
from dossierkit.html.page import Page
from dossierkit.html.summary import Question, Row, answer_rows, questions
from dossierkit.html.template_analysis import only_outputs
from dossierkit.pointers import Json, key

#: Cached pieces of markup; more than those of the largest page.
_PIECES = 30_000
#: Templates that others extend or include, or that are used in their place.
_INCLUDED = ("field", "notes", "pickers", "readonly", "textarea")
#: Cached forms without problems and with few answers, such as the defaults of a new draft.
_BLANKS = 128
#: Answers of such a form, and members of one of these answers.
_FEW = 6
#: Characters of the answers of such a form.
_SHORT = 2_000


@attrs.frozen
class Heading:
    """The heading of a section, for a list of progress."""

    id: str
    title: str
    #: JSON Pointers of the fields directly below it.
    pointers: tuple[str, ...]

    def holds(self, pointer: str) -> bool:
        """Whether the answer at *pointer* belongs to this section."""
        return any(pointer == field or pointer.startswith(field + "/") for field in self.pointers)


@attrs.frozen
class Rendered:
    """The markup of a form."""

    summary: Markup
    fields: Markup
    #: The sections that have a heading.
    sections: tuple[Heading, ...]
    #: The description of the form.
    description: str = ""

    def with_focus(self, id: str) -> Rendered:
        """The same, where the element called *id* has the focus once the page is loaded; nothing changes if it is empty."""
        if not id:
            return self
        return attrs.evolve(self, fields=Markup(str(self.fields).replace(f'id="{id}"', f'id="{id}" autofocus', 1)))


class Renderer:
    """Renders the forms of one dialect.

    Args:
        folders: folders of templates that replace packaged ones; of several with the same name, the first is used.
        file_name: the id of an attachment → the name of the file; empty if it does not exist.
        widgets: the field types of the host by name, from its dialect.
        today: the current day; a cached blank form is used on one day only, because option lists can change from day to day.
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
            # A template is loaded once; without this, each base template is looked for in its folder at each use.
            auto_reload=False,
        )
        self.environment.globals.update(described=described, attributes=attributes, live=live, embeds=embeds, file_name=file_name)
        self._file_name = file_name
        self._pieces = Cache[object, Any]("pieces", _PIECES)
        self._today = today
        self._blanks = Cache[tuple[Form, str, str, bool, date | None], Rendered]("blank forms", _BLANKS)
        self._functions = lru_cache(maxsize=None)(lambda language: template_functions(self.piece, language))
        self._template = lru_cache(maxsize=None)(self.environment.get_template)
        self.is_packaged = lru_cache(maxsize=None)(lambda name: not any(map(self._is_replaced, (name, *_INCLUDED))))
        self.only_outputs = lru_cache(maxsize=None)(lambda widget: only_outputs(self.environment, f"{widget}.html"))

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
            only: JSON Pointers of the fields to show, each with everything below it; None for all.  `parse` needs the pairs of
                the other fields, too (see `flatten`): a list with rows left out does not submit its number of rows.
            beside: (id, sentence) of problems elsewhere on the page, for the summary.
            paged: show one page of rows of a long list.  Only for stored answers: `parse` needs them as its *base*, because
                the other rows are not in the markup.
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
        """*answers* as a summary list, with the names of files; see `answer_rows`."""
        return answer_rows(form, effective(form, answers, layout=layout), answers, language, file_name=self._file_name)

    def questions(self, form: Form, answers: Json, *, language: str = "vi") -> tuple[tuple[str, tuple[Question, ...]], ...]:
        """The fields that the user can answer, by section, with the names of files; see `summary.questions`."""
        return questions(form, effective(form, answers), answers, language, file_name=self._file_name)

    def _blank(self, form: Form, answers: Json, language: str, text: str, paged: bool) -> Rendered:
        """A form without answers, or with few; the markup is the same for all users, and cached.

        Args:
            text: the key of *answers*.
        """
        cache_key = (form, language, text, paged, self._today())
        rendered = self._blanks.get(cache_key)
        if rendered is None:
            viewer = Viewer.of(form, answers, problems=(), language=language, layout=None, paged=paged)
            rendered = self._blanks.keep(cache_key, self._rendered(viewer))
        return rendered

    def _rendered(self, viewer: Viewer, beside: Sequence[tuple[str, str]] = ()) -> Rendered:
        page = Page(self, viewer)
        language = viewer.language
        markup = Markup("".join(page.section(*section) for section in page.sections()))
        headings = tuple(
            Heading(id, title, tuple(field.pointer for field in fields)) for id, title, fields in page.sections() if title
        )
        problems = (*viewer.summary(), *beside)
        summary = self.piece("summary", language, problems=problems) if problems else Markup("")
        description = schema_text(viewer.form, (viewer.form.root,), "description", language)
        return Rendered(summary, markup, headings, description)

    @property
    def blank_count(self) -> int:
        """The number of blank forms in the cache; at most 128."""
        return len(self._blanks)

    def piece(self, name: str, language: str, /, **values: Any) -> Markup:
        """The markup of the template *name* with the variables *values*, in *language*."""
        return Markup(self._template(f"{name}.html").render(**values, **self._functions(language)))

    def _is_replaced(self, name: str) -> bool:
        try:
            self._hosts.get_source(self.environment, f"{name}.html")
        except TemplateNotFound:
            return False
        return True

    def cached(self, key: object, make: Callable[[], Any]) -> Any:
        """The result of *make*, cached under *key*."""
        result = self._pieces.get(key)
        return self._pieces.keep(key, make()) if result is None else result


def _is_small(answers: Json) -> bool:
    """Whether *answers* are few enough to be the cache key of a form."""
    if not isinstance(answers, dict):
        return True
    return len(answers) <= _FEW and all(len(value) <= _FEW for value in answers.values() if isinstance(value, dict | list))
