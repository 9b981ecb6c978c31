"""The desk's rules. Takes and returns values; knows no screen, no HTTP, no file."""
