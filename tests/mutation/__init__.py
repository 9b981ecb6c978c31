"""Breaks the core and the book in every small way. What no test notices is listed, and explained or tested."""
