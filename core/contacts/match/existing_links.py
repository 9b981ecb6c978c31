"""Existing links: which pairs are linked already, by the book and by what the records themselves say. Pure.

A push links a Total Expert contact to the SimpleNexus id that it came from. An import links a prospect or a partner,
and sharing the app a borrower, to the Total Expert id. Each created contact and prospect has a reference that every
book of a workspace derives alike.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from typing import Final

from msgspec import Struct

from core.compare.emails import inbox_keys
from core.contacts.match.rule import links_by_email
from core.contacts.model import Contact, ContactKind
from core.push.plan import Entity, System, link_key, make_ref
from core.push.records import Generation, Link, Unlinked

LinkedIds = tuple[tuple[str, str], ...]
"""Links as (SimpleNexus id, Total Expert id)."""
_IMPORTED: Final = (Entity.PROSPECT, Entity.BORROWER, Entity.PARTNER)
LINKED: Final = (Entity.CONTACT, *_IMPORTED)
"""The entities of the links between contacts."""


class BookLinks(Struct, frozen=True):
    """What the book holds about links.

    `apart` are the pairs that a person judged to be different people, `same` those judged to be one person, as
    (SimpleNexus id, Total Expert id).
    """

    links: Sequence[Link] = ()
    unlinked: Sequence[Unlinked] = ()
    generations: Sequence[Generation] = ()
    apart: Set[tuple[str, str]] = frozenset()
    same: Set[tuple[str, str]] = frozenset()


class RecordLinks(Struct, frozen=True):
    """What the records themselves say about links, in the form of `Batch`.

    The first two are our references, as (reference, record's id). `bears` are the external ids of Total Expert's
    contacts, as (external id, record's id).
    """

    simplenexus_refs: Sequence[tuple[str, str]] = ()
    total_expert_refs: Sequence[tuple[str, str]] = ()
    bears: Sequence[tuple[str, str]] = ()


def existing_links(
    workspace: str, simplenexus: Set[str], total_expert: Set[str], book: BookLinks, records: RecordLinks
) -> LinkedIds:
    """Return the existing links between records of these ids, each once, the book's links first.

    The ids and `records` include those of records that are gone: the link of such a record has an end that is missing.

    The book wins over a reference that is found elsewhere. A link that a person took back does not count, whatever
    says so. An external id that is the id of a SimpleNexus record counts as a link, whatever its source is called. That
    is our assumption: no vendor text says what the vendors' own integration writes.
    """
    taken_back_keys = {unlinked.key for unlinked in book.unlinked}
    book_links = [link for link in book.links if link.key not in taken_back_keys]
    settled_keys = taken_back_keys | {link.key for link in book_links}
    generations = {generation.link: generation.number for generation in book.generations}

    def by_reference(
        system: System, entity: Entity, local_ids: Iterable[str], refs: Sequence[tuple[str, str]]
    ) -> Iterator[tuple[str, str]]:
        """Yield (local id, record's id) for each record that has the reference derived for a local id."""
        bearers: dict[str, list[str]] = {}
        for ref, record in refs:
            bearers.setdefault(ref, []).append(record)
        for link in book_links:
            bearers.pop(link.ref, None)
        for local_id in local_ids if bearers else ():
            key = link_key(system, entity, local_id)
            if key not in settled_keys:
                ref = make_ref(workspace, system, entity, local_id, generations.get(key, 0))
                yield from ((local_id, record) for record in bearers.get(ref, ()))

    links = [pair for link in book_links if (pair := pair_of(link)) is not None]
    links += by_reference(System.TOTAL_EXPERT, Entity.CONTACT, simplenexus, records.total_expert_refs)
    imports = by_reference(System.SIMPLENEXUS, Entity.PROSPECT, total_expert, records.simplenexus_refs)
    links += [(simplenexus_id, total_expert_id) for total_expert_id, simplenexus_id in imports]
    removed = taken_back(book.unlinked)
    links += [
        (external_id, record)
        for external_id, record in records.bears
        if external_id in simplenexus and (external_id, record) not in removed
    ]
    return tuple(dict.fromkeys(links))


def successors(
    simplenexus: Set[str], total_expert: Set[str], links: Iterable[Link], refs: Mapping[str, str]
) -> LinkedIds:
    """Return who has the reference of a linked record that is gone, as (SimpleNexus id, Total Expert id).

    One of the two is the linked record that is still there, the other is the bearer. When Total Expert merges two
    contacts, the one that stays has the references of both. `refs` is {reference: id of the record that has it}.
    """
    found: dict[tuple[str, str], None] = {}
    for link in links:
        pair, bearer = pair_of(link), refs.get(link.ref, "")
        if pair is None or not bearer or bearer in pair:
            continue
        if pair[0] in simplenexus and pair[1] not in total_expert and bearer in total_expert:
            found[pair[0], bearer] = None
        elif pair[1] in total_expert and pair[0] not in simplenexus and bearer in simplenexus:
            found[bearer, pair[1]] = None
    return tuple(found)


def pair_of(link: Link | Unlinked) -> tuple[str, str] | None:
    """Return the two ids of a link between contacts, as (SimpleNexus id, Total Expert id); None for another link."""
    if (link.system, link.entity) == (System.TOTAL_EXPERT, Entity.CONTACT):
        return link.local_id, link.remote_id
    if link.system is System.SIMPLENEXUS and link.entity in _IMPORTED:
        return link.remote_id, link.local_id
    return None


def taken_back(unlinked: Iterable[Unlinked]) -> dict[tuple[str, str], Unlinked]:
    """Return when and by whom links between contacts were taken back last, by (SimpleNexus id, Total Expert id)."""
    by_time = sorted(unlinked, key=lambda removed: removed.at)
    return {pair: removed for removed in by_time if (pair := pair_of(removed)) is not None}


def taken_over(
    simplenexus: Mapping[str, Contact],
    total_expert: Mapping[str, Contact],
    links: LinkedIds,
    apart: Set[tuple[str, str]] = frozenset(),
) -> dict[str, str]:
    """Return the linked prospects that an account replaced, as {prospect's id: account's id}.

    An accepted invitation makes an account in addition to the prospect, and SimpleNexus has no call that deletes a
    prospect. The account is the one that is linked to the same contact. If there is none, it is the only borrower of
    the same loan officer with the contact's email, if the rule would link the two and nobody told them `apart`.
    """
    partners: dict[str, list[str]] = {}
    account_of: dict[str, str] = {}
    for simplenexus_id, total_expert_id in links:
        partners.setdefault(simplenexus_id, []).append(total_expert_id)
        contact = simplenexus.get(simplenexus_id)
        if contact is not None and contact.kind is ContactKind.BORROWER:
            account_of.setdefault(total_expert_id, simplenexus_id)
    prospects = [
        (simplenexus[prospect_id], partner_ids[0])
        for prospect_id, partner_ids in partners.items()
        if len(partner_ids) == 1
        and prospect_id in simplenexus
        and simplenexus[prospect_id].kind is ContactKind.PROSPECT
    ]
    borrowers = _borrowers_by_inbox(simplenexus) if prospects else {}
    replaced: dict[str, str] = {}
    for prospect, partner_id in prospects:
        if partner_id in account_of:
            replaced[prospect.id] = account_of[partner_id]
            continue
        partner = total_expert.get(partner_id)
        if partner is None:
            continue
        accounts = _with_an_inbox_of(partner, borrowers, prospect.owner)
        if len(accounts) != 1 or accounts[0].id in partners or (accounts[0].id, partner_id) in apart:
            continue
        if links_by_email(accounts[0], partner):
            replaced[prospect.id] = accounts[0].id
    return replaced


_ByInbox = dict[tuple[str, str], list[Contact]]
"""Borrowers by loan officer and email key."""


def _borrowers_by_inbox(simplenexus: Mapping[str, Contact]) -> _ByInbox:
    borrowers: _ByInbox = {}
    for contact in simplenexus.values():
        if contact.kind is ContactKind.BORROWER:
            for key in inbox_keys(contact.email):
                borrowers.setdefault((contact.owner, key), []).append(contact)
    return borrowers


def _with_an_inbox_of(contact: Contact, borrowers: _ByInbox, officer: str) -> list[Contact]:
    """Return the borrowers of a loan officer that have an inbox of a contact, each once."""
    having = (borrowers.get((officer, key), ()) for key in inbox_keys(contact.email))
    return [*{borrower.id: borrower for found in having for borrower in found}.values()]
