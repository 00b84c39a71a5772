"""From the path of a call to the dataset it is about: one canonical form of paths, and the map of routes."""
