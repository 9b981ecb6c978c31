"""Record linkage: which pairs to compare, how they compare, and how much that says. Pure."""
