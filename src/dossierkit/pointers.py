"""JSON Pointers (RFC 6901): the position of a value in a document."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any, TypeAlias
from urllib.parse import quote

_INDEX = re.compile(r"0|[1-9][0-9]{0,8}")

#: A JSON value as `json.loads` gives it.
Json: TypeAlias = Any

#: The result of `get` for a pointer to nothing; never a JSON value.
ABSENT: Any = type("Absent", (), {"__repr__": lambda _: "ABSENT", "__bool__": lambda _: False})()


def escape(token: str) -> str:
    """*token* as it is written between two slashes."""
    return token.replace("~", "~0").replace("/", "~1") if "~" in token or "/" in token else token


def child(pointer: str, token: str | int) -> str:
    """The pointer of the member or element *token* below *pointer*."""
    return f"{pointer}/{token}" if isinstance(token, int) else f"{pointer}/{escape(token)}"


def join(tokens: Iterable[str | int]) -> str:
    """The pointer that walks *tokens* from the root."""
    parts = ("", *map(str, tokens))
    pointer = "/".join(parts)
    if "~" in pointer or pointer.count("/") >= len(parts):
        pointer = "/".join(map(escape, parts))
    return pointer


def fragment(pointer: str) -> str:
    """*pointer* as it is written behind the # of a URI."""
    return quote(pointer, safe="/~!$&'()*+,;=:@-._")


def split(pointer: str) -> tuple[str, ...]:
    """The unescaped tokens of *pointer*.

    Raises:
        ValueError: *pointer* is neither empty nor begins with a slash.
    """
    if not pointer:
        return ()
    if not pointer.startswith("/"):
        raise ValueError(f"{pointer!r} is no JSON Pointer: it must be empty or begin with '/'")
    return tuple(t.replace("~1", "/").replace("~0", "~") for t in pointer[1:].split("/"))


def parent(pointer: str) -> str:
    """The pointer one level up; the root is its own parent."""
    return pointer.rpartition("/")[0]


def last(pointer: str) -> str:
    """The unescaped last token; empty for the root."""
    return pointer.rpartition("/")[2].replace("~1", "/").replace("~0", "~")


def step(value: Json, token: str) -> Json:
    """The member or element *token* of *value*, or ABSENT."""
    if isinstance(value, dict):
        return value.get(token, ABSENT)
    if isinstance(value, list) and _INDEX.fullmatch(token) and int(token) < len(value):
        return value[int(token)]
    return ABSENT


def get(value: Json, pointer: str) -> Json:
    """The value at *pointer* in *value*, or ABSENT."""
    for token in split(pointer):
        value = step(value, token)
        if value is ABSENT:
            return ABSENT
    return value


def put(value: Json, pointer: str, new: Json) -> Json:
    """*value* with *new* at *pointer*; groups on the way are made, *value* itself is not changed."""
    tokens = split(pointer)
    return _put(value, tokens, new) if tokens else new


def _put(value: Json, tokens: tuple[str, ...], new: Json) -> Json:
    head, rest = tokens[0], tokens[1:]
    if isinstance(value, list) and step(value, head) is not ABSENT:
        index = int(head)
        inner = _put(value[index], rest, new) if rest else new
        return [*value[:index], inner, *value[index + 1 :]]
    members = dict(value) if isinstance(value, dict) else {}
    members[head] = _put(members.get(head), rest, new) if rest else new
    return members


def drop(value: Json, pointer: str) -> Json:
    """*value* without its part at *pointer*; list elements after it move up."""
    above = get(value, parent(pointer)) if pointer else ABSENT
    name = last(pointer)
    if isinstance(above, dict) and name in above:
        return put(value, parent(pointer), {k: v for k, v in above.items() if k != name})
    if isinstance(above, list) and step(above, name) is not ABSENT:
        index = int(name)
        return put(value, parent(pointer), above[:index] + above[index + 1 :])
    return value


def same(left: Json, right: Json) -> bool:
    """JSON equality: 1 is 1.0, but `true` is not 1."""
    if left is right:
        return True
    if isinstance(left, bool) or isinstance(right, bool):
        return False
    if isinstance(left, dict):
        if not isinstance(right, dict) or left.keys() != right.keys():
            return False
        return all(same(value, right[key]) for key, value in left.items() if value is not right[key])
    if isinstance(left, list):
        if not isinstance(right, list) or len(left) != len(right):
            return False
        return all(same(a, b) for a, b in zip(left, right, strict=True) if a is not b)
    return type(right) not in (dict, list) and bool(left == right)


def key(value: Json) -> str:
    """A text that two values share exactly when they are the `same`."""
    if isinstance(value, bool) or value is None:
        return repr(value)
    if isinstance(value, float) and value.is_integer():
        return repr(int(value))
    if isinstance(value, list):
        return "[" + ",".join(map(key, value)) + "]"
    if isinstance(value, dict):
        return "{" + ",".join(f"{k!r}:{key(v)}" for k, v in sorted(value.items())) + "}"
    return repr(value)


def texts_in(value: Json) -> Iterator[str]:
    """Every text in *value*, names of members apart."""
    if isinstance(value, str):
        yield value
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        if isinstance(item, str):
            yield item
        elif isinstance(item, dict | list):
            yield from texts_in(item)
