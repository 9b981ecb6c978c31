"""What an operator does with cards: preview, push, link, tick. Screens and commands call these alike."""
