"""The actions of the overview."""

from __future__ import annotations

from typing import Final

from tui.action_model import Action, ActionGroup

GROUPS: Final[tuple[ActionGroup, ...]] = (
    ActionGroup(name="overview", section="Overview", about="The day and the week, and what waits for you."),
)
ACTIONS: Final[tuple[Action, ...]] = (
    Action(name="next-column", group="overview", keys="tab", label="Other column", footer="other column", place=20,
           keep=40,
           does="Go between the two columns"),
    Action(name="read-overview", group="overview", keys="r", label="Read again", footer="read again", place=30,
           keep=50,
           does="Ask each system whether it answers, and read everything again"),
)  # fmt: skip
