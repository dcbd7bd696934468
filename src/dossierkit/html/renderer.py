"""Renders forms.  Each piece is a template run once for the same field, value and words, then remembered."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import attrs
from jinja2 import ChoiceLoader, DictLoader, Environment, FileSystemLoader, PackageLoader
from markupsafe import Markup

from dossierkit.forms.controls import name_of
from dossierkit.forms.form import Field, Form, Kind, Layout, Problem
from dossierkit.forms.messages import schema_text
from dossierkit.forms.pointers import ABSENT, Json, key
from dossierkit.forms.readable import readable
from dossierkit.forms.shown import Control
from dossierkit.forms.view import sections
from dossierkit.forms.viewer import Viewer, control_id
from dossierkit.forms.words import word

#: Where a template puts what stands inside; no text can hold it, since control characters are escaped by no one.
_HOLE = "\x00content\x00"
_REMEMBERED = 20_000


@attrs.frozen
class Rendered:
    """One form as markup."""

    summary: Markup
    fields: Markup
    #: (id, title) of each section with a heading, for a progress list.
    sections: tuple[tuple[str, str], ...]


class Renderer:
    """Renders the forms of one dialect.

    Args:
        folders: templates that replace ours, first one first.
        file_name: attachment id → what people call the file.
    """

    def __init__(
        self,
        *,
        folders: Sequence[Path | str] = (),
        file_name: Callable[[str], str] = str,
        widgets: Mapping[str, Any] | None = None,
    ) -> None:
        own = {
            f"{name}.html": '{% extends "field.html" %}{% block control %}' + widget.template + "{% endblock %}"
            for name, widget in (widgets or {}).items()
        }
        loaders = [*(FileSystemLoader(str(folder)) for folder in folders), DictLoader(own)]
        self.environment = Environment(
            loader=ChoiceLoader([*loaders, PackageLoader("dossierkit.html")]),
            autoescape=True,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self.environment.globals.update(described=_described, attributes=_attributes, live=_live, file_name=file_name)
        self._file_name = file_name
        self._memo: dict[object, Any] = {}
        self._template = lru_cache(maxsize=None)(self.environment.get_template)

    def render(
        self,
        form: Form,
        answers: Json,
        *,
        problems: Iterable[Problem] = (),
        language: str = "vi",
        layout: Layout | None = None,
    ) -> Rendered:
        """The controls of *form* for *answers*, under their section headings, and the summary of *problems*."""
        viewer = Viewer.of(form, answers, problems=tuple(problems), language=language, layout=layout)
        page = _Page(self, viewer)
        fields = Markup("").join(page.section(*section) for section in page.sections())
        headings = tuple((id, title) for id, title, _ in page.sections() if title)
        summary = self.piece("summary", language, problems=viewer.summary()) if viewer.placed else Markup("")
        return Rendered(summary, fields, headings)

    def piece(self, name: str, language: str, /, **values: Any) -> Markup:
        """The template *name* filled with *values*."""
        return Markup(self._template(f"{name}.html").render(**values, **_words(self, language)))

    def remembered(self, name: object, make: Callable[[], Any]) -> Any:
        """What *make* gave the first time for *name*."""
        found = self._memo.get(name)
        if found is None:
            if len(self._memo) > _REMEMBERED:
                self._memo.clear()
            found = self._memo[name] = make()
        return found


@lru_cache(maxsize=16)
def _star(language: str) -> Markup:
    return Markup(' <span class="star" aria-hidden="true">*</span><span class="hidden"> ({})</span>').format(
        word("required-mark", language)
    )


def _words(renderer: Renderer, language: str) -> dict[str, Any]:
    def say(name: str, **values: Any) -> str:
        return word(name, language).format(**values)

    def star(control: Control) -> Markup:
        return _star(language) if control.required else Markup("")

    def notes(control: Control) -> Markup:
        return renderer.piece("notes", language, c=control) if control.hints or control.errors else Markup("")

    def pickers(control: Control) -> Markup:
        return renderer.piece("pickers", language, c=control) if control.pickers else Markup("")

    return {"say": say, "star": star, "notes": notes, "pickers": pickers, "language": language}


def _described(control: Control, *, required: bool = True) -> Markup:
    ids = " ".join(filter(None, (control.hint_id, control.error_id)))
    result = Markup(' aria-describedby="{}"').format(ids) if ids else Markup("")
    if required and control.required:
        result += Markup(' aria-required="true"')
    if required and control.errors:
        result += Markup(' aria-invalid="true"')
    return result


def _attributes(control: Control) -> Markup:
    return Markup("").join(Markup(' {}="{}"').format(Markup(name), value) for name, value in control.attributes.items())


def _live(control: Control) -> Markup:
    """Marks controls that may change which fields hold; a script asks for the form again when they change."""
    return Markup(" data-live") if control.field.kind is not Kind.TEXT else Markup("")


@attrs.frozen
class _More:
    """A control with what only some templates ask for."""

    _control: Control
    _values: Mapping[str, Any]

    def __getattr__(self, name: str) -> Any:
        values = object.__getattribute__(self, "_values")
        return values[name] if name in values else getattr(object.__getattribute__(self, "_control"), name)


@attrs.frozen
class _Page:
    renderer: Renderer
    viewer: Viewer

    def sections(self) -> list[tuple[str, str, tuple[Field, ...]]]:
        """(id, title, fields) of each section."""
        form, root = self.viewer.form, self.viewer.root
        name = ("sections", form, root, self.viewer.language)
        return self.renderer.remembered(name, lambda: _sections(form, self.viewer, root))  # type: ignore[no-any-return]  # the memo holds anything

    def section(self, id: str, title: str, fields: tuple[Field, ...]) -> Markup:
        before, after = self._frame(("section", id, title, self.viewer.language), "section", id=id, title=title)
        return before + Markup("").join(map(self.field, fields)) + after

    def field(self, field: Field) -> Markup:
        if not field.leaf:
            return self._inner(field)
        if "x-options" in field.keywords or field.widget == "lookup":
            return self._leaf(field)
        errors = self.viewer.errors.get(field.pointer, ())
        value = ABSENT if "/~e" in field.pointer else self.viewer.value(field)
        plain = value if type(value) is str else key(value)
        name = (field, self.viewer.language, type(value), plain, errors)
        return self.renderer.remembered(name, lambda: self._leaf(field))  # type: ignore[no-any-return]  # the memo holds anything

    def _leaf(self, field: Field) -> Markup:
        control = self.viewer.control(field)
        where = field.control or field.pointer
        value = self.viewer.value(field)
        limits = field.keywords.get("x-file")
        more: dict[str, Any] = {
            "search_name": name_of(where, "search"),
            "upload_name": name_of(where, "upload"),
            "order_name": name_of(where, "order"),
            "order": json.dumps(value if isinstance(value, list) else [], ensure_ascii=False),
            "accept": ",".join(limits.get("accept", ())) if isinstance(limits, dict) else "",
            "titled": bool(field.keywords.get("title")) and not field.row,
        }
        shown = _More(control, more)
        pickers = self.renderer.piece("pickers", self.viewer.language, c=shown) if field.pickers else Markup("")
        own = {"id": control.id, "name": control.name, "value": control.text, "field": field}
        return pickers + self.renderer.piece(control.widget, self.viewer.language, c=shown, **own)

    def _inner(self, field: Field) -> Markup:
        if field.kind is Kind.GROUP and (not field.pointer or field.row) and not (field.pickers or field.presence):
            # The page or the row already says what this is.
            errors = self.viewer.errors.get(field.pointer, ()) if field.row else ()
            note = Markup("").join(Markup('<p class="error">{}</p>').format(error) for error in errors)
            return note + self._open(field) + Markup("").join(map(self.field, field.children))
        errors = self.viewer.errors.get(field.pointer, ())
        value = self.viewer.value(field)
        name = (field, self.viewer.language, errors, isinstance(value, dict), value is ABSENT)
        before, after = self._frame(name, field.kind.value, make=lambda: self._group(field, value))
        below = (self._row(field, i, c) if field.kind is not Kind.GROUP else self.field(c) for i, c in enumerate(field.children))
        return before + Markup("").join(below) + after

    def _open(self, field: Field) -> Markup:
        if field.required or not field.pointer:
            return Markup("")
        return Markup('<input type="hidden" name="{}" value="1">').format(name_of(field.control or field.pointer, "open"))

    def _group(self, field: Field, value: Json) -> dict[str, Any]:
        where = (field.control or field.pointer) + ("/~e" if field.kind is Kind.ENTRIES else "")
        most = field.keywords.get("maxItems")
        fixed = len(field.keywords.get("prefixItems") or ())
        closed = field.keywords.get("items") is False or (fixed and "items" not in field.keywords)
        return {
            "c": _More(
                self.viewer.control(field),
                {
                    "where": where,
                    "count_name": name_of(where, "count"),
                    "present_name": name_of(where, "present"),
                    "open_name": name_of(where, "open"),
                    "present": isinstance(value, dict),
                    "open": not field.required and bool(field.pointer) and value is not ABSENT,
                    "count": len(field.children),
                    "can_add": not closed and (most is None or len(field.children) < most),
                    "row_title": self._row_title(field).lower(),
                },
            ),
        }

    def _row_title(self, field: Field) -> str:
        """What one row of *field* is called."""
        item = field.keywords.get("items")
        if field.children:
            title = schema_text(self.viewer.form, field.children[-1].facets, "title", self.viewer.language)
        elif isinstance(item, dict):
            seeds = (
                self.viewer.form.schemas.below(f, "/items", f.schema["items"]) for f in field.facets if f.get("items") is item
            )
            from dossierkit.forms.reach import unconditional

            title = schema_text(self.viewer.form, unconditional(self.viewer.form.schemas, seeds), "title", self.viewer.language)
        else:
            title = ""
        return title or word("item", self.viewer.language)

    def _row(self, field: Field, index: int, row: Field) -> Markup:
        where = row.control or row.pointer
        base = {"index": index, "last": index == len(field.children) - 1, "where": where}
        if field.kind is Kind.ENTRIES:
            named = "" if "/~e" in row.pointer else row.name
            extra = {"title": f"{word('item', self.viewer.language)} {index + 1}", "key": named, "name": name_of(where, "key")}
            before, after = self._frame(
                ("entry", where, index, named, self.viewer.language),
                "entry",
                r={**base, **extra, "id": control_id(where) + ".key"},
            )
            return before + self.field(row) + after
        fixed = len(field.keywords.get("prefixItems") or ())
        if index < fixed:
            return self.field(row)
        title = self._title_of(row, f"{self._row_title(field)} {index + 1}")
        name = ("row", where, index, base["last"], title, fixed, self.viewer.language)
        before, after = self._frame(name, "row", r={**base, "title": title, "removable": True, "index": index - fixed})
        return before + self.field(row) + after

    def _title_of(self, row: Field, title: str) -> str:
        """*title* with the first answer of the row, so that a reader tells rows apart."""
        for field in row.children:
            value = self.viewer.value(field) if field.leaf and field.kind is not Kind.CONSTANT else ABSENT
            if value is not ABSENT and field.kind in (Kind.TEXT, Kind.NUMBER, Kind.CHOICE):
                text = readable(self.viewer.form, field, value, self.viewer.language)
                return f"{title} – {text[:60]}" if text.strip() else title
        return title

    def _frame(
        self, name: object, template: str, /, make: Callable[[], dict[str, Any]] | None = None, **values: Any
    ) -> tuple[Markup, Markup]:
        """What stands before and after the content of *template*."""

        def split() -> tuple[Markup, Markup]:
            markup = self.renderer.piece(template, self.viewer.language, content=Markup(_HOLE), **(make() if make else values))
            before, _, after = markup.partition(_HOLE)
            return Markup(before), Markup(after)

        return self.renderer.remembered(("frame", name), split)  # type: ignore[no-any-return]  # the memo holds anything


def _sections(form: Form, viewer: Viewer, root: Field) -> list[tuple[str, str, tuple[Field, ...]]]:
    bare = attrs.evolve(viewer.control(root), children=tuple(map(viewer.control, root.children)))
    return [(s.id, s.title, tuple(c.field for c in s.controls)) for s in sections(form, bare, viewer.language)]
