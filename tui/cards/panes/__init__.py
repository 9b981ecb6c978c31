"""The panes of a card: one for each tab that needs more than a table of lines."""
