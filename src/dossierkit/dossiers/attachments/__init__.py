"""Files as values: what a file is by its first bytes, and files that are base64 answers."""
