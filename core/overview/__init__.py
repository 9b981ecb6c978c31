"""What the desk knows of the day, the week and what waits, from the book alone."""
