"""Where dossiers are kept, behind `ports.DossierStore`: memory (the reference) and SQLite."""
