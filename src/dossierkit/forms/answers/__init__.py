"""A posted page becomes answers and answers a page: control names, texts, rows, defaults, the canonical form."""
