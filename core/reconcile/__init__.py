"""Compares the book's links and receipts with what the systems hold now. Writes nothing to any system."""
