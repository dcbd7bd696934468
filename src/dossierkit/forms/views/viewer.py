"""Makes the controls of a page, one at a time or all at once."""

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
from dossierkit.forms.fields.effective import effective
from dossierkit.forms.fields.field_tree import Index, index, walk
from dossierkit.forms.fields.form import Field, Form, Kind, Layout, Picker
from dossierkit.forms.fields.options import FOUND, Offer, offer
from dossierkit.forms.schema.dialect import Choice
from dossierkit.forms.schema.facets import PER_FORM
from dossierkit.forms.views.controls import Control, Option, PickerView
from dossierkit.forms.words.catalogue import word
from dossierkit.forms.words.messages import problem_words, sentence
from dossierkit.forms.words.readable_answers import file_limits, readable, unit_of
from dossierkit.forms.words.titles import choice_title, full_title, label, schema_text, uncapitalized
from dossierkit.pointers import ABSENT, Json, drop, get, key
from dossierkit.text import fold, holds

_UNSAFE = re.compile(r"[^A-Za-z0-9/_\-]")


def control_id(pointer: str) -> str:
    """A text that may stand in `id` and `aria-describedby`, another one for each pointer."""
    return "f" + _UNSAFE.sub(lambda match: f".{ord(match[0]):x}.", pointer)


def page_id(rows: str, first: int) -> str:
    """The id of the button that opens the page of the list *rows* which begins with row number *first*."""
    return f"{control_id(rows)}.page.{first}"


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
    #: Every problem with the control of the field that shows it, None where no field does.
    placed: tuple[tuple[str | None, str], ...]
    #: Of a long list one page of rows is shown.
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
        """A viewer of *answers* and their *problems*."""
        layout = layout or Layout()
        root = effective(form, answers, layout=layout)
        tree = index(form, root) if problems else Index({}, {})
        placed: list[tuple[str | None, str]] = []
        errors: dict[str, list[str]] = {}
        for problem in problems:
            at, fields = _shown_at(tree, problem.at), tree.fields
            here = fields.get(problem.at) if at == problem.at else None
            words = problem_words(form, problem, here, language)
            if here is None and problem.at:
                words = f"{full_title(form, tree, problem.at, language)}: {uncapitalized(words)}"
            if at:
                errors.setdefault(at, []).append(words)
            placed.append((fields[at].control if at else None, sentence(form, problem, tree, language) if problem.at else words))
        by_pointer = {at: tuple(dict.fromkeys(w)) for at, w in errors.items()}
        return cls(form, answers, language, layout, root, by_pointer, tuple(placed), paged)

    def summary(self) -> tuple[tuple[str, str], ...]:
        """(id, words) of each problem; the id is empty where it belongs to no control.

        Of a problem on another page of rows it is that of the button which opens the page.
        """
        return tuple((self._shown_id(at) if at is not None else "", words) for at, words in self.placed)

    def _shown_id(self, control: str) -> str:
        for rows, number in rows_around(control) if self.open_pages else ():
            if rows in self.open_pages and number not in self.open_pages[rows]:
                return page_id(rows, first_row(number))
        return control_id(control)

    @cached_property
    def open_pages(self) -> Mapping[str, range]:
        """The control of each list that is shown a page at a time, and the numbers of the rows on its open page."""
        if not self.paged:
            return {}
        return {field.control: open_page(field, self.layout) for field in walk(self.root) if is_paged(field)}

    def tree(self, field: Field) -> Control:
        """*field* and everything below it."""
        control = self.control(field)
        if not field.children:
            return control
        return attrs.evolve(control, children=tuple(self.tree(below) for below in field.children))

    def value(self, field: Field) -> Json:
        """The answer of *field*; below an entry without a name there is none yet."""
        return ABSENT if is_nameless(field) else get(self.answers, field.pointer)

    def control(self, field: Field) -> Control:
        """*field* alone."""
        return self.answered(field, self.value(field), self.errors.get(field.pointer, ()))

    def answered(self, field: Field, value: Json, errors: tuple[str, ...]) -> Control:
        """*field* alone, as it is with the answer *value* and *errors*."""
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
            is_answered_by_nothing(self.form, field),
            self._is_entered(field),
            _attributes(self.form, field),
            unit_of(field),
            tuple(self._picker(field, picker, where) for picker in field.pickers),
            search=query if offer.searched or query else None,
            search_note=self._search_note(query, offer),
            files=tuple(map(str, value)) if isinstance(value, list) and field.several else (text,) if text else (),
        )

    def _is_entered(self, field: Field) -> bool:
        """Whether there is an answer that is never shown."""
        return field.write_only and field.leaf and not field.read_only and self.value(field) not in (ABSENT, None)

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
        known = {option.value for option in options}
        # An answer that is no longer offered stays visible, so that nobody loses it unseen.
        options += [Option(encode(c), str(c), True) for c in chosen if encode(c) not in known and field.kind is not Kind.ACCEPT]
        return tuple(options)

    def _offer(self, field: Field, value: Json) -> Offer:
        """The choices that are offered, a deprecated one to whoever has it; of a list that is looked up, those searched for."""
        if field.widget != "lookup":
            if not any(choice.deprecated for choice in field.choices):
                return Offer(field.choices)
            had = {key(one) for one in (value if isinstance(value, list) and field.kind is Kind.CHECKS else [value])}
            return Offer(tuple(choice for choice in field.choices if not choice.deprecated or key(choice.value) in had))
        query = self._query(field)
        if "x-options" in field.keywords:
            answers = drop(self.answers, field.pointer) if field.write_only else self.answers
            return offer(self.form, field, answers, query)
        wanted, chosen = fold(query), field.choice(value)
        searched = (choice for choice in field.choices if not choice.deprecated or choice is chosen) if wanted else ()
        matching = [choice for choice in searched if holds(fold(choice_title(self.form, choice, self.language)), wanted)]
        before = (chosen,) if chosen is not None and chosen not in matching[:FOUND] else ()
        return Offer((*before, *matching[:FOUND]), searched=True, more=len(matching) > FOUND)

    def _query(self, field: Field) -> str:
        return self.layout.searches.get(field.control, "")

    def _search_note(self, query: str, offer: Offer) -> str:
        """What came of a search, in words."""
        if offer.more:
            return word("search-more", self.language).format(count=FOUND)
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
        titles = _told_apart([choice_title(self.form, choice, self.language) for choice in picker.choices])
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
            # Nothing around it says what it is about.
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
        """The answer in words, for whoever only reads it."""
        return readable(self.form, field, value, self.language)


#: Field → whether leaving it blank answers it.
_BLANK = CacheSpec[Field, bool]("fields that may be left blank", PER_FORM)


def is_answered_by_nothing(form: Form, field: Field) -> bool:
    """Whether leaving *field* blank is an answer to it, though it is required: null, an empty list or group.

    Where it is, no star stands beside it.
    """
    if not field.required or (field.leaf and not field.several):
        return field.required and field.nullable
    cache = form.schemas.caches[_BLANK]
    known = cache.get(field)
    if known is None:
        if field.kind is Kind.GROUP:
            asks = any(below.required and not is_answered_by_nothing(form, below) for below in field.children)
            blank = not (asks or field.pickers or "minProperties" in field.keywords)
        else:
            blank = all(form.schemas.accepts(facet, []) for facet in field.facets)
        known = cache.keep(field, blank)
    return known


def _told_apart(titles: list[str]) -> list[str]:
    """*titles*, those that stand more than once with a number."""
    counts = Counter(titles)
    numbers: Counter[str] = Counter()
    result = []
    for title in titles:
        numbers[title] += 1
        result.append(f"{title} ({numbers[title]})" if counts[title] > 1 else title)
    return result


def _shown_at(tree: Index, pointer: str) -> str:
    """The nearest pointer with a control; what is filled in by itself has none."""
    at = tree.nearest(pointer)
    while at and tree.fields[at].kind is Kind.CONSTANT:
        at = tree.nearest(at.rpartition("/")[0])
    return at


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
