"""Collects the actions that the rooms declare, for the keys, the footer, the palette and the help. Knows no screen.

A screen takes its bindings from here (`BINDINGS = bindings_for("cards")`) and has a method for each action. The
operator's own keys replace the default ones by the action's name. The modules `actions` of the rooms hold nothing but
tables, so that collecting them imports no screen.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from textual.actions import parse
from textual.binding import ActiveBinding, Binding
from textual.keys import KEY_NAME_REPLACEMENTS, Keys, format_key, key_to_character

from tui import app_actions
from tui.action_model import Action, ActionGroup, ActionScope, NamesKeys, SaysWhyNot
from tui.activity import actions as activity
from tui.cards import actions as cards
from tui.connections import actions as connections
from tui.contacts import actions as contacts
from tui.lists import actions as lists
from tui.milestones import actions as milestones
from tui.overview import actions as overview
from tui.reconciliation import actions as reconciliation
from tui.widgets import actions as widgets

if TYPE_CHECKING:
    from textual.dom import DOMNode
    from textual.screen import Screen
    from textual.widget import Widget


_DECLARED = (
    widgets,
    app_actions,
    lists,
    overview,
    cards,
    contacts,
    milestones,
    activity,
    connections,
    reconciliation,
)
_GROUPS_AS_DECLARED = [group for module in _DECLARED for group in module.GROUPS]
GROUPS: Final[tuple[ActionGroup, ...]] = tuple(
    group for scope in ActionScope for group in _GROUPS_AS_DECLARED if group.scope is scope
)
"""Every group: first those that apply everywhere, then the rooms, then the dialogs. The help has this order."""
ACTIONS: Final[tuple[Action, ...]] = tuple(
    action
    for group in GROUPS
    for module in _DECLARED
    for action in module.ACTIONS
    if action.group == group.name
)
"""Every action, in the order of the groups."""


def bindings_for(group: str, actions: Sequence[Action] = ACTIONS) -> list[Binding]:
    """Return the bindings of a group, to put in a class's BINDINGS."""
    return [action.binding() for action in actions if action.group == group]


def bindings_of(*names: str) -> list[Binding]:
    """Return the bindings of single actions, for a class that has actions of other groups too."""
    return [action.binding() for action in ACTIONS if action.name in names]


def by_name(actions: Sequence[Action] = ACTIONS) -> dict[str, Action]:
    """Return the actions under their names."""
    return {action.name: action for action in actions}


# Keys


@lru_cache(maxsize=1024)
def key_list(keys: str) -> tuple[str, ...]:
    """Return a list of keys as separate names, in Textual's long form: "?,F1" is ("question_mark", "f1")."""
    parsed = Binding.make_bindings([Binding(keys, "none")]) if keys.strip(", ") else ()
    return tuple(binding.key for binding in parsed)


def show_key(key: str) -> str:
    """Return a key as the footer and the help show it: "^p", "/", "space"."""
    *modifiers, last = key.split("+")
    shown = {"enter": "enter"}.get(last) or format_key(last)
    shown = f"^{shown}" if "ctrl" in modifiers else shown
    return "+".join([*(modifier for modifier in modifiers if modifier != "ctrl"), shown])


def show_keys(keys: Iterable[str]) -> str:
    """Return several keys side by side: "t s l", but "↑↓"."""
    shown = [show_key(key) for key in keys]
    return ("" if all(key in "↑↓←→" for key in shown) else " ").join(shown)


def taken_as_letter(key: str, focused: Widget | None) -> bool:
    """Return True if the focused widget takes a key as text: an input does with "/", so that no action gets it."""
    if focused is None:
        return False
    shown = format_key(key)
    is_letter = len(shown) == 1 and shown.isascii() and "+" not in key  # an arrow is shown by one sign too
    return focused.check_consume_key(key, shown if is_letter else key_to_character(key))


class Keymap(NamedTuple):
    """The operator's own keys that hold, for `App.set_keymap`, and what was wrong with the others."""

    keys: dict[str, str]
    problems: tuple[str, ...]


_MODIFIERS = {"ctrl", "shift", "alt", "super", "hyper", "meta"}
_NAMED_KEYS = {key.value for key in Keys} | {"space"} | set(KEY_NAME_REPLACEMENTS.values())


def validate_keymap(table: Mapping[str, object], actions: Sequence[Action] = ACTIONS) -> Keymap:
    """Check the operator's own keys: action name → keys, "p,ctrl+s" or a list of them.

    Each mistake is reported in a sentence, and the default keys stay: an unknown action, a key that no terminal has,
    one key for two actions that can be pressed at the same place. Of two actions that clash, the remapped one keeps its
    default; both do if both were remapped.
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
    written = ",".join(map(str, value)) if isinstance(value, list) else value
    if not isinstance(written, str) or not written.strip(", "):
        return (), f"{name}: give a key, or several separated by commas"
    if any(not part.strip() for part in written.split(",")):
        return (), f"{name}: {written!r} has an empty key; write a comma as 'comma'"
    keys = key_list(written)
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


def _meet(group: str, other: str, groups: Mapping[str, ActionGroup]) -> bool:
    """Return True if keys of two groups can be pressed at the same place."""
    if group == other:
        return True
    scopes = {groups[name].scope if name in groups else ActionScope.ROOM for name in (group, other)}
    return ActionScope.EVERYWHERE in scopes and ActionScope.DIALOG not in scopes


# What can be done now


class Offered(NamedTuple):
    """An action that belongs to where the operator is, the node that has it, and why it can't be done now, or ""."""

    action: Action
    node: DOMNode
    reason: str


def offered(screen: Screen[Any], actions: Sequence[Action] = ACTIONS) -> list[Offered]:
    """Return the actions of the focused widget, its ancestors, the screen and the app, nearest first.

    Unlike the active bindings, it holds those whose key a focused input would take as a letter. An action of a room or
    a dialog that can't be done now has a reason; one of a widget or the app that does not apply is left out.
    """
    known = by_name(actions)
    found: dict[str, Offered] = {}
    for node in _chain(screen):
        for binding in _declared(type(node)):
            action = known.get(binding.id or "")
            if action is None or action.name in found:
                continue
            target = _target(node, action, screen)
            reason = _said_why_not(target, action)
            if not reason and not target.check_action(*_call(action)):
                if _is_everywhere(action):
                    continue
                reason = _not_possible(action)
            found[action.name] = Offered(action, node, reason)
        if node.is_modal:
            break
    return list(found.values())


def _said_why_not(target: DOMNode, action: Action) -> str:
    """Return the target's own reason against an action, or ""."""
    if not isinstance(target, SaysWhyNot):
        return ""
    name, _ = _call(action)
    return target.why_not(name) or target.why_not(action.action)


def _not_possible(action: Action) -> str:
    return f"“{action.label}” is not possible here now."


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


def why_not(
    screen: Screen[Any], key: str, keymap: Mapping[str, str], actions: Sequence[Action] = ACTIONS
) -> str:
    """Return in a sentence why a pressed key does nothing now, or "" if the key acts or means no action here.

    `keymap` holds the operator's own keys by the action's name. Where several widgets have an action on the key, the
    nearest one that can act decides.
    """
    known = by_name(actions)
    refused = ""
    for node in _chain(screen):
        for binding in _declared(type(node)):
            action = known.get(binding.id or "")
            if action is None or key not in key_list(keymap.get(action.name, action.keys)):
                continue
            target = _target(node, action, screen)
            if reason := _said_why_not(target, action):
                return reason
            if target.check_action(*_call(action)):
                return ""
            refused = refused or _not_possible(action)
        if node.is_modal:
            break
    return refused


# What the footer and the help show


_KEEP_NAMED: Final = 95
"""How long an entry stays in a narrow footer that says what the key does just now, such as "4 marked"."""


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
    """Return the footer's entries for the keys that work now, in their order from left to right."""
    shown = [action for action in actions if action.footer]
    order = {action.name: index for index, action in enumerate(shown)}
    found: dict[str, list[tuple[str, ActiveBinding]]] = {}
    known = {action.name: action for action in shown}
    for key, entry in screen.active_bindings.items():
        bound = known.get(entry.binding.id or "")
        if bound is None or not entry.enabled or taken_as_letter(key, screen.focused):
            continue
        if not _is_hidden(_target(entry.node, bound, screen), bound):
            found.setdefault(bound.name, []).append((key, entry))
    hints: list[Hint] = []
    for action in sorted(shown, key=lambda action: (action.place, order[action.name])):
        if action.name not in found:
            continue
        first = _first_key(action, found[action.name])
        label = _label(action, first[1].node, screen)
        if hints and hints[-1].label == label:
            hints[-1] = hints[-1]._replace(keys=(*hints[-1].keys, first))
        elif label:
            keep = action.keep if label == action.footer else max(action.keep, _KEEP_NAMED)
            hints.append(Hint((first,), label, keep))
    return hints


def _is_hidden(target: DOMNode, action: Action) -> bool:
    """Return True if the footer leaves an action out because it can't be done now."""
    return isinstance(target, SaysWhyNot) and target.FOOTER_HIDES and bool(_said_why_not(target, action))


def _first_key(action: Action, active: Sequence[tuple[str, ActiveBinding]]) -> tuple[str, ActiveBinding]:
    """Return the key to show: the first one as the action declares them, or of the operator's own keys."""
    declared = key_list(action.keys)
    if any(key not in declared for key, _ in active):
        return active[0]
    return min(active, key=lambda pair: declared.index(pair[0]))


def _label(action: Action, node: DOMNode, screen: Screen[Any]) -> str:
    """Return what an action is called in the footer now: by the widget that has it, else by the screen."""
    names = (place.footer_of(action.name) for place in (node, screen) if isinstance(place, NamesKeys))
    return next((name for name in names if name is not None), action.footer)


class HelpRow(NamedTuple):
    """A line of the help: the keys as shown, and what they do."""

    keys: str
    does: str
    action: Action


class HelpSection(NamedTuple):
    """Lines of the help under a heading, with one line that says what the room, dialog or widget is for."""

    title: str
    about: str
    rows: tuple[HelpRow, ...]


def help_sections(
    keymap: Mapping[str, str] | None = None, actions: Sequence[Action] = ACTIONS
) -> list[HelpSection]:
    """Return the help's sections in the order of the groups, with the operator's own keys in place of the default ones.

    Groups of one heading share a section.
    """
    groups = {group.name: group for group in GROUPS}
    found: dict[str, HelpSection] = {}
    for action in actions:
        group = groups.get(action.group) or ActionGroup(name=action.group, section=action.group.title())
        keys = key_list((keymap or {}).get(action.name, action.keys))
        section = found.get(group.section, HelpSection(group.section, group.about, ()))
        row = HelpRow(show_keys(keys), action.does, action)
        found[group.section] = section._replace(about=section.about or group.about, rows=(*section.rows, row))
    return list(found.values())


def help_for(
    screen: Screen[Any], keymap: Mapping[str, str] | None = None, actions: Sequence[Action] = ACTIONS
) -> list[HelpSection]:
    """Return the help for a screen: its own keys first, then those of the focused widget, then the rest.

    In a dialog there is no rest, because no other key works there.
    """
    known = by_name(actions)
    own: dict[str, Action] = {}
    near: dict[str, Action] = {}
    for node in _chain(screen):
        for binding in _declared(type(node)):
            action = known.get(binding.id or "")
            if action is None:
                continue
            if node is screen and not _is_everywhere(action):
                own[action.name] = action
            elif _target(node, action, screen).check_action(*_call(action)) is not False:
                near[action.name] = action
        if node.is_modal:
            break
    if screen.is_modal:
        near |= {action.name: action for action in actions if action.priority and action.group == "app"}
    first = [*own.values(), *(action for name, action in near.items() if name not in own)]
    rest = [] if screen.is_modal else [a for a in actions if a.name not in own and a.name not in near]
    return [*help_sections(keymap, first), *help_sections(keymap, rest)]


def _is_everywhere(action: Action) -> bool:
    scope = next((group.scope for group in GROUPS if group.name == action.group), ActionScope.ROOM)
    return scope is ActionScope.EVERYWHERE
