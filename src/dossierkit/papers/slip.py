"""The signature on an acceptance slip: who holds the slip can prove, offline, what was filed and when.

Ed25519 signs the dossier code, the receipt number, the revision of the form, the salted hash of the answers, and the moment
of acceptance.  Nothing of it is personal.
"""

from __future__ import annotations

import base64
import binascii
import json
from contextlib import suppress
from datetime import datetime
from pathlib import Path

import attrs
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from dossierkit.dossiers.lifecycle.dossier import Dossier, Event
from dossierkit.dossiers.states import Action
from dossierkit.errors import ForgedSlip, SettingsError
from dossierkit.ports import FactStore
from dossierkit.private_files import make_private_folder, write_private

#: What stands before every slip; another way of signing gets another one.
_KIND = "DK1"
#: The fact in the store that holds the public key.
_FACT = "slip-key"
_PUT_BACK = "put it back from a back-up, or say serve --new for another key"


@attrs.frozen
class Slip:
    """What a slip vouches for."""

    code: str
    receipt: str
    #: 64 hexadecimal digits: the form that was filed under.
    revision: str
    #: 64 hexadecimal digits: the answers as they were accepted, salted.
    answers: str
    accepted: datetime


@attrs.frozen
class SlipKey:
    """The key of an installation; made once, kept in its data folder."""

    private: Ed25519PrivateKey = attrs.field(repr=False)

    @classmethod
    def kept(cls, path: Path) -> SlipKey:
        """The key in the file *path*, which is made where there is none, for its owner alone.

        Raises:
            SettingsError: what stands there is no key.
        """
        if not path.exists():
            made = Ed25519PrivateKey.generate().private_bytes_raw()
            make_private_folder(path.parent)
            with suppress(FileExistsError):  # another process was a moment faster
                write_private(path, base64.b64encode(made), new=True)
        try:
            return cls(Ed25519PrivateKey.from_private_bytes(base64.b64decode(path.read_bytes(), validate=True)))
        except (ValueError, binascii.Error) as error:
            raise SettingsError(f"{path} holds no key; restore it from a back-up, or slips of before prove nothing") from error

    @property
    def public(self) -> str:
        """What anybody needs to check slips: 32 bytes in base64."""
        return base64.b64encode(self.private.public_key().public_bytes_raw()).decode()

    def sign(self, slip: Slip) -> str:
        """*slip* as text that `check_slip` reads."""
        said = [slip.code, slip.receipt, slip.revision, slip.answers, slip.accepted.isoformat()]
        body = json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode()
        return ".".join((_KIND, _text(body), _text(self.private.sign(f"{_KIND}.".encode() + body))))


def installed_key(store: FactStore, path: Path, *, new: bool = False) -> SlipKey:
    """The key of the installation of *store*, in the file *path*; made with the installation.

    Args:
        new: another key than before will do.

    Raises:
        SettingsError: the key of before is missing, or what stands there is another one, and not *new*.
    """
    before = store.recall(_FACT)
    if before is not None and not new and not path.exists():
        raise SettingsError(f"{path} is missing, slips of before are proved by it: {_PUT_BACK}")
    key = SlipKey.kept(path)
    if before not in (None, key.public) and not new:
        raise SettingsError(f"{path} is another key than the one that slips of before are proved by: {_PUT_BACK}")
    if before != key.public:
        store.remember(_FACT, key.public)
    return key


def check_slip(text: str, public: str) -> Slip:
    """The slip that *text* is, signed by the key *public*; an address that ends with it will do.

    Raises:
        ForgedSlip: it is none, or somebody else wrote it.
        SettingsError: *public* is no key.
    """
    try:
        key = Ed25519PublicKey.from_public_bytes(base64.b64decode(public.strip(), validate=True))
    except (ValueError, binascii.Error) as error:
        raise SettingsError("the public key is 32 bytes in base64, as dossierkit slip-key prints it") from error
    bare = "".join(text.split()).rpartition("slip=")[2]
    kind, _, rest = bare.partition(".")
    body, _, signature = rest.partition(".")
    try:
        said = _bytes(body)
        # The kind is signed, too: what another way of signing made is none of ours.
        key.verify(_bytes(signature), f"{kind}.".encode() + said)
        code, receipt, revision, answers, accepted = json.loads(said)
        return Slip(code, receipt, revision, answers, datetime.fromisoformat(accepted))
    except (ValueError, InvalidSignature) as error:
        raise ForgedSlip("this is no slip of this office, or it was changed") from error


def slip_of(dossier: Dossier, history: tuple[Event, ...]) -> Slip | None:
    """What the acceptance slip of *dossier* vouches for; None before it was accepted."""
    accepted = next((event for event in history if event.action is Action.ACCEPT), None)
    if accepted is None or dossier.code is None:
        return None
    before = [event.facts["answers"] for event in history if "answers" in event.facts and event.number < accepted.number]
    return Slip(dossier.code.text, str(accepted.facts["receipt"]), dossier.revision, str(before[-1]), accepted.at)


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _bytes(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
