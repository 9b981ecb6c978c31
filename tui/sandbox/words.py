"""The texts about the built-in sandbox, for the app and the command line. Knows no widget."""

from __future__ import annotations

from typing import Final

ROOM_NAMES: Final = {"cards": "1 Cards", "contacts": "2 Contacts", "milestones": "3 Milestones"}
"""The rooms that show what happened."""
NO_DAY: Final = "Nothing happened yet. A day begins when the app opens on the sandbox, or with --again."
NEXT_ACT: Final = "More happens from {at} on."
TAKEN_ONCE: Final = "A report that comes twice is taken once. Cards and contacts show what is new after r."
REPLY_WILL_BE_LOST: Final = (
    "The reply to the next write in FLEX will be lost. Push a card (1, then p), "
    "and see in Activity (4) how it is settled."
)
FLEX_IS_DOWN: Final = (
    "FLEX answers nothing for a minute. A new push is refused; one on its way waits, and continues "
    "automatically. FLEX's light in the header says when it answers again."
)
ANOTHER_DAY: Final = "One more day has begun, with other people. Sandbox: what happened today lists it."
NOTHING_PUSHED: Final = (
    "Nothing was pushed yet. Push a card from the Cards room (1).\n\n"
    "To see how a lost reply is settled: ctrl+p, Sandbox: lose the next reply, then push a card."
)
WHAT_GOES: Final = (
    "This removes, for good:",
    "  the records of the four practice systems",
    "  the practice book: pushes, links, answers, receipts, drafts",
    "  the cards that you imported into the sandbox",
)
WHAT_STAYS: Final = ("Your profiles and their books, your maps and settings stay.",)
