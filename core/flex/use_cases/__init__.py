"""What an operator does with cards: preview, push, link, tick. Screens and commands call the same use cases."""
