"""The actions of the Activity room."""

from __future__ import annotations

from typing import Final

from tui.action_model import Action, ActionGroup, ActionScope

GROUPS: Final[tuple[ActionGroup, ...]] = (
    ActionGroup(name="activity", section="Activity",
                about="See what was sent and what became of it, and answer what needs you."),
    ActionGroup(name="receipt", section="Receipt", scope=ActionScope.DIALOG,
                about="What a push sent, value by value, and whether it arrived as it was sent."),
)  # fmt: skip
ACTIONS: Final[tuple[Action, ...]] = (
    Action(name="there", group="activity", keys="t", label="It is there", footer="decide",
           run="decide('there')", place=10, keep=100,
           does="It is there: link it; nothing is sent"),
    Action(name="not-there", group="activity", keys="s", label="Send once more", footer="decide",
           run="decide('not-there')", place=10, keep=100,
           does="It is not there: send once more, under the same reference"),
    Action(name="again", group="activity", keys="a", label="Try again", footer="decide",
           run="decide('again')", place=10, keep=100,
           does="Try again, under the same reference"),
    Action(name="link-it", group="activity", keys="i", label="It is this one", footer="decide",
           run="decide('link')", place=10, keep=100,
           does="It is this one: link the record you choose; nothing is sent"),
    Action(name="as-new", group="activity", keys="n", label="Send as new", footer="decide",
           run="decide('as-new')", place=10, keep=100,
           does="Send as new: one more record, under a new reference"),
    Action(name="overwrite", group="activity", keys="v", label="Overwrite", footer="decide",
           run="decide('overwrite')", place=10, keep=100,
           does="Send, and replace what is there now"),
    Action(name="leave", group="activity", keys="x", label="Leave it", footer="decide",
           run="decide('leave')", place=10, keep=100,
           does="Leave it: nothing is sent, the step is set aside"),
    Action(name="resume", group="activity", keys="r", label="Resume", footer="resume", place=20, keep=95,
           does="Go on with this push now"),
    Action(name="undo-push", group="activity", keys="z", label="Undo", footer="undo", place=25, keep=70,
           does="Put back what this push replaced on contacts in FLEX: shown first, asked once"),
    Action(name="explain", group="activity", keys="e", label="Explain", footer="explain", place=30, keep=60,
           does="Say what this means and what to do"),
    Action(name="receipt", group="activity", keys="p", label="Receipt", footer="receipt", place=32, keep=65,
           does="Show the receipt of this push: what was sent, and that it arrived"),
    Action(name="check-again", group="receipt", keys="r", label="Read again", footer="read again", place=20,
           palette=False,
           does="Read the systems once more; writes a receipt that replaces this one"),
    Action(name="close-receipt", group="receipt", keys="escape,q,p", label="Close", footer="close", place=30,
           keep=80, palette=False,
           does="Close"),
    Action(name="next-step", group="activity", keys="tab", label="Steps", footer="steps", place=35,
           does="Go between the list and the steps"),
)  # fmt: skip
