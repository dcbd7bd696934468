"""Fixtures of the tests that click."""

from browsing import browser, served

__all__ = ["browser", "served"]
