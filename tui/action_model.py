"""What an action is, and where it applies. Each room declares its own in its module `actions`."""

from __future__ import annotations

from enum import Enum
from typing import ClassVar

from msgspec import Struct
from textual.binding import Binding


class ActionScope(Enum):
    """Where the actions of a group can be pressed. It decides which keys may clash, and the order of the help."""

    EVERYWHERE = "everywhere"
    """In any room, together with the room's own actions: those of the app and of shared widgets."""
    ROOM = "room"
    """In one room. Another room may use the same key for something else."""
    DIALOG = "dialog"
    """In a dialog, where nothing else can be pressed."""


class ActionGroup(Struct, frozen=True, kw_only=True):
    """Actions that apply together: those of a room, a dialog or a widget."""

    name: str
    section: str
    """The heading over them in the help."""
    about: str = ""
    """One line for the help: what the room, the dialog or the widget is for."""
    scope: ActionScope = ActionScope.ROOM


class Action(Struct, frozen=True, kw_only=True):
    """One thing that the operator can do."""

    name: str
    """The name in the operator's own keys (`[profiles.NAME.keys]`); unique."""
    group: str
    """The `ActionGroup` that the action belongs to, by name."""
    keys: str
    """Textual's names of the keys, separated by commas; the first is shown in the footer."""
    label: str
    """The entry of the palette."""
    does: str
    """The line of the help."""
    footer: str = ""
    """The label in the footer; "" keeps the action out. Neighbours with one label share it: "s d h l decide"."""
    run: str = ""
    """The Textual action to run; "" stands for the name with underscores."""
    place: int = 50
    """The order in the footer, from left to right."""
    keep: int = 50
    """Which actions stay in a narrow footer: the highest longest."""
    palette: bool = True
    priority: bool = False
    """True if the key works although a focused input would take it."""

    @property
    def action(self) -> str:
        """The Textual action to run."""
        return self.run or self.name.replace("-", "_")

    def binding(self) -> Binding:
        """Return the binding. Its id is the action's name, by which a keymap finds it."""
        return Binding(
            self.keys,
            self.action,
            self.label,
            show=bool(self.footer),
            id=self.name,
            tooltip=self.does,
            priority=self.priority,
        )


class NamesKeys:
    """A screen or widget that names a key in the footer by what the key does now, such as "4 marked"."""

    def footer_of(self, action: str) -> str | None:  # noqa: ARG002 - a widget with the usual labels overrides nothing
        """Return the label of an action, which is given by its name; None for the usual label, "" for no entry."""
        return None


class SaysWhyNot:
    """A screen that says why an action can't be done now. A key that can't act shows this reason."""

    FOOTER_HIDES: ClassVar[bool] = False
    """True if the footer leaves out keys that can't act now. The screen then has to call `refresh_bindings` whenever
    another key can act, because the footer is painted again only then.
    """

    def why_not(self, action: str) -> str:  # noqa: ARG002 - a screen that always can overrides nothing
        """Return in a sentence why the action can't be done now, or "".

        `action` is the Textual action's name; if that gives "", the action with its parameters: "answer('same')".
        """
        return ""
