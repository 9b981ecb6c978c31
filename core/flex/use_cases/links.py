"""Link an existing FLEX ID to a card, and take a link back. Nothing else of the card is sent."""

from __future__ import annotations

from core.errors import DeskError
from core.flex.field_map.apply import FLEX_ID
from core.flex.model import CardSummary
from core.flex.plans.inputs import CardInputs
from core.flex.plans.objections import flex_id_of
from core.flex.use_cases.cards import CardUseCases, records_of_opportunity
from core.push.engine import Engine
from core.push.plan import Asset, Entity, Operation, Plan, Step, System, link_key
from core.push.records import Link, Push, Unlinked


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
        flex_id = flex_id.strip()
        if not FLEX_ID.fullmatch(flex_id):
            raise _refuse("bad-flex-id", f"“{flex_id}” is no FLEX ID")
        _not_while_pushing(card_id, engine)
        inputs = await self._cards.gather(card_id)
        if linked := flex_id_of(inputs):
            code = "already-linked" if linked == flex_id else "other-link"
            raise _refuse(code, f"{card_id} is linked to {linked} already")
        if holder := await self._holder(card_id, flex_id):
            raise _refuse("taken", f"{flex_id} is linked to card {holder} already")
        kind = await self._kind(flex_id)
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

    async def use_person(self, person_id: str, flex_id: str) -> None:
        """Link a person to a contact of FLEX, so that the next push updates that contact.

        Raises `DeskError` (bad-flex-id), `BookClosed`.
        """
        if not FLEX_ID.fullmatch(flex_id):
            raise _refuse("bad-flex-id", f"“{flex_id}” is no FLEX ID")
        key = link_key(System.FLEX, Entity.PERSON, person_id)
        ref = self._cards.ref(Entity.PERSON, person_id)
        link = Link(System.FLEX, Entity.PERSON, person_id, flex_id, ref, self._cards.clock.now())
        await self._cards.book.commit(link, drop=[(Unlinked, key)])

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

    async def _kind(self, flex_id: str) -> str:
        """Return "opportunity" or "application" for a FLEX ID.

        A gateway that can't be asked leaves it to the operator: then the ID counts as an opportunity.
        """
        if self._cards.records is None:
            return "opportunity"
        kind = await self._cards.records.kind_of(flex_id)
        if kind is None:
            raise _refuse("not-in-flex", f"FLEX has no opportunity or application {flex_id}")
        return kind

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
