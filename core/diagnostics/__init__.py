"""What is wrong with a desk's settings, systems and book, and what to do. Knows no file and no HTTP."""
