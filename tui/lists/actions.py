"""The actions of the dialogs that every list opens."""

from __future__ import annotations

from typing import Final

from tui.action_model import Action, ActionGroup, ActionScope

GROUPS: Final[tuple[ActionGroup, ...]] = (
    ActionGroup(name="columns", section="Columns", scope=ActionScope.DIALOG,
                about="Choose which columns the list shows. The choice lasts."),
)  # fmt: skip
ACTIONS: Final[tuple[Action, ...]] = (
    Action(name="turn-column", group="columns", keys="space", label="Show or hide", footer="show or hide",
           place=10, keep=90, palette=False,
           does="Show the column, or hide it"),
    Action(name="close-columns", group="columns", keys="escape,q,vertical_line", label="Done", footer="done",
           place=20, keep=80, palette=False,
           does="Close; the choice holds"),
)  # fmt: skip
