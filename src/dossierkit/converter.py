"""Values as JSON and back: one cattrs converter for what is stored and exported.

Dates and times are ISO 8601 text, enumerations their values, tuples lists, other attrs classes objects.  The converter trusts
what it reads: the type of a text, a number or a truth value is not checked.
"""

from __future__ import annotations

from datetime import date, datetime
from enum import Enum
from typing import Any

from cattrs import Converter


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
    converter.register_structure_hook_func(lambda type_: type_ in (str, int, bool), _as_it_is)
    return converter


#: Modules add hooks for their own classes where they define them.
converter = _converter()
