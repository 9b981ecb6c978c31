"""Shows the values of one line in full: what a list or a table has to cut."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical, VerticalScroll
from textual.widgets import Static

from tui.actions import bindings_for
from tui.text import content, notify, paragraph
from tui.under_cursor import NamedValue, whole_values_on
from tui.widgets.modal import Modal

if TYPE_CHECKING:
    from tui.app import DeskApp


class WholeValue(Modal[None]):
    """The values of a line, each below its name, wrapped. The arrow keys scroll."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings_for("help")]
    DEFAULT_CSS = """
    WholeValue { align: center middle; }
    WholeValue > Vertical {
        width: 80; max-width: 96%; height: auto; max-height: 90%;
        padding: 1 3; background: $surface; border: round $primary;
        border-title-color: $foreground; border-title-style: bold;
    }
    WholeValue VerticalScroll { height: auto; max-height: 100%; }
    WholeValue Static { height: auto; }
    """

    def __init__(self, values: Sequence[NamedValue]) -> None:
        super().__init__()
        self._values = values

    def compose(self) -> ComposeResult:
        """Yield the values in their frame."""
        with Vertical() as frame:
            frame.border_title = "In full"
            with VerticalScroll():
                for value in self._values:
                    yield Static(
                        content(
                            "[$foreground-muted]$name[/]\n$text\n",
                            name=value.name,
                            text=paragraph(value.text),
                        )
                        if value.name
                        else paragraph(f"{value.text}\n")
                    )


def show_whole_value(app: DeskApp) -> None:
    """Show what the cursor is on in full."""
    if values := whole_values_on(app.screen):
        app.push_screen(WholeValue(values))
    else:
        notify(app, "There is no value under the cursor.", severity="warning")
