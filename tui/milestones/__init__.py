"""The Milestones room: what fired, what was sent and can't be taken back, what is about to be."""
