"""Parts that several test modules share: pages as a browser reads them, visits, strategies, counted work."""
