"""What a reconciliation found, on the screen."""
