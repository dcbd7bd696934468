"""The form of 38 fields in Flask, WTForms and SQLAlchemy, which keeps and files what is posted as `durable_django` does."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from flask import Flask, make_response, request
from sqlalchemy import JSON, ForeignKey, create_engine, event, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column
from sqlalchemy.pool import QueuePool
from werkzeug.datastructures import MultiDict

from benchmarks.peers import WholeForm, walk, wtforms_render

AGENCY = "H29.15"


class Base(DeclarativeBase):
    pass


class Counter(Base):
    __tablename__ = "counters"
    agency: Mapped[str] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    number: Mapped[int]


class Dossier(Base):
    __tablename__ = "dossiers"
    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str | None] = mapped_column(unique=True)
    answers: Mapped[Any] = mapped_column(JSON)
    changed: Mapped[datetime]


class Event(Base):
    __tablename__ = "events"
    id: Mapped[int] = mapped_column(primary_key=True)
    dossier: Mapped[int] = mapped_column(ForeignKey("dossiers.id"), index=True)
    action: Mapped[str]
    at: Mapped[datetime]
    facts: Mapped[Any] = mapped_column(JSON)


def serve(port: int, folder: Path, database: str = "") -> None:
    """Serve on *port*, with an SQLite file in *folder*, or on the PostgreSQL *database*, an URL of SQLAlchemy."""
    from benchmarks.wsgi import run

    engine = create_engine(database or f"sqlite:///{folder / 'flask.db'}", poolclass=QueuePool)
    if not database:

        @event.listens_for(engine, "connect")
        def _set_up(connection: Any, _: object) -> None:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=FULL")
            connection.execute("PRAGMA busy_timeout=15000")

    Base.metadata.create_all(engine)
    engine.dispose()
    insert = postgresql.insert if database else sqlite.insert
    app = Flask("bench")
    blank = wtforms_render()

    def page() -> Any:
        if request.method != "POST":
            return f"<!doctype html><form method=post>{blank()}</form>"
        form = WholeForm(request.form)
        valid = form.validate()
        draft = kept(request.form.to_dict(), request.cookies.get("draft", ""))
        answer = make_response("", 303, {"Location": f"/review?draft={draft}"}) if valid else make_response(walk(form), 422)
        answer.set_cookie("draft", str(draft))
        return answer

    def review() -> Any:
        id = int(request.form["meta:draft"])
        with Session(engine) as session:
            answers = session.execute(select(Dossier.answers).where(Dossier.id == id, Dossier.code.is_(None))).scalar_one()
        if not WholeForm(MultiDict(answers)).validate():
            return "", 422
        return "", 303, {"Location": f"/done/{filed(id)}"}

    def filed(id: int) -> str:
        now = datetime.now(UTC).replace(tzinfo=None)
        # The write comes first, so that the transaction need not be upgraded.
        drawn = insert(Counter).values(agency=AGENCY, day=now.date(), number=1)
        drawn = drawn.on_conflict_do_update(index_elements=["agency", "day"], set_={"number": Counter.number + 1})
        with Session(engine) as session, session.begin():
            number = session.execute(drawn.returning(Counter.number)).scalar_one()
            code = f"{AGENCY}-{now:%y%m%d}-{number:04}"
            change = update(Dossier).where(Dossier.id == id, Dossier.code.is_(None)).values(code=code, changed=now)
            assert session.execute(change).rowcount == 1
            session.add(Event(dossier=id, action="submit", at=now, facts={"code": code, "number": number}))
        return code

    def kept(answers: dict[str, str], id: str) -> int:
        now = datetime.now(UTC).replace(tzinfo=None)
        with Session(engine) as session, session.begin():
            if id.isdigit():
                change = update(Dossier).where(Dossier.id == int(id), Dossier.code.is_(None)).values(answers=answers, changed=now)
                if session.execute(change).rowcount:
                    return int(id)
            draft = Dossier(code=None, answers=answers, changed=now)
            session.add(draft)
            session.flush()
            return draft.id

    app.route("/", methods=["GET", "POST"])(page)
    app.route("/review", methods=["POST"])(review)
    run(app, port)
