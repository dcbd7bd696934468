"""Pages of admins: state of the catalog, files that wait for approval, failed mails, accounts of officers, audit trail."""

from __future__ import annotations

from datetime import datetime

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from dossierkit.catalog.catalog import Serving
from dossierkit.catalog.folder import Folder
from dossierkit.catalog.index import Finding
from dossierkit.catalog.sources import Source
from dossierkit.dossiers.lifecycle.dossier import Actor
from dossierkit.dossiers.people.account import Account, mail_address
from dossierkit.dossiers.states import OFFICERS, Role
from dossierkit.errors import SettingsError, UnknownDossier
from dossierkit.forms.lint.comparison import compare
from dossierkit.hidden_characters import hidden_character
from dossierkit.locale.texts import in_language
from dossierkit.office.migration import replay
from dossierkit.people import staff
from dossierkit_web.pages import session_ended, unsaved
from dossierkit_web.requests.addresses import see_other
from dossierkit_web.requests.limits import log_security_event
from dossierkit_web.requests.posted import number, text
from dossierkit_web.site import Site, language_of

#: Most dossiers that a page replays, as its reader waits for it; for more there is `dossierkit plan`.
_REPLAYED = 20_000
_EVENTS = 50


def _admin(site: Site, request: Request) -> Actor:
    """The admin of the whole office who makes the request; an admin of one unit may not change procedures or accounts of others.

    Raises:
        SessionEnded: the visitor is not signed in.
        UnknownDossier: the visitor is not such an admin.
    """
    actor = session_ended.signed_in_actor(site, request)
    if actor.role is not Role.ADMIN or actor.unit:
        raise UnknownDossier("a page for admins of the whole office")
    return actor


def show(site: Site, request: Request, form: FormData) -> Response:  # noqa: ARG001  # every page has this shape
    """The catalog: files, lint faults, the revisions that dossiers use; and failed mails."""
    _admin(site, request)
    engine, language = site.engine, language_of(request)
    files = engine.administration.files()
    told = {(fault.file, fault.pointer, fault.code) for fault in engine.administration.faults()}
    lint = [finding for finding in site.lint.findings(engine.today()) if finding.level != "advice"]
    served = engine.administration.served()
    current = {
        entry.code: (entry.title_in(language), served.get(entry.code, "")) for entry in engine.procedures(language=language)
    }
    used = sorted((code, revision, count) for (code, revision), count in engine.administration.revisions().items())
    return site.page(
        request,
        "admin",
        folder=_folder(engine.administration.source),
        serving=engine.administration.publication,
        publications=engine.administration.publications(),
        faults=[(fault, state) for state in files for fault in state.faults],
        lint=[
            finding
            for finding in lint
            if (finding.file, finding.pointer, finding.code) not in told and not _is_told(finding, told)
        ],
        described=lambda words: in_language(words, language),
        waits=[state for state in files if state.serving is not Serving.ITSELF],
        current=current,
        used=used,
        waiting=engine.administration.waiting(),
        mails=engine.administration.failed_mails(),
    )


def _folder(source: Source) -> str:
    """The path of the folder that *source* is; empty if procedures come from the store."""
    return str(source.path.resolve()) if isinstance(source, Folder) else ""


def _is_told(finding: Finding, told: set[tuple[str, str, str]]) -> bool:
    """Whether the catalog says the same of a file that cannot be read, or of one of two with the same code."""
    return finding.code in ("not-json", "same-code") and any(file == finding.file for file, _, _ in told)


def plan(site: Site, request: Request, form: FormData) -> Response:  # noqa: ARG001  # every page has this shape
    """The changes that a waiting file would bring, before its approval."""
    _admin(site, request)
    code = request.path_params["code"]
    change = next(((new, old) for new, old in site.engine.administration.waiting() if new.code == code), None)
    if change is None:
        return see_other(request, "/admin")
    new, old = change
    small = site.engine.administration.size() <= _REPLAYED
    return site.page(
        request,
        "admin_plan",
        new=new,
        old=old,
        title=new.title(language_of(request)),
        differences=compare(old.form, new.form, new.moves) if old is not None else (),
        replayed=replay(site.engine, new) if small else None,
    )


def approve(site: Site, request: Request, form: FormData) -> Response:
    """Approve a waiting file, if it is still the revision that the page showed."""
    actor = _admin(site, request)
    code, revision = request.path_params["code"], text(form, "revision")
    done = site.engine.administration.approve(code, revision)
    log_security_event(request, f"procedure {'approved' if done else 'not approved'}", actor.id)
    return see_other(request, "/admin" if done else f"/admin/procedures/{code}")


def approve_new(site: Site, request: Request, form: FormData) -> Response:
    """Approve every file that the page listed as new, if its revision is still the same; a new procedure has no dossiers yet."""
    actor = _admin(site, request)
    waiting = site.engine.administration.waiting()
    new = {(procedure.code, procedure.revision) for procedure, old in waiting if old is None}
    for listed in form.getlist("new"):
        revision, _, code = str(listed).partition(" ")
        if (code, revision) in new and site.engine.administration.approve(code, revision):
            log_security_event(request, "procedure approved", actor.id)
    return see_other(request, "/admin")


def mail_again(site: Site, request: Request, form: FormData) -> Response:
    """Try a failed mail once more."""
    _admin(site, request)
    site.engine.administration.send_again(number(text(form, "id"), 0))
    return see_other(request, "/admin#mails")


def people(site: Site, request: Request, form: FormData) -> Response:  # noqa: ARG001  # every page has this shape
    """The accounts of officers."""
    _admin(site, request)
    kept = unsaved.kept(site, request)
    return _people(site, request) if kept is None else _people(site, request, typed=dict(kept.pairs), notice="kept-unsent")


def _people(site: Site, request: Request, **shown: object) -> Response:
    """The page of accounts; *shown* has problems by field, the typed values, and a first password with its mail address."""
    return site.page(
        request,
        "admin_people",
        code=422 if shown.get("trouble") else 200,
        people=site.accounts.officers(),
        roles=sorted(OFFICERS),
        units=site.names("units", language_of(request)),
        **{"trouble": {}, "typed": {}, "secret": "", "mail": "", "notice": "", **shown},
    )


def change_people(site: Site, request: Request, form: FormData) -> Response:
    """Add an account, or disable, enable, unlock or reset one; not that of the admin who asks."""
    actor, what = _admin(site, request), text(form, "do")
    if what == "add":
        return _add(site, request, form)
    account = site.accounts.get(text(form, "id"))
    if account is None or account.role not in OFFICERS or account.id == actor.id:
        return _people(site, request, trouble={"": "people-not-that"})
    log_security_event(request, f"account {what}", account.id)
    secret = _change(site, account, what)
    return _people(site, request, secret=secret, mail=account.mail if secret else "")


def _change(site: Site, account: Account, what: str) -> str:
    """Perform *what*, and return the new first password; empty if there is none."""
    if what in ("disable", "enable"):
        staff.disable(site.accounts, account, disabled=what == "disable")
    elif what == "unlock":
        staff.unlock(site.accounts, account)
    elif what == "reset":
        return staff.reset(site.accounts, account)
    return ""


def _add(site: Site, request: Request, form: FormData) -> Response:
    typed = {key: text(form, key).strip()[:200] for key in ("mail", "name", "role", "unit")}
    role = next((role for role in OFFICERS if role.value == typed["role"]), Role.CASE_OFFICER)
    units = site.names("units", language_of(request))
    trouble = {
        "mail": "" if mail_address(typed["mail"]) else "mail-malformed",
        "name": "text-hidden" if hidden_character(typed["name"]) else "" if typed["name"] else "people-name-wanted",
        "unit": "" if typed["unit"] in units or (role is Role.ADMIN and not typed["unit"]) else "people-unit-wanted",
    }
    if not any(trouble.values()):
        try:
            secret = staff.appoint(site.accounts, typed["mail"], typed["name"], role, typed["unit"])
        except SettingsError:
            trouble["mail"] = "people-taken"
        else:
            return _people(site, request, secret=secret, mail=typed["mail"])
    return _people(site, request, trouble={name: word for name, word in trouble.items() if word}, typed=typed)


def audit(site: Site, request: Request, form: FormData) -> Response:  # noqa: ARG001  # every page has this shape
    """The latest events of all dossiers, with their actors."""
    _admin(site, request)
    asked = request.query_params
    before = _before(asked.get("before", ""))
    actor = asked.get("actor", "")[:100]
    events = site.engine.administration.latest(before, actor=actor, limit=_EVENTS + 1)
    accounts = site.accounts
    people = {id: accounts.get(id) for id in {event.actor for event in events}}
    codes = site.engine.administration.codes({event.dossier for event in events})
    shown = events[:_EVENTS]
    more = f"{shown[-1].at.isoformat()}~{shown[-1].dossier}~{shown[-1].number}" if len(events) > _EVENTS else ""
    names = {id: person.name for id, person in people.items() if person is not None and person.role in OFFICERS}
    return site.page(
        request, "admin_audit", events=shown, codes=codes, names=names, more=more, actor=actor, officers=accounts.officers()
    )


def _before(typed: str) -> tuple[datetime, str, int] | None:
    at, _, rest = typed.partition("~")
    id, _, place = rest.partition("~")
    try:
        return datetime.fromisoformat(at), id, int(place)
    except ValueError:
        return None
