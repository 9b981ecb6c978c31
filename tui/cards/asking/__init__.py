"""What the Cards room asks: which cards are shown, and why a key can't act on a card now."""
