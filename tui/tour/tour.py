"""The tour in the app: a panel that says which key to press, and notices when it was pressed. It presses no key."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Static

from tui.eyes.lock import LockScreen
from tui.palette.dialog import PaletteDialog
from tui.room import Room
from tui.text import content, notify, plain, width_of
from tui.tour.steps import END, KEYS, OFFER, OFFER_KEYS, SANDBOX_ALONE, STEPS, TourStep
from tui.widgets.clickable.click_lines import NO_TEXT, ClickLines, ClickText, Spot
from tui.widgets.modal import Modal
from tui.widgets.row_list import RowList

if TYPE_CHECKING:
    from textual.screen import Screen

    from tui.app import DeskApp

LOOK_EVERY: Final = 0.2
"""Seconds between two looks at which screen is shown: the panel follows to dialogs and rooms."""


class TourPanel(Vertical):
    """Lies over the bottom of a room, or over the second line of a dialog."""

    ALLOW_SELECT: ClassVar[bool] = False
    DEFAULT_CSS = """
    TourPanel {
        dock: bottom; margin-bottom: 1; height: auto; padding: 0 1; background: $surface; border-top: solid $primary;
    }
    TourPanel > Static { height: auto; }
    TourPanel.-in-dialog { dock: top; margin: 1 0 0 0; border-top: none; background: $primary; }
    TourPanel.-in-dialog > #tour-says, TourPanel.-in-dialog > #tour-title { display: none; }
    TourPanel.-in-dialog > #tour-press { color: $background; }
    TourPanel.-in-dialog > #tour-keys { display: none; }
    """

    def __init__(self, number: int, *, classes: str = "") -> None:
        super().__init__(classes=classes)
        self._number = number

    def compose(self) -> ComposeResult:
        """Yield the lines."""
        for name in ("title", "says"):
            yield Static(id=f"tour-{name}")
        for name in ("press", "keys"):
            yield ClickLines(id=f"tour-{name}")

    def show(self, number: int) -> None:
        """Show a step, or the offer if `number` is -1. A panel without its lines shows it once it has them."""
        self._number = number
        if self.query(ClickLines):
            self._fill()

    def on_mount(self) -> None:
        """Show the step."""
        self._fill()

    def _fill(self) -> None:
        number = self._number
        step = STEPS[number] if number >= 0 else None
        if step is None:
            self._static("title").update(plain("Welcome to brokerdesk", "bold"))
            self._static("says").update(plain(OFFER))
            self._lines("press").show(_two_keys(OFFER_KEYS, "bold $primary"))
            self._lines("keys").show(NO_TEXT)
            return
        count = f"step {number + 1} of {len(STEPS)}"
        self._static("title").update(
            content("[b]$title[/]   [$foreground-muted]$count[/]", title=step.title, count=count)
        )
        self._static("says").update(plain(step.says))
        press = plain(step.press, "bold" if self.is_narrowed else "bold $primary")
        self._lines("press").show(ClickText((press,)))
        self._lines("keys").show(_two_keys(KEYS, "$foreground-muted"))

    def _static(self, name: str) -> Static:
        return self.query_one(f"#tour-{name}", Static)

    def _lines(self, name: str) -> ClickLines:
        return self.query_one(f"#tour-{name}", ClickLines)

    @on(ClickLines.Clicked)
    async def _key_clicked(self, event: ClickLines.Clicked) -> None:
        """Do what the clicked key does."""
        event.stop()
        await self.app.run_action(event.action)

    @property
    def is_narrowed(self) -> bool:
        """True on a dialog, where one line has to do."""
        return self.has_class("-in-dialog")


def _two_keys(words: str, style: str) -> ClickText:
    """Return a line of the two keys F2 and F3; a click on either, with its words, acts like the key."""
    first, dot, _ = words.partition(" · ")
    rest = width_of(first + dot)
    spots = (Spot(0, 0, width_of(first), "app.tour"), Spot(0, rest, width_of(words), "app.end_tour"))
    return ClickText((plain(words, style),), spots)


class Tour:
    """The tour that runs, or its offer. `number` is the place of the present step; -1 is the offer."""

    def __init__(self, app: DeskApp, number: int) -> None:
        self._app = app
        self.number = number
        self._panel: TourPanel | None = None
        self._timer = app.set_interval(LOOK_EVERY, self._follow)
        app.call_after_refresh(self._follow)

    @property
    def step(self) -> TourStep | None:
        """The present step; None while the tour is only offered."""
        return STEPS[self.number] if self.number >= 0 else None

    def pressed(self, event: events.Key) -> None:
        """Notice a key that completes the present step."""
        step = self.step
        if step is None or event.key not in step.keys or event.key == "f2":
            return
        if not step.in_list or isinstance(self._app.focused, RowList):
            self.go_on()

    def go_on(self) -> None:
        """Go to the next step, or end after the last."""
        if self.number + 1 == len(STEPS):
            self.end()
            notify(self._app, END, title="Tour")
            return
        self.number += 1
        self._app.call_after_refresh(self._follow, anew=True)

    def end(self) -> None:
        """End the tour, or take the offer back."""
        self._timer.stop()
        if self._panel is not None and self._panel.is_attached:
            self._panel.remove()
        self._app.tour = None

    async def _follow(self, *, anew: bool = False) -> None:
        """Show the panel on the screen that is shown now. A room that was reached by a click completes its step."""
        if self._app.tour is not self:
            return
        screen: Screen[object] = self._app.screen
        if not isinstance(screen, (Room, Modal)) or isinstance(screen, (LockScreen, PaletteDialog)):
            return  # the panel would cover the palette's list
        step = self.step
        if step is not None and step.room and self._app.current_mode == step.room and not screen.is_modal:
            self.number += 1
            anew = True
        if self._panel is None or not self._panel.is_attached or self._panel.screen is not screen:
            if self._panel is not None and self._panel.is_attached:
                await self._panel.remove()
            self._panel = TourPanel(self.number, classes="-in-dialog" if screen.is_modal else "")
            await screen.mount(self._panel)
            anew = True
        if anew:
            self._panel.show(self.number)


def begin_or_go_on(app: DeskApp) -> None:
    """Begin the tour, or go to its next step. It needs the records of the built-in sandbox."""
    if not app.settings.embedded:
        notify(app, SANDBOX_ALONE, title="Tour")
    elif app.tour is None:
        app.tour = Tour(app, 0)
    else:
        app.tour.go_on()
