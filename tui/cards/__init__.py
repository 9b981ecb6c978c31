"""The Cards room: the board, the card in detail, the push."""
