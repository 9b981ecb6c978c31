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
           does="Send the milestone now, after asking once more"),
    Action(name="send-even-so", group="milestones", keys="e", label="Send even so", footer="even so",
           place=11, keep=95,
           does="Let it be sent in spite of what it waits for"),
    Action(name="skip-milestone", group="milestones", keys="s", label="Skip", footer="skip", place=12,
           keep=90,
           does="Never send this milestone, and say why"),
    Action(name="pause-contact", group="milestones", keys="p", label="Pause or go on", footer="pause",
           place=13, keep=85,
           does="Send nothing of this contact, or let him go on"),
    Action(name="send-all-due", group="milestones", keys="a", label="Send all due", footer="all due",
           place=14, keep=80,
           does="Send everything that is due, after showing how much"),
    Action(name="send-by-itself", group="milestones", keys="b", label="Send by itself", footer="by itself",
           place=15, keep=60,
           does="Send what becomes due by itself while this console runs, or stop that"),
    Action(name="read-milestones", group="milestones", keys="r", label="Read again", footer="read again",
           place=30, keep=45,
           does="Ask SimpleNexus, and look at everything again"),
    Action(name="next-list", group="milestones", keys="tab", label="Timeline", footer="timeline", place=35,
           keep=30,
           does="Go between the contacts and the timeline"),
)  # fmt: skip
