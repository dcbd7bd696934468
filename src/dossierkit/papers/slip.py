"""The signature on an acceptance slip, which proves offline what was filed and when.

Ed25519 signs the dossier code, the receipt number, the revision of the form, the salted hash of the answers, and the moment
of acceptance.  None of it is personal.
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
from dossierkit.dossiers.lifecycle.event_facts import fact
from dossierkit.dossiers.states import Action
from dossierkit.errors import ForgedSlip, SettingsError
from dossierkit.ports import FactStore
from dossierkit.private_files import make_private_folder, write_private

#: Prefix of every slip; names the signature scheme.
_KIND = "DK1"
#: Key in the store under which the public key is stored.
_FACT = "slip-key"
_PUT_BACK = "put it back from a back-up, or say --new (in Python new=True) for another key"


@attrs.frozen
class Slip:
    """The facts that a slip vouches for."""

    code: str
    receipt: str
    #: The revision of the form, 64 hexadecimal digits.
    revision: str
    #: Salted hash of the accepted answers, 64 hexadecimal digits.
    answers: str
    accepted: datetime


@attrs.frozen
class SlipKey:
    """The signing key of an installation; generated once, stored in its data folder."""

    private: Ed25519PrivateKey = attrs.field(repr=False)

    @classmethod
    def load_or_create(cls, path: Path) -> SlipKey:
        """The key in the file *path*; generated if the file does not exist, readable for its owner only.

        Raises:
            SettingsError: the file is not a key.
        """
        if not path.exists():
            secret = Ed25519PrivateKey.generate().private_bytes_raw()
            make_private_folder(path.parent)
            with suppress(FileExistsError):  # another process has just created it
                write_private(path, base64.b64encode(secret), new=True)
        try:
            return cls(Ed25519PrivateKey.from_private_bytes(base64.b64decode(path.read_bytes(), validate=True)))
        except (ValueError, binascii.Error) as error:
            raise SettingsError(f"{path} holds no key; restore it from a back-up, or earlier slips cannot be verified") from error

    @property
    def public(self) -> str:
        """The public key for verifying slips: 32 bytes in base64."""
        return base64.b64encode(self.private.public_key().public_bytes_raw()).decode()

    def sign(self, slip: Slip) -> str:
        """*slip* as text that `check_slip` reads."""
        facts = [slip.code, slip.receipt, slip.revision, slip.answers, slip.accepted.isoformat()]
        body = json.dumps(facts, ensure_ascii=False, separators=(",", ":")).encode()
        return ".".join((_KIND, _text(body), _text(self.private.sign(f"{_KIND}.".encode() + body))))


def installed_key(store: FactStore, path: Path, *, new: bool = False) -> SlipKey:
    """The key of the installation of *store*, in the file *path*; generated on first use.

    Args:
        new: accept another key than before.

    Raises:
        SettingsError: the key is missing or is not the one used before; not with *new*.
    """
    before = store.recall(_FACT)
    if before is not None and not new and not path.exists():
        raise SettingsError(f"{path} is missing, and earlier slips are verified with it: {_PUT_BACK}")
    key = SlipKey.load_or_create(path)
    # Of machines that start at once, the first one to say so makes the key.
    kept = before if before is not None else store.remember_once(_FACT, key.public)
    if kept != key.public and not new:
        raise SettingsError(f"{path} is not the key that earlier slips are verified with: {_PUT_BACK}")
    if kept != key.public:
        store.remember(_FACT, key.public)
    return key


def check_slip(text: str, public: str) -> Slip:
    """The slip in *text*, or in the address that ends with it, after its signature was verified with the key *public*.

    Raises:
        ForgedSlip: it is malformed, or its signature is wrong.
        SettingsError: *public* is not a key.
    """
    try:
        key = Ed25519PublicKey.from_public_bytes(base64.b64decode(public.strip(), validate=True))
    except (ValueError, binascii.Error) as error:
        raise SettingsError("the public key is 32 bytes in base64, as dossierkit slip-key prints it") from error
    bare = "".join(text.split()).rpartition("slip=")[2]
    kind, _, rest = bare.partition(".")
    body, _, signature = rest.partition(".")
    try:
        signed = _bytes(body)
        # The prefix is signed, too, so that a slip of another scheme cannot pass.
        key.verify(_bytes(signature), f"{kind}.".encode() + signed)
        code, receipt, revision, answers, accepted = json.loads(signed)
        return Slip(code, receipt, revision, answers, datetime.fromisoformat(accepted))
    except (ValueError, InvalidSignature) as error:
        raise ForgedSlip("this is not a slip of this office, or it was changed") from error


def slip_of(dossier: Dossier, history: tuple[Event, ...]) -> Slip | None:
    """The acceptance slip of *dossier*; None before acceptance."""
    accepted = next((event for event in history if event.action is Action.ACCEPT), None)
    if accepted is None or dossier.code is None:
        return None
    digests = [event.facts.digests.answers for event in history if event.number < accepted.number]
    before = [digest for digest in digests if digest is not None]
    return Slip(dossier.code.text, str(fact(accepted.facts, "receipt")), dossier.revision, before[-1], accepted.at)


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _bytes(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
