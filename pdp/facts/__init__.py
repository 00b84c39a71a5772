"""A question, the world and an instant become one total vector of facts."""
