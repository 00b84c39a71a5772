"""The log in the formats of others: columns for questions, OPA, OCSF."""
