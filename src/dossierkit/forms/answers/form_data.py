"""Conversion between the pairs that a page submits and answers: `parse` and its reverse, `flatten`.

`parse(form, flatten(form, a))` equals `a` for every valid canonical `a` that a page can show.
`parse(form, flatten(form, b), base=a)` equals `b`, together with the parts of `a` that a page cannot show.
"""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from dossierkit.forms.answers.blanks import blank_value, drop_blank_rows, has_answer, is_answered
from dossierkit.forms.answers.control_names import branch_name, mark_name, name_of
from dossierkit.forms.answers.page_layout import layout_of, merged_layout
from dossierkit.forms.answers.posted_controls import Controls
from dossierkit.forms.answers.row_pages import ROWS_A_PAGE
from dossierkit.forms.answers.texts import encode, read_json, read_text, show_text
from dossierkit.forms.fields.applicable_schemas import applicable_at
from dossierkit.forms.fields.effective_fields import effective, free_name
from dossierkit.forms.fields.field_kinds import UNDECIDED
from dossierkit.forms.fields.form import Field, Form, Kind, Layout
from dossierkit.pointers import ABSENT, Json, same, step

#: Rounds until the answers and the fields that hold for them agree; a round decides the conditions of one level.
MAX_ROUNDS = 12
#: Rows of a list that are read.
MAX_ROWS = 2_000
_UNREAD = object()


def parse(
    form: Form,
    pairs: Iterable[tuple[str, str]],
    *,
    base: Json = None,
    language: str = "vi",
    layout: Layout | None = None,
) -> Json:
    """The answers of a submitted page.

    Args:
        pairs: names and texts in page order, as a browser submits them.
        base: the stored answers, from which those of fields that the page did not have are kept.
        language: the language of the page, in which numbers are written.
        layout: the layout of the page that showed the stored answers.
    """
    controls = Controls.of(pairs)
    stored = {} if base is None else base
    reading = _Reading(form, controls, language)
    page = layout_of(controls)
    new_layout = merged_layout(layout, page) if layout is not None else page
    # First the fields that the page showed: texts in fields that no longer hold are kept, in case they hold again.
    shown_layout = new_layout if layout is None else attrs.evolve(new_layout, branches={**page.branches, **layout.branches})
    base_answers = reading.value(effective(form, stored, layout=shown_layout), stored, fills=False)
    base_answers = stored if base_answers is ABSENT else base_answers
    answers, previous_root = base_answers, None
    for _ in range(MAX_ROUNDS + controls.depth):
        root = effective(form, answers, layout=new_layout)
        if root is previous_root:
            # The same fields give the same answers.
            break
        previous_root = root
        read = reading.value(root, base_answers, fills=True)
        read = {} if read is ABSENT else read
        if same(read, answers):
            break
        answers = read
    return answers


@attrs.frozen
class _Reading:
    """Reads the answers of fields from the controls of a page."""

    form: Form
    controls: Controls
    language: str
    #: Field and texts → the answer; a field that holds in several rounds has the same answer each time.
    _cache: dict[tuple[Field, str | tuple[str, ...]], Json] = attrs.field(factory=dict)

    def value(self, field: Field, current: Json, *, fills: bool) -> Json:
        """The submitted answer to *field*, or *current* if the page did not have the field.

        Args:
            current: the stored answer; in the first round, the one that the page showed.
            fills: add constants and required groups; False in the first round.
        """
        if field.read_only or field.folded:
            return current
        if field.pickers and fills and self._is_of_other_branch(field, current):
            current = ABSENT
        if field.widget == UNDECIDED:
            return current
        if field.kind is Kind.GROUP:
            return self._group(field, current, fills)
        if field.kind is Kind.LIST:
            return self._list(field, current, fills)
        if field.kind is Kind.CONSTANT:
            return self._constant(field) if fills else current
        if field.write_only and not self._is_typed(field):
            return ABSENT if self.controls.others.get(("drop", field.control), [""])[-1] else current
        if field.several:
            return self._multiple(field, current, fills)
        texts = self.controls.answers.get(field.control)
        return current if texts is None else self._single(field, texts[-1], ABSENT if fills else current)

    def _is_typed(self, field: Field) -> bool:
        return any(text.strip() for text in self.controls.answers.get(field.control, ()))

    def _is_of_other_branch(self, field: Field, current: Json) -> bool:
        """Whether the page chose another branch than that of *current*."""
        where = field.control
        if field.kind is Kind.GROUP and field.widget != UNDECIDED:
            return False
        if current is ABSENT or not any((picker.kind, where) in self.controls.others for picker in field.pickers):
            return False
        if field.kind is Kind.LIST:
            return not isinstance(current, list)
        if where in self.controls.answers:
            return False
        if field.widget != UNDECIDED:
            return True
        # The user has not chosen a branch: keep a value that does not tell its branch either.
        return all(picker.picked for picker in applicable_at(self.form.schemas, field.facets, current).pickers)

    def _single(self, field: Field, text: str, shown: Json) -> Json:
        """The answer in *text*, or *shown* if the control still has the text of that answer."""
        name = (field, text)
        value = self._cache.get(name, _UNREAD)
        if value is _UNREAD:
            value = read_text(text, field, self.form.dialect, self.language)
            if shown is not ABSENT and not same(value, shown) and self._untouched(field, text, shown):
                value = shown
            self._cache[name] = value
        return value

    def _untouched(self, field: Field, text: str, shown: Json) -> bool:
        if not text.strip():
            # A check box cannot show another value than its own.
            return field.kind is Kind.ACCEPT and shown is not None and field.choice(shown) is None
        return text.replace("\r\n", "\n") == show_text(shown, field, self.form.dialect, self.language)

    def _constant(self, field: Field) -> Json:
        return field.choices[0].value if field.choices else None

    def _group(self, field: Field, current: Json, fills: bool) -> Json:
        members = dict(current) if isinstance(current, dict) else {}
        answered = False
        constants: dict[str, Json] = {}
        for below in field.children:
            if below.kind is Kind.ENTRIES:
                members, named = self._entries(field, below, members, fills)
                answered |= named
                continue
            name = below.name
            value = self.value(below, members.get(name, ABSENT), fills=fills)
            if below.kind is Kind.CONSTANT and fills:
                members.pop(name, None)
                if below.pickers:
                    members[name] = value
                    answered = True
                elif below.required:
                    constants[name] = value
            elif value is ABSENT:
                members.pop(name, None)
            else:
                members[name] = value
                answered |= is_answered(below, value)
        if not fills:
            return members or (current if not isinstance(current, dict) or current == {} else ABSENT)
        if not (answered or members or current is ABSENT or current is None or isinstance(current, dict)):
            # The stored answer is not a group, and no member was answered to replace it.
            return current
        if field.required or answered or self._is_present(field, constants) or has_answer(members):
            return {**members, **constants}
        return members if field.row else ABSENT

    def _is_present(self, field: Field, constants: dict[str, Json]) -> bool:
        """Whether an optional group has an answer, by its own control or by the branch that was chosen."""
        if constants and any(picker.picked for picker in field.pickers):
            return True
        return bool(self.controls.others.get(("present", field.control), [""])[-1])

    def _entries(self, group: Field, editor: Field, members: dict[str, Json], fills: bool) -> tuple[dict[str, Json], bool]:
        """*members* with the entries of *editor*, and whether there is any entry."""
        where = group.control + "/~e"
        count = self.controls.number("count", where)
        declared = {below.name for below in group.children if below.kind is not Kind.ENTRIES}
        free = [name for name in members if name not in declared]
        if count is None:
            return members, bool(free)
        rows = editor.children[: min(count, MAX_ROWS)]
        names = {row.name for row in rows}
        result = {name: value for name, value in members.items() if name in declared}
        for index, row in enumerate(rows):
            named = not row.pointer.endswith(f"/~e{index}")
            # An entry with a new name keeps its value.
            old_name = row.name if row.name in members else free[index] if index < len(free) and free[index] not in names else ""
            value = self.value(row, members.get(old_name, ABSENT) if named else ABSENT, fills=fills)
            if (named and row.name.strip()) or is_answered(row, value):
                name = row.name if named else free_name("", result)
                result[name] = blank_value(row) if value is ABSENT else value
        return result, len(result) > len(result.keys() & declared)

    def _list(self, field: Field, current: Json, fills: bool) -> Json:
        where = field.control
        count = self.controls.number("count", where)
        if count is None:
            return current
        items = current if isinstance(current, list) else []
        first = self.controls.number("page", where)
        result: list[Json] = []
        blank = True
        for index, below in enumerate(field.children[: min(count, MAX_ROWS)]):
            value = items[index] if index < len(items) else ABSENT
            # Other pages of rows are not part of the submitted page.
            if first is None or first <= index < first + ROWS_A_PAGE:
                value = self.value(below, value, fills=fills)
            result.append(blank_value(below) if value is ABSENT else value)
            blank = blank and not is_answered(below, value)
        # Rows that cannot be changed are kept, whatever number of rows the page has.
        further = zip(field.children[len(result) :], items[len(result) :], strict=False)
        fixed = [item for below, item in further if below.fixed]
        result += fixed
        blank = blank and not fixed
        drop_blank_rows(field, result)
        if blank and not (current is ABSENT or current is None or isinstance(current, list)):
            return current
        return result if not blank or field.required or field.row else ABSENT

    def _multiple(self, field: Field, current: Json, fills: bool) -> Json:
        where = field.control
        texts = self.controls.answers.get(where)
        if texts is None:
            return current
        posted = [text for text in texts if text.strip()]
        name = (field, tuple(posted))
        if not fills and current is not ABSENT and set(posted) == set(shown_texts(field, current)):
            # Unchanged: equal values in the answer have a single check box.
            self._cache[name] = current
        if name in self._cache:
            return self._cache[name]
        if field.kind is Kind.FILE:
            values: list[Json] = [*posted]
        else:
            read_values = (self._single(field, text, ABSENT) for text in posted)
            values = [value for value in read_values if value is not ABSENT]
        order = self.controls.others.get(("order", where), ["[]"])[-1]
        values = _in_order(values, order)
        return values if values or field.required else ABSENT


def _in_order(values: list[Json], order: str) -> list[Json]:
    """*values* in the stored *order* (JSON), newly checked ones last."""
    stored = read_json(order)
    ranks: dict[str, int] = {}
    for value in stored if isinstance(stored, list) else ():
        ranks.setdefault(encode(value), len(ranks))
    return sorted(values, key=lambda value: ranks.get(encode(value), len(ranks)))


def flatten(form: Form, answers: Json, *, language: str = "vi", layout: Layout | None = None) -> list[tuple[str, str]]:
    """The pairs that a page with *answers* submits if the user changes nothing."""
    showing = _Showing(form, language)
    showing.show(effective(form, answers, layout=layout), answers)
    return showing.pairs


@attrs.frozen
class _Showing:
    """Collects the pairs of the controls of a page."""

    form: Form
    language: str
    #: The pairs so far, in page order.
    pairs: list[tuple[str, str]] = attrs.field(factory=list)

    def show(self, field: Field, value: Json) -> None:
        where = field.control
        if field.read_only:
            return
        for picker in field.pickers:
            self._add(branch_name(where, picker.name), picker.text)
            if picker.mark:
                self._add(mark_name(where, picker.name), picker.mark)
        if field.folded or field.kind is Kind.CONSTANT:
            return
        if field.kind in (Kind.GROUP, Kind.LIST, Kind.ENTRIES):
            self._inner(field, value, where)
        elif field.several:
            self._multiple(field, value, where)
        else:
            self._add(name_of(where), "" if field.write_only else show_text(value, field, self.form.dialect, self.language))

    def _add(self, name: str, text: str) -> None:
        self.pairs.append((name, text))

    def _inner(self, field: Field, value: Json, where: str) -> None:
        if field.kind is Kind.GROUP:
            if field.presence and isinstance(value, dict):
                self._add(name_of(where, "present"), "1")
            if field.recursive:
                self._add(name_of(where, "open"), "1")
        elif field.kind is Kind.LIST:
            self._add(name_of(where, "count"), str(len(field.children)))
        else:
            self._add(name_of(where + "/~e", "count"), str(len(field.children)))
        for index, below in enumerate(field.children):
            if field.kind is Kind.ENTRIES:
                named = "" if "/~e" in below.pointer else below.name
                self._add(name_of(f"{where}/~e{index}", "key"), named)
            self.show(below, _member(value, below, field))

    def _multiple(self, field: Field, value: Json, where: str) -> None:
        self._add(name_of(where), "")
        value = ABSENT if field.write_only else value
        self._add(name_of(where, "order"), encode(value if isinstance(value, list) else []))
        for text in shown_texts(field, value):
            self._add(name_of(where), text)


def shown_texts(field: Field, value: Json) -> list[str]:
    """The texts that the controls of a field with several answers submit, one for each answer."""
    items = value if isinstance(value, list) else [] if value is ABSENT or value is None else [value]
    return [str(item) if field.kind is Kind.FILE else encode(item) for item in items]


def _member(value: Json, below: Field, field: Field) -> Json:
    """The answer to *below*, a child of *field* with the answer *value*; the editor of entries has the answer of its group."""
    if below.kind is Kind.ENTRIES and field.kind is Kind.GROUP:
        return value
    return step(value, below.name)
