"""What the doctor finds, on the screen."""
