"""What can be done to a card from the list: push it, its Fact Find, its notes; link and unlink it; several at once.

Each errand asks the desk for a preview and hands it to the confirm dialog; none of them sends anything itself.
"""

from __future__ import annotations

from textual import work

from core.errors import DeskError
from core.flex.field_map.apply import FLEX_ID
from core.flex.plans.preview import Preview, PreviewChange, changes
from core.flex.use_cases.links import LookAlike
from core.push.engine import Engine
from core.push.plan import Asset, Entity, Operation
from core.push.records import Push
from core.push.states import ACTIVE
from tui.cards.board import CardRow
from tui.cards.bulk import BulkDialog
from tui.cards.look_alikes import LookAlikes
from tui.cards.notes import NotesDialog
from tui.cards.push_dialog import Offers, PushDialog
from tui.room import Room
from tui.text import content, notify, plain
from tui.widgets.confirm_dialog import ConfirmDialog, LineDialog
from tui.wiring import Desk


class CardErrands(Room):
    """The errands of the Cards room; the room itself says which card it is about."""

    @property
    def card_row(self) -> CardRow | None:
        """The row under the cursor."""
        raise NotImplementedError

    @property
    def marked(self) -> tuple[str, ...]:
        """The cards that are marked."""
        raise NotImplementedError

    def unmark(self) -> None:
        """Take the marks away."""
        raise NotImplementedError

    def seen(self, card_id: str) -> Preview | None:
        """Give the preview of a card as it was last shown."""
        raise NotImplementedError

    def saw(self, preview: Preview) -> None:
        """A card was read anew."""
        raise NotImplementedError

    def read_again(self, card_id: str) -> None:
        """Something was done to a card."""
        raise NotImplementedError

    # -- the card itself -------------------------------------------------------------------------------

    @work(exclusive=True, group="ask")
    async def action_push(self) -> None:
        """Show the push of this card: the one that runs, or what a new one would do; of several where marked."""
        row, desk = self.card_row, self.desk
        if desk is None or row is None or row.card is None:
            return
        if self.marked:
            self._ask_bulk(desk, self.marked)
            return
        await self._ask_card(desk, row.id)

    @work(exclusive=True, group="ask")
    async def ask_again(self, confirmed: Preview) -> None:
        """Ask anew about a card that changed after a person confirmed what was shown then."""
        if self.desk is not None:
            await self._ask_card(self.desk, confirmed.subject, before=confirmed)

    async def _ask_card(
        self, desk: Desk, card_id: str, overrides: tuple[str, ...] = (), before: Preview | None = None
    ) -> None:
        try:
            running = desk.can_push.active(card_id)
            if running is not None and running.push.state in ACTIVE:  # one that ended may still be let go of
                shown = (running.push, running.plan, tuple(running.steps))
                app = self.desk_app
                self.app.push_screen(PushDialog(send=app.send, live=app.live, running=shown, grace=app.grace))
                return
            preview = await desk.flex.preview(card_id, overrides)
        except DeskError as error:
            self._say_error("Not pushed", error)
            return
        before = before or self.seen(card_id)
        self.ask(preview, tuple(changes(before, preview)) if before else ())
        if not overrides:
            self.saw(preview)

    def ask(self, preview: Preview, changed: tuple[PreviewChange, ...] = ()) -> None:
        """Open the confirm dialog, with the ways out that fit the preview."""
        codes = {reason.code for reason in preview.reasons}
        guarded = codes == {"use-fact-find"}
        offers = Offers(
            fact_find=self.action_fact_find if guarded else None,
            override=(lambda: self._override(preview)) if guarded else None,
        )
        app = self.desk_app
        dialog = PushDialog(
            send=app.send, live=app.live, preview=preview, changed=changed, grace=app.grace, offers=offers
        )
        self.app.push_screen(dialog)
        if _creates_people(preview):
            self._look_for_people(dialog, preview.subject)

    @work(exclusive=True, group="look-alikes")
    async def _look_for_people(self, dialog: PushDialog, card_id: str) -> None:
        """While the dialog is open, search FLEX for those the push would create; offer to compare where it has some."""
        desk = self.desk
        if desk is None:
            return
        try:
            alikes = await desk.links.look_alikes(card_id)
        except DeskError:
            return  # a search that fails stops no push: the engine says what is wrong when it sends
        if alikes and dialog.is_mounted:
            dialog.offer_people(alikes, lambda: self._compare_people(card_id, alikes))

    @work(exclusive=True, group="override")
    async def _override(self, preview: Preview) -> None:
        """Push although the Fact Find should be pushed: only by typing the card's id."""
        desk, card_id = self.desk, preview.subject
        if desk is None:
            return
        said = content(
            "[$warning]$reason[/]\nTo push the card all the same, type its id: [b]$id[/b]",
            reason=preview.reasons[0].message,
            id=card_id,
        )
        typed = await self.app.push_screen_wait(
            LineDialog(
                "Override the guard", said, lambda text: "" if text == card_id else f"That is not {card_id}."
            )
        )
        if typed:
            await self._ask_card(desk, card_id, ("use-fact-find",))

    @work(exclusive=True, group="people")
    async def action_update_people(self) -> None:
        """Show what it would do to send the card's people once more."""
        row, desk = self.card_row, self.desk
        if row is None or desk is None:
            return
        try:
            self.ask(await desk.flex.preview_people(row.id))
        except DeskError as error:
            self._say_error("Not pushed", error)

    @work(exclusive=True, group="compare")
    async def _compare_people(self, card_id: str, alikes: list[LookAlike]) -> None:
        """Set ours and FLEX's side by side; whoever is chosen is updated instead of created."""
        desk = self.desk
        chosen = await self.app.push_screen_wait(LookAlikes(alikes))
        if desk is None or chosen is None:
            return
        try:
            for person_id, flex_id in chosen.items():
                await desk.links.use_person(person_id, flex_id)
        except DeskError as error:
            self._say_error("Not linked", error)
            return
        await self._ask_card(desk, card_id)
        self.read_again(card_id)

    # -- Fact Find and notes ---------------------------------------------------------------------------

    @work(exclusive=True, group="fact-find")
    async def action_fact_find(self) -> None:
        """Show what pushing the card's Fact Find would do."""
        row, desk = self.card_row, self.desk
        if row is None or desk is None:
            return
        try:
            card = self.seen(row.id) or await desk.flex.preview(row.id)
            if card.fact_find_id is None:
                notify(self.app, "This card has no Fact Find.", severity="warning")
                return
            self.ask(await desk.fact_finds.preview(card.fact_find_id))
        except DeskError as error:
            self._say_error("Not pushed", error)

    def action_note(self) -> None:
        """Open the card's notes."""
        row, desk = self.card_row, self.desk
        if row is not None and row.card is not None and desk is not None:
            self.app.push_screen(NotesDialog(desk.notes, row.card, self.ask, self.desk_app.local))

    # -- links -----------------------------------------------------------------------------------------

    @work(exclusive=True, group="link")
    async def action_link(self) -> None:
        """Ask for a FLEX ID and store it on the card."""
        row, desk = self.card_row, self.desk
        if row is None or row.card is None or desk is None:
            return
        last = await desk.links.last_unlinked(row.id)
        hint = f" It was {last.remote_id} before." if last else ""
        said = content(
            "The FLEX ID of the opportunity or application that [b]$id[/b] is already. "
            "Nothing of the card is sent.$hint",
            id=row.id,
            hint=hint,
        )
        flex_id = await self.app.push_screen_wait(LineDialog("Link existing FLEX ID", said, _wrong_flex_id))
        if not flex_id:
            return
        try:
            push = await desk.links.link(row.id, flex_id, desk.can_push)
        except DeskError as error:
            self._say_error("Not linked", error)
            return
        self._go(push, f"{row.id} is linked to {flex_id}. Notes can be pushed onto it now.")

    @work(exclusive=True, group="link")
    async def action_unlink(self) -> None:
        """Forget the card's link, after a question."""
        row, desk = self.card_row, self.desk
        if row is None or row.card is None or desk is None:
            return
        said = [
            content(
                "Forget that [b]$id[/b] is $flex_id in FLEX?", id=row.id, flex_id=row.card.flex_id or "linked"
            ),
            plain("FLEX keeps its record. Linking the same ID again undoes it.", "$foreground-muted"),
        ]
        if not await self.app.push_screen_wait(ConfirmDialog("Unlink", said, grace=self.desk_app.grace)):
            return
        try:
            flex_id, push = await desk.links.unlink(row.id, desk.can_push)
        except DeskError as error:
            self._say_error("Not unlinked", error)
            return
        self._go(push, f"{row.id} is no longer linked to {flex_id}. FLEX keeps its record.")

    def _go(self, push: Push, said: str) -> None:
        self.desk_app.run_push(push.push_id)
        notify(self.app, said)

    # -- several cards ---------------------------------------------------------------------------------

    def _ask_bulk(self, desk: Desk, card_ids: tuple[str, ...]) -> None:
        try:
            engine: Engine = desk.can_push
        except DeskError as error:
            self._say_error("Not pushed", error)
            return
        app = self.desk_app
        self.app.push_screen(
            BulkDialog(desk.flex, engine, card_ids, live=app.live, grace=app.grace, sent=self.unmark)
        )

    def _say_error(self, title: str, error: DeskError) -> None:
        notify(self.app, f"{error.message}\n{error.fix}", title=title, severity="error")


def _creates_people(preview: Preview) -> bool:
    creates = any(
        step.entity is Entity.PERSON and step.operation is Operation.CREATE for step in preview.plan.steps
    )
    return preview.asset is Asset.CARD and preview.pushable and creates


def _wrong_flex_id(text: str) -> str:
    return "" if FLEX_ID.fullmatch(text) else "A FLEX ID looks like 1-6D9UB."
