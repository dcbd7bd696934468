"""Playwright and Chromium, or a skip with its reason; where CI runs, their absence is a failure."""

from __future__ import annotations

import os
import shutil

import pytest

try:
    from playwright.sync_api import Browser, Page, expect
except ImportError:
    if os.environ.get("CI"):
        raise
    pytest.skip("playwright is not here: pip install 'dossierkit[browser]'", allow_module_level=True)
if shutil.which("chromium") is None and not os.environ.get("CI"):
    pytest.skip("Chromium is not here: apt-get install chromium", allow_module_level=True)

__all__ = ["Browser", "Page", "expect"]
