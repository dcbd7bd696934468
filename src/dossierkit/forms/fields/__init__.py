"""Which fields hold for some answers, and of which kind: `effective` is the function that everything asks."""
