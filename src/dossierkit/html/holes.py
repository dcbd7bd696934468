"""Which templates write an answer and do nothing else with it: those are run once, with a hole for the answer.

A template may look at an answer (`{% if c.text %}`), and a host may bring its own.  So its syntax tree is asked first;
whatever is not plainly `{{ c.text }}` or `{{ value }}` counts as looking.
"""

from __future__ import annotations

from collections.abc import Iterator

from jinja2 import Environment, TemplateNotFound, nodes

#: What may be called with a control; none of them looks at the answer.
_BLIND = frozenset(("described", "attributes", "live", "star", "notes", "pickers"))
#: What a control says of its answer.
_TELLING = frozenset(("text", "files"))


def only_writes(environment: Environment, name: str) -> bool:
    """Whether the template *name*, with all that it extends, only writes the answer of the control `c` out."""
    if environment.loader is None:
        return False
    try:
        source, _, _ = environment.loader.get_source(environment, name)
    except TemplateNotFound:
        return False
    tree = environment.parse(source)
    if next(tree.find_all((nodes.Include, nodes.Import, nodes.FromImport, nodes.CallBlock)), None) is not None:
        return False
    if any(_looks(parent, node) for parent, node in _with_parents(tree)):
        return False
    extended = [base.template for base in tree.find_all(nodes.Extends)]
    return all(isinstance(base, nodes.Const) and only_writes(environment, base.value) for base in extended)


def _with_parents(node: nodes.Node) -> Iterator[tuple[nodes.Node, nodes.Node]]:
    for below in node.iter_child_nodes():
        yield node, below
        yield from _with_parents(below)


def _looks(parent: nodes.Node, node: nodes.Node) -> bool:
    """Whether *node*, right inside *parent*, is the answer or the whole control in a place where it may be looked at."""
    if isinstance(node, nodes.Name) and node.name == "value":
        return not isinstance(parent, nodes.Output)
    if isinstance(node, nodes.Name) and node.name == "c":
        blind = isinstance(parent, nodes.Call) and isinstance(parent.node, nodes.Name) and parent.node.name in _BLIND
        return not (blind or isinstance(parent, nodes.Getattr))
    return (
        isinstance(node, nodes.Getattr)
        and node.attr in _TELLING
        and not (node.attr == "text" and isinstance(parent, nodes.Output))
    )
