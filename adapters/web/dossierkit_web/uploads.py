"""Files that come with a page: kept and named by an id, or refused with words."""

from __future__ import annotations

from pathlib import PurePosixPath

from starlette.datastructures import FormData, UploadFile

from dossierkit.forms import Field, Form, Problem, effective
from dossierkit.forms.controls import pointer_of
from dossierkit.forms.pointers import Json, get, put
from dossierkit.forms.readable import file_limits
from dossierkit.forms.tree import walk
from dossierkit.ports import BlobStore

MAX_BYTES = 10_485_760
MAX_FILES = 5


def with_uploads(
    blobs: BlobStore, form: Form, posted: FormData, answers: Json, language: str
) -> tuple[Json, tuple[Problem, ...]]:
    """*answers* with the ids of the files that came along, and a problem for each file beyond its limits.

    A file for a field that does not hold is left alone.
    """
    if not any(isinstance(value, UploadFile) and value.filename for _, value in posted.multi_items()):
        return answers, ()
    fields = {field.pointer: field for field in walk(effective(form, answers)) if field.widget in ("file", "files")}
    problems: list[Problem] = []
    for name, value in posted.multi_items():
        kind, pointer = pointer_of(name)
        field = fields.get(pointer)
        if kind != "upload" or field is None or not isinstance(value, UploadFile) or not value.filename:
            continue
        before = get(answers, pointer)
        kept = before if isinstance(before, list) else []
        if not _fits(field, value, len(kept)):
            problems.append(Problem(pointer, "x-file", {"limits": file_limits(field, language)}))
            continue
        id = blobs.put(value.filename, value.file)
        answers = put(answers, pointer, [*kept, id] if field.several else id)
    return answers, tuple(problems)


def _fits(field: Field, file: UploadFile, kept: int) -> bool:
    """Whether the file is of a kind and size that the field takes, and there is room for it."""
    limits = field.keywords.get("x-file")
    limits = limits if isinstance(limits, dict) else {}
    kinds = [str(kind).casefold() for kind in limits.get("accept", ())]
    suffix = PurePosixPath(file.filename or "").suffix.casefold()
    size = file.size if file.size is not None else MAX_BYTES + 1
    room = not field.several or kept < int(limits.get("maxFiles") or field.keywords.get("maxItems") or MAX_FILES)
    return (not kinds or suffix in kinds) and 0 < size <= limits.get("maxBytes", MAX_BYTES) and room
