"""The Activity room: every push, live and past, and what needs you."""
