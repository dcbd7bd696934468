"""`view`: a form with its answers and problems, in one language, as the controls that templates read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from dossierkit.findings import Problem
from dossierkit.forms.fields.field_tree import section_fields
from dossierkit.forms.fields.form import Form, Layout, Section
from dossierkit.forms.views.controls import Control, FormView, SectionView
from dossierkit.forms.views.viewer import Viewer
from dossierkit.forms.words.catalogue import word
from dossierkit.forms.words.titles import schema_text, translated
from dossierkit.pointers import Json


def view(
    form: Form,
    answers: Json,
    *,
    problems: Iterable[Problem] = (),
    language: str = "vi",
    layout: Layout | None = None,
) -> FormView:
    """The form for *answers*, with its *problems* at their fields.

    Args:
        layout: the state of the page that answers cannot hold.
    """
    viewer = Viewer.of(form, answers, problems=problems, language=language, layout=layout)
    root = viewer.tree(viewer.root)
    return FormView(
        schema_text(form, (form.root,), "title", language),
        schema_text(form, (form.root,), "description", language),
        tuple(sections(form, root, language)),
        viewer.summary(),
        root,
    )


def sections(form: Form, root: Control, language: str) -> Iterator[SectionView]:
    """The children of *root* by section; those that no section lists come last."""
    controls = {id(control.field): control for control in (root, *root.children)}
    for number, section, fields in section_fields(form, root.field):
        title = section_title(form, section, language)
        yield SectionView(f"s{number}", title, tuple(controls[id(field)] for field in fields))


def section_title(form: Form, section: Section | None, language: str) -> str:
    """The heading of *section*, or for None that of the fields that no section lists; empty in a form without sections."""
    if section is not None:
        return translated(form, section.title, section.origin, language)
    return word("other-section", language) if form.sections else ""
