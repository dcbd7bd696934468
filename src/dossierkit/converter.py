"""Values as JSON and back: one cattrs converter for what is stored and exported.

Dates and times are ISO 8601 text, enumerations their values, tuples lists, other attrs classes objects.  The converter trusts
what it reads: the type of a text, a number or a truth value is not checked.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from datetime import date, datetime
from enum import Enum
from operator import attrgetter
from typing import Any, Generic, TypeVar, get_args

import attrs
from cattrs import Converter

from dossierkit.pointers import Json

T = TypeVar("T")


#: Types whose JSON is the value itself.
_EXACT = (str, int, bool, str | None, int | None, bool | None)


def _as_it_is(value: Any, _type: Any) -> Any:
    return value


def _moment_or_none(text: Any, _type: Any) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _converter() -> Converter:
    # Errors come as they are: callers tell KeyError, TypeError and ValueError apart, and pay for no groups of them.
    converter = Converter(detailed_validation=False)
    converter.register_unstructure_hook(date, date.isoformat)
    converter.register_unstructure_hook(datetime, datetime.isoformat)
    converter.register_unstructure_hook(Enum, lambda member: member.value)
    converter.register_structure_hook(date, lambda text, _: date.fromisoformat(text))
    converter.register_structure_hook(datetime, lambda text, _: datetime.fromisoformat(text))
    converter.register_structure_hook(datetime | None, _moment_or_none)
    # By identity: a hook for the class would serve its subclasses, too, and IntEnum and StrEnum are some.
    converter.register_structure_hook_func(lambda type_: type_ in _EXACT, _as_it_is)
    return converter


class WrongType(ValueError):
    """A value that is not of the *expected* type; *value* is what was written."""

    def __init__(self, value: object, expected: type) -> None:
        super().__init__(f"{value!r} is not of the type {expected.__name__}")
        self.value = value
        self.expected = expected


def _of_its_type(value: Any, type_: type) -> Any:
    # isinstance would accept `true` for a number, as a bool is an int in Python.
    if type(value) is not type_:
        raise WrongType(value, type_)
    return value


def strict_converter() -> Converter:
    """A new converter for what people write: it checks types, refuses unknown members, and reports every fault at once."""
    strict = Converter(detailed_validation=True, forbid_extra_keys=True)
    for type_ in (str, int, bool):
        strict.register_structure_hook(type_, _of_its_type)
    return strict


#: Modules add hooks for their own classes where they define them.
converter = _converter()


class UnreadableValue(ValueError):
    """The value of an attribute is not of its type; *name* is that of the attribute in JSON."""

    def __init__(self, name: str, value: Json, type_: Any) -> None:
        kinds = [kind for kind in (type_, *get_args(type_)) if isinstance(kind, type) and issubclass(kind, Enum)]
        values = [str(member.value) for kind in kinds for member in kind]
        super().__init__(f"{value!r} is no {name}" + (f"; known: {', '.join(values)}" if values else ""))
        self.name = name


@attrs.frozen
class _Place:
    """The attribute that a name in JSON means."""

    #: Attribute that holds the part; empty for the whole value.
    part: str
    attribute: str
    type: Any
    read: Callable[[Json, Any], Any]
    write: Callable[[Any], Json]
    of: Callable[[Any], Any]
    default: Any
    #: Whether two texts may be read as the same value.
    is_loose: bool

    def value(self, name: str, stored: Json) -> Any:
        """The value of the attribute *name* in JSON."""
        try:
            return self.read(stored, self.type)
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise UnreadableValue(name, stored, self.type) from error


class FlatJson(Generic[T]):
    """The JSON of a class as one flat object, over which its parts, attrs classes again, are spread.

    Args:
        default: the value without JSON: attributes as in it are not written.
        paths: name → attribute, `due` → `clock.due`, in the order in which they are written; None: every attribute under its
            own name.
        rest: attribute for names that the class does not know and for values that it cannot read, or would write differently:
            they are written as they were read.
    """

    def __init__(self, default: T, paths: Mapping[str, str] | None = None, *, rest: str = "") -> None:
        self.default, self._rest, self._whole = default, rest, type(default)
        found = paths if paths is not None else {path.rpartition(".")[2]: path for path in _paths(default) if path != rest}
        self._places = {name: _place(default, path) for name, path in found.items()}
        converter.register_structure_hook(self._whole, lambda body, _: self.read(body))
        converter.register_unstructure_hook(self._whole, self.write)

    def read(self, body: Mapping[str, Json]) -> T:
        """The value of *body*.

        Raises:
            KeyError: the class has no such attribute, nor one for the rest.
            UnreadableValue: a value is not of the type of its attribute, and the class has no attribute for the rest.
        """
        values: defaultdict[str, dict[str, Any]] = defaultdict(dict)
        rest: dict[str, Json] = {}
        for name, stored in body.items():
            place = self._places.get(name) if self._rest else self._places[name]
            if place is None:
                rest[name] = stored
                continue
            try:
                value = place.value(name, stored)
            except UnreadableValue:
                if not self._rest:
                    raise
                rest[name] = stored
                continue
            if self._rest and (value == place.default or (place.is_loose and place.write(value) != stored)):
                rest[name] = stored
            values[place.part][place.attribute] = value
        own = values.pop("", {})
        if rest:
            own[self._rest] = rest
        return self._whole(**own, **{part: type(getattr(self.default, part))(**changes) for part, changes in values.items()})

    def check(self, body: Mapping[str, Json]) -> None:
        """Raise UnreadableValue if a value in *body* is not of the type of its attribute."""
        for name, stored in body.items():
            if name in self._places:
                self._places[name].value(name, stored)

    def write(self, value: T) -> dict[str, Json]:
        """The JSON of *value*."""
        body = {
            name: place.write(attribute)
            for name, place in self._places.items()
            if (attribute := place.of(value)) != place.default
        }
        return body | getattr(value, self._rest) if self._rest else body

    def get(self, value: T, name: str) -> Any:
        """The attribute of *value* that *name* means in JSON."""
        return self._places[name].of(value)


def _paths(default: Any) -> list[str]:
    """`clock.due` for each attribute of each part of *default*, `unit` for its own ones."""
    paths = []
    for field in attrs.fields(type(default)):
        part = getattr(default, field.name)
        paths += [f"{field.name}.{inner}" for inner in _paths(part)] if attrs.has(type(part)) else [field.name]
    return paths


def _place(default: Any, path: str) -> _Place:
    part, _, attribute = path.rpartition(".")
    owner = type(getattr(default, part)) if part else type(default)
    type_ = getattr(attrs.fields(attrs.resolve_types(owner)), attribute).type
    read, write = converter.get_structure_hook(type_), converter.get_unstructure_hook(type_)
    of = attrgetter(path)
    return _Place(part, attribute, type_, read, write, of, of(default), type_ not in _EXACT)
