"""What an operator does with a card: list the board, preview a card, push it, tick its checklist.

Reads cards through the ports and hands confirmed plans to the push engine. Knows neither screen nor command.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Collection, Iterable, Mapping, Sequence

import msgspec

from core.compare.keys import text_key
from core.errors import DeskError
from core.flex.board import Board, read_board
from core.flex.field_map.fates import ARRIVES
from core.flex.field_map.model import FieldMap
from core.flex.model import Card, CardSummary, CatalogueProduct, HeldPerson, Person, RejectedRecord
from core.flex.plans.card import plan_card, plan_people_again
from core.flex.plans.identity import target_id
from core.flex.plans.inputs import CardInputs
from core.flex.plans.objections import flex_id_of
from core.flex.plans.preview import Preview
from core.flex.plans.products import ProductMatch, product_key
from core.flex.plans.shown import shown_of
from core.flex.ports import CardPapers, CardSource, Catalogue, FlexRecords
from core.flex.read_ahead import ReadAhead
from core.flex.records import NoteSent, SamePerson, SameProduct
from core.flex.use_cases import drafts
from core.flex.use_cases.changed_since_push import (
    ChangedSincePush,
    changed_since_push,
    places,
    remember,
    was_pushed,
)
from core.flex.use_cases.checklist import ChecklistItem, all_to_enter, checklist, set_tick, with_ticks
from core.flex.use_cases.numbered_people import with_numbered_people
from core.flex.use_cases.people import (
    NOTHING_CHOSEN,
    choices_of,
    hashed_doubts,
    look_at_people,
    people_of,
    remembered_people,
    sends_only_people,
    sends_the_same,
)
from core.local_forms import LocalZone, utc_zone
from core.push.engine import Engine
from core.push.plan import Asset, Entity, Operation, Plan, System, link_key, make_ref
from core.push.ports import Book, Clock
from core.push.records import Generation, Link, Push, Record, Unlinked
from core.push.team.decided import decided_meanwhile


class CardUseCases:
    """The use cases of cards. The other use cases of the room read cards and book through it.

    `catalogue` and `records` are None in a profile without a gateway of FLEX.
    """

    def __init__(  # noqa: PLR0913 - one for each port and setting
        self,
        cards: CardSource,
        catalogue: Catalogue | None,
        book: Book,
        field_map: FieldMap,
        *,
        workspace: str,
        operator: str,
        new_id: Callable[[], str],
        clock: Clock,
        papers: CardPapers | None = None,
        records: FlexRecords | None = None,
        zone: LocalZone = utc_zone,
    ) -> None:
        self._cards = cards
        self.ahead = ReadAhead(cards.summaries)
        self._catalogue = catalogue
        self._new_id = new_id
        self.book = book
        self.field_map = field_map
        self.workspace = workspace
        self.operator = operator
        self.clock = clock
        self._zone = zone
        self.papers = papers
        self.records = records

    @property
    def has_gateway(self) -> bool:
        """True if the profile has a gateway of FLEX. Without it nothing is pushed; cards are entered by hand."""
        return self._catalogue is not None

    # -- reading ---------------------------------------------------------------------------------------

    async def board(self, cards: Collection[str]) -> Board:
        """Read what the book knows about some cards, by their ids. Raises `BookClosed`."""
        return await read_board(self.book, cards)

    def cards(self) -> AsyncIterator[list[CardSummary | RejectedRecord]]:
        """Yield the cards page by page; a record that does not fit is set aside. Raises `Unreachable`."""
        return self.ahead.pages()

    def read_catalogue_again(self) -> None:
        """Ask FLEX for its products again, not only after their time, when a preview needs them next."""
        if self._catalogue is not None:
            self._catalogue.forget_catalogue()

    async def person(self, person_id: str) -> HeldPerson:
        """Read one person. Raises `DeskError` (unknown-person), `BadRecord`, `Unreachable`."""
        return await self._cards.person(person_id)

    def place(self, card_id: str) -> str:
        """Return where a card that was read is, in words."""
        return self._cards.place(card_id)

    async def glance(self, card_id: str, overrides: tuple[str, ...] = ()) -> Preview:
        """Return what a push of a card would do, without asking FLEX who its people are.

        The preview for a push may have more questions. Parameters and errors as `preview`.
        """
        inputs = msgspec.structs.replace(await self.gather(card_id), overrides=overrides)
        planned = plan_card(await remembered_people(self.book, inputs, people_of(inputs.card.people), {}))
        return await with_ticks(self.book, planned)

    async def preview(
        self, card_id: str, overrides: tuple[str, ...] = (), choices: Mapping[str, str] = NOTHING_CHOSEN
    ) -> Preview:
        """Read a card, ask FLEX about its people, and return what the push would do.

        FLEX is not asked if something else stands against the push: asking costs requests.

        `overrides` are codes of objections that a person overrode. `choices` maps the id of a person on the card to
        the FLEX ID of the contact to use, or to `NEW`. Raises `DeskError` (unknown-card), `BadRecord`, `Unreachable`.
        """
        inputs = await self.gather(card_id)
        inputs = msgspec.structs.replace(inputs, overrides=overrides)
        people = people_of(inputs.card.people)
        inputs = await remembered_people(self.book, inputs, people, choices)
        preview = plan_card(inputs)
        if preview.only_people_stop_it:
            preview = await self._with_entered(plan_card(await self.look_at(inputs, people)))
        return await with_ticks(self.book, preview)

    async def _with_entered(self, preview: Preview) -> Preview:
        """Return a preview that says so if values of the card are in FLEX already, entered by hand."""
        items = await all_to_enter(self.book, preview, None)
        entered = sum(item.ticked and item.field.fate in ARRIVES for item in items)
        if not entered:
            return preview
        values = "value is" if entered == 1 else "values are"
        warning = (
            f"{entered} {values} ticked as entered in FLEX by hand. If the opportunity is there, link its FLEX ID: "
            "a push makes another one."
        )
        return msgspec.structs.replace(preview, warnings=(warning, *preview.warnings))

    async def preview_people(self, card_id: str, choices: Mapping[str, str] = NOTHING_CHOSEN) -> Preview:
        """Return what updating the people of a linked card would do. Parameters and errors as `preview`."""
        inputs = await self.gather(card_id)
        people = people_of(inputs.card.people)
        inputs = await remembered_people(self.book, inputs, people, choices)
        updated = [person for person in people if target_id(inputs, person)]
        planned = plan_people_again(await look_at_people(self.records, self.book, inputs, updated))
        return await with_ticks(self.book, planned)

    async def look_at(self, inputs: CardInputs, people: Sequence[Person]) -> CardInputs:
        """Return the inputs with what FLEX knows about people. Raises `Unreachable`, `BookClosed`."""
        return await look_at_people(self.records, self.book, inputs, people)

    async def ask_again(self, inputs: CardInputs, people: Sequence[Person], plan: Plan) -> CardInputs:
        """Return the inputs of a confirmed plan, and search FLEX again for the people whom it creates.

        The contacts that the plan updates are read by the engine just before the update. Raises as `look_at`.
        """
        inputs = await remembered_people(self.book, inputs, people, choices_of(plan))
        created = [person for person in people if not target_id(inputs, person)]
        return await look_at_people(self.records, self.book, inputs, created)

    # -- pushing ---------------------------------------------------------------------------------------

    async def confirm(self, preview: Preview, engine: Engine) -> Push:
        """Begin the push that a person confirmed, or return the unfinished push of the same plan.

        The book keeps the fields as they were confirmed last: values that are not sent may differ from the first time.
        Raises `DeskError` (another-plan-waits, or the code of the first objection), `BookClosed`.
        """
        if running := engine.unfinished_push_of(preview.plan):
            await self.book.commit(self._remember(preview, running.push_id))
            return running
        if not preview.pushable:
            raise objection_to(preview)
        push_id = self._new_id()
        kept = self._remember(preview, push_id)
        chosen, forgotten = await self._chosen_people(preview)
        older = [(Link, link.key) for link in await self._links_of_an_older_parent(preview.plan)]
        if preview.written is not None:
            await drafts.set_on_its_way(self.book, push_id, preview.written)
        push = await engine.begin(
            preview.plan,
            self.operator,
            push_id,
            also=(kept, *chosen),
            drop=[*older, *((Link, key) for key in preview.forgets), *forgotten],
            shown=shown_of(preview, places(preview.fields)),
        )
        if preview.written is not None:
            await drafts.forget_written(self.book, preview.written)
        return push

    async def _chosen_people(self, preview: Preview) -> tuple[list[Record], list[tuple[type[Record], str]]]:
        """Return the records that a plan's choices about people write into the book, and those that they remove."""
        now, plan = self.clock.now(), preview.plan
        refs = {
            step.local_id: step.ref
            for step in plan.steps
            if step.entity is Entity.PERSON and step.system is System.FLEX
        }
        written: list[Record] = []
        removed: list[tuple[type[Record], str]] = []
        for local_id, flex_id in plan.links:
            link = Link(System.FLEX, Entity.PERSON, local_id, flex_id, refs[local_id], now)
            written.append(link)
            if reasons := hashed_doubts(self.book, preview.settled.get(local_id, ())):
                settled = tuple(sorted(reasons))
                written.append(SamePerson(local_id, flex_id, settled, self.operator, now))
            removed.append((Unlinked, link.key))
        keys = [link_key(System.FLEX, Entity.PERSON, local_id) for local_id in plan.anew]
        for link in await self.book.get_many(Link, keys):
            written.append(
                Unlinked(
                    link.system,
                    link.entity,
                    link.local_id,
                    link.remote_id,
                    link.entity,
                    link.ref,
                    self.operator,
                    now,
                )
            )
            removed.append((Link, link.key))
        return written, removed

    async def _links_of_an_older_parent(self, plan: Plan) -> list[Link]:
        """Return the links of records that belong to a record which the plan creates: they belong to an older one."""
        made = {step.ref for step in plan.steps if step.operation is Operation.CREATE}
        return await self.book.get_many(Link, [step.key for step in plan.steps if step.parent in made])

    def _remember(self, preview: Preview, push_id: str) -> Record:
        """Return what the book keeps of the fields of a push: keyed hashes."""
        now, card_id = self.clock.now(), preview.plan.about
        if preview.asset is Asset.NOTE:
            text = next(field.source_value for field in preview.fields if field.target == "Note.Text")
            return NoteSent(push_id, card_id, self.book.keyed_hash("Note Text", text.strip()), now)
        return remember(preview, push_id, now, self.book.keyed_hash)

    def new_decision(self) -> str:
        """Return a new name for one deliberate push."""
        return self._new_id()

    def ref(self, entity: Entity, local_id: str) -> str:
        """Return the first reference of the FLEX copy of a local record."""
        return make_ref(self.workspace, System.FLEX, entity, local_id)

    # -- after a push ----------------------------------------------------------------------------------

    async def since(self, preview: Preview) -> ChangedSincePush | None:
        """Return what changed since the card was pushed, or None if no push from here arrived. Raises `BookClosed`."""
        return await changed_since_push(self.book, preview)

    async def changed_since_push(self, card_id: str) -> ChangedSincePush | None:
        """Read a card that was pushed, and return what changed since; None if no push from here arrived.

        A card that was not pushed is not read. Raises as `preview`.
        """
        if not await was_pushed(self.book, card_id):
            return None
        return await self.since(await self.glance(card_id))

    async def checklist(self, preview: Preview) -> list[ChecklistItem]:
        """Return the rows that no push carries, with their ticks. Raises `BookClosed`."""
        return await checklist(self.book, preview, await self.since(preview))

    async def all_to_enter(self, preview: Preview) -> list[ChecklistItem]:
        """Return every row of a card or a note, with their ticks. Raises `BookClosed`."""
        linked = preview.asset is Asset.CARD and preview.flex_id is not None
        since = await self.since(preview) if linked else None
        return await all_to_enter(self.book, preview, since)

    async def tick(self, card_id: str, item: ChecklistItem, *, ticked: bool) -> ChecklistItem:
        """Tick an item of the checklist, or take its tick away, and return the item as it is then.

        Raises `DecidedMeanwhile` if somebody else did so meanwhile, `BookClosed`.
        """
        now = self.clock.now()
        return await set_tick(self.book, card_id, item, ticked=ticked, operator=self.operator, now=now)

    async def take_product(self, match: ProductMatch) -> None:
        """Take the near miss in FLEX's catalogue for a product. Raises `DeskError` (no-near-miss), `BookClosed`."""
        if match.near is None:
            raise _nothing_to_take(match, "FLEX's catalogue has no near miss for it")
        await self.same_product(match)

    async def give_product_back(self, match: ProductMatch) -> None:
        """Take back that a product is its near miss. Raises `DeskError` (no-near-miss), `BookClosed`."""
        if not match.by_hand:
            raise _nothing_to_take(match, "no near miss was taken for it")
        await self.same_product(match)

    async def same_product(self, match: ProductMatch) -> None:
        """Remember that a product is its near miss in the catalogue, or forget a decision made before.

        Raises `DecidedMeanwhile` with nothing written if somebody else took an entry since the card was read;
        `BookClosed`.
        """
        key, now = product_key(match.product.lender, match.product.name), self.clock.now()

        async def look() -> None:
            held = await self.book.get(SameProduct, key)
            if held is not None and held.flex_id != match.taken:
                what = f"took entry {held.flex_id} of FLEX's catalogue for “{match.product.name}”"
                raise decided_meanwhile(held.by, what, now - held.at)

        if match.by_hand:
            await self.book.decide(look, drop=[(SameProduct, key)])
        elif match.near is not None:
            await self.book.decide(look, SameProduct(key, match.near.flex_id, self.operator, now))

    async def is_fresh(self, plan: Plan) -> bool:
        """Read the card again and return True if the same plan would be made now.

        Another push of ours may have linked people meanwhile, under the reference that this plan has for them.
        That is not a difference, because the engine adopts them.
        """
        inputs = _as_confirmed(await self.gather(plan.subject), plan)
        inputs = msgspec.structs.replace(inputs, overrides=plan.overrides)
        people = people_of(inputs.card.people)
        if sends_only_people(plan):
            again = plan_people_again(await remembered_people(self.book, inputs, people, choices_of(plan)))
        else:
            again = plan_card(await self.ask_again(inputs, people, plan))
        return again.pushable and sends_the_same(again.plan, plan)

    async def card_and_flex_id(self, card_id: str) -> tuple[Card, str | None]:
        """Read a card, and the FLEX ID that the card is linked to or None. FLEX is not asked.

        Raises `DeskError` (unknown-card), `BadRecord`, `Unreachable`, `BookClosed`.
        """
        card, _ = await self._cards.card(card_id)
        link = await self.book.get(Link, link_key(System.FLEX, Entity.OPPORTUNITY, card_id))
        links = {link.key: link} if link is not None else {}
        return card, flex_id_of(CardInputs(card, self.field_map, self.workspace, links=links))

    async def gather(self, card_id: str, more_people: Iterable[str] = ()) -> CardInputs:
        """Read everything that a plan about one card needs. `more_people` are ids of contacts who are not on the card.

        Raises `DeskError` (unknown-card), `BadRecord`, `Unreachable`, `BookClosed`.
        """
        read, extras = await self._cards.card(card_id)
        people = await with_numbered_people(self.book, self.field_map, read)
        card = people.card
        copied = [*_copied(card), *((Entity.PERSON, person_id) for person_id in more_people)]
        keys = [link_key(System.FLEX, entity, local_id) for entity, local_id in copied]
        links = {link.key: link for link in await self.book.get_many(Link, keys)}
        generations = {
            generation.key: generation.number for generation in await self.book.get_many(Generation, keys)
        }
        theirs = self._catalogue
        lenders = {product.lender for product in card.products if product.tracked}
        catalogue: dict[str, tuple[CatalogueProduct, ...]] = {}
        if theirs is not None:
            for lender in sorted(lenders):  # FLEX may know only one of two spellings of a lender
                name = text_key(lender)
                catalogue[name] = catalogue.get(name, ()) + await theirs.of_lender(lender)
        return CardInputs(
            card=card,
            field_map=self.field_map,
            workspace=self.workspace,
            extras=extras,
            links=links,
            generations=generations,
            catalogue=catalogue,
            writable=self._cards.writable(card.id),
            today=self._zone(self.clock.now()).date(),
            same_products={same.product: same.flex_id for same in await self.book.all(SameProduct)},
            unclear=people.unclear,
            has_gateway=self.has_gateway,
        )


def objection_to(preview: Preview) -> DeskError:
    """Return the error of a preview that can't be pushed: the code of its first objection, and all their messages."""
    return DeskError(preview.reasons[0].code, " ".join(reason.message for reason in preview.reasons))


def _nothing_to_take(match: ProductMatch, why: str) -> DeskError:
    product = match.product
    return DeskError("no-near-miss", f"{product.id} ({product.lender} {product.name}): {why}.")


def _copied(card: Card) -> list[tuple[Entity, str]]:
    """Return the kind and local id of each record that a push of the card copies."""
    return [
        *((Entity.PERSON, applicant.contact.id) for applicant in card.people),
        (Entity.OPPORTUNITY, card.id),
        *records_of_opportunity(card),
    ]


def records_of_opportunity(card: Card) -> list[tuple[Entity, str]]:
    """Return the kind and local id of each record that belongs to the card's opportunity."""
    return [
        (Entity.PROPERTY, card.id),
        *((Entity.PRODUCT_LINK, f"{card.id}/{product.id}") for product in card.products),
        *((Entity.APPLICANT, f"{card.id}/{applicant.contact.id}") for applicant in card.people),
    ]


def _as_confirmed(inputs: CardInputs, plan: Plan) -> CardInputs:
    """Return the inputs without the people whom our own pushes linked since the plan was confirmed."""
    created = {
        step.local_id: step.ref
        for step in plan.steps
        if step.entity is Entity.PERSON and step.system is System.FLEX and step.operation is Operation.CREATE
    }
    ours = {
        person_id: link.remote_id
        for person_id, ref in created.items()
        if (link := inputs.link(Entity.PERSON, person_id)) and link.ref == ref
    }
    people = tuple(
        msgspec.structs.replace(applicant, contact=msgspec.structs.replace(applicant.contact, flex_id=None))
        if applicant.contact.flex_id is not None
        and ours.get(applicant.contact.id) == applicant.contact.flex_id
        else applicant
        for applicant in inputs.card.people
    )
    links = {key: link for key, link in inputs.links.items() if link.local_id not in ours}
    return msgspec.structs.replace(
        inputs, card=msgspec.structs.replace(inputs.card, people=people), links=links
    )
