"""What a page sent: the texts and numbers of its controls."""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.datastructures import FormData
from starlette.requests import Request


def text(form: FormData, name: str) -> str:
    """What was typed into the control *name*; a file there is nothing."""
    value = form.get(name, "")
    return value if isinstance(value, str) else ""


def number(typed: str, otherwise: int) -> int:
    """The number that *typed* is, up to nine digits; *otherwise* where it is none."""
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 10 else otherwise


def local(request: Request, form: FormData | None = None) -> str:
    """Where to go on: a page of this portal, never one of somebody else's."""
    return inside(text(form, "next") if form is not None else request.query_params.get("next", ""))


def own_page(request: Request) -> str:
    """The page of this portal that sent the request, or that is asked for."""
    if request.method == "GET":
        return inside(f"{request.url.path}?{request.url.query}")
    sender = urlsplit(request.headers.get("referer", ""))
    return inside(f"{sender.path}?{sender.query}") if sender.netloc == request.url.netloc else "/"


def inside(wanted: str) -> str:
    """*wanted*, where it is an address within this portal; its first page otherwise."""
    own = wanted.startswith("/") and not wanted.startswith("//") and not any(ord(c) < 33 or c == "\\" for c in wanted)
    return wanted if own and len(wanted) < 500 else "/"
