"""The overview: the day and the week in pictures, and what waits."""
