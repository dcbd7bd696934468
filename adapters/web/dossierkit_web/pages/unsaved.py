"""Input that a visitor sent without being signed in, kept until it is saved.

If the page or the draft belongs to an account, the store keeps the input for that account, at most as long as a session lasts.
Of any other visitor nothing is stored: the sign-in page carries the input, sealed, so that neither its source nor a copy of it
in a cache shows an answer.  A supplement has no draft: what its owner types is kept in the same way while they type.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime

import attrs
from starlette.datastructures import FormData
from starlette.requests import Request

from dossierkit.converter import converter
from dossierkit.dossiers.lifecycle.dossier import Actor, Dossier
from dossierkit.dossiers.people.session_lifetime import ABSOLUTE
from dossierkit.people.tokens import is_token, new_token, token_hash
from dossierkit.pointers import Json
from dossierkit_web.requests.posted import number, text
from dossierkit_web.site import Site

#: Maximum length of the input as JSON, and of its seal, in characters; a control may have a million of them.
_LONGEST, _LONGEST_SEAL = 512 * 1024, 1_000_000


@attrs.frozen
class Unsaved:
    """The posted pairs of a page, the draft they were typed into, and its version; both are empty for a new draft."""

    draft: str
    version: str
    pairs: tuple[tuple[str, str], ...]
    #: The answers that the page was made from, if it carries them because it does not show them all (`writeOnly`).
    hidden: Mapping[str, Json] = attrs.field(factory=dict, hash=False)
    #: The code of the procedure that *hidden* are answers to.
    procedure: str = ""
    #: When it was kept; None for what comes along with a page.
    at: datetime | None = None

    @property
    def form(self) -> FormData:
        """*pairs* as a page receives them."""
        return FormData([*self.pairs])

    def version_of(self, draft: Dossier) -> int:
        """The version of *draft* that the input was typed into."""
        return number(self.version, draft.version)


def typed_pairs(form: FormData) -> tuple[tuple[str, str], ...]:
    """The pairs of *form* without those that describe its page, and without passwords, which have to be typed again."""
    pairs = ((name, value) for name, value in form.multi_items() if isinstance(value, str))
    return tuple((name, value) for name, value in pairs if not name.startswith("meta:") and name != "password")


def written_input(site: Site, draft: str, form: FormData, *, procedure: str = "") -> str:
    """The input in *form* as JSON; empty if there is none, or if it is too long.

    Args:
        procedure: the code of the procedure, if it is the form of one.
    """
    pairs = typed_pairs(form)
    if not pairs:
        return ""
    return _written(Unsaved(draft, text(form, "meta:version"), pairs, hidden_answers(site, form, procedure), procedure))


def _written(unsaved: Unsaved) -> str:
    """*unsaved* as JSON; empty if it is too long."""
    written = json.dumps(converter.unstructure(unsaved), ensure_ascii=False)
    return written if len(written) < _LONGEST else ""


def keep(site: Site, owner: str, written: str) -> str:
    """The token under which the account *owner* finds the input that is *written*, until it is saved or the time is over."""
    token = new_token()
    site.accounts.expiring.keep(_name(owner, token), written, ABSOLUTE)
    return token


def kept(site: Site, request: Request, draft: Dossier | None = None, *, token: str = "") -> Unsaved | None:
    """The input that is kept for the visitor under *token*, typed into *draft* or into no draft.

    Args:
        token: that of the address if it is empty.
    """
    account, token = site.visitor(request).account, token or request.query_params.get("kept", "")
    written = site.accounts.expiring.get(_name(account.id, token)) if account is not None and is_token(token) else None
    unsaved = converter.structure(json.loads(written), Unsaved) if written is not None else None
    return unsaved if unsaved is not None and unsaved.draft in ("", draft.id if draft is not None else "") else None


def keep_supplement(site: Site, actor: Actor, dossier: Dossier, form: FormData, hidden: Mapping[str, Json]) -> bool:
    """Keep what *actor* typed into the supplement of *dossier*, in place of what was kept before; whether it could be kept.

    It is kept until the supplement is sent, at most as long as a session lasts.

    Args:
        hidden: as in `Unsaved`.
    """
    written = _written(Unsaved(dossier.id, str(dossier.version), typed_pairs(form), hidden, dossier.procedure, site.engine.now()))
    if written:
        site.accounts.expiring.keep(_supplement_name(actor, dossier), written, ABSOLUTE)
    return bool(written)


def kept_supplement(site: Site, actor: Actor, dossier: Dossier) -> Unsaved | None:
    """The input that `keep_supplement` kept; None if there is none."""
    written = site.accounts.expiring.get(_supplement_name(actor, dossier))
    return converter.structure(json.loads(written), Unsaved) if written is not None else None


def forget_supplement(site: Site, actor: Actor, dossier: Dossier) -> None:
    """Delete what `keep_supplement` kept, as it is sent."""
    site.accounts.expiring.take(_supplement_name(actor, dossier))


def _supplement_name(actor: Actor, dossier: Dossier) -> str:
    # The moment of the request: what was typed for an earlier one is not an answer to this one.
    return token_hash(f"supplement:{actor.id}:{dossier.id}:{dossier.handling.clock.paused}")


def owner_tag(actor: Actor | None) -> str:
    """A hash that tells the browser whether what it stored belongs to the same person."""
    return token_hash(f"typed-by:{actor.id}")[:16] if actor is not None else ""


def forget(site: Site, request: Request, token: str) -> None:
    """Delete the input kept under *token*, as it is saved."""
    account = site.visitor(request).account
    if account is not None and is_token(token):
        site.accounts.expiring.take(_name(account.id, token))


def carried(site: Site, written: str) -> str:
    """The input that is *written*, sealed for a page to carry; empty if it is empty or too long."""
    sealed = site.seal.seal(written, site.engine.now()) if written else ""
    return sealed if len(sealed) < _LONGEST_SEAL else ""


def opened(site: Site, sealed: str) -> str:
    """The input in *sealed*; empty if it was changed or has expired."""
    return site.seal.open(sealed, site.engine.now()) or ""


def seal_answers(site: Site, procedure: str, answers: Json) -> str:
    """The *answers* to a form sealed for its page, see `hidden_answers`; empty if they are too long."""
    return carried(site, json.dumps([procedure, answers], ensure_ascii=False))


def hidden_answers(site: Site, form: FormData, procedure: str) -> Mapping[str, Json]:
    """The answers in the control `meta:hidden`, sealed for the form of *procedure*; empty if there are none."""
    sealed = text(form, "meta:hidden")
    written = opened(site, sealed) if sealed else ""
    match json.loads(written) if written else None:
        case [str(code), dict(answers)] if code == procedure:
            return answers
        case _:
            return {}


def _name(owner: str, token: str) -> str:
    return token_hash(f"ended:{owner}:{token}")
