"""Procedure files as schemas: strict JSON reader, dialect, formats, references, older drafts, validation, rules in CEL."""
