"""Reads both systems of the contact desk: in full, or only what changed since the last read."""
