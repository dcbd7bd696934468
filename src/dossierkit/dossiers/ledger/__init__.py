"""Statistics as a ledger: postings of events, and reports as sums of them."""
