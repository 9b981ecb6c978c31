"""Every action, declared once: behind its keys, the footer, the palette and the help. Knows no screen.

A screen takes its bindings from here (`BINDINGS = bindings_for("cards")`) and has a method for each; the operator's
own keys replace the default ones by the action's name.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from enum import Enum
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from textual.actions import parse
from textual.binding import ActiveBinding, Binding
from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.keys import KEY_NAME_REPLACEMENTS, Keys, format_key, key_to_character

from tui.text import plain

if TYPE_CHECKING:
    from textual.dom import DOMNode
    from textual.screen import Screen
    from textual.widget import Widget


class ActionScope(Enum):
    """Where the actions of a group can be pressed, which decides whose keys may clash."""

    EVERYWHERE = "everywhere"
    """In any room, beside the room's own: the app's and the shared widgets'."""
    ROOM = "room"
    """On one screen; another room may use the same key for something else."""
    DIALOG = "dialog"
    """In a dialog, where nothing else can be pressed."""


@dataclass(frozen=True, slots=True)
class ActionGroup:
    """Actions that apply together: a room's, a dialog's, a widget's."""

    name: str
    section: str
    """The heading over them in the help."""
    reach: ActionScope = ActionScope.ROOM


@dataclass(frozen=True, slots=True)
class Action:
    """One thing the operator can do.

    `keys` are Textual's, separated by commas, the one to show first. `run` is the Textual action; the name with
    underscores if not given. `footer` is the label in the footer, none for an action that isn't shown there;
    neighbours with one label share it ("s d h l decide"). `place` orders the footer from left to right; `keep`
    says which stay when it is narrow, the highest longest.
    """

    name: str
    group: str
    keys: str
    does: str
    label: str
    footer: str = ""
    run: str = ""
    place: int = 50
    keep: int = 50
    palette: bool = True
    priority: bool = False

    @property
    def action(self) -> str:
        """The Textual action to run."""
        return self.run or self.name.replace("-", "_")

    def binding(self) -> Binding:
        """Give the binding, under the action's name so that a keymap finds it."""
        return Binding(
            self.keys,
            self.action,
            self.label,
            show=bool(self.footer),
            id=self.name,
            tooltip=self.does,
            priority=self.priority,
        )


GROUPS: tuple[ActionGroup, ...] = (
    ActionGroup("lines", "Lists", ActionScope.EVERYWHERE),
    ActionGroup("rows", "Lists", ActionScope.EVERYWHERE),
    ActionGroup("app", "Everywhere", ActionScope.EVERYWHERE),
    ActionGroup("cards", "Cards"),
    ActionGroup("contacts", "Contacts"),
    ActionGroup("milestones", "Milestones"),
    ActionGroup("activity", "Activity"),
    ActionGroup("push-dialog", "Push", ActionScope.DIALOG),
    ActionGroup("plan-dialog", "Sync, share, undo", ActionScope.DIALOG),
    ActionGroup("notes", "Notes", ActionScope.DIALOG),
    ActionGroup("note-editor", "Writing a note", ActionScope.DIALOG),
    ActionGroup("look-alikes", "Same person?", ActionScope.DIALOG),
    ActionGroup("checklist", "Key by hand", ActionScope.DIALOG),
    ActionGroup("map", "The field map", ActionScope.DIALOG),
    ActionGroup("connections", "Connections", ActionScope.DIALOG),
    ActionGroup("question", "A question", ActionScope.DIALOG),
    ActionGroup("chooser", "Choosing", ActionScope.DIALOG),
    ActionGroup("help", "Help", ActionScope.DIALOG),
)

ACTIONS: tuple[Action, ...] = (
    Action("list-up", "lines", "up,k", "Go to the line above", "Up", "next", "cursor_up", 20, 10, palette=False),
    Action("list-down", "lines", "down,j", "Go to the line below", "Down", "next", "cursor_down", 20, 10,
           palette=False),
    Action("list-page-up", "lines", "pageup", "Go up by a page", "Page up", run="page_up", palette=False),
    Action("list-page-down", "lines", "pagedown", "Go down by a page", "Page down", run="page_down", palette=False),
    Action("list-top", "lines", "home,g", "Go to the first line", "First", run="cursor_top", palette=False),
    Action("list-bottom", "lines", "end,G", "Go to the last line", "Last", run="cursor_bottom", palette=False),
    Action("list-open", "rows", "enter", "Open what is under the cursor", "Open", run="open_row", palette=False),
    Action("list-mark", "rows", "space", "Mark the row, or take its mark away", "Mark", "mark", "mark_row", 65, 30),
    Action("list-unmark", "rows", "U", "Take every mark away", "Unmark all", run="unmark_rows"),
    Action("list-sort", "rows", "o", "Sort by the next column; after the last, as it came", "Sort", run="sort_next"),
    Action("list-reverse", "rows", "O", "Turn the sorting around", "Reverse the sorting", run="sort_reverse"),
    Action("cards-room", "app", "1", "Go to the cards", "Cards", run="app.room('cards')"),
    Action("contacts-room", "app", "2", "Go to the contacts", "Contacts", run="app.room('contacts')"),
    Action("milestones-room", "app", "3", "Go to the milestones", "Milestones", run="app.room('milestones')"),
    Action("activity-room", "app", "4", "Go to what was sent or needs you", "Activity", run="app.room('activity')"),
    Action("filter", "app", "slash", "Show only what holds these words", "Filter", "filter",
           "screen.filter", 60, 70),
    Action("back", "app", "escape", "Leave the filter, the dialog or the detail", "Back",
           run="screen.back", palette=False),
    Action("help", "app", "question_mark,f1", "Show the keys", "Help", "help", place=80, keep=90),
    Action("palette", "app", "ctrl+p", "Find an action by its name", "Palette", "palette", "command_palette", 90, 80,
           palette=False, priority=True),
    Action("connections", "app", "C", "What is right and wrong with settings, connections, the book", "Connections"),
    Action("quit", "app", "q,ctrl+q", "Leave brokerdesk", "Quit"),
    Action("push", "cards", "p", "Push the card to FLEX: shown first, asked once; a running push is shown", "Push",
           "push", place=10, keep=100),
    Action("link", "cards", "l", "Link an existing FLEX ID to the card; nothing of the card is sent", "Link",
           "link", place=11, keep=70),
    Action("fact-find", "cards", "f", "Push the card's Fact Find: shown first, asked once", "Fact Find", "fact find",
           place=12, keep=75),
    Action("note", "cards", "n", "The card's notes: pick or write one, and push it", "Notes", "note", place=13,
           keep=98),
    Action("unlink", "cards", "X", "Forget the card's link; FLEX keeps its record", "Unlink"),
    Action("same-product", "cards", "equals_sign", "Take the near miss in FLEX's catalogue for this product, or take "
           "that back", "Same product"),
    Action("update-people", "cards", "u", "Send the card's people once more, as updates", "Update the people"),
    Action("refresh", "cards", "r", "Read the cards again from BrokerEngine", "Refresh", "refresh", place=30, keep=40),
    Action("by-hand", "cards", "h", "Show what to key by hand in FLEX, with ticks", "Key by hand", "by hand",
           place=15, keep=60),
    Action("map", "cards", "m", "Show the field map, and change it by a file of your own", "Field map", "map",
           "show_map", 66, 18),
    Action("copy-flex-id", "cards", "c", "Copy the card's FLEX ID", "Copy the FLEX ID", "copy ID", place=31, keep=20),
    Action("next-tab", "cards", "tab", "Show the next tab of the card", "Next tab", "next tab", place=70, keep=35),
    Action("previous-tab", "cards", "shift+tab", "Show the tab before", "Previous tab"),
    Action("choose-owner", "cards", "w", "Show only one person's cards", "Whose cards", "whose", place=62, keep=15),
    Action("choose-stage", "cards", "e", "Show only one stage's cards", "Stage", "stage", place=63, keep=14),
    Action("choose-state", "cards", "s", "Show only cards that stand one way", "State", "state", place=64, keep=13),
    Action("same", "contacts", "s", "They are one person: linked", "Same person", "decide", "answer('same')", 10, 100),
    Action("different", "contacts", "d", "They are two people: not asked again unless a field changes",
           "Different people", "decide", "answer('different')", 10, 100),
    Action("household", "contacts", "h", "They are two people of one household: both are kept", "One household",
           "decide", "answer('household')", 10, 100),
    Action("put-off", "contacts", "l", "Decide later: it stays in the queue, at its end", "Later", "decide",
           "answer('later')", 10, 100),
    Action("other-pair-back", "contacts", "left", "Show the pair before, where several records are held", "Pair before",
           run="other_pair(-1)"),
    Action("other-pair", "contacts", "right", "Show the next pair, where several records are held", "Next pair",
           run="other_pair(1)"),
    Action("undo-answer", "contacts", "u", "Take the last decision back, also one of an earlier day", "Undo", "undo",
           place=22, keep=95),
    Action("blind", "contacts", "b", "Hide what the evidence comes to, or show it again", "Judge blind", "blind",
           place=23, keep=60),
    Action("all-alike", "contacts", "equals_sign", "Answer all that compare like this one, after showing how many",
           "All alike", "alike", place=24, keep=75),
    Action("plan-sync", "contacts", "a", "Plan the sync, see it by cause, and do it once confirmed", "Apply the plan",
           "apply plan", place=25, keep=90),
    Action("share-app", "contacts", "x", "Share the app with this imported person: makes an account", "Share the app",
           "share app", place=26, keep=55),
    Action("undo-sync", "contacts", "z", "Take the last sync back, as far as that can be done", "Undo a sync",
           "undo sync", place=27, keep=20),
    Action("next-verdict", "contacts", "v", "Show the rows of the next verdict", "Next verdict", "verdict", place=30,
           keep=40),
    Action("read-contacts", "contacts", "r", "Read both systems again", "Read again", "read again", place=31, keep=45),
    Action("next-part", "contacts", "tab", "Go to the next part: verdicts, pairs, detail", "Next part", "parts",
           place=35, keep=30),
    Action("previous-part", "contacts", "shift+tab", "Go to the part before", "Part before"),
    Action("send-milestone", "milestones", "y", "Send the milestone now, after asking once more", "Send now", "send",
           place=10, keep=100),
    Action("send-even-so", "milestones", "e", "Let it be sent in spite of what it waits for", "Send even so",
           "even so", place=11, keep=95),
    Action("skip-milestone", "milestones", "s", "Never send this milestone, and say why", "Skip", "skip", place=12,
           keep=90),
    Action("pause-contact", "milestones", "p", "Send nothing of this contact, or let him go on", "Pause or go on",
           "pause", place=13, keep=85),
    Action("send-all-due", "milestones", "a", "Send everything that is due, after showing how much", "Send all due",
           "all due", place=14, keep=80),
    Action("send-by-itself", "milestones", "b", "Send what becomes due by itself while this console runs, or stop that",
           "Send by itself", "by itself", place=15, keep=60),
    Action("read-milestones", "milestones", "r", "Ask SimpleNexus, and look at everything again", "Read again",
           "read again", place=30, keep=45),
    Action("next-list", "milestones", "tab", "Go between the contacts and the timeline", "Timeline", "timeline",
           place=35, keep=30),
    Action("there", "activity", "t", "It is there: link it; nothing is sent", "It is there", "decide",
           "decide('there')", 10, 100),
    Action("not-there", "activity", "s", "It is not there: send once more, under the same reference", "Send once more",
           "decide", "decide('not-there')", 10, 100),
    Action("again", "activity", "a", "Try again, under the same reference", "Try again", "decide", "decide('again')",
           10, 100),
    Action("link-it", "activity", "i", "It is this one: link the record you choose; nothing is sent",
           "It is this one", "decide", "decide('link')", 10, 100),
    Action("as-new", "activity", "n", "Send as new: one more record, under a new reference", "Send as new", "decide",
           "decide('as-new')", 10, 100),
    Action("overwrite", "activity", "v", "Send, and replace what is there now", "Overwrite", "decide",
           "decide('overwrite')", 10, 100),
    Action("leave", "activity", "x", "Leave it: nothing is sent, the step is set aside", "Leave it", "decide",
           "decide('leave')", 10, 100),
    Action("resume", "activity", "r", "Go on with this push now", "Resume", "resume", place=20, keep=95),
    Action("explain", "activity", "e", "Say what this means and what to do", "Explain", "explain", place=30, keep=60),
    Action("next-step", "activity", "tab", "Go between the list and the steps", "Steps", "steps", place=35, keep=50),
    Action("close-list", "checklist", "escape,q,h", "Close the list; the ticks last", "Close", "close", place=20,
           palette=False),
    Action("edit-map", "map", "e", "Open your own map in your editor; it is checked after", "Edit", "edit yours",
           place=10, keep=90, palette=False),
    Action("read-map", "map", "r", "Read your own map again", "Read again", "read again", place=20, keep=50,
           palette=False),
    Action("close-map", "map", "escape,q,m", "Close the map", "Close", "close", place=30, keep=80, palette=False),
    Action("look-again", "connections", "r", "Ask each system again", "Look again", "look again", place=20, keep=50,
           palette=False),
    Action("close-connections", "connections", "escape,q,C", "Close", "Close", "close", place=30, keep=80,
           palette=False),
    Action("yes", "question", "y", "Yes", "Yes", "yes", place=10, palette=False),
    Action("no", "question", "n,escape,enter", "No: nothing happens", "No", "no", place=20, palette=False),
    Action("send", "push-dialog", "y", "Send what is shown, once", "Send", "send", place=10, keep=100, palette=False),
    Action("fact-find-instead", "push-dialog", "f", "Push the Fact Find instead", "Fact Find", "fact find", place=12,
           palette=False),
    Action("override-guard", "push-dialog", "o", "Push all the same, by typing the card's id", "Override", "override",
           place=13, palette=False),
    Action("compare-people", "push-dialog", "i", "Look for the same people in FLEX", "Same people", "same people",
           place=14, palette=False),
    Action("push-note", "notes", "p", "Push the note under the cursor; shown first", "Push", "push",
           "push_selected", 10, 100, palette=False),
    Action("write-note", "notes", "w", "Write a note; a draft survives", "Write", "write", place=20, keep=90,
           palette=False),
    Action("close-notes", "notes", "escape,q,n", "Close the notes", "Close", "close", place=30, keep=80, palette=False),
    Action("push-written", "note-editor", "ctrl+s", "Push what is written; shown first", "Push", "push", "push_note",
           10, 100, palette=False, priority=True),
    Action("own-editor", "note-editor", "ctrl+e", "Write it in your own editor", "Editor", "own editor", place=20,
           palette=False, priority=True),
    Action("leave-editor", "note-editor", "escape", "Leave; the draft is kept", "Leave", "leave, keeping a draft",
           place=30, palette=False, priority=True),
    Action("use-this", "look-alikes", "u", "Use this contact of FLEX", "Use this one", "use this one", place=10,
           palette=False),
    Action("not-this", "look-alikes", "n,enter", "Another one, or a new contact", "Another", "another", place=20,
           palette=False),
    Action("leave-alikes", "look-alikes", "escape", "Choose nothing", "Leave", "leave", place=30, palette=False),
    Action("confirm", "plan-dialog", "y", "Do what is shown, once", "Do it", "do it", place=10, keep=100,
           palette=False),
    Action("plan-not-now", "plan-dialog", "n,escape,enter", "Close without doing it; what is under way goes on",
           "Not now", "not now", "not_now", 20, 90, palette=False),
    Action("not-now", "push-dialog", "n,escape,enter", "Close without sending; a push under way goes on", "Not now",
           "not now", place=20, keep=90, palette=False),
    Action("close-chooser", "chooser", "escape,q", "Choose nothing", "Close", "close", palette=False),
    Action("close-help", "help", "escape,question_mark,q,f1", "Close the help", "Close", "close", "dismiss",
           palette=False),
)  # fmt: skip


def bindings_for(group: str, actions: Sequence[Action] = ACTIONS) -> list[Binding]:
    """Give the bindings of a group, to put in a class's BINDINGS."""
    return [action.binding() for action in actions if action.group == group]


def by_name(actions: Sequence[Action] = ACTIONS) -> dict[str, Action]:
    """Give the actions under their names."""
    return {action.name: action for action in actions}


# Keys


def key_list(keys: str) -> tuple[str, ...]:
    """Give a list of keys as separate names, in Textual's long form: "?,F1" is ("question_mark", "f1")."""
    parsed = Binding.make_bindings([Binding(keys, "none")]) if keys.strip(", ") else ()
    return tuple(binding.key for binding in parsed)


def show_key(key: str) -> str:
    """Give a key as the footer and the help show it: "^p", "/", "space"."""
    *modifiers, last = key.split("+")
    shown = {"enter": "enter"}.get(last) or format_key(last)
    shown = f"^{shown}" if "ctrl" in modifiers else shown
    return "+".join([*(modifier for modifier in modifiers if modifier != "ctrl"), shown])


def show_keys(keys: Iterable[str]) -> str:
    """Give several keys side by side: "t s l", but "↑↓"."""
    shown = [show_key(key) for key in keys]
    return ("" if all(key in "↑↓←→" for key in shown) else " ").join(shown)


def taken_as_letter(key: str, focused: Widget | None) -> bool:
    """Say whether the focused widget takes a key as text: an input does with "/", so that no action gets it."""
    if focused is None:
        return False
    shown = format_key(key)
    return focused.check_consume_key(
        key, shown if len(shown) == 1 and "+" not in key else key_to_character(key)
    )


class Keymap(NamedTuple):
    """The operator's own keys that hold, for `App.set_keymap`, and what was wrong with the others."""

    keys: dict[str, str]
    problems: tuple[str, ...]


_MODIFIERS = {"ctrl", "shift", "alt", "super", "hyper", "meta"}
_NAMED_KEYS = {key.value for key in Keys} | {"space"} | set(KEY_NAME_REPLACEMENTS.values())


def validate_keymap(table: Mapping[str, object], actions: Sequence[Action] = ACTIONS) -> Keymap:
    """Check the operator's own keys: action name → keys, "p,ctrl+s" or a list of them.

    What is wrong is reported in a sentence and its default stays: an unknown action, a key no terminal has, two
    actions in reach of each other on one key. Of two clashing, the one that was remapped yields; both, if both were.
    """
    known = by_name(actions)
    problems: list[str] = []
    wanted: dict[str, tuple[str, ...]] = {}
    for name, value in table.items():
        keys, problem = _wanted(name, value, known)
        if problem:
            problems.append(problem)
        else:
            wanted[name] = keys
    while clashing := _clashes(wanted, known):
        for name, problem in clashing.items():
            problems.append(problem)
            del wanted[name]
    return Keymap({name: ",".join(keys) for name, keys in wanted.items()}, tuple(problems))


def _wanted(name: str, value: object, known: Mapping[str, Action]) -> tuple[tuple[str, ...], str]:
    if name not in known:
        near = get_close_matches(name, known, 1)
        return (), f"there is no action {name!r}" + (f"; did you mean {near[0]!r}?" if near else "")
    said = ",".join(map(str, value)) if isinstance(value, list) else value
    if not isinstance(said, str) or not said.strip(", "):
        return (), f"{name}: give a key, or several separated by commas"
    if any(not part.strip() for part in said.split(",")):
        return (), f"{name}: {said!r} has an empty key; write a comma as 'comma'"
    keys = key_list(said)
    for key in keys:
        if not _is_key(key):
            return (), f"{name}: {key!r} is not a key"
    return keys, ""


def _is_key(key: str) -> bool:
    *modifiers, last = key.split("+")
    named = last in _NAMED_KEYS or key_to_character(last) is not None
    return bool(last) and named and all(modifier in _MODIFIERS for modifier in modifiers)


def _clashes(wanted: Mapping[str, tuple[str, ...]], known: Mapping[str, Action]) -> dict[str, str]:
    groups = {group.name: group for group in GROUPS}
    effective = {name: wanted.get(name, key_list(action.keys)) for name, action in known.items()}
    found: dict[str, str] = {}
    for name in wanted:
        for other, keys in effective.items():
            shared = set(effective[name]) & set(keys)
            if other == name or not shared or not _meet(known[name].group, known[other].group, groups):
                continue
            key = show_key(min(shared))
            found[name] = (
                f"{name}: {key} already means {other!r}; keeping {show_keys(key_list(known[name].keys))}"
            )
    return found


def _meet(one: str, other: str, groups: Mapping[str, ActionGroup]) -> bool:
    if one == other:
        return True
    reaches = {groups[name].reach if name in groups else ActionScope.ROOM for name in (one, other)}
    return ActionScope.EVERYWHERE in reaches and ActionScope.DIALOG not in reaches


# What can be done now


class Reachable(NamedTuple):
    """An action that applies now, and the node that has it."""

    action: Action
    node: DOMNode
    enabled: bool


def reachable(screen: Screen[Any], actions: Sequence[Action] = ACTIONS) -> list[Reachable]:
    """Give the actions of the focused widget, its ancestors, the screen and the app, nearest first.

    Unlike the active bindings, it holds those whose key a focused input would take as a letter.
    """
    known = by_name(actions)
    found: dict[str, Reachable] = {}
    for node in _chain(screen):
        for binding in _declared(type(node)):
            action = known.get(binding.id or "")
            if action is None or action.name in found:
                continue
            state = _target(node, action, screen).check_action(*_call(action))
            if state is not False:
                found[action.name] = Reachable(action, node, bool(state))
        if node.is_modal:
            break
    return list(found.values())


def _chain(screen: Screen[Any]) -> list[DOMNode]:
    focused = screen.focused
    return list(focused.ancestors_with_self) if focused is not None else [screen, screen.app]


def _declared(kind: type[DOMNode]) -> Iterator[Binding]:
    for base in kind.__mro__:
        for binding in base.__dict__.get("BINDINGS", ()):
            if isinstance(binding, Binding):
                yield binding


def _call(action: Action) -> tuple[str, tuple[object, ...]]:
    _, name, parameters = parse(action.action)
    return name, parameters


def _target(node: DOMNode, action: Action, screen: Screen[Any]) -> DOMNode:
    namespace, _, _ = parse(action.action)
    return {"app": screen.app, "screen": screen}.get(namespace, node)


class ActionsProvider(Provider):
    """The palette's source: the actions that apply to where the operator is, and are enabled."""

    actions: ClassVar[Sequence[Action]] = ACTIONS

    def _offered(self) -> list[Reachable]:
        return [
            entry for entry in reachable(self.screen, self.actions) if entry.enabled and entry.action.palette
        ]

    async def discover(self) -> Hits:
        """Give all of them, before anything is typed."""
        for entry in self._offered():
            yield DiscoveryHit(
                plain(entry.action.label),
                self._runner(entry),
                text=entry.action.label,
                help=entry.action.does,
            )

    async def search(self, query: str) -> Hits:
        """Give those whose label fits what is typed."""
        matcher = self.matcher(query)
        for entry in self._offered():
            score = matcher.match(entry.action.label)
            if score > 0:
                shown = matcher.highlight(entry.action.label)
                yield Hit(score, shown, self._runner(entry), text=entry.action.label, help=entry.action.does)

    def _runner(self, entry: Reachable) -> partial[Any]:
        return partial(self.app.run_action, entry.action.action, entry.node)


# What the footer and the help show


class Hint(NamedTuple):
    """An entry of the footer: the keys with what each runs, and the label they share."""

    keys: tuple[tuple[str, ActiveBinding], ...]
    label: str
    keep: int

    @property
    def shown(self) -> str:
        """The keys as they are written."""
        return show_keys(key for key, _ in self.keys)


def footer_hints(screen: Screen[Any], actions: Sequence[Action] = ACTIONS) -> list[Hint]:
    """Give the footer's entries for the keys that work now, in their order from left to right."""
    order = {action.name: index for index, action in enumerate(actions)}
    first: dict[str, tuple[str, ActiveBinding]] = {}
    for key, entry in screen.active_bindings.items():
        if entry.binding.id in order and entry.enabled and not taken_as_letter(key, screen.focused):
            first.setdefault(entry.binding.id or "", (key, entry))
    hints: list[Hint] = []
    for action in sorted(actions, key=lambda action: (action.place, order[action.name])):
        if not action.footer or action.name not in first:
            continue
        if hints and hints[-1].label == action.footer:
            hints[-1] = hints[-1]._replace(keys=(*hints[-1].keys, first[action.name]))
        else:
            hints.append(Hint((first[action.name],), action.footer, action.keep))
    return hints


class HelpRow(NamedTuple):
    """A line of the help: the keys as shown, and what they do."""

    keys: str
    does: str
    action: Action


def help_sections(
    keymap: Mapping[str, str] | None = None, actions: Sequence[Action] = ACTIONS
) -> dict[str, list[HelpRow]]:
    """Give the help's lines by section, with the operator's own keys in place of the default ones."""
    sections = {group.name: group.section for group in GROUPS}
    found: dict[str, list[HelpRow]] = {}
    for action in actions:
        keys = key_list((keymap or {}).get(action.name, action.keys))
        row = HelpRow(show_keys(keys), action.does, action)
        found.setdefault(sections.get(action.group, action.group.title()), []).append(row)
    return found
