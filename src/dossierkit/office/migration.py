"""Changed procedures: their effect on drafts and open dossiers, and the migration of drafts."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import attrs

from dossierkit.dossiers.lifecycle.dossier import Dossier
from dossierkit.dossiers.lifecycle.transitions import RESOLVED
from dossierkit.dossiers.procedure.procedure import Procedure
from dossierkit.dossiers.states import State
from dossierkit.errors import SettingsError, StaleDossier
from dossierkit.forms.fields.form import Form, Layout
from dossierkit.forms.lint.comparison import EACH, after_moves
from dossierkit.office.engine import Engine
from dossierkit.pointers import join, split


@attrs.frozen
class Replay:
    """The result of checking stored answers against a new form."""

    #: State → number of dossiers, and number of those that would be refused.
    seen: Counter[State]
    refused: Counter[State]
    #: (state, pointer, rule) → number of dossiers; rows of a list count as one pointer.
    reasons: Counter[tuple[State, str, str]]


def replay(engine: Engine, new: Procedure, *, seen: Callable[[], object] = lambda: None) -> Replay:
    """Check every draft and open dossier of the procedure against *new*, after its moves.

    Of a draft, only problems that its own form does not have count.

    Args:
        seen: called after each dossier of the store.
    """
    counts = Replay(Counter(), Counter(), Counter())
    for dossier in engine.store.every():
        if dossier.procedure == new.code and is_open(dossier):
            counts.seen[dossier.state] += 1
            reasons = _reasons(engine, dossier, new)
            counts.refused[dossier.state] += bool(reasons)
            counts.reasons.update((dossier.state, place, rule) for place, rule in reasons)
        seen()
    return counts


def is_open(dossier: Dossier) -> bool:
    """Whether the answers of *dossier* may still have to be changed."""
    return dossier.state is not State.CANCELLED and dossier.state not in RESOLVED


def _reasons(engine: Engine, dossier: Dossier, new: Procedure) -> set[tuple[str, str]]:
    # Chosen branches belong to one revision and mean nothing in another.
    moved = attrs.evolve(dossier, answers=after_moves(dossier.answers, new.moves), layout=Layout())
    refusals = _refusals(engine, moved, new.form)
    if refusals and dossier.state is State.DRAFT:
        refusals -= _refusals(engine, dossier, engine.procedure_of(dossier).form)
    return refusals


def _refusals(engine: Engine, dossier: Dossier, form: Form) -> set[tuple[str, str]]:
    """(pointer, rule) of each problem of *dossier* under *form*, as its page would submit it."""
    answers = engine.whole(form, dossier.answers, dossier.layout)
    return {(_place(problem.at), problem.rule) for problem in engine.problems(dossier, form, answers)}


def _place(pointer: str) -> str:
    return join(EACH if part.isdigit() else part for part in split(pointer))


def migrate(engine: Engine, code: str, journal: Path | None = None) -> Iterator[tuple[str, bool]]:
    """Migrate every draft of the procedure *code* to the current revision; yields (id, whether it was migrated).

    A draft that is changed at the same moment is skipped; another run migrates it.

    Args:
        journal: a new file for `undo`; None: nothing is changed.

    Raises:
        UnknownProcedure: none has this code.
        SettingsError: *journal* exists already.
    """
    new = engine.procedure(code)
    if journal is None:
        yield from ((draft.id, True) for draft in _behind(engine, new))
        return
    engine.store.keep_bundle(new.revision, new.bundle.canonical())
    try:
        file = journal.open("x", encoding="utf-8")
    except FileExistsError:
        raise SettingsError(f"{journal} exists already; it is the journal of an earlier run") from None
    with file:
        for dossier in _behind(engine, new):
            # Written first; an undo skips entries that were never carried out.
            line = {"id": dossier.id, "revision": dossier.revision, "version": dossier.version + 1}
            file.write(json.dumps({**line, "moves": dict(new.moves)}) + "\n")
            file.flush()
            answers = after_moves(dossier.answers, new.moves)
            yield dossier.id, _replace(engine, attrs.evolve(dossier, revision=new.revision, answers=answers))


def _behind(engine: Engine, new: Procedure) -> Iterator[Dossier]:
    for dossier in engine.store.every():
        if dossier.procedure == new.code and dossier.state is State.DRAFT and dossier.revision != new.revision:
            yield dossier


def undo(engine: Engine, journal: Path) -> Iterator[tuple[str, bool]]:
    """Undo the migration of *journal*; yields (id, whether it was undone).  Drafts that were changed since are skipped.

    Raises:
        SettingsError: *journal* is malformed.
    """
    for number, text in enumerate(journal.read_text("utf-8").splitlines(), 1):
        try:
            line = json.loads(text)
            id, revision, version, moves = line["id"], line["revision"], line["version"], line["moves"]
        except (ValueError, KeyError, TypeError) as error:
            raise SettingsError(f"{journal}, line {number}: not an entry of a migration journal") from error
        dossier = engine.store.get(id)
        if dossier is None or dossier.version != version or dossier.state is not State.DRAFT:
            yield id, False
            continue
        answers = after_moves(dossier.answers, {new: old for old, new in reversed(moves.items())})
        yield id, _replace(engine, attrs.evolve(dossier, revision=revision, answers=answers))


def _replace(engine: Engine, changed: Dossier) -> bool:
    try:
        engine.store.replace(attrs.evolve(changed, version=changed.version + 1, changed=engine.clock.now()))
    except StaleDossier:
        return False
    return True
