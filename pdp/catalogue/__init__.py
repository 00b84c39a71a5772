"""Catalogues: what their rows say, and what a reviewer would ask about them."""
