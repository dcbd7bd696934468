"""Rules of passwords: how long one is, and which ones are too easy to guess."""

from __future__ import annotations

from collections.abc import Container

from dossierkit.text import fold

SHORTEST = 10


LONGEST = 256


def password_fault(password: str, *, common: Container[str], names: tuple[str, ...] = ()) -> str | None:
    """Why *password* will not do: `short`, `long`, `common` or `name`; None where it will.

    Args:
        common: common passwords, folded.
        names: what others know of the person: name, mail address, numbers.
    """
    if len(password) < SHORTEST:
        return "short"
    if len(password) > LONGEST:
        return "long"
    folded = fold(password)
    bare = folded.replace(" ", "")
    if bare in common or bare.rstrip("0123456789") in common or len(set(bare)) < 4:
        return "common"
    for name in names:
        known = fold(name).replace(" ", "")
        if len(known) > 3 and (known in bare or (len(bare) > 3 and bare in known)):
            return "name"
    return None
