"""Supervision: what the ledger and the decision log show of the cases of art_41 and art_42. Evidence, never an act."""
