"""The HTTP client that all vendors share, and what a reply means."""
