"""Values of a posted form: texts, numbers, and addresses within the portal."""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.datastructures import FormData
from starlette.requests import Request

from dossierkit_web.requests.addresses import path_of, within


def text(form: FormData, name: str) -> str:
    """The text of the control *name*; empty if it is missing or a file."""
    value = form.get(name, "")
    return value if isinstance(value, str) else ""


def number(typed: str, otherwise: int) -> int:
    """The number in *typed*, up to nine digits; *otherwise* if it is not a number."""
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 10 else otherwise


def local(request: Request, form: FormData | None = None) -> str:
    """The page to continue with, from `next`; always within this portal."""
    return inside(text(form, "next") if form is not None else request.query_params.get("next", ""))


def own_page(request: Request) -> str:
    """The page of this portal that was requested, or that sent the form."""
    if request.method == "GET":
        return inside(f"{path_of(request)}?{request.url.query}")
    sender = urlsplit(request.headers.get("referer", ""))
    return inside(f"{within(request, sender.path)}?{sender.query}") if sender.netloc == request.url.netloc else "/"


def inside(wanted: str) -> str:
    """*wanted* if it is an address within this portal; else its start page."""
    own = wanted.startswith("/") and not wanted.startswith("//") and not any(ord(c) < 33 or c == "\\" for c in wanted)
    return wanted if own and len(wanted) < 500 else "/"
