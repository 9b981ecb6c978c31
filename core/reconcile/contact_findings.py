"""What a look at both contact systems shows: contacts gone, merged or moved, other people, unknown references. Pure.

The verdicts are those of the match and the review (docs/matching.md). No rule about people is made here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from msgspec import Struct

from core.contacts.match.existing_links import pair_of
from core.contacts.match.snapshot import MatchSnapshot, ids_read
from core.contacts.model import Contact, ContactKind, Reason, VerdictRow
from core.contacts.payloads import held_values
from core.push.plan import Entity, System
from core.push.records import Link
from core.reconcile.model import Discrepancy, DiscrepancyKind, Remedy
from core.reconcile.references import KnownReferences
from core.reconcile.values import RecordKey
from core.systems import display_name
from core.texts import how_many

_ENTITIES: Final = {
    ContactKind.CONTACT: (System.TOTAL_EXPERT, Entity.CONTACT),
    ContactKind.PROSPECT: (System.SIMPLENEXUS, Entity.PROSPECT),
    ContactKind.BORROWER: (System.SIMPLENEXUS, Entity.BORROWER),
    ContactKind.PARTNER: (System.SIMPLENEXUS, Entity.PARTNER),
}
Pair = tuple[str, str]


class ContactsFound(Struct, frozen=True):
    """What was found. `links` counts the links that were compared; the other two are by system, as in `SystemLook`."""

    rows: tuple[Discrepancy, ...]
    links: int
    others: Mapping[System, int]
    strangers: Mapping[System, int]


class ContactComparison:
    """Compares one look at both systems with the book.

    `open_rows` are the rows of the match that need a person: what a person answered is not asked again.
    """

    def __init__(
        self,
        snapshot: MatchSnapshot,
        open_rows: Iterable[VerdictRow],
        links: Iterable[Link],
        known: KnownReferences,
    ) -> None:
        self._snapshot = snapshot
        self._open = open_rows
        self._known = known
        self._ours = {contact.id: contact for contact in snapshot.simplenexus}
        self._theirs = {contact.id: contact for contact in snapshot.total_expert}
        self._links = {pair: link for link in links if (pair := pair_of(link)) is not None}

    def find(self) -> ContactsFound:
        """Return what the comparison shows."""
        rows = [row for verdict in self._open for row in self._of_verdict(verdict)]
        unknown, others, strangers = self._unknown()
        return ContactsFound(
            (*rows, *self._both_gone(), *unknown), len(self._snapshot.links), others, strangers
        )

    # -- links -----------------------------------------------------------------------------------------

    def _of_verdict(self, row: VerdictRow) -> Iterator[Discrepancy]:
        """Yield the row of a link that needs a person. Other rows are about records that are not linked."""
        if row.reason is Reason.HALF_GONE:
            yield self._gone(row)
            return
        pair = (row.simplenexus_ids or ("",))[0], (row.total_expert_ids or ("",))[0]
        if row.reason is Reason.MOVED:
            said = "The two contacts of this link have different owners now."
            yield self._row(DiscrepancyKind.MOVED, pair, said, (Remedy.JUDGE_SAME, Remedy.JUDGE_UNLINK))
        elif row.reason is Reason.DOUBTED:
            said = "The evidence about this link now speaks for two people."
            yield self._row(DiscrepancyKind.OTHER_PERSON, pair, said, (Remedy.REVIEW, Remedy.JUDGE_SAME))
        elif row.reason is Reason.LINKED_TWICE:
            number = len(row.simplenexus_ids) + len(row.total_expert_ids)
            said = f"One contact is linked to several: {how_many(number, 'record')} in all."
            yield self._row(DiscrepancyKind.OTHER_PERSON, pair, said, (Remedy.REVIEW,))

    def _gone(self, row: VerdictRow) -> Discrepancy:
        ours, theirs = (row.simplenexus_ids or (row.gone,))[0], (row.total_expert_ids or (row.gone,))[0]
        system = System.TOTAL_EXPERT if row.simplenexus_ids else System.SIMPLENEXUS
        stays = ours if system is System.TOTAL_EXPERT else theirs
        place = 0 if system is System.TOTAL_EXPERT else 1
        into = next((pair for pair in self._snapshot.successors if pair[place] == stays), None)
        name = display_name(system)
        if into is not None:
            bearer = into[1 - place]
            said = f"{name} has no contact {row.gone} any more; {bearer} has its reference."
            return self._row(
                DiscrepancyKind.MERGED,
                (ours, theirs),
                said,
                (Remedy.JUDGE_SAME, Remedy.JUDGE_UNLINK),
                system=system,
                into=into,
            )
        said = f"{name} lists no contact {row.gone} any more: it was removed, archived or merged."
        return self._row(
            DiscrepancyKind.GONE, (ours, theirs), said, (Remedy.JUDGE_UNLINK, Remedy.FORGET), system=system
        )

    def _both_gone(self) -> Iterator[Discrepancy]:
        there = ids_read(self._snapshot)
        for pair in self._snapshot.asking:
            if there.isdisjoint(pair):
                said = "Neither system lists its contact of this link any more."
                yield self._row(DiscrepancyKind.GONE, pair, said, (Remedy.FORGET,))

    def _row(
        self,
        kind: DiscrepancyKind,
        pair: Pair,
        reason: str,
        remedies: tuple[Remedy, ...],
        *,
        system: System | None = None,
        into: Pair | None = None,
    ) -> Discrepancy:
        """Return a row about a link. `into` is the pair with the record that took the place of the one that is gone."""
        link = self._links.get(pair)
        at = system or (link.system if link else System.TOTAL_EXPERT)
        ours, theirs = pair
        remote, local = (theirs, ours) if at is System.TOTAL_EXPERT else (ours, theirs)
        entity = link.entity if link is not None and link.system is at else self._entity(at, remote)
        other = "" if into is None else into[1] if at is System.TOTAL_EXPERT else into[0]
        return Discrepancy(
            kind,
            reason,
            at,
            entity,
            local,
            remote,
            other_id=other,
            about=theirs or ours,
            pair=into or pair,
            remedies=remedies,
        )

    def _entity(self, system: System, record_id: str) -> Entity | None:
        contact = (self._theirs if system is System.TOTAL_EXPERT else self._ours).get(record_id)
        return None if contact is None else _ENTITIES[contact.kind][1]

    # -- references ------------------------------------------------------------------------------------

    def _unknown(self) -> tuple[list[Discrepancy], dict[System, int], dict[System, int]]:
        unknown = [
            (ref, record) for ref, record in self._snapshot.refs.items() if self._known.is_unknown(ref)
        ]
        rows: list[Discrepancy] = []
        others, strangers = dict[System, int](), dict[System, int]()
        if not unknown:
            return rows, others, strangers
        contacts = self._known.owners(System.TOTAL_EXPERT, Entity.CONTACT, self._ours)
        prospects = self._known.owners(System.SIMPLENEXUS, Entity.PROSPECT, self._theirs)
        linked = {*self._snapshot.links}
        for ref, record in unknown:
            is_theirs = record in self._theirs
            system = System.TOTAL_EXPERT if is_theirs else System.SIMPLENEXUS
            local = (contacts if is_theirs else prospects).get(ref)
            if local is None:
                strangers[system] = strangers.get(system, 0) + 1
                continue
            pair = (local, record) if is_theirs else (record, local)
            if pair in linked or record in self._snapshot.taken_over:
                others[system] = others.get(system, 0) + 1
                continue
            said = (
                "Another book of this workspace, or a newer copy of this one, made it, and it is not linked."
            )
            rows.append(
                self._row(
                    DiscrepancyKind.UNKNOWN_REFERENCE,
                    pair,
                    said,
                    (Remedy.JUDGE_SAME, Remedy.REVIEW),
                    system=system,
                )
            )
        return rows, others, strangers


def held_contacts(contacts: Iterable[Contact]) -> dict[RecordKey, Mapping[str, object]]:
    """Return what contacts hold now, as `values.compare_values` takes it."""
    return {(*_ENTITIES[contact.kind], contact.id): held_values(contact) for contact in contacts}
