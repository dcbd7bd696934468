"""Accounts and sessions as values, and the rules of passwords."""
