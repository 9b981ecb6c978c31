"""Opens the lists of values that a person enters in FLEX by hand, and stores what was entered.

The module does not know the screen. `CardRoom` names what it needs from the room.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from core.errors import DeskError
from core.flex.plans.note_decision import decision_of
from core.flex.use_cases.paste import PasteList, PasteResult
from core.push.plan import Asset
from tui.cards.entering.by_hand import ByHand, End
from tui.cards.linking.flex_id_question import ask_for_flex_id
from tui.text import content, notify, notify_error, plain
from tui.widgets.confirm_dialog import ConfirmDialog, live_lines
from tui.words.by_hand import done_words, result_lines

if TYPE_CHECKING:
    from core.flex.plans.preview import Preview
    from tui.app import DeskApp
    from tui.cards.card_room import CardRoom
    from tui.wiring import Desk


class HandEntry:
    """What a person enters in FLEX by hand: the rest of a card, a whole card, a note."""

    def __init__(self, room: CardRoom) -> None:
        self._room = room

    @property
    def _app(self) -> DeskApp:
        return self._room.desk_app

    def enter_rest(self) -> None:
        """Show what no push carries, with ticks."""
        if (row := self._room.card_row) is not None:
            self.enter_rest_of(row.id)

    def enter_rest_of(self, card_id: str) -> None:
        """Show what no push of a card carries, with ticks."""
        self._room.start(self._show_checklist(card_id), "by-hand")

    async def _show_checklist(self, card_id: str) -> None:
        desk = self._app.desk
        if desk is None:
            return
        try:
            preview = self._room.shown_preview(card_id) or await desk.flex.glance(card_id)
            self._open_list(desk, await desk.paste.checklist(preview))
        except DeskError as error:
            notify_error(self._app, error, title="Not shown")

    def paste(self) -> None:
        """Enter the card under the cursor in FLEX by hand."""
        row = self._room.card_row
        if row is not None and row.card is not None:
            card_id = row.id
            self._paste(lambda desk: desk.paste.of_card(card_id))

    def paste_instead(self, preview: Preview) -> None:
        """Enter in FLEX by hand what a preview would push: a card or a note."""
        plan = preview.plan
        if preview.asset is Asset.CARD:
            self._paste(lambda desk: desk.paste.of_card(plan.subject, plan.overrides))
        elif (written := preview.written) is not None:
            self._paste(lambda desk: desk.paste.of_written(written.card_id, written.text, written.files))
        else:
            self.paste_note(plan.about, decision_of(plan.subject).local_id)

    def paste_note(self, card_id: str, note_id: str) -> None:
        """Enter one of BrokerEngine's notes in FLEX by hand."""
        self._paste(lambda desk: desk.paste.of_note(card_id, note_id))

    def _paste(self, read: Callable[[Desk], Awaitable[PasteList]]) -> None:
        self._room.start(self._open_paste(read), "by-hand")

    async def _open_paste(self, read: Callable[[Desk], Awaitable[PasteList]]) -> None:
        desk = self._app.desk
        if desk is None:
            return
        try:
            self._open_list(desk, await read(desk), self._keep_entered)
        except DeskError as error:
            notify_error(self._app, error, title="Not entered")

    def _open_list(self, desk: Desk, pasted: PasteList, end: End | None = None) -> None:
        self._app.push_screen(
            ByHand(desk.paste, pasted, self._app.copies_to, self._app.local, end), self._looked_at(pasted)
        )

    def _looked_at(self, pasted: PasteList) -> Callable[[None], None]:
        """Return what is done once a list is closed: the card is read again, because its ticks may have changed."""
        return lambda _: self._room.read_again(pasted.card_id)

    async def _keep_entered(self, pasted: PasteList) -> bool:
        """Ask for the FLEX ID if the card is not linked, and for a yes; then store who entered what."""
        desk = self._app.desk
        result = await self._ask_for_result(pasted) if desk is not None else None
        if desk is None or result is None:
            return False
        lines = [
            *live_lines(live=self._app.live),
            *(plain(line) for line in result_lines(result)),
            *(content("[$warning]![/] $said", said=warning) for warning in result.warnings),
            content("[$foreground-muted]plan $hash[/]", hash=result.plan.digest),
        ]
        dialog = ConfirmDialog("Keep what was entered?", lines, yes="Keep", grace=self._app.grace)
        if not await self._app.push_screen_wait(dialog):
            return False
        try:
            push = await desk.paste.confirm(result, desk.can_push)
        except DeskError as error:
            notify_error(self._app, error, title="Not kept")
            return False
        self._app.run_push(push.push_id)
        notify(self._app, done_words(result))
        return True

    async def _ask_for_result(self, pasted: PasteList) -> PasteResult | None:
        """Ask for the FLEX ID until it will do. Return None if the person types none, or if nothing can be stored."""
        desk = self._app.desk
        if desk is None:
            return None
        question = content(
            "Which FLEX opportunity or application did you make of [b]$id[/b]? Paste its FLEX ID.",
            id=pasted.card_id,
        )
        if pasted.needs_flex_id:
            return await ask_for_flex_id(
                self._app,
                "FLEX ID",
                question,
                lambda flex_id: desk.paste.preview(pasted, flex_id, desk.can_push),
            )
        try:
            return await desk.paste.preview(pasted, "", desk.can_push)
        except DeskError as error:
            notify_error(self._app, error, title="Not kept")
            return None
