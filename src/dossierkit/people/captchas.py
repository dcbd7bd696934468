"""CAPTCHA (*mã xác nhận*): digits to copy from a picture or a recording, or a proof of work by the browser.

A challenge is a signed text: it carries its expiry and the bits of work that replace copying, and its signature binds it to
one holder (a browser) and one action.  Nothing is stored until it is answered.  An answer, right or wrong, uses it up.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Callable
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING

import attrs

from dossierkit.data import FOLDER
from dossierkit.people.throttle import Throttle
from dossierkit.people.tokens import signature
from dossierkit.ports import Clock

if TYPE_CHECKING:
    from captcha.audio import AudioCaptcha
    from captcha.image import ImageCaptcha

LASTS = timedelta(minutes=5)
DIGITS = 5
#: Default work in zero bits: some 16 000 hashes, about a second on a cheap phone.
WORK = 14
#: Maximum work in zero bits: about a minute on a cheap phone.
MOST_WORK = 20
_VOICES = FOLDER / "voices"


@attrs.frozen
class Challenge:
    """A challenge as its text spells it; not to be trusted before its signature was checked."""

    until: int
    work: int
    name: str
    signature: str = ""

    @classmethod
    def of(cls, text: str) -> Challenge | None:
        """The challenge that *text* spells, or None."""
        parts = text.split("-") if text.isascii() and len(text) < 200 else []
        if len(parts) != 4 or not (parts[0].isdigit() and parts[1].isdigit()) or int(parts[1]) > MOST_WORK:
            return None
        return cls(int(parts[0]), int(parts[1]), parts[2], parts[3])

    def __str__(self) -> str:
        return f"{self.until}-{self.work}-{self.name}-{self.signature}"


class Captchas:
    """The challenges of one installation.

    Args:
        key: returns the secret of the installation.
        throttle: stores which challenges were answered.
    """

    def __init__(self, key: Callable[[], bytes], throttle: Throttle, clock: Clock) -> None:
        self._key = key
        self._throttle = throttle
        self._clock = clock

    @cached_property
    def _pictures(self) -> ImageCaptcha:
        from captcha.image import ImageCaptcha

        return ImageCaptcha(240, 80)

    @cached_property
    def _sounds(self) -> AudioCaptcha:
        from captcha.audio import AudioCaptcha

        return AudioCaptcha(voicedir=str(_VOICES))

    def ask(self, holder: str, action: str, *, work: int = WORK) -> Challenge:
        """A new challenge for *action*; only *holder* can answer it.

        Args:
            work: zero bits of the proof of work, at most `MOST_WORK`.
        """
        until = int((self._clock.now() + LASTS).timestamp())
        challenge = Challenge(until, min(work, MOST_WORK), secrets.token_hex(12))
        return attrs.evolve(challenge, signature=self._signature(holder, action, challenge))

    def is_solved(self, holder: str, action: str, text: str, typed: str) -> bool:
        """Whether *typed* are the digits of the challenge; uses it up."""
        challenge = self._use(holder, action, text)
        return challenge is not None and hmac.compare_digest(
            self.digits(holder, action, challenge).encode(), "".join(typed.split()).encode()
        )

    def is_worked(self, holder: str, action: str, text: str, typed: str) -> bool:
        """Whether the number *typed* proves the work of the challenge; uses it up.

        The SHA-256 of `challenge:number` must begin with the zero bits that the challenge asks for.
        """
        challenge = self._use(holder, action, text)
        if challenge is None or not (typed.isascii() and typed.isdigit() and len(typed) < 12):
            return False
        mixed = hashlib.sha256(f"{challenge}:{typed}".encode()).digest()
        return int.from_bytes(mixed, "big") >> (256 - challenge.work) == 0

    def open(self, holder: str, action: str, text: str) -> Challenge | None:
        """The challenge that *text* spells, if its signature fits *holder* and *action*, and it has not expired."""
        challenge = Challenge.of(text)
        if challenge is None or challenge.until <= self._clock.now().timestamp():
            return None
        right = hmac.compare_digest(challenge.signature, self._signature(holder, action, challenge))
        return challenge if right else None

    def digits(self, holder: str, action: str, challenge: Challenge) -> str:
        """The digits to copy."""
        mixed = hmac.digest(self._key(), f"digits:{holder}:{action}:{challenge}".encode(), hashlib.sha256)
        return f"{int.from_bytes(mixed[:8], 'big') % 10**DIGITS:0{DIGITS}}"

    def picture(self, text: str) -> bytes:
        """*text* as a PNG."""
        return self._pictures.generate(text).getvalue()

    def sound(self, text: str) -> bytes:
        """*text* read out in Vietnamese, as a WAV."""
        return bytes(self._sounds.generate(text))

    def _use(self, holder: str, action: str, text: str) -> Challenge | None:
        """The open challenge of *text*, which is used up; None if it was used before."""
        challenge = self.open(holder, action, text)
        if challenge is None or not self._throttle.is_free(f"captcha:{challenge.name}", LASTS):
            return None
        return challenge

    def _signature(self, holder: str, action: str, challenge: Challenge) -> str:
        return signature(self._key(), f"captcha:{holder}:{action}:{challenge.until}:{challenge.work}:{challenge.name}")


def work_after(misses: int) -> int:
    """The bits of work after *misses* from one network: one more bit each time the misses double beyond eight."""
    return min(WORK + (misses // 8).bit_length(), MOST_WORK)
