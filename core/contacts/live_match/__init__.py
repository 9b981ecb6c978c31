"""Incremental matching: what a change of a few contacts does to a match, without matching the books again."""
