"""Two forms compared as they are written, whatever the answers: which fields come, go, move or change, and at what risk."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from enum import Enum

import attrs

from dossierkit.forms.fields.applicators import possible_members, possible_schemas, unconditional
from dossierkit.forms.fields.form import Form
from dossierkit.forms.schema.located_schemas import Facet, Schemas
from dossierkit.forms.words.titles import humanized
from dossierkit.pointers import ABSENT, Json, child, drop, get, join, key, parent, put, split

#: Deeper than this a form only repeats itself.
_DEEPEST = 12
#: The same schemas are entered at so many places; what they hold at further ones is no news.
_ENTERED = 50
#: The place of every item of a list.
EACH = "*"


class Risk(Enum):
    """The effect of a difference on answers that were given before."""

    #: They are as good as before.
    SAFE = "safe"
    #: They are kept if the author states their new places: see `x-procedure.migrate`.
    MIGRATION = "migration"
    #: Some of them may no longer be accepted.
    BREAKING = "breaking"


@attrs.frozen
class Difference:
    """One difference: *kind* is `added`, `removed`, `moved` or `changed`."""

    kind: str
    pointer: str
    label: str
    risk: Risk
    #: The keywords that differ; of what moved, where it was.
    detail: str = ""


@attrs.frozen
class _Place:
    """One field under any answers."""

    label: str
    #: It is required whatever the answers are, or under some of them.
    required: bool
    sometimes: bool
    #: Every keyword that limits its answers, as one text each; several of the same name where several schemas meet.
    limits: Mapping[str, tuple[str, ...]] = attrs.field(hash=False)
    leaf: bool = True


#: Keywords that say something about the answers themselves.
_LIMITS = (
    *("type", "enum", "const", "format", "pattern", "minLength", "maxLength", "minimum", "maximum", "exclusiveMinimum"),
    *("exclusiveMaximum", "multipleOf", "minItems", "maxItems", "uniqueItems", "x-options", "x-file"),
)
#: A greater number asks for more, or for less.
_LOWER, _UPPER = (
    frozenset(("minLength", "minimum", "exclusiveMinimum", "minItems")),
    frozenset(("maxLength", "maximum", "exclusiveMaximum", "maxItems")),
)


def compare(old: Form, new: Form, moves: Mapping[str, str] | None = None) -> tuple[Difference, ...]:
    """The differences of *new* from *old*, in the order of the pages; a group that comes or goes is one difference.

    Args:
        moves: the known moves, old place → new place.
    """
    known_moves = dict(moves or {})
    before, after = _places(old, new)
    moved = {a: b for a, b in known_moves.items() if a in before and b in after}
    before = _renamed(before, moved)
    # A group that moved may contain fields that moved inside it.
    while guesses := _guesses(before, after):
        moved |= guesses
        before = _renamed(before, guesses)
    differences = [
        Difference("moved", b, after[b].label, Risk.SAFE if a in known_moves else Risk.MIGRATION, a) for a, b in moved.items()
    ]
    for place in _outermost(after, before):
        risk = Risk.BREAKING if after[place].required else Risk.SAFE
        differences.append(Difference("added", place, after[place].label, risk, "required" if after[place].required else ""))
    differences += [Difference("removed", place, before[place].label, Risk.MIGRATION) for place in _outermost(before, after)]
    differences += [
        Difference("changed", place, after[place].label, risk, detail)
        for place in after
        if place in before
        for risk, detail in _changes(before[place], after[place])
    ]
    order = {place: number for number, place in enumerate([*after, *before])}
    return tuple(sorted(differences, key=lambda difference: order.get(difference.pointer, 0)))


def _outermost(places: Mapping[str, _Place], others: Mapping[str, _Place]) -> list[str]:
    """Those of *places* that are not among *others*, without the places inside them."""
    return [place for place in places if place not in others and (parent(place) == "" or parent(place) in others)]


def _renamed(places: Mapping[str, _Place], moves: Mapping[str, str]) -> dict[str, _Place]:
    """*places* with each old place of *moves*, and those inside it, renamed to the new one."""
    return {_new_place(place, moves): field for place, field in places.items()} if moves else dict(places)


def _new_place(place: str, moves: Mapping[str, str]) -> str:
    around = place
    while around and around not in moves:
        around = parent(around)
    return moves[around] + place[len(around) :] if around in moves else place


def _guesses(before: Mapping[str, _Place], after: Mapping[str, _Place]) -> dict[str, str]:
    """Probable moves, old place → new place: a field that went and the only one of its title and type that came."""
    added: dict[tuple[str, bool], list[str]] = {}
    for place in _outermost(after, before):
        added.setdefault((after[place].label, after[place].leaf), []).append(place)
    guesses: dict[str, str] = {}
    for place in _outermost(before, after):
        field = before[place]
        candidates = added.get((field.label, field.leaf), [])
        if len(candidates) == 1 and after[candidates[0]].limits.get("type") == field.limits.get("type"):
            guesses[place] = candidates.pop()
    return guesses


def _changes(old: _Place, new: _Place) -> Iterator[tuple[Risk, str]]:
    if new.required and not old.required:
        yield Risk.BREAKING, "required"
    elif new.sometimes and not (old.sometimes or old.required):
        yield Risk.BREAKING, "required (sometimes)"
    elif old.required and not new.required:
        yield Risk.SAFE, "no longer required"
    for name in _LIMITS:
        was, now = old.limits.get(name, ()), new.limits.get(name, ())
        if was != now:
            yield (Risk.SAFE if _is_wider(name, was, now) else Risk.BREAKING), name


def _is_wider(name: str, was: tuple[str, ...], now: tuple[str, ...]) -> bool:
    """Whether all that *was* allowed still is."""
    if not now:
        return True
    if len(was) != 1 or len(now) != 1:
        return False
    if name in _LOWER or name in _UPPER:
        return float(now[0]) <= float(was[0]) if name in _LOWER else float(now[0]) >= float(was[0])
    if name == "enum":
        return set(was[0].split("\x1f")) <= set(now[0].split("\x1f"))
    return name == "uniqueItems" and now == ("false",)


def _places(old: Form, new: Form) -> tuple[dict[str, _Place], dict[str, _Place]]:
    """The places of *old*, and those of *new*, outermost first."""
    walk = _Walk(_Outline(old.schemas), _Outline(new.schemas))
    walk.enter("", _Step((old.root,), (old.root,)), _Step((new.root,), (new.root,)))
    return walk.before, walk.after


@attrs.frozen
class _Member:
    """One member below some schemas, or each item of a list, with everything that these schemas declare of it."""

    name: str
    own: tuple[Facet, ...]
    #: The schemas that hold there whatever the answers are.
    unconditional: tuple[Facet, ...]
    label: str
    required: bool
    sometimes: bool
    limits: Mapping[str, tuple[str, ...]] = attrs.field(hash=False)


@attrs.frozen
class _Step:
    """The schemas of one form at a place, none where it has no such place, and those around it."""

    seeds: tuple[Facet, ...] = ()
    above: tuple[Facet, ...] = ()


@attrs.define
class _Walk:
    """Walks two forms side by side, so that a place that is left out is left out of both."""

    old: _Outline
    new: _Outline
    before: dict[str, _Place] = attrs.field(init=False, factory=dict)
    after: dict[str, _Place] = attrs.field(init=False, factory=dict)
    #: The schemas of both at a place → at how many places they were entered.
    entered: Counter[tuple[tuple[Facet, ...], tuple[Facet, ...]]] = attrs.field(init=False, factory=Counter)

    def enter(self, place: str, old: _Step, new: _Step, depth: int = 0) -> None:
        """Note every place below *place*; a schema that refers to itself is entered once."""
        pair = (old.seeds, new.seeds)
        if depth >= _DEEPEST or self.entered[pair] >= _ENTERED:
            return
        self.entered[pair] += 1
        members, others = self.new.members(new), self.old.members(old)
        for name in (*members, *(name for name in others if name not in members)):
            at = child(place, name)
            below_old = self._note(self.old, self.before, at, others.get(name), old)
            below_new = self._note(self.new, self.after, at, members.get(name), new)
            self.enter(at, below_old, below_new, depth + 1)

    def _note(self, outline: _Outline, places: dict[str, _Place], at: str, member: _Member | None, around: _Step) -> _Step:
        if member is None:
            return _Step()
        step = _Step(member.own, (*around.above, *member.unconditional))
        leaf = not outline.members(step)
        places[at] = _Place(member.label, member.required, member.sometimes, member.limits, leaf=leaf)
        return step


@attrs.define
class _Outline:
    """The members below the schemas of a form, worked out once for the same schemas."""

    schemas: Schemas
    _known: dict[tuple[Facet, ...], tuple[_Member, ...]] = attrs.field(init=False, factory=dict)

    def members(self, step: _Step) -> dict[str, _Member]:
        """Each member below *step* by its name, but for those that lead back to where it came from."""
        if step.seeds not in self._known:
            self._known[step.seeds] = tuple(self._declared_members(step.seeds))
        above = {*step.above}
        return {member.name: member for member in self._known[step.seeds] if above.isdisjoint(member.unconditional)}

    def _declared_members(self, seeds: tuple[Facet, ...]) -> Iterator[_Member]:
        schemas = self.schemas
        facets = [*possible_schemas(schemas, seeds)]
        always = [*unconditional(schemas, seeds)]
        for name in _in_order(schemas, seeds, facets):
            own = tuple(
                schemas.below(facet, child("/properties", name), facet.schema["properties"][name])
                for facet in facets
                if name in (facet.get("properties") or {})
            )
            required = any(name in (facet.get("required") or ()) for facet in always)
            sometimes = any(name in (facet.get("required") or ()) for facet in facets)
            yield self._member(name, own, required=required, sometimes=sometimes)
        for facet in facets:
            items = facet.get("items")
            if isinstance(items, dict):
                yield self._member(EACH, (schemas.below(facet, "/items", items),), required=False, sometimes=False)
                return

    def _member(self, name: str, own: tuple[Facet, ...], *, required: bool, sometimes: bool) -> _Member:
        facets = tuple(unconditional(self.schemas, own))
        return _Member(name, own, facets, _label(facets, name), required, sometimes, _limits(facets))


def _in_order(schemas: Schemas, seeds: tuple[Facet, ...], facets: list[Facet]) -> list[str]:
    names = possible_members(schemas, seeds)
    return [*dict.fromkeys(name for facet in facets for name in (facet.get("properties") or {}) if name in names)]


def _label(facets: tuple[Facet, ...], name: str) -> str:
    titles = (facet.get("title") for facet in facets)
    return next((title for title in titles if isinstance(title, str) and title.strip()), humanized(name))


def _limits(facets: tuple[Facet, ...]) -> dict[str, tuple[str, ...]]:
    limits: dict[str, list[str]] = {}
    for facet in facets:
        for name in _LIMITS:
            if isinstance(facet.schema, dict) and name in facet.schema:
                limits.setdefault(name, []).append(_text(facet.schema[name]))
    return {name: tuple(sorted(set(texts))) for name, texts in limits.items()}


def _text(value: Json) -> str:
    return "\x1f".join(sorted(key(item) for item in value)) if isinstance(value, list) else key(value)


def after_moves(answers: Json, moves: Mapping[str, str]) -> Json:
    """*answers* with the answer of each old place at its new one; `/rows/*/a` → `/rows/*/b` inside each row.

    Nothing is moved to a place that has an answer already: no answer is lost for another.
    """
    for old, new in moves.items():
        for source, target in _each(answers, split(old), split(new)):
            value = get(answers, source)
            if value is not ABSENT and get(answers, target) is ABSENT:
                answers = put(drop(answers, source), target, value)
    return answers


def _each(answers: Json, old: list[str] | tuple[str, ...], new: list[str] | tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """The places in *answers* that *old* matches, each with its new place; no answer changes its row."""
    if EACH not in old:
        yield join(old), join(new)
        return
    at = list(old).index(EACH)
    rows = get(answers, join(old[:at]))
    for index in range(len(rows) if isinstance(rows, list) else 0):
        filled = [*old[:at], str(index), *old[at + 1 :]]
        target = [str(index) if part == EACH and place == at else part for place, part in enumerate(new)]
        yield from _each(answers, filled, target)
