"""The actions of the Connections dialog."""

from __future__ import annotations

from typing import Final

from tui.action_model import Action, ActionGroup, ActionScope

GROUPS: Final[tuple[ActionGroup, ...]] = (
    ActionGroup(name="connections", section="Connections", scope=ActionScope.DIALOG),
)
ACTIONS: Final[tuple[Action, ...]] = (
    Action(name="look-again", group="connections", keys="r", label="Look again", footer="look again",
           place=20, palette=False,
           does="Ask each system again"),
    Action(name="copy-message", group="connections", keys="c", label="Copy the message", footer="copy message",
           place=25, palette=False,
           does="Copy the message to the administrator who is asked about this"),
    Action(name="close-connections", group="connections", keys="escape,q,C", label="Close", footer="close",
           place=30, keep=80, palette=False,
           does="Close"),
)  # fmt: skip
