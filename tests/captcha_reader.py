"""Reads a captcha as its picture says it, for tests: from the store, since that is the only other place that knows."""

from __future__ import annotations

from dossierkit.captchas import Captchas
from dossierkit.ports import DossierStore
from dossierkit.testing import FixedClock
from dossierkit.tokens import hashed


def digits(store: DossierStore, clock: FixedClock, token: str, challenge: str) -> str:
    """What the look-up page with *challenge* shows to the session whose cookie is *token*."""
    return Captchas(store, clock).digits(hashed(token), "lookup", challenge)
