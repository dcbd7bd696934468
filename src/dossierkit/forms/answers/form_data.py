"""Posted name/value pairs ⇄ answers.

The law: `parse(form, flatten(form, a)) ≡ a` for every valid canonical `a` that a page can show, and
`parse(form, flatten(form, b), base=a)` is `b` and whatever of `a` a page cannot show.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import attrs

from dossierkit.forms.answers.control_names import Controls, branch_name, mark_name, merged, name_of
from dossierkit.forms.answers.row_pages import ROWS_A_PAGE
from dossierkit.forms.answers.texts import encode, read_json, read_text, show_text
from dossierkit.forms.fields.applicable import applicable_at
from dossierkit.forms.fields.effective import effective, free_name
from dossierkit.forms.fields.field_kinds import UNDECIDED
from dossierkit.forms.fields.form import Field, Form, Kind, Layout
from dossierkit.pointers import ABSENT, Json, same, step

#: Rounds until answers and the fields that hold for them agree; each round settles one condition on the way down.
MAX_ROUNDS = 12
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
    """The answers that a page posted.

    Args:
        pairs: names and texts in page order, as a browser submits them.
        base: the stored answers; what the page did not show is kept from them.
        language: how numbers are written.
        layout: what was open when the stored answers were shown.
    """
    controls = Controls.of(pairs)
    stored = {} if base is None else base
    reading = _Reading(form, controls, language)
    page = controls.layout()
    open_now = merged(layout, page) if layout is not None else page
    # First what was typed into fields that no longer hold: it is kept while somebody is still deciding.
    shown = open_now if layout is None else attrs.evolve(open_now, branches={**page.branches, **layout.branches})
    kept = reading.value(effective(form, stored, layout=shown), stored, fills=False)
    kept = stored if kept is ABSENT else kept
    answers, before = kept, None
    for _ in range(MAX_ROUNDS + controls.depth):
        field = effective(form, answers, layout=open_now)
        if field is before:
            # The same fields read the same answers.
            break
        before = field
        read = reading.value(field, kept, fills=True)
        read = {} if read is ABSENT else read
        if same(read, answers):
            break
        answers = read
    return answers


@attrs.frozen
class _Reading:
    form: Form
    controls: Controls
    language: str
    #: What was read so far; a field that holds in several rounds reads the same each time.
    _known: dict[tuple[Field, str | tuple[str, ...]], Json] = attrs.field(factory=dict)

    def value(self, field: Field, current: Json, *, fills: bool) -> Json:
        """The answer of *field*: what was posted, or *current* where the page did not have it.

        Args:
            fills: constants and empty groups come by themselves; in the first round, without it, *current* is what was shown.
        """
        if field.read_only or field.folded:
            return current
        if field.pickers and fills and self._left(field, current):
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
            return self._several(field, current, fills)
        texts = self.controls.answers.get(field.control)
        return current if texts is None else self._one(field, texts[-1], ABSENT if fills else current)

    def _is_typed(self, field: Field) -> bool:
        return any(text.strip() for text in self.controls.answers.get(field.control, ()))

    def _left(self, field: Field, current: Json) -> bool:
        """Whether *current* belongs to another branch than the one that was just picked."""
        where = field.control
        if field.kind is Kind.GROUP and field.widget != UNDECIDED:
            return False
        if current is ABSENT or not any((p.kind, where) in self.controls.others for p in field.pickers):
            return False
        if field.kind is Kind.LIST:
            return not isinstance(current, list)
        if where in self.controls.answers:
            return False
        # Where the value alone would not tell, either, nobody has decided anything.
        return field.widget != UNDECIDED or all(p.picked for p in applicable_at(self.form.schemas, field.facets, current).pickers)

    def _one(self, field: Field, text: str, shown: Json) -> Json:
        """The answer that *text* means; a control that comes back as it was *shown* changes nothing."""
        name = (field, text)
        value = self._known.get(name, _UNREAD)
        if value is _UNREAD:
            value = read_text(text, field, self.form.dialect, self.language)
            if shown is not ABSENT and not same(value, shown) and self._untouched(field, text, shown):
                value = shown
            self._known[name] = value
        return value

    def _untouched(self, field: Field, text: str, shown: Json) -> bool:
        if not text.strip():
            # A box to tick shows no other value than its own.
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
                answered |= says(below, value)
        if not fills:
            return members or (current if not isinstance(current, dict) or current == {} else ABSENT)
        if not (answered or members or current is ABSENT or current is None or isinstance(current, dict)):
            # Something else stands here, and nothing was filled in to take its place.
            return current
        if field.required or answered or self._asked(field, constants) or has_leaf(members):
            return {**members, **constants}
        return members if field.row else ABSENT

    def _asked(self, field: Field, constants: dict[str, Json]) -> bool:
        """Whether the page says that the group is meant: by a control of its own, or by the branch that was chosen."""
        if constants and any(picker.picked for picker in field.pickers):
            return True
        return bool(self.controls.others.get(("present", field.control), [""])[-1])

    def _entries(self, group: Field, editor: Field, members: dict[str, Json], fills: bool) -> tuple[dict[str, Json], bool]:
        """*members* with the entries of *editor*, and whether there are any."""
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
            # An entry that got another name stands where it stood.
            before = row.name if row.name in members else free[index] if index < len(free) and free[index] not in names else ""
            value = self.value(row, members.get(before, ABSENT) if named else ABSENT, fills=fills)
            if (named and row.name.strip()) or says(row, value):
                name = row.name if named else free_name("", result)
                result[name] = nothing(row) if value is ABSENT else value
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
            # What another page of rows shows is not on this one.
            if first is None or first <= index < first + ROWS_A_PAGE:
                value = self.value(below, value, fills=fills)
            result.append(nothing(below) if value is ABSENT else value)
            blank = blank and not says(below, value)
        # What nobody may change stays, whatever the page says of it.
        left = zip(field.children[len(result) :], items[len(result) :], strict=False)
        settled = [item for below, item in left if below.settled]
        result += settled
        blank = blank and not settled
        drop_blank_rows(field, result)
        if blank and not (current is ABSENT or current is None or isinstance(current, list)):
            return current
        return result if not blank or field.required or field.row else ABSENT

    def _several(self, field: Field, current: Json, fills: bool) -> Json:
        where = field.control
        texts = self.controls.answers.get(where)
        if texts is None:
            return current
        posted = [text for text in texts if text.strip()]
        name = (field, tuple(posted))
        if not fills and current is not ABSENT and set(posted) == set(shown_texts(field, current)):
            # As they were shown: two that are the same have one box.
            self._known[name] = current
        if name in self._known:
            return self._known[name]
        if field.kind is Kind.FILE:
            values: list[Json] = [*posted]
        else:
            values = [v for v in (self._one(field, text, ABSENT) for text in posted) if v is not ABSENT]
        order = self.controls.others.get(("order", where), ["[]"])[-1]
        values = _in_order(values, order)
        return values if values or field.required else ABSENT


def _in_order(values: list[Json], order: str) -> list[Json]:
    """*values* as they stood before, newly checked ones after them."""
    before = read_json(order)
    ranks: dict[str, int] = {}
    for value in before if isinstance(before, list) else ():
        ranks.setdefault(encode(value), len(ranks))
    return sorted(values, key=lambda value: ranks.get(encode(value), len(ranks)))


def has_leaf(value: Json) -> bool:
    """Whether something in *value* was answered; a blank that means null was not."""
    if isinstance(value, dict):
        value = value.values()
    elif not isinstance(value, list):
        return value is not ABSENT and value is not None
    for item in value:  # noqa: SIM110  # `any` over a generator takes three times as long, and every answer comes by here
        if has_leaf(item):
            return True
    return False


def says(field: Field, value: Json) -> bool:
    """Whether something in *value* of *field* was answered: a leaf, or the name of an entry."""
    return has_leaf(value) or (bool(value) and bool(field.children) and _names_an_entry(field, value))


def _names_an_entry(field: Field, value: Json) -> bool:
    if field.kind is Kind.LIST and isinstance(value, list):
        return any(_names_an_entry(*pair) for pair in zip(field.children, value, strict=False))
    if field.kind is not Kind.GROUP or not isinstance(value, dict):
        return False
    declared = {below.name: below for below in field.children if below.kind is not Kind.ENTRIES}
    if len(declared) < len(field.children) and any(name.strip() and name not in declared for name in value):
        return True
    return any(name in value and _names_an_entry(below, value[name]) for name, below in declared.items())


def drop_blank_rows(field: Field, rows: list[Json]) -> None:
    """Takes the blank rows from the end of *rows*; a row that names an entry is not blank."""
    while rows and is_blank(rows[-1]):
        if len(rows) <= len(field.children) and says(field.children[len(rows) - 1], rows[-1]):
            return
        rows.pop()


def is_nameless(field: Field) -> bool:
    """Whether it stands in a row of an editor that has no name yet, so that nothing can be kept there."""
    return "/~e" in field.pointer


def replaced(field: Field, value: Json, change: Callable[[Field, Json], Json]) -> Json:
    """*value* of *field* with what *change* makes of it, and of the answer of each field below it.

    Rows that the answers do not have yet come as soon as something stands in them, and blank ones before them.
    """
    value = change(field, value)
    if field.kind is Kind.LIST and (value is ABSENT or isinstance(value, list)):
        rows = list(value or ())
        for index, row in enumerate(field.children):
            new = replaced(row, rows[index] if index < len(rows) else ABSENT, change)
            if new is not ABSENT:
                rows += [nothing(blank) for blank in field.children[len(rows) : index + 1]]
                rows[index] = new
        return rows or value
    if field.kind in (Kind.GROUP, Kind.ENTRIES) and (value is ABSENT or isinstance(value, dict)):
        members = dict(value or {})
        for below in field.children:
            if below.kind is Kind.ENTRIES:
                members = replaced(below, members, change)
            elif not is_nameless(below) and (new := replaced(below, members.get(below.name, ABSENT), change)) is not ABSENT:
                members[below.name] = new
        return members or value
    return value


def nothing(field: Field) -> Json:
    """What stands for *field* in a row where it has no answer."""
    return {} if field.kind is Kind.GROUP and field.widget != UNDECIDED else [] if field.kind is Kind.LIST else None


def is_blank(value: Json) -> bool:
    """Whether *value* says nothing: no text, no leaf."""
    if isinstance(value, str):
        return not value.strip()
    if isinstance(value, dict):
        return all(is_blank(item) for item in value.values())
    if isinstance(value, list):
        return all(is_blank(item) for item in value)
    return value is None or value is ABSENT


def flatten(form: Form, answers: Json, *, language: str = "vi", layout: Layout | None = None) -> list[tuple[str, str]]:
    """The name/value pairs that a page showing *answers* would submit unchanged."""
    showing = _Showing(form, language)
    showing.show(effective(form, answers, layout=layout), answers)
    return showing.pairs


@attrs.frozen
class _Showing:
    form: Form
    language: str
    #: What was shown so far.
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
            self._several(field, value, where)
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
            self.show(below, _below(value, below, field))

    def _several(self, field: Field, value: Json, where: str) -> None:
        self._add(name_of(where), "")
        value = ABSENT if field.write_only else value
        self._add(name_of(where, "order"), encode(value if isinstance(value, list) else []))
        for text in shown_texts(field, value):
            self._add(name_of(where), text)


def shown_texts(field: Field, value: Json) -> list[str]:
    """What the controls of a field of several answers submit, one text an answer."""
    items = value if isinstance(value, list) else [] if value is ABSENT or value is None else [value]
    return [str(item) if field.kind is Kind.FILE else encode(item) for item in items]


def _below(value: Json, below: Field, field: Field) -> Json:
    if below.kind is Kind.ENTRIES and field.kind is Kind.GROUP:
        return value
    return step(value, below.name)
