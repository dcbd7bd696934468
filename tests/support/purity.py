"""Impure code, found by reading a module: calls of a clock, a disk, chance or a terminal, and state that an import keeps."""

from __future__ import annotations

import ast
from collections.abc import Iterator

#: Methods of values that ask a clock, whatever the value is called.
_CLOCK = frozenset(("now", "utcnow", "today"))
_BUILTIN = frozenset(("open", "print", "input", "exec", "eval", "compile", "__import__", "breakpoint"))
_FILES = frozenset(("read_text", "read_bytes", "write_text", "write_bytes", "unlink", "mkdir", "environ", "getenv", "urandom"))


def impurities(source: str) -> Iterator[str]:
    """Each impure line of *source*: its number, and what it does."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Attribute(attr=name, value=value)) if name in _CLOCK and _is_type_of_time(value):
                yield f"{node.lineno}: {ast.unparse(node)} asks a clock"
            case ast.Call(func=ast.Name(id=name)) if name in _BUILTIN:
                yield f"{node.lineno}: {name}(…)"
            case ast.Attribute(attr=name) if name in _FILES:
                yield f"{node.lineno}: …{name} reaches the machine"
            case ast.Global(names=names):
                yield f"{node.lineno}: global {', '.join(names)}"
    yield from _module_state(tree)


def _is_type_of_time(value: ast.expr) -> bool:
    return ast.unparse(value).rpartition(".")[2] in ("datetime", "date", "time")


def _module_state(tree: ast.Module) -> Iterator[str]:
    """Containers of a module that its own functions change."""
    containers = {
        target.id
        for node in tree.body
        if isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(node.value, ast.Dict | ast.List | ast.Set | ast.Call)
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        if isinstance(target, ast.Name)
    }
    changes = frozenset(("append", "add", "update", "setdefault", "pop", "clear", "extend", "insert", "remove", "popitem"))
    for function in (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)):
        local = {node.id for node in ast.walk(function) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
        for node in ast.walk(function):
            match node:
                case ast.Call(func=ast.Attribute(attr=method, value=ast.Name(id=name))) if (
                    method in changes and name in containers - local
                ):
                    yield f"{node.lineno}: {name}.{method}(…) changes state of the module"
                case ast.Subscript(value=ast.Name(id=name), ctx=ast.Store() | ast.Del()) if name in containers - local:
                    yield f"{node.lineno}: {name}[…] changes state of the module"
