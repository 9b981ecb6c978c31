"""Moves a book to another place: from a folder to a team's database, and back."""
