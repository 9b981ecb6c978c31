"""The answers of a confirm dialog. A yes counts only after the dialog was on the screen for a while.

Keys that are typed before the dialog is painted, and for `grace` seconds after, confirm nothing. The dialog binds the
keys and says what each answer does; the bar knows neither.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from tui.text import notify, plain, set_text

GRACE = 0.5
"""Seconds after a dialog was painted in which no key confirms."""
NOT_NOW: Final = "Not now"
TOO_EARLY: Final = "That came too early, and confirmed nothing. Look at the question, then answer again."
STILL_READING: Final = "This is still being read. Answer when it says what it would do."


class AnswerKeys(NamedTuple):
    """The keys that the buttons name."""

    yes: str = "y"
    no: str = "n"


ANSWER_KEYS: Final = AnswerKeys()


class AnswerBar(Horizontal):
    """Two buttons: one confirms, the other closes. `armed` is True when a yes counts."""

    DEFAULT_CSS = """
    AnswerBar { height: 1; margin-top: 1; align-horizontal: center; }
    AnswerBar > Static { width: auto; height: auto; }
    AnswerBar > #answer-yes { margin-right: 6; }
    """

    class Yes(Message):
        """The answer that confirms was clicked. A click counts as little as a key until the bar is armed."""

    class No(Message):
        """The answer that closes was clicked."""

    def __init__(self, *, grace: float) -> None:
        super().__init__()
        self._grace = grace
        self._was_shown = False
        self._is_held = False
        self._confirms = ""
        self._declines = "Close"
        self._keys = ANSWER_KEYS
        self._yes = Static(id="answer-yes")
        self._no = Static(id="answer-no")

    @property
    def armed(self) -> bool:
        """True after the bar was on the screen for the whole grace time, unless `hold` is in effect."""
        return self._was_shown and not self._is_held

    def counts(self) -> bool:
        """Return True if a yes counts. If it doesn't, say so in a toast."""
        if not self.armed:
            notify(self.app, STILL_READING if self._is_held else TOO_EARLY)
        return self.armed

    def compose(self) -> ComposeResult:
        """Yield the two answers."""
        yield self._yes
        yield self._no

    def on_mount(self) -> None:
        """Start the grace time when the bar is painted."""
        self._show()
        self.call_after_refresh(self._start_grace)

    def _start_grace(self) -> None:
        self.set_timer(self._grace, self._end_grace) if self._grace else self._end_grace()

    def _end_grace(self) -> None:
        self._was_shown = True
        self._show()

    # -- what the dialog says --------------------------------------------------------------------------

    def ask(self, confirms: str, declines: str = NOT_NOW) -> None:
        """Offer both answers. `confirms` is the word for yes, such as "Send", `declines` the word for no."""
        self._confirms, self._declines = confirms, declines
        self._show()

    def offer_close(self) -> None:
        """Offer to close the dialog and nothing else."""
        self._confirms, self._declines = "", "Close"
        self._show()

    def name_keys(self, keys: AnswerKeys) -> None:
        """Name other keys on the buttons: while a person types into a box, "y" and "n" are letters."""
        self._keys = keys
        self._show()

    def hold(self) -> None:
        """Ignore every yes until `release`, however long the bar is on the screen."""
        self._is_held = True
        self._show()

    def release(self) -> None:
        """Accept a yes again, after the grace time."""
        self._is_held = False
        self._show()

    # -- what is shown ---------------------------------------------------------------------------------

    def _show(self) -> None:
        self._yes.display = bool(self._confirms)
        set_text(self._yes, self._yes_label())
        set_text(self._no, self._no_label())

    def _yes_label(self) -> Content:
        """Return the button that confirms. It is never the filled one: Enter does not confirm."""
        style = "bold $primary on $panel" if self.armed else "$foreground-muted on $panel"
        return plain(f"  {self._keys.yes}  {self._confirms}  ", style)

    def _no_label(self) -> Content:
        """Return the button that closes, filled: what Enter does."""
        style = "bold $block-cursor-foreground on $block-cursor-background"
        return plain(f"  {self._keys.no}  {self._declines}  ", style)

    @on(events.Click, "#answer-yes")
    def _yes_clicked(self) -> None:
        self.post_message(self.Yes())

    @on(events.Click, "#answer-no")
    def _no_clicked(self) -> None:
        self.post_message(self.No())
