"""One form on its way to markup: which pieces, in which order, remembered under which name."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import count
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
from dossierkit.html.stencils import anywhere, filled, numbered
from dossierkit.pointers import ABSENT, Json, key, step

#: Where a template puts what stands inside; no text can hold it, since control characters are escaped by no one.
_HOLE = "\x00content\x00"
#: Longer answers are not remembered.
_LONGEST = 200

_Made = TypeVar("_Made")


class Pieces(Protocol):
    """What a page asks of its renderer."""

    def piece(self, name: str, language: str, /, **values: Any) -> Markup:
        """The template *name* filled with *values*."""
        ...

    def only_writes(self, widget: str) -> bool:
        """Whether the template of *widget* writes an answer and does nothing else with it."""
        ...

    def is_ours(self, template: str) -> bool:
        """Whether no host replaced *template*, or what it is made of: then its markup is the same in every row."""
        ...

    def remembered(self, name: object, make: Callable[[], Any]) -> Any:
        """What *make* gave the first time for *name*."""
        ...


@attrs.frozen
class _More:
    """A control with what only some templates ask for."""

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
        name = ("sections", form, root, self.viewer.language)
        return self.renderer.remembered(name, lambda: _sections(form, self.viewer, root))  # type: ignore[no-any-return]  # the memo holds anything

    def section(self, id: str, title: str, fields: tuple[Field, ...]) -> str:
        """*fields* under their heading."""
        # The legend of an only group that is called the same would say the heading twice.
        sole = len(fields) == 1 and not fields[0].leaf and label(self.viewer.form, fields[0], self.viewer.language) == title
        name = ("section", id, title, sole, self.viewer.language)
        before, after = self.renderer.remembered(name, lambda: self._split("section", id=id, title=title, sole=sole))
        answers = self.viewer.answers
        shown = [self.field(field, _inside(answers, field) if field.pointer else answers) for field in fields]
        return "".join((before, *shown, after))

    def field(self, field: Field, value: Json) -> str:
        """*field* with its answer *value*, and everything below it."""
        if not field.leaf:
            return self._inner(field, value)
        errors = self.viewer.errors.get(field.pointer, ())
        if field.write_only:
            return self._leaf(field, self.viewer.value(field), errors)
        if is_nameless(field):
            value = ABSENT
        if field.widget == "lookup":
            return self._lookup(field, value, errors)
        if field.kind in (Kind.TEXT, Kind.NUMBER) and not field.read_only and (written := self._written(field, value, errors)):
            return written
        plain = value if type(value) is str else key(value)
        if len(plain) > _LONGEST:
            return self._leaf(field, value, errors)
        name = (self.viewer.language, type(value), plain, errors)
        markup, numbers = self._of_shape(name, field, field.widget, lambda field: self._leaf(field, value, errors))
        return filled(markup, numbers)

    def _lookup(self, field: Field, value: Json, errors: tuple[str, ...]) -> str:
        """A field whose choices depend on what was looked for, and on other answers."""
        control = self.viewer.answered(field, value, errors)
        options, search, note = control.options, control.search, control.search_note
        name = (self.viewer.language, options, search, note, control.text, errors)

        def made(field: Field) -> str:
            bare = self.viewer.answered(field, value, errors)
            return self._control(field, attrs.evolve(bare, options=options, search=search, search_note=note), value)

        markup, numbers = self._of_shape(name, field, field.widget, made)
        return filled(markup, numbers)

    def _of_shape(
        self, name: object, field: Field, template: str, make: Callable[[Field], _Made]
    ) -> tuple[_Made, tuple[str, ...]]:
        """What *make* gives for every field of the shape of *field*, and the numbers to fill in; *name* says what else it tells.

        Where a host brought the *template*, it may look at the number of a row, so each row has its own.
        """
        if field.shape is None or not self.renderer.is_ours(template):
            return self.renderer.remembered((name, field), lambda: make(field)), ()
        texts, numbers = numbered(field.control)
        called = "" if field.pointer == field.control else field.name
        made = self.renderer.remembered((name, field.shape, texts, called), lambda: make(anywhere(field)))
        return made, numbers

    def _written(self, field: Field, value: Json, errors: tuple[str, ...]) -> str | None:
        """*field* with its answer put into what its template wrote around another one; None where it looked at that."""
        viewer = self.viewer
        text = show_text(value, field, viewer.form.dialect, viewer.language)
        if not text:
            return None
        hole = _HOLE + "\n" if "\n" in text else _HOLE

        def split(field: Field) -> tuple[str, ...]:
            control = attrs.evolve(viewer.answered(field, value, errors), text=hole)
            if not self.renderer.only_writes(control.widget):
                return ()
            parts = self._control(field, control, value).split(hole)
            return tuple(parts) if len(parts) == 2 else ()

        around, numbers = self._of_shape(("written", viewer.language, hole, errors), field, field.widget, split)
        return filled(around[0], numbers) + str(escape(text)) + filled(around[1], numbers) if around else None

    def _leaf(self, field: Field, value: Json, errors: tuple[str, ...]) -> str:
        return self._control(field, self.viewer.answered(field, value, errors), value)

    def _control(self, field: Field, control: Control, value: Json) -> str:
        where = field.control
        value = ABSENT if field.write_only else value
        limits = field.keywords.get("x-file")
        more: dict[str, Any] = {
            "search_name": name_of(where, "search"),
            "upload_name": name_of(where, "upload"),
            "order_name": name_of(where, "order"),
            "drop_name": name_of(where, "drop"),
            "order": json.dumps(value if isinstance(value, list) else [], ensure_ascii=False),
            "accept": ",".join(limits.get("accept", ())) if isinstance(limits, dict) else _media_type(field),
            "titled": bool(field.keywords.get("title")) and not field.row,
        }
        shown = _More(control, more)
        pickers = str(self.renderer.piece("pickers", self.viewer.language, c=shown)) if field.pickers else ""
        own = {"id": control.id, "name": control.name, "value": control.text, "field": field}
        return pickers + str(self.renderer.piece(control.widget, self.viewer.language, c=shown, **own))

    def _inner(self, field: Field, value: Json) -> str:
        errors = self.viewer.errors.get(field.pointer, ())
        if (
            field.kind is Kind.GROUP
            and (not field.pointer or field.row)
            and not (field.pickers or field.presence or field.folded)
        ):
            # The page or the row already says what this is.
            note = "".join(Markup('<p class="error">{}</p>').format(error) for error in errors) if field.row else ""
            return "".join((note, self._open(field), *[self.field(below, _inside(value, below)) for below in field.children]))
        name = ("frame", self.viewer.language, errors, isinstance(value, dict), value is ABSENT)
        template = field.kind.value

        def split(field: Field) -> tuple[str, str]:
            return self._split(template, **self._group(field, value, errors))

        (before, after), numbers = self._of_shape(name, field, template, split)
        return "".join((filled(before, numbers), *self._below(field, value), filled(after, numbers)))

    def _below(self, field: Field, value: Json) -> Iterator[str]:
        if field.kind is Kind.LIST:
            return self._rows(field, value)
        answers = [_inside(value, below) for below in field.children]
        if field.kind is Kind.GROUP:
            return map(self.field, field.children, answers)
        return map(self._entry, count(), field.children, answers)

    def _rows(self, field: Field, value: Json) -> Iterator[str]:
        """The rows of the list *field*; of a long one those of the page that is open, between buttons that turn it."""
        called = self._row_title(field)
        shown = self.viewer.open_pages.get(field.control)
        if shown is None:
            shown = range(len(field.children))
        else:
            yield self._turning("row-pages", field, called, pages(field))
        for index in shown:
            row = field.children[index]
            yield self._row(field, called, index, row, _inside(value, row))
        if shown.stop < len(field.children):
            yield self._turning("next-rows", field, called, [page for page in pages(field) if page.start == shown.stop])

    def _turning(self, template: str, field: Field, called: str, to: Iterable[range]) -> str:
        """Buttons that open the pages *to* of the rows of *field*, which are *called* so."""
        viewer, rows = self.viewer, field.control
        wrong = Counter(
            first_row(index) for pointer in viewer.errors for at, index in rows_around(pointer) if at == field.pointer
        )
        buttons = [
            {
                "id": page_id(rows, page.start),
                "value": f"page:{rows}/{page.start}",
                "first": page.start + 1,
                "last": page.stop,
                "open": page == viewer.open_pages[rows],
                "wrong": wrong[page.start],
            }
            for page in to
        ]
        about = {"name": name_of(rows, "page"), "start": viewer.open_pages[rows].start, "row_title": called}
        title = label(viewer.form, field, viewer.language)
        return str(self.renderer.piece(template, viewer.language, buttons=buttons, title=title, **about))

    def _open(self, field: Field) -> str:
        if not field.recursive:
            return ""
        return str(Markup('<input type="hidden" name="{}" value="1">').format(name_of(field.control, "open")))

    def _group(self, field: Field, value: Json, errors: tuple[str, ...]) -> dict[str, Any]:
        where = field.control + ("/~e" if field.kind is Kind.ENTRIES else "")
        most = field.keywords.get("maxItems")
        fixed = len(field.keywords.get("prefixItems") or ())
        closed = field.keywords.get("items") is False or (fixed and "items" not in field.keywords) or field.settled
        return {
            "c": _More(
                self.viewer.answered(field, value, errors),
                {
                    "where": where,
                    "count_name": name_of(where, "count"),
                    "present_name": name_of(where, "present"),
                    "open_name": name_of(where, "open"),
                    "present": isinstance(value, dict),
                    "open": field.recursive and not field.folded,
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
            title = schema_text(self.viewer.form, unconditional(self.viewer.form.schemas, seeds), "title", self.viewer.language)
        else:
            title = ""
        return title or word("item", self.viewer.language)

    def _entry(self, index: int, row: Field, value: Json) -> str:
        """Entry number *index* of an editor: its name, and its answer."""
        named = "" if "/~e" in row.pointer else row.name
        title = f"{word('item', self.viewer.language)} {index + 1}"
        return self._framed("entry", row, value, {"title": title, "key": named}, index=index)

    def _row(self, field: Field, called: str, index: int, row: Field, value: Json) -> str:
        """Row number *index* of the list *field*, whose rows are *called* so."""
        fixed = len(field.keywords.get("prefixItems") or ())
        if index < fixed:
            return self.field(row, value)
        title = self._title_of(row, value, f"{called} {index + 1}")
        if row.settled:
            return self._framed("row", row, value, {"title": title}, index=0, last=True, removable=False)
        last = index == len(field.children) - 1
        return self._framed("row", row, value, {"title": title}, index=index - fixed, last=last, removable=True)

    def _framed(self, template: str, row: Field, value: Json, texts: Mapping[str, str], *, index: int, **told: bool) -> str:
        """*row* with its answer *value* inside *template*, which writes *texts* and looks at the rest."""
        ours = self.renderer.is_ours(template)
        written = {name: f"\x00{name}\x00" for name in texts} if ours else texts

        def split(row: Field) -> tuple[str, str]:
            where = row.control
            names = {"where": where, "id": control_id(where) + ".key", "name": name_of(where, "key")}
            return self._split(template, r={**names, **written, **told, "index": index})

        # Our own asks only whether it is the first row.
        name = (template, self.viewer.language, bool(index) if ours else index, *told.values(), *written.values())
        (before, after), numbers = self._of_shape(name, row, template, split)
        before = filled(before, numbers)
        for hole, text in texts.items():
            before = before.replace(f"\x00{hole}\x00", str(escape(text)))
        return before + self.field(row, value) + filled(after, numbers)

    def _title_of(self, row: Field, answers: Json, title: str) -> str:
        """*title* with the first answer of the row, so that a reader tells rows apart."""
        for field in row.children:
            told = field.leaf and field.kind is not Kind.CONSTANT and not field.write_only
            value = _inside(answers, field) if told else ABSENT
            if value is not ABSENT and field.kind in (Kind.TEXT, Kind.NUMBER, Kind.CHOICE):
                text = readable(self.viewer.form, field, value, self.viewer.language)
                return f"{title} – {text[:60]}" if text.strip() else title
        return title

    def _split(self, template: str, /, **values: Any) -> tuple[str, str]:
        """What stands before and after the content of *template*."""
        before, _, after = str(self.renderer.piece(template, self.viewer.language, content=Markup(_HOLE), **values)).partition(
            _HOLE
        )
        return before, after


def _inside(value: Json, below: Field) -> Json:
    """The answer of *below*, which stands right inside the field whose answer is *value*."""
    if below.kind is Kind.ENTRIES:
        return value
    if isinstance(value, dict):
        return value.get(below.name, ABSENT)
    return step(value, below.name) if isinstance(value, list) else ABSENT


def _sections(form: Form, viewer: Viewer, root: Field) -> list[tuple[str, str, tuple[Field, ...]]]:
    bare = attrs.evolve(viewer.control(root), children=tuple(map(viewer.control, root.children)))
    return [(s.id, s.title, tuple(c.field for c in s.controls)) for s in sections(form, bare, viewer.language)]


def _media_type(field: Field) -> str:
    return str(field.keywords.get("contentMediaType", "")) if embeds(field) else ""
