"""What the contact desk keeps between two runs outside the book."""
