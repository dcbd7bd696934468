"""Handling of every request: bodies, cookies, sessions, limits, headers, uploads."""
