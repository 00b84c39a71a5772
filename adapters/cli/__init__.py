"""The `pdp` command."""
