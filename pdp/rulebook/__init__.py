"""The rules, compiled: the Rego we allow, truth tables, and the one function that combines them."""
