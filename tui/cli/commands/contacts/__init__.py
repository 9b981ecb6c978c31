"""Commands about contacts: match, review, sync, and milestones."""
