"""Link a person to a contact of FLEX, and take a link back: which contact an update of the person would change.

Nothing is stored here: `LinkUseCases.confirm` stores what a person has confirmed.
"""

from __future__ import annotations

from msgspec import Struct

from core.errors import DeskError
from core.flex.model import FlexPerson, HeldPerson
from core.flex.person_ids import is_another_person
from core.flex.plans.link import LinkPreview, link_plan, unlink_plan, write_flex_id
from core.flex.use_cases.cards import CardUseCases
from core.flex.use_cases.flex_ids import find_contact, meant_ids
from core.flex.use_cases.people import links_to_contact
from core.push.engine import Engine
from core.push.plan import Entity, Step, System, link_key, make_ref
from core.push.records import Generation, Link, Unlinked


class _PersonLink(Struct, frozen=True):
    """A person's link today: what the source of cards and the book know.

    `held` is None if the source does not have the person.
    """

    person_id: str
    held: HeldPerson | None
    link: Link | None
    ref: str

    @property
    def name(self) -> str:
        return self.held.person.name if self.held else self.person_id

    @property
    def in_source(self) -> str | None:
        return self.held.person.flex_id if self.held else None

    @property
    def flex_id(self) -> str | None:
        """The FLEX ID that an update would change. The source's ID wins over the book's."""
        return self.in_source or (self.link.remote_id if self.link else None)


class PersonLinkUseCases:
    """The use cases of links between people and FLEX contacts."""

    def __init__(self, cards: CardUseCases) -> None:
        self._cards = cards

    async def preview(self, person_id: str, flex_id: str, engine: Engine) -> LinkPreview:
        """Return what linking a person to a contact does. It replaces the link that the person has.

        Raises `DeskError` (bad-flex-id, busy, unknown-person, already-linked, id-in-file, taken, no-such-contact),
        `BadRecord`, `Unreachable`, `BookClosed`.
        """
        meant_ids(flex_id)
        _not_while_pushing(person_id, engine)
        flex_id, contact = await self._contact(flex_id)
        now = await self._read(person_id)
        in_book = now.link.remote_id if now.link else None
        if flex_id in (in_book, now.in_source) and {in_book, now.in_source} <= {flex_id, None}:
            raise DeskError("already-linked", f"{now.name} is linked to {flex_id} already.")
        if now.in_source != flex_id:
            _refuse_if_in_a_file(now)
        numbered = await self._book_knows(flex_id, now)
        at = self._cards.clock.now()
        link = Link(System.FLEX, Entity.PERSON, person_id, flex_id, now.ref, at)
        steps: tuple[Step, ...] = ()
        if now.held and now.held.writable and now.in_source != flex_id:
            steps = (self._write(now, flex_id),)
        return LinkPreview(
            link_plan(person_id, now.name, flex_id, steps, self._cards.field_map.version),
            Entity.PERSON,
            flex_id,
            now.flex_id,
            (link,),
            ((Unlinked, link.key), *((Link, older.key) for older in numbered)),
            tuple(self._warnings(now, flex_id, contact)),
        )

    async def preview_unlink(self, person_id: str, engine: Engine) -> LinkPreview:
        """Return what taking a person's link back does. FLEX keeps the contact.

        Raises `DeskError` (busy, unknown-person, not-linked, id-in-file), `BadRecord`, `Unreachable`, `BookClosed`.
        """
        _not_while_pushing(person_id, engine)
        now = await self._read(person_id)
        if now.flex_id is None:
            raise DeskError("not-linked", f"{now.name} is not linked.", when="the link of a person")
        _refuse_if_in_a_file(now)
        unlinked = Unlinked(
            System.FLEX,
            Entity.PERSON,
            person_id,
            now.flex_id,
            Entity.PERSON,
            now.link.ref if now.link else now.ref,
            self._cards.operator,
            self._cards.clock.now(),
        )
        steps = (self._write(now, None),) if now.held and now.held.writable and now.in_source else ()
        return LinkPreview(
            unlink_plan(person_id, now.name, now.flex_id, steps, self._cards.field_map.version),
            Entity.PERSON,
            None,
            now.flex_id,
            (unlinked,),
            ((Link, unlinked.key),),
        )

    async def _read(self, person_id: str) -> _PersonLink:
        """Return a person's link as it is. Raises `DeskError` (unknown-person) if neither source nor book has one."""
        key = link_key(System.FLEX, Entity.PERSON, person_id)
        link = await self._cards.book.get(Link, key)
        try:
            held = await self._cards.person(person_id)
        except DeskError as error:
            if error.code != "unknown-person" or link is None:
                raise
            held = None
        generation = await self._cards.book.get(Generation, key)
        number = generation.number if generation else 0
        ref = make_ref(self._cards.workspace, System.FLEX, Entity.PERSON, person_id, number)
        return _PersonLink(person_id, held, link, ref)

    async def _book_knows(self, flex_id: str, now: _PersonLink) -> list[Link]:
        """Return the links to a contact under ids that an earlier version may have given to the person.

        Raises `DeskError` (taken) if the book has the contact as another person's.
        """
        links = await links_to_contact(self._cards.book, flex_id)
        for link in links:
            if is_another_person(link.local_id, now.person_id):
                raise DeskError("taken", f"{flex_id} is linked to person {link.local_id} already.")
        return [link for link in links if link.local_id != now.person_id]

    async def _contact(self, typed: str) -> tuple[str, FlexPerson | None]:
        """Return the FLEX ID that a person means, and FLEX's contact, or None if FLEX can't be asked.

        Raises the errors of `find_contact`.
        """
        records = self._cards.records
        flex_id = await find_contact(records, typed)
        return flex_id, None if records is None else await records.person(flex_id)

    def _write(self, now: _PersonLink, flex_id: str | None) -> Step:
        ref = make_ref(self._cards.workspace, System.BROKERENGINE, Entity.PERSON, now.person_id)
        return write_flex_id(ref, Entity.PERSON, now.person_id, flex_id, was=now.in_source)

    def _warnings(self, now: _PersonLink, flex_id: str, contact: FlexPerson | None) -> list[str]:
        if contact is None:
            return []
        name = (
            " ".join(part for part in (contact.first_name, contact.last_name) if part)
            or "a contact without a name"
        )
        more = [part for part in (contact.birth_date and f"born {contact.birth_date}", contact.email) if part]
        said = (
            f"FLEX contact {flex_id} is {', '.join((name, *more))}. The next push of {now.name} updates it."
        )
        if now.in_source and now.link and now.in_source != now.link.remote_id:
            return [said, f"The source says {now.in_source}, the book says {now.link.remote_id}."]
        return [said]


def _refuse_if_in_a_file(now: _PersonLink) -> None:
    if now.held and now.in_source and not now.held.writable:
        raise id_in_file(now.name, now.in_source, now.held.place)


def id_in_file(name: str, flex_id: str, place: str) -> DeskError:
    """Return the error about a FLEX ID that is in a file, which the desk does not change."""
    return DeskError("id-in-file", f"The FLEX ID {flex_id} of {name} is in {place}. Nothing was changed.")


def _not_while_pushing(person_id: str, engine: Engine) -> None:
    for push in engine.unfinished():
        live = engine.live(push.push_id)
        if live and any(
            step.entity is Entity.PERSON and step.local_id == person_id for step in live.plan.steps
        ):
            raise DeskError(
                "busy", f"{push.subject} has a push of {person_id} that is not finished ({push.state})."
            )
