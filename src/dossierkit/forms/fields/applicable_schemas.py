"""The schemas that apply to a value, and the alternatives that the user can choose from.

`applicable_at` follows references, `allOf`, `if/then/else`, `dependentSchemas`, `oneOf` and `anyOf`.  A branch of `oneOf` or
`anyOf` is chosen in one of three ways:

- each branch is one constant: the branches are the choices of a field;
- each branch fixes the same property to values of its own (a discriminator): the field of that property chooses the branch;
- otherwise the branches have a control of their own, a `Picker`.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping
from itertools import islice

import attrs

from dossierkit.caches import CacheSpec
from dossierkit.errors import SchemaError
from dossierkit.findings import Fault
from dossierkit.forms.fields.applicators import possible_schemas, unconditional
from dossierkit.forms.fields.branch_fit import accepting_branches, fitting_branches
from dossierkit.forms.fields.branches import Alternatives, alternatives
from dossierkit.forms.fields.form import Picker
from dossierkit.forms.schema.located_schemas import PER_FORM, Facet, Schemas, file_and_pointer
from dossierkit.pointers import ABSENT, Json, child, key
from dossierkit.translatable import Words

#: Keywords that only restrict or describe a value; a branch of these alone adds no field.
NARROWING = frozenset(
    [
        "$comment",
        "title",
        "description",
        "deprecated",
        "required",
        "not",
        "minProperties",
        "maxProperties",
        "dependentRequired",
        "minItems",
        "maxItems",
        "minLength",
        "maxLength",
        "minimum",
        "maximum",
        "exclusiveMinimum",
        "exclusiveMaximum",
        "multipleOf",
        "pattern",
        "uniqueItems",
        "contains",
        "minContains",
        "maxContains",
    ]
)


@attrs.frozen(cache_hash=True)
class Applicable:
    """The schemas that apply to a value, with the pickers and discriminators of their branches."""

    facets: tuple[Facet, ...]
    pickers: tuple[Picker, ...] = ()
    #: (discriminator, (branch, schema of the discriminator in it) of each branch); no branches if the property is declared
    #: outside of them.
    discriminators: tuple[tuple[str, tuple[tuple[Facet, Facet], ...]], ...] = ()
    #: (discriminator, a value as `key` writes it) of each deprecated branch.
    deprecated: frozenset[tuple[str, str]] = frozenset()
    #: (schema, property) whose declaration in a branch gives way to the field of the discriminator.
    replaced: frozenset[tuple[Facet, str]] = frozenset()
    #: Schemas that would apply with other answers.
    dormant: tuple[Facet, ...] = ()
    #: The schemas of `if`.
    conditions: tuple[Facet, ...] = ()
    #: One of the branches is `null`.
    nullable: bool = False


#: A condition with these keywords alone depends only on the answers of the members that it names.
_MEMBER_KEYWORDS = frozenset("properties required allOf anyOf oneOf $ref type title description $comment".split())  # noqa: SIM905  # read as words
#: Characters of an answer in the key of a cached result; results for longer answers are not cached.
_MAX_KEY_TEXT = 80
#: Cached results for one set of schemas.
_MAX_RESULTS = 200


@attrs.define(eq=False)
class _Results:
    """Cached results for one set of schemas, by the answers of the members that conditions and discriminators read."""

    #: The result for every value, if no answer changes it.
    static: Applicable | None = None
    #: The members that conditions read, and discriminators.
    members: frozenset[str] = frozenset()
    #: The members whose answer picks a branch; without it, any other answer can.
    discriminators: frozenset[str] = frozenset()
    by_answers: dict[tuple[str, ...], Applicable] = attrs.field(factory=dict)
    #: Nothing can be cached: the result depends on more than the answers of members.
    uncacheable: bool = False

    def get(self, value: Json) -> Applicable | None:
        """The cached result for *value*; None if there is none."""
        if self.static is not None or self.uncacheable:
            return self.static
        answers = self._key(value)
        return self.by_answers.get(answers) if answers is not None else None

    def keep(self, schemas: Schemas, applicable: Applicable, value: Json) -> None:
        """Cache *applicable* for all values with the same answers as *value* to the members that decide."""
        if is_static(applicable):
            self.static = applicable
        if self.static is not None or self.uncacheable:
            return
        members = _members_read(schemas, applicable)
        if members is None:
            self.uncacheable = True
            self.by_answers.clear()
            return
        if not members <= self.members or len(self.by_answers) > _MAX_RESULTS:
            # The keys so far lack the answers of the new members.
            self.members |= members
            self.discriminators |= {name for name, _ in applicable.discriminators}
            self.by_answers.clear()
        answers = self._key(value)
        if answers is not None:
            self.by_answers[answers] = applicable

    def _key(self, value: Json) -> tuple[str, ...] | None:
        if value and self.discriminators and not (isinstance(value, dict) and self.discriminators <= value.keys()):
            return None
        return _answer_key(self.members, value)


#: Schemas → the cached results for them.
_RESULTS = CacheSpec[tuple[Facet, ...], _Results]("applicable schemas", PER_FORM)


def applicable_at(
    schemas: Schemas, seeds: tuple[Facet, ...], value: Json, picks: Mapping[str, tuple[int, ...]] | None = None
) -> Applicable:
    """The schemas that apply to *value* when *seeds* do; cached if they depend on few and short answers.

    Args:
        value: the answer, or ABSENT.
        picks: name of a picker → indexes of the branches chosen on the page; for other pickers, *value* decides.

    Raises:
        SchemaError: a reference cannot be resolved, or leads back to itself without descending into the value.
    """
    if picks:
        return _Gathering(schemas, value, picks).run(seeds)
    cache = schemas.caches[_RESULTS]
    results = cache.get(seeds) or cache.keep(seeds, _Results())
    applicable = results.get(value)
    if applicable is None:
        applicable = _Gathering(schemas, value, {}).run(seeds)
        results.keep(schemas, applicable, value)
    return applicable


def is_static(applicable: Applicable) -> bool:
    """Whether no answer can change what applies."""
    if applicable.conditions or applicable.dormant or applicable.pickers or applicable.discriminators:
        return False
    return not any(facet.get("dependentSchemas") for facet in applicable.facets)


def _answer_key(members: frozenset[str], value: Json) -> tuple[str, ...] | None:
    """The answers of *members* as a cache key; None if one is long or structured, or *value* is not an object."""
    if not isinstance(value, dict):
        return None
    texts = []
    for name in sorted(members):
        answer = value.get(name, ABSENT)
        if isinstance(answer, dict | list) or (isinstance(answer, str) and len(answer) > _MAX_KEY_TEXT):
            return None
        texts.append("" if answer is ABSENT else key(answer))
    return tuple(texts)


def _members_read(schemas: Schemas, applicable: Applicable) -> frozenset[str] | None:
    """The members that conditions in *applicable* read, and its discriminators; None if more than their answers decides."""
    if applicable.pickers:
        return None
    names = {name for name, _ in applicable.discriminators}
    for condition in applicable.conditions:
        for facet in possible_schemas(schemas, (condition,)):
            if not isinstance(facet.schema, dict) or facet.schema.keys() - _MEMBER_KEYWORDS:
                return None
            names.update(facet.schema.get("properties", ()), facet.schema.get("required", ()))
    for facet in applicable.facets:
        names.update(facet.get("dependentSchemas") or ())
    return frozenset(names)


@attrs.define(eq=False)
class _Gathering:
    """Collects the schemas that apply to one value: first the unconditional ones and conditions, then chosen branches."""

    schemas: Schemas
    value: Json
    picks: Mapping[str, tuple[int, ...]]
    facets: dict[Facet, None] = attrs.field(factory=dict)
    #: The members that *facets* declare.
    names: set[str] = attrs.field(factory=set)
    #: The schemas on the way to the current one; meeting one again is an endless reference.
    path: list[Facet] = attrs.field(factory=list)
    #: (schema, `oneOf` or `anyOf`) of each set of branches.
    unions: list[tuple[Facet, str]] = attrs.field(factory=list)
    pickers: list[Picker] = attrs.field(factory=list)
    discriminators: dict[str, tuple[tuple[Facet, Facet], ...]] = attrs.field(factory=dict)
    deprecated: set[tuple[str, str]] = attrs.field(factory=set)
    replaced: set[tuple[Facet, str]] = attrs.field(factory=set)
    dormant: dict[Facet, None] = attrs.field(factory=dict)
    conditions: dict[Facet, None] = attrs.field(factory=dict)
    nullable: bool = False

    def run(self, seeds: Iterable[Facet]) -> Applicable:
        for seed in seeds:
            self.add(seed)
        # A chosen branch can append further unions.
        for facet, keyword in self.unions:
            self.choose(facet, keyword)
        return Applicable(
            tuple(self.facets),
            tuple(self.pickers),
            tuple(self.discriminators.items()),
            frozenset(self.deprecated),
            frozenset(self.replaced),
            tuple(facet for facet in self.dormant if facet not in self.facets),
            tuple(self.conditions),
            self.nullable,
        )

    def add(self, facet: Facet) -> None:
        """Add *facet* and the schemas that apply whenever it does."""
        if facet in self.path:
            file, pointer = file_and_pointer(facet)
            raise SchemaError([Fault("endless-ref", pointer, Words("this reference leads back to itself"), file=file)])
        if facet in self.facets:
            return
        self.facets[facet] = None
        if not isinstance(facet.schema, dict):
            return
        self.names.update(facet.schema.get("properties") or ())
        self.path.append(facet)
        for keyword in ("$ref", "$dynamicRef"):
            if isinstance(facet.schema.get(keyword), str):
                self.add(self.schemas.target(facet, keyword))
        for index, item in enumerate(facet.schema.get("allOf", ())):
            self.add(self.schemas.below(facet, f"/allOf/{index}", item))
        self._add_conditional(facet)
        self.path.pop()
        self.unions.extend((facet, keyword) for keyword in ("oneOf", "anyOf") if facet.schema.get(keyword))

    def _add_conditional(self, facet: Facet) -> None:
        if "if" in facet.schema:
            condition = self.schemas.below(facet, "/if", facet.schema["if"])
            self.conditions[condition] = None
            met = self.value is not ABSENT and self.schemas.accepts(condition, self.value)
            for keyword in ("then", "else"):
                if keyword in facet.schema:
                    branch = self.schemas.below(facet, f"/{keyword}", facet.schema[keyword])
                    holds = self.value is not ABSENT and met == (keyword == "then")
                    self._add_or_defer(branch, holds)
        for name, item in facet.schema.get("dependentSchemas", {}).items():
            branch = self.schemas.below(facet, child("/dependentSchemas", name), item)
            self._add_or_defer(branch, isinstance(self.value, dict) and name in self.value)

    def _add_or_defer(self, branch: Facet, holds: bool) -> None:
        if holds:
            self.add(branch)
        else:
            self.dormant[branch] = None

    def choose(self, facet: Facet, keyword: str) -> None:
        """Add the branches of *keyword* in *facet* that apply, with their picker or discriminator."""
        union = alternatives(self.schemas, facet, keyword)
        if union.constant:
            return
        self.nullable |= union.nullable
        if len(union.branches) == 1:
            self.add(union.branches[0])
        elif union.discriminator is not None:
            self.deprecated |= {(union.discriminator, value) for value in union.deprecated}
            self._choose_by_discriminator(union.discriminator, union.pairs, keyword)
        elif not all(self._only_narrows(branch) for branch in union.branches):
            self._choose_by_picker(union, facet, keyword)

    def _choose_by_discriminator(self, name: str, pairs: tuple[tuple[Facet, Facet], ...], keyword: str) -> None:
        declared, branches = name in self.names, [branch for branch, _ in pairs]
        answer = self.value.get(name, ABSENT) if isinstance(self.value, dict) else ABSENT
        chosen = [branch for branch, values in pairs if answer is not ABSENT and self.schemas.accepts(values, answer)]
        if answer is ABSENT and isinstance(self.value, dict) and self.value:
            # The discriminator has no answer: the other answers decide.
            chosen = accepting_branches(self.schemas, branches, keyword, self.value)
        self.discriminators[name] = () if declared else pairs
        for branch in branches:
            if branch in chosen:
                before = len(self.facets)
                self.add(branch)
                self.replaced |= {(facet, name) for facet in islice(self.facets, before, None)}
            else:
                self.dormant[branch] = None

    def _choose_by_picker(self, union: Alternatives, facet: Facet, keyword: str) -> None:
        name, branches = str(len(self.pickers)), list(union.branches)
        mark = f"{zlib.crc32(f'{facet.location}/{keyword}'.encode()):08x}"
        picked = self.picks.get(f"@{mark}", self.picks.get(name))
        if picked is None:
            picked = fitting_branches(self.schemas, branches, keyword, self.value)
        picked = tuple(index for index in dict.fromkeys(picked) if 0 <= index < len(branches))
        self.pickers.append(Picker(name, union.choices, picked if keyword == "anyOf" else picked[:1], mark))
        for index, branch in enumerate(branches):
            self._add_or_defer(branch, index in self.pickers[-1].picked)

    def _only_narrows(self, branch: Facet) -> bool:
        """Whether *branch* only restricts members that are declared outside, so that there is nothing to choose."""
        for facet in unconditional(self.schemas, (branch,)):
            if not isinstance(facet.schema, dict):
                continue
            rest = facet.schema.keys() - NARROWING - {"$ref", "allOf", "properties"}
            if "type" in rest and any(facet.schema["type"] == other.get("type") for other in self.facets if other is not facet):
                rest -= {"type"}
            inner = facet.schema.get("properties", {})
            if rest or not all(name in self.names and _narrows_only(item) for name, item in inner.items()):
                return False
        return True


def _narrows_only(schema: Json) -> bool:
    return isinstance(schema, bool) or not schema.keys() - NARROWING - {"const", "enum"}
