"""Both sides of every claim, measured in one run."""
