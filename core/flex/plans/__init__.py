"""The plans of card, Fact Find and note pushes, and what a person sees before confirming one. Pure."""
