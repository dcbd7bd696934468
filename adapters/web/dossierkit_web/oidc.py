"""A provider of OpenID Connect (extra `oidc`): the authorization code flow with PKCE."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any
from urllib.parse import unquote, urlsplit, urlunsplit

import attrs

from dossierkit.errors import SettingsError, SignInRefused
from dossierkit.people.single_sign_on import ExternalPerson

_ALGORITHMS = ["RS256", "PS256", "ES256", "EdDSA"]


@attrs.frozen(eq=False)
class Oidc:
    """One provider.  *claims*: field of the profile → the claim that fills it."""

    issuer: str
    client_id: str
    client_secret: str = attrs.field(default="", repr=False)
    scope: str = "openid profile email"
    claims: Mapping[str, str] = attrs.field(
        factory=lambda: {"fullName": "name", "phone": "phone_number", "idNumber": "national_id"}
    )
    #: Text of the link to the provider.
    label: str = "VNeID"
    #: Mail addresses are verified even without the claim `email_verified`.
    trusts_mail: bool = False
    timeout: float = 10.0

    @cached_property
    def _configuration(self) -> dict[str, Any]:
        import httpx2

        answer = httpx2.get(self.issuer.rstrip("/") + "/.well-known/openid-configuration", timeout=self.timeout)
        configuration: dict[str, Any] = answer.raise_for_status().json()
        if configuration.get("issuer", "").rstrip("/") != self.issuer.rstrip("/"):
            raise SignInRefused("the provider calls itself by another name")
        return configuration

    def address(self, callback: str, *, state: str, nonce: str, verifier: str) -> str:
        """The address of the sign-in page of the provider."""
        with self._client(callback) as client:
            address, _ = client.create_authorization_url(
                self._configuration["authorization_endpoint"], state=state, nonce=nonce, code_verifier=verifier
            )
        return str(address)

    def person(self, callback: str, code: str, *, nonce: str, verifier: str) -> ExternalPerson:
        """The person who returned with *code*.

        Raises:
            SignInRefused: the provider cannot be reached, or its answer does not prove who the person is.
        """
        import httpx2
        from authlib.common.errors import AuthlibBaseError
        from joserfc import jwt
        from joserfc.errors import JoseError
        from joserfc.jwk import KeySet

        try:
            with self._client(callback) as client:
                token = client.fetch_token(self._configuration["token_endpoint"], code=code, code_verifier=verifier)
                keys = KeySet.import_key_set(
                    httpx2.get(self._configuration["jwks_uri"], timeout=self.timeout).raise_for_status().json()
                )
                id_token = jwt.decode(token["id_token"], keys, algorithms=_ALGORITHMS)
                checks: dict[str, Any] = {"iss": self._configuration["issuer"], "aud": self.client_id, "nonce": nonce}
                expected = {name: {"essential": True, "value": value} for name, value in checks.items()}
                jwt.JWTClaimsRegistry(sub={"essential": True}, exp={"essential": True}, **expected).validate(id_token.claims)  # type: ignore[arg-type]  # the options of claims
                claims = dict(id_token.claims)
                if "userinfo_endpoint" in self._configuration:
                    more = client.get(self._configuration["userinfo_endpoint"]).raise_for_status().json()
                    claims = {**more, **claims} if more.get("sub") == claims["sub"] else claims
        except (AuthlibBaseError, httpx2.HTTPError, JoseError, ValueError, KeyError) as error:
            raise SignInRefused(f"the provider did not confirm a person ({type(error).__name__})") from error
        return self._person_of(claims)

    def _person_of(self, claims: Mapping[str, Any]) -> ExternalPerson:
        profile = {field: claims[claim] for field, claim in self.claims.items() if isinstance(claims.get(claim), str)}
        mail = claims.get("email") if claims.get("email_verified", self.trusts_mail) is True else ""
        return ExternalPerson(f"{self._configuration['issuer']} {claims['sub']}", mail if isinstance(mail, str) else "", profile)

    def _client(self, callback: str) -> Any:
        from authlib.integrations.httpx_client import OAuth2Client

        return OAuth2Client(
            self.client_id,
            self.client_secret,
            scope=self.scope,
            redirect_uri=callback,
            code_challenge_method="S256",
            timeout=self.timeout,
        )


def provider(address: str) -> Oidc:
    """The provider at `https://CLIENT:SECRET@issuer.example/path`.

    Raises:
        SettingsError: *address* is not written so.
    """
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.hostname or not parts.username:
        raise SettingsError("a sign-in elsewhere is written https://CLIENT:SECRET@issuer.example/path")
    issuer = urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))
    return Oidc(issuer, unquote(parts.username), unquote(parts.password or ""))
