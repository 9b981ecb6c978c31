"""Words for the verdicts of the match, and for the questions that only a person can answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, NamedTuple

from core.contacts.model import Verdict
from core.contacts.review.queue import Cost

if TYPE_CHECKING:
    from tui.widgets.line_view import Tone


class VerdictWords(NamedTuple):
    """How a verdict or a question is shown in a list: its name, what the name means, its tone."""

    label: str
    remark: str
    tone: Tone


QUESTIONS: Final[dict[Cost, VerdictWords]] = {
    Cost.OVERWRITE: VerdictWords("would change another", "costly", "bad"),
    Cost.HOUSEHOLD: VerdictWords("shared email, two people", "", "warn"),
    Cost.HELD: VerdictWords("several share one email", "", "warn"),
    Cost.DOUBLED: VerdictWords("may be the same person", "costly", "bad"),
    Cost.GONE: VerdictWords("link needs a decision", "", "warn"),
}
"""The questions, in the order of the list."""
COSTLY: Final = frozenset({Cost.OVERWRITE, Cost.DOUBLED})
"""The questions of which a wrong answer changes another client's record, or makes a person twice."""
SETTLED: Final[dict[Verdict, VerdictWords]] = {
    Verdict.LINK: VerdictWords("link", "same email", "good"),
    Verdict.IMPORT: VerdictWords("import", "to SimpleNexus", "primary"),
    Verdict.PUSH: VerdictWords("push", "to Total Expert", "primary"),
    Verdict.SKIP_ONE_WAY: VerdictWords("one-way integration", "sent already", "muted"),
    Verdict.CANNOT: VerdictWords("can't be synced", "", "muted"),
    Verdict.LINKED: VerdictWords("linked", "earlier", "muted"),
    Verdict.UNLINKED: VerdictWords("link taken back", "s links again", "warn"),
}
"""The verdicts that need no answer, in the order of the list."""
DIFFERING: Final = VerdictWords("linked, but different", "", "warn")
"""The linked pairs that differ in names, emails or phones."""
MEANINGS: Final[dict[Verdict, str]] = {
    Verdict.LINKED: "linked earlier and kept; or a second record of a linked person",
    Verdict.LINK: "same email: will be linked",
    Verdict.UNLINKED: (
        "a person took the link back, or a push changed this record where it should have made a new one: linked only "
        "if you say “same”"
    ),
    Verdict.HOUSEHOLD: "shared email, two people: you decide",
    Verdict.HOLD: "several share one email: you decide",
    Verdict.GONE: "linked, and one of the two is gone or has another owner: you decide",
    Verdict.POSSIBLE_DUPLICATE: "may be the same person: you decide",
    Verdict.IMPORT: "only in Total Expert: will be created in SimpleNexus",
    Verdict.PUSH: "only in SimpleNexus: will be created in Total Expert",
    Verdict.SKIP_ONE_WAY: "only in SimpleNexus, handled by the one-way integration",
    Verdict.CANNOT: "can't be synced",
}
"""A sentence for each verdict, as the command line prints it."""


def queue_counts(costs: Mapping[Cost, int]) -> str:
    """Return how many questions are open, and how many of them are costly: "20 to decide, 12 costly"."""
    left = sum(costs.values())
    costly = sum(costs.get(cost, 0) for cost in COSTLY)
    if not left:
        return "nothing to decide"
    return f"{left:,} to decide" + (f", {costly:,} costly" if costly else "")
