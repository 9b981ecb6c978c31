"""A long match of two files says the verdicts of the rule first, and then how far the evidence has come."""

from core.contacts.model import Verdict
from core.progress import RowProgress
from tui.cli.commands.contacts.match import RuleThenEvidence


def test_the_verdicts_by_email_stay_on_the_line_while_pairs_are_compared() -> None:
    lines: list[str] = []
    watched = RuleThenEvidence(lines.append)
    watched.hear_rule({Verdict.LINK: 12_000, Verdict.HOLD: 0, Verdict.IMPORT: 3})
    watched.hear_evidence(RowProgress("pairs", 500_000, 1_500_000, 2.0))
    assert lines == [
        "by email: 12,000 link, 3 import",
        "500,000 of 1,500,000 pairs compared · by email: 12,000 link, 3 import",
    ]
