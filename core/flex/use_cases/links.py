"""Link an existing FLEX ID to a card, and take a link back. Nothing else of the card is sent."""

from __future__ import annotations

from msgspec import Struct

from core.errors import DeskError
from core.flex.model import CardSummary, FlexPerson, Person
from core.flex.plans.inputs import CardInputs
from core.flex.plans.objections import flex_id_of
from core.flex.use_cases.cards import CardUseCases, records_of_opportunity
from core.flex.use_cases.flex_ids import find_contact, find_opportunity, find_record, meant_ids
from core.push.engine import Engine
from core.push.plan import Asset, Entity, Operation, Plan, Step, System, link_key
from core.push.records import Link, Push, Unlinked


class LookAlike(Struct, frozen=True):
    """A person whom a push would create, and the contacts of FLEX that may be the same person."""

    person: Person
    found: tuple[FlexPerson, ...]


class LinkUseCases:
    """The use cases of links between cards, people and FLEX records."""

    def __init__(self, cards: CardUseCases) -> None:
        self._cards = cards

    async def link(self, card_id: str, flex_id: str, engine: Engine) -> Push:
        """Store a FLEX ID on a card: in the book at once, and on BrokerEngine's card by a push.

        Linking the ID that was unlinked last also restores the links of what belongs to that record.

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
        plan = _plan(inputs, Asset.LINK, {"flex_id": flex_id, "flex_kind": kind}, f"FLEX ID {flex_id}")
        push_id = self._cards.new_decision()
        last = await self.last_unlinked(card_id)
        keys = [link_key(System.FLEX, *hanging) for hanging in records_of_opportunity(inputs.card)]
        forgotten = await self._cards.book.get_many(Unlinked, keys)
        again = forgotten if last is not None and last.remote_id == flex_id else []
        return await engine.begin(
            plan,
            self._cards.operator,
            push_id,
            also=(link, *(self._restored(unlinked) for unlinked in again)),
            drop=[(Unlinked, link.key), *((Unlinked, unlinked.key) for unlinked in forgotten)],
        )

    async def unlink(self, card_id: str, engine: Engine) -> tuple[str, Push]:
        """Forget a card's link in the book and on BrokerEngine's card. Return the FLEX ID, and the push.

        The book also forgets the links of what belongs to that record: the property and the product links. FLEX keeps
        its records.

        Linking that ID again undoes it. Raises `DeskError` (not-linked, unknown-card), `Unreachable`, `BookClosed`.
        """
        _not_while_pushing(card_id, engine)
        inputs = await self._cards.gather(card_id)
        flex_id = flex_id_of(inputs)
        if flex_id is None:
            raise _refuse("not-linked", f"{card_id} is not linked")
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
        plan = _plan(inputs, Asset.UNLINK, {"flex_id": None, "flex_kind": None}, f"no FLEX ID, was {flex_id}")
        push = await engine.begin(
            plan,
            self._cards.operator,
            self._cards.new_decision(),
            also=(unlinked, *(self._taken_back(held) for held in hanging)),
            drop=[(Link, unlinked.key), *((Link, held.key) for held in hanging)],
        )
        return flex_id, push

    async def last_unlinked(self, card_id: str) -> Unlinked | None:
        """Return the link that was taken back from a card, to offer it again, or None. Raises `BookClosed`."""
        return await self._cards.book.get(Unlinked, link_key(System.FLEX, Entity.OPPORTUNITY, card_id))

    # -- people ----------------------------------------------------------------------------------------

    async def look_alikes(self, card_id: str) -> list[LookAlike]:
        """Search FLEX for the people of a card whom a push would create.

        Raises `DeskError` (unknown-card), `BadRecord`, `Unreachable`, `BookClosed`.
        """
        if self._cards.records is None:
            return []
        inputs = await self._cards.gather(card_id)
        people = {applicant.contact.id: applicant.contact for applicant in inputs.card.people}
        alikes: list[LookAlike] = []
        for person in people.values():
            if person.flex_id or inputs.link(Entity.PERSON, person.id):
                continue
            first, last, email = person.first_name or "", person.last_name or "", person.email or ""
            ours = inputs.ref(Entity.PERSON, person.id)
            hits = await self._cards.records.people_like(first, last, email)
            if hits := [hit for hit in hits if hit.integration_id != ours]:
                alikes.append(LookAlike(person, tuple(hits)))
        return alikes

    async def use_person(self, person_id: str, flex_id: str) -> None:
        """Link a person to a contact of FLEX, so that the next push updates that contact.

        Raises `DeskError` (bad-flex-id, no-such-contact), `Unreachable`, `BookClosed`.
        """
        flex_id = await find_contact(self._cards.records, flex_id)
        key = link_key(System.FLEX, Entity.PERSON, person_id)
        ref = self._cards.ref(Entity.PERSON, person_id)
        link = Link(System.FLEX, Entity.PERSON, person_id, flex_id, ref, self._cards.clock.now())
        await self._cards.book.commit(link, drop=[(Unlinked, key)])

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


def _plan(inputs: CardInputs, asset: Asset, body: dict[str, str | None], summary: str) -> Plan:
    """Return a plan that writes the FLEX ID onto BrokerEngine's card, without steps if the source stores none."""
    card = inputs.card
    step = Step(
        ref=inputs.ref(Entity.OPPORTUNITY, card.id, System.BROKERENGINE),
        system=System.BROKERENGINE,
        entity=Entity.OPPORTUNITY,
        operation=Operation.WRITE_BACK,
        local_id=card.id,
        summary=summary,
        body=dict(body),
        remote_id=card.id,
        identity=("flex_id",) if asset is Asset.LINK else (),
    )
    steps = (step,) if inputs.writable else ()
    return Plan(asset, card.id, card.title, steps, inputs.field_map.version, about=card.id)


def _not_while_pushing(card_id: str, engine: Engine) -> None:
    if running := engine.active(card_id):
        raise DeskError("busy", f"{card_id} has a push that is not finished ({running.push.state}).")


def _refuse(code: str, message: str) -> DeskError:
    return DeskError(code, f"{message}.")
