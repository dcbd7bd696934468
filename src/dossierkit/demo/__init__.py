"""Demo data: synthetic dossiers of two years (`simulation`), and accounts to sign in with (`demonstration`)."""
