"""A small dialog that offers values with their counts and returns the chosen value."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Final, NamedTuple

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical

from tui.actions import bindings_for
from tui.text import safe_text, width_of
from tui.widgets.modal import Modal
from tui.widgets.row_list import ListColumn, Listing, RowList

_AROUND: Final = 8
"""The cells of the frame around a label: border, padding, and the sign of the cursor."""
_SHARE: Final = 0.96
"""The share of the screen that the frame takes at most."""


class Offer(NamedTuple):
    """A value and the number of its occurrences, None if there is no such number. The value `None` stands for all."""

    value: str | None
    label: str
    cards: int | None = None


_COUNT: Final = ListColumn[Offer](
    "count",
    lambda offer: f"{offer.cards:,}" if offer.cards is not None else "",
    width=7,
    align="right",
    style="primary",
)
_LABEL: Final = ListColumn[Offer]("label", lambda offer: offer.label or "(none)", minimum=10)


def _listing(*, has_counts: bool) -> Listing[Offer]:
    return Listing(
        columns=(_COUNT, _LABEL) if has_counts else (_LABEL,),
        key=lambda offer: repr(offer.value),
        can_mark=False,
        opens_at_once=True,
        is_record=lambda row: False,
    )


class Chooser(Modal[Offer | None]):
    """Offers values. Enter or a click takes a value; Escape takes none."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings_for("chooser"), *bindings_for("chooser-list")]
    DEFAULT_CSS = """
    Chooser { align: center middle; }
    Chooser > Vertical {
        width: 56; height: auto; max-height: 80%;
        padding: 1 2; background: $surface; border: round $primary;
        border-title-color: $foreground; border-title-style: bold;
    }
    Chooser RowList { height: auto; max-height: 20; }
    """

    def __init__(self, title: str, offers: Sequence[Offer]) -> None:
        super().__init__()
        self._title = title
        self._offers = offers

    def compose(self) -> ComposeResult:
        """Yield the list in its frame."""
        with Vertical() as frame:
            frame.border_title = safe_text(self._title)
            yield RowList(_listing(has_counts=any(offer.cards is not None for offer in self._offers)))

    def on_mount(self) -> None:
        """Fill the list."""
        offers = self.query_one(RowList)
        offers.set_rows(self._offers)
        longest = max((width_of(offer.label) for offer in self._offers), default=0)
        self.query_one(Vertical).styles.min_width = min(longest + _AROUND, int(self.app.size.width * _SHARE))
        offers.styles.height = min(20, len(self._offers))
        offers.focus()

    def on_row_list_selected(self, event: RowList.Selected) -> None:
        """Return the chosen value."""
        self.dismiss(next(offer for offer in self._offers if repr(offer.value) == event.key))

    def action_take_choice(self) -> None:
        """Return the value under the cursor."""
        self.query_one(RowList).action_open_row()

    def action_close_chooser(self) -> None:
        """Close without a choice."""
        self.dismiss(None)
