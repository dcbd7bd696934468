"""One module a part of the portal; a page is `(Site, Request, FormData) -> Response`, short and without rules."""
