"""A code to copy from a picture or a recording (*mã xác nhận*), for doors that programs would knock on all day.

What to copy follows from a challenge and a key of the installation, so nothing but the challenge lies in the page.  A
challenge belongs to one holder (a session) and one action, lasts five minutes, and is gone after one answer, right or wrong.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from dossierkit.ports import Clock, DossierStore
from dossierkit.tokens import hashed, is_token, new_token

if TYPE_CHECKING:
    from captcha.audio import AudioCaptcha
    from captcha.image import ImageCaptcha

LASTS = timedelta(minutes=5)
DIGITS = 5
#: Zero bits that a browser searches for in place of a person who copies: some 16 000 hashes, about a second on a cheap phone.
WORK = 14
_VOICES = Path(__file__).parent / "locale" / "voices"


class Captchas:
    """The challenges of one installation."""

    def __init__(self, store: DossierStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    @cached_property
    def _key(self) -> bytes:
        if self._store.recall("captcha-key") is None:
            self._store.remember("captcha-key", secrets.token_hex(32))
        return bytes.fromhex(self._store.recall("captcha-key"))

    @cached_property
    def _pictures(self) -> ImageCaptcha:
        from captcha.image import ImageCaptcha

        return ImageCaptcha(240, 80)

    @cached_property
    def _sounds(self) -> AudioCaptcha:
        from captcha.audio import AudioCaptcha

        return AudioCaptcha(voicedir=str(_VOICES))

    def ask(self, holder: str, action: str) -> str:
        """A new challenge for *action*; only *holder* can answer it."""
        challenge = new_token()
        self._store.accounts.keep_secret(
            self._place(holder, action, challenge), f"captcha:{challenge}", self._clock.now() + LASTS
        )
        return challenge

    def solved(self, holder: str, action: str, challenge: str, typed: str) -> bool:
        """Whether *typed* is what was to be copied; the challenge is used up."""
        known = self._store.accounts.take_secret(self._place(holder, action, challenge), self._clock.now())
        right = self.digits(holder, action, challenge)
        return known is not None and hmac.compare_digest(right.encode(), "".join(typed.split()).encode())

    def worked(self, holder: str, action: str, challenge: str, typed: str) -> bool:
        """Whether *typed* is the number that a browser had to search for; the challenge is used up.

        The number makes the SHA-256 of `challenge:number` begin with `WORK` zero bits.
        """
        known = self._store.accounts.take_secret(self._place(holder, action, challenge), self._clock.now())
        if known is None or not (typed.isascii() and typed.isdigit() and len(typed) < 12):
            return False
        mixed = hashlib.sha256(f"{challenge}:{typed}".encode()).digest()
        return int.from_bytes(mixed, "big") >> (256 - WORK) == 0

    def is_asked(self, holder: str, action: str, challenge: str) -> bool:
        """Whether the challenge still waits for its answer."""
        return is_token(challenge) and (
            self._store.accounts.secret(self._place(holder, action, challenge), self._clock.now()) is not None
        )

    def digits(self, holder: str, action: str, challenge: str) -> str:
        """What is to be copied."""
        mixed = hmac.digest(self._key, self._place(holder, action, challenge).encode(), hashlib.sha256)
        return f"{int.from_bytes(mixed[:8], 'big') % 10**DIGITS:0{DIGITS}}"

    def picture(self, text: str) -> bytes:
        """*text* as a PNG."""
        return self._pictures.generate(text).getvalue()

    def sound(self, text: str) -> bytes:
        """*text* read out in Vietnamese, as a WAV."""
        return bytes(self._sounds.generate(text))

    @staticmethod
    def _place(holder: str, action: str, challenge: str) -> str:
        return hashed(f"{holder}:{action}:{challenge}")
