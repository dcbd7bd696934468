"""Uploads of a form: stored and named by an id, or refused with a problem."""

from __future__ import annotations

import base64

from starlette.datastructures import FormData, UploadFile

from dossierkit.dossiers.attachments.embedded import content_of
from dossierkit.dossiers.lifecycle.dossier import blobs_in
from dossierkit.files.intake import IncomingFile, Limits, Refusal, refusal, store
from dossierkit.forms import Field, Form, Kind, Layout, Problem, effective
from dossierkit.forms.answers.answer_map import map_answers
from dossierkit.forms.answers.blanks import is_nameless
from dossierkit.forms.answers.control_names import pointer_of
from dossierkit.forms.fields.field_tree import walk
from dossierkit.forms.fields.form import embeds, may_hold_file
from dossierkit.forms.words.readable_answers import file_limits, most_bytes
from dossierkit.pointers import ABSENT, Json, drop, get, put, texts_in
from dossierkit.ports import BlobStore, Scanner

#: Files of one field that says nothing else.
MAX_FILES = 5


def with_uploads(
    blobs: BlobStore,
    form: Form,
    posted: FormData,
    answers: Json,
    language: str,
    scanner: Scanner | None = None,
    *,
    layout: Layout | None = None,
) -> tuple[Json, tuple[Problem, ...]]:
    """*answers* with the ids of the uploaded files, and a problem for each refused file.

    A file for a field that does not hold is left alone.

    Args:
        layout: what the page has open; a row may consist of a file only.
    """
    if not any(isinstance(value, UploadFile) and value.filename for _, value in posted.multi_items()):
        return answers, ()
    root = effective(form, answers, layout=layout)
    fields = {field.control: field for field in walk(root) if field.kind is Kind.FILE}
    problems: list[Problem] = []
    uploads: dict[str, Json] = {}
    for name, value in posted.multi_items():
        kind, control = pointer_of(name)
        field = fields.get(control)
        if kind != "upload" or field is None or not isinstance(value, UploadFile) or not value.filename:
            continue
        pointer = field.pointer
        if is_nameless(field):
            # Nothing can be kept below an entry without a name; the file is asked for again.
            problems.append(Problem(pointer, "required", {}))
            continue
        before = uploads.get(pointer, get(answers, pointer))
        kept = before if isinstance(before, list) else []
        match refusal(incoming(value), _limits(field), kept=len(kept) if field.several else 0, scanner=scanner):
            case None:
                pass
            case Refusal.INFECTED | Refusal.UNSCANNED:
                problems.append(Problem(pointer, "unclean", {}))
                continue
            case _:
                problems.append(Problem(pointer, "x-file", {"limits": file_limits(field, language)}))
                continue
        if embeds(field):
            # One file answers it; its size was looked at.
            text = base64.b64encode(value.file.read()).decode()
            if content_of(field, text) is None:
                problems.append(Problem(pointer, "x-file", {"limits": file_limits(field, language)}))
            else:
                uploads[pointer] = text
            continue
        id = store(incoming(value), blobs)
        if isinstance(id, Refusal):
            problems.append(Problem(pointer, "unstored", {}))
            continue
        uploads[pointer] = [*kept, id] if field.several else id
    return map_answers(root, answers, lambda field, value: uploads.get(field.pointer, value)), tuple(problems)


def own_files(
    form: Form, answers: Json, known: frozenset[str], *, layout: Layout | None = None
) -> tuple[Json, tuple[Problem, ...]]:
    """*answers* without files other than those *known* of the dossier, and a problem for each field that names another.

    No field keeps such an id, since what is a text today may be a file once another answer changes.
    """
    foreign = blobs_in(answers) - known
    if not foreign and not form.schemas.any_schema(may_hold_file):
        return answers, ()
    problems: list[Problem] = []
    for field in walk(effective(form, answers, layout=layout)):
        value = get(answers, field.pointer) if field.leaf else ABSENT
        if embeds(field):
            if isinstance(value, str) and content_of(field, value) is None:
                problems.append(Problem(field.pointer, "no-file", {}))
                answers = drop(answers, field.pointer)
            continue
        unknown = frozenset(texts_in(value)) & foreign if field.kind is not Kind.FILE else frozenset(texts_in(value)) - known
        if unknown:
            problems.append(Problem(field.pointer, "no-file", {}))
            kept = [id for id in value if id not in unknown] if isinstance(value, list) else []
            answers = put(answers, field.pointer, kept) if kept else drop(answers, field.pointer)
    return answers, tuple(problems)


def incoming(file: UploadFile) -> IncomingFile:
    """*file* as the intake reads it."""
    return IncomingFile(file.filename or "", file.size or 0, file.file)


def _limits(field: Field) -> Limits:
    """The limits on files of *field*."""
    limits = field.keywords.get("x-file")
    limits = limits if isinstance(limits, dict) else {}
    most = int(limits.get("maxFiles") or field.keywords.get("maxItems") or MAX_FILES)
    suffixes = frozenset(str(kind).casefold() for kind in limits.get("accept", ()))
    return Limits(most_bytes(field), most, suffixes, known_kinds=False)
