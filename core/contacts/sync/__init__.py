"""What is written to both contact systems: the sync, sharing the app, and undoing a sync."""
