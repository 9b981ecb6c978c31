"""The four simulated systems, and what they share: calls, replies, routes, checks of fields."""
