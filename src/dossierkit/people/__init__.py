"""Accounts of citizens and officers: sign-in with a password or elsewhere, second factor, staff, rate limits."""
