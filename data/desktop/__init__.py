"""What the desktop around the terminal offers: the clipboard of the operating system."""
