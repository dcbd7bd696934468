"""Sealed texts that a browser carries: unreadable, protected against changes, and valid for a limited time."""

from __future__ import annotations

import base64
import zlib
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st
from support.samples import NOON

from dossierkit.people.seal import Seal

SEAL = Seal(lambda: b"k" * 32, timedelta(hours=12))
TEXTS = st.text(st.characters(exclude_categories=["Cs"]))


@given(TEXTS)
def test_a_sealed_text_opens_as_it_was(text: str) -> None:
    assert SEAL.open(SEAL.seal(text, NOON), NOON + timedelta(hours=1)) == text


@given(st.text("ăâđêôơưabc", min_size=8))
def test_a_sealed_text_cannot_be_read(text: str) -> None:
    """Neither as it is nor decoded, and not as the compressed text; the same text looks different each time."""
    sealed = SEAL.seal(text, NOON)
    decoded = base64.urlsafe_b64decode(sealed)

    assert text.encode() not in decoded
    assert zlib.compress(text.encode()) not in decoded
    assert SEAL.seal(text, NOON) != sealed


@given(st.data())
def test_a_changed_seal_does_not_open(data: st.DataObject) -> None:
    """Whichever bit is flipped."""
    sealed = bytearray(base64.urlsafe_b64decode(SEAL.seal("Nguyễn Văn An", NOON)))
    bit = data.draw(st.integers(0, 8 * len(sealed) - 1))
    sealed[bit // 8] ^= 1 << bit % 8

    assert SEAL.open(base64.urlsafe_b64encode(sealed).decode(), NOON) is None


@given(TEXTS)
def test_other_texts_are_not_seals(text: str) -> None:
    assert SEAL.open(text, NOON) is None


def test_a_seal_expires() -> None:
    sealed = SEAL.seal("An", NOON)

    assert SEAL.open(sealed, NOON + SEAL.lasts) == "An"
    assert SEAL.open(sealed, NOON + SEAL.lasts + timedelta(seconds=1)) is None


def test_another_installation_cannot_open_it() -> None:
    assert Seal(lambda: b"l" * 32, SEAL.lasts).open(SEAL.seal("An", NOON), NOON) is None


def test_repeated_text_is_compressed() -> None:
    assert len(SEAL.seal("Nguyễn Văn An " * 1_000, NOON)) < 400
