"""The line at the top: the rooms, the operator's desk, SANDBOX or LIVE, and which systems answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple, Unpack

from textual import events
from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from core.push.plan import System
from core.systems import short_name
from tui.text import content, joined, plain, width_of
from tui.widgets.line_view import InDom

LIGHTS: Final = {
    "up": ("●", "$success"),
    "down": ("○", "$error"),
    "asking": ("◐", "$warning"),
    "": ("·", "$foreground-muted"),
}
"""The state of a system as sign and colour: it answers, it does not answer, it is being asked, not asked yet."""
OLD: Final = 2
"""From how many minutes on the age of an answer is shown."""
WIDE: Final = 90
"""From how many columns on the lights are shown."""


class Light(NamedTuple):
    """How the last request to a system ended: `state` is a key of `LIGHTS`. `minutes` is how old that answer is."""

    state: str
    minutes: int = 0

    @property
    def age(self) -> str:
        """Return the age as the header shows it, "" for an answer of less than two minutes ago."""
        if self.minutes < OLD:
            return ""
        return f" {self.minutes} min" if self.minutes < 2 * 60 else f" {self.minutes // 60} h"


class TopBar(Widget):
    """The header of every room. `room` is the room that is shown, `lights` are the states of the systems."""

    ALLOW_SELECT = False
    DEFAULT_CSS = """
    TopBar {
        dock: top; height: 1; padding: 0 1; background: $panel; color: $foreground-muted;
        text-wrap: nowrap; text-overflow: ellipsis;
    }
    """

    badge: reactive[str] = reactive("")
    stopped: reactive[bool] = reactive(False)
    """True while a person has stopped all sending."""
    waits: reactive[int] = reactive(0)
    """How many records wait for a person's word."""
    live: reactive[bool] = reactive(False)
    lights: reactive[Mapping[str, Light]] = reactive[Mapping[str, Light]](dict)

    def __init__(self, rooms: Mapping[str, str], room: str, **dom: Unpack[InDom]) -> None:
        super().__init__(**dom)
        self._rooms = rooms
        self._room = room
        self._spots: list[tuple[int, int, str]] = []

    def render(self) -> Content:
        """Return the line. If it is too long, the lights go first, then our name, then the other rooms.

        What still does not fit is cut off at the end of the badge, where the least important part is.
        """
        width = self.size.width
        is_wide = width >= WIDE
        badge, nothing = self._badge("wait" if is_wide else ""), joined()
        numbers = {room: title if room == self._room else title[:1] for room, title in self._rooms.items()}
        for name, titles, lights in (
            ("brokerdesk  ", self._rooms, self._lights() if is_wide else nothing),
            ("brokerdesk  ", self._rooms, nothing),
            ("bd ", self._rooms, nothing),
            ("", self._rooms, nothing),
            ("bd ", numbers, nothing),
            ("", numbers, nothing),
            ("", {self._room: numbers[self._room]}, nothing),
        ):
            left, right = self._left(name, titles), joined(badge, lights)
            space = width - width_of(left.plain) - width_of(right.plain)
            if space > 0:
                break
        return joined(left, plain(" " * max(1, space)), right)

    def _left(self, name: str, titles: Mapping[str, str]) -> Content:
        gap = " " * (len(name) - len(name.rstrip()))
        parts = [plain(name.rstrip(), "bold $primary"), plain(gap)]
        self._spots = []
        for room, title in titles.items():
            at = sum(width_of(part.plain) for part in parts)
            label = f" {title} "
            style = "bold $foreground on $block-cursor-background" if room == self._room else ""
            parts.append(plain(label, style))
            self._spots.append((at, at + len(label), room))
        return joined(*parts)

    def _badge(self, wait: str) -> Content:
        style = "bold $background on $warning" if self.waits else "$foreground-muted"
        if self.live or self.stopped:
            style = "bold $background on $error"
        waits = f"F8: {self.waits:,} {wait}".strip() if self.waits else ""
        badge = " · ".join(filter(None, ("STOPPED" if self.stopped else "", waits, self.badge)))
        return plain(f" {badge} ", style)

    def _lights(self) -> Content:
        return joined(
            *(
                content(
                    "  $name $light$age",
                    name=short_name(System(system)),
                    light=plain(*LIGHTS[light.state]),
                    age=light.age,
                )
                for system, light in self.lights.items()
            )
        )

    async def on_click(self, event: events.Click) -> None:
        """Go to the room that was clicked."""
        offset = event.get_content_offset(self)
        for start, end, room in self._spots:
            if offset is not None and start <= offset.x < end:
                await self.app.run_action(f"app.room({room!r})")
