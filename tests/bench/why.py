"""Why a mark is missed, by part and by the words of the figure. The page shows a text only while its mark is missed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

_FIRST_CARDS: Final = (
    "contacts and milestones are made ready before the board is read, and maps are read from TOML"
)
_STEP: Final = "it no longer grows with the push; what is left is encoding, keyed hashes and a commit a state"
WHY: Final[Mapping[str, Mapping[str, str]]] = {
    "first_frame": {
        "first frame, own CPU": "the stylesheets are parsed at each start, in 11 ms, as kept ones would be unpickled",
        "first cards after the first frame, wall clock, sandbox running": _FIRST_CARDS,
        "first cards after the first frame, wall clock, sandbox not running": _FIRST_CARDS,
    },
    "steps": {
        "CPU of a step, 500 steps": _STEP,
        "CPU of a step, 5,000 steps": _STEP,
        "CPU of a step, 20,000 steps": _STEP,
    },
}
