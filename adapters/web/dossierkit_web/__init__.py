"""The reference portal: a thin Starlette adapter over `dossierkit`."""

from dossierkit_web.app import Portal, create_app
from dossierkit_web.site import WebConfig

__all__ = ["Portal", "WebConfig", "create_app"]
