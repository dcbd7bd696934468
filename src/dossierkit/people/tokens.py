"""Unguessable texts, and what is kept of them."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets

_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")
#: Without what reads like something else: no 0 or O, no 1, l or I.
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"


def new_token() -> str:
    """256 random bits, safe in a cookie and in an address."""
    return secrets.token_urlsafe(32)


def is_token(text: str) -> bool:
    """Whether *text* looks like one of `new_token`."""
    return _TOKEN.fullmatch(text) is not None


def first_password() -> str:
    """Four groups that can be read out: 79 random bits."""
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(4))


def issued_digests(text: str) -> frozenset[str]:
    """Digests of everything in *text* that could be a first password: case, spaces and dashes do not tell two apart."""
    bare = "".join(letter for letter in text.casefold() if letter in _LETTERS)
    return frozenset(hashed(bare[start : start + 16]) for start in range(max(len(bare) - 15, 0)))


def hashed(token: str) -> str:
    """What is kept of *token*: it is long enough that a fast hash will do."""
    return hashlib.sha256(token.encode()).hexdigest()


def signature(key: bytes, said: str) -> str:
    """What proves that whoever has *key* wrote *said*: 128 bits, safe in a cookie."""
    return hmac.new(key, said.encode(), hashlib.sha256).hexdigest()[:32]


def mail_key(kind: str) -> str:
    """The key of a mail that has no other reason to be the same as another."""
    return f"{kind}:{secrets.token_hex(12)}"
