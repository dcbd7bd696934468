"""What every request passes: bodies, cookies, sessions, limits, headers, uploads."""
