"""Real catalogue files become statements."""
