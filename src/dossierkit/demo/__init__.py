"""A portal worth looking at: invented dossiers over two years (`simulation`) and people to sign in as (`demonstration`)."""
