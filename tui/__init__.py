"""What the terminal shows: the command line and the screens."""
