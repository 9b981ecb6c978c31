"""Search FLEX once for the people and opportunities of all cards, and link what a person has chosen.

The search links nothing. A card that can't be read or searched costs itself only. Cancelling the task ends the search.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from typing import Final

from msgspec import Struct

from core.errors import BookClosed, DeskError, Unreachable
from core.flex.model import CardSummary, FlexOpportunity, Person, RejectedRecord
from core.flex.person_ids import numbered_ids
from core.flex.plans.identity import standing_id
from core.flex.plans.inputs import CardInputs
from core.flex.plans.linking_up import LinkSuggestion, SearchedCard, SearchedPerson, suggest
from core.flex.plans.objections import flex_id_of
from core.flex.ports import FlexRecords
from core.flex.use_cases.cards import CardUseCases
from core.flex.use_cases.links import LinkUseCases
from core.flex.use_cases.people import contacts_like
from core.push.engine import Engine
from core.push.plan import Entity, digest_of
from core.push.records import Link, Push

UNREACHABLE_IN_A_ROW: Final = 3
"""The number of cards in a row for which a system can't be reached that ends the search."""


class SearchProgress(Struct, frozen=True):
    """How far a search is: `done` of `total` cards."""

    done: int
    total: int


class SearchFailed(Struct, frozen=True):
    """What was not searched for, and why. `what` is a card's id, or "opportunities"."""

    what: str
    message: str


class FoundLinks(Struct, frozen=True):
    """What a search found. `cards` is the number of cards that were searched for."""

    suggestions: tuple[LinkSuggestion, ...]
    failed: tuple[SearchFailed, ...]
    cards: int


class LinkTaken(Struct, frozen=True):
    """A card or a person was linked. `push` writes the FLEX ID to BrokerEngine; it is not always done."""

    local_id: str
    push: Push


class LinkNotTaken(Struct, frozen=True):
    """A card or a person could not be linked."""

    local_id: str
    error: DeskError


def choices_digest(choices: Mapping[str, str]) -> str:
    """Return eight hex digits over the choices (FLEX ID by local id), whatever their order."""
    return digest_of(f"{local_id}={flex_id}" for local_id, flex_id in sorted(choices.items()))


class LinkUpUseCases:
    """The use cases of linking many cards and people in one go."""

    def __init__(self, cards: CardUseCases, links: LinkUseCases) -> None:
        self._cards = cards
        self._links = links

    async def find(self, tell: Callable[[SearchProgress], None] = lambda progress: None) -> FoundLinks:
        """Search FLEX for the people and the opportunities of every card, and return suggestions.

        `tell` hears how far the search is. Raises `DeskError` (no-search), `Unreachable` if the list of cards can't be
        read, `BookClosed`.
        """
        records = self._cards.records
        if records is None:
            raise DeskError("no-search", "This profile has no FLEX that can be searched.")
        listed = [item async for page in self._cards.cards() for item in page]
        failed = [SearchFailed(item.id, item.reason) for item in listed if isinstance(item, RejectedRecord)]
        ids = [item.id for item in listed if isinstance(item, CardSummary)]
        search = _Search(self._cards, records)
        for n, card_id in enumerate(ids):
            tell(SearchProgress(n, len(ids)))
            if (error := await search.add(card_id)) is not None:
                failed.append(SearchFailed(card_id, error.message))
        tell(SearchProgress(len(ids), len(ids)))
        opportunities: list[FlexOpportunity] = []
        if any(card.flex_id is None for card in search.cards):
            try:
                opportunities = [one async for page in records.opportunities() for one in page]
            except Unreachable as error:
                failed.append(SearchFailed("opportunities", error.message))
        suggestions = suggest(search.cards, search.people, opportunities, await self._taken(search.people))
        return FoundLinks(tuple(suggestions), tuple(failed), len(search.cards))

    async def _taken(self, people: Iterable[str]) -> frozenset[str]:
        """Return the FLEX IDs of the book's links, without links under an id that an earlier version gave a person."""
        numbered = {numbered_id for person_id in people for numbered_id in numbered_ids(person_id)}
        links = [
            link
            for entity in (Entity.PERSON, Entity.OPPORTUNITY)
            for link in await self._cards.book.where(Link, entity=entity)
        ]
        return frozenset(link.remote_id for link in links if link.local_id not in numbered)

    async def take(
        self, suggestions: Sequence[LinkSuggestion], choices: Mapping[str, str], engine: Engine
    ) -> AsyncIterator[LinkTaken | LinkNotTaken]:
        """Link what a person chose (FLEX ID by local id), one after the other, in the order of the suggestions.

        A link that fails stops no other. Ends after the first `LinkNotTaken` with `BookClosed`.
        """
        for suggestion in suggestions:
            flex_id = choices.get(suggestion.local_id)
            if flex_id is None:
                continue
            try:
                preview = await self._links.preview_of(
                    suggestion.entity, suggestion.local_id, flex_id, engine
                )
                begun = await self._links.confirm(preview, engine)
                yield LinkTaken(suggestion.local_id, await engine.finish(begun.push_id))
            except BookClosed as error:
                yield LinkNotTaken(suggestion.local_id, error)
                return
            except DeskError as error:
                yield LinkNotTaken(suggestion.local_id, error)


class _Search:
    """Collects cards and people, and what FLEX has of each person. Each person is asked about once."""

    def __init__(self, cards: CardUseCases, records: FlexRecords) -> None:
        self._use_cases = cards
        self._records = records
        self._unreachable: list[Unreachable] = []
        self.cards: list[SearchedCard] = []
        self.people: dict[str, SearchedPerson] = {}

    async def add(self, card_id: str) -> DeskError | None:
        """Read a card and search FLEX for its people. Return the error if that fails. Raises `BookClosed`."""
        if len(self._unreachable) >= UNREACHABLE_IN_A_ROW:
            return self._unreachable[-1]
        try:
            inputs = await self._use_cases.gather(card_id)
            people = [await self._person(inputs, applicant.contact) for applicant in inputs.card.people]
        except BookClosed:
            raise
        except DeskError as error:
            if isinstance(error, Unreachable):
                self._unreachable.append(error)
            return error
        self._unreachable.clear()
        self.people |= {searched.person.id: searched for searched in people}
        ref = inputs.ref(Entity.OPPORTUNITY, card_id)
        self.cards.append(SearchedCard(inputs.card, ref, flex_id_of(inputs)))
        return None

    async def _person(self, inputs: CardInputs, person: Person) -> SearchedPerson:
        if person.id in self.people:
            return self.people[person.id]
        flex_id = standing_id(inputs, person)
        refs = frozenset({inputs.ref(Entity.PERSON, person.id)})
        hits = await contacts_like(self._records, person) if flex_id is None else ()
        return SearchedPerson(person, refs, flex_id, hits)
