"""Posted name/value pairs ⇄ answers.

The law: `parse(form, flatten(form, a)) ≡ a` for every valid canonical `a` that a page can show, and
`parse(form, flatten(form, b), base=a)` is `b` and whatever of `a` a page cannot show.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

import attrs

from dossierkit.forms.controls import Controls, name_of
from dossierkit.forms.effective import effective
from dossierkit.forms.form import Field, Form, Kind, Layout
from dossierkit.forms.pointers import ABSENT, Json, get, last, same
from dossierkit.forms.texts import encode, read_text, show_text

#: Rounds until answers and the fields that hold for them agree; each round settles one condition on the way down.
MAX_ROUNDS = 12
MAX_ROWS = 2_000
_UNREAD = object()


def parse(form: Form, pairs: Iterable[tuple[str, str]], *, base: Json = None, language: str = "vi") -> Json:
    """The answers that a page posted.

    Args:
        pairs: names and texts in page order, as a browser submits them.
        base: the stored answers; what the page did not show is kept from them.
        language: how numbers are written.
    """
    controls = Controls.of(pairs)
    stored = {} if base is None else base
    reading = _Reading(form, controls, language)
    open_now = controls.layout()
    # First what was typed into fields that no longer hold: it is kept while somebody is still deciding.
    kept = reading.value(effective(form, stored, layout=open_now), stored, fills=False)
    kept = stored if kept is ABSENT else kept
    answers, before = kept, None
    for _ in range(MAX_ROUNDS):
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
    _known: dict[tuple[Field, str], Json] = attrs.field(factory=dict)

    def value(self, field: Field, current: Json, *, fills: bool) -> Json:
        """The answer of *field*: what was posted, or *current* where the page did not have it.

        Args:
            fills: constants and empty groups come by themselves.
        """
        if field.read_only or field.folded:
            return current
        if field.kind is Kind.GROUP:
            return self._group(field, current, fills)
        if field.kind is Kind.LIST:
            return self._list(field, current, fills)
        if field.kind is Kind.CONSTANT:
            return self._constant(field) if fills else current
        if field.several:
            return self._several(field, current)
        texts = self.controls.answers.get(field.control)
        return current if texts is None else self._one(field, texts[-1])

    def _one(self, field: Field, text: str) -> Json:
        name = (field, text)
        known = self._known.get(name, _UNREAD)
        if known is _UNREAD:
            known = self._known[name] = read_text(text, field, self.form.dialect, self.language)
        return known

    def _constant(self, field: Field) -> Json:
        return field.choices[0].value if field.choices else None

    def _group(self, field: Field, current: Json, fills: bool) -> Json:
        members = dict(current) if isinstance(current, dict) else {}
        answered = False
        constants: dict[str, Json] = {}
        for below in field.children:
            if below.kind is Kind.ENTRIES:
                members = self._entries(field, below, members, fills)
                answered |= bool(below.children)
                continue
            name = below.name
            value = self.value(below, members.get(name, ABSENT), fills=fills)
            if below.kind is Kind.CONSTANT and fills:
                members.pop(name, None)
                if below.required:
                    constants[name] = value
            elif value is ABSENT:
                members.pop(name, None)
            else:
                members[name] = value
                answered |= has_leaf(value)
        if not fills:
            return members or (current if current == {} else ABSENT)
        if field.required or answered or self._asked(field) or has_leaf(members):
            return {**members, **constants}
        return members if field.row else ABSENT

    def _asked(self, field: Field) -> bool:
        """Whether the page says by a control of its own that the group is meant."""
        where = field.control
        return bool(self.controls.others.get(("present", where), [""])[-1])

    def _entries(self, group: Field, editor: Field, members: dict[str, Json], fills: bool) -> dict[str, Json]:
        where = group.control + "/~e"
        count = self.controls.number("count", where)
        if count is None:
            return members
        named = {below.name for below in group.children if below.kind is not Kind.ENTRIES}
        result = {name: value for name, value in members.items() if name in named}
        for index, below in enumerate(editor.children[: min(count, MAX_ROWS)]):
            names = self.controls.others.get(("key", f"{where}{index}"))
            before = members.get(last(below.pointer), ABSENT)
            value = self.value(below, before if names else ABSENT, fills=fills)
            name = names[-1] if names else ""
            if (name.strip() or has_leaf(value)) and name not in named:
                result[name] = None if value is ABSENT else value
        return result

    def _list(self, field: Field, current: Json, fills: bool) -> Json:
        where = field.control
        count = self.controls.number("count", where)
        if count is None:
            return current
        items = current if isinstance(current, list) else []
        result: list[Json] = []
        for index, below in enumerate(field.children[: min(count, MAX_ROWS)]):
            value = self.value(below, items[index] if index < len(items) else ABSENT, fills=fills)
            if value is ABSENT:
                value = {} if below.kind is Kind.GROUP else [] if below.kind is Kind.LIST else None
            result.append(value)
        while result and is_blank(result[-1]):
            result.pop()
        return result if has_leaf(result) or field.required or field.row else ABSENT

    def _several(self, field: Field, current: Json) -> Json:
        where = field.control
        texts = self.controls.answers.get(where)
        if texts is None:
            return current
        if field.kind is Kind.FILE:
            values: list[Json] = [text for text in texts if text.strip()]
        else:
            values = [v for v in (self._one(field, text) for text in texts if text.strip()) if v is not ABSENT]
        order = self.controls.others.get(("order", where), ["[]"])[-1]
        values = _in_order(values, order)
        return values if values or field.required else ABSENT


def _in_order(values: list[Json], order: str) -> list[Json]:
    """*values* as they stood before, newly checked ones after them."""
    try:
        before = json.loads(order)
    except ValueError:
        before = []
    known = [encode(value) for value in before] if isinstance(before, list) else []
    return sorted(values, key=lambda value: known.index(encode(value)) if encode(value) in known else len(known))


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
    field = effective(form, answers, layout=layout)
    return list(_Showing(form, language).pairs(field, answers))


@attrs.frozen
class _Showing:
    form: Form
    language: str

    def pairs(self, field: Field, value: Json) -> Iterator[tuple[str, str]]:
        where = field.control
        if field.read_only or field.kind is Kind.CONSTANT:
            return
        for picker in field.pickers:
            kind = "branch" if picker.name == "0" else f"branch.{picker.name}"
            yield name_of(where, kind), picker.text
        if field.folded:
            return
        if field.kind in (Kind.GROUP, Kind.LIST, Kind.ENTRIES):
            yield from self._inner(field, value, where)
        elif field.several:
            yield from self._several(field, value, where)
        else:
            yield name_of(where), show_text(value, field, self.form.dialect, self.language)

    def _inner(self, field: Field, value: Json, where: str) -> Iterator[tuple[str, str]]:
        if field.kind is Kind.GROUP:
            if field.presence and isinstance(value, dict):
                yield name_of(where, "present"), "1"
            if not field.required and field.pointer and value is not ABSENT:
                yield name_of(where, "open"), "1"
        elif field.kind is Kind.LIST:
            yield name_of(where, "count"), str(len(field.children))
        else:
            yield name_of(where + "/~e", "count"), str(len(field.children))
        for index, below in enumerate(field.children):
            if field.kind is Kind.ENTRIES:
                named = "" if "/~e" in below.pointer else below.name
                yield name_of(f"{where}/~e{index}", "key"), named
            yield from self.pairs(below, _below(value, below, field))

    def _several(self, field: Field, value: Json, where: str) -> Iterator[tuple[str, str]]:
        items = value if isinstance(value, list) else []
        yield name_of(where), ""
        yield name_of(where, "order"), encode(items)
        for item in items:
            yield name_of(where), str(item) if field.kind is Kind.FILE else encode(item)


def _below(value: Json, below: Field, field: Field) -> Json:
    if below.kind is Kind.ENTRIES and field.kind is Kind.GROUP:
        return value
    name = last(below.pointer)
    return get(value, "/" + below.pointer.rpartition("/")[2]) if value is not ABSENT and name is not None else ABSENT
