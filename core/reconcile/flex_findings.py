"""What a look at FLEX shows: records gone or merged, other people, references that the book does not know. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final

from msgspec import Struct

from core.flex.decoding import flex_person
from core.flex.model import Person, Phones
from core.flex.plans.identity import bears_another_reference, difference, doubts_about
from core.push.plan import Entity, System
from core.push.ports import RemoteRecord
from core.push.records import Link
from core.reconcile.model import Discrepancy, DiscrepancyKind, NotCompared, Remedy
from core.reconcile.references import KnownReferences
from core.reconcile.values import ReceiptValues

READ: Final = (Entity.PERSON, Entity.OPPORTUNITY, Entity.PROPERTY)
"""The kinds of FLEX records that are looked at, in the order of the report."""
_NAMES: Final = {
    Entity.PERSON: "contact",
    Entity.OPPORTUNITY: "opportunity",
    Entity.PROPERTY: "property",
}
_GONE: Final[Mapping[Entity, tuple[Remedy, ...]]] = {
    Entity.PERSON: (Remedy.UNLINK, Remedy.FIND_LINKS),
    Entity.OPPORTUNITY: (Remedy.UNLINK,),
    Entity.PROPERTY: (Remedy.BY_HAND,),
}
"""What can be done about a record that is gone. FLEX takes the property of an opportunity once, so it is keyed in."""


class FlexLook(Struct, frozen=True):
    """One kind of FLEX's records as it was read.

    `records` are by FLEX ID; all of FLEX's if `is_listed`, else those that were asked for one by one. `gone` are ids
    that were asked for and are not there, `unasked` those that nobody asked for.
    """

    records: Mapping[str, RemoteRecord]
    gone: frozenset[str] = frozenset()
    unasked: frozenset[str] = frozenset()
    is_listed: bool = True


class SettledDoubts(Struct, frozen=True):
    """Which doubts about a person and a contact a person has settled: the hashes of the reasons, by (id, FLEX ID)."""

    reasons: Mapping[tuple[str, str], frozenset[str]]
    hashed: Callable[[str], str]

    def settles(self, person: str, flex_id: str, doubts: Collection[str]) -> bool:
        """Return True if a person settled each of these doubts before."""
        known = self.reasons.get((person, flex_id), frozenset())
        return all(self.hashed(doubt) in known for doubt in doubts)


class FlexFound(Struct, frozen=True):
    """What was found. `links` is how many links were compared. `others` and `strangers` are those of `SystemLook`."""

    rows: tuple[Discrepancy, ...]
    not_compared: tuple[NotCompared, ...]
    links: int
    others: int = 0
    strangers: int = 0


class FlexComparison:
    """Compares one look at FLEX with the book. `cards` has each card's FLEX ID as its source says it, by the card's id.

    `cards` is None if the cards could not be read.
    """

    def __init__(
        self,
        links: Sequence[Link],
        looks: Mapping[Entity, FlexLook],
        known: KnownReferences,
        receipts: ReceiptValues,
        settled: SettledDoubts,
        cards: Mapping[str, str | None] | None,
    ) -> None:
        self._links = [link for link in links if link.system is System.FLEX and link.entity in looks]
        self._looks = looks
        self._known = known
        self._receipts = receipts
        self._settled = settled
        self._cards = cards
        self._unnamed = 0

    def find(self) -> FlexFound:
        """Return what the comparison shows."""
        rows = [row for link in self._links if (row := self._of_link(link)) is not None]
        unknown, others, strangers = self._unknown()
        unasked = sum(link.remote_id in self._looks[link.entity].unasked for link in self._links)
        return FlexFound(
            (*rows, *unknown),
            tuple(self._not_compared(unasked)),
            len(self._links) - unasked,
            others,
            strangers,
        )

    # -- links -----------------------------------------------------------------------------------------

    def _of_link(self, link: Link) -> Discrepancy | None:
        look = self._looks[link.entity]
        if link.remote_id in look.gone:
            return self._gone(link, look)
        record = look.records.get(link.remote_id)
        if record is None or link.entity is not Entity.PERSON:
            return None
        return self._other_person(link, record)

    def _gone(self, link: Link, look: FlexLook) -> Discrepancy:
        """Return the row of a link whose record is gone: merged if another record has its reference."""
        name = _NAMES[link.entity]
        bearer = next((one.remote_id for one in look.records.values() if one.ref and one.ref == link.ref), "")
        if bearer:
            reason = f"FLEX has no {name} of this ID; {bearer} has its reference now."
            remedies = (Remedy.RELINK,) if link.entity is not Entity.PROPERTY else (Remedy.BY_HAND,)
            return self._row(DiscrepancyKind.MERGED, link, reason, remedies, bearer)
        reason = f"FLEX has no {name} of this ID any more."
        return self._row(DiscrepancyKind.GONE, link, reason, _GONE[link.entity])

    def _other_person(self, link: Link, record: RemoteRecord) -> Discrepancy | None:
        """Return the row of a contact that is clearly another person than the one that was sent."""
        sent = self._receipts.of_record.get((System.FLEX, Entity.PERSON, link.remote_id))
        person = person_as_sent(link.local_id, {path[0]: value.sent for path, value in (sent or {}).items()})
        held = flex_person(record.fields)
        refs = {link.ref, *self._known.of_thing(System.FLEX, Entity.PERSON, link.local_id)}
        if sent is None:
            self._unnamed += 1
        doubts = doubts_about(person, held, refs)
        if not doubts or self._settled.settles(link.local_id, link.remote_id, doubts):
            return None
        why = [
            *([f"the contact has {said}" if (said := difference(person, held)) else ""]),
            *(["it has the reference of another record"] if bears_another_reference(held, refs) else []),
        ]
        reason = f"This may be another person than the one that was sent: {'; '.join(filter(None, why))}."
        return self._row(DiscrepancyKind.OTHER_PERSON, link, reason, (Remedy.UNLINK, Remedy.RELINK))

    # -- references ------------------------------------------------------------------------------------

    def _unknown(self) -> tuple[list[Discrepancy], int, int]:
        """Return the references of this workspace that the book does not know, and how many others there are."""
        records = [
            (entity, record)
            for entity, look in self._looks.items()
            if look.is_listed
            for record in look.records.values()
            if self._known.is_unknown(record.ref)
        ]
        if not records or self._cards is None:
            return [], 0, len(records)
        owners = {
            entity: self._known.owners(System.FLEX, entity, self._cards)
            for entity in (Entity.OPPORTUNITY, Entity.PROPERTY)
        }
        cards: dict[str, str] = {}
        """The card of each unknown opportunity of this workspace, and of the people on the opportunity, by FLEX ID."""
        for entity, record in records:
            card = owners[Entity.OPPORTUNITY].get(record.ref or "") if entity is Entity.OPPORTUNITY else None
            if card is not None:
                cards[record.remote_id] = card
                cards |= dict.fromkeys(_applicants(record.fields), card)
        rows: list[Discrepancy] = []
        others = strangers = 0
        for entity, record in records:
            card = cards.get(record.remote_id) or owners.get(entity, {}).get(record.ref or "")
            if card is None:
                strangers += 1
            elif self._is_named(entity, card, record, cards):
                others += 1
            else:
                rows.append(self._unknown_row(entity, card, record))
        return rows, others, strangers

    def _is_named(self, entity: Entity, card: str, record: RemoteRecord, cards: Mapping[str, str]) -> bool:
        """Return True if the card's source names the opportunity to which a record belongs."""
        named = (self._cards or {}).get(card)
        if entity is Entity.OPPORTUNITY:
            return named == record.remote_id
        if entity is Entity.PROPERTY:
            on = record.fields.get("Opportunity")
            return isinstance(on, Mapping) and named == on.get("FLEXId")
        return named is not None and cards.get(named) == card

    def _unknown_row(self, entity: Entity, card: str, record: RemoteRecord) -> Discrepancy:
        linked = next(
            (link for link in self._links if link.entity is Entity.OPPORTUNITY and link.local_id == card),
            None,
        )
        who = "Another book of this workspace, or a newer copy of this one, made it"
        if entity is Entity.PERSON:
            reason, remedies = f"{who} for card {card}.", (Remedy.FIND_LINKS,)
        elif linked is not None:
            reason = f"{who} for card {card}, which this book links to {linked.remote_id}."
            remedies = (Remedy.UNLINK,)
        else:
            reason, remedies = f"{who} for card {card}.", (Remedy.RELINK,)
        return Discrepancy(
            DiscrepancyKind.UNKNOWN_REFERENCE,
            reason,
            System.FLEX,
            entity,
            "" if entity is Entity.PERSON else card,
            record.remote_id,
            other_id=record.remote_id if entity is Entity.OPPORTUNITY else _opportunity_of(record),
            about=card,
            card=card,
            remedies=remedies,
        )

    def _row(
        self, kind: DiscrepancyKind, link: Link, reason: str, remedies: tuple[Remedy, ...], other_id: str = ""
    ) -> Discrepancy:
        """Return a row about a link. The card of a person is the one with which the person was last sent."""
        sent = self._receipts.of_record.get((System.FLEX, link.entity, link.remote_id), {})
        card = next((value.about for value in sent.values()), "")
        return Discrepancy(
            kind,
            reason,
            System.FLEX,
            link.entity,
            link.local_id,
            link.remote_id,
            other_id=other_id,
            about=link.local_id,
            card=card if link.entity is Entity.PERSON else link.local_id,
            remedies=remedies,
        )

    # -- what was not compared -------------------------------------------------------------------------

    def _not_compared(self, unasked: int) -> Iterator[NotCompared]:
        if unasked:
            yield NotCompared(System.FLEX, "links", unasked, "not compared this time; --full compares all")
        if self._unnamed:
            why = "no receipt says who was sent; only the reference was compared"
            yield NotCompared(System.FLEX, "people", self._unnamed, why)
        unlisted = [_NAMES[entity] for entity, look in self._looks.items() if not look.is_listed]
        if unlisted:
            what = f"kinds of records ({', '.join(unlisted)}) for references that this book does not know"
            yield NotCompared(System.FLEX, what, len(unlisted), "the list is long; --full reads it")
        if self._cards is None:
            why = "the cards could not be read"
            yield NotCompared(System.FLEX, "kinds of references that this book does not know", 1, why)


def person_as_sent(local_id: str, sent: Mapping[str, Any]) -> Person:
    """Return the person whom a push sent to FLEX, by the names of FLEX's fields. A field that was not sent is None."""

    def text(name: str) -> str | None:
        value = sent.get(name)
        return value if isinstance(value, str) and value.strip() else None

    return Person(
        local_id,
        text("FirstName"),
        text("MiddleName"),
        text("LastName"),
        text("EmailAddress"),
        _date(text("DateOfBirth")),
        Phones(text("CellularPhone"), text("HomePhone"), text("WorkPhone")),
    )


def _date(written: str | None) -> date | None:
    """Return a date as FLEX writes it (`dd/mm/yyyy`), None for anything else."""
    try:
        return datetime.strptime(written or "", "%d/%m/%Y").date()
    except ValueError:
        return None


def _applicants(fields: Mapping[str, Any]) -> list[str]:
    given = fields.get("Applicants")
    return [
        str(one["FLEXId"])
        for one in (given if isinstance(given, list) else [])
        if isinstance(one, dict) and isinstance(one.get("FLEXId"), str)
    ]


def _opportunity_of(record: RemoteRecord) -> str:
    on = record.fields.get("Opportunity")
    flex_id = on.get("FLEXId") if isinstance(on, dict) else None
    return flex_id if isinstance(flex_id, str) else ""
