"""Work lists: what waits for somebody, what fell due, and what was left undone, read from the ledger at one instant."""
