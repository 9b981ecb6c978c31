"""The reconciliation: reads the book, the receipts and the systems, and compares them. Writes nothing.

A system that can't be reached is named, and the others are compared anyway.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from core.contacts.reading.reader import ReadKind
from core.contacts.reading.shortfall import fewer_records
from core.contacts.records import Synced
from core.errors import ArchiveDamaged, DeskError
from core.flex.model import CardSummary
from core.flex.records import SamePerson
from core.local_forms import DeskTime
from core.push.live_push import steps_of
from core.push.plan import Entity, System
from core.push.ports import Book, Clock
from core.push.records import Declined, Generation, Link, Push, StepRecord, Unlinked
from core.push.states import StepState
from core.receipts.seal import is_stub
from core.reconcile.flex_findings import READ, FlexComparison, FlexFound, SettledDoubts
from core.reconcile.flex_look import FlexLooker, LookTerms
from core.reconcile.model import (
    Discrepancy,
    DiscrepancyKind,
    NotCompared,
    Reconciliation,
    Remedy,
    Sums,
    SystemLook,
)
from core.reconcile.operators import Confirmers, confirmers_of, with_operators
from core.reconcile.references import KnownReferences
from core.reconcile.sums import ConfirmedPush, ReceiptChain, add_up, follow_chain, is_sealed
from core.reconcile.values import (
    ChangedRecord,
    ComparedValues,
    Held,
    ReceiptValues,
    RecordKey,
    compare_values,
    values_of_receipts,
)

if TYPE_CHECKING:
    from core.contacts.use_cases import ContactUseCases
    from core.flex.model import RejectedRecord
    from core.receipts.seal import Document
    from core.receipts.use_cases import ReceiptUseCases
    from core.reconcile.ports import FlexLists

CONTACT_SYSTEMS: Final = (System.SIMPLENEXUS, System.TOTAL_EXPERT)
RECONCILED: Final = (System.FLEX, *CONTACT_SYSTEMS)
"""The systems that can be reconciled, in the order of the report."""


@dataclass(frozen=True, kw_only=True)
class ReconcileParts:
    """What a reconciliation works with. A system that the profile does not have is None. `cards` lists the cards."""

    book: Book
    receipts: ReceiptUseCases
    clock: Clock
    local: DeskTime
    workspace: str
    cards: Callable[[], AsyncIterator[list[CardSummary | RejectedRecord]]]
    flex: FlexLists | None = None
    contacts: ContactUseCases | None = None

    @property
    def systems(self) -> tuple[System, ...]:
        """The systems of the profile that can be reconciled."""
        flex = (System.FLEX,) if self.flex is not None else ()
        return (*flex, *CONTACT_SYSTEMS) if self.contacts is not None else flex


@dataclass(frozen=True, kw_only=True)
class _Remembered:
    """What the book and the receipts say. `at` is when they were read, in seconds since 1970, UTC."""

    at: float
    links: Sequence[Link]
    known: KnownReferences
    receipts: ReceiptValues
    sums: Sums
    rows: tuple[Discrepancy, ...]
    confirmers: Confirmers


Begins = Callable[[Sequence[System]], None]
"""Called before systems are read, with those that are read together."""


class ReconcileUseCases:
    """The use case of the reconciliation."""

    def __init__(self, parts: ReconcileParts) -> None:
        self.parts = parts
        self._book = parts.book

    async def run(
        self, systems: Collection[System], terms: LookTerms, begins: Begins = lambda systems: None
    ) -> Reconciliation:
        """Compare the book with these systems. Raises `BookClosed`, and `DeskError` if no receipt can be read.

        `begins` is called before systems are read, with the systems that are read together.
        """
        book = await self._remember()
        looks: list[SystemLook] = []
        rows: list[Discrepancy] = list(book.rows)
        left_out: list[NotCompared] = []
        if System.FLEX in systems and self.parts.flex is not None:
            begins([System.FLEX])
            look, found, others = await self._flex(book, terms)
            looks.append(look)
            rows += found
            left_out += others
        wanted = [system for system in CONTACT_SYSTEMS if system in systems]
        if wanted and self.parts.contacts is not None:
            begins(wanted)
            more, found, others = await self._contacts(book, wanted, terms)
            looks += more
            rows += found
            left_out += others
        named = with_operators(rows, book.confirmers)
        return Reconciliation(book.at, tuple(looks), named, tuple(left_out), book.sums, terms.is_full)

    # -- the book and the receipts ---------------------------------------------------------------------

    async def _remember(self) -> _Remembered:
        at = self.parts.clock.now()
        links = await self._book.all(Link)
        pushes = await self._book.all(Push)
        steps = {push.push_id: await self._steps(push) for push in pushes}
        records, documents = await self.parts.receipts.everything()
        refs = {link.ref for link in links}
        refs |= {record.ref for record in await self._book.all(Unlinked)}
        refs |= {record.ref for record in await self._book.all(Declined)}
        generations = {one.link: one.number for one in await self._book.all(Generation)}
        synced = await self._book.all(Synced)

        def digest() -> _Remembered:
            chain = follow_chain(records, documents)
            sums = self._sums(pushes, steps, documents, chain)
            last = {record.push_id: record.number for record in records if record.removed_at is None}
            verified = {push_id for push_id, number in chain.of_push.items() if number == last[push_id]}
            current = [documents[last[push_id]] for push_id in sorted(verified, key=last.__getitem__)]
            known = refs | {step.ref for of_push in steps.values() for step in of_push or ()}
            return _Remembered(
                at=at,
                links=links,
                known=KnownReferences(self.parts.workspace, frozenset(known - {""}), generations),
                receipts=values_of_receipts(current, _untold(pushes, steps, verified)),
                sums=sums,
                rows=tuple(_rows_of_sums(sums, chain)),
                confirmers=confirmers_of(pushes, steps, synced),
            )

        return await asyncio.to_thread(digest)

    async def _steps(self, push: Push) -> list[StepRecord] | None:
        try:
            return await steps_of(self._book, push)
        except ArchiveDamaged:
            return None

    def _sums(
        self,
        pushes: Sequence[Push],
        steps: Mapping[str, Sequence[StepRecord] | None],
        documents: Mapping[int, Document],
        chain: ReceiptChain,
    ) -> Sums:
        confirmed = [
            ConfirmedPush(
                push.push_id,
                self._day(push.created_at),
                push.operator,
                push.asset,
                push.size,
                push.state,
                steps[push.push_id],
            )
            for push in pushes
        ]
        lost = [
            ConfirmedPush(
                str(document["push_id"]),
                self._day(document["confirmed_at"]),
                str(document["operator"]),
                str(document["asset"]),
                len(document["records"]),
                where=f"receipt {number}",
            )
            for number, document in sorted(documents.items())
            if not is_stub(document) and is_sealed(document) and document["push_id"] not in steps
        ]
        sums = add_up([*confirmed, *lost], chain.of_push)
        return replace(sums, last_receipt=chain.last, receipts=chain.count)

    def _day(self, at: float) -> str:
        return f"{self.parts.local(at):%Y-%m-%d}"

    async def _meanwhile(self, book: _Remembered) -> tuple[KnownReferences, set[RecordKey]]:
        """Return what the book knows after a system was read, and the records to which it wrote since it was read.

        A push may run while a system is read: in the app itself, or in another process once the book is opened again.
        """
        links, steps = await self._book.all(Link), await self._book.all(StepRecord)
        refs = book.known.refs | {link.ref for link in links} | {step.ref for step in steps}
        begun = {push.push_id for push in await self._book.all(Push) if push.updated_at >= book.at}
        touched = {
            (step.system, step.entity, step.remote_id)
            for step in steps
            if step.push_id in begun and step.remote_id
        }
        return replace(book.known, refs=refs), touched

    # -- FLEX ------------------------------------------------------------------------------------------

    async def _flex(
        self, book: _Remembered, terms: LookTerms
    ) -> tuple[SystemLook, list[Discrepancy], list[NotCompared]]:
        if self.parts.flex is None:
            raise AssertionError("FLEX was asked for")
        looker = FlexLooker(self.parts.flex, terms)
        try:
            looks = {
                entity: await looker.look(entity, _ids_of(book.links, entity), len(READ) - n)
                for n, entity in enumerate(READ)
            }
        except DeskError as error:
            return SystemLook(System.FLEX, code=error.code, message=error.message), [], []
        known, touched = await self._meanwhile(book)
        comparison = FlexComparison(
            book.links, looks, known, book.receipts, await self._settled(), await self._cards()
        )
        found = await asyncio.to_thread(comparison.find)
        held: Held = {
            (System.FLEX, entity, record.remote_id): record.fields
            for entity, look in looks.items()
            for record in look.records.values()
            if (System.FLEX, entity, record.remote_id) not in touched
        }
        values = await asyncio.to_thread(compare_values, book.receipts, held)
        look = SystemLook(
            System.FLEX, found.links, values.compared.get(System.FLEX, 0), found.others, found.strangers
        )
        return look, _with_changed(found.rows, values, book.links), _left_out_of_flex(book, found)

    async def _settled(self) -> SettledDoubts:
        same = await self._book.all(SamePerson)
        known = {(one.person, one.flex_id): frozenset(one.reasons) for one in same}
        return SettledDoubts(known, lambda doubt: self._book.keyed_hash("doubt", doubt))

    async def _cards(self) -> dict[str, str | None] | None:
        """Return the FLEX ID that each card's source names, None if the cards can't be read."""
        cards: dict[str, str | None] = {}
        try:
            async for page in self.parts.cards():
                cards |= {item.id: item.flex_id for item in page if isinstance(item, CardSummary)}
        except DeskError:
            return None
        return cards

    # -- contacts --------------------------------------------------------------------------------------

    async def _contacts(
        self, book: _Remembered, wanted: Sequence[System], terms: LookTerms
    ) -> tuple[list[SystemLook], list[Discrepancy], list[NotCompared]]:
        from core.contacts.review.use_cases import ReviewUseCases  # noqa: PLC0415 - FLEX alone does without it
        from core.reconcile.contact_findings import ContactComparison, held_contacts  # noqa: PLC0415 - as above

        contacts = self.parts.contacts
        if contacts is None:
            raise AssertionError("the contacts were asked for")
        try:
            snapshot = await (contacts.gather_all() if terms.is_full else contacts.gather())
            if short := contacts.short_reads:  # what seems to be gone may be on a page that never came
                raise fewer_records(short, self.parts.local, "brokerdesk match --full reads again.")
        except DeskError as error:
            return [SystemLook(system, code=error.code, message=error.message) for system in wanted], [], []
        review = ReviewUseCases(self._book, self.parts.clock, contacts.terms.operator)
        reviewed = await review.begin(await contacts.match(snapshot))
        open_rows = [item.row for item in reviewed.queue]
        known, touched = await self._meanwhile(book)
        comparison = ContactComparison(snapshot, open_rows, book.links, known)
        found = await asyncio.to_thread(comparison.find)
        everybody = held_contacts((*snapshot.simplenexus, *snapshot.total_expert))
        held = {key: fields for key, fields in everybody.items() if key not in touched}
        values = await asyncio.to_thread(compare_values, book.receipts, held)
        rows = [row for row in _with_changed(found.rows, values, book.links) if row.system in wanted]
        looks = [
            SystemLook(
                system,
                found.links,
                values.compared.get(system, 0),
                found.others.get(system, 0),
                found.strangers.get(system, 0),
            )
            for system in wanted
        ]
        return looks, rows, _left_out_of_contacts(book, wanted, values, self._full_reads())

    def _full_reads(self) -> dict[System, str]:
        """Return when each system was last read in full, in words, of those of which only changes were read now."""
        reads = self.parts.contacts.reads if self.parts.contacts is not None else ()
        return {
            read.system: self.parts.local.day_and_clock(read.full_at)
            for read in reads
            if read.kind is ReadKind.INCREMENTAL
        }


def _ids_of(links: Sequence[Link], entity: Entity) -> set[str]:
    return {link.remote_id for link in links if (link.system, link.entity) == (System.FLEX, entity)}


def _untold(
    pushes: Sequence[Push], steps: Mapping[str, Sequence[StepRecord] | None], told: Collection[str]
) -> dict[RecordKey, float]:
    """Return when a push without a receipt last wrote to each record, in seconds since 1970."""
    untold: dict[RecordKey, float] = {}
    for push in pushes:
        if push.push_id in told:
            continue
        for step in steps[push.push_id] or ():
            if step.state is StepState.DONE and step.remote_id and step.attempts:
                key = step.system, step.entity, step.remote_id
                untold[key] = max(untold.get(key, 0.0), push.created_at)
    return untold


def _rows_of_sums(sums: Sums, chain: ReceiptChain) -> list[Discrepancy]:
    said = [*zip(sums.off, sums.off_operators, strict=True), *((fault, "") for fault in chain.faults)]
    return [
        Discrepancy(DiscrepancyKind.SUM, reason, remedies=(Remedy.VERIFY_RECEIPTS,), operator=operator)
        for reason, operator in said
    ]


def _with_changed(
    rows: Sequence[Discrepancy], values: ComparedValues, links: Sequence[Link]
) -> list[Discrepancy]:
    """Return the rows with one for each record that changed, unless it is named as another person's already."""
    named = {(row.system, row.remote_id) for row in rows}
    local_ids = {(link.system, link.entity, link.remote_id): link.local_id for link in links}
    changed = [
        _changed_row(one, local_ids.get(one.key, one.value.local_id))
        for one in values.changed
        if (one.key[0], one.key[2]) not in named
    ]
    return [*rows, *changed]


def _changed_row(changed: ChangedRecord, local_id: str) -> Discrepancy:
    system, entity, remote_id = changed.key
    value, number = changed.value, len(changed.names)
    if system is not System.FLEX:
        more: tuple[Remedy, ...] = (Remedy.REVIEW,)
    elif not value.about:
        more = ()
    else:
        more = (Remedy.SEND_PEOPLE_AGAIN if entity is Entity.PERSON else Remedy.BY_HAND,)
    holds = "value differs" if number == 1 else "values differ"
    return Discrepancy(
        DiscrepancyKind.CHANGED,
        f"{number} {holds} from receipt {value.number}: {', '.join(changed.names)}.",
        system,
        entity,
        local_id,
        remote_id,
        fields=changed.names,
        other_id=value.push_id,
        about=value.about or local_id,
        card=value.about,
        remedies=(Remedy.CHECK_RECEIPT, *more),
    )


def _left_out_of_flex(book: _Remembered, found: FlexFound) -> list[NotCompared]:
    others = sum(link.system is System.FLEX and link.entity not in READ for link in book.links)
    left_out = list(found.not_compared)
    if others:
        what = "links of notes, product links and applicants"
        left_out.append(
            NotCompared(
                System.FLEX, what, others, "each would cost a request; receipt --check reads one push"
            )
        )
    if not_read := book.receipts.not_read.get(System.FLEX, 0):
        left_out.append(NotCompared(System.FLEX, "values", not_read, "they were never read back"))
    return left_out


def _left_out_of_contacts(
    book: _Remembered,
    wanted: Sequence[System],
    values: ComparedValues,
    full_reads: Mapping[System, str],
) -> list[NotCompared]:
    left_out: list[NotCompared] = []
    for system in wanted:
        if not_read := book.receipts.not_read.get(system, 0):
            left_out.append(NotCompared(system, "values", not_read, "they were never read back"))
        if unseen := values.unseen.get(system, 0):
            left_out.append(NotCompared(system, "values", unseen, "the list of contacts does not give them"))
        insights = sum((link.system, str(link.entity)) == (system, "insight") for link in book.links)
        if insights:
            left_out.append(NotCompared(system, "insights", insights, "each would cost a request"))
        if system in full_reads:
            what = f"removals since the last full read of {full_reads[system]}"
            left_out.append(NotCompared(system, what, 0, "--full finds them"))
    return left_out
