"""S3-compatible storage: its address in the settings, its credentials, its patience."""

from __future__ import annotations

import os
from configparser import ConfigParser, Error
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

from obstore.store import S3Store

from dossierkit.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Parameter of the address → the name that obstore has for it.
_PARAMETERS = {
    "encryption": "server_side_encryption",
    "key": "sse_kms_key_id",
    "endpoint": "endpoint",
    "region": "region",
}
_ENCRYPTIONS = ("AES256", "aws:kms", "aws:kms:dsse")
_FORM = "files are written s3://BUCKET/PREFIX, with ?encryption=, &key=, &endpoint= or &region= after it"


def s3_store(
    address: str,
    environment: Mapping[str, str] = os.environ,
    *,
    timeout: timedelta = timedelta(seconds=15),
    retries: int = 2,
) -> S3Store:
    """The bucket at *address*, `s3://BUCKET/PREFIX?encryption=AES256`, with the credentials of *environment*.

    A request that fails for a reason that may pass is sent again; all together end within about three times *timeout*.

    Args:
        environment: `AWS_…`; without a key in it, that of the shared credentials file, or of the machine.
        timeout: of one request, its answer included.
        retries: the most that a request is sent again.

    Raises:
        SettingsError: the address is malformed, or holds credentials.
    """
    try:
        parts = urlsplit(address)
        parameters = dict(parse_qsl(parts.query, strict_parsing=bool(parts.query)))
    except ValueError:
        raise SettingsError(_FORM) from None
    if "@" in parts.netloc:
        # Not repeated in the message: it may be a secret.
        raise SettingsError(
            "the address of the files holds credentials; give them as AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
        )
    if parts.scheme != "s3" or not parts.netloc or parts.fragment or not parameters.keys() <= _PARAMETERS.keys():
        raise SettingsError(_FORM)
    encryption = parameters.get("encryption", "")
    if encryption and encryption not in _ENCRYPTIONS:
        raise SettingsError(f"files cannot be encrypted with {encryption!r}; known: {', '.join(_ENCRYPTIONS)}")
    if "key" in parameters and not encryption.startswith("aws:kms"):
        raise SettingsError("a key of files needs ?encryption=aws:kms")
    endpoint = next(
        (url for url in (parameters.get("endpoint"), *map(environment.get, ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"))) if url),
        "",
    )
    settings: dict[str, Any] = {
        **_credentials(environment),
        # Every S3-compatible store can delete one object; not every one can delete several.
        "disable_bulk_delete": True,
        # The store refuses what does not arrive as it was sent.
        "checksum_algorithm": "SHA256",
        **{_PARAMETERS[name]: value for name, value in parameters.items()},
    }
    return S3Store(
        parts.netloc,
        prefix=parts.path.strip("/") or None,
        config=settings,  # type: ignore[arg-type]  # its names are those of the table
        client_options={
            "timeout": timeout,
            "connect_timeout": min(timeout, timedelta(seconds=5)),
            "allow_http": endpoint.startswith("http://"),
        },
        retry_config={"max_retries": retries, "retry_timeout": timeout * 2},
    )


def _credentials(environment: Mapping[str, str]) -> dict[str, str]:
    """The key in the shared credentials file, where the environment has none; obstore itself reads the environment alone."""
    if environment.get("AWS_ACCESS_KEY_ID"):
        return {}
    path = Path(environment.get("AWS_SHARED_CREDENTIALS_FILE") or Path.home() / ".aws" / "credentials")
    profile = environment.get("AWS_PROFILE") or "default"
    file = ConfigParser(interpolation=None)
    try:
        file.read_string(path.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except (Error, UnicodeDecodeError):
        # Without the cause, which repeats the line.
        raise SettingsError(f"{path} is not a credentials file") from None
    if profile not in file:
        return {}
    section = file[profile]
    names = {
        "aws_access_key_id": "access_key_id",
        "aws_secret_access_key": "secret_access_key",
        "aws_session_token": "session_token",
    }
    return {own: section[name] for name, own in names.items() if name in section}
