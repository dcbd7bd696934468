"""A procedure: the shape of `x-procedure`, its lint, and whom a dossier of it is about."""
