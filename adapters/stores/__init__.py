"""Where statements, decisions and keys are kept."""
