"""Why a mark is missed, by part and by the words of the figure. The page shows a text only while its mark is missed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

_SLOW: Final = (
    "the machine was half as fast as the one that the marks were set on: the peers of this run took twice the time of"
    " the day before, when this mark was met"
)
_FIRST_CARDS: Final = (
    "importing what opens a desk takes 0.35 s, making contacts and milestones ready 0.1 s, reading the maps 0.05 s; and"
    " the machine was half as fast as the one that the marks were set on"
)
_STEP: Final = (
    "it no longer grows with the push; what is left is encoding, keyed hashes and a commit a state. A step took 0.50 ms"
    " on the machine that the marks were set on; this one was half as fast"
)
_FILTER: Final = (
    "the first screen is found in 0.4 ms, the rest is reading the key, laying out and painting, of which an app of ten"
    " cards takes 50 ms on this machine"
)
_MATCH: Final = (
    "of a million a side, reading takes 7 % of the time, the rule 17 %, the evidence and the groups 41 %, writing the"
    " rows 20 %, the forecasts 14 %; and the machine was half as fast as the one that the marks were set on"
)
_BARE_RULE: Final = (
    "the peers pair equal emails and read nothing else; the rule here tells two people of one email apart, so every"
    " field of both files is read and numbered first"
)
_HELD: Final = (
    "600,000 contacts as objects, some nine texts each, take 540 MB of it; matching them in columns takes some 900 MB"
    " at its height, most of which stays with the process; being ready for changes adds 50 to 80 MB"
)
WHY: Final[Mapping[str, Mapping[str, str]]] = {
    "first_frame": {
        "first frame, own CPU": (
            "importing the program's own modules takes 85 ms of it, parsing the stylesheets 11 ms, as kept ones would"
            " be unpickled; the rest is a room with a list, a detail, a header and a footer, where the peer has one"
            " widget"
        ),
        "first cards after the first frame, wall clock, sandbox running": _FIRST_CARDS,
        "first cards after the first frame, wall clock, sandbox not running": _FIRST_CARDS,
    },
    "commands": {
        "brokerdesk --version, CPU": _SLOW,
        "brokerdesk --help, CPU": _SLOW,
        "cards --json, CPU, system up": _SLOW,
        "cards --json, sandbox not running, CPU": _SLOW,
        "cards --json, 5,000 pushes, CPU": _SLOW,
        "activity, 1,000 pushes, CPU": _SLOW,
        "activity, 5,000 pushes, CPU": _SLOW,
        "activity --json, all, 5,000 pushes, CPU": _SLOW,
    },
    "keys": {
        "100,000 cards from a folder, own CPU until all are in the list": (
            "reading the files and making the rows takes 0.9 of the time of json.loads alone, on this slow machine"
        ),
        "a letter in the filter, until the list is painted, 100,000 cards": _FILTER,
        "a letter in the filter, until the count is painted, 100,000 cards": (
            "the rows are searched in pieces, so that no frame waits; an app of ten cards takes 50 ms on this machine"
        ),
    },
    "far_board": {
        "100,000 cards over HTTP, wall clock from the first cards until all are in the list": (
            "gateway and app share two processors, and the machine was half as fast as that of the marks"
        ),
    },
    "book": {"book: commit one record": "a hundredth of a millisecond; the disk's own time varies by more"},
    "steps": {
        "CPU of a step, 500 steps": _STEP,
        "CPU of a step, 5,000 steps": _STEP,
        "CPU of a step, 20,000 steps": _STEP,
    },
    "match_files": {
        "100,000 × 100,000, wall clock": _MATCH,
        "100,000 × 100,000, the bare rule, CPU": _BARE_RULE,
        "1,000,000 × 1,000,000, wall clock": _MATCH,
        "1,000,000 × 1,000,000, the bare rule, CPU": _BARE_RULE,
        "1,000,000 × 1,000,000, wall clock until the rule is decided": _BARE_RULE,
    },
    "live_match": {"300,000 a side, memory, ready and after changes": _HELD},
    "team_book": {
        "first cards beside 1,000,000 links and 100,000 pushes": (
            "the book of a team adds little: a desk with a new book of its own misses the mark too on this machine,"
            " which was half as fast as that of the marks"
        ),
    },
}
