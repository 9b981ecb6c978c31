"""The dialog for several cards: what their pushes would do, one question, and the state of each push.

`core.flex.use_cases.bulk` reads and pushes the cards; this module shows the progress.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar, Final, cast

from textual import events, on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from core.error_catalogue import fix_of, meaning_of
from core.errors import DeskError
from core.flex.field_map.fates import Fate
from core.flex.plans.preview import Preview
from core.flex.use_cases.bulk import (
    BulkBegun,
    BulkEnded,
    BulkFailed,
    BulkNotBegun,
    BulkOutcome,
    BulkPreviewed,
    outcome_of,
    preview_each,
    push_each,
    refusal,
)
from core.flex.use_cases.cards import CardUseCases
from core.progress import RowProgress
from core.push.engine import Engine
from core.push.states import PushState
from core.receipts.careful_start import CarefulStart
from tui.action_model import SaysWhyNot
from tui.actions import bindings_for
from tui.cards.push_dialog import ALTERNATIVES, STAYS, AskSettings
from tui.cards.signed_lines import SignedLine, SignedLines
from tui.messages import PushChanged
from tui.room import HearsPushes, HearsStop
from tui.text import content, joined, notify, plain, width_of
from tui.widgets.answer_bar import STILL_READING, AnswerBar
from tui.widgets.line_view import Tone
from tui.widgets.modal import Modal
from tui.widgets.row_list import ListColumn, Listing, RowList
from tui.words.by_hand import left_words
from tui.words.plans import end_of_several, plan_sentence, records_created
from tui.words.pushes import PUSH_SIGN, PUSH_WORDS, state_words
from tui.words.put_back import way_back
from tui.words.waiting import cards_line

if TYPE_CHECKING:
    from tui.app import DeskApp

UNMARK: Final = "Close this, then U takes the marks away and p asks about one card."
LEAST_CLIENT: Final = 12
"""Cells of the column of clients at least."""
_AROUND: Final = 18
"""Lines of the frame, the title, the card in full, the sum, the answers, the footer, and a little air."""
ENDED: Final = (BulkEnded, BulkFailed, BulkNotBegun)


@dataclass(frozen=True, slots=True)
class BulkRow:
    """One card of several: its preview or why it can't be read, and the state of its push.

    `said` is the text of the list's line, and `advice` says what to do. The dialog shows both in full for the card
    under the cursor.
    """

    card_id: str
    title: str = ""
    said: str = "reading …"
    sign: str = "·"
    tone: Tone = "muted"
    preview: Preview | None = None
    advice: str = ""

    @property
    def may_go(self) -> bool:
        """True if the card can be pushed."""
        return self.preview is not None and self.preview.pushable


NEED_A_PERSON: Final = frozenset({BulkOutcome.PART, BulkOutcome.ASKS, BulkOutcome.REFUSED})
"""What became of cards that a person should look at."""
LISTING: Final[Listing[BulkRow]] = Listing(
    columns=(
        ListColumn("sign", lambda row: row.sign, width=1, style=lambda row: row.tone, gap=1),
        ListColumn("card", lambda row: row.card_id, width=8, style="muted", gap=1),
        ListColumn("title", lambda row: row.title, width=LEAST_CLIENT, lit="strong"),
        ListColumn("said", lambda row: row.said, minimum=16, share=3, style=lambda row: row.tone),
    ),
    key=lambda row: row.card_id,
    can_mark=False,
)


class BulkDialog(Modal[None], HearsPushes, HearsStop, SaysWhyNot):
    """Shows what pushing the marked cards would do; `y` sends those that can go, and `s` stops before the next one."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings_for("push-dialog"), *bindings_for("bulk")]
    CSS_PATH = "bulk.tcss"

    def __init__(
        self,
        desk: CardUseCases,
        engine: Engine,
        clients: Mapping[str, str],
        *,
        settings: AskSettings,
        mark: Callable[[Sequence[str]], None],
        careful: CarefulStart | None = None,
        left_out: str = "",
    ) -> None:
        """`clients` has the names of the cards to push, by card id. `left_out` says which marked cards are not among
        them; "" if all are. `mark` marks cards in the list and no others: none once the pushes begin, and at the end
        those of which the push was not begun.
        """
        super().__init__()
        self._undo_days = settings.undo_days
        self._stopped = settings.stopped
        self._careful = careful
        self._refused: DeskError | None = None
        self._desk = desk
        self._engine = engine
        self._rows = {card_id: BulkRow(card_id, client) for card_id, client in clients.items()}
        self._live = settings.live
        self._answers = AnswerBar(grace=settings.grace)
        self._mark = mark
        self._left_out = left_out
        self._read = 0
        self._going = 0
        """How many cards were confirmed; 0 before the confirmation."""
        self._outcomes: dict[str, BulkOutcome] = {}
        self._stop = asyncio.Event()
        self._began = 0.0

    def compose(self) -> ComposeResult:
        """Yield the cards, the card under the cursor in full, the sum and the two answers."""
        number = len(self._rows)
        with Vertical(id="bulk"):
            title = content("[b]Push $n to FLEX[/b]", n=f"{number} card{'' if number == 1 else 's'}")
            left = content("   [$foreground-muted]$said[/]", said=self._left_out)
            yield Static(joined(title, left) if self._left_out else title, id="bulk-title")
            yield RowList(LISTING, id="bulk-list")
            yield SignedLines(id="bulk-said")
            yield Static(id="bulk-sum")
            yield self._answers

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
                    row = self._rows[card_id]
                    self._put(replace(row, said=error.message, sign="✗", tone="bad", advice=error.fix))
            self._read += 1
            self._show_sum()
        self._refused = await refusal(self._careful, len(self._may_go))
        self._show_sum()
        self._answers.release()

    def _put(self, row: BulkRow) -> None:
        self._rows[row.card_id] = row
        self._list.update_row(row.card_id, row)
        if row.card_id == self._list.cursor_key:
            self._show_whole()

    @on(RowList.Highlighted)
    def _show_whole(self) -> None:
        """Show the whole text about the card under the cursor."""
        row = self._list.cursor_row
        lines = [SignedLine(row.sign, row.tone, f"{row.card_id}: {row.said}", row.advice)] if row else []
        self.query_one(SignedLines).set_lines(lines)

    @property
    def armed(self) -> bool:
        """True once every card was read and the dialog was on the screen for a while."""
        return self._answers.armed

    def footer_of(self, action: str) -> str | None:
        """Say that closing stops nothing, once there is nothing left to send."""
        return "close" if action == "not-now" and not self._may_send else super().footer_of(action)

    def on_resize(self, event: events.Resize) -> None:
        """Fit the list to the number of cards and to their clients, as far as the screen allows."""
        self._list.styles.height = max(3, min(len(self._rows), event.size.height - _AROUND))
        longest = max((width_of(row.title) for row in self._rows.values()), default=0)
        self._list.set_width("title", max(LEAST_CLIENT, min(longest, event.size.width // 4)))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer to send, to stop and to close. The other actions of the group are for the dialog of a single card."""
        if action in ALTERNATIVES:
            return False
        if action == "send":
            return self._may_send
        if action == "stop_bulk":
            return self._is_running and not self._stop.is_set()
        return super().check_action(action, parameters)

    def why_not(self, action: str) -> str:
        """Return why an action can't be done now."""
        if action == "stop_bulk" and not self._is_running:
            return "Nothing is being sent now."
        if action == "stop_bulk" and self._stop.is_set():
            return "It stops already: the pushes that have begun go on to their end."
        if action == "send" and not self._may_send:
            return self._why_not_sent()
        return ""

    def _why_not_sent(self) -> str:
        if self._going:
            return "These pushes are confirmed already."
        if self._read < len(self._rows):
            return STILL_READING
        if stopped := self._stopped():
            return f"{stopped} {STAYS}"
        refused = self._refused
        return (
            refused.message
            if refused is not None
            else "None of these cards can be pushed: their lines say why."
        )

    @property
    def _may_go(self) -> list[Preview]:
        return [row.preview for row in self._rows.values() if row.may_go and row.preview]

    @property
    def _may_send(self) -> bool:
        """True if an answer can still send something."""
        return not self._going and not self._stopped() and self._refused is None and bool(self._may_go)

    @property
    def _is_running(self) -> bool:
        return len(self._outcomes) < self._going

    @on(AnswerBar.Yes)
    def action_send(self) -> None:
        """Push the cards that can go."""
        if self._may_send and self._answers.counts():
            self._going = len(self._may_go)
            self._began = self._now()
            self._mark(())
            self.app.run_worker(self._push_each(), group="bulk-push")
            self._show_sum()

    def action_stop_bulk(self) -> None:
        """Begin no other push. The pushes that have begun go on."""
        self._stop.set()
        self._show_sum()

    async def _push_each(self) -> None:
        """Show how each push goes. The app owns this task, so that closing the dialog stops nothing."""
        app = cast("DeskApp", self.app)
        attention = app.attention
        card_ids = [preview.subject for preview in self._may_go]
        work = attention.begin_work("cards", card_ids, self.action_stop_bulk)
        try:
            await app.choices.keep_to_push(work)
            async for progress in push_each(
                self._desk, self._engine, self._may_go, self._careful, self._stop
            ):
                if isinstance(progress, BulkBegun | BulkFailed) and progress.card_id in work.not_begun:
                    work.not_begun.remove(progress.card_id)
                if isinstance(progress, ENDED):
                    work.done += 1
                    self._outcomes[progress.card_id] = outcome_of(progress)
                self._tick(self._row_after(progress))
        finally:
            attention.work_ended(work)
        await app.choices.keep_to_push(work)
        stopped = [card_id for card_id, end in self._outcomes.items() if end is BulkOutcome.NOT_SENT]
        if stopped:
            self._mark(stopped)
        if self in self.app.screen_stack:
            self._go_to_trouble()
        else:
            notify(self.app, self._finish_line(), title=f"{self._going} cards")

    def _row_after(self, progress: BulkBegun | BulkEnded | BulkFailed | BulkNotBegun) -> BulkRow:
        """Return the row of a card after a report about it."""
        row = self._rows[progress.card_id]
        match progress:
            case BulkBegun():
                sign, tone = PUSH_SIGN[PushState.RUNNING]
                return replace(row, said=PUSH_WORDS[PushState.RUNNING], sign=sign, tone=tone)
            case BulkNotBegun():
                return replace(row, said="not sent: you stopped before", sign="–", tone="muted")
            case BulkFailed(error=error):
                return replace(row, said=error.message, sign="✗", tone="bad", advice=error.fix)
            case BulkEnded(push=push):
                sign, tone = PUSH_SIGN[push.state]
                why = f": {meaning_of(push.reason)}" if push.reason else ""
                advice = fix_of(push.reason) if push.reason else ""
                return replace(row, said=f"{state_words(push)}{why}", sign=sign, tone=tone, advice=advice)

    def _tick(self, row: BulkRow) -> None:
        self._rows[row.card_id] = row
        if self in self.app.screen_stack:  # a closed screen has no widgets any more
            self._put(row)
            self._show_sum()

    def push_changed(self, event: PushChanged) -> None:
        """Show what becomes of a push that waited when the others had ended."""
        push = event.push
        if self._outcomes.get(push.subject) is not BulkOutcome.WAITS:
            return
        ended = BulkEnded(push.subject, push)
        self._outcomes[push.subject] = outcome_of(ended)
        self._tick(self._row_after(ended))

    def _go_to_trouble(self) -> None:
        """Put the cursor on the first card that did not arrive, so that its reason is read."""
        for card_id, outcome in self._outcomes.items():
            if outcome not in (BulkOutcome.ARRIVED, BulkOutcome.THERE):
                self._list.move_to(card_id)
                return

    @on(AnswerBar.No)
    def action_not_now(self) -> None:
        """Close. Confirmed pushes go on."""
        self.dismiss()

    # -- the sum ---------------------------------------------------------------------------------------

    def stop_changed(self) -> None:
        """Say that all sending is stopped, and offer nothing to send then."""
        self._show_sum()

    def _show_sum(self) -> None:
        if self not in self.app.screen_stack:  # a closed screen has no widgets any more
            return
        live = content("[bold $error]LIVE. [/]") if self._live else plain("")
        self._static("bulk-sum").update(joined(live, self._sum()))
        if self._may_send:
            self._answers.ask(f"Send {len(self._may_go)}")
        else:
            self._answers.offer_close()
        self.refresh_bindings()

    def _sum(self) -> Content:
        """Return the line below the cards: what can go, how far the pushes are, or what became of them."""
        if (stopped := self._stopped()) and not self._going:
            return content("[$error]$what[/] [$foreground-muted]$stays[/]", what=stopped, stays=STAYS)
        if self._refused is not None:
            return content(
                "[$error]$what[/] [$foreground-muted]$fix $marks[/]",
                marks=UNMARK,
                what=self._refused.message,
                fix=self._refused.fix,
            )
        if self._is_running:
            at = RowProgress("", len(self._outcomes), self._going, self._now() - self._began)
            after = "stopping: what has begun goes on" if self._stop.is_set() else "s stops before the next"
            return content("$far[$foreground-muted] · $after[/]", far=cards_line(at), after=after)
        if self._going:
            return plain(self._finish_line())
        return self._what_can_go()

    def _finish_line(self) -> str:
        """Return what became of all cards, and where to go on."""
        done = end_of_several(self._outcomes.values())
        outcomes = set(self._outcomes.values())
        is_stopped = BulkOutcome.NOT_SENT in outcomes
        arrived = [
            self._rows[card_id]
            for card_id, end in self._outcomes.items()
            if end in (BulkOutcome.ARRIVED, BulkOutcome.THERE)
        ]
        previews = [row.preview for row in arrived if row.preview]
        left = [field for preview in previews for field in preview.by_hand]
        refused_on = [preview.subject for preview in previews if _has_refused(preview)]
        by_hand = f" {words}: h on each card." if (words := left_words(left, refused_on)) else ""
        marked = " What was not sent is marked again." if is_stopped else ""
        needs = " Activity (4) shows what needs you." if outcomes & NEED_A_PERSON else ""
        waits = " What waits continues automatically." if BulkOutcome.WAITS in outcomes else ""
        return f"{done}{waits}{by_hand}{marked}{needs}"

    def _what_can_go(self) -> Content:
        going = self._may_go
        records = sum(records_created(preview.plan) for preview in going)
        by_hand = sum(len(preview.by_hand) for preview in going)
        template = (
            "[$success]$going[/] can go, $records new records"
            "[$foreground-muted], $hand fields to enter by hand[/]"
        )
        summary = content(template, going=len(going), records=records, hand=by_hand)
        staying = self._read - len(going)
        stays = content("   [$error]$n[/] can't", n=staying) if staying else plain("")
        left = len(self._rows) - self._read
        reading = content("   [$foreground-muted]$n to read[/]", n=left) if left else plain("")
        back = way_back((preview.plan for preview in going), self._undo_days)
        undone = joined(content("\n"), plain(back, "$foreground-muted")) if going else plain("")
        return joined(summary, stays, reading, undone)

    @staticmethod
    def _now() -> float:
        return asyncio.get_running_loop().time()

    @property
    def _list(self) -> RowList[BulkRow]:
        return self.query_one(RowList)

    def _static(self, name: str) -> Static:
        return self.query_one(f"#{name}", Static)


def _has_refused(preview: Preview) -> bool:
    return any(field.fate is Fate.REFUSED for field in preview.by_hand)


def _row(preview: Preview) -> BulkRow:
    if preview.reasons:
        first = preview.reasons[0]
        advice = fix_of(first.code)
        return BulkRow(preview.subject, preview.title, first.message, "✗", "bad", preview, advice)
    refused = preview.counts[Fate.REFUSED]
    words = plan_sentence(preview.plan).removesuffix(".")
    words += f", {refused} field{'' if refused == 1 else 's'} left out" if refused else ""
    sign, tone = PUSH_SIGN[PushState.QUEUED]
    return BulkRow(preview.subject, preview.title, words, sign, tone, preview)
