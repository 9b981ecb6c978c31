"""The actions of the dialogs that every list opens."""

from __future__ import annotations

from typing import Final

from tui.action_model import Action, ActionGroup, ActionScope

GROUPS: Final[tuple[ActionGroup, ...]] = (
    ActionGroup(name="views", section="Views", scope=ActionScope.DIALOG,
                about="A view is a list's filter, choices and sorting under a name. Views last, in this profile."),
    ActionGroup(name="export", section="Export", scope=ActionScope.DIALOG,
                about="The file has what the list shows, as it is filtered and sorted. Only you can read it."),
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
    Action(name="save-view", group="views", keys="s", label="Save", footer="save as it is now", place=10, keep=90,
           palette=False,
           does="Save the list as it is shown now, under a name"),
    Action(name="remove-view", group="views", keys="x,delete", label="Remove", footer="remove", place=12, keep=50,
           palette=False,
           does="Remove the view under the cursor"),
    Action(name="close-views", group="views", keys="escape,q,f4", label="Close", footer="close", place=20, keep=80,
           palette=False,
           does="Leave the list as it is"),
    Action(name="export-file", group="export", keys="enter", label="Write", footer="write", place=10, keep=90,
           palette=False, priority=True,
           does="Write the file; its ending says the format: .csv, .json or .xlsx"),
    Action(name="export-format", group="export", keys="ctrl+t", label="Format", footer="another format", place=11,
           keep=70, palette=False, priority=True,
           does="Take the next format"),
    Action(name="export-path", group="export", keys="tab", label="Complete", footer="complete", place=12, keep=60,
           palette=False, priority=True,
           does="Complete the path by the names in its folder"),
    Action(name="close-export", group="export", keys="escape", label="Close", footer="close", place=20, keep=80,
           palette=False,
           does="Write nothing"),
)  # fmt: skip
