"""Turns SimpleNexus's events into Total Expert's insights and groups: once, in order, or after asking a person."""
