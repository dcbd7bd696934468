"""Checks of answers for submission: canonical form, and every problem, including files and fees."""

from __future__ import annotations

import logging

import attrs

from dossierkit.dossiers.attachments.embedded import content_of
from dossierkit.dossiers.lifecycle.dossier import BLOB, Dossier
from dossierkit.dossiers.money.fees import unanswered
from dossierkit.errors import RefusedAnswers
from dossierkit.findings import Problem
from dossierkit.forms import Kind, as_sent, check, effective
from dossierkit.forms.checks.problems import fits
from dossierkit.forms.fields.field_tree import walk
from dossierkit.forms.fields.form import Form, Layout, embeds, may_hold_file
from dossierkit.forms.schema.rules import compute
from dossierkit.office.context import Context
from dossierkit.office.procedures import Procedures
from dossierkit.pointers import ABSENT, Json, get, same, texts_in

_log = logging.getLogger(__name__)


@attrs.frozen(eq=False)
class AnswerChecks:
    """Checks of the answers of a dossier."""

    context: Context
    procedures: Procedures

    def whole(self, form: Form, answers: Json, layout: Layout | None = None) -> Json:
        """*answers* as they are submitted: canonical, with computed values.

        Args:
            layout: the chosen branches of a draft.
        """
        return as_sent(form, answers, today=self.context.today(), layout=layout)

    def of_draft(self, dossier: Dossier) -> tuple[Problem, ...]:
        """See `Engine.check`."""
        procedure = self.procedures.of(dossier)
        answers = self.whole(procedure.form, dossier.answers, dossier.layout)
        return (*self.problems(dossier, procedure.form, answers), *procedure.unsent(dossier, answers))

    def problems(self, dossier: Dossier, form: Form, answers: Json) -> tuple[Problem, ...]:
        """See `Engine.problems`."""
        problems = check(form, answers, today=self.context.today(), layout=dossier.layout)
        for problem in problems:
            if "failure" in problem.params:
                _log.error("a rule of %s fails: %s", dossier.procedure, problem.params["failure"])
        wrong = {problem.at for problem in problems}
        others = (*self._of_files(dossier, form, answers), *self._of_fees(dossier, form, answers))
        return (*problems, *(problem for problem in others if problem.at not in wrong))

    def guard_files(self, dossier: Dossier, form: Form, answers: Json, before: Json) -> None:
        """Check that the files in *answers* are the owner's, or were in the answers *before*.

        Raises:
            RefusedAnswers: a file is not.
        """
        problems = self._of_files(dossier, form, answers)
        if new := tuple(problem for problem in problems if not same(get(answers, problem.at), get(before, problem.at))):
            raise RefusedAnswers(new)

    def _of_fees(self, dossier: Dossier, form: Form, answers: Json) -> tuple[Problem, ...]:
        """Unanswered fields that a fee due at submission depends on."""
        procedure = self.procedures.of(dossier)
        if dossier.code is not None or procedure.form is not form:
            return ()
        whole = compute(form.computed, answers, self.context.today())
        return unanswered(procedure, whole, dossier.handling.channel, dossier.layout)

    def _of_files(self, dossier: Dossier, form: Form, answers: Json) -> tuple[Problem, ...]:
        """A problem for each field that names a missing file, or a file of another owner.

        Every field is checked for texts in the form of a file id, as a text field may become a file field when another
        answer changes.
        """
        if not form.schemas.any_schema(may_hold_file) and not any(map(BLOB.fullmatch, texts_in(answers))):
            return ()
        return tuple(
            Problem(field.pointer, "no-file", {})
            for field in walk(effective(form, answers, layout=dossier.layout))
            if field.leaf
            and (value := get(answers, field.pointer)) is not ABSENT
            and not (
                content_of(field, value) is not None
                if embeds(field)
                else all(
                    self._is_own(dossier, text) for text in texts_in(value) if field.kind is Kind.FILE or BLOB.fullmatch(text)
                )
            )
        )

    def _is_own(self, dossier: Dossier, id: str) -> bool:
        """Whether the file *id* exists and no dossier of another owner names it."""
        if not BLOB.fullmatch(id) or self.context.store.owners(id) - {dossier.owner}:
            return False
        content = self.context.blobs.open(id) if self.context.blobs is not None else None
        if content is not None:
            content.close()
        return self.context.blobs is None or content is not None

    def fits(self, dossier: Dossier) -> bool:
        """Whether the revision that *dossier* was filed under accepts its answers; a draft may hold anything."""
        has_answers = dossier.submitted is not None and dossier.handling.erasure.done is None
        if not has_answers:
            return True
        form = self.procedures.of(dossier).form
        return fits(form, dossier.answers) and all(
            BLOB.fullmatch(text)
            for field in walk(effective(form, dossier.answers))
            if field.kind is Kind.FILE and not embeds(field)
            for text in texts_in(get(dossier.answers, field.pointer))
        )
