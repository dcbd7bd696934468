"""dossierkit: a procedure is a file.  Drop a JSON Schema into a folder and citizens can fill it.

Names are resolved when they are first used, so that importing this stays light.
"""

from __future__ import annotations

import logging
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dossierkit.catalog.option_lists import Table as Table
    from dossierkit.dossiers.codes import DossierCode as DossierCode
    from dossierkit.dossiers.lifecycle.dossier import Actor as Actor
    from dossierkit.dossiers.lifecycle.dossier import Dossier as Dossier
    from dossierkit.dossiers.states import Action as Action
    from dossierkit.dossiers.states import Role as Role
    from dossierkit.dossiers.states import State as State
    from dossierkit.errors import DossierkitError as DossierkitError
    from dossierkit.errors import RefusedAnswers as RefusedAnswers
    from dossierkit.office.background_work import Worker as Worker
    from dossierkit.office.engine import Engine as Engine
    from dossierkit.wiring import open_engine as open_engine

# CEL would write answers into the log when a rule fails; the failure itself reaches the caller.
logging.getLogger("cel").setLevel(logging.CRITICAL)

__version__ = "0.1.0"

_HOMES = {
    "Action": "dossierkit.dossiers.states",
    "Actor": "dossierkit.dossiers.lifecycle.dossier",
    "Dossier": "dossierkit.dossiers.lifecycle.dossier",
    "DossierCode": "dossierkit.dossiers.codes",
    "DossierkitError": "dossierkit.errors",
    "Engine": "dossierkit.office.engine",
    "RefusedAnswers": "dossierkit.errors",
    "Role": "dossierkit.dossiers.states",
    "State": "dossierkit.dossiers.states",
    "Table": "dossierkit.catalog.option_lists",
    "Worker": "dossierkit.office.background_work",
    "open_engine": "dossierkit.wiring",
}

__all__ = [
    "Action",
    "Actor",
    "Dossier",
    "DossierCode",
    "DossierkitError",
    "Engine",
    "RefusedAnswers",
    "Role",
    "State",
    "Table",
    "Worker",
    "open_engine",
]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'dossierkit' has no attribute {name!r}")
