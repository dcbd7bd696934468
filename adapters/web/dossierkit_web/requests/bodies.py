"""Strict parsing of posted forms: text must be UTF-8."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import parse_qsl

from python_multipart.multipart import parse_options_header
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

#: Maximum size of a field in bytes.
_LONGEST_FIELD = 2**20


@asynccontextmanager
async def read_form(request: Request, *, max_files: int, max_fields: int) -> AsyncIterator[FormData]:
    """The form that *request* posts; its files are closed at the end.  Any other content type gives an empty form.

    Raises:
        HTTPException: 400 if the body is malformed or has too many parts; 422 if a name or a value is not UTF-8, or contains
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
    """A parser that refuses text in any other encoding than UTF-8, which Starlette would read as Latin-1."""

    def on_headers_finished(self) -> None:
        """Check the encoding of the headers of a part."""
        if self._charset != "utf-8":
            raise UnicodeError("the form is not in UTF-8")
        _strict(self._current_part.content_disposition or b"")
        super().on_headers_finished()

    def on_part_end(self) -> None:
        """Check the encoding of a part, unless it is a file."""
        if self._current_part.file is None:
            _strict(self._current_part.data)
        super().on_part_end()


def _strict(data: bytes | bytearray) -> str:
    """*data* decoded as UTF-8.

    Raises:
        UnicodeError: it is not UTF-8, or contains U+0000.
    """
    if b"\0" in data:
        raise UnicodeError("U+0000 in a form")
    return data.decode()
