"""Serves the listener's app over HTTP."""
