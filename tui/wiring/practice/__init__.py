"""The app's desk on the built-in sandbox, and what commands need there. The package itself imports nothing."""
