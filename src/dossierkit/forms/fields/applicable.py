"""Which schemas hold at one place, given the value there.

Schemas reach a place by reference, `allOf`, `if/then/else`, `dependentSchemas`, `oneOf` and `anyOf`.  `hold` follows
all of them and tells, for each alternative, how somebody picks it:

- by a property that each alternative fixes to other values (a discriminator): its control is the chooser;
- by what the alternatives' constants are: they are choices of one field, not branches;
- otherwise by a control of its own, a `Picker`.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping
from itertools import islice

import attrs

from dossierkit.errors import SchemaError
from dossierkit.findings import Fault
from dossierkit.forms.fields.applicators import Alternatives, alternatives, branch_profile, declared, located, unconditional
from dossierkit.forms.fields.form import Picker
from dossierkit.forms.schema.subschemas import Facet, Schemas
from dossierkit.pointers import ABSENT, Json, child

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
class Held:
    """What holds at one place: schemas, pickers, and what the discriminators are."""

    facets: tuple[Facet, ...]
    pickers: tuple[Picker, ...] = ()
    #: Discriminator → the schemas of its values, one a branch; empty where the property is declared outside.
    drivers: tuple[tuple[str, tuple[tuple[Facet, Facet], ...]], ...] = ()
    #: (discriminator, a value as `key` writes it) of each branch that is deprecated.
    retired: frozenset[tuple[str, str]] = frozenset()
    #: Properties of a branch that its discriminator replaces.
    replaced: frozenset[tuple[Facet, str]] = frozenset()
    #: Schemas that would hold for other answers.
    dormant: tuple[Facet, ...] = ()
    #: What conditions look at.
    conditions: tuple[Facet, ...] = ()
    #: `null` is one of the alternatives.
    nullable: bool = False


def hold(schemas: Schemas, seeds: Iterable[Facet], value: Json, picks: Mapping[str, tuple[int, ...]] | None = None) -> Held:
    """What holds where *seeds* apply to *value* (ABSENT where nothing stands yet).

    Args:
        picks: picker name → branches, as a page had it; otherwise the value decides.

    Raises:
        SchemaError: a reference leads to nothing, or back to itself without descending.
    """
    return _Gathering(schemas, value, picks or {}).run(seeds)


@attrs.define(eq=False)
class _Gathering:
    schemas: Schemas
    value: Json
    picks: Mapping[str, tuple[int, ...]]
    found: dict[Facet, None] = attrs.field(factory=dict)
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

    def run(self, seeds: Iterable[Facet]) -> Held:
        for seed in seeds:
            self.add(seed)
        done = 0
        while done < len(self.unions):
            facet, keyword = self.unions[done]
            done += 1
            self.choose(facet, keyword)
        facets = tuple(self.found)
        return Held(
            facets,
            tuple(self.pickers),
            tuple(self.drivers.items()),
            frozenset(self.retired),
            frozenset(self.replaced),
            tuple(f for f in self.dormant if f not in self.found),
            tuple(self.conditions),
            self.nullable,
        )

    def add(self, facet: Facet) -> None:
        """Takes in *facet* and whatever applies wherever it does."""
        if facet in self.path:
            file, pointer = located(facet)
            raise SchemaError([Fault("endless-ref", pointer, "this reference leads back to itself", file=file)])
        if facet in self.found:
            return
        self.found[facet] = None
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
        """Takes in the branches of *keyword* that hold, and notes how another one is picked."""
        known = alternatives(self.schemas, facet, keyword)
        if known.constant:
            return
        self.nullable |= known.nullable
        if len(known.real) == 1:
            self.add(known.real[0])
        elif known.driver is not None:
            self.retired |= {(known.driver, value) for value in known.retired}
            self._drive(known.driver, known.pairs, keyword)
        elif not all(self._narrows(branch) for branch in known.real):
            self._pick(known, facet, keyword)

    def _drive(self, name: str, pairs: tuple[tuple[Facet, Facet], ...], keyword: str) -> None:
        declared, branches = name in self.names, [branch for branch, _ in pairs]
        present = self.value.get(name, ABSENT) if isinstance(self.value, dict) else ABSENT
        chosen = [b for b, p in pairs if present is not ABSENT and self.schemas.accepts(p, present)]
        if present is ABSENT and isinstance(self.value, dict) and self.value:
            # Without a word from the discriminator, what is there decides.
            chosen = self._valid(branches, keyword)
        self.drivers[name] = () if declared else pairs
        for branch in branches:
            if branch in chosen:
                before = len(self.found)
                self.add(branch)
                self.replaced |= {(facet, name) for facet in islice(self.found, before, None)}
            else:
                self.dormant[branch] = None

    def _pick(self, known: Alternatives, facet: Facet, keyword: str) -> None:
        name, branches = str(len(self.pickers)), list(known.real)
        mark = f"{zlib.crc32(f'{facet.location}/{keyword}'.encode()):08x}"
        wanted = self.picks.get(f"@{mark}", self.picks.get(name))
        picked = self._guess(branches, keyword) if wanted is None else wanted
        picked = tuple(index for index in dict.fromkeys(picked) if 0 <= index < len(branches))
        self.pickers.append(Picker(name, known.choices, picked if keyword == "anyOf" else picked[:1], mark))
        for index, branch in enumerate(branches):
            self._either(branch, index in self.pickers[-1].picked)

    def _valid(self, branches: list[Facet], keyword: str) -> list[Facet]:
        valid = [branch for branch in branches if self.schemas.accepts(branch, self.value)]
        return valid[:1] if keyword == "oneOf" else valid

    def _guess(self, branches: list[Facet], keyword: str) -> tuple[int, ...]:
        """The branch that the value is meant for; of `anyOf` also those that fit and declare the rest of it.

        None of them where every branch would overwrite some of the value: then somebody has to say which is meant.
        """
        if self.value is ABSENT or self.value == {} or self.value is None:
            return ()
        ranks = [self._rank(branch) for branch in branches]
        best = max(range(len(ranks)), key=lambda index: (ranks[index], -index))
        if ranks[best] == _MISFIT or self._is_untouched(branches[best]):
            return ()
        if keyword == "oneOf" or not isinstance(self.value, dict):
            return (best,)
        rest = self.value.keys() - declared(self.schemas, (branches[best],)).keys()
        more = [
            index
            for index, branch in enumerate(branches)
            if index != best and rest & declared(self.schemas, (branch,)).keys() and self.schemas.accepts(branch, self.value)
        ]
        return (best, *more)

    def _is_untouched(self, branch: Facet) -> bool:
        """Whether nothing stands in the value that *branch* declares: it was not chosen, then."""
        names = declared(self.schemas, (branch,)).keys()
        free = branch_profile(self.schemas, branch).free
        return isinstance(self.value, dict) and bool(names) and not free and names.isdisjoint(self.value)

    def _rank(self, branch: Facet) -> tuple[int, int, int]:
        """How well *branch* fits the value: one that accepts and shows it comes first, then what it declares of it counts."""
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
            if "type" in rest and any(facet.schema["type"] == other.get("type") for other in self.found if other is not facet):
                rest -= {"type"}
            inner = facet.schema.get("properties", {})
            if rest or not all(name in self.names and _is_narrow(item) for name, item in inner.items()):
                return False
        return True


def _is_narrow(schema: Json) -> bool:
    return isinstance(schema, bool) or not schema.keys() - NARROWING - {"const", "enum"}


#: The rank of a branch that cannot be meant.
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


def _is_type(value: Json, known: Json) -> bool:
    names = known if isinstance(known, list) else [known]
    if isinstance(value, bool):
        return "boolean" in names
    return any(isinstance(value, _TYPES.get(name, ())) for name in names)
