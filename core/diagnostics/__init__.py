"""Finds what is wrong with a desk's settings, systems and book, and says what to do. Knows no file and no HTTP."""
