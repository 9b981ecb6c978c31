"""Signs and words for what can be done with a card, for the list of cards and for the command line. Knows no screen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import lru_cache
from typing import Final

from core.flex.board import CardGroup
from core.local_forms import money, short_money
from tui.words.tones import Sign

GROUP_SIGN: Final[dict[CardGroup, Sign]] = {
    CardGroup.NEEDS_YOU: ("!", "warn"),
    CardGroup.BLOCKED: ("✗", "bad"),
    CardGroup.PUSHING: ("◐", "primary"),
    CardGroup.PAUSED: ("‖", "warn"),
    CardGroup.READY: ("○", "good"),
    CardGroup.IN_FLEX: ("●", "good"),
}
NOT_CHECKED: Final[Sign] = ("·", "muted")
"""The sign of a card that was not read. The list shows no obstacle, but the card itself may have one."""
CHANGED: Final[Sign] = ("≠", "warn")
"""The sign of a card that changed since its push."""
GROUP_WORDS: Final[dict[CardGroup, str]] = {
    CardGroup.NEEDS_YOU: "needs you",
    CardGroup.BLOCKED: "can't be pushed",
    CardGroup.PUSHING: "on its way",
    CardGroup.PAUSED: "waits",
    CardGroup.READY: "ready",
    CardGroup.IN_FLEX: "in FLEX",
}
NOT_CHECKED_WORDS: Final = "not checked"
SET_ASIDE: Final = "set aside"
_OBSTACLES: Final = {
    "name-missing": "name missing",
    "no-people": "nobody on it",
    "use-fact-find": "Fact Find",
    "too-many-people": "too many people",
    "role-unknown": "role unknown",
    "numbered-link": "link unclear",
    "bad-record": SET_ASIDE,
}
_SHORT_STAGES: Final = {
    "AIP Issued": "AIP",
    "App Docs Sent to Client for Signing": "Docs sent",
    "Conditional Approval/Missing Information Request": "Cond. approval",
    "Conditions/MIR Requested": "MIR requested",
    "Conditions/MIR Sent to Lender": "MIR sent",
    "Deal Submitted to Lender": "Submitted",
    "Mortgage Docs Issued": "Mortgage docs",
    "Mortgage Docs Returned": "Docs returned",
    "Outstanding Supporting Docs": "Docs missing",
    "Prepare for Submission": "Prepare",
    "Signed App Docs Received from Client": "Signed docs",
}
"""Stages of BrokerEngine that are too long for a column. Any other stage is shown as it is."""
_COUNTED: Final = {
    CardGroup.READY: "ready",
    CardGroup.NEEDS_YOU: "need you",
    CardGroup.BLOCKED: "can't",
    CardGroup.PUSHING: "on the way",
    CardGroup.PAUSED: "wait",
    CardGroup.IN_FLEX: "in FLEX",
}
"""The groups in the line of counts, in their order."""
_COUNTED_ONE: Final = {CardGroup.NEEDS_YOU: "needs you", CardGroup.PAUSED: "waits"}
"""The words for one card, where they differ."""
_FIRST_TO_GO: Final = (
    CardGroup.IN_FLEX,
    CardGroup.PUSHING,
    CardGroup.PAUSED,
    CardGroup.BLOCKED,
    CardGroup.READY,
)
"""The groups that a narrow line leaves out, in this order."""


TOLD: Final = frozenset({CardGroup.NEEDS_YOU, CardGroup.BLOCKED})
"""The groups that the line of counts shows in their colour."""


def obstacle_words(code: str) -> str:
    """Return in few words what stops a push, by the code of the objection; "" for no code."""
    return _OBSTACLES.get(code, "open the card") if code else ""


def short_stage(stage: str) -> str:
    """Return a stage as a column shows it."""
    return _SHORT_STAGES.get(stage, stage)


def short_amount(amount: Decimal | None) -> str:
    """Return dollars in few characters; "" for no amount."""
    return short_money(amount) if amount is not None else ""


@lru_cache(maxsize=10_000)
def searched_amount(amount: Decimal | None) -> str:
    """Return the forms of an amount by which a person looks for it: "$640k $640,000 640000"; "" for no amount.

    The results are kept: in a large book many amounts occur often.
    """
    if amount is None:
        return ""
    whole = money(amount)
    return f"{short_amount(amount)} {whole} {whole.replace('$', '').replace(',', '')}"


def counts_in_words(
    counts: Mapping[str, int], shown: int, total: int, width: int = 0
) -> list[tuple[str, CardGroup | None]]:
    """Return how many cards are shown, then how many of each group that has any; the first part has no group.

    The parts fit into `width` cells with two cells between them; 0 stands for any width. What needs a person stays
    longest. The cards of the groups that do not fit are counted in a last part, if that fits.
    """
    if not total:
        return []
    whole = f"{total:,} card{'' if total == 1 else 's'}"
    some = f"{f'{shown:,}' if shown else 'none'} of {whole}"
    parts: list[tuple[str, CardGroup | None]] = [(whole if shown == total else some, None)]
    for group in _COUNTED:
        if number := counts.get(group, 0):
            words = _COUNTED[group] if number > 1 else _COUNTED_ONE.get(group, _COUNTED[group])
            parts.append((f"{number:,} {words}", group))
    for group in _FIRST_TO_GO:
        if width and _cells(parts) > width:
            parts = [part for part in parts if part[1] is not group]
    named = {group for _, group in parts}
    if rest := sum(number for group, number in counts.items() if group in _COUNTED and group not in named):
        for words in (f"{rest:,} other", f"+{rest:,}"):
            if _cells(with_rest := [*parts, (words, None)]) <= width:
                return with_rest
    return parts


def _cells(parts: Sequence[tuple[str, CardGroup | None]]) -> int:
    """Return how many cells the parts of the line take."""
    return sum(len(words) + 2 for words, _ in parts) - 2
