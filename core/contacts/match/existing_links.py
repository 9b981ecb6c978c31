"""Which links between the two systems stand: what the book remembers, and what the records themselves say. Pure.

A push is a link of a Total Expert contact to the SimpleNexus id it came from; an import is one of a prospect, a shared
app one of a borrower, to the Total Expert id. Each bears a reference that every book of one workspace derives alike.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from typing import Final

from msgspec import Struct

from core.compare.keys import email_key
from core.contacts.match.rule import links_by_email
from core.contacts.model import Contact, ContactKind
from core.push.plan import Entity, System, link_key, make_ref
from core.push.records import Generation, Link, Unlinked

LinkedIds = tuple[tuple[str, str], ...]
"""Links as (SimpleNexus id, Total Expert id)."""
_IMPORTED: Final = (Entity.PROSPECT, Entity.BORROWER)
LINKED: Final = (Entity.CONTACT, *_IMPORTED)
"""What the links of the contact desk are of."""


class BookLinks(Struct, frozen=True):
    """What the book holds about links."""

    links: Sequence[Link] = ()
    unlinked: Sequence[Unlinked] = ()
    generations: Sequence[Generation] = ()


class RecordLinks(Struct, frozen=True):
    """What the records say themselves, as `Batch` has it: our references on either side, and Total Expert's `bears`."""

    simplenexus_refs: Sequence[tuple[str, str]] = ()
    total_expert_refs: Sequence[tuple[str, str]] = ()
    bears: Sequence[tuple[str, str]] = ()


def existing_links(
    workspace: str, simplenexus: Set[str], total_expert: Set[str], book: BookLinks, told: RecordLinks
) -> LinkedIds:
    """Give the links that stand between records of these ids, the book's first, each once.

    Where the book has a link it wins over a reference found elsewhere. What a person took back does not stand, whoever
    says it. An external id that is the id of a SimpleNexus record is a link too, whatever its source is called: no
    description says what the vendors' own integration writes (ours).
    """
    back = {one.key for one in book.unlinked}
    kept = [link for link in book.links if link.key not in back]
    settled = back | {link.key for link in kept}
    generations = {one.link: one.number for one in book.generations}

    def derived(
        system: System, entity: Entity, locals_: Iterable[str], refs: Sequence[tuple[str, str]]
    ) -> Iterator[tuple[str, str]]:
        bearers: dict[str, list[str]] = {}
        for ref, record in refs:
            bearers.setdefault(ref, []).append(record)
        for link in kept:
            bearers.pop(link.ref, None)
        for local in locals_ if bearers else ():
            key = link_key(system, entity, local)
            if key not in settled:
                ref = make_ref(workspace, system, entity, local, generations.get(key, 0))
                yield from ((local, record) for record in bearers.get(ref, ()))

    found = [pair for link in kept if (pair := pair_of(link)) is not None]
    found += derived(System.TOTAL_EXPERT, Entity.CONTACT, simplenexus, told.total_expert_refs)
    imports = derived(System.SIMPLENEXUS, Entity.PROSPECT, total_expert, told.simplenexus_refs)
    found += [(ours, theirs) for theirs, ours in imports]
    taken_back = {pair for one in book.unlinked if (pair := pair_of(one)) is not None}
    for ours, theirs in told.bears:
        if ours in simplenexus and (ours, theirs) not in taken_back:
            found.append((ours, theirs))
    return tuple(dict.fromkeys(found))


def pair_of(link: Link | Unlinked) -> tuple[str, str] | None:
    """Give the two ids that a link of the contact desk ties, (SimpleNexus, Total Expert); None for another link."""
    if (link.system, link.entity) == (System.TOTAL_EXPERT, Entity.CONTACT):
        return link.local_id, link.remote_id
    if link.system is System.SIMPLENEXUS and link.entity in _IMPORTED:
        return link.remote_id, link.local_id
    return None


def taken_over(
    simplenexus: Mapping[str, Contact], total_expert: Mapping[str, Contact], links: LinkedIds
) -> dict[str, str]:
    """Give the linked prospects whose person has an account by now, and which account that is.

    It is the one that is linked to the same contact, else the one borrower of the same officer who has the contact's
    email and would be linked by the rule. An accepted invitation makes an account beside the prospect, which nobody
    can remove (spec: a prospect has no DELETE); the prospect is the same person's older self.
    """
    ends: dict[str, list[str]] = {}
    accounts_of: dict[str, str] = {}
    for ours, theirs in links:
        ends.setdefault(ours, []).append(theirs)
        if ours in simplenexus and simplenexus[ours].kind is ContactKind.BORROWER:
            accounts_of.setdefault(theirs, ours)
    prospects = [
        (simplenexus[ours], there[0])
        for ours, there in ends.items()
        if len(there) == 1 and ours in simplenexus and simplenexus[ours].kind is ContactKind.PROSPECT
    ]
    by_email: dict[tuple[str, str], list[Contact]] = {}
    for one in simplenexus.values() if prospects else ():
        if one.kind is ContactKind.BORROWER:
            by_email.setdefault((one.owner, email_key(one.email)), []).append(one)
    found: dict[str, str] = {}
    for prospect, there_id in prospects:
        if there_id in accounts_of:
            found[prospect.id] = accounts_of[there_id]
        elif (theirs_ := total_expert.get(there_id)) is not None and (key := email_key(theirs_.email)):
            accounts = by_email.get((prospect.owner, key), [])
            if len(accounts) == 1 and accounts[0].id not in ends and links_by_email(accounts[0], theirs_):
                found[prospect.id] = accounts[0].id
    return found
