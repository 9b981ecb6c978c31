"""Who sends a milestone without asking: no decision is said to wait for a person while something may send."""

from __future__ import annotations

import pytest

from core.automatic.records import AutomaticWork, StandingOrder
from core.automatic.unasked import UnaskedSender, UnaskedSending
from core.milestones.inputs import MilestoneLine
from core.milestones.milestone_map import Milestone, MilestoneId
from core.milestones.records import MilestoneState

ID = MilestoneId("TE-1", Milestone.STARTED, "A-1", 1)
AT = 2_000.0
LINE = MilestoneLine(
    Milestone.STARTED, "SN-1", AT, MilestoneState.NEEDS_YOU, contact="TE-1", application="A-1", id=ID
)
ORDER = StandingOrder(AutomaticWork.MILESTONES, "m.hale", 1_500.0, since=1_500.0)
LATER = StandingOrder(AutomaticWork.MILESTONES, "m.hale", 3_000.0, since=3_000.0)
LEFT = StandingOrder(AutomaticWork.MILESTONES, "m.hale", 0.0, left=(LINE.name,))


@pytest.mark.parametrize(
    ("sending", "sender"),
    [
        (UnaskedSending(), None),
        (UnaskedSending(is_switched_on=True), UnaskedSender.THIS_APP),
        (UnaskedSending(is_switched_on=True, order=LATER), UnaskedSender.THIS_APP),
        (UnaskedSending(is_switched_on=True, left=frozenset({LINE.name})), None),
        (UnaskedSending(order=ORDER, obeys=True, rests=True), UnaskedSender.THIS_APP),
        (UnaskedSending(order=ORDER, rests=True), UnaskedSender.WATCH_LATER),
        (UnaskedSending(order=ORDER), UnaskedSender.WATCH),
        (UnaskedSending(order=ORDER, is_shared=True), UnaskedSender.WATCH),
        (UnaskedSending(order=LATER, obeys=True), None),
        (UnaskedSending(order=LEFT, obeys=True), None),
        (UnaskedSending(order=LATER, is_shared=True), UnaskedSender.OTHER_DESK),
        (UnaskedSending(is_shared=True), UnaskedSender.OTHER_DESK),
    ],
)
def test_what_sends_a_milestone_once_it_is_due(sending: UnaskedSending, sender: UnaskedSender | None) -> None:
    assert sending.sender_of(LINE) is sender
    assert sending.sender_of_any([LINE]) is sender
    assert sending.sender_of_any([]) is None
