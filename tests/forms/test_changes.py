"""The differences between two revisions of a form."""

from __future__ import annotations

from typing import Any

from dossierkit.forms import read
from dossierkit.forms.views.changes import Change, changes

TEXT = {"type": "string", "title": "Tên"}


def found(old: dict[str, Any], new: dict[str, Any], answers: Any = None, **more: Any) -> list[tuple[str, str]]:
    return [(one.kind, one.pointer) for one in changes(read(old), read(new), answers or {}, **more)]


def test_each_kind_of_change() -> None:
    old = {"required": ["k"], "properties": {"a": TEXT, "b": TEXT, "c": {"enum": ["x", "y"]}, "d": TEXT, "k": {"const": 1}}}
    new = {
        "required": ["b", "k"],
        "properties": {"a": {**TEXT, "title": "Họ tên"}, "b": TEXT, "c": {"enum": ["x", "z"]}, "e": TEXT, "k": {"const": 2}},
    }
    assert found(old, new) == [("required", "/b"), ("altered", "/c"), ("added", "/e"), ("removed", "/d")]


def test_the_same_form_has_no_changes() -> None:
    one = {"properties": {"g": {"type": "object", "properties": {"a": TEXT}}}}
    assert found(one, one) == []


def test_groups_are_named_once_and_what_is_in_them_too() -> None:
    old = {"properties": {"g": {"type": "object", "properties": {"a": TEXT}}}}
    new = {"required": ["g"], "properties": {"g": {"type": "object", "properties": {"a": {**TEXT, "maxLength": 3}}}}}
    assert found(old, new) == [("required", "/g"), ("altered", "/g/a")]


def test_labels_are_in_the_language_of_the_page() -> None:
    new = read({"properties": {"a": TEXT}, "x-translations": {"en": {"/properties/a/title": "Name"}}})
    assert changes(read({}), new, {}, language="en") == (Change("added", "/a", "Name"),)
