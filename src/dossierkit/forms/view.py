"""Form × answers × problems × language → what a widget may know.

A `Control` is one field ready to be shown: words in one language, texts as they stand in the control, what is wrong.
Templates read controls and nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

import attrs

from dossierkit.forms.controls import name_of
from dossierkit.forms.effective import effective
from dossierkit.forms.form import Field, Form, Kind, Layout, Picker, Problem
from dossierkit.forms.messages import choice_title, humanized, label, problem_words, schema_text, translated
from dossierkit.forms.options import narrowed, offered
from dossierkit.forms.pointers import ABSENT, Json, get, same
from dossierkit.forms.texts import encode, show_text
from dossierkit.forms.words import word
from dossierkit.text import fold

_UNSAFE = re.compile(r"[^A-Za-z0-9/_\-]")


@attrs.frozen
class Option:
    """One thing to choose.  *value* is what the control submits."""

    value: str
    label: str
    chosen: bool = False


@attrs.frozen
class PickerView:
    """A chooser between branches."""

    id: str
    name: str
    label: str
    options: tuple[Option, ...]
    widget: str


@attrs.frozen(eq=False)
class Control:
    """One field as a page shows it."""

    field: Field
    id: str
    name: str
    label: str
    #: Help, then an example; each a line.
    hints: tuple[str, ...] = ()
    text: str = ""
    options: tuple[Option, ...] = ()
    errors: tuple[str, ...] = ()
    attributes: Mapping[str, str] = attrs.field(factory=dict)
    unit: str = ""
    pickers: tuple[PickerView, ...] = ()
    children: tuple[Control, ...] = ()
    #: A search is asked for before there is anything to choose from.
    search: str | None = None
    #: What an entry of a free-form group is called (None: not an entry).
    key: str | None = None
    #: Names of attachments of a file field, as JSON answers have them.
    files: tuple[str, ...] = ()

    @property
    def widget(self) -> str:
        """The name of the template that shows it."""
        if self.field.read_only and self.field.leaf:
            return "readonly"
        # A line break would not survive a control of one line.
        return "textarea" if self.field.widget == "text" and "\n" in self.text else self.field.widget

    @property
    def required(self) -> bool:
        """A red star stands beside the label."""
        return self.field.required and self.field.kind is not Kind.CONSTANT

    @property
    def hint_id(self) -> str:
        """The id of its help, or nothing."""
        return f"{self.id}-hint" if self.hints else ""

    @property
    def error_id(self) -> str:
        """The id of its errors, or nothing."""
        return f"{self.id}-error" if self.errors else ""


@attrs.frozen
class SectionView:
    """A heading and the controls below it."""

    id: str
    title: str
    controls: tuple[Control, ...]


@attrs.frozen
class FormView:
    """A whole form, ready to be shown."""

    title: str
    description: str
    sections: tuple[SectionView, ...]
    #: Problems of the form as a whole, and of places that are not on the page: (id of the nearest control, words).
    summary: tuple[tuple[str, str], ...]
    root: Control


def view(
    form: Form,
    answers: Json,
    *,
    problems: Iterable[Problem] = (),
    language: str = "vi",
    layout: Layout | None = None,
) -> FormView:
    """The whole form for *answers*."""
    viewer = Viewer.of(form, answers, problems=problems, language=language, layout=layout)
    root = viewer.tree(viewer.root)
    return FormView(
        schema_text(form, (form.root,), "title", language),
        schema_text(form, (form.root,), "description", language),
        tuple(sections(form, root, language)),
        viewer.summary(),
        root,
    )


def control_id(pointer: str) -> str:
    """A text that may stand in `id` and `aria-describedby`, another one for each pointer."""
    return "f" + _UNSAFE.sub(lambda match: f".{ord(match[0]):x}.", pointer)


def sections(form: Form, root: Control, language: str) -> Iterator[SectionView]:
    """The controls below *root* under the headings of the form; what no section lists stands last."""
    if root.field.kind is not Kind.GROUP or root.field.pickers:
        yield SectionView("s0", "", (root,))
        return
    left = {child.field.pointer + ("/~e" if child.field.kind is Kind.ENTRIES else ""): child for child in root.children}
    for number, section in enumerate(form.sections):
        listed = tuple(left.pop(pointer) for pointer in section.fields if pointer in left)
        if listed:
            yield SectionView(f"s{number + 1}", translated(form, section.title, section.origin, language), listed)
    if left:
        yield SectionView("s0", word("other-section", language) if form.sections else "", tuple(left.values()))


@attrs.frozen
class Viewer:
    """Makes controls, one at a time or all at once."""

    form: Form
    answers: Json
    language: str
    layout: Layout
    root: Field
    #: Pointer → words of what is wrong there.
    errors: Mapping[str, tuple[str, ...]]
    #: Every problem with the pointer of the field that shows it, None where no field does.
    placed: tuple[tuple[str | None, str], ...]

    @classmethod
    def of(
        cls, form: Form, answers: Json, *, problems: Iterable[Problem], language: str, layout: Layout | None
    ) -> Viewer:
        """A viewer of *answers* and their *problems*."""
        layout = layout or Layout()
        root = effective(form, answers, layout=layout)
        fields = _visible(root) if problems else {}
        placed: list[tuple[str | None, str]] = []
        errors: dict[str, list[str]] = {}
        for problem in problems:
            at = problem.at
            while at not in fields and at:
                at = at.rpartition("/")[0]
            here = fields.get(problem.at)
            words = problem_words(form, problem, here, language)
            if here is None and problem.at:
                words = f"{humanized(problem.at.rpartition('/')[2], language)}: {words}"
            shown = at if at in fields and at else None
            if shown is not None:
                errors.setdefault(shown, []).append(words)
                named = label(form, fields[shown], language)
                words = f"{named}: {words[:1].lower()}{words[1:]}" if here is not None else words
            placed.append((shown, words))
        return cls(
            form, answers, language, layout, root, {at: tuple(dict.fromkeys(w)) for at, w in errors.items()}, tuple(placed)
        )

    def summary(self) -> tuple[tuple[str, str], ...]:
        """(id, words) of each problem; the id is empty where it belongs to no control."""
        return tuple((control_id(at) if at is not None else "", words) for at, words in self.placed)

    def tree(self, field: Field) -> Control:
        """*field* and everything below it."""
        control = self.control(field)
        if not field.children:
            return control
        return attrs.evolve(control, children=tuple(self.tree(below) for below in field.children))

    def value(self, field: Field) -> Json:
        """The answer of *field*."""
        return get(self.answers, field.pointer)

    def control(self, field: Field) -> Control:
        """*field* alone."""
        where = field.control or field.pointer
        value = ABSENT if "/~e" in field.pointer else self.value(field)
        text = show_text(value, field, self.form.dialect, self.language) if field.leaf and not field.several else ""
        search = self._search(field)
        return Control(
            field,
            control_id(where),
            name_of(where),
            self._label(field),
            self._hints(field),
            self._readable(field, value) if field.read_only else text,
            self._options(field, value),
            self.errors.get(field.pointer, ()),
            _attributes(self.form, field),
            _unit(field),
            tuple(self._picker(field, picker, where) for picker in field.pickers),
            search=search,
            key=_key(field),
            files=tuple(map(str, value)) if isinstance(value, list) and field.several else (text,) if text else (),
        )

    def _label(self, field: Field) -> str:
        own = schema_text(self.form, field.facets, "title", self.language)
        if not field.row:
            return own or humanized(field.name, self.language)
        number = int(field.name) + 1
        return word("row", self.language).format(title=own or word("item", self.language), number=number)

    def _hints(self, field: Field) -> tuple[str, ...]:
        hints = [schema_text(self.form, field.facets, "description", self.language)]
        examples = field.keywords.get("examples")
        known = self.form.dialect.formats.get(str(field.keywords.get("format")))
        if field.read_only or field.kind not in (Kind.TEXT, Kind.NUMBER):
            example = ""
        elif isinstance(examples, list) and examples:
            example = show_text(examples[0], field, self.form.dialect, self.language)
        else:
            example = known.example if known is not None else ""
        hints.append(word("example", self.language).format(example=example) if example else "")
        if field.kind is Kind.JSON and field.keywords.get("type") in ("object", "array"):
            hints.append(word("json-hint", self.language))
        if field.kind is Kind.FILE:
            hints.append(file_limits(field, self.language))
        return tuple(hint for hint in hints if hint)

    def _options(self, field: Field, value: Json) -> tuple[Option, ...]:
        if field.kind is Kind.BOOLEAN:
            return self._booleans(field, value)
        if field.kind not in (Kind.CHOICE, Kind.CHECKS, Kind.ACCEPT, Kind.CONSTANT):
            return ()
        chosen = value if field.kind is Kind.CHECKS and isinstance(value, list) else [] if value is ABSENT else [value]
        choices = field.choices
        if field.widget == "lookup":
            choices = self._found(field, value)
        options = [
            Option(encode(choice.value), choice_title(self.form, choice, self.language), any(same(choice.value, c) for c in chosen))
            for choice in choices
        ]
        known = {option.value for option in options}
        # An answer that is no longer offered stays visible, so that nobody loses it unseen.
        options += [Option(encode(c), str(c), True) for c in chosen if encode(c) not in known and field.kind is not Kind.ACCEPT]
        return tuple(options)

    def _found(self, field: Field, value: Json) -> tuple[object, ...]:
        query = self.layout.searches.get(field.control or field.pointer, "")
        if "x-options" in field.keywords:
            return offered(self.form, field, self.answers, query)
        if not query.strip():
            return tuple(choice for choice in field.choices if same(choice.value, value))
        wanted = fold(query)
        titles = ((choice, choice_title(self.form, choice, self.language)) for choice in field.choices)
        return tuple(choice for choice, title in titles if wanted in fold(title) or same(choice.value, value))[:50]

    def _search(self, field: Field) -> str | None:
        """What is looked for, where there is too much to show; None where all of it is on the page."""
        if field.widget != "lookup":
            return None
        query = self.layout.searches.get(field.control or field.pointer, "")
        if "x-options" in field.keywords:
            where = narrowed(field, self.answers)
            few = where is not None and len(offered(self.form, field, self.answers)) < 250
            return query if query or (where is not None and not few) else None
        return query

    def _booleans(self, field: Field, value: Json) -> tuple[Option, ...]:
        options = [
            Option("true", word("yes", self.language), value is True),
            Option("false", word("no", self.language), value is False),
        ]
        if not field.required:
            options.append(Option("", word("none", self.language), value is ABSENT or value is None))
        return tuple(options)

    def _picker(self, field: Field, picker: Picker, where: str) -> PickerView:
        kind = "branch" if picker.name == "0" else f"branch.{picker.name}"
        options = [
            Option(str(index), choice_title(self.form, choice, self.language), picker.picked == (index,))
            for index, choice in enumerate(picker.choices)
        ]
        if len(picker.picked) > 1:
            joined = " + ".join(options[index].label for index in picker.picked)
            options.append(Option(picker.text, joined, True))
        if not field.required:
            options.append(Option("", word("none", self.language), not picker.picked))
        title = "type-label" if picker.name == "type" else "branch-label"
        return PickerView(
            f"{control_id(where)}.{picker.name}",
            name_of(where, kind),
            word(title, self.language),
            tuple(options),
            "radio" if len(options) <= 5 else "select",
        )

    def _readable(self, field: Field, value: Json) -> str:
        """The answer in words, for whoever only reads it."""
        return readable(self.form, field, value, self.language)


def readable(form: Form, field: Field, value: Json, language: str) -> str:
    """*value* of a leaf in words: the title of a choice, a number with its unit."""
    if value is ABSENT or value is None:
        return ""
    if field.several and isinstance(value, list):
        return ", ".join(_titled(form, field, item, language) for item in value)
    if field.kind in (Kind.CHOICE, Kind.ACCEPT, Kind.CONSTANT, Kind.BOOLEAN) or "x-options" in field.keywords:
        return _titled(form, field, value, language)
    text = show_text(value, field, form.dialect, language)
    unit = _unit(field)
    return f"{text}\u00a0{unit}" if unit and text else text


def _titled(form: Form, field: Field, value: Json, language: str) -> str:
    for choice in field.choices:
        if same(choice.value, value):
            return choice_title(form, choice, language)
    if isinstance(value, bool):
        return word("yes" if value else "no", language)
    from dossierkit.forms.options import option_list

    options = option_list(form, field)
    found = options.find(value, {}) if options is not None else None
    return found.title if found is not None else str(value)


def _visible(root: Field) -> dict[str, Field]:
    fields: dict[str, Field] = {}
    pending = [root]
    while pending:
        field = pending.pop()
        if field.kind is not Kind.ENTRIES and field.kind is not Kind.CONSTANT:
            fields[field.pointer] = field
        pending.extend(field.children)
    return fields


def _key(field: Field) -> str | None:
    if "/~e" not in (field.control or "") and "/~e" not in field.pointer:
        return None
    where = field.control or field.pointer
    if not re.fullmatch(r".*/~e\d+", where, re.DOTALL):
        return None
    return "" if "/~e" in field.pointer else field.name


def _unit(field: Field) -> str:
    unit = field.keywords.get("x-unit")
    return unit if isinstance(unit, str) else "đ" if field.widget == "money" else ""


def file_limits(field: Field, language: str) -> str:
    """What may be attached, in words."""
    limits = field.keywords.get("x-file")
    limits = limits if isinstance(limits, dict) else {}
    accept = ", ".join(map(str, limits.get("accept", ()))) or word("any-file", language)
    size = f"{limits.get('maxBytes', 10_485_760) / 1_048_576:.4g} MB"
    files = limits.get("maxFiles", 1 if not field.several else field.keywords.get("maxItems", 5))
    return word("file-limits", language).format(accept=accept, size=size.replace(".", "," if language == "vi" else "."), files=files)


def _attributes(form: Form, field: Field) -> dict[str, str]:
    """HTML attributes that help to type, none of which can contradict the judge."""
    result: dict[str, str] = {}
    known = form.dialect.formats.get(str(field.keywords.get("format")))
    if field.kind is Kind.NUMBER and field.keywords.get("minimum", field.keywords.get("exclusiveMinimum", -1)) >= 0:
        result["inputmode"] = "numeric" if field.keywords.get("type") == "integer" else "decimal"
    elif field.kind is Kind.TEXT and known is not None:
        if known.input_mode:
            result["inputmode"] = known.input_mode
        if known.autocomplete:
            result["autocomplete"] = known.autocomplete
    if field.kind is Kind.TEXT and "maxLength" in field.keywords:
        # Browsers count UTF-16 units, the judge code points after NFC: four times is always enough.
        result["maxlength"] = str(4 * int(field.keywords["maxLength"]))
    width = _width(field, known.width if known is not None else 0)
    if width:
        result["data-width"] = width
    return result


def _width(field: Field, typed: int) -> str:
    longest = typed or int(field.keywords.get("maxLength", 0))
    if field.kind is Kind.NUMBER or 0 < longest <= 14:
        return "short"
    return "medium" if 0 < longest <= 30 else ""
