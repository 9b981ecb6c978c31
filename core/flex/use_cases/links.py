"""Link a card or a person to a FLEX record that exists, and take a link back. Nothing else of the card is sent."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Final

from msgspec import Struct

from core.errors import DeskError
from core.flex.model import CardSummary, Person
from core.flex.plans.identity import LookAlike, standing_id
from core.flex.plans.inputs import CardInputs
from core.flex.plans.link import LinkPreview, link_plan, unlink_plan, write_flex_id
from core.flex.plans.objections import flex_id_of
from core.flex.records import Tick
from core.flex.use_cases.cards import CardUseCases, records_of_opportunity
from core.flex.use_cases.changed_since_push import stale_ticks
from core.flex.use_cases.flex_ids import find_opportunity, find_record, meant_ids
from core.flex.use_cases.people import contacts_like
from core.flex.use_cases.person_links import PersonLinkUseCases, id_in_file
from core.push.engine import Engine
from core.push.plan import Entity, Step, System, link_key
from core.push.records import Link, Push, Unlinked

NO_LOOK_UP: Final = "this profile has no gateway of FLEX"
"""Why an ID that a person typed is not looked up."""


class CardPerson(Struct, frozen=True):
    """A person on a card, and the FLEX contact that the person is linked to, or None."""

    person: Person
    flex_id: str | None


class LinkUseCases:
    """The use cases of links between cards, people and FLEX records. Nothing is stored before `confirm`."""

    def __init__(self, cards: CardUseCases) -> None:
        self._cards = cards
        self._people = PersonLinkUseCases(cards)

    async def preview(self, local_id: str, flex_id: str, engine: Engine) -> LinkPreview:
        """Return what linking a card to an opportunity or application does, or a person to a contact.

        Raises the errors of `preview_card` and of `PersonLinkUseCases.preview`.
        """
        try:
            return await self.preview_card(local_id, flex_id, engine)
        except DeskError as error:
            if error.code != "unknown-card":
                raise
            return await _of_a_person(local_id, self._people.preview(local_id, flex_id, engine))

    async def preview_of(self, entity: Entity, local_id: str, flex_id: str, engine: Engine) -> LinkPreview:
        """Return what linking a card (`Entity.OPPORTUNITY`) or a person does. Raises as `preview`."""
        if entity is Entity.PERSON:
            return await self._people.preview(local_id, flex_id, engine)
        return await self.preview_card(local_id, flex_id, engine)

    async def preview_card(self, card_id: str, flex_id: str, engine: Engine) -> LinkPreview:
        """Return what storing a FLEX ID on a card does: in the book at once, on BrokerEngine's card by a push.

        Linking the ID that was unlinked last also restores the links of what belongs to that record. Linking another ID
        removes the ticks that were set for the record before.

        Raises `DeskError` (bad-flex-id, not-in-flex, taken, other-link, already-linked, unknown-card),
        `Unreachable`, `BookClosed`.
        """
        meant = meant_ids(flex_id)
        _not_while_pushing(card_id, engine)
        inputs = await self._cards.gather(card_id)
        if linked := flex_id_of(inputs):
            code = "already-linked" if linked in meant else "other-link"
            raise _refuse(code, f"{card_id} is linked to {linked} already")
        for possible in meant:
            if holder := await self._holder(card_id, possible):
                raise _refuse("taken", f"{possible} is linked to card {holder} already")
        flex_id, kind = await find_opportunity(self._cards.records, flex_id)
        link = Link(
            System.FLEX,
            Entity.OPPORTUNITY,
            card_id,
            flex_id,
            inputs.ref(Entity.OPPORTUNITY, card_id),
            self._cards.clock.now(),
        )
        last = await self.last_unlinked(card_id)
        keys = [link_key(System.FLEX, *hanging) for hanging in records_of_opportunity(inputs.card)]
        forgotten = await self._cards.book.get_many(Unlinked, keys)
        is_again = last is not None and last.remote_id == flex_id
        again = forgotten if is_again else []
        old_ticks = [] if is_again else await stale_ticks(self._cards.book, card_id)
        steps = (_write_on_card(inputs, flex_id, kind),) if inputs.writable else ()
        return LinkPreview(
            link_plan(card_id, inputs.card.title, flex_id, steps, inputs.field_map.version),
            Entity.OPPORTUNITY,
            flex_id,
            None,
            (link, *(self._restored(unlinked) for unlinked in again)),
            (
                (Unlinked, link.key),
                *((Unlinked, unlinked.key) for unlinked in forgotten),
                *((Tick, tick.key) for tick in old_ticks),
            ),
            ()
            if self._cards.has_gateway
            else (f"brokerdesk can't ask FLEX whether it has {flex_id}: {NO_LOOK_UP}.",),
        )

    async def preview_unlink(self, local_id: str, engine: Engine) -> LinkPreview:
        """Return what taking back the link of a card or of a person does.

        Raises the errors of `preview_unlink_card` and of `PersonLinkUseCases.preview_unlink`.
        """
        try:
            return await self.preview_unlink_card(local_id, engine)
        except DeskError as error:
            if error.code != "unknown-card":
                raise
            return await _of_a_person(local_id, self._people.preview_unlink(local_id, engine))

    async def preview_unlink_card(self, card_id: str, engine: Engine) -> LinkPreview:
        """Return what forgetting a card's link does, in the book and on BrokerEngine's card.

        The book also forgets the links of what belongs to that record: the property and the product links. FLEX keeps
        its records. Linking that ID again undoes it.

        Raises `DeskError` (not-linked, id-in-file, unknown-card), `Unreachable`, `BookClosed`.
        """
        _not_while_pushing(card_id, engine)
        inputs = await self._cards.gather(card_id)
        flex_id = flex_id_of(inputs)
        if flex_id is None:
            raise _refuse("not-linked", f"{card_id} is not linked")
        if inputs.card.flex_id and not inputs.writable:
            raise id_in_file(f"card {card_id}", inputs.card.flex_id, self._cards.place(card_id))
        link = inputs.link(Entity.OPPORTUNITY, card_id)
        unlinked = Unlinked(
            System.FLEX,
            Entity.OPPORTUNITY,
            card_id,
            flex_id,
            inputs.card.flex_kind or "opportunity",
            link.ref if link else inputs.ref(Entity.OPPORTUNITY, card_id),
            self._cards.operator,
            self._cards.clock.now(),
        )
        hanging = [
            held
            for entity, local_id in records_of_opportunity(inputs.card)
            if (held := inputs.link(entity, local_id))
        ]
        steps = (_write_on_card(inputs, None, None),) if inputs.writable else ()
        return LinkPreview(
            unlink_plan(card_id, inputs.card.title, flex_id, steps, inputs.field_map.version),
            Entity.OPPORTUNITY,
            None,
            flex_id,
            (unlinked, *(self._taken_back(held) for held in hanging)),
            ((Link, unlinked.key), *((Link, held.key) for held in hanging)),
        )

    async def confirm(self, preview: LinkPreview, engine: Engine) -> Push:
        """Store a link that a person confirmed, or take it back, and begin the push that writes it to BrokerEngine.

        Everything is read again first. Raises `DeskError` (plan-changed) if the same would not be done now, and the
        errors of the preview.
        """
        if preview.flex_id:
            now = await self.preview_of(preview.entity, preview.local_id, preview.flex_id, engine)
        else:
            now = await self.preview_unlink(preview.local_id, engine)
        if now.plan != preview.plan:
            raise _refuse("plan-changed", f"{preview.local_id} changed meanwhile; nothing was stored")
        return await engine.begin(
            now.plan,
            self._cards.operator,
            self._cards.new_decision(),
            also=now.written,
            drop=now.removed,
        )

    async def last_unlinked(self, card_id: str) -> Unlinked | None:
        """Return the link that was taken back from a card, to offer it again, or None. Raises `BookClosed`."""
        return await self._cards.book.get(Unlinked, link_key(System.FLEX, Entity.OPPORTUNITY, card_id))

    # -- people ----------------------------------------------------------------------------------------

    async def people(self, card_id: str) -> list[CardPerson]:
        """Return the people on a card, each once, with their links. BrokerEngine's FLEX ID wins over the book's.

        Raises `DeskError` (unknown-card), `BadRecord`, `Unreachable`, `BookClosed`.
        """
        inputs = await self._cards.gather(card_id)
        people = {applicant.contact.id: applicant.contact for applicant in inputs.card.people}
        return [CardPerson(person, standing_id(inputs, person)) for person in people.values()]

    async def contacts_like(self, person: Person) -> list[LookAlike]:
        """Return the person with the contacts of FLEX that may be the same, in a list of one; [] if there are none.

        Raises `Unreachable`.
        """
        if self._cards.records is None:
            return []
        hits = await contacts_like(self._cards.records, person)
        return [LookAlike(person, hits)] if hits else []

    async def find(self, entity: Entity, typed: str) -> str:
        """Return the FLEX ID that a person means by a text. Raises the errors of `flex_ids.find_record`."""
        return await find_record(self._cards.records, entity, typed)

    def _taken_back(self, link: Link) -> Unlinked:
        """Return what the book keeps of the link of a record that belongs to an unlinked opportunity."""
        return Unlinked(
            link.system,
            link.entity,
            link.local_id,
            link.remote_id,
            link.entity,
            link.ref,
            self._cards.operator,
            self._cards.clock.now(),
        )

    def _restored(self, unlinked: Unlinked) -> Link:
        return Link(
            unlinked.system,
            unlinked.entity,
            unlinked.local_id,
            unlinked.remote_id,
            unlinked.ref,
            self._cards.clock.now(),
        )

    # -- small things ----------------------------------------------------------------------------------

    async def _holder(self, card_id: str, flex_id: str) -> str | None:
        """Return the id of another card with this FLEX ID, in the book or in BrokerEngine, or None."""
        for link in await self._cards.book.where(Link, remote_id=flex_id):
            if link.entity is Entity.OPPORTUNITY and link.local_id != card_id:
                return link.local_id
        async for page in self._cards.cards():
            for item in page:
                if isinstance(item, CardSummary) and item.flex_id == flex_id and item.id != card_id:
                    return item.id
        return None


async def _of_a_person(local_id: str, preview: Awaitable[LinkPreview]) -> LinkPreview:
    """Return the preview of a person's link. Raises `DeskError` (unknown-card) if there is no such person either."""
    try:
        return await preview
    except DeskError as error:
        if error.code != "unknown-person":
            raise
        raise _refuse("unknown-card", f"There is no card and no person {local_id}") from None


def _write_on_card(inputs: CardInputs, flex_id: str | None, kind: str | None) -> Step:
    """Return the step that writes the FLEX ID onto BrokerEngine's card, or takes it away."""
    card = inputs.card
    ref = inputs.ref(Entity.OPPORTUNITY, card.id, System.BROKERENGINE)
    return write_flex_id(ref, Entity.OPPORTUNITY, card.id, flex_id, kind, was=flex_id_of(inputs))


def _not_while_pushing(card_id: str, engine: Engine) -> None:
    if running := engine.active(card_id):
        raise DeskError("busy", f"{card_id} has a push that is not finished ({running.push.state}).")


def _refuse(code: str, message: str) -> DeskError:
    return DeskError(code, f"{message}.")
