"""The command palette: everything that can be done, with its key, and every row that was read."""
