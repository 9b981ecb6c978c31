"""A question about several records: the table on screen, and what a person chose in it."""
