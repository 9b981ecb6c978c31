"""The actions of the Milestones room."""

from __future__ import annotations

from typing import Final

from tui.action_model import Action, ActionGroup

GROUPS: Final[tuple[ActionGroup, ...]] = (
    ActionGroup(name="milestones", section="Milestones",
                about="See what happened in SimpleNexus that Total Expert should hear of, and send it."),
)  # fmt: skip
ACTIONS: Final[tuple[Action, ...]] = (
    Action(name="send-milestone", group="milestones", keys="y", label="Send now", footer="send", place=10,
           keep=100,
           does="Send the milestone now, after you confirm"),
    Action(name="send-even-so", group="milestones", keys="e", label="Send anyway", footer="send anyway",
           place=11, keep=95,
           does="Let it be sent although something speaks against it"),
    Action(name="skip-milestone", group="milestones", keys="s", label="Skip", footer="skip", place=12,
           keep=90,
           does="Never send this milestone, and say why"),
    Action(name="unskip-milestone", group="milestones", keys="u", label="Undo the skip", footer="undo skip",
           place=12, keep=90,
           does="Take the skip back: the milestone is planned again"),
    Action(name="pause-contact", group="milestones", keys="p", label="Pause or go on", footer="pause",
           place=13, keep=85,
           does="Send nothing of this contact, or end the pause"),
    Action(name="send-all-due", group="milestones", keys="a", label="Send all due", footer="all due",
           place=14, keep=80,
           does="Send everything that is due, after showing how much"),
    Action(name="send-by-itself", group="milestones", keys="b", label="Auto-send", footer="auto-send",
           place=15, keep=60,
           does="Send what becomes due without asking while brokerdesk is open, or stop that"),
    Action(name="read-milestones", group="milestones", keys="r", label="Read again", footer="read again",
           place=30, keep=45,
           does="Ask SimpleNexus now, and plan everything again"),
    Action(name="next-list", group="milestones", keys="tab", label="Timeline", footer="timeline", place=35,
           keep=30,
           does="Go between the contacts and the timeline"),
)  # fmt: skip
