"""Every outward write: plans, the journal of their steps, and the one engine that sends them. Knows no other room."""
