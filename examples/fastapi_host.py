"""A FastAPI application with users of its own, and the portal below /ho-so: `uvicorn --app-dir examples fastapi_host:app`."""

from pathlib import Path
from secrets import token_hex
from typing import Annotated

from dossierkit_web import WebConfig, create_app
from fastapi import FastAPI, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from starlette.middleware.sessions import SessionMiddleware

from dossierkit import Actor, Role, Worker, open_engine
from dossierkit.mail.letters import Office
from dossierkit.mail.transports import FileMailer

USERS = {
    "an": Actor("an", name="Nguyễn Văn An", mail="an@example.vn"),
    "mai": Actor("mai", Role.ADMIN, name="Cán bộ Mai"),
}
engine = open_engine("sqlite:data/dossiers.db", office=Office(address="http://127.0.0.1:8000/ho-so"))
worker = Worker(engine, FileMailer(Path("data/mail"), "ho-so@office.example"))
config = WebConfig(identify=lambda request: USERS.get(request.session.get("user", "")), sign_in_at="/login")
portal = create_app(engine, blobs="data/attachments", config=config, work=worker)

app = FastAPI(lifespan=portal.lifespan)
app.add_middleware(SessionMiddleware, secret_key=token_hex())
app.mount("/ho-so", portal)


@app.get("/login")
def ask() -> HTMLResponse:
    """A real host asks for a password."""
    return HTMLResponse('<form method="post"><input name="user" value="an"> <button>Đăng nhập</button></form>')


@app.post("/login")
def sign_in(request: Request, user: Annotated[str, Form()], next: str = "/ho-so/") -> RedirectResponse:
    """Back to the page of the portal that asked for it."""
    request.session["user"] = user
    return RedirectResponse(next if next.startswith("/ho-so/") else "/ho-so/", 303)
