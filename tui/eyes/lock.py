"""The screen of a desk that nobody has touched for a while: counts alone, until a key or a click."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Static

from tui.text import content, joined, plain
from tui.widgets.modal import Modal
from tui.words.tones import TONES

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from textual.content import Content

    from tui.words.overview import WaitingItem

HINT: Final = "Any key shows the desk again; the key does nothing else. Pushes go on meanwhile."


class LockScreen(Modal[None]):
    """Covers the whole screen. The app takes the key that ends it."""

    CSS_PATH = "lock.tcss"

    def footer_of(self, action: str) -> str:  # noqa: ARG002 - the same for every action
        """Show no key in the footer: every key shows the desk again, and does nothing else."""
        return ""

    def compose(self) -> ComposeResult:
        """Yield the box of counts."""
        with Vertical(id="lock"):
            yield Static(id="lock-title")
            yield Static(id="lock-counts")
            yield Static(plain(HINT, "$foreground-muted"), id="lock-hint")

    def __init__(self, wake: Callable[[], object]) -> None:
        """`wake` shows the desk again."""
        super().__init__()
        self._wake = wake

    async def on_click(self, event: events.Click) -> None:
        """Show the desk again, and nothing else: the click leads nowhere behind this screen."""
        event.prevent_default()
        self._wake()

    def show(self, when: str, items: Sequence[WaitingItem]) -> None:
        """Show what waits. `when` is the time since which nobody was there."""
        self.query_one("#lock-title", Static).update(
            content("[bold $primary]brokerdesk[/]   [$foreground-muted]nobody here since $when[/]", when=when)
        )
        self.query_one("#lock-counts", Static).update(counts(items))


def counts(items: Sequence[WaitingItem]) -> Content:
    """Return how many things of each kind wait, a line each, without a name."""
    known = [item for item in items if item.number is not None]
    lines = [
        joined(plain(f"{item.number:>6,}  ", TONES.get(item.tone, "")), plain(item.says)) for item in known
    ]
    return content("\n").join(lines) if lines else plain("Nothing waits for you.")
