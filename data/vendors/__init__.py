"""The remotes: one file per system, and the one HTTP client they share."""
