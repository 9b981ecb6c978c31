"""What the operator can do to a card from the list: push it, its Fact Find or its notes, link or unlink it.

Each action asks a use case for a preview and opens the confirm dialog. No action sends anything by itself. The module
does not know the screen. `CardRoom` names what it needs from the room.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Protocol

from core.errors import DeskError
from core.flex.plans.link import LinkPreview
from core.flex.plans.note_decision import decision_of
from core.flex.plans.preview import Preview, PreviewChange, changes
from core.flex.use_cases.again import preview_again
from core.flex.use_cases.paste import PasteList, PasteResult, can_be_entered
from core.flex.use_cases.people import NOTHING_CHOSEN, choices_of, sends_only_people
from core.push.engine import Engine
from core.push.live_push import LivePush
from core.push.plan import Asset
from core.push.states import ACTIVE
from tui.cards.bulk import BulkDialog
from tui.cards.by_hand import ByHand, End
from tui.cards.linking.flex_id_question import ask_for_flex_id
from tui.cards.linking.linking_up import LinkingUp
from tui.cards.linking.person_links import PersonLinker
from tui.cards.notes import NotesDialog
from tui.cards.pages import preview_page
from tui.cards.push_dialog import Offers, PushDialog
from tui.cards.wording import payload_text
from tui.text import content, notify, plain
from tui.widgets.confirm_dialog import ConfirmDialog, LineDialog, live_lines
from tui.wiring.files import note_templates, typed_path, write_private
from tui.words.by_hand import done_words, result_lines
from tui.words.links import link_lines, linked_words

if TYPE_CHECKING:
    from tui.app import DeskApp
    from tui.cards.listing import CardRow
    from tui.wiring import Desk


class CardRoom(Protocol):
    """What the controller needs from the Cards room: the card under the cursor, and what was read about a card."""

    @property
    def desk_app(self) -> DeskApp:
        """The app that the room belongs to."""
        ...

    @property
    def card_row(self) -> CardRow | None:
        """The row under the cursor."""
        ...

    @property
    def marks(self) -> tuple[CardRow, ...]:
        """The rows of the marked cards, in the list's order."""
        ...

    def unmark(self) -> None:
        """Remove all marks."""
        ...

    def shown_preview(self, card_id: str) -> Preview | None:
        """Return the preview of a card as it was last shown."""
        ...

    def show_preview(self, preview: Preview) -> None:
        """Show a preview that was read for a dialog."""
        ...

    def read_again(self, card_id: str) -> None:
        """Forget what was read about a card, because the card has changed."""
        ...

    def read_all_again(self) -> None:
        """Read the board again, because many cards have changed."""
        ...

    def start(self, work: Awaitable[None], group: str) -> None:
        """Run work of the room; work of the same group that still runs is cancelled."""
        ...


class CardController:
    """Carries out what the operator asks for in the Cards room. The room says which card it is about."""

    def __init__(self, room: CardRoom) -> None:
        self._room = room

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
            preview = await preview_again(confirmed, desk.flex, desk.fact_finds, desk.notes)
        except DeskError as error:
            self._say_error("Not pushed", error)
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
                shown = (running.push, running.plan, tuple(running.steps))
                self._app.push_screen(
                    PushDialog(send=self._app.send, live=self._app.live, running=shown, grace=self._app.grace)
                )
                return
            preview = await desk.flex.preview(card_id, overrides, choices)
        except DeskError as error:
            self._say_error("Not pushed", error)
            return
        before = self._room.shown_preview(card_id)
        self.ask(preview, tuple(changes(before, preview)) if before else ())
        if not overrides:
            self._room.show_preview(preview)

    def ask(self, preview: Preview, changed: tuple[PreviewChange, ...] = ()) -> None:
        """Open the confirm dialog with the alternatives that fit; a push of this plan that is on its way is shown."""
        running = self._push_of(preview)
        if running is not None:
            shown = (running.push, running.plan, tuple(running.steps))
            self._app.push_screen(
                PushDialog(send=self._app.send, live=self._app.live, running=shown, grace=self._app.grace)
            )
            return
        codes = {reason.code for reason in preview.reasons}
        guarded = codes - {"no-flex-gateway"} == {"use-fact-find"}
        offers = Offers(
            fact_find=self.push_fact_find if guarded else None,
            override=(lambda: self._override(preview)) if guarded else None,
            people=(lambda: self._compare_people(preview))
            if preview.questions or preview.look_alikes
            else None,
            paste=(lambda: self.paste_instead(preview)) if can_be_entered(preview) else None,
            by_hand=(lambda: self._enter_rest(preview.subject)) if preview.asset is Asset.CARD else None,
        )
        dialog = PushDialog(
            send=self._app.send,
            live=self._app.live,
            preview=preview,
            changed=changed,
            grace=self._app.grace,
            offers=offers,
        )
        self._app.push_screen(dialog)

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
            self.ask(await desk.flex.preview_people(row.id))
        except DeskError as error:
            self._say_error("Not pushed", error)

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
            if preview.asset is Asset.FACT_FIND:
                self.ask(await desk.fact_finds.preview(preview.subject, choices))
            elif sends_only_people(preview.plan):
                self.ask(await desk.flex.preview_people(preview.subject, choices))
            else:
                await self._ask_card(desk, preview.subject, preview.plan.overrides, choices=choices)
        except DeskError as error:
            self._say_error("Not pushed", error)

    # -- Fact Find and notes ---------------------------------------------------------------------------

    def push_fact_find(self) -> None:
        """Show what pushing the card's Fact Find would do."""
        self._room.start(self._ask_about_fact_find(), "fact-find")

    async def _ask_about_fact_find(self) -> None:
        row, desk = self._room.card_row, self._app.desk
        if row is None or desk is None:
            return
        try:
            card = self._room.shown_preview(row.id) or await desk.flex.glance(row.id)
            if card.fact_find_id is None:
                notify(self._app, "This card has no Fact Find.", severity="warning")
                return
            self.ask(await desk.fact_finds.preview(card.fact_find_id))
        except DeskError as error:
            self._say_error("Not pushed", error)

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
                    self.paste_note,
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
        typed = await self._app.push_screen_wait(LineDialog("Save the preview", question, _wrong_page))
        if not typed:
            return
        path = typed_path(typed)
        try:
            preview = self._room.shown_preview(row.id) or await desk.flex.glance(row.id)
            page = payload_text(preview).encode() if path.suffix == ".json" else preview_page(preview)
            await asyncio.to_thread(write_private, path, page)
        except DeskError as error:
            self._say_error("Not saved", error)
            return
        notify(self._app, f"The preview is in {path}. Only you can read it.")

    # -- by hand ---------------------------------------------------------------------------------------

    def enter_by_hand(self) -> None:
        """Show what no push carries, with ticks."""
        if (row := self._room.card_row) is not None:
            self._enter_rest(row.id)

    def _enter_rest(self, card_id: str) -> None:
        self._room.start(self._show_checklist(card_id), "by-hand")

    async def _show_checklist(self, card_id: str) -> None:
        desk = self._app.desk
        if desk is None:
            return
        try:
            preview = self._room.shown_preview(card_id) or await desk.flex.glance(card_id)
            self._open_list(desk, await desk.paste.checklist(preview))
        except DeskError as error:
            self._say_error("Not shown", error)

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
            self._say_error("Not entered", error)

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
        dialog = ConfirmDialog("Keep what was entered?", lines, grace=self._app.grace)
        if not await self._app.push_screen_wait(dialog):
            return False
        try:
            push = await desk.paste.confirm(result, desk.can_push)
        except DeskError as error:
            self._say_error("Not kept", error)
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
            self._say_error("Not kept", error)
            return None

    # -- links -----------------------------------------------------------------------------------------

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
            self._say_error("Not unlinked", error)
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
            self._say_error("Not linked", error)
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
        dialog = ConfirmDialog(title, lines, grace=self._app.grace)
        if desk is None or not await self._app.push_screen_wait(dialog):
            return
        try:
            push = await desk.links.confirm(preview, desk.can_push)
        except DeskError as error:
            self._say_error(f"Not {title.casefold()}ed", error)
            return
        self._app.run_push(push.push_id)
        notify(self._app, linked_words(preview))

    # -- several cards ---------------------------------------------------------------------------------

    def _ask_bulk(self, desk: Desk, marked: tuple[CardRow, ...]) -> None:
        """Show the push of the marked cards. Cards of which the list knows that they can't be pushed are left out."""
        left_out = [row for row in marked if row.card is None or row.trouble or row.card.flex_id]
        stays = {row.id for row in left_out}
        clients = {row.id: row.title for row in marked if row.id not in stays}
        said = (
            f"{len(left_out)} marked {'card' if len(left_out) == 1 else 'cards'} can't be pushed"
            if left_out
            else ""
        )
        if not clients:
            notify(self._app, f"{said}: {left_out[0].trouble or left_out[0].state}.", severity="warning")
            return
        try:
            engine: Engine = desk.can_push
        except DeskError as error:
            self._say_error("Not pushed", error)
            return
        self._app.push_screen(
            BulkDialog(
                desk.flex,
                engine,
                clients,
                live=self._app.live,
                grace=self._app.grace,
                sent=self._room.unmark,
                careful=desk.careful,
                left_out=said,
            )
        )

    def _say_error(self, title: str, error: DeskError) -> None:
        notify(self._app, f"{error.message}\n{error.fix}", title=title, severity="error")


def _wrong_page(typed: str) -> str:
    return "" if not typed or typed.endswith((".html", ".json")) else "The name ends in .html or .json."
