"""The words of the command line: which commands there are, and which options each has."""
