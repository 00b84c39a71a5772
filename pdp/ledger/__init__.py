"""Statements, their folds and the transitions the law allows."""
