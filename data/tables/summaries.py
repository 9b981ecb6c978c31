"""What a file's reading has to say, a line for each kind of trouble with a count and the first lines. Quotes no value.

`import`, `match` and the app say the same sentences.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final

from data.tables.rejected import RejectedLine

_FIRST: Final = 3
"""Lines of the file that a summary names."""
_ROWS: Final = frozenset({"the row", "the line", "the record", "the card", "id", "card_id", "person_id"})
"""The fields of which a trouble concerns a whole row."""
_SEVERAL: Final = (
    (re.compile(r"^it is "), "are "),
    (re.compile(r"^it has "), "have "),
    (re.compile(r"^it holds "), "hold "),
    (re.compile(r"^it (?=could )"), ""),
    (re.compile(r"; the (contact|note) is read without it$"), r"; the \1s are read without them"),
)
_NUMBERS: Final = re.compile(r"\d+")


class ValueChanges:
    """Counts what was restored or read in another form, by column and kind of change."""

    def __init__(self) -> None:
        self._lines: dict[tuple[str, str], list[int]] = {}

    def add(self, line: int, column: str, change: str) -> None:
        """Take in one change."""
        self._lines.setdefault((column, change), []).append(line)

    def notices(self) -> tuple[str, ...]:
        """Return a sentence for each kind of change, in the order in which they were added first."""
        return tuple(counted(column, lines, change) for (column, change), lines in self._lines.items())


def counted(field: str, lines: Sequence[int], reason: str) -> str:
    """Return a sentence about the values of a field on these lines of a file."""
    for pattern, words in _SEVERAL if len(lines) > 1 else ():
        reason = pattern.sub(words, reason)
    told = reason.split(" ", 1)[0] in ("are", "have", "hold", "could")
    return f"{field}: {_count(len(lines), field)}{' ' if told else ': '}{reason} ({_places(lines)})"


def trouble_lines(rejected: Iterable[RejectedLine]) -> list[str]:
    """Return a line for each kind of trouble: a single one with its line and column, several with their count."""
    kinds: dict[tuple[str, str], list[RejectedLine]] = {}
    for one in rejected:
        kinds.setdefault((one.field, _NUMBERS.sub("", one.reason)), []).append(one)
    return [_single(ones[0]) if len(ones) == 1 else _several(ones) for ones in kinds.values()]


def _single(rejected: RejectedLine) -> str:
    column = "" if rejected.column is None else f", column {rejected.column}"
    record = f" of {rejected.card_id}" if rejected.card_id else ""
    return f"line {rejected.line}{column}: {rejected.field}{record}: {rejected.reason}"


def _several(rejected: Sequence[RejectedLine]) -> str:
    field = rejected[0].field
    reasons = {one.reason for one in rejected}
    reason = reasons.pop() if len(reasons) == 1 else _NUMBERS.sub("…", rejected[0].reason)
    return counted(field, [one.line for one in rejected], reason)


def _places(lines: Sequence[int]) -> str:
    named = ", ".join(map(str, lines[:_FIRST]))
    more = " …" if len(lines) > _FIRST else ""
    return f"line{'' if len(lines) == 1 else 's'} {named}{more}"


def _count(number: int, field: str) -> str:
    what = "row" if field in _ROWS else "value"
    return f"{number:,} {what}" + ("" if number == 1 else "s")
