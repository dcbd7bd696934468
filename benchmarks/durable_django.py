"""The form of 38 fields as a Django site that keeps what is posted as a draft, and files it from its review.

A dossier takes two POSTs and two synced transactions, as in the portal: the answers become a draft; the review checks them again
and makes a code, a row and an event of it.  Forms, ORM and an atomic counter; no sessions, accounts, CSRF tokens, rate limits,
hash chain, ledger, search or mails.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection, connections, models, transaction
from django.db.models import F
from django.http import HttpResponse
from django.urls import path
from django.utils import timezone

from benchmarks.peers_django import whole

AGENCY = "H29.15"


class Counter(models.Model):
    agency = models.CharField(max_length=20)
    day = models.DateField()
    number = models.IntegerField(default=0)

    class Meta:
        app_label = "bench"
        unique_together = ("agency", "day")


class Dossier(models.Model):
    code = models.CharField(max_length=40, unique=True, null=True)
    answers = models.JSONField()
    changed = models.DateTimeField(auto_now=True)

    class Meta:
        app_label = "bench"


class Event(models.Model):
    dossier = models.ForeignKey(Dossier, on_delete=models.CASCADE)
    action = models.CharField(max_length=20)
    at = models.DateTimeField()
    facts = models.JSONField()

    class Meta:
        app_label = "bench"


def _view(request: Any) -> HttpResponse:
    if request.method != "POST":
        return HttpResponse("<!doctype html><form method=post>" + "".join(form.as_div() for form in whole()) + "</form>")
    forms = whole(request.POST)
    valid = all(tuple(form.is_valid() for form in forms))
    draft = _kept(request.POST.dict(), request.COOKIES.get("draft", ""))
    if valid:
        page = HttpResponse(status=303, headers={"Location": f"/review?draft={draft}"})
    else:
        page = HttpResponse("".join(form.as_div() for form in forms), status=422)
    page.set_cookie("draft", str(draft))
    return page


def _review(request: Any) -> HttpResponse:
    draft = Dossier.objects.get(id=int(request.POST["meta:draft"]), code=None)
    if not all(tuple(form.is_valid() for form in whole(draft.answers))):
        return HttpResponse(status=422)
    return HttpResponse(status=303, headers={"Location": f"/done/{_filed(draft)}"})


@transaction.atomic
def _filed(draft: Dossier) -> str:
    """The code that *draft* gets."""
    now = timezone.now()
    day = now.date()
    series = Counter.objects.filter(agency=AGENCY, day=day)
    if not series.update(number=F("number") + 1):
        Counter.objects.create(agency=AGENCY, day=day, number=1)
    number = series.get().number
    code = f"{AGENCY}-{day:%y%m%d}-{number:04}"
    changed = Dossier.objects.filter(id=draft.pk, code=None).update(code=code, changed=now)
    assert changed == 1
    Event.objects.create(dossier=draft, action="submit", at=now, facts={"code": code, "number": number})
    return code


@transaction.atomic
def _kept(answers: dict[str, str], id: str) -> int:
    """The id of the draft: the one of this browser, or a new one."""
    changed = Dossier.objects.filter(id=int(id), code=None).update(answers=answers, changed=timezone.now()) if id.isdigit() else 0
    return int(id) if changed else int(Dossier.objects.create(answers=answers).pk)


urlpatterns = [path("", _view), path("review", _review)]


def serve(port: int, folder: Path, database: str = "") -> None:
    """Serve on *port*, with an SQLite file in *folder*, or on the PostgreSQL *database*, as JSON of Django's settings."""
    from django.core.wsgi import get_wsgi_application

    from benchmarks.wsgi import run

    sqlite = {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": folder / "django.db",
        "CONN_MAX_AGE": None,
        "OPTIONS": {
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL",
            "transaction_mode": "IMMEDIATE",
            "timeout": 15,
        },
    }
    # The settings of the other peers have no database, and were read when the models were made.
    connections.settings = connections.configure_settings(
        {"default": {**json.loads(database), "CONN_MAX_AGE": None} if database else sqlite}
    )
    del connections["default"]
    # It tells the length of an answer, so that the connection stays open.
    settings.MIDDLEWARE = ["django.middleware.common.CommonMiddleware"]
    settings.ROOT_URLCONF = "benchmarks.durable_django"
    settings.USE_TZ = True
    settings.DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
    with connection.schema_editor() as editor:
        for model in (Counter, Dossier, Event):
            editor.create_model(model)
    connection.close()
    run(get_wsgi_application(), port)
