"""Entering in FLEX by hand what no push carries: the list of values, and what opens and ends it."""
