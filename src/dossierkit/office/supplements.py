"""Supplements: the answers and documents that an office asked for, and what they make of the bill."""

from __future__ import annotations

from collections.abc import Collection

import attrs

from dossierkit.dossiers.lifecycle.dossier import Attachment, Dossier
from dossierkit.dossiers.lifecycle.event_facts import BillChange
from dossierkit.dossiers.lifecycle.supplements import asked_documents, with_corrections, with_documents
from dossierkit.dossiers.money.billing import account, outstanding, rebilled, refundable
from dossierkit.dossiers.money.fees import fees
from dossierkit.dossiers.procedure.procedure import Procedure
from dossierkit.errors import RefusedAnswers
from dossierkit.forms.answers.page_layout import stored_layout
from dossierkit.forms.fields.form import Layout
from dossierkit.forms.lint.comparison import after_moves
from dossierkit.office.answer_checks import AnswerChecks
from dossierkit.office.context import Context
from dossierkit.office.dossiers import Dossiers
from dossierkit.office.procedures import Procedures
from dossierkit.pointers import Json, get, same


@attrs.frozen(eq=False)
class Supplements:
    """Supplements that citizens send at the request of the office."""

    context: Context
    procedures: Procedures
    checks: AnswerChecks
    dossiers: Dossiers

    def wanted(self, dossier: Dossier) -> tuple[Procedure, Json]:
        """See `Engine.wanted`."""
        if not dossier.handling.supplement.update:
            return self.procedures.of(dossier), dossier.answers
        newer = self.procedures.restored(dossier.handling.supplement.update, dossier.procedure)
        return newer, after_moves(dossier.answers, newer.moves)

    def supplemented(
        self,
        dossier: Dossier,
        answers: Json,
        files: tuple[Attachment, ...],
        layout: Layout | None,
        declared: Collection[str] = (),
    ) -> Dossier:
        """*dossier* with the supplement: of *answers* and *files* what was asked for, and what follows from it.

        Args:
            declared: codes of the documents that come on paper.

        Raises:
            RefusedAnswers: something is wrong in what was asked for, or a document is missing.
        """
        (procedure, before), asked = self.wanted(dossier), dossier.handling.supplement.asked
        form, opened = procedure.form, stored_layout(layout, answers) if layout is not None else Layout()
        whole = self.checks.whole(form, with_corrections(form, before, answers, asked, layout=opened), opened)
        # A file that was missing before and is not asked for is no reason to refuse what is.
        problems = tuple(
            problem
            for problem in self.checks.problems(attrs.evolve(dossier, layout=opened), form, whole)
            if problem.rule != "no-file" or problem.at in asked or not same(get(whole, problem.at), get(before, problem.at))
        )
        sent = {file.document for file in files}.union(self.declared(dossier, whole, declared))
        problems = (*problems, *procedure.absent(whole, {*asked_documents(asked)} - sent))
        if problems:
            raise RefusedAnswers(problems)
        return attrs.evolve(dossier, answers=whole, attachments=with_documents(dossier.attachments, files, asked))

    def declared(self, dossier: Dossier, answers: Json, declared: Collection[str]) -> tuple[str, ...]:
        """Those of *declared* that were asked for, and that the procedure takes on paper."""
        procedure, asked = self.wanted(dossier)[0], asked_documents(dossier.handling.supplement.asked)
        return tuple(code for code in procedure.paper_documents(answers) if code in asked and code in declared)

    def changes_nothing(
        self,
        dossier: Dossier,
        answers: Json,
        files: tuple[Attachment, ...] = (),
        *,
        layout: Layout | None = None,
        declared: Collection[str] = (),
    ) -> bool:
        """See `Engine.changes_nothing`."""
        supplemented = self.supplemented(dossier, answers, files, layout, declared)
        return self.is_as_before(dossier, supplemented) and not self.declared(dossier, supplemented.answers, declared)

    def is_as_before(self, dossier: Dossier, supplemented: Dossier) -> bool:
        """Whether *supplemented* says the same as *dossier*."""
        procedure, before = self.wanted(dossier)
        as_before = same(supplemented.answers, self.checks.whole(procedure.form, before))
        return as_before and supplemented.attachments == dossier.attachments

    def rebilled(self, dossier: Dossier, supplemented: Dossier) -> BillChange:
        """The change of the bill by a supplement."""
        channel = dossier.handling.channel
        before = fees(self.procedures.of(dossier), dossier.answers, channel)
        after = fees(self.wanted(dossier)[0], supplemented.answers, channel)
        return rebilled(before, after, dossier.handling, account(self.dossiers.history(dossier)))

    def refundable(self, dossier: Dossier) -> BillChange:
        """The change of the bill if *dossier* ends without a result."""
        return refundable(account(self.dossiers.history(dossier)))

    def outstanding(self, dossier: Dossier) -> int | None:
        """See `Engine.outstanding`."""
        charged = fees(self.procedures.of(dossier), dossier.answers, dossier.handling.channel)
        return outstanding(charged, dossier.handling, account(self.dossiers.history(dossier)))
