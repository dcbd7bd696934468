"""`Viewer`: makes the controls of a page from its fields, answers and problems."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import cached_property

import attrs

from dossierkit.caches import CacheSpec
from dossierkit.findings import Problem
from dossierkit.forms.answers.blanks import is_nameless
from dossierkit.forms.answers.control_names import branch_name, mark_name, name_of
from dossierkit.forms.answers.row_pages import first_row, is_paged, open_page, rows_around
from dossierkit.forms.answers.texts import encode, show_text
from dossierkit.forms.fields.effective_fields import effective
from dossierkit.forms.fields.field_tree import Index, index, walk
from dossierkit.forms.fields.form import Field, Form, Kind, Layout, Picker
from dossierkit.forms.fields.options import MAX_RESULTS, Offer, offer
from dossierkit.forms.schema.dialect import Choice
from dossierkit.forms.schema.located_schemas import PER_FORM
from dossierkit.forms.views.controls import Control, Option, PickerView
from dossierkit.forms.words.catalogue import word
from dossierkit.forms.words.messages import problem_words, sentence, with_title
from dossierkit.forms.words.readable_answers import file_limits, readable, unit_of
from dossierkit.forms.words.titles import choice_title, full_title, label, schema_text, uncapitalized
from dossierkit.pointers import ABSENT, Json, drop, get, key
from dossierkit.text import fold, holds

_UNSAFE = re.compile(r"[^A-Za-z0-9/_\-]")


def control_id(pointer: str) -> str:
    """The id of the control at *pointer*: unique, and valid in `id` and `aria-describedby`."""
    return "f" + _UNSAFE.sub(lambda match: f".{ord(match[0]):x}.", pointer)


def page_id(rows: str, first: int) -> str:
    """The id of the button that opens the page of the list *rows* that begins with the row *first*."""
    return f"{control_id(rows)}.page.{first}"


@attrs.frozen
class Viewer:
    """The controls of one page, made one at a time or as a tree."""

    form: Form
    answers: Json
    language: str
    layout: Layout
    root: Field
    #: JSON Pointer → the sentences of its problems.
    errors: Mapping[str, tuple[str, ...]]
    #: (control, sentence) of each problem; None if no control shows the problem.
    placed: tuple[tuple[str | None, str], ...]
    #: Only one page of rows of a long list is shown.
    paged: bool = False

    @classmethod
    def of(
        cls,
        form: Form,
        answers: Json,
        *,
        problems: Iterable[Problem],
        language: str,
        layout: Layout | None,
        paged: bool = False,
    ) -> Viewer:
        """The viewer of *answers* with their *problems*."""
        layout = layout or Layout()
        root = effective(form, answers, layout=layout)
        tree = index(form, root) if problems else Index({}, {})
        placed: list[tuple[str | None, str]] = []
        errors: dict[str, list[str]] = {}
        for problem in problems:
            at, fields = _shown_at(tree, problem.at), tree.fields
            field = fields.get(problem.at) if at == problem.at else None
            words = problem_words(form, problem, field, language)
            if not problem.at:
                line = words
            elif field is not None:
                line = with_title(form, problem, tree, words, language)
            else:
                words = f"{full_title(form, tree, problem.at, language)}: {uncapitalized(words)}"
                line = sentence(form, problem, tree, language)
            if at:
                errors.setdefault(at, []).append(words)
            placed.append((fields[at].control if at else None, line))
        by_pointer = {at: tuple(dict.fromkeys(w)) for at, w in errors.items()}
        return cls(form, answers, language, layout, root, by_pointer, tuple(placed), paged)

    def summary(self) -> tuple[tuple[str, str], ...]:
        """(id, sentence) of each problem; the id is empty if no control shows the problem.

        The id for a problem on another page of rows is that of the button that opens the page.
        """
        return tuple((self._shown_id(at) if at is not None else "", words) for at, words in self.placed)

    def _shown_id(self, control: str) -> str:
        for rows, number in rows_around(control) if self.open_pages else ():
            if rows in self.open_pages and number not in self.open_pages[rows]:
                return page_id(rows, first_row(number))
        return control_id(control)

    @cached_property
    def open_pages(self) -> Mapping[str, range]:
        """List with several pages of rows, by its control → the indexes of the rows on its open page."""
        if not self.paged:
            return {}
        return {field.control: open_page(field, self.layout) for field in walk(self.root) if is_paged(field)}

    def tree(self, field: Field) -> Control:
        """The control of *field* with those of all fields below it."""
        control = self.control(field)
        if not field.children:
            return control
        return attrs.evolve(control, children=tuple(self.tree(below) for below in field.children))

    def value(self, field: Field) -> Json:
        """The answer to *field*; ABSENT in an entry without a name."""
        return ABSENT if is_nameless(field) else get(self.answers, field.pointer)

    def control(self, field: Field) -> Control:
        """The control of *field*, without children."""
        return self.answered(field, self.value(field), self.errors.get(field.pointer, ()))

    def answered(self, field: Field, value: Json, errors: tuple[str, ...]) -> Control:
        """The control of *field*, without children, for the answer *value* and the sentences *errors*."""
        where = field.control
        value = ABSENT if field.write_only and field.leaf else value
        text = show_text(value, field, self.form.dialect, self.language) if field.leaf and not field.several else ""
        offer, query = self._offer(field, value), self._query(field)
        return Control(
            field,
            control_id(where),
            name_of(where),
            label(self.form, field, self.language),
            self._hints(field),
            self._readable(field, value) if field.read_only else text,
            self._options(field, value, offer.choices),
            errors,
            allows_blank(self.form, field),
            self._is_entered(field),
            _attributes(self.form, field),
            unit_of(field),
            tuple(self._picker(field, picker, where) for picker in field.pickers),
            search=query if offer.searched or query else None,
            search_note=self._search_note(query, offer),
            files=tuple(map(str, value)) if isinstance(value, list) and field.several else (text,) if text else (),
        )

    def _is_entered(self, field: Field) -> bool:
        """Whether a secret has an answer."""
        return field.write_only and field.leaf and not field.read_only and self.value(field) not in (ABSENT, None)

    def _hints(self, field: Field) -> tuple[str, ...]:
        hints = [schema_text(self.form, field.facets, "description", self.language)]
        examples = field.keywords.get("examples")
        text_format = self.form.dialect.formats.get(str(field.keywords.get("format")))
        if field.read_only or field.kind not in (Kind.TEXT, Kind.NUMBER):
            example = ""
        elif isinstance(examples, list) and examples:
            example = show_text(examples[0], field, self.form.dialect, self.language)
        else:
            example = text_format.example if text_format is not None else ""
        hints.append(word("example", self.language).format(example=example) if example else "")
        if field.required and field.nullable and field.leaf and not field.read_only and field.kind is not Kind.BOOLEAN:
            hints.append(word("blank", self.language))
        if self._is_entered(field):
            hints.append(word("entered-hint", self.language))
        if field.kind is Kind.JSON and field.keywords.get("type") in ("object", "array"):
            hints.append(word("json-hint", self.language))
        if field.kind is Kind.FILE:
            hints.append(file_limits(field, self.language))
        return tuple(hint for hint in hints if hint)

    def _options(self, field: Field, value: Json, choices: tuple[Choice, ...]) -> tuple[Option, ...]:
        if field.kind is Kind.BOOLEAN:
            return self._booleans(field, value)
        if field.kind not in (Kind.CHOICE, Kind.CHECKS, Kind.ACCEPT, Kind.CONSTANT):
            return ()
        if field.kind is Kind.CHECKS and (isinstance(value, list) or value is None):
            chosen = value or []
        else:
            chosen = [] if value is ABSENT else [value]
        keys = {key(value) for value in chosen}
        options = [
            Option(encode(choice.value), choice_title(self.form, choice, self.language), key(choice.value) in keys)
            for choice in choices
        ]
        offered = {option.value for option in options}
        # An answer that is no longer offered is still shown; otherwise submitting the page would remove it.
        options += [
            Option(encode(item), str(item), True)
            for item in chosen
            if encode(item) not in offered and field.kind is not Kind.ACCEPT
        ]
        return tuple(options)

    def _offer(self, field: Field, value: Json) -> Offer:
        """The choices to offer: without deprecated ones, except those of the answer; of a long list, the results of a search."""
        if field.widget != "lookup":
            if not any(choice.deprecated for choice in field.choices):
                return Offer(field.choices)
            answers = value if isinstance(value, list) and field.kind is Kind.CHECKS else [value]
            chosen_keys = {key(answer) for answer in answers}
            return Offer(tuple(choice for choice in field.choices if not choice.deprecated or key(choice.value) in chosen_keys))
        query = self._query(field)
        if "x-options" in field.keywords:
            answers = drop(self.answers, field.pointer) if field.write_only else self.answers
            return offer(self.form, field, answers, query)
        words, chosen = fold(query), field.choice(value)
        searched = (choice for choice in field.choices if not choice.deprecated or choice is chosen) if words else ()
        matching = [choice for choice in searched if holds(fold(choice_title(self.form, choice, self.language)), words)]
        current = (chosen,) if chosen is not None and chosen not in matching[:MAX_RESULTS] else ()
        return Offer((*current, *matching[:MAX_RESULTS]), searched=True, more=len(matching) > MAX_RESULTS)

    def _query(self, field: Field) -> str:
        return self.layout.searches.get(field.control, "")

    def _search_note(self, query: str, offer: Offer) -> str:
        """The result of a search as a sentence; empty if there is nothing to note."""
        if offer.more:
            return word("search-more", self.language).format(count=MAX_RESULTS)
        return word("search-none", self.language) if query.strip() and not offer.choices else ""

    def _booleans(self, field: Field, value: Json) -> tuple[Option, ...]:
        options = [
            Option("true", word("yes", self.language), value is True),
            Option("false", word("no", self.language), value is False),
        ]
        if not (isinstance(value, bool) or value is ABSENT or value is None):
            options.append(Option(encode(value), str(value), True))
        if not field.required or field.nullable:
            nothing = (value is ABSENT or value is None) and not self._is_entered(field)
            options.append(Option("", word("none", self.language), nothing))
        return tuple(options)

    def _picker(self, field: Field, picker: Picker, where: str) -> PickerView:
        titles = _unique_titles([choice_title(self.form, choice, self.language) for choice in picker.choices])
        options = [
            Option(str(index), titles[index], picker.picked == (index,))
            for index, choice in enumerate(picker.choices)
            if not choice.deprecated or index in picker.picked
        ]
        if len(picker.picked) > 1:
            joined = " + ".join(titles[index] for index in picker.picked)
            options.append(Option(picker.text, joined, True))
        if not field.required:
            options.append(Option("", word("none", self.language), not picker.picked))
        title = word("type-label" if picker.name == "type" else "branch-label", self.language)
        if field.leaf:
            # Without a group around it, the label of the picker has to name the field.
            title = f"{label(self.form, field, self.language)} – {title[:1].lower()}{title[1:]}"
        return PickerView(
            f"{control_id(where)}.{picker.name}",
            branch_name(where, picker.name),
            title,
            tuple(options),
            "radio" if len(options) <= 5 else "select",
            (mark_name(where, picker.name), picker.mark),
        )

    def _readable(self, field: Field, value: Json) -> str:
        """The answer in words."""
        return readable(self.form, field, value, self.language)


#: Required field → whether blank is an answer to it.
_BLANK = CacheSpec[Field, bool]("fields that may be left blank", PER_FORM)


def allows_blank(form: Form, field: Field) -> bool:
    """Whether blank is an answer to the required *field*: null, an empty list or an empty group.  It then has no star."""
    if not field.required or (field.leaf and not field.several):
        return field.required and field.nullable
    cache = form.schemas.caches[_BLANK]
    blank_allowed = cache.get(field)
    if blank_allowed is None:
        if field.kind is Kind.GROUP:
            asks = any(below.required and not allows_blank(form, below) for below in field.children)
            blank_allowed = not (asks or field.pickers or "minProperties" in field.keywords)
        else:
            blank_allowed = all(form.schemas.accepts(facet, []) for facet in field.facets)
        cache.keep(field, blank_allowed)
    return blank_allowed


def _unique_titles(titles: list[str]) -> list[str]:
    """*titles*, with a number after each that is not unique."""
    counts = Counter(titles)
    numbers: Counter[str] = Counter()
    result = []
    for title in titles:
        numbers[title] += 1
        result.append(f"{title} ({numbers[title]})" if counts[title] > 1 else title)
    return result


def _shown_at(tree: Index, pointer: str) -> str:
    """*pointer*, or that of its nearest ancestor with a control; a constant has no control."""
    at = tree.nearest(pointer)
    while at and tree.fields[at].kind is Kind.CONSTANT:
        at = tree.nearest(at.rpartition("/")[0])
    return at


def _attributes(form: Form, field: Field) -> dict[str, str]:
    """HTML attributes that make typing easier; none of them refuses a valid answer."""
    result: dict[str, str] = {}
    text_format = form.dialect.formats.get(str(field.keywords.get("format")))
    if field.kind is Kind.NUMBER and field.keywords.get("minimum", field.keywords.get("exclusiveMinimum", -1)) >= 0:
        result["inputmode"] = "numeric" if field.keywords.get("type") == "integer" else "decimal"
    elif field.kind is Kind.TEXT and text_format is not None:
        if text_format.input_mode:
            result["inputmode"] = text_format.input_mode
        if text_format.autocomplete:
            result["autocomplete"] = text_format.autocomplete
    if field.kind is Kind.TEXT and "maxLength" in field.keywords:
        # Browsers count UTF-16 units, validation counts code points after NFC: at most four for one.
        result["maxlength"] = str(4 * int(field.keywords["maxLength"]))
    width = _width(field, text_format.width if text_format is not None else 0)
    if width:
        result["data-width"] = width
    return result


def _width(field: Field, format_width: int) -> str:
    """The class of the width of the control: `short`, `medium`, or empty."""
    longest = format_width or int(field.keywords.get("maxLength", 0))
    if field.kind is Kind.NUMBER or 0 < longest <= 14:
        return "short"
    return "medium" if 0 < longest <= 30 else ""
