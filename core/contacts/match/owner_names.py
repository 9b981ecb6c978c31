"""The owners of a snapshot by what a person calls them: a name, an email or an id. Pure."""

from __future__ import annotations

from core.compare.keys import email_key
from core.contacts.match.owner_rule import owner_of_key, user_key
from core.contacts.match.snapshot import MatchSnapshot
from core.contacts.ports import Owner
from core.push.plan import System

NO_OWNER = "nobody"


def find_owner(snapshot: MatchSnapshot, text: str) -> str:
    """Return the key of the owner with an email or an id; "" if there is none, or if there are several.

    A user who is tied to a loan officer has the officer's key.
    """
    wanted = email_key(text)
    keys = {
        officer.id
        for officer in snapshot.officers
        if wanted and wanted in (email_key(officer.email), email_key(officer.id))
    }
    keys |= {
        snapshot.ties.ties.get(user.id) or user_key(user.id)
        for user in snapshot.users
        if wanted and wanted in (email_key(user.email), email_key(user.id))
    }
    return next(iter(keys)) if len(keys) == 1 else ""


def owner_with_key(snapshot: MatchSnapshot, key: str) -> tuple[System, Owner]:
    """Return the system and the owner whom a key names. An owner who was not read has an id only."""
    system, owner_id = owner_of_key(key)
    owners = snapshot.officers if system is System.SIMPLENEXUS else snapshot.users
    return system, next((owner for owner in owners if owner.id == owner_id), Owner(owner_id, ""))


def owner_name(snapshot: MatchSnapshot, key: str) -> str:
    """Return the name of an owner as a person reads it."""
    _, owner = owner_with_key(snapshot, key)
    return owner.name or owner.email or owner.id or NO_OWNER
