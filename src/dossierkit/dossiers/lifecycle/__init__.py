"""The life of a dossier: the dossier and its events, the table of states and actions, supplements."""
