"""The Contacts room: the match of SimpleNexus and Total Expert, and what a person has to decide about it."""
