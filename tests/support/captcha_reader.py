"""The characters that a captcha shows, read with the key of the installation."""

from __future__ import annotations

from dossierkit_web.requests.confirmation import ACTION

from dossierkit.office.keys import installation_key
from dossierkit.people.captchas import Captchas, Challenge
from dossierkit.people.throttle import Throttle
from dossierkit.ports import Store
from dossierkit.testing import FixedClock


def digits(store: Store, clock: FixedClock, visit: str, challenge: str) -> str:
    """The digits that a page with *challenge* shows to the browser with the cookie *visit*."""
    captchas = Captchas(lambda: installation_key(store, "captcha-key"), Throttle(store.accounts, clock), clock)
    spelled = Challenge.of(challenge)
    assert spelled is not None
    return captchas.digits(visit, ACTION, spelled)
