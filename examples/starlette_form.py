"""A form of a host's own, in a page of its own: `uvicorn --app-dir examples starlette_form:app`."""

from datetime import UTC, datetime

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from dossierkit.forms import check, parse, read
from dossierkit.html import Renderer

SCHEMA = {
    "title": "Đăng ký tham quan",
    "required": ["name", "visitors"],
    "properties": {
        "name": {"title": "Họ và tên", "type": "string"},
        "visitors": {"title": "Số người", "type": "integer", "minimum": 1, "maximum": 30},
    },
}
form, renderer = read(SCHEMA), Renderer()


async def page(request: Request) -> Response:
    """The form; once it is filled in without problems, what a program gets of it."""
    answers, problems = {}, ()
    if request.method == "POST":
        async with request.form() as posted:
            answers = parse(form, posted.multi_items())
        problems = check(form, answers, today=datetime.now(UTC).date())
        if not problems:
            return HTMLResponse(f"<p>{answers['visitors']} người.</p>")
    shown = renderer.render(form, answers, problems=problems)
    return HTMLResponse(f'{shown.summary}<form method="post">{shown.fields}<button>Gửi</button></form>')


app = Starlette(routes=[Route("/", page, methods=["GET", "POST"])])
