"""Access tokens of programs: issued by an admin, shown once, revoked at any time; the store has only their hashes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import timedelta

import attrs

from dossierkit.dossiers.people.access_token import AccessToken, Verb
from dossierkit.dossiers.states import OFFICERS, Role
from dossierkit.errors import SettingsError
from dossierkit.people.tokens import is_token, new_token, token_hash
from dossierkit.ports import AccountStore, Clock

#: Text of a token before its random part, by which scanners of leaked secrets recognize it.
PREFIX = "dossierkit_"
#: Roles that a token can have.
ROLES = frozenset((Role.CITIZEN, *OFFICERS))
_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{0,39}")
#: The last use is stored at most once in this time.
_USED = timedelta(minutes=5)


@attrs.frozen
class AccessTokens:
    """The access tokens in *store*."""

    store: AccountStore
    clock: Clock

    def issue(
        self,
        name: str,
        role: Role,
        lasts: timedelta,
        *,
        unit: str = "",
        verbs: Sequence[Verb] = tuple(Verb),
        procedures: Sequence[str] = (),
    ) -> str:
        """The text of a new token, which is not stored and cannot be shown again.

        Raises:
            SettingsError: the name is malformed or in use, or the role needs a unit.
        """
        if not _NAME.fullmatch(name):
            raise SettingsError(f"{name!r} is no name of a token: write up to 40 small letters, digits, dots and dashes")
        if role in OFFICERS - {Role.ADMIN} and not unit:
            raise SettingsError(f"the role {role} needs a unit")
        if role not in ROLES or (unit and role not in OFFICERS):
            raise SettingsError(f"a token of the role {role} has no unit" if unit else f"no token has the role {role}")
        text, now = f"{PREFIX}{new_token()}", self.clock.now()
        token = AccessToken(name, token_hash(text), now, now + lasts, role, unit, tuple(verbs), tuple(procedures))
        if not self.store.create_access_token(token):
            raise SettingsError(f"there is a token called {name} already; revoke it first, or choose another name")
        return text

    def find(self, text: str) -> AccessToken | None:
        """The token with this text; None if it is unknown, revoked or expired."""
        if not text.startswith(PREFIX) or not is_token(text.removeprefix(PREFIX)):
            return None
        token, now = self.store.access_token(token_hash(text)), self.clock.now()
        if token is None or now >= token.expires:
            return None
        if token.used is None or now - token.used > _USED:
            token = attrs.evolve(token, used=now)
            self.store.replace_access_token(token)
        return token

    def all(self) -> tuple[AccessToken, ...]:
        """Every token, by name."""
        return self.store.access_tokens()

    def revoke(self, name: str) -> None:
        """Delete the token called *name*; requests with it are refused from now on.

        Raises:
            SettingsError: there is none.
        """
        if not self.store.delete_access_token(name):
            raise SettingsError(f"there is no token called {name}; see dossierkit token list")
