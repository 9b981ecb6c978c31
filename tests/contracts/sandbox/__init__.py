"""The sandbox's two contact systems, held to expectations that were written by hand from the vendors' texts."""
