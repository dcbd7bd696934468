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
from typing import Any, Generic, NamedTuple, TypeVar, get_args

import attrs
from cattrs import Converter
from cattrs.gen import make_dict_structure_fn, override

from dossierkit.pointers import Json, same

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
    converter.register_structure_hook_func(lambda type_: type_ == tuple[str, ...], lambda texts, _: tuple(texts))
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


class _Place(NamedTuple):  # no attrs class: every row that is read unpacks some of them
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


#: Errors of hooks that read a value of another type.
_UNREADABLE = (ValueError, TypeError, KeyError, AttributeError)


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
        self._whole, self._rest = type(default), rest
        if paths is None:
            paths = {path.rpartition(".")[2]: path for path in _paths(default) if path != rest}
        self._places = {name: _place(default, path) for name, path in paths.items()}
        self._parts = {place.part: type(getattr(default, place.part)) for place in self._places.values() if place.part}
        self._names = {part: frozenset(n for n, place in self._places.items() if place.part == part) for part in self._parts}
        self._read = self._reader(self._whole, "", {part: self._reader(kind, part, {}) for part, kind in self._parts.items()})

    def _reader(self, kind: type[Any], part: str, parts: Mapping[str, Callable[..., Any]]) -> Callable[[Any, Any], Any]:
        """The hook that reads a part, or the whole, from an object with the names of all its attributes."""
        names = {place.attribute: name for name, place in self._places.items() if place.part == part}
        renamed = {attribute: override(rename=name) for attribute, name in names.items()}
        omitted = {self._rest: override(omit=True)} if self._rest and not part else {}
        hooks = {name: override(struct_hook=hook) for name, hook in parts.items()}
        overrides: dict[str, Any] = {**renamed, **hooks, **omitted}
        return make_dict_structure_fn(kind, converter, **overrides)

    def register(self) -> FlatJson[T]:
        """Make it the way in which `converter` reads and writes the class; returns itself."""
        converter.register_structure_hook(self._whole, lambda body, _: self.read(body))
        converter.register_unstructure_hook(self._whole, self.write)
        return self

    def read(self, body: Mapping[str, Json]) -> T:
        """The value of *body*.

        Raises:
            KeyError: the class has no such attribute, nor one for the rest.
            ValueError, TypeError: a value is not of the type of its attribute, and the class has no attribute for the rest.
        """
        if self._rest:
            return self._read_leniently(body)
        if not body.keys() <= self._places.keys():
            raise KeyError(next(name for name in body if name not in self._places))
        parts = {part: body for part, names in self._names.items() if not names.isdisjoint(body)}
        value: T = self._read({**body, **parts}, self._whole)
        return value

    def _read_leniently(self, body: Mapping[str, Json]) -> T:
        values: defaultdict[str, dict[str, Any]] = defaultdict(dict)
        rest: dict[str, Json] = {}
        for name, stored in body.items():
            if name not in self._places:
                rest[name] = stored
                continue
            part, attribute, type_, read, write, _, default, is_loose = self._places[name]
            try:
                value = read(stored, type_)
            except _UNREADABLE:
                rest[name] = stored
                continue
            if value == default or (is_loose and not same(write(value), stored)):
                rest[name] = stored
            values[part][attribute] = value
        own = values.pop("", {})
        if rest:
            own[self._rest] = rest
        return self._whole(**own, **{part: self._parts[part](**attributes) for part, attributes in values.items()})

    def check(self, body: Mapping[str, Json]) -> None:
        """Raise UnreadableValue if a value in *body* is not of the type of its attribute."""
        for name, stored in body.items():
            if (place := self._places.get(name)) is not None:
                try:
                    place.read(stored, place.type)
                except _UNREADABLE as error:
                    raise UnreadableValue(name, stored, place.type) from error

    def write(self, value: T) -> dict[str, Json]:
        """The JSON of *value*."""
        body = {
            name: write(attribute)
            for name, (_, _, _, _, write, of, default, _) in self._places.items()
            if (attribute := of(value)) != default
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
