"""The life of a dossier: the `dossier` and its events, the table of `transitions`, how a procedure narrows it, supplements."""
