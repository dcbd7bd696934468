"""A posted form as texts and files: its bytes are UTF-8, or the form is refused."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import parse_qsl

from python_multipart.multipart import parse_options_header
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

#: The most bytes of one field.
_LONGEST_FIELD = 2**20


@asynccontextmanager
async def read_form(request: Request, *, max_files: int, max_fields: int) -> AsyncIterator[FormData]:
    """The form that *request* posts; its files are closed at the end.  Another kind of body is an empty form.

    Raises:
        HTTPException: 400, the parts cannot be told apart or are too many; 422, a name or a value is not UTF-8, or holds
            U+0000.
    """
    kind = parse_options_header(request.headers.get("content-type"))[0]
    try:
        if kind == b"multipart/form-data":
            parser = _Parts(
                request.headers, request.stream(), max_files=max_files, max_fields=max_fields, max_part_size=_LONGEST_FIELD
            )
            form = await parser.parse()
        elif kind == b"application/x-www-form-urlencoded":
            form = _fields(await request.body(), max_fields)
        else:
            form = FormData()
    except UnicodeError as error:
        raise HTTPException(422) from error
    except MultiPartException as error:
        raise HTTPException(400, error.message) from error
    try:
        yield form
    finally:
        await form.close()


def _fields(body: bytes, limit: int) -> FormData:
    if body.count(b"&") >= limit:
        raise MultiPartException(f"more than {limit} fields")
    pairs = parse_qsl(_strict(body), keep_blank_values=True, errors="strict")
    for pair in pairs:
        for text in pair:
            if len(text) > _LONGEST_FIELD:
                raise MultiPartException("a field is too long")
            _strict(text.encode())
    return FormData([(name, text) for name, text in pairs])


class _Parts(MultiPartParser):
    """Starlette takes a part that is not UTF-8 for Latin-1; here it is an error, and so is another charset."""

    def on_headers_finished(self) -> None:
        """Called when the headers of a part are read."""
        if self._charset != "utf-8":
            raise UnicodeError("the form is not in UTF-8")
        _strict(self._current_part.content_disposition or b"")
        super().on_headers_finished()

    def on_part_end(self) -> None:
        """Called at the end of a part; what a file holds is not looked at."""
        if self._current_part.file is None:
            _strict(self._current_part.data)
        super().on_part_end()


def _strict(data: bytes | bytearray) -> str:
    """The text that *data* is in UTF-8.

    Raises:
        UnicodeError: it is none, or holds U+0000.
    """
    if b"\0" in data:
        raise UnicodeError("U+0000 in a form")
    return data.decode()
