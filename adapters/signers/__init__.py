"""Who vouches for the log: one file a signature suite, and the keys they use."""
