"""Calculations in the app that a file reports."""
