"""What the operator can do to a card from the list: push it, its people, its Fact Find or its notes; import and save.

Each action asks a use case for a preview and opens the confirm dialog. No action sends anything by itself. The module
does not know the screen. `CardRoom` names what it needs from the room.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from core.errors import DeskError
from core.flex.field_map.fates import Field
from core.flex.plans.preview import Preview, PreviewChange, changes
from core.flex.use_cases.again import preview_again
from core.flex.use_cases.paste import can_be_entered
from core.flex.use_cases.people import NOTHING_CHOSEN, choices_of, sends_only_people
from core.push.engine import Engine
from core.push.live_push import LivePush
from core.push.plan import Asset, Plan
from core.push.records import Push, StepRecord
from core.push.states import ACTIVE
from tui.cards.bulk import BulkDialog
from tui.cards.entering.hand_entry import HandEntry
from tui.cards.linking.card_links import CardLinker
from tui.cards.notes import NotesDialog
from tui.cards.pages import offered_file, preview_page
from tui.cards.push_dialog import NO_OFFERS, AskSettings, Offers, PushDialog
from tui.cards.wording import left_out_words, payload_text
from tui.text import content, notify, notify_error
from tui.widgets.confirm_dialog import LineDialog
from tui.wiring.files import note_templates, typed_path, write_private

if TYPE_CHECKING:
    from tui.app import DeskApp
    from tui.cards.card_room import CardRoom
    from tui.cards.listing import CardRow
    from tui.wiring import Desk


ASKING: Final = "Reading {id} and FLEX …"
"""What is said while a preview takes long, in the room's own line."""


class CardController:
    """Carries out what the operator asks for in the Cards room. The room says which card it is about."""

    def __init__(self, room: CardRoom) -> None:
        self._room = room
        self.entry = HandEntry(room)
        """Enters in FLEX by hand what no push carries."""
        self.links = CardLinker(room)
        """Links cards and people to what is in FLEX already."""

    @property
    def _app(self) -> DeskApp:
        return self._room.desk_app

    # -- the card itself -------------------------------------------------------------------------------

    def push(self) -> None:
        """Show the push of the marked cards, else of this card: the push that runs, or what a new push would do."""
        self._room.start(self._ask_what_to_push(), "ask")

    async def _ask_what_to_push(self) -> None:
        row, desk = self._room.card_row, self._app.desk
        if desk is None or row is None or row.card is None:
            return
        if self._room.marks:
            self._ask_bulk(desk, self._room.marks)
            return
        await self._ask_card(desk, row.id)

    def ask_again(self, confirmed: Preview) -> None:
        """Ask again about a push because its card, Fact Find or note changed after a person confirmed it."""
        self._room.start(self._ask_anew(confirmed), "ask")

    async def _ask_anew(self, confirmed: Preview) -> None:
        desk = self._app.desk
        if desk is None:
            return
        try:
            with self._room.shows_wait(ASKING.format(id=confirmed.subject)):
                preview = await preview_again(confirmed, desk.flex, desk.fact_finds, desk.notes)
        except DeskError as error:
            notify_error(self._app, error, title="Not pushed")
            return
        self.ask(preview, tuple(changes(confirmed, preview)))
        if preview.asset is Asset.CARD and not preview.plan.overrides:
            self._room.show_preview(preview)

    async def _ask_card(
        self,
        desk: Desk,
        card_id: str,
        overrides: tuple[str, ...] = (),
        choices: Mapping[str, str] = NOTHING_CHOSEN,
    ) -> None:
        try:
            running = desk.can_push.active(card_id)
            if running is not None and running.push.state in ACTIVE:  # an ended push may not be closed yet
                known = self._room.shown_preview(card_id)
                self._show_running(running, card_id, known.by_hand if known is not None else None)
                return
            with self._room.shows_wait(ASKING.format(id=card_id)):
                preview = await desk.flex.preview(card_id, overrides, choices)
        except DeskError as error:
            notify_error(self._app, error, title="Not pushed")
            return
        before = self._room.shown_preview(card_id)
        self.ask(preview, tuple(changes(before, preview)) if before else ())
        if not overrides:
            self._room.show_preview(preview)

    def ask(self, preview: Preview, changed: tuple[PreviewChange, ...] = ()) -> None:
        """Open the confirm dialog with the alternatives that fit; a push of this plan that is on its way is shown."""
        running = self._push_of(preview)
        if running is not None:
            self._show_running(running, preview.plan.about, preview.by_hand)
            return
        codes = {reason.code for reason in preview.reasons}
        guarded = codes - {"no-flex-gateway"} == {"use-fact-find"}
        offers = Offers(
            fact_find=self.push_fact_find if guarded else None,
            override=(lambda: self._override(preview)) if guarded else None,
            people=(lambda: self._compare_people(preview))
            if preview.questions or preview.look_alikes
            else None,
            paste=(lambda: self.entry.paste_instead(preview)) if can_be_entered(preview) else None,
            by_hand=(lambda: self.entry.enter_rest_of(preview.subject))
            if preview.asset is Asset.CARD
            else None,
        )
        self._app.push_screen(self._dialog(preview=preview, changed=changed, offers=offers))

    def _show_running(self, running: LivePush, card_id: str, left: tuple[Field, ...] | None) -> None:
        """Show a push that runs. `left` are the fields that it leaves to be entered by hand; None if not known."""
        push = running.push
        rest = (lambda: self.entry.enter_rest_of(card_id)) if push.asset is Asset.CARD else None
        shown = (push, running.plan, tuple(running.steps))
        self._app.push_screen(self._dialog(running=shown, offers=Offers(by_hand=rest), left=left))

    def _dialog(
        self,
        *,
        preview: Preview | None = None,
        changed: tuple[PreviewChange, ...] = (),
        running: tuple[Push, Plan, tuple[StepRecord, ...]] | None = None,
        offers: Offers = NO_OFFERS,
        left: tuple[Field, ...] | None = None,
    ) -> PushDialog:
        app = self._app
        return PushDialog(
            send=app.send,
            settings=self._ask_settings,
            preview=preview,
            changed=changed,
            running=running,
            confirmed_by=app.pushes.confirmed_by,
            offers=offers,
            left=left,
        )

    @property
    def _ask_settings(self) -> AskSettings:
        app = self._app
        return AskSettings(app.live, app.grace, app.settings.profile.undo_days, self._stopped)

    def _stopped(self) -> str:
        """Return who stopped all sending, as a sentence; "" if nobody did."""
        stop = self._app.stop_switch.stop
        return stop.sentence(self._app.local.moment(stop.at)) if stop is not None else ""

    def _push_of(self, preview: Preview) -> LivePush | None:
        """Return the unfinished push of the same plan, or None."""
        engine = self._app.desk.engine if self._app.desk is not None else None
        running = engine.active(preview.subject) if engine is not None else None
        return running if running is not None and running.push.plan == preview.plan.digest else None

    def _override(self, preview: Preview) -> None:
        """Let the operator push the card although it has a Fact Find. The operator has to type the card's id."""
        self._room.start(self._ask_for_the_card_id(preview), "override")

    async def _ask_for_the_card_id(self, preview: Preview) -> None:
        desk, card_id = self._app.desk, preview.subject
        if desk is None:
            return
        question = content(
            "[$warning]$reason[/]\nTo push the card anyway, type its id: [b]$id[/b]",
            reason=preview.reasons[0].message,
            id=card_id,
        )
        typed = await self._app.push_screen_wait(
            LineDialog(
                "Override the guard",
                question,
                lambda text: "" if text == card_id else f"That is not {card_id}.",
            )
        )
        if typed:
            await self._ask_card(desk, card_id, ("use-fact-find",))

    def update_people(self) -> None:
        """Show what updating the card's people in FLEX would do."""
        self._room.start(self._ask_about_people(), "people")

    async def _ask_about_people(self) -> None:
        row, desk = self._room.card_row, self._app.desk
        if row is None or desk is None:
            return
        try:
            with self._room.shows_wait(ASKING.format(id=row.id)):
                preview = await desk.flex.preview_people(row.id)
            self.ask(preview)
        except DeskError as error:
            notify_error(self._app, error, title="Not pushed")

    def _compare_people(self, preview: Preview) -> None:
        """Show our people and FLEX's contacts side by side, and ask about the push again with what was chosen."""
        self._room.start(self._choose_people(preview), "compare")

    async def _choose_people(self, preview: Preview) -> None:
        from tui.cards.linking.look_alikes import LookAlikes, pairs_of  # noqa: PLC0415 - not on the first screen

        desk = self._app.desk
        chosen = await self._app.push_screen_wait(LookAlikes(pairs_of(preview)))
        if desk is None or chosen is None:
            return
        choices = {**choices_of(preview.plan), **chosen}
        try:
            if preview.asset is not Asset.FACT_FIND and not sends_only_people(preview.plan):
                await self._ask_card(desk, preview.subject, preview.plan.overrides, choices=choices)
                return
            with self._room.shows_wait(ASKING.format(id=preview.subject)):
                if preview.asset is Asset.FACT_FIND:
                    again = await desk.fact_finds.preview(preview.subject, choices)
                else:
                    again = await desk.flex.preview_people(preview.subject, choices)
            self.ask(again)
        except DeskError as error:
            notify_error(self._app, error, title="Not pushed")

    # -- Fact Find and notes ---------------------------------------------------------------------------

    def push_fact_find(self) -> None:
        """Show what pushing the card's Fact Find would do."""
        self._room.start(self._ask_about_fact_find(), "fact-find")

    async def _ask_about_fact_find(self) -> None:
        row, desk = self._room.card_row, self._app.desk
        if row is None or desk is None:
            return
        try:
            with self._room.shows_wait(ASKING.format(id=row.id)):
                card = self._room.shown_preview(row.id) or await desk.flex.glance(row.id)
                if card.fact_find_id is None:
                    notify(self._app, "This card has no Fact Find.", severity="warning")
                    return
                preview = await desk.fact_finds.preview(card.fact_find_id)
            self.ask(preview)
        except DeskError as error:
            notify_error(self._app, error, title="Not pushed")

    def open_notes(self) -> None:
        """Open the card's notes."""
        row, desk = self._room.card_row, self._app.desk
        if row is not None and row.card is not None and desk is not None:
            self._app.push_screen(
                NotesDialog(
                    desk.notes,
                    row.card,
                    self.ask,
                    self._app.local,
                    self.entry.paste_note,
                    lambda: note_templates(self._app.settings),
                )
            )

    # -- files -----------------------------------------------------------------------------------------

    def import_file(self) -> None:
        """Import the cards of a file."""
        from tui.cards.import_dialog import ImportDialog  # noqa: PLC0415 - not on the first screen

        dialog = ImportDialog(self._app.settings, grace=self._app.grace, imported=self._imported)
        self._app.push_screen(dialog)

    def _imported(self, said: str) -> None:
        """Show what was imported, and read the board again. Without a desk, open it: it may have lacked cards alone."""
        notify(self._app, said)
        if self._app.desk is None:
            self._app.desk_keeper.open_again()
        else:
            self._room.read_all_again()

    def save_preview(self) -> None:
        """Write what a push of the card under the cursor would do to a file."""
        self._room.start(self._save_preview(), "save-preview")

    async def _save_preview(self) -> None:
        row, desk = self._room.card_row, self._app.desk
        if row is None or row.card is None or desk is None:
            return
        question = content("Which file? It holds the client's data. Its name ends in .html or .json.")
        typed = await self._app.push_screen_wait(
            LineDialog("Save the preview", question, _wrong_page, offered_file(row.id))
        )
        if not typed:
            return
        path = typed_path(typed)
        try:
            preview = self._room.shown_preview(row.id) or await desk.flex.glance(row.id)
            page = payload_text(preview).encode() if path.suffix == ".json" else preview_page(preview)
            await asyncio.to_thread(write_private, path, page)
        except DeskError as error:
            notify_error(self._app, error, title="Not saved")
            return
        notify(self._app, f"The preview is in {path}. Only you can read it.")

    # -- several cards ---------------------------------------------------------------------------------

    def _ask_bulk(self, desk: Desk, marked: tuple[CardRow, ...]) -> None:
        """Show the push of the marked cards. Cards of which the list knows that they can't be pushed are left out."""
        blocked = [row for row in marked if row.card is None or row.trouble]
        in_flex = [row for row in marked if row.card is not None and not row.trouble and row.card.flex_id]
        stays = {row.id for row in (*blocked, *in_flex)}
        clients = {row.id: row.title for row in marked if row.id not in stays}
        said = left_out_words(len(blocked), len(in_flex))
        if not clients:
            why = f": {blocked[0].trouble or blocked[0].state}" if blocked else ""
            notify(self._app, f"{said}{why}. {self._room.marks_remark}".strip(), severity="warning")
            return
        said = "; ".join(filter(None, (said, self._room.marks_remark)))
        try:
            engine: Engine = desk.can_push
        except DeskError as error:
            notify_error(self._app, error, title="Not pushed")
            return
        self._app.push_screen(
            BulkDialog(
                desk.flex,
                engine,
                clients,
                settings=self._ask_settings,
                mark=self._room.mark,
                careful=desk.careful,
                left_out=said,
            )
        )


def _wrong_page(typed: str) -> str:
    return "" if typed.endswith((".html", ".json")) else "The name ends in .html or .json."
