"""What a file's reading has to say, a line for each kind of trouble with a count and the first lines. Quotes no value.

`import`, `match` and the app say the same sentences.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final

from core.texts import how_many
from data.tables.rejected import RejectedLine

_FIRST: Final = 3
"""Lines of the file that a summary names."""
THE_ROW: Final = "the row"
"""The field of what concerns a row as a whole."""
_ROWS: Final = frozenset({THE_ROW, "the line", "the record", "the card", "id", "card_id", "person_id"})
"""The fields of which a trouble concerns a whole row."""
_SEVERAL: Final = (
    (re.compile(r"^it is "), "are "),
    (re.compile(r"^it has "), "have "),
    (re.compile(r"^it holds "), "hold "),
    (re.compile(r"^it (?=could |can't )"), ""),
    (re.compile(r", and counts once$"), ", and count once"),
    (
        re.compile(r"^it repeats a person of its card, who counts once$"),
        "repeat a person of their card, who counts once",
    ),
    (re.compile(r"^it lies "), "lie "),
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
    """Return a sentence about the values of a field on these lines of a file, with the name of the field first.

    A sentence about whole rows begins with their number.
    """
    said = how_many_values(field, lines, reason)
    return said if field == THE_ROW else f"{field}: {said}"


def how_many_values(field: str, lines: Sequence[int], reason: str) -> str:
    """Return how many values of a field are concerned, why, and on which lines of a file."""
    for pattern, words in _SEVERAL if len(lines) > 1 else ():
        reason = pattern.sub(words, reason)
    told = reason.split(" ", 1)[0] in ("are", "have", "hold", "could", "can't", "lie", "repeat")
    return f"{_count(len(lines), field)}{' ' if told else ': '}{reason} ({_places(lines)})"


def trouble_lines(rejected: Iterable[RejectedLine]) -> list[str]:
    """Return a line for each kind of trouble: a single one with its line and column, several with their count."""
    return [
        _single(lines[0])
        if len(lines) == 1
        else counted(lines[0].field, [line.line for line in lines], shared_reason(lines))
        for lines in kinds_of(rejected)
    ]


def kinds_of(rejected: Iterable[RejectedLine]) -> list[list[RejectedLine]]:
    """Return what does not fit by field and reason, without regard to numbers, in the order in which it came."""
    kinds: dict[tuple[str, str], list[RejectedLine]] = {}
    for line in rejected:
        kinds.setdefault((line.field, _NUMBERS.sub("", line.reason)), []).append(line)
    return list(kinds.values())


def shared_reason(lines: Sequence[RejectedLine]) -> str:
    """Return the reason of lines of one kind, with "…" in the place of numbers that differ."""
    reasons = {line.reason for line in lines}
    return reasons.pop() if len(reasons) == 1 else _NUMBERS.sub("…", lines[0].reason)


def _single(rejected: RejectedLine) -> str:
    column = "" if rejected.column is None else f", column {rejected.column}"
    record = f" of {rejected.card_id}" if rejected.card_id else ""
    return f"line {rejected.line}{column}: {rejected.field}{record}: {rejected.reason}"


def _places(lines: Sequence[int]) -> str:
    named = ", ".join(map(str, lines[:_FIRST]))
    more = " …" if len(lines) > _FIRST else ""
    return f"line{'' if len(lines) == 1 else 's'} {named}{more}"


def _count(number: int, field: str) -> str:
    what = "row" if field in _ROWS else "value"
    return how_many(number, what)
