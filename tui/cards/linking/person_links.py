"""Link a person of a card to a contact of FLEX, or take the link back: whom, which contact, asked once.

The question itself is the controller's. Nothing is stored here.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING

from core.errors import DeskError
from core.flex.plans.identity import LookAlike
from core.flex.plans.link import LinkPreview
from core.flex.use_cases.links import CardPerson
from tui.cards.linking.flex_id_question import ask_for_flex_id
from tui.text import content, notify, notify_error
from tui.widgets.chooser import Chooser, Offer

if TYPE_CHECKING:
    from tui.app import DeskApp
    from tui.wiring import Desk


class PersonLinker:
    """Asks which person of a card, and which contact. `confirm` asks about the link and carries it out."""

    def __init__(self, app: DeskApp, confirm: Callable[[LinkPreview], Awaitable[None]]) -> None:
        self._app = app
        self._confirm = confirm

    async def link(self, desk: Desk, card_id: str) -> None:
        """Ask for a person and a contact, side by side where FLEX has somebody alike, and ask about the link."""
        try:
            person = await self._which(await desk.links.people(card_id), "Link which person?")
            if person is None:
                return
            alikes = await desk.links.contacts_like(person.person)
            flex_id = await self._compared(person, alikes) if alikes else ""
            if flex_id is None:
                return
            if flex_id:
                preview: LinkPreview | None = await desk.links.preview(
                    person.person.id, flex_id, desk.can_push
                )
            else:
                preview = await self._typed(desk, person)
            if preview is not None:
                await self._confirm(preview)
        except DeskError as error:
            notify_error(self._app, error, title="Not linked")

    async def unlink(self, desk: Desk, card_id: str) -> None:
        """Ask for a linked person of the card, and ask whether to take the link back."""
        try:
            linked = [person for person in await desk.links.people(card_id) if person.flex_id]
            if not linked:
                notify(self._app, f"Nobody on {card_id} is linked.", severity="warning")
                return
            person = await self._which(linked, "Unlink which person?")
            if person is not None:
                await self._confirm(await desk.links.preview_unlink(person.person.id, desk.can_push))
        except DeskError as error:
            notify_error(self._app, error, title="Not unlinked")

    async def _which(self, people: Sequence[CardPerson], title: str) -> CardPerson | None:
        if len(people) == 1:
            return people[0]
        offers = [Offer(who.person.id, f"{who.person.name}  {_state(who)}") for who in people]
        offer = await self._app.push_screen_wait(Chooser(title, offers))
        return next((who for who in people if offer and who.person.id == offer.value), None)

    async def _compared(self, person: CardPerson, alikes: Sequence[LookAlike]) -> str | None:
        """Return the contact that was chosen, "" if none of them is the person, None if the operator left."""
        from tui.cards.linking.look_alikes import LookAlikes, pairs_of_alikes  # noqa: PLC0415 - not on the first screen

        chosen = await self._app.push_screen_wait(LookAlikes(pairs_of_alikes(alikes)))
        return None if chosen is None else chosen.get(person.person.id, "")

    async def _typed(self, desk: Desk, person: CardPerson) -> LinkPreview | None:
        question = content(
            "Which FLEX contact is [b]$name[/b]? Paste the FLEX ID. Nothing is sent to FLEX.\n"
            "[$foreground-muted]$state[/]",
            name=person.person.name,
            state=_state(person),
        )
        person_id = person.person.id
        return await ask_for_flex_id(
            self._app,
            "Link a person",
            question,
            lambda flex_id: desk.links.preview(person_id, flex_id, desk.can_push),
        )


def _state(person: CardPerson) -> str:
    return f"FLEX {person.flex_id}" if person.flex_id else "not linked"
