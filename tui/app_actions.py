"""The actions of the app, which apply in every room."""

from __future__ import annotations

from typing import Final

from tui.action_model import Action, ActionGroup, ActionScope

GROUPS: Final[tuple[ActionGroup, ...]] = (
    ActionGroup(
        name="app",
        section="Everywhere",
        scope=ActionScope.EVERYWHERE,
        about="What the footer shows, and what is underlined or has a ▾, can be clicked as well.",
    ),
)
ACTIONS: Final[tuple[Action, ...]] = (
    Action(name="overview-room", group="app", keys="0", label="Overview", run="app.room('overview')",
           does="Go to the day, the week and what waits for you"),
    Action(name="cards-room", group="app", keys="1", label="Cards", run="app.room('cards')",
           does="Go to the cards"),
    Action(name="contacts-room", group="app", keys="2", label="Contacts", run="app.room('contacts')",
           does="Go to the contacts"),
    Action(name="milestones-room", group="app", keys="3", label="Milestones", run="app.room('milestones')",
           does="Go to the milestones"),
    Action(name="activity-room", group="app", keys="4", label="Activity", run="app.room('activity')",
           does="Go to what was sent or needs you"),
    Action(name="filter", group="app", keys="slash", label="Filter", footer="filter", run="screen.filter",
           place=60, keep=70,
           does="Show only what holds these words"),
    Action(name="back", group="app", keys="escape", label="Back", run="screen.back", palette=False,
           does="Leave the filter, the dialog or the detail"),
    Action(name="copy", group="app", keys="c", label="Copy", footer="copy", run="app.copy_under_cursor", place=66,
           keep=5,
           does="Copy what the cursor is on"),
    Action(name="whole-value", group="app", keys="full_stop", label="Show the whole value", run="app.whole_value",
           does="Show what the cursor is on in full, where it is cut"),
    Action(name="help", group="app", keys="question_mark,f1", label="Help", footer="help", run="app.help", place=80,
           keep=90,
           does="Show the keys that work here, then all others"),
    Action(name="palette", group="app", keys="ctrl+p", label="Palette", footer="palette",
           run="app.palette", place=90, keep=80, palette=False, priority=True,
           does="Find by name: actions, rooms, cards, contacts, pushes, views, themes, settings"),
    Action(name="views", group="app", keys="f4", label="Views…",
           does="Show the list as it was saved under a name, or save it as it is now"),
    Action(name="connections", group="app", keys="C", label="Connections",
           does="What is right and wrong with settings, connections, the book"),
    Action(name="tour", group="app", keys="f2", label="Tour: what each screen is for", priority=True,
           does="Begin the tour of two minutes, or go to its next step"),
    Action(name="end-tour", group="app", keys="f3", label="End the tour", priority=True,
           does="End the tour"),
    Action(name="eyes-nearby", group="app", keys="f6", label="Eyes nearby: hide names and amounts", priority=True,
           does="Hide names, phones, emails, amounts and birth dates everywhere; again: show them"),
    Action(name="lock", group="app", keys="f5", label="Show counts alone", priority=True,
           does="Cover the screen until a key is pressed; pushes go on meanwhile"),
    Action(name="reconcile", group="app", keys="f7", label="Reconcile…",
           does="Compare links and receipts with what the systems hold now"),
    Action(name="stop-sending", group="app", keys="f9", label="Stop all sending", priority=True,
           does="Halt all sending of every app and command on this book; again: let it go on"),
    Action(name="answer-brake", group="app", keys="f8", label="What waits for your OK",
           does="Look at automatic work that is too much at once, and answer"),
    Action(name="quit", group="app", keys="q,ctrl+q", label="Quit", run="leave",
           does="Leave brokerdesk"),
)  # fmt: skip
