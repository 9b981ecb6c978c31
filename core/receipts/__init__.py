"""Proof that a push arrived: what was confirmed, what the systems hold afterwards, and a receipt of both."""
