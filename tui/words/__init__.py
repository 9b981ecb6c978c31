"""The signs, tones and words that every room uses for the same thing. Loads no textual."""
