"""Words for the verdicts of the match, and for the questions that only a person can answer."""

from __future__ import annotations

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
    Cost.OVERWRITE: VerdictWords("changes another", "a push changes another contact", "bad"),
    Cost.HOUSEHOLD: VerdictWords("shared email", "one inbox, two people", "warn"),
    Cost.HELD: VerdictWords("several records", "they share one email", "warn"),
    Cost.DOUBLED: VerdictWords("possible duplicate", "one person, two records?", "bad"),
    Cost.GONE: VerdictWords("link gone", "removed, merged or moved", "warn"),
}
"""The questions, the most expensive mistake first."""
SETTLED: Final[dict[Verdict, VerdictWords]] = {
    Verdict.LINK: VerdictWords("link", "same email", "good"),
    Verdict.IMPORT: VerdictWords("import", "only in Total Expert", "primary"),
    Verdict.PUSH: VerdictWords("push", "only in SimpleNexus", "primary"),
    Verdict.SKIP_ONE_WAY: VerdictWords("one-way", "handled by the one-way integration", "muted"),
    Verdict.CANNOT: VerdictWords("can't be synced", "see the reason of each", "muted"),
    Verdict.LINKED: VerdictWords("linked", "linked before", "muted"),
}
"""The verdicts that need no answer, in the order of the list."""
DIFFERING: Final = VerdictWords("linked, differing", "edited since", "warn")
"""The linked pairs that differ in names, emails or phones."""
MEANINGS: Final[dict[Verdict, str]] = {
    Verdict.LINKED: "linked before, kept; or a second record of a linked person",
    Verdict.LINK: "same email",
    Verdict.HOUSEHOLD: "shared email, two people: you decide",
    Verdict.HOLD: "several records share one email: you decide",
    Verdict.GONE: "linked, and one of the two is gone or has another owner: you decide",
    Verdict.POSSIBLE_DUPLICATE: "another email, but probably the same person: you decide",
    Verdict.IMPORT: "only in Total Expert",
    Verdict.PUSH: "only in SimpleNexus",
    Verdict.SKIP_ONE_WAY: "only in SimpleNexus, handled by the one-way integration",
    Verdict.CANNOT: "can't be synced: the reason is with each",
}
"""A sentence for each verdict, as the command line prints it."""
