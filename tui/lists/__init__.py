"""What every list offers in a dialog: its columns, its export, its saved views."""
