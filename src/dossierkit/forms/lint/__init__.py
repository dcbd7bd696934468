"""Lint of procedure files, and the differences between two revisions of one."""
