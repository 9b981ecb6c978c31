"""Why a cell of a table can't be read. Knows no column and no file."""

from __future__ import annotations


class UnreadableCell(Exception):
    """A cell's text does not have the form that its column needs. The message says what is wrong."""
