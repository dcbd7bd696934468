"""What an office does with answers: procedures, codes, dossiers and their life.  Pure."""
