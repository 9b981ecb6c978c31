"""What can be done: the command palette, with every row that was read, and the help with the keys."""
