"""Which schemas apply at one place, given the value there.

Schemas reach a place by reference, `allOf`, `if/then/else`, `dependentSchemas`, `oneOf` and `anyOf`.  `applicable_at`
follows all of them and tells, for each alternative, how a person picks it:

- by a property that each alternative fixes to other values (a discriminator): its control is the chooser;
- by what the alternatives' constants are: they are choices of one field, not branches;
- otherwise by a control of its own, a `Picker`.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping
from itertools import islice

import attrs

from dossierkit.caches import CacheSpec
from dossierkit.errors import SchemaError
from dossierkit.findings import Fault
from dossierkit.forms.fields.applicators import possible_members, possible_schemas, unconditional
from dossierkit.forms.fields.branches import Alternatives, alternatives, branch_profile
from dossierkit.forms.fields.form import Picker
from dossierkit.forms.schema.facets import PER_FORM, Facet, Schemas, file_and_pointer
from dossierkit.pointers import ABSENT, Json, child, key

#: Keywords that can only narrow what other schemas declare.
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
    """What applies at one place: schemas, pickers, and discriminators."""

    facets: tuple[Facet, ...]
    pickers: tuple[Picker, ...] = ()
    #: Discriminator → the schemas of its values, one a branch; empty where the property is declared outside.
    drivers: tuple[tuple[str, tuple[tuple[Facet, Facet], ...]], ...] = ()
    #: (discriminator, a value as `key` writes it) of each branch that is deprecated.
    retired: frozenset[tuple[str, str]] = frozenset()
    #: Properties of a branch that its discriminator replaces.
    replaced: frozenset[tuple[Facet, str]] = frozenset()
    #: Schemas that would apply with other answers.
    dormant: tuple[Facet, ...] = ()
    #: The schemas of `if`.
    conditions: tuple[Facet, ...] = ()
    #: `null` is one of the alternatives.
    nullable: bool = False


#: A condition of these keywords alone depends on which answers certain members have, and on nothing else.
_ASKING = frozenset("properties required allOf anyOf oneOf $ref type title description $comment".split())  # noqa: SIM905  # read as words
#: Longer answers, in characters, are no key of a result.
_LONGEST = 80
#: Results that are kept for one set of schemas.
_MOST_RESULTS = 200


@attrs.define(eq=False)
class _Results:
    """For one set of schemas: what applies, by the answers of the members that decide about it."""

    #: What applies, where no answer changes it.
    always: Applicable | None = None
    #: The members that decide.
    reads: frozenset[str] = frozenset()
    by_answers: dict[tuple[str, ...], Applicable] = attrs.field(factory=dict)
    #: More than the answers of members decides: nothing is kept.
    opaque: bool = False

    def result(self, value: Json) -> Applicable | None:
        """What applies to *value*, where that is kept."""
        if self.always is not None or self.opaque:
            return self.always
        answers = _answers(self.reads, value)
        return self.by_answers.get(answers) if answers is not None else None

    def keep(self, schemas: Schemas, applicable: Applicable, value: Json) -> None:
        """Keep *applicable* for *value*, and for every value with the same answers of the members that decide."""
        if is_static(applicable):
            self.always = applicable
        if self.always is not None or self.opaque:
            return
        reads = _reads(schemas, applicable)
        if reads is None:
            self.opaque = True
            self.by_answers.clear()
            return
        if not reads <= self.reads or len(self.by_answers) > _MOST_RESULTS:
            # The keys so far were answers of too few members.
            self.reads |= reads
            self.by_answers.clear()
        answers = _answers(self.reads, value)
        if answers is not None:
            self.by_answers[answers] = applicable


#: Schemas → what applies with them.
_RESULTS = CacheSpec[tuple[Facet, ...], _Results]("applicable schemas", PER_FORM)


def applicable_at(
    schemas: Schemas, seeds: tuple[Facet, ...], value: Json, picks: Mapping[str, tuple[int, ...]] | None = None
) -> Applicable:
    """The schemas that apply where *seeds* apply to *value*; worked out once where few and short answers decide.

    Args:
        value: ABSENT where there is no answer yet.
        picks: picker name → branches, as a page had it; without it the value decides.

    Raises:
        SchemaError: a reference leads to nothing, or back to itself without descending.
    """
    if picks:
        return _Gathering(schemas, value, picks).run(seeds)
    cache = schemas.caches[_RESULTS]
    results = cache.get(seeds) or cache.keep(seeds, _Results())
    applicable = results.result(value)
    if applicable is None:
        applicable = _Gathering(schemas, value, {}).run(seeds)
        results.keep(schemas, applicable, value)
    return applicable


def is_static(applicable: Applicable) -> bool:
    """Whether no answer can change what applies."""
    if applicable.conditions or applicable.dormant or applicable.pickers or applicable.drivers:
        return False
    return not any(facet.get("dependentSchemas") for facet in applicable.facets)


def _answers(reads: frozenset[str], value: Json) -> tuple[str, ...] | None:
    """The answers of the members *reads* as texts; None where one of them is long, or *value* is no object."""
    if not isinstance(value, dict):
        return None
    texts = []
    for name in sorted(reads):
        answer = value.get(name, ABSENT)
        if isinstance(answer, dict | list) or (isinstance(answer, str) and len(answer) > _LONGEST):
            return None
        texts.append("" if answer is ABSENT else key(answer))
    return tuple(texts)


def _reads(schemas: Schemas, applicable: Applicable) -> frozenset[str] | None:
    """The members that decide what applies; None where more than their answers decides."""
    if applicable.pickers or applicable.drivers:
        return None
    names: set[str] = set()
    for condition in applicable.conditions:
        for facet in possible_schemas(schemas, (condition,)):
            if not isinstance(facet.schema, dict) or facet.schema.keys() - _ASKING:
                return None
            names.update(facet.schema.get("properties", ()), facet.schema.get("required", ()))
    for facet in applicable.facets:
        names.update(facet.get("dependentSchemas") or ())
    return frozenset(names)


@attrs.define(eq=False)
class _Gathering:
    """Collects the schemas that apply to one value, first what holds anyway, then the branches that are chosen."""

    schemas: Schemas
    value: Json
    picks: Mapping[str, tuple[int, ...]]
    facets: dict[Facet, None] = attrs.field(factory=dict)
    #: The members that they declare.
    names: set[str] = attrs.field(factory=set)
    path: list[Facet] = attrs.field(factory=list)
    unions: list[tuple[Facet, str]] = attrs.field(factory=list)
    pickers: list[Picker] = attrs.field(factory=list)
    drivers: dict[str, tuple[tuple[Facet, Facet], ...]] = attrs.field(factory=dict)
    retired: set[tuple[str, str]] = attrs.field(factory=set)
    replaced: set[tuple[Facet, str]] = attrs.field(factory=set)
    dormant: dict[Facet, None] = attrs.field(factory=dict)
    conditions: dict[Facet, None] = attrs.field(factory=dict)
    nullable: bool = False

    def run(self, seeds: Iterable[Facet]) -> Applicable:
        for seed in seeds:
            self.add(seed)
        # A branch that is chosen may bring alternatives of its own.
        for facet, keyword in self.unions:
            self.choose(facet, keyword)
        return Applicable(
            tuple(self.facets),
            tuple(self.pickers),
            tuple(self.drivers.items()),
            frozenset(self.retired),
            frozenset(self.replaced),
            tuple(f for f in self.dormant if f not in self.facets),
            tuple(self.conditions),
            self.nullable,
        )

    def add(self, facet: Facet) -> None:
        """Add *facet* and every schema that applies wherever it does."""
        if facet in self.path:
            file, pointer = file_and_pointer(facet)
            raise SchemaError([Fault("endless-ref", pointer, "this reference leads back to itself", file=file)])
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
        self._conditions(facet)
        self.path.pop()
        self.unions.extend((facet, keyword) for keyword in ("oneOf", "anyOf") if facet.schema.get(keyword))

    def _conditions(self, facet: Facet) -> None:
        if "if" in facet.schema:
            condition = self.schemas.below(facet, "/if", facet.schema["if"])
            self.conditions[condition] = None
            met = self.value is not ABSENT and self.schemas.accepts(condition, self.value)
            for keyword in ("then", "else"):
                if keyword in facet.schema:
                    branch = self.schemas.below(facet, f"/{keyword}", facet.schema[keyword])
                    holds = self.value is not ABSENT and met == (keyword == "then")
                    self._either(branch, holds)
        for name, item in facet.schema.get("dependentSchemas", {}).items():
            branch = self.schemas.below(facet, child("/dependentSchemas", name), item)
            self._either(branch, isinstance(self.value, dict) and name in self.value)

    def _either(self, branch: Facet, holds: bool) -> None:
        if holds:
            self.add(branch)
        else:
            self.dormant[branch] = None

    # --- alternatives ----------------------------------------------------------------------------------------

    def choose(self, facet: Facet, keyword: str) -> None:
        """Add the branches of *keyword* that apply, and note how another one is picked."""
        choice = alternatives(self.schemas, facet, keyword)
        if choice.constant:
            return
        self.nullable |= choice.nullable
        if len(choice.real) == 1:
            self.add(choice.real[0])
        elif choice.driver is not None:
            self.retired |= {(choice.driver, value) for value in choice.retired}
            self._drive(choice.driver, choice.pairs, keyword)
        elif not all(self._narrows(branch) for branch in choice.real):
            self._pick(choice, facet, keyword)

    def _drive(self, name: str, pairs: tuple[tuple[Facet, Facet], ...], keyword: str) -> None:
        declared, branches = name in self.names, [branch for branch, _ in pairs]
        present = self.value.get(name, ABSENT) if isinstance(self.value, dict) else ABSENT
        chosen = [b for b, p in pairs if present is not ABSENT and self.schemas.accepts(p, present)]
        if present is ABSENT and isinstance(self.value, dict) and self.value:
            # The discriminator has no answer: the other answers decide.
            chosen = self._valid(branches, keyword)
        self.drivers[name] = () if declared else pairs
        for branch in branches:
            if branch in chosen:
                before = len(self.facets)
                self.add(branch)
                self.replaced |= {(facet, name) for facet in islice(self.facets, before, None)}
            else:
                self.dormant[branch] = None

    def _pick(self, choice: Alternatives, facet: Facet, keyword: str) -> None:
        name, branches = str(len(self.pickers)), list(choice.real)
        mark = f"{zlib.crc32(f'{facet.location}/{keyword}'.encode()):08x}"
        wanted = self.picks.get(f"@{mark}", self.picks.get(name))
        picked = self._guess(branches, keyword) if wanted is None else wanted
        picked = tuple(index for index in dict.fromkeys(picked) if 0 <= index < len(branches))
        self.pickers.append(Picker(name, choice.choices, picked if keyword == "anyOf" else picked[:1], mark))
        for index, branch in enumerate(branches):
            self._either(branch, index in self.pickers[-1].picked)

    def _valid(self, branches: list[Facet], keyword: str) -> list[Facet]:
        valid = [branch for branch in branches if self.schemas.accepts(branch, self.value)]
        return valid[:1] if keyword == "oneOf" else valid

    def _guess(self, branches: list[Facet], keyword: str) -> tuple[int, ...]:
        """The branch that fits the value best; of `anyOf` also those that accept it and declare the rest of it.

        No branch where each of them would overwrite some of the value: then a person has to pick one.
        """
        if self.value is ABSENT or self.value == {} or self.value is None:
            return ()
        ranks = [self._rank(branch) for branch in branches]
        best = max(range(len(ranks)), key=lambda index: (ranks[index], -index))
        if ranks[best] == _MISFIT or self._is_untouched(branches[best]):
            return ()
        if keyword == "oneOf" or not isinstance(self.value, dict):
            return (best,)
        rest = self.value.keys() - possible_members(self.schemas, (branches[best],)).keys()
        more = [
            index
            for index, branch in enumerate(branches)
            if index != best
            and rest & possible_members(self.schemas, (branch,)).keys()
            and self.schemas.accepts(branch, self.value)
        ]
        return (best, *more)

    def _is_untouched(self, branch: Facet) -> bool:
        """Whether the value has no member that *branch* declares, so that it was not chosen."""
        names = possible_members(self.schemas, (branch,)).keys()
        free = branch_profile(self.schemas, branch).free
        return isinstance(self.value, dict) and bool(names) and not free and names.isdisjoint(self.value)

    def _rank(self, branch: Facet) -> tuple[int, int, int]:
        """How well *branch* fits the value: first whether it accepts and shows it, then how many of its members it declares."""
        profile = branch_profile(self.schemas, branch)
        if not all(_is_type(self.value, kind) for kind in profile.kinds) or profile.contradicts(self.value):
            return _MISFIT
        accepts = self.schemas.accepts(branch, self.value)
        if not isinstance(self.value, dict):
            return int(accepts), 0, 0
        declared = profile.names & self.value.keys()
        shows = accepts and (profile.free or bool(declared))
        return int(shows), 2 * len(declared) - len(profile.required - self.value.keys()), int(accepts)

    def _narrows(self, branch: Facet) -> bool:
        """Whether *branch* only narrows what is declared outside, so that there is nothing to choose."""
        for facet in unconditional(self.schemas, (branch,)):
            if not isinstance(facet.schema, dict):
                continue
            rest = facet.schema.keys() - NARROWING - {"$ref", "allOf", "properties"}
            if "type" in rest and any(facet.schema["type"] == other.get("type") for other in self.facets if other is not facet):
                rest -= {"type"}
            inner = facet.schema.get("properties", {})
            if rest or not all(name in self.names and _is_narrow(item) for name, item in inner.items()):
                return False
        return True


def _is_narrow(schema: Json) -> bool:
    return isinstance(schema, bool) or not schema.keys() - NARROWING - {"const", "enum"}


#: The rank of a branch that contradicts the value.
_MISFIT = (-1, 0, 0)

_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "number": (int, float),
    "integer": (int, float),
    "object": (dict,),
    "array": (list,),
    "boolean": (bool,),
    "null": (type(None),),
}


def _is_type(value: Json, type_: Json) -> bool:
    names = type_ if isinstance(type_, list) else [type_]
    if isinstance(value, bool):
        return "boolean" in names
    return any(isinstance(value, _TYPES.get(name, ())) for name in names)
