"""Serves the app to a browser: the guard before it, the page, and the app in a process of its own."""
