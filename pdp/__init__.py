"""Judgement: facts, folds, rulebook and record. Standard library only; no I/O."""
