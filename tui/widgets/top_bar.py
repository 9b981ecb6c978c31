"""The line at the top: the rooms with what waits in each, SANDBOX or LIVE, and which systems answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
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
"""From how many columns on the lights of all systems are shown; in a narrower line those that do not answer."""
NAME: Final = "brokerdesk"


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


class RoomCount(NamedTuple):
    """How much waits for a person in a room. `is_urgent` says that something has stopped until somebody answers."""

    number: int
    is_urgent: bool = False

    @property
    def mark(self) -> str:
        """The count as the header shows it: "20", "!1"; "" for nothing."""
        return f"{'!' if self.is_urgent else ''}{self.number:,}" if self.number else ""


def room_number(title: str) -> str:
    """Return the number with which a room's title begins, which is its key."""
    return title[:1]


class _Spot(NamedTuple):
    """The cells of the line that do something when clicked."""

    start: int
    end: int
    action: str


class _Line(NamedTuple):
    """What is on the line: the program's name, the rooms by their titles, the badge, the lights."""

    name: str
    rooms: Mapping[str, str]
    badge: str
    lights: Content


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
    """SANDBOX or LIVE, then what the app shows about the profile, the book and the watch."""
    stopped: reactive[bool] = reactive(False)
    """True while a person has stopped all sending."""
    waits: reactive[int] = reactive(0)
    """How many records wait for a person's word."""
    live: reactive[bool] = reactive(False)
    lights: reactive[Mapping[str, Light]] = reactive[Mapping[str, Light]](dict)
    counts: reactive[Mapping[str, RoomCount]] = reactive[Mapping[str, RoomCount]](dict)
    """What waits for a person, by room."""

    def __init__(self, rooms: Mapping[str, str], room: str, **dom: Unpack[InDom]) -> None:
        super().__init__(**dom)
        self._rooms = rooms
        self._room = room
        self._spots: list[_Spot] = []

    def render(self) -> Content:
        """Return as much of the line as fits. SANDBOX or LIVE stays longest."""
        width = self.size.width
        left, right, space = plain(""), plain(""), 0
        for line in self._lines():
            left, right = self._left(line.name, line.rooms), joined(self._badge(line.badge), line.lights)
            space = width - width_of(left.plain) - width_of(right.plain)
            if space > 0:
                self._note_lights(line.lights, width)
                break
        return joined(left, plain(" " * max(0 if not left.plain else 1, space)), right)

    def _lines(self) -> Iterator[_Line]:
        """Yield the line in ever shorter forms: ages, lights, name, titles, other rooms and badge go in this order.

        The light of a system that does not answer stays as long as SANDBOX or LIVE has room beside it.
        """
        is_wide, down = self.size.width >= WIDE, self._lights(only_down=True)
        badge = self._badge_words("wait" if is_wide else "")
        numbers = {
            room: title if room == self._room else room_number(title) for room, title in self._rooms.items()
        }
        alone = {self._room: self._rooms[self._room]}
        if is_wide:
            yield _Line(f"{NAME}  ", self._rooms, badge, self._lights())
            yield _Line(f"{NAME}  ", self._rooms, badge, self._lights(has_ages=False))
        yield _Line(f"{NAME}  ", self._rooms, badge, down)
        yield _Line("bd ", self._rooms, badge, down)
        yield _Line("", self._rooms, badge, down)
        yield _Line("bd ", numbers, badge, down)
        yield _Line("", numbers, badge, down)
        yield _Line("", alone, badge, down)
        mode = self.badge.partition(" ")[0]
        short = " · ".join(filter(None, ("STOPPED" if self.stopped else "", self._waits_words(""), mode)))
        yield _Line("", numbers, short, down)
        yield _Line("", alone, short, down)
        stopped = f"STOPPED · {mode}" if self.stopped else mode
        yield _Line("", {}, stopped, down)
        yield _Line("", {}, stopped, plain(""))
        yield _Line("", {}, mode, plain(""))

    def _left(self, name: str, titles: Mapping[str, str]) -> Content:
        gap = " " * (len(name) - len(name.rstrip()))
        parts = [plain(name.rstrip(), "bold $primary"), plain(gap)]
        self._spots = []
        has_numbers = any(title == room_number(title) for title in titles.values())
        for room, title in titles.items():
            at = sum(width_of(part.plain) for part in parts)
            style = "bold $foreground on $block-cursor-background" if room == self._room else ""
            parts.append(plain(f" {title} ", style))
            count = self.counts.get(room, RoomCount(0))
            if count.mark:
                colour = "$error" if count.is_urgent else "$warning"
                on = " on $block-cursor-background" if room == self._room else ""
                if has_numbers:  # in brackets, because numbers stand for rooms in this line
                    parts[-1] = plain(f" {title}", style)
                    parts.append(plain(f"({count.mark}) ", f"{colour}{on}"))
                else:
                    parts.append(plain(f"{count.mark} ", f"{colour}{on}"))
            end = sum(width_of(part.plain) for part in parts)
            self._spots.append(_Spot(at, end, f"app.room({room!r})"))
        return joined(*parts)

    def _badge_words(self, wait: str) -> str:
        parts = ("STOPPED" if self.stopped else "", self._waits_words(wait), self.badge)
        return " · ".join(filter(None, parts))

    def _waits_words(self, wait: str) -> str:
        return f"F8: {self.waits:,} {wait}".strip() if self.waits else ""

    def _badge(self, words: str) -> Content:
        style = "bold $background on $warning" if self.waits else "$foreground-muted"
        if self.live or self.stopped:
            style = "bold $background on $error"
        return plain(f" {words} ", style)

    def _lights(self, *, has_ages: bool = True, only_down: bool = False) -> Content:
        """Return the lights of all systems, or of those that do not answer."""
        return joined(
            *(
                content(
                    "  $name $light$age",
                    name=short_name(System(system)),
                    light=plain(*LIGHTS[light.state]),
                    age=light.age if has_ages else "",
                )
                for system, light in self.lights.items()
                if light.state == "down" or not only_down
            )
        )

    def _note_lights(self, lights: Content, width: int) -> None:
        """Let a click on the lights open Connections."""
        if lights.plain:
            self._spots.append(_Spot(width - width_of(lights.plain), width, "app.connections"))

    def action_at(self, event: events.Click) -> str:
        """Return what a click leads to: a room, or Connections from the lights; "" for nothing."""
        offset = event.get_content_offset(self)
        if offset is None:
            return ""
        return next((spot.action for spot in self._spots if spot.start <= offset.x < spot.end), "")

    async def on_click(self, event: events.Click) -> None:
        """Go to the room that was clicked, or to Connections from the lights."""
        if action := self.action_at(event):
            await self.app.run_action(action)
