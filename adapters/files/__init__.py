"""Strict readers of policies/ and rego/: plain values for pdp, and errors with file and line."""
