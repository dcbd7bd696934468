"""Which branches of a `oneOf` or `anyOf` a value belongs to, if nothing else tells which branch was chosen."""

from __future__ import annotations

from dossierkit.forms.fields.applicators import possible_members
from dossierkit.forms.fields.branches import branch_profile
from dossierkit.forms.schema.located_schemas import Facet, Schemas
from dossierkit.pointers import ABSENT, Json

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


def accepting_branches(schemas: Schemas, branches: list[Facet], keyword: str, value: Json) -> list[Facet]:
    """The *branches* that accept *value*; of `oneOf`, only the first one."""
    accepting = [branch for branch in branches if schemas.accepts(branch, value)]
    return accepting[:1] if keyword == "oneOf" else accepting


def fitting_branches(schemas: Schemas, branches: list[Facet], keyword: str, value: Json) -> tuple[int, ...]:
    """The index of the branch that fits *value* best; for `anyOf` also those that accept it and declare further members of it.

    Empty if every branch would overwrite a part of *value*, or if *value* is blank: then the user has to pick a branch.
    """
    if value is ABSENT or value == {} or value is None:
        return ()
    ranks = [_rank(schemas, branch, value) for branch in branches]
    best = max(range(len(ranks)), key=lambda index: (ranks[index], -index))
    if ranks[best] == _MISFIT or _is_unrelated(schemas, branches[best], value):
        return ()
    if keyword == "oneOf" or not isinstance(value, dict):
        return (best,)
    undeclared = value.keys() - possible_members(schemas, (branches[best],)).keys()
    further = [
        index
        for index, branch in enumerate(branches)
        if index != best and undeclared & possible_members(schemas, (branch,)).keys() and schemas.accepts(branch, value)
    ]
    return (best, *further)


def _is_unrelated(schemas: Schemas, branch: Facet, value: Json) -> bool:
    """Whether *branch* declares members, none of which *value* has."""
    names = possible_members(schemas, (branch,)).keys()
    free = branch_profile(schemas, branch).free
    return isinstance(value, dict) and bool(names) and not free and names.isdisjoint(value)


def _rank(schemas: Schemas, branch: Facet, value: Json) -> tuple[int, int, int]:
    """How well *branch* fits *value*; the larger, the better.

    First, whether it accepts the value and shows a part of it; second, how many members of the value it declares, less those
    that it requires in vain; third, whether it accepts the value.
    """
    profile = branch_profile(schemas, branch)
    if not all(_has_type(value, kind) for kind in profile.types) or profile.contradicts(value):
        return _MISFIT
    accepts = schemas.accepts(branch, value)
    if not isinstance(value, dict):
        return int(accepts), 0, 0
    declared = profile.names & value.keys()
    shows = accepts and (profile.free or bool(declared))
    return int(shows), 2 * len(declared) - len(profile.required - value.keys()), int(accepts)


def _has_type(value: Json, allowed: Json) -> bool:
    """Whether *value* has one of the types of the keyword `type`; a number passes for an integer, too."""
    names = allowed if isinstance(allowed, list) else [allowed]
    if isinstance(value, bool):
        return "boolean" in names
    return any(isinstance(value, _TYPES.get(name, ())) for name in names)
