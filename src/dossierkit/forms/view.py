"""Form × answers × problems × language → what a widget may know.

A `Control` is one field ready to be shown: words in one language, texts as they stand in the control, what is wrong.
Templates read controls and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from dossierkit.forms.form import Form, Kind, Layout, Problem
from dossierkit.forms.messages import schema_text, translated
from dossierkit.forms.pointers import Json
from dossierkit.forms.shown import Control, FormView, SectionView
from dossierkit.forms.viewer import Viewer
from dossierkit.forms.words import word


def view(
    form: Form,
    answers: Json,
    *,
    problems: Iterable[Problem] = (),
    language: str = "vi",
    layout: Layout | None = None,
) -> FormView:
    """The whole form for *answers*."""
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
    """The controls below *root* under the headings of the form; what no section lists stands last."""
    if root.field.kind is not Kind.GROUP or root.field.pickers:
        yield SectionView("s0", "", (root,))
        return
    left = {child.field.pointer + ("/~e" if child.field.kind is Kind.ENTRIES else ""): child for child in root.children}
    for number, section in enumerate(form.sections):
        listed = tuple(left.pop(pointer) for pointer in section.fields if pointer in left)
        if listed:
            yield SectionView(f"s{number + 1}", translated(form, section.title, section.origin, language), listed)
    if left:
        yield SectionView("s0", word("other-section", language) if form.sections else "", tuple(left.values()))
