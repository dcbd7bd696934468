"""File types, recognised by the first bytes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dossierkit.dossiers.attachments.file_types import KNOWN, media_type, shown_name, suffix_of
from dossierkit.hidden_characters import hidden_character


@pytest.mark.parametrize("suffix", KNOWN)
def test_name_and_content_agree(suffix: str) -> None:
    kind, heads = KNOWN[suffix]
    assert media_type("Bản vẽ" + suffix.upper(), heads[0] + b"more") == kind
    assert media_type("Bản vẽ" + suffix, b"MZ") is None
    assert media_type("Bản vẽ.exe", heads[0]) is None


@pytest.mark.parametrize(
    ("name", "suffix", "shown"),
    [
        ("a.PDF", ".pdf", "a.PDF"),
        ("C:\\Users\\An\\đơn.pdf", ".pdf", "đơn.pdf"),
        ("../../etc/x.png", ".png", "x.png"),
        ("ảnh\u202egnp.exe", ".exe", "ảnhgnp.exe"),
        ("\u2066a\u00ad\u200b\ue000b\U000e0041\u3164.pdf", ".pdf", "ab.pdf"),
        ("\U0001f468\u200d\U0001f469.png", ".png", "\U0001f468\u200d\U0001f469.png"),
        (".pdf", "", ".pdf"),
        ("none", "", "none"),
        ("", "", "file"),
        ("\x00\x1b", "", "file"),
        ("x" * 300 + ".pdf", ".pdf", "x" * 120 + ".pdf"),
    ],
)
def test_names_as_people_see_them(name: str, suffix: str, shown: str) -> None:
    assert (suffix_of(name), shown_name(name)) == (suffix, shown)


@given(st.text(max_size=60))
def test_a_shown_name_is_always_one_line(name: str) -> None:
    shown = shown_name(name)
    assert shown
    assert hidden_character(shown) is None
    assert not any(letter.isspace() and letter != " " for letter in shown)
    assert "/" not in shown
