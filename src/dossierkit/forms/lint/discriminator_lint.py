"""Lint of discriminators: alternatives that nothing tells apart, or that share the value that should do so."""

from __future__ import annotations

from collections.abc import Iterator

from dossierkit.findings import Fault
from dossierkit.forms.fields.branches import Profile, branch_profile, property_of
from dossierkit.forms.fields.effective_fields import effective
from dossierkit.forms.fields.field_tree import walk
from dossierkit.forms.fields.form import Form
from dossierkit.forms.schema.located_schemas import Facet, file_and_pointer
from dossierkit.translatable import Words


def discriminator_faults(form: Form, facet: Facet) -> Iterator[Fault]:
    """A warning for each alternative of `oneOf` in *facet* that shares a constant and has none of its own."""
    branches = [form.schemas.below(facet, f"/oneOf/{index}", item) for index, item in enumerate(facet.get("oneOf") or ())]
    profiles = [branch_profile(form.schemas, branch) for branch in branches]
    first: dict[tuple[str, str], int] = {}
    for index, branch in enumerate(branches):
        for name, values in _constants(profiles, index):
            twin = first.setdefault((name, values), index)
            if twin == index or _are_apart(profiles[twin], profiles[index]):
                continue
            file, pointer = file_and_pointer(property_of(form.schemas, branch, name))
            message = Words(
                "{name!r} is {value} in alternative {twin}, too; give each alternative a value of its own",
                name=name,
                value=values,
                twin=twin,
            )
            yield Fault("same-discriminator", pointer, message, "warning", file)
            break


def _constants(profiles: list[Profile], index: int) -> Iterator[tuple[str, str]]:
    """(member, its only value) of the alternative *index*, for members that each alternative limits to some values."""
    limited = [{name for name, _ in profile.member_values} for profile in profiles]
    for name, values in profiles[index].member_values:
        if len(values) == 1 and all(name in names for names in limited):
            yield name, next(iter(values))


def _are_apart(one: Profile, other: Profile) -> bool:
    """Whether a member of both has different values in each."""
    others = dict(other.member_values)
    return any(name in others and others[name].isdisjoint(values) for name, values in one.member_values)


def undiscriminated_faults(form: Form) -> Iterator[Fault]:
    """A warning for each field whose page asks for one of its alternatives, since they have no discriminator."""
    for field in walk(effective(form, {})):
        is_named = any(True for facet in field.facets for _ in discriminator_faults(form, facet))
        if field.facets and not is_named and any(picker.name != "type" for picker in field.pickers):
            file, pointer = file_and_pointer(field.facets[0])
            message = Words(
                "nothing tells the alternatives apart; give each a property with a 'const' of its own, or at least a title"
            )
            yield Fault("no-discriminator", pointer, message, "warning", file)
