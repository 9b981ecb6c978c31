"""The dialog for several cards: the sum of their plans, one question, and how each push goes.

`core.flex.use_cases.bulk` reads and pushes the cards; this module shows the progress.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar, Final, cast

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.widgets import Static

from core.error_catalogue import meaning_of
from core.errors import DeskError
from core.flex.field_map.fates import Fate
from core.flex.plans.preview import Preview
from core.flex.use_cases.bulk import (
    BulkBegun,
    BulkEnded,
    BulkFailed,
    BulkPreviewed,
    preview_each,
    push_each,
    refusal,
)
from core.flex.use_cases.cards import CardUseCases
from core.push.engine import Engine
from core.push.states import PushState
from core.receipts.careful_start import CarefulStart
from tui.actions import bindings_for
from tui.cards.push_dialog import ALTERNATIVES
from tui.text import content, joined, plain
from tui.widgets.answer_bar import AnswerBar
from tui.widgets.key_footer import KeyFooter
from tui.widgets.line_view import Tone
from tui.widgets.modal import Modal
from tui.widgets.row_list import ListColumn, Listing, RowList
from tui.words.pushes import PUSH_SIGN, PUSH_WORDS

if TYPE_CHECKING:
    from tui.app import DeskApp

UNMARK: Final = "Close this, then U takes the marks away and p asks about one card."


@dataclass(frozen=True, slots=True)
class BulkRow:
    """One card of several: its preview or why it can't be read, and the state of its push."""

    card_id: str
    title: str = ""
    said: str = "reading …"
    sign: str = "·"
    tone: Tone = "muted"
    preview: Preview | None = None

    @property
    def may_go(self) -> bool:
        """True if the card can be pushed."""
        return self.preview is not None and self.preview.pushable


LISTING: Final[Listing[BulkRow]] = Listing(
    columns=(
        ListColumn("sign", lambda row: row.sign, width=1, style=lambda row: row.tone, gap=1),
        ListColumn("card", lambda row: row.card_id, width=8, style="muted", gap=1),
        ListColumn("title", lambda row: row.title, minimum=16, share=2, lit="strong"),
        ListColumn("said", lambda row: row.said, minimum=16, share=3, style=lambda row: row.tone),
    ),
    key=lambda row: row.card_id,
)


class BulkDialog(Modal[None]):
    """Shows what pushing the marked cards would do; `y` sends those that can go."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings_for("push-dialog")]
    CSS_PATH = "bulk.tcss"

    def __init__(
        self,
        desk: CardUseCases,
        engine: Engine,
        card_ids: Sequence[str],
        *,
        live: bool,
        grace: float,
        sent: Callable[[], None],
        careful: CarefulStart | None = None,
    ) -> None:
        super().__init__()
        self._careful = careful
        self._refused: DeskError | None = None
        self._desk = desk
        self._engine = engine
        self._rows = {card_id: BulkRow(card_id) for card_id in card_ids}
        self._live = live
        self._answers = AnswerBar(grace=grace)
        self._tell_sent = sent
        self._read = 0
        self._sent = False
        self._stop = asyncio.Event()
        """Set once nothing more is to be begun."""

    def compose(self) -> ComposeResult:
        """Yield the cards, the sum and the two answers."""
        with Vertical(id="bulk"):
            yield Static(content("[b]Push $n cards to FLEX[/b]", n=len(self._rows)), id="bulk-title")
            yield RowList(LISTING, id="bulk-list")
            yield Static(id="bulk-sum")
            yield self._answers
        yield KeyFooter()

    def on_mount(self) -> None:
        """Read the cards."""
        self._list.set_rows(list(self._rows.values()))
        self._list.focus()
        self._answers.hold()
        self._show_sum()
        self._read_cards()

    @work(exclusive=True, group="bulk")
    async def _read_cards(self) -> None:
        """Fill in each card's preview, or why the card can't be read."""
        async for progress in preview_each(self._desk, list(self._rows)):
            match progress:
                case BulkPreviewed(_, preview):
                    self._put(_row(preview))
                case BulkFailed(card_id, error):
                    self._put(BulkRow(card_id, "", error.message, "✗", "bad"))
            self._read += 1
            self._show_sum()
        self._refused = await refusal(self._careful, sum(row.may_go for row in self._rows.values()))
        self._show_sum()
        self._answers.release()

    def _put(self, row: BulkRow) -> None:
        self._rows[row.card_id] = row
        self._list.update_row(row.card_id, row)

    @property
    def armed(self) -> bool:
        """True once every card was read and the dialog was on the screen for a while."""
        return self._answers.armed

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer to send and to close. The other actions of the group are for the dialog of a single card."""
        if action in ALTERNATIVES:
            return False
        if action == "send":
            return self._may_send
        return super().check_action(action, parameters)

    @property
    def _may_send(self) -> bool:
        """True if an answer can still send something."""
        return not self._sent and self._refused is None and any(row.may_go for row in self._rows.values())

    @on(AnswerBar.Yes)
    def action_send(self) -> None:
        """Push the cards that can go."""
        if self.armed and self._may_send:
            self._sent = True
            self._tell_sent()
            self.app.run_worker(self._push_each(), group="bulk-push")
            self._show_sum()

    async def _push_each(self) -> None:
        """Show how each push goes. The app owns this task, so that closing the dialog stops nothing."""
        previews = [row.preview for row in self._rows.values() if row.preview]
        attention = cast("DeskApp", self.app).attention
        going = sum(row.may_go for row in self._rows.values())
        work = attention.begin_work("cards", going, self._stop.set)
        try:
            async for progress in push_each(self._desk, self._engine, previews, self._careful):
                if isinstance(progress, BulkBegun):
                    if self._stop.is_set():
                        return
                    work.begun += 1
                else:
                    work.done += 1
                self._show_progress(progress)
        finally:
            attention.work_ended(work)

    def _show_progress(self, progress: BulkBegun | BulkEnded | BulkFailed) -> None:
        match progress:
            case BulkBegun(card_id):
                self._tick(card_id, "on its way", "◐", "primary")
            case BulkEnded(card_id, push):
                sign, tone = PUSH_SIGN[push.state]
                why = f": {meaning_of(push.reason)}" if push.reason else ""
                self._tick(card_id, f"{PUSH_WORDS[push.state]}{why}", sign, tone)
            case BulkFailed(card_id, error):
                self._tick(card_id, error.message, "✗", "bad")

    def _tick(self, card_id: str, words: str, sign: str, tone: Tone) -> None:
        if self in self.app.screen_stack:  # a closed screen may have no widgets any more
            self._put(replace(self._rows[card_id], said=words, sign=sign, tone=tone))
            self._show_sum()

    @on(AnswerBar.No)
    def action_not_now(self) -> None:
        """Close. Confirmed pushes go on."""
        self.dismiss()

    def _show_sum(self) -> None:
        going = [row.preview for row in self._rows.values() if row.may_go and row.preview]
        steps = sum(len(preview.plan.steps) for preview in going)
        by_hand = sum(preview.counts[Fate.NO_HOME] for preview in going)
        staying = self._read - len(going)
        live = content("[bold $error]LIVE. [/]") if self._live else plain("")
        template = (
            "[$success]$going[/] can go, $steps steps[$foreground-muted], $hand fields to key by hand[/]"
        )
        summary = content(template, going=len(going), steps=steps, hand=by_hand)
        stays = content("   [$error]$n[/] can't", n=staying) if staying else plain("")
        left = len(self._rows) - self._read
        reading = content("   [$foreground-muted]$n to read[/]", n=left) if left else plain("")
        self._static("bulk-sum").update(joined(live, summary, stays, reading))
        if self._refused is not None:
            said = content(
                "[$error]$what[/] [$foreground-muted]$fix $marks[/]",
                marks=UNMARK,
                what=self._refused.message,
                fix=self._refused.fix,
            )
            self._static("bulk-sum").update(joined(live, said))
        if self._may_send:
            self._answers.ask(f"Send {len(going)}")
        else:
            self._answers.offer_close()
        self.refresh_bindings()

    @property
    def _list(self) -> RowList[BulkRow]:
        return self.query_one(RowList)

    def _static(self, name: str) -> Static:
        return self.query_one(f"#{name}", Static)


def _row(preview: Preview) -> BulkRow:
    if preview.reasons:
        return BulkRow(preview.subject, preview.title, preview.reasons[0].message, "✗", "bad", preview)
    refused = preview.counts[Fate.REFUSED]
    words = f"{len(preview.plan.steps)} steps" + (f", {refused} refused" if refused else "")
    sign, tone = PUSH_SIGN[PushState.QUEUED]
    return BulkRow(preview.subject, preview.title, words, sign, tone, preview)
