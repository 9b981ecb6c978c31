"""What only the built-in sandbox offers: the day that it plays, faults on request, and a new beginning."""
