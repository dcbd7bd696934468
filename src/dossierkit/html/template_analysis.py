"""Analysis of templates: whether one only outputs the answer, so that it is rendered once, with a hole for the answer.

A template can also test an answer (`{% if c.text %}`), and a host can bring its own.  The syntax tree decides: any use of the
answer other than `{{ c.text }}` or `{{ value }}` counts as reading it.
"""

from __future__ import annotations

from collections.abc import Iterator

from jinja2 import Environment, TemplateNotFound, nodes

#: Functions that templates call with a control and that do not read its answer.
_BLIND = frozenset(("described", "attributes", "live", "star", "notes", "pickers"))
#: Attributes of a control that depend on its answer.
_ANSWER_ATTRIBUTES = frozenset(("text", "files"))


def only_outputs(environment: Environment, name: str) -> bool:
    """Whether the template *name*, with the templates that it extends, only outputs the answer of the control `c`."""
    if environment.loader is None:
        return False
    try:
        source, _, _ = environment.loader.get_source(environment, name)
    except TemplateNotFound:
        return False
    tree = environment.parse(source)
    if next(tree.find_all((nodes.Include, nodes.Import, nodes.FromImport, nodes.CallBlock)), None) is not None:
        return False
    if any(_reads_answer(parent, node) for parent, node in _with_parents(tree)):
        return False
    extended = [base.template for base in tree.find_all(nodes.Extends)]
    return all(isinstance(base, nodes.Const) and only_outputs(environment, base.value) for base in extended)


def _with_parents(node: nodes.Node) -> Iterator[tuple[nodes.Node, nodes.Node]]:
    for below in node.iter_child_nodes():
        yield node, below
        yield from _with_parents(below)


def _reads_answer(parent: nodes.Node, node: nodes.Node) -> bool:
    """Whether *node*, a child of *parent*, can read the answer: as the answer itself, or as the whole control."""
    if isinstance(node, nodes.Name) and node.name == "value":
        return not isinstance(parent, nodes.Output)
    if isinstance(node, nodes.Name) and node.name == "c":
        blind = isinstance(parent, nodes.Call) and isinstance(parent.node, nodes.Name) and parent.node.name in _BLIND
        return not (blind or isinstance(parent, nodes.Getattr))
    return (
        isinstance(node, nodes.Getattr)
        and node.attr in _ANSWER_ATTRIBUTES
        and not (node.attr == "text" and isinstance(parent, nodes.Output))
    )
