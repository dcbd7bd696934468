"""What a dossier costs, and the attempts to pay it."""
