"""The choice of the cards that the list shows: those of an owner, a stage and a state. Pure.

Choices are {what: value}, in which what is "owner", "stage" or "state".
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

from tui.cards.listing import CHANGED, CardRow
from tui.widgets.clickable.choice_line import ClickWord

if TYPE_CHECKING:
    from tui.cards.board import BoardModel


def predicate_of(choices: Mapping[str, str]) -> Callable[[CardRow], bool] | None:
    """Return whether a card has all chosen values; None if nothing is chosen."""
    wanted = dict(choices)
    return (lambda row: all(_has(row, what, value) for what, value in wanted.items())) if wanted else None


def _has(row: CardRow, what: str, value: str) -> bool:
    """Return True if a row has a chosen value. The state "changed since push" is counted, not written in the row."""
    return bool(row.changed) if value == CHANGED else getattr(row, what) == value


def offers_of(what: str, board: BoardModel) -> Iterator[tuple[str | None, str, int]]:
    """Yield what can be chosen, as (value, words, number of cards): all cards first, with None for the value."""
    yield None, "all", len(board)
    for value, count in board.values(lambda row: str(getattr(row, what))):
        yield value, value, count
    if what == "state":
        yield CHANGED, f"{CHANGED} (reads the cards)", sum(1 for count in board.changed.values() if count)


def with_choice(choices: Mapping[str, str], what: str, value: str | None) -> dict[str, str]:
    """Return the choices with another value; without one, for None."""
    others = {name: chosen for name, chosen in choices.items() if name != what}
    return others if value is None else {**others, what: value}


def words_of(choices: Mapping[str, str]) -> list[ClickWord]:
    """Return the words next to the filter: what is chosen, else what can be."""
    return [
        ClickWord(f"{choices[what]} ▾", f"screen.choose_{what}", "$warning")
        if what in choices
        else ClickWord(f"{what} ▾", f"screen.choose_{what}")
        for what in ("owner", "stage", "state")
    ]
