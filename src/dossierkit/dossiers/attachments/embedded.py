"""Files that are answers themselves: base64 text, where a schema says `contentEncoding` and `contentMediaType`."""

from __future__ import annotations

import base64
import binascii
import hashlib

from dossierkit.dossiers.attachments.file_types import KNOWN, shown_name
from dossierkit.dossiers.lifecycle.dossier import Attachment
from dossierkit.forms.fields.form import Field, Form, embeds
from dossierkit.forms.words.readable_answers import most_bytes
from dossierkit.forms.words.titles import label
from dossierkit.pointers import Json


def content_of(field: Field, answer: Json) -> bytes | None:
    """The bytes of the file that *answer* is; None where it is none that *field* takes: too large, or of another kind."""
    if not isinstance(answer, str) or len(answer) > 2 * most_bytes(field):
        return None
    try:
        content = base64.b64decode(answer, validate=True)
    except (binascii.Error, ValueError):
        return None
    starts = [start for kind, begins in KNOWN.values() if kind == media_type_of(field) for start in begins]
    as_said = not starts or content.startswith(tuple(starts))
    return content if as_said and 0 < len(content) <= most_bytes(field) else None


def media_type_of(field: Field) -> str:
    """The media type that the schema of *field* declares for its file."""
    return str(field.keywords.get("contentMediaType", ""))


def file_of(form: Form, field: Field, answer: Json, language: str = "vi") -> Attachment | None:
    """The file that answers *field*, called as the field is; None where there is none."""
    content = content_of(field, answer) if embeds(field) else None
    if content is None:
        return None
    suffix = next((suffix for suffix, (kind, _) in KNOWN.items() if kind == media_type_of(field)), "")
    id = f"answer-{hashlib.sha256(content).hexdigest()}"
    return Attachment("", id, shown_name(label(form, field, language) + suffix), len(content), media_type_of(field))
