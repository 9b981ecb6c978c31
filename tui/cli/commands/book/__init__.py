"""Commands about what the book holds: activity, links, export, erasure, the support bundle."""
