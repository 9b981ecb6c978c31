"""What the sandbox holds at the start: invented people, cards and contacts, and planted cases."""
