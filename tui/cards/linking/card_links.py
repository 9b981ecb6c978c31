"""Links cards and people to records of FLEX, and takes links back. Nothing of a card is sent.

The module does not know the screen. `CardRoom` names what it needs from the room.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from core.errors import DeskError
from core.flex.plans.link import LinkPreview
from tui.cards.linking.flex_id_question import ask_for_flex_id
from tui.cards.linking.linking_up import LinkingUp
from tui.cards.linking.person_links import PersonLinker
from tui.text import content, notify, notify_error, plain
from tui.widgets.confirm_dialog import ConfirmDialog, live_lines
from tui.words.links import link_lines, linked_words

if TYPE_CHECKING:
    from tui.app import DeskApp
    from tui.cards.card_room import CardRoom
    from tui.wiring import Desk


class CardLinker:
    """Asks which record of FLEX a card or a person is, and stores the answer after a yes."""

    def __init__(self, room: CardRoom) -> None:
        self._room = room

    @property
    def _app(self) -> DeskApp:
        return self._room.desk_app

    def link(self) -> None:
        """Ask for a FLEX ID and store it on the card."""
        self._room.start(self._ask_for_flex_id(), "link")

    async def _ask_for_flex_id(self) -> None:
        row, desk = self._room.card_row, self._app.desk
        if row is None or row.card is None or desk is None:
            return
        last = await desk.links.last_unlinked(row.id)
        hint = f" It was {last.remote_id} before." if last else ""
        question = content(
            "Which FLEX opportunity or application is [b]$id[/b]? Paste its FLEX ID. "
            "Nothing is sent to FLEX.$hint",
            id=row.id,
            hint=hint,
        )
        card_id = row.id
        preview = await ask_for_flex_id(
            self._app,
            "Link existing FLEX ID",
            question,
            lambda flex_id: desk.links.preview(card_id, flex_id, desk.can_push),
        )
        if preview is not None:
            await self.confirm_link(preview)

    def unlink(self) -> None:
        """Unlink the card, after a question."""
        self._room.start(self._ask_to_unlink(), "link")

    async def _ask_to_unlink(self) -> None:
        row, desk = self._room.card_row, self._app.desk
        if row is None or row.card is None or desk is None:
            return
        try:
            preview = await desk.links.preview_unlink(row.id, desk.can_push)
        except DeskError as error:
            notify_error(self._app, error, title="Not unlinked")
            return
        await self.confirm_link(preview)

    def find_links(self) -> None:
        """Search FLEX for all people and cards that are not linked, and review what fits."""
        desk = self._app.desk
        if desk is None:
            return
        try:
            engine = desk.can_push
        except DeskError as error:
            notify_error(self._app, error, title="Not linked")
            return
        self._app.push_screen(
            LinkingUp(
                desk.link_up,
                engine,
                live=self._app.live,
                grace=self._app.grace,
                linked=self._room.read_all_again,
            )
        )

    def link_person(self) -> None:
        """Ask for a person of the card and for that person's contact in FLEX."""
        self._room.start(self._about_a_person(self._people.link), "link")

    def unlink_person(self) -> None:
        """Ask which person to unlink."""
        self._room.start(self._about_a_person(self._people.unlink), "link")

    async def _about_a_person(self, ask: Callable[[Desk, str], Awaitable[None]]) -> None:
        row, desk = self._room.card_row, self._app.desk
        if row is not None and row.card is not None and desk is not None:
            await ask(desk, row.id)

    @property
    def _people(self) -> PersonLinker:
        return PersonLinker(self._app, self.confirm_link)

    async def confirm_link(self, preview: LinkPreview) -> None:
        """Ask about a link, or about taking a link back, and carry it out on a yes."""
        desk = self._app.desk
        title = "Link" if preview.flex_id else "Unlink"
        lines = [
            *live_lines(live=self._app.live),
            *(plain(line) for line in link_lines(preview)),
            *(content("[$warning]![/] $said", said=warning) for warning in preview.warnings),
            content("[$foreground-muted]plan $hash[/]", hash=preview.plan.digest),
        ]
        dialog = ConfirmDialog(title, lines, yes=title, grace=self._app.grace)
        if desk is None or not await self._app.push_screen_wait(dialog):
            return
        try:
            push = await desk.links.confirm(preview, desk.can_push)
        except DeskError as error:
            notify_error(self._app, error, title=f"Not {title.casefold()}ed")
            return
        self._app.run_push(push.push_id)
        notify(self._app, linked_words(preview))
