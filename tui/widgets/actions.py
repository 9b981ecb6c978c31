"""The actions of widgets that every room and dialog uses."""

from __future__ import annotations

from typing import Final

from tui.action_model import Action, ActionGroup, ActionScope

GROUPS: Final[tuple[ActionGroup, ...]] = (
    ActionGroup(name="lines", section="Lists", scope=ActionScope.EVERYWHERE),
    ActionGroup(name="rows", section="Lists", scope=ActionScope.EVERYWHERE),
    ActionGroup(name="question", section="A question", scope=ActionScope.DIALOG),
    ActionGroup(name="chooser", section="Choosing", scope=ActionScope.DIALOG),
    ActionGroup(name="help", section="Help", scope=ActionScope.DIALOG),
)
ACTIONS: Final[tuple[Action, ...]] = (
    Action(name="list-up", group="lines", keys="up,k", label="Up", footer="next", run="cursor_up", place=20,
           keep=10, palette=False,
           does="Go to the line above"),
    Action(name="list-down", group="lines", keys="down,j", label="Down", footer="next", run="cursor_down",
           place=20, keep=10, palette=False,
           does="Go to the line below"),
    Action(name="list-page-up", group="lines", keys="pageup", label="Page up", run="page_up", palette=False,
           does="Go up by a page"),
    Action(name="list-page-down", group="lines", keys="pagedown", label="Page down", run="page_down",
           palette=False,
           does="Go down by a page"),
    Action(name="list-top", group="lines", keys="home,g", label="First", run="cursor_top", palette=False,
           does="Go to the first line"),
    Action(name="list-bottom", group="lines", keys="end,G", label="Last", run="cursor_bottom", palette=False,
           does="Go to the last line"),
    Action(name="list-open", group="rows", keys="enter", label="Open", run="open_row", palette=False,
           does="Open what is under the cursor"),
    Action(name="list-mark", group="rows", keys="space", label="Mark", footer="mark", run="mark_row",
           place=65, keep=30,
           does="Mark the row, or take its mark away"),
    Action(name="list-unmark", group="rows", keys="U", label="Unmark all", run="unmark_rows",
           does="Take every mark away"),
    Action(name="list-sort", group="rows", keys="o", label="Sort", run="sort_next",
           does="Sort by the next column; after the last, as it came"),
    Action(name="list-reverse", group="rows", keys="O", label="Reverse the sorting", run="sort_reverse",
           does="Turn the sorting around"),
    Action(name="yes", group="question", keys="y", label="Yes", footer="yes", place=10, palette=False,
           does="Yes"),
    Action(name="no", group="question", keys="n,escape,enter", label="No", footer="no", place=20,
           palette=False,
           does="No: nothing happens"),
    Action(name="close-chooser", group="chooser", keys="escape,q", label="Close", footer="close",
           palette=False,
           does="Choose nothing"),
    Action(name="tour-of-help", group="help", keys="t", label="Tour", footer="tour", run="app.tour_from_help",
           palette=False,
           does="Close the help and begin the tour"),
    Action(name="close-help", group="help", keys="escape,question_mark,q,f1", label="Close", footer="close",
           run="dismiss", palette=False,
           does="Close the help"),
)  # fmt: skip
