"""The markup of one form with its answers: pieces of templates in page order, cached where they can be reused.

Fields of the same shape share their markup: it is rendered once with placeholders for row numbers (`stencils`), and for a text
field with a hole for the answer (`template_analysis`).
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Protocol, TypeVar

import attrs
from markupsafe import Markup, escape

from dossierkit.forms.answers.blanks import is_nameless
from dossierkit.forms.answers.control_names import name_of
from dossierkit.forms.answers.row_pages import first_row, pages, rows_around
from dossierkit.forms.answers.texts import show_text
from dossierkit.forms.fields.applicators import unconditional
from dossierkit.forms.fields.form import Field, Form, Kind, embeds
from dossierkit.forms.views.controls import Control
from dossierkit.forms.views.view import sections
from dossierkit.forms.views.viewer import Viewer, control_id, page_id
from dossierkit.forms.words.catalogue import word
from dossierkit.forms.words.readable_answers import readable
from dossierkit.forms.words.titles import label, schema_text
from dossierkit.html.row_placeholders import split_numbers, stencil, with_numbers
from dossierkit.pointers import ABSENT, Json, key, last, step

#: Placeholder for content in rendered markup; the NUL characters cannot be part of a template or an answer.
_HOLE = "\x00content\x00"
#: Characters of an answer whose markup is cached.
_MAX_CACHED_TEXT = 200

_Made = TypeVar("_Made")


class Pieces(Protocol):
    """The templates and the cache of a renderer."""

    def piece(self, name: str, language: str, /, **values: Any) -> Markup:
        """The markup of the template *name* with the variables *values*."""
        ...

    def only_outputs(self, widget: str) -> bool:
        """Whether the template of *widget* outputs the answer and does not read it otherwise."""
        ...

    def is_packaged(self, template: str) -> bool:
        """Whether no host replaced *template* or one that it includes: then its markup differs between rows in numbers only."""
        ...

    def cached(self, key: object, make: Callable[[], Any]) -> Any:
        """The result of *make*, cached under *key*."""
        ...


@attrs.frozen
class _ExtendedControl:
    """A control with further attributes for some templates."""

    _control: Control
    _values: Mapping[str, Any]

    def __getattr__(self, name: str) -> Any:
        values = object.__getattribute__(self, "_values")
        return values[name] if name in values else getattr(object.__getattribute__(self, "_control"), name)


@attrs.frozen
class Page:
    """A form with its answers and problems, rendered piece by piece."""

    renderer: Pieces
    viewer: Viewer

    def sections(self) -> list[tuple[str, str, tuple[Field, ...]]]:
        """(id, title, fields) of each section."""
        form, root = self.viewer.form, self.viewer.root
        cache_key = ("sections", form, root, self.viewer.language)
        return self.renderer.cached(cache_key, lambda: _sections(form, self.viewer, root))  # type: ignore[no-any-return]  # the cache holds anything

    def section(self, id: str, title: str, fields: tuple[Field, ...]) -> str:
        """The markup of *fields* under their heading."""
        # A single group with the title of the section needs no legend: it would repeat the heading.
        sole = len(fields) == 1 and not fields[0].leaf and label(self.viewer.form, fields[0], self.viewer.language) == title
        cache_key = ("section", id, title, sole, self.viewer.language)
        before, after = self.renderer.cached(cache_key, lambda: self._split("section", id=id, title=title, sole=sole))
        answers = self.viewer.answers
        markup = [self.field(field, _child_value(answers, field) if field.pointer else answers) for field in fields]
        return "".join((before, *markup, after))

    def field(self, field: Field, value: Json) -> str:
        """The markup of *field* with the answer *value*, and of everything below it."""
        if not field.leaf:
            return self._container(field, value)
        errors = self.viewer.errors.get(field.pointer, ())
        if field.write_only:
            return self._leaf(field, self.viewer.value(field), errors)
        if is_nameless(field):
            value = ABSENT
        if field.widget == "lookup":
            return self._lookup(field, value, errors)
        is_text = field.kind in (Kind.TEXT, Kind.NUMBER) and not field.read_only
        if is_text and (text_field := self._text_field(field, value, errors)):
            return text_field
        answer_key = value if type(value) is str else key(value)
        if len(answer_key) > _MAX_CACHED_TEXT:
            return self._leaf(field, value, errors)
        cache_key = (self.viewer.language, type(value), answer_key, errors)
        markup, numbers = self._cached_by_shape(cache_key, field, field.widget, lambda field: self._leaf(field, value, errors))
        return with_numbers(markup, numbers)

    def _lookup(self, field: Field, value: Json, errors: tuple[str, ...]) -> str:
        """A field whose choices depend on a search and on other answers."""
        control = self.viewer.answered(field, value, errors)
        options, search, note = control.options, control.search, control.search_note
        cache_key = (self.viewer.language, options, search, note, control.text, errors)

        def make(field: Field) -> str:
            # The stencil is not a field of the page: it has no search, and no other answers beside it.
            stencil_control = self.viewer.answered(field, value, errors)
            return self._control(field, attrs.evolve(stencil_control, options=options, search=search, search_note=note), value)

        markup, numbers = self._cached_by_shape(cache_key, field, field.widget, make)
        return with_numbers(markup, numbers)

    def _cached_by_shape(
        self, cache_key: object, field: Field, template: str, make: Callable[[Field], _Made]
    ) -> tuple[_Made, tuple[str, ...]]:
        """The result of *make* for all fields of the shape of *field*, and the row numbers to fill in.

        Args:
            cache_key: everything that *make* depends on, beside the field.
            template: a template that a host replaced can use row numbers in other ways, so its markup is cached by row.
        """
        if field.shape is None or not self.renderer.is_packaged(template):
            return self.renderer.cached((cache_key, field), lambda: make(field)), ()
        texts, numbers = split_numbers(field.control)
        entry_name = "" if field.pointer == field.control else field.name
        result = self.renderer.cached((cache_key, field.shape, texts, entry_name), lambda: make(stencil(field)))
        return result, numbers

    def _text_field(self, field: Field, value: Json, errors: tuple[str, ...]) -> str | None:
        """The markup of a text field, with its answer in cached markup; None if the answer is blank or its template reads it."""
        viewer = self.viewer
        text = show_text(value, field, viewer.form.dialect, viewer.language)
        if not text:
            return None
        hole = _HOLE + "\n" if "\n" in text else _HOLE

        def split(field: Field) -> tuple[str, ...]:
            control = attrs.evolve(viewer.answered(field, value, errors), text=hole)
            if not self.renderer.only_outputs(control.widget):
                return ()
            parts = self._control(field, control, value).split(hole)
            return tuple(parts) if len(parts) == 2 else ()

        cache_key = ("text", viewer.language, hole, errors)
        parts, numbers = self._cached_by_shape(cache_key, field, field.widget, split)
        return with_numbers(parts[0], numbers) + str(escape(text)) + with_numbers(parts[1], numbers) if parts else None

    def _leaf(self, field: Field, value: Json, errors: tuple[str, ...]) -> str:
        return self._control(field, self.viewer.answered(field, value, errors), value)

    def _control(self, field: Field, control: Control, value: Json) -> str:
        where = field.control
        value = ABSENT if field.write_only else value
        limits = field.keywords.get("x-file")
        further: dict[str, Any] = {
            "search_name": name_of(where, "search"),
            "upload_name": name_of(where, "upload"),
            "order_name": name_of(where, "order"),
            "drop_name": name_of(where, "drop"),
            "order": json.dumps(value if isinstance(value, list) else [], ensure_ascii=False),
            "accept": ",".join(limits.get("accept", ())) if isinstance(limits, dict) else _media_type(field),
            "titled": bool(field.keywords.get("title")) and not field.row,
        }
        extended = _ExtendedControl(control, further)
        pickers = str(self.renderer.piece("pickers", self.viewer.language, c=extended)) if field.pickers else ""
        variables = {"id": control.id, "name": control.name, "value": control.text, "field": field}
        return pickers + str(self.renderer.piece(control.widget, self.viewer.language, c=extended, **variables))

    def _container(self, field: Field, value: Json) -> str:
        errors = self.viewer.errors.get(field.pointer, ())
        if (
            field.kind is Kind.GROUP
            and (not field.pointer or field.row)
            and not (field.pickers or field.presence or field.folded)
        ):
            # The heading of the page or of the row is enough.
            notes = "".join(Markup('<p class="error">{}</p>').format(error) for error in errors) if field.row else ""
            return "".join((notes, self._open_mark(field), *self._children(field, value)))
        cache_key = ("container", self.viewer.language, errors, isinstance(value, dict), value is ABSENT)
        template = field.kind.value

        def split(field: Field) -> tuple[str, str]:
            return self._split(template, **self._container_variables(field, value, errors))

        (before, after), numbers = self._cached_by_shape(cache_key, field, template, split)
        return "".join((with_numbers(before, numbers), *self._children(field, value), with_numbers(after, numbers)))

    def _children(self, field: Field, value: Json) -> Iterator[str]:
        if field.kind is Kind.LIST:
            return self._rows(field, value)
        answers = [_child_value(value, below) for below in field.children]
        if field.kind is Kind.GROUP:
            return map(self.field, field.children, answers)
        return (self._entry(field, row, value) for row, value in zip(field.children, answers, strict=True))

    def _rows(self, field: Field, value: Json) -> Iterator[str]:
        """The rows of the list *field*; of a long list, those of the open page between the buttons of other pages."""
        row_title = self._row_title(field)
        indexes = self.viewer.open_pages.get(field.control)
        if indexes is None:
            indexes = range(len(field.children))
        else:
            yield self._page_buttons("row-pages", field, row_title, pages(field))
        for index in indexes:
            row = field.children[index]
            yield self._row(field, row_title, row, _child_value(value, row))
        if indexes.stop < len(field.children):
            yield self._page_buttons("next-rows", field, row_title, [page for page in pages(field) if page.start == indexes.stop])

    def _page_buttons(self, template: str, field: Field, row_title: str, targets: Iterable[range]) -> str:
        """The buttons that open the pages *targets* of the rows of *field*."""
        viewer, rows = self.viewer, field.control
        error_counts = Counter(
            first_row(index) for pointer in viewer.errors for at, index in rows_around(pointer) if at == field.pointer
        )
        buttons = [
            {
                "id": page_id(rows, page.start),
                "value": f"page:{rows}/{page.start}",
                "first": page.start + 1,
                "last": page.stop,
                "open": page == viewer.open_pages[rows],
                "wrong": error_counts[page.start],
            }
            for page in targets
        ]
        open_page = {"name": name_of(rows, "page"), "start": viewer.open_pages[rows].start}
        title = label(viewer.form, field, viewer.language)
        return str(self.renderer.piece(template, viewer.language, buttons=buttons, title=title, row_title=row_title, **open_page))

    def _open_mark(self, field: Field) -> str:
        if not field.recursive:
            return ""
        return str(Markup('<input type="hidden" name="{}" value="1">').format(name_of(field.control, "open")))

    def _container_variables(self, field: Field, value: Json, errors: tuple[str, ...]) -> dict[str, Any]:
        """The variables of the template of a group, list or editor."""
        where = field.control + ("/~e" if field.kind is Kind.ENTRIES else "")
        most = field.keywords.get("maxItems")
        fixed = len(field.keywords.get("prefixItems") or ())
        closed = field.keywords.get("items") is False or (fixed and "items" not in field.keywords) or field.fixed
        return {
            "c": _ExtendedControl(
                self.viewer.answered(field, value, errors),
                {
                    "where": where,
                    "count_name": name_of(where, "count"),
                    "present_name": name_of(where, "present"),
                    "open_name": name_of(where, "open"),
                    "present": isinstance(value, dict),
                    "open": field.recursive and not field.folded,
                    "count": len(field.children),
                    "can_add": not (closed or field.partial) and (most is None or len(field.children) < most),
                    "row_title": self._row_title(field).lower(),
                },
            ),
        }

    def _row_title(self, field: Field) -> str:
        """The title of one row of *field*, or the word for an item."""
        item = field.keywords.get("items")
        if field.children:
            title = schema_text(self.viewer.form, field.children[-1].facets, "title", self.viewer.language)
        elif isinstance(item, dict):
            schemas = self.viewer.form.schemas
            seeds = (schemas.below(facet, "/items", item) for facet in field.facets if facet.get("items") is item)
            title = schema_text(self.viewer.form, unconditional(schemas, seeds), "title", self.viewer.language)
        else:
            title = ""
        return title or word("item", self.viewer.language)

    def _entry(self, field: Field, row: Field, value: Json) -> str:
        """The entry *row* of the editor *field*: its name and its value."""
        name = "" if is_nameless(row) else row.name
        index = int(last(row.control).removeprefix("~e"))
        title = f"{word('item', self.viewer.language)} {index + 1}"
        return self._framed("entry", row, value, {"title": title, "key": name}, index=index, renamable=not field.partial)

    def _row(self, field: Field, row_title: str, row: Field, value: Json) -> str:
        """The row *row* of the list *field*; a positional row has neither heading nor buttons.

        A row of a partial list has no buttons, because they would renumber the rows that are left out.
        """
        fixed, index = len(field.keywords.get("prefixItems") or ()), int(row.name)
        if index < fixed:
            return self.field(row, value)
        heading = self._row_heading(row, value, f"{row_title} {index + 1}")
        if row.fixed or field.partial:
            return self._framed("row", row, value, {"title": heading}, index=0, last=True, removable=False)
        is_last = index == len(field.children) - 1
        return self._framed("row", row, value, {"title": heading}, index=index - fixed, last=is_last, removable=True)

    def _framed(self, template: str, row: Field, value: Json, texts: Mapping[str, str], *, index: int, **flags: bool) -> str:
        """*row* with the answer *value* inside *template*.

        Args:
            texts: variables that a packaged template only outputs.
            index: number of the row in the editor or list, from 0.
            flags: further variables of the template.
        """
        packaged = self.renderer.is_packaged(template)
        outputs = {name: f"\x00{name}\x00" for name in texts} if packaged else texts

        def split(row: Field) -> tuple[str, str]:
            where = row.control
            names = {"where": where, "id": control_id(where) + ".key", "name": name_of(where, "key")}
            return self._split(template, r={**names, **outputs, **flags, "index": index})

        # A packaged template tests only whether the row is the first one.
        cache_key = (template, self.viewer.language, bool(index) if packaged else index, *flags.values(), *outputs.values())
        (before, after), numbers = self._cached_by_shape(cache_key, row, template, split)
        before = with_numbers(before, numbers)
        for hole, text in texts.items():
            before = before.replace(f"\x00{hole}\x00", str(escape(text)))
        return before + self.field(row, value) + with_numbers(after, numbers)

    def _row_heading(self, row: Field, answers: Json, title: str) -> str:
        """*title* followed by the first answer in the row, by which users tell rows apart."""
        for field in row.children:
            readable_field = field.leaf and field.kind is not Kind.CONSTANT and not field.write_only
            value = _child_value(answers, field) if readable_field else ABSENT
            if value is not ABSENT and field.kind in (Kind.TEXT, Kind.NUMBER, Kind.CHOICE):
                text = readable(self.viewer.form, field, value, self.viewer.language)
                return f"{title} – {text[:60]}" if text.strip() else title
        return title

    def _split(self, template: str, /, **values: Any) -> tuple[str, str]:
        """The markup of *template* before and after its content."""
        markup = str(self.renderer.piece(template, self.viewer.language, content=Markup(_HOLE), **values))
        before, _, after = markup.partition(_HOLE)
        return before, after


def _child_value(value: Json, below: Field) -> Json:
    """The answer to *below*, a child of a field with the answer *value*; the editor of entries has the answer of its group."""
    if below.kind is Kind.ENTRIES:
        return value
    if isinstance(value, dict):
        return value.get(below.name, ABSENT)
    return step(value, below.name) if isinstance(value, list) else ABSENT


def _sections(form: Form, viewer: Viewer, root: Field) -> list[tuple[str, str, tuple[Field, ...]]]:
    control = attrs.evolve(viewer.control(root), children=tuple(map(viewer.control, root.children)))
    return [
        (section.id, section.title, tuple(shown.field for shown in section.controls))
        for section in sections(form, control, viewer.language)
    ]


def _media_type(field: Field) -> str:
    return str(field.keywords.get("contentMediaType", "")) if embeds(field) else ""
