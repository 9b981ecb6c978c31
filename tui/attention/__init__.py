"""What asks for a person: counts in the header, notices, the terminal's title, long work, and leaving the app."""
