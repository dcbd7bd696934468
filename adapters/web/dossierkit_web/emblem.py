"""The emblem of the office: a picture of the installation, read once, served by the type of its content."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from dossierkit.dossiers.attachments.file_types import KNOWN
from dossierkit.errors import SettingsError
from dossierkit.files.inspection import is_sound

PLACE = "/emblem"
#: It is on every page.
MAX_BYTES = 512 * 1024
_PICTURES = {KNOWN[suffix] for suffix in (".png", ".jpg")}


def emblem_route(path: Path) -> Route:
    """The route of the picture in the file *path*.

    Raises:
        SettingsError: it cannot be read, is too large, or is neither PNG nor JPEG by its content, whatever its name says.
            SVG is neither: it can hold programs.
    """
    try:
        picture = path.read_bytes()
    except OSError as error:
        raise SettingsError(f"the emblem {path} cannot be read: {error.strerror}") from error
    if len(picture) > MAX_BYTES:
        raise SettingsError(f"the emblem {path} is larger than {MAX_BYTES // 1024} KB")
    kind = next((kind for kind, begins in _PICTURES if picture.startswith(begins)), "")
    if not kind or not is_sound(BytesIO(picture), kind):
        raise SettingsError(f"the emblem {path} is no PNG or JPEG")
    headers = {"Cache-Control": "public, max-age=3600"}

    def emblem(request: Request) -> Response:  # noqa: ARG001  # Starlette hands it over
        return Response(picture, media_type=kind, headers=headers)

    return Route(PLACE, emblem)
