"""How a body names another record: by the settable fields of the vendor's relationship tables.

A relationship that names nothing is refused with 422 in the words of a published sample. The tables type ids as
numbers. Samples also send a user's or a group's id as a text, so these two are taken in either form; the other ids are
taken as a text only outside the strict setting.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NoReturn

from data.sandbox.store import Document, Wanted
from data.sandbox.systems.api import folded, text_or_none
from data.sandbox.systems.total_expert.base import TotalExpertBase
from data.sandbox.systems.total_expert.deduplication import duplicate_of
from data.sandbox.systems.total_expert.records import NAME, id_of, named, type_name
from data.sandbox.systems.total_expert.values import entries, refuse_body, whole_object

USER = ("username", "id", "external_id", "email")
"""How most resources name a user."""
INSIGHT_OWNER = ("username", "id", "external_id")
"""How an insight and a text consent name a user: not by email."""
GROUP = ("group_name", "id")
CONTACT = (
    *("id", "external_id", "external_ids", "source", "first_name", "last_name", "email", "address", "city"),
    *("state", "zip_code", "phone_home", "phone_cell", "phone_office"),
)
"""What identifies a contact: the id, or a set of attributes by which duplicates are found."""


class Relationships:
    """Finds the records that bodies name."""

    def __init__(self, system: TotalExpertBase) -> None:
        self._system = system
        self._store = system.store

    def user(self, name: str, relation: object, fields: Sequence[str] = USER) -> Document:
        """Return the user that every given settable field fits, as a relationship keeps it.

        Raises RefusedError (422).
        """
        return self._named("users", name, relation, fields, text_ids=True)

    def owner(self, body: Document, fields: Sequence[str] = USER) -> Document:
        """Return the owner that the body names; client credentials are an admin's, who has to name one."""
        return named(self.user("owner", body.get("owner"), fields))

    def users(self, name: str, body: Document) -> list[Document]:
        """Return the users of a list, as a relationship keeps them."""
        return [named(self.user(name, entry)) for entry in entries(name, body)]

    def group(self, name: str, relation: Document, owner: object) -> Document:
        """Return the group that an id or a name means; of several of one name the owner's own (our assumption)."""
        given = self._settable(name, relation, GROUP)
        if "id" in given:
            self._checked_id(name, given["id"], text_ids=True)
        groups = self._system.set_up("contact-groups", Wanted())
        found = [group for group in groups if _fits(group, given)]
        if not found:
            not_found(name)
        own = [group for group in found if id_of(group.get("owner")) == id_of(owner)]
        group = (own or found)[0]
        return {"group_name": group["group_name"], "id": group["id"]}

    def insight_type(self, relation: object) -> Document:
        """Return the insight type that an id or a system name means. Raises RefusedError (422)."""
        given = self._settable("type", relation, ("id", "type"))
        if "id" in given:
            self._checked_id("type", given["id"], text_ids=False)
        kinds = self._system.set_up("insight-types", Wanted())
        found = [
            kind
            for kind in kinds
            if ("id" not in given or str(kind["id"]) == str(given["id"]))
            and ("type" not in given or type_name(kind) == given["type"])
        ]
        if not found:
            not_found("type")
        return found[0]

    def contact(self, relation: object, owner: object) -> Document:
        """Return the contact that an id, or attributes that find a duplicate, mean. Raises RefusedError (422).

        In the strict setting the contact has to be the owner's: the tables call the owner the contact's.
        """
        given = self._settable("contact", relation, CONTACT)
        if "id" in given:
            self._checked_id("contact", given["id"], text_ids=False)
            found = self._store.get(NAME, "contacts", str(given["id"]))
        else:
            external = given.get("external_id")
            listed = [{"source": given.get("source"), "external_id": external}] if external else []
            wanted = {**given, "owner": owner, "external_ids": given.get("external_ids", listed)}
            found = duplicate_of(self._store, wanted, id_of(owner))
        if found is None or (self._system.strict and id_of(found.get("owner")) != id_of(owner)):
            not_found("contact")
        return found

    def entity(self, relation: object) -> Document | None:
        """Return the entity that an id, an external id or a name means, if there is one."""
        given = whole_object("parent", relation)
        names = [name for name in ("id", "external_id", "entity_name") if text_or_none(given.get(name))]
        if not names:
            not_found("related_entities")
        for entity in self._store.find(NAME, "entities", Wanted()):
            if str(entity.get(names[0])) == given[names[0]]:
                return entity
        return None

    def _named(
        self, kind: str, name: str, relation: object, fields: Sequence[str], *, text_ids: bool
    ) -> Document:
        given = self._settable(name, relation, fields)
        if "id" in given:
            self._checked_id(name, given["id"], text_ids=text_ids)
        found = [record for record in self._store.find(NAME, kind, Wanted()) if _fits(record, given)]
        if not found:
            not_found(name)
        return found[0]

    def _settable(self, name: str, relation: object, fields: Sequence[str]) -> Document:
        """Return the settable fields that are given; one at least."""
        if not isinstance(relation, dict):
            not_found(name)
        given = self._system.known(f"field of relationship '{name}'", relation, fields)
        if not given:
            not_found(name)
        return given

    def _checked_id(self, name: str, value: object, *, text_ids: bool) -> None:
        """Refuse an id of a type that neither a table nor a sample has."""
        number = isinstance(value, int) and not isinstance(value, bool)
        written = isinstance(value, str) and value.isascii() and value.isdigit()
        if not number and not (written and (text_ids or not self._system.strict)):
            refuse_body(f"Relationship '{name}': id must be numeric")


def not_found(name: str) -> NoReturn:
    """Refuse a relationship that names no record. Raises RefusedError (422) always."""
    refuse_body(f"Unable to find target for relationship: '{name}'")


def _fits(record: Document, given: Document) -> bool:
    """Return True if each given field is the record's own; an email in any letter case."""
    return all(
        folded(record.get(name)) == folded(value) if name == "email" else str(record.get(name)) == str(value)
        for name, value in given.items()
    )
