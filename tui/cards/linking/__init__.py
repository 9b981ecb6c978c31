"""Linking cards and people to the records that FLEX holds of them already."""
