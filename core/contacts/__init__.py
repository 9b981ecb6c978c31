"""SimpleNexus and Total Expert: who is whose contact, what a sync would do, and why. Knows the push room, no other."""
