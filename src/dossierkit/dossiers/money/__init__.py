"""Fees of dossiers, bills, and attempts to pay."""
