"""The scope of a sync: whose contacts and which groups it is about. What is outside is matched all the same. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final

from msgspec import Struct

from core.compare.keys import label_key
from core.contacts.match.owner_names import find_owner, owner_name
from core.contacts.match.owner_rule import OwnerRule, RecordKey
from core.contacts.match.snapshot import MatchSnapshot
from core.contacts.model import VerdictRow
from core.contacts.ports import Owner
from core.push.plan import System

NO_GROUP: Final = "in none of the groups"
"""What a contact of Total Expert is if it is outside because of its groups."""


class SyncScope(Struct, frozen=True):
    """What a sync is limited to, as a person names it; without names it is not limited.

    `owners` are emails or ids of loan officers and users. `groups` are names of Total Expert's contact groups. A
    contact of SimpleNexus has no groups, so it is limited by its owner alone.
    """

    owners: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        """Return True if the scope limits anything."""
        return bool(self.owners or self.groups)


WHOLE: Final = SyncScope()


class ScopeCheck:
    """Says which rows are outside several scopes, each of which limits the others."""

    def __init__(self, scopes: Sequence[SyncScope], snapshot: MatchSnapshot, rule: OwnerRule) -> None:
        self._snapshot = snapshot
        self._rule = rule
        self._groups = [frozenset(map(label_key, scope.groups)) for scope in scopes if scope.groups]
        self._owners = [
            frozenset(filter(None, (find_owner(snapshot, text) for text in scope.owners)))
            for scope in scopes
            if scope.owners
        ]
        self._contacts = {contact.id: contact for contact in snapshot.total_expert} if self._groups else {}

    def outside(self, row: VerdictRow) -> str:
        """Return why a row is outside: the name of its owner, or that no group has it; "" if it is inside."""
        keys: list[RecordKey] = [(System.SIMPLENEXUS, record_id) for record_id in row.own_simplenexus_ids]
        keys += [(System.TOTAL_EXPERT, record_id) for record_id in row.own_total_expert_ids]
        if not keys:
            return ""
        owner = self._rule.owner_of(keys[0])
        if not all(owner in owners for owners in self._owners):
            return owner_name(self._snapshot, owner)
        groups = [
            frozenset(map(label_key, self._contacts[record_id].groups))
            for record_id in row.total_expert_ids
            if record_id in self._contacts
        ]
        return "" if all(_meets(groups, wanted) for wanted in self._groups) else NO_GROUP


def _meets(groups: Iterable[frozenset[str]], wanted: frozenset[str]) -> bool:
    """Return True if each contact of Total Expert is in one of the groups."""
    return all(not wanted.isdisjoint(own) for own in groups)


def unknown_owners(scopes: Iterable[SyncScope], snapshot: MatchSnapshot) -> tuple[str, ...]:
    """Return the owners of scopes who are no single loan officer or user."""
    named = dict.fromkeys(text for scope in scopes for text in scope.owners)
    return tuple(text for text in named if not find_owner(snapshot, text))


def scopes_of(snapshot: MatchSnapshot) -> dict[str, tuple[SyncScope, int]]:
    """Return the scopes of one owner and of one group, by what a person calls them, with their number of contacts."""
    ids = Counter(contact.owner for contact in (*snapshot.simplenexus, *snapshot.total_expert))
    labels: dict[str, str] = {}
    for contact in snapshot.total_expert:
        for label in contact.groups:
            labels.setdefault(label_key(label), label.strip())
    groups = Counter(key for contact in snapshot.total_expert for key in {*map(label_key, contact.groups)})
    ties = snapshot.ties.ties
    scopes: dict[str, tuple[SyncScope, int]] = {}
    for officer in snapshot.officers:
        count = ids[officer.id] + sum(ids[user] for user, tied in ties.items() if tied == officer.id)
        scopes[f"owner {officer.name or officer.email}"] = SyncScope((_text(officer, snapshot),)), count
    for user in snapshot.users:
        if user.id not in ties:
            scopes[f"owner {user.name or user.email}"] = SyncScope((_text(user, snapshot),)), ids[user.id]
    for key, label in sorted(labels.items()):
        scopes[f"group {label}"] = SyncScope((), (label,)), groups[key]
    return scopes


def _text(owner: Owner, snapshot: MatchSnapshot) -> str:
    """Return how a scope names an owner: by email, or by id if the email names several."""
    return owner.email if find_owner(snapshot, owner.email) else owner.id


def scope_words(scopes: Iterable[SyncScope]) -> str:
    """Return in words what a sync is limited to; "" if it is not limited."""
    parts = []
    for scope in scopes:
        if scope.owners:
            parts.append(f"owners {', '.join(scope.owners)}")
        if scope.groups:
            parts.append(f"groups {', '.join(scope.groups)}")
    return "; ".join(dict.fromkeys(parts))
