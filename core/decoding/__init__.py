"""Reads JSON that others wrote."""
