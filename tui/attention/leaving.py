"""What the app says when a person leaves while something is on its way. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from core.push.plan import System
from core.systems import display_name

NAMED: Final = 12
"""How many of the cards that were not begun are named."""


def waiting_words(systems: Iterable[System], pushes: int, seconds: float) -> str:
    """Return what leaving waits for, how long at most, and how to leave at once."""
    names = " and ".join(display_name(system) for system in dict.fromkeys(systems))
    many = "1 push is" if pushes == 1 else f"{pushes:,} pushes are"
    whom = f"the answer of {names}" if names else "what is on its way"
    return f"{many} on the way. Leaving waits up to {seconds:,.0f} s for {whom}. q again leaves at once."


def farewell(in_doubt: int, going_on: int, not_begun: Sequence[str] = ()) -> str:
    """Return in one line what the next start will do; "" if nothing is left.

    `in_doubt` counts steps, `going_on` the pushes that were begun. `not_begun` has the ids of the cards that a bulk
    push had still to begin: the next start marks them.
    """
    steps = "1 step" if in_doubt == 1 else f"{in_doubt:,} steps"
    pushes = "1 push goes" if going_on == 1 else f"{going_on:,} pushes go"
    said = []
    if in_doubt:
        then = f"; then {pushes} on" if going_on else ""
        said.append(f"{steps} will be checked at the next start{then}.")
    elif going_on:
        said.append(f"{pushes} on at the next start.")
    if not_begun:
        number = len(not_begun)
        was, are = ("1 card was", "it is") if number == 1 else (f"{number:,} cards were", "they are")
        ids = ", ".join(not_begun[:NAMED])
        more = f" and {number - NAMED:,} more" if number > NAMED else ""
        said.append(f"{was} not begun: {ids}{more}. At the next start {are} marked in Cards, to push.")
    return " ".join(said)
