"""Procedures, codes, dossiers and their life.  Pure."""
