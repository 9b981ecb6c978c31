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
    Cost.OVERWRITE: VerdictWords("would overwrite", "changes another one", "bad"),
    Cost.HOUSEHOLD: VerdictWords("household", "one inbox, two people", "warn"),
    Cost.HELD: VerdictWords("hold", "one email, several", "warn"),
    Cost.DOUBLED: VerdictWords("possible duplicate", "about to be doubled", "bad"),
    Cost.GONE: VerdictWords("link gone", "removed, merged, moved", "warn"),
}
"""The questions, the most expensive mistake first."""
SETTLED: Final[dict[Verdict, VerdictWords]] = {
    Verdict.LINK: VerdictWords("link", "equal email", "good"),
    Verdict.IMPORT: VerdictWords("import", "only in Total Expert", "primary"),
    Verdict.PUSH: VerdictWords("push", "only in SimpleNexus", "primary"),
    Verdict.SKIP_ONE_WAY: VerdictWords("one-way", "already flows", "muted"),
    Verdict.CANNOT: VerdictWords("cannot", "can't be sent", "muted"),
    Verdict.LINKED: VerdictWords("linked", "linked before", "muted"),
}
"""The verdicts that need no answer, in the order of the list."""
DIFFERING: Final = VerdictWords("linked, differing", "edited since", "warn")
"""The linked pairs that differ in names, emails or phones."""
MEANINGS: Final[dict[Verdict, str]] = {
    Verdict.LINKED: "linked before, kept; or a second record of a linked person",
    Verdict.LINK: "equal email",
    Verdict.HOUSEHOLD: "one email, two people: for you to decide",
    Verdict.HOLD: "one email, several records: for you to decide",
    Verdict.GONE: "linked, and one of the two is gone or has another owner: for you to decide",
    Verdict.POSSIBLE_DUPLICATE: "another email or another record, but alike: for you to decide",
    Verdict.IMPORT: "only in Total Expert",
    Verdict.PUSH: "only in SimpleNexus",
    Verdict.SKIP_ONE_WAY: "only in SimpleNexus, carried by the one-way integration",
    Verdict.CANNOT: "can't be matched or imported",
}
"""A sentence for each verdict, as the command line prints it."""
