"""The Cards room: find a card, see what a push of it would do, push it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import cached_property, partial
from typing import TYPE_CHECKING, ClassVar, Final

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Input, Static

from core.collector import set_apart_what_is_loaded
from core.errors import DeskError
from core.texts import how_many
from tui.actions import bindings_for
from tui.cards.asking import card_choices, refusals
from tui.cards.detail import CardDetail
from tui.cards.listing import CHANGED, GROUP_OF, LISTING, CardRow
from tui.messages import PushChanged
from tui.room import Room
from tui.text import notify, notify_error, paragraph, plain
from tui.widgets.clickable.choice_line import ChoiceLine
from tui.widgets.list_parts.filter_box import FilterBox
from tui.widgets.row_list import RowList

if TYPE_CHECKING:
    from core.flex.plans.preview import Preview
    from core.overview.model import CardsKnown
    from core.push.records import Push
    from tui.cards.board import BoardModel
    from tui.cards.controller import CardController
    from tui.widgets.field_table import FieldLine
    from tui.wiring import Desk

HAND_OVER: Final = 0.3
"""Seconds between two times that the list gets the rows that were read meanwhile."""
LINGER = 0.08
"""Seconds that the cursor rests on a card before the card is read: holding a key down reads nothing."""


class CardsScreen(Room):
    """The board on the left, the card on the right."""

    room = "cards"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings_for("cards")]
    AUTO_FOCUS = "#card-list"
    CSS_PATH = "screen.tcss"
    FOOTER_HIDES = True

    def __init__(self) -> None:
        super().__init__()
        self._acting: tuple[bool, ...] = ()
        """Which of the actions that depend on the card can act, as the footer shows them."""
        self._board: BoardModel | None = None
        self._previews: dict[str, Preview] = {}
        self._chosen: dict[str, str] = {}
        self._being_read: BoardModel | None = None
        self._waits_for = ""
        """What a person waits for, as a sentence; "" while there is nothing to wait for."""

    @cached_property
    def controller(self) -> CardController:
        """Carries out what the operator asks for."""
        from tui.cards.controller import CardController

        return CardController(self)

    def compose_room(self) -> ComposeResult:
        """Yield the board and the card."""
        with Horizontal(id="cards"):
            with Vertical(id="board"):
                with Horizontal(id="filter-line"):
                    yield Static(plain("/ ", "bold $primary"), id="filter-sign")
                    yield FilterBox(id="filter")
                    yield ChoiceLine(id="chosen")
                yield RowList(LISTING, id="card-list")
                yield Static(id="board-counts")
                yield Static(id="board-reading")
            yield CardDetail(self.desk_app.local, id="card")

    def on_mount(self) -> None:
        """Show which cards are chosen."""
        self._show_chosen()

    def on_resize(self) -> None:
        """Fit the line of counts into the new width."""
        self.call_after_refresh(self._show_counts)

    # -- reading the board -----------------------------------------------------------------------------

    def desk_opened(self, desk: Desk) -> None:
        """Read the board."""
        self._read_board(desk)

    def known_cards(self) -> CardsKnown | None:
        """Return what the list knows: a card is compared with its push when it is looked at."""
        from core.overview.model import CardsKnown

        if self._board is None or self._list.filling:
            return None
        rows = self._board.made.values()
        in_flex = {row.id for row in rows if row.card is not None and row.card.flex_id}
        return CardsKnown(
            len(in_flex),
            len(in_flex & self._previews.keys()),
            sum(number > 0 for number in self._board.changed.values()),
            sum(bool(row.trouble) for row in rows),
        )

    def desk_failed(self, error: DeskError) -> None:
        """Show in place of the list why the board can't be read."""
        hint = "\n\nI imports a file of cards." if error.code == "not-configured" else ""
        self._list.placeholder = f"{error.message}\n\n{error.fix}{hint}"
        self._list.placeholder_tone = "bad"
        self._detail.show_card(None, instead="")
        self._show_acting()

    @work(exclusive=True, group="board")
    async def _read_board(self, desk: Desk) -> None:
        """Read all cards. The first reading shows the cards as they come, a later reading what changed, at the end."""
        from core.flex.board import Board
        from core.progress import EVERY
        from tui.cards.board import BoardModel

        earlier = self._board
        model = BoardModel(Board(), desk.flex.operator, earlier)
        if earlier is None:
            self._board = model
        self._being_read = model
        looks = self.set_interval(EVERY, lambda: self._show_reading(desk))
        try:
            await self._take_in(desk, model)
            model.let_earlier_go()
            rows = await asyncio.to_thread(model.rows)
        except DeskError as error:
            self._being_read = None
            self._list.filling = False
            if len(model):
                self._show_counts()
            self._board_failed(error)
            return
        finally:
            looks.stop()
            if self._being_read is model:  # else another reading has begun
                self._being_read = None
        self._list.filling = False
        self._board = model
        self._previews.clear()
        self._list.placeholder = self._list.listing.no_match if len(model) else NO_CARDS
        self._list.set_width("card", model.id_cells)
        self._list.set_changed_rows(rows)
        if not len(model):
            self._detail.show_card(None, instead="")
            self._show_acting()
        self._show_counts()
        self.call_after_refresh(self.desk_app.settle_memory)
        if earlier is None:
            self.desk_app.begin_work(partial(self._mark_not_begun, desk), "mark-not-begun")
        else:
            notify(self.app, f"Read {how_many(len(model), 'card')} again.")
            self._read_card()
        self._read_touched(desk, model)

    async def _take_in(self, desk: Desk, model: BoardModel) -> None:
        """Add all cards to the model. If the list shows this model, it gets the new rows a few times a second."""
        from core.flex.model import CardSummary

        shows = self._list.filling = self._board is model
        loop = asyncio.get_running_loop()
        made: list[CardRow] = []
        next_time = 0.0
        try:
            async for page in desk.flex.cards():
                model.board.add(await desk.flex.board([item.id for item in page]))
                made += model.add(page)
                self.desk_app.titles |= {
                    item.id: item.title for item in page if isinstance(item, CardSummary)
                }
                if shows and loop.time() >= next_time:
                    self._list.set_width("card", model.id_cells)
                    self._begin_at(made)
                    self._list.extend_rows(made)
                    self._show_counts()
                    if not next_time:
                        set_apart_what_is_loaded()
                    made = []
                    next_time = loop.time() + HAND_OVER
                await asyncio.sleep(0)
        except DeskError:
            if shows and made:
                self._list.extend_rows(made)
            raise

    def _begin_at(self, rows: Sequence[CardRow]) -> None:
        """Put the cursor on the first card that can be worked on, if the list has no rows yet."""
        from core.flex.board import CardGroup
        from tui.cards.listing import HEADINGS

        if self._list.is_waiting:
            at_first = (HEADINGS[CardGroup.NEEDS_YOU], HEADINGS[CardGroup.READY])
            for heading in at_first:
                if first := next((row for row in rows if row.heading is heading), None):
                    self._list.move_to(first.id)
                    return

    def _show_reading(self, desk: Desk) -> None:
        """Say how far a long file or a large board was read: in place of the list, or below it."""
        from tui.words.waiting import rows_line

        if desk.reading.newest is not None:
            self._list.placeholder = rows_line(desk.reading.newest)
            self._show_counts()

    def _board_failed(self, error: DeskError) -> None:
        from core.push.plan import System
        from core.systems import display_name

        if self._board is None or not len(self._board):
            self.desk_failed(error)
        else:
            notify_error(self.app, error, title=display_name(System.BROKERENGINE))
        self.desk_app.look_at_systems()

    def action_refresh(self) -> None:
        """Read everything again."""
        if self.desk is not None:
            self.desk.flex.read_catalogue_again()
            self._read_board(self.desk)
            self.desk_app.look_at_systems()

    # -- one card --------------------------------------------------------------------------------------

    @on(RowList.Highlighted, "#card-list")
    def _card_highlighted(self) -> None:
        from core.flex.model import BadRecord

        row = self._row
        self._detail.show_card(row.card if row else None)
        if row is not None and row.set_aside is not None:
            self._detail.show_set_aside(row.id, BadRecord(row.set_aside))
        elif row is not None:
            self._detail.show_answer()
            self._read_card()
        self._show_acting()

    @work(exclusive=True, group="card")
    async def _read_card(self) -> None:
        """Read the card under the cursor, once the cursor rests."""
        from core.push.activity import activity_of_card
        from core.receipts.records import receipts_of

        row, desk = self._row, self.desk
        if row is None or row.card is None or desk is None:
            return
        if row.id not in self._previews:
            await asyncio.sleep(LINGER)
        try:
            preview = self._previews.get(row.id) or await desk.flex.glance(row.id)
            history = await activity_of_card(desk.book, row.id)
            since = await desk.flex.since(preview)
            receipts = await receipts_of(desk.book, [entry.push.push_id for entry in history])
        except DeskError as error:
            self._card_failed(row, error)
            return
        for entry in history:
            if entry.missing:
                notify(self.app, entry.missing, title="The book", severity="warning")
        self._previews[row.id] = preview
        self._mark_changed(row.id, len(since) if since else 0)
        self._note_obstacle(row.id, _obstacle(preview))
        if self._row is not None and self._row.id == row.id:
            self._detail.show_card(self._row.card)
            self._detail.show_preview(preview, history, since, receipts)
            self._show_acting()

    @on(CardDetail.Wanted)
    def _tab_wanted(self, event: CardDetail.Wanted) -> None:
        self._read_tab(event.tab)

    @work(exclusive=True, group="tab")
    async def _read_tab(self, tab: str) -> None:
        """Read the card's notes or its Fact Find for the tab that is shown."""
        from tui.cards.panes.papers import fact_find_lines, note_lines, trouble_lines

        row, desk, preview = self._row, self.desk, self._detail.preview
        if row is None or desk is None or preview is None or preview.subject != row.id:
            return
        lines: Callable[[int], Sequence[FieldLine]]
        count = 0
        try:
            if tab == "notes":
                notes = await desk.notes.of_card(row.id)
                lines, count = partial(note_lines, notes, self.desk_app.local), len(notes)
            elif preview.fact_find_id is not None:
                lines = partial(fact_find_lines, await desk.fact_finds.preview(preview.fact_find_id))
            else:
                return
        except DeskError as error:
            lines = partial(trouble_lines, error)
        if self._row is not None and self._row.id == row.id and self._detail.preview is preview:
            self._detail.show_read(tab, lines, count)

    def action_all_fields(self) -> None:
        """Show every field with FLEX's names, or the exceptions first."""
        self._detail.toggle_fields()

    def _card_failed(self, row: CardRow, error: DeskError) -> None:
        if error.code == "bad-record":
            self._note_obstacle(row.id, error.code)
        if self._row is not None and self._row.id == row.id:
            self._detail.show_error(error)

    def _note_obstacle(self, card_id: str, code: str) -> None:
        """Show what the reading of a card found: the code of what stops its push, or "" for nothing."""
        if self._board is not None and self._board.obstacles.get(card_id) != code:
            self._board.obstacles[card_id] = code
            self._renew_row(card_id)

    def _mark_changed(self, card_id: str, changed: int) -> None:
        if self._board is not None and self._board.changed.get(card_id, 0) != changed:
            self._board.changed[card_id] = changed
            self._renew_row(card_id)

    def _renew_row(self, card_id: str) -> None:
        if self._board is not None and (row := self._board.renew(card_id)):
            self._list.update_row(card_id, row)
            self._show_counts()
            self._show_acting()

    # -- pushing ---------------------------------------------------------------------------------------

    def footer_of(self, action: str) -> str | None:
        """Say in the footer that a push takes the marked cards, and show no key of the tabs without a card."""
        if action in ("next-tab", "all-fields") and (self._row is None or self._row.card is None):
            return ""
        marked = self._list.marked if action == "push" else 0
        return f"push {marked:,} marked" if marked else super().footer_of(action)

    def _show_acting(self) -> None:
        """Paint the footer again if other keys act on the card under the cursor, or on the board."""
        actions = ("push", "link", "unlink", "fact_find", "refresh", "choose_owner")
        acting = tuple(not self.why_not(action) for action in actions)
        if acting != self._acting:
            self._acting = acting
            self.refresh_bindings()

    def why_not(self, action: str) -> str:
        """Return why an action can't be done with the card under the cursor."""
        if self.desk is None and refusals.needs_desk(action):
            return refusals.NOT_STARTED
        row, cards = self._row, self._list
        preview = self._previews.get(row.id) if row is not None else None
        has_failed = cards.placeholder_tone == "bad"
        room = refusals.RoomNow(row, preview, cards.marked, cards.is_waiting, has_failed)
        return refusals.why_not(action, room)

    def action_push(self) -> None:
        """Show the push of this card, or of the marked cards."""
        self.controller.push()

    def action_update_people(self) -> None:
        """Show what sending the card's people once more would do."""
        self.controller.update_people()

    def action_fact_find(self) -> None:
        """Show what pushing the card's Fact Find would do."""
        self.controller.push_fact_find()

    def action_note(self) -> None:
        """Open the card's notes."""
        self.controller.open_notes()

    def action_link(self) -> None:
        """Ask for a FLEX ID and store it on the card."""
        self.controller.links.link()

    def action_link_person(self) -> None:
        """Link a person of the card to a contact of FLEX."""
        self.controller.links.link_person()

    def action_unlink_person(self) -> None:
        """Take back the link of a person of the card."""
        self.controller.links.unlink_person()

    def action_find_links(self) -> None:
        """Search FLEX for all people and cards that are not linked."""
        self.controller.links.find_links()

    def action_unlink(self) -> None:
        """Unlink the card, after a question."""
        self.controller.links.unlink()

    def start(self, work: Awaitable[None], group: str) -> None:
        """Run work of the room; work of the same group that still runs is cancelled."""
        self.run_worker(work, group=group, exclusive=True)

    @contextmanager
    def shows_wait(self, said: str) -> Iterator[None]:
        """Say below the list what is waited for, once that takes over a moment."""
        from tui.attention.long_work import SHOWN_AFTER

        timer = self.set_timer(SHOWN_AFTER, partial(self._show_wait, said))
        try:
            yield
        finally:
            timer.stop()
            if self._waits_for:
                self._show_wait("")

    def _show_wait(self, said: str) -> None:
        self._waits_for = said
        self._show_counts()

    def read_again(self, card_id: str) -> None:
        """Forget what was read about a card, because the card has changed."""
        self._previews.pop(card_id, None)
        if self._row is not None and self._row.id == card_id:
            self._read_card()

    def read_all_again(self) -> None:
        """Read the board again, and forget what was read about each card."""
        self._previews.clear()
        self.action_refresh()

    def shown_preview(self, card_id: str) -> Preview | None:
        """Return the preview of a card as it was last shown."""
        return self._previews.get(card_id)

    def show_preview(self, preview: Preview) -> None:
        """Show a preview that was read for a dialog, so that the card behind the dialog says the same."""
        self._previews[preview.subject] = preview
        self._read_card()

    @property
    def marks(self) -> tuple[CardRow, ...]:
        """The rows of the marked cards, in the list's order."""
        rows = [self._list.row(key) for key in self._list.marks]
        return tuple(row for row in rows if row is not None)

    @property
    def marks_remark(self) -> str:
        """A sentence about marked cards that are not shown; "" if all marked cards are shown."""
        return self._list.marks_remark

    def mark(self, card_ids: Sequence[str]) -> None:
        """Mark these cards and no others."""
        self._list.mark(card_ids)

    async def _mark_not_begun(self, desk: Desk) -> None:
        """Mark the cards that a bulk push had not begun when the app ended, and say so once.

        A desk that only reads leaves that to the next one: the bulk push may go on in the app that writes.
        """
        app = self.desk_app
        profile = app.settings.name
        confirmed = app.choices.now.to_push.get(profile)
        if confirmed and desk.engine is not None:
            from core.flex.use_cases.bulk import not_begun_since

            try:
                left = await not_begun_since(desk.book, confirmed)
            except DeskError:
                return  # the book is closed; the rooms say so
            self.mark(left)
            number = self._list.marked
            if number:
                cards, are = ("card", "It is") if number == 1 else ("cards", "They are")
                was = "was" if number == 1 else "were"
                said = f"{number:,} {cards} of your last bulk push {was} not begun. {are} marked: p pushes."
                notify(app, said, severity="warning")
            app.choices.keep(lambda choices: choices.without_to_push(profile))

    def push_changed(self, event: PushChanged) -> None:
        """Show the present state of a push in the card's row and in the card's header."""
        card_id = event.push.about
        if self._board is None or not card_id:
            return
        from core.push.plan import Entity, System
        from core.push.states import ACTIVE, PushState, StepState

        self._board.note_push(event.push)
        for step in event.steps:
            if (
                step.entity is Entity.OPPORTUNITY
                and step.system is System.FLEX
                and step.state is StepState.DONE
            ):
                self._board.note_link(card_id, step)
        self._renew_row(card_id)
        if self._row is not None and self._row.id == card_id:
            self._detail.show_card(self._row.card)
            self._detail.show_answer(event.push)
        if event.push.state not in ACTIVE or event.push.state is PushState.NEEDS_YOU:
            self._look_again(event.push)

    @work(group="look-again")
    async def _look_again(self, push: Push) -> None:
        """Read what the card is linked to after a push has stopped."""
        desk = self.desk
        if desk is None or self._board is None:
            return
        from core.push.plan import Asset

        if push.asset in (Asset.LINK, Asset.UNLINK, Asset.FACT_FIND, Asset.PASTE):
            with suppress(DeskError):
                preview = await desk.flex.glance(push.about)
                self._board.set_flex_id(push.about, preview.flex_id)
                self._renew_row(push.about)
        self.read_again(push.about)

    def action_save_preview(self) -> None:
        """Write what a push of the card would do to a file."""
        self.controller.save_preview()

    def action_by_hand(self) -> None:
        """Show what no push carries, to enter it in FLEX by hand."""
        self.controller.entry.enter_rest()

    def action_paste(self) -> None:
        """Enter the whole card in FLEX by hand."""
        self.controller.entry.paste()

    def action_import_file(self) -> None:
        """Import the cards of a file."""
        self.controller.import_file()

    def action_show_map(self) -> None:
        """Show the field map."""
        from tui.cards.map_dialog import MapDialog

        self.app.push_screen(MapDialog())

    @work(exclusive=True, group="map-value")
    async def action_map_value(self) -> None:
        """Ask what FLEX gets for the value under the cursor, and write the answer into the operator's own map."""
        from tui.cards.panes.answers import map_value

        await map_value(self.desk_app, self._detail.field_under_cursor())

    def map_changed(self) -> None:
        """Forget the previews that were made with the old map."""
        self._previews.clear()
        self._read_card()

    @work(exclusive=True, group="same-product")
    async def action_same_product(self) -> None:
        """Remember the near miss as the product under the cursor, or forget that decision."""
        from tui.cards.panes.answers import same_product

        row, match = self._row, self._detail.product_under_cursor()
        if row is not None and await same_product(self.desk_app, match):
            self.read_again(row.id)

    # -- filtering -------------------------------------------------------------------------------------

    def action_filter(self) -> None:
        """Go to the filter at once, so that the next keys go into it."""
        self.set_focus(self.query_one("#filter", Input))

    @on(Input.Changed, "#filter")
    def _filter_changed(self, event: Input.Changed) -> None:
        self._list.filter(event.value)

    @on(Input.Submitted, "#filter")
    def _filter_submitted(self) -> None:
        self.set_focus(self._list)

    def action_back(self) -> None:
        """Leave the card, else clear the filter, else clear the choices."""
        box = self.query_one("#filter", Input)
        if self.focused is not None and self._detail in self.focused.ancestors:
            self.set_focus(self._list)
        elif box.value:
            box.value = ""
            self.set_focus(self._list)
        elif self.focused is box:
            self.set_focus(self._list)
        elif self._chosen:
            self._chosen.clear()
            self._apply_chosen()

    @on(RowList.Selected, "#card-list")
    def _card_opened(self) -> None:
        self._detail.take_focus()

    def action_choose_owner(self) -> None:
        """Offer the owners, the operator first."""
        self._choose("owner", "Owner")

    def action_choose_stage(self) -> None:
        """Offer the stages."""
        self._choose("stage", "Stage")

    def action_choose_state(self) -> None:
        """Offer the states of cards."""
        self._choose("state", "State")

    @work(exclusive=True, group="choose")
    async def _choose(self, what: str, title: str) -> None:
        if self._board is None:
            return
        from tui.widgets.chooser import Chooser, Offer

        offers = [Offer(*each) for each in card_choices.offers_of(what, self._board)]
        chosen = await self.app.push_screen_wait(Chooser(title, offers))
        if chosen is None:
            return
        self.choose(card_choices.with_choice(self._chosen, what, chosen.value))
        if chosen.value == CHANGED and self.desk is not None:
            self._find_changes(self.desk, self._board)

    def choices(self) -> Mapping[str, str]:
        """Return the chosen owner, stage and state."""
        return self._chosen

    def choose(self, choices: Mapping[str, str]) -> None:
        """Show only the cards of an owner, a stage and a state."""
        self._chosen = dict(choices)
        self._apply_chosen()

    def predicate_of(self, choices: Mapping[str, str]) -> Callable[[CardRow], bool] | None:
        """Return whether a card has the chosen owner, stage and state."""
        return card_choices.predicate_of(choices)

    def _apply_chosen(self) -> None:
        self._list.set_predicate(self.predicate_of(self._chosen))
        self._show_chosen()

    @work(exclusive=True, group="changes")
    async def _find_changes(self, desk: Desk, board: BoardModel) -> None:
        """Read the cards that were pushed, and show each that changed since as soon as it is found."""
        from core.flex.use_cases.bulk import CardChanges, UnreadCard, changes_of

        read, unread = 0, 0
        try:
            async for result in changes_of(desk.flex, board.linked()):
                match result:
                    case CardChanges(card_id, since):
                        read += 1
                        self._mark_changed(card_id, len(since))
                        if since:
                            self._apply_chosen()
                    case UnreadCard():
                        unread += 1
        except DeskError as error:
            notify_error(self.app, error)
            return
        self._apply_chosen()
        changed = sum(1 for count in board.changed.values() if count)
        more = f" {unread:,} could not be read." if unread else ""
        said = f"{f'{changed:,}' if changed else 'None'} of {read:,} cards that were pushed from here changed since."
        notify(self.app, f"{said}{more}")

    @work(exclusive=True, group="touched")
    async def _read_touched(self, desk: Desk, board: BoardModel) -> None:
        """Read the cards that BrokerEngine changed after their push, and show each of which a sent field changed."""
        card_ids = await asyncio.to_thread(board.touched)
        if not card_ids:
            return
        from core.flex.use_cases.bulk import CardChanges, changes_of

        with suppress(DeskError):
            async for result in changes_of(desk.flex, card_ids):
                if self._board is not board:
                    return
                if isinstance(result, CardChanges):
                    self._mark_changed(result.card_id, len(result.since))

    def _show_chosen(self) -> None:
        self.query_one("#chosen", ChoiceLine).set_words(card_choices.words_of(self._chosen))

    # -- counts ----------------------------------------------------------------------------------------

    @on(RowList.Counted, "#card-list")
    def _show_counts(self) -> None:
        if self._board is None or not self.query("#board-counts"):  # the room is closed while it reads
            return
        from tui.cards.groups import GROUP_SIGN, TOLD, counts_in_words
        from tui.words.tones import TONES

        line = self.query_one("#board-counts", Static)
        shown, total = self._list.counts
        counts = {GROUP_OF[heading]: n for heading, n in self._list.section_counts.items() if heading}
        parts = [
            plain(words, TONES[GROUP_SIGN[group][1]] if group in TOLD else "$foreground-muted")
            for words, group in counts_in_words(counts, shown, total, line.size.width)
        ]
        # The line has a fixed height, so new numbers need no new layout.
        line.update(plain("  ").join(parts), layout=False)
        newest = self.desk.reading.newest if self._being_read is not None and self.desk is not None else None
        reading = self.query_one("#board-reading", Static)
        reading.display = bool(self._waits_for) or (newest is not None and total > 0)
        if self._waits_for:
            reading.update(plain(self._waits_for), layout=False)
        elif newest is not None:
            from tui.words.waiting import left_lines

            reading.update(paragraph(left_lines(newest)), layout=False)

    # -- small things ----------------------------------------------------------------------------------

    def action_next_tab(self) -> None:
        """Show the card's next tab."""
        self._detail.next_tab(1)

    def action_previous_tab(self) -> None:
        """Show the card's previous tab."""
        self._detail.next_tab(-1)

    @property
    def _list(self) -> RowList[CardRow]:
        return self.query_one("#card-list", RowList)

    @property
    def _row(self) -> CardRow | None:
        return self._list.cursor_row

    @property
    def card_row(self) -> CardRow | None:
        """The row under the cursor."""
        return self._row

    @property
    def _detail(self) -> CardDetail:
        return self.query_one(CardDetail)


NO_CARDS: Final = "There is no card on the board.\n\nr reads the board again, I imports a file of cards."
"""The text in place of the list if the board has no card."""
_NO_OBSTACLES: Final = frozenset({"already-linked", "no-flex-gateway"})
"""Objections that are not about the card itself."""


def _obstacle(preview: Preview) -> str:
    """Return the code of what stops a push of the card; "" for nothing, and for a question that a person answers."""
    asked = {question.code for question in preview.questions}
    codes = [reason.code for reason in preview.reasons]
    return next((code for code in codes if code not in _NO_OBSTACLES and code not in asked), "")
