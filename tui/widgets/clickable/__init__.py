"""Widgets of which single words can be clicked."""
