"""What the app offers only on the built-in sandbox: its day, what goes wrong on request, and a new beginning."""
