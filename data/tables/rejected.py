"""What in a file does not fit, by line and column. Quotes no value."""

from __future__ import annotations

from msgspec import Struct


class RejectedLine(Struct, frozen=True):
    """Something in a file that does not fit. Lines and columns count from 1.

    `column` is the column of a table, or the character of a line of JSON; None if no single column is at fault.
    `card_id` is the id of the card, or None if it is unknown. No value is ever quoted.
    """

    line: int
    column: int | None
    field: str
    reason: str
    card_id: str | None = None


class NotATable(Exception):
    """The bytes hold no table that can be read. The message continues a sentence that begins with the file's name."""
