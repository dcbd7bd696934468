"""Random tokens and first passwords, and the hashes that are stored of them."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets

_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")
#: Without look-alikes: no 0 or O, no 1, l or I.
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"


def new_token() -> str:
    """256 random bits, safe in a cookie and in an address."""
    return secrets.token_urlsafe(32)


def is_token(text: str) -> bool:
    """Whether *text* has the form of a token of `new_token`."""
    return _TOKEN.fullmatch(text) is not None


def first_password(seed: str = "") -> str:
    """A password of 79 bits, in four groups that are easy to read out: random, or derived from the secret *seed*."""
    bits = int.from_bytes(hashlib.sha512(f"first:{seed}".encode()).digest() if seed else secrets.token_bytes(64))
    letters = [_LETTERS[bits // len(_LETTERS) ** place % len(_LETTERS)] for place in range(16)]
    return "-".join("".join(letters[start : start + 4]) for start in range(0, 16, 4))


def issued_digests(text: str) -> frozenset[str]:
    """Hashes of every part of *text* that could be a first password, ignoring case, spaces and dashes."""
    bare = "".join(letter for letter in text.casefold() if letter in _LETTERS)
    return frozenset(token_hash(bare[start : start + 16]) for start in range(max(len(bare) - 15, 0)))


def token_hash(token: str) -> str:
    """The hash that is stored of *token*; a token is random enough for a fast hash."""
    return hashlib.sha256(token.encode()).hexdigest()


def signature(key: bytes, text: str) -> str:
    """HMAC-SHA256 of *text*, shortened to 128 bits; safe in a cookie."""
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()[:32]


def mail_key(kind: str) -> str:
    """A unique key for a mail that is never sent again under the same key."""
    return f"{kind}:{secrets.token_hex(12)}"
