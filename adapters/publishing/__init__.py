"""Publishing the log: tiles and checkpoints from the journal, about once a second, and what watches over it."""
