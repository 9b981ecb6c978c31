"""Commands about cards: list, preview, push, link, import, and the field map."""
