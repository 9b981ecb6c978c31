"""The Milestones room: what happened, what was sent and can't be taken back, and what will be sent."""
