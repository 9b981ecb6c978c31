"""The relationships of a contact: groups and external ids are added to, the others are replaced; consents apart."""

from __future__ import annotations

from data.sandbox.store import Document, Wanted
from data.sandbox.systems.api import text_or_none
from data.sandbox.systems.total_expert.base import TotalExpertBase
from data.sandbox.systems.total_expert.catalogue import (
    CHANNELS,
    CUSTOM_FIELDS,
    ENTITY_RELATIONSHIPS,
    WLP_ACCESS_TYPES,
)
from data.sandbox.systems.total_expert.records import NAME, named
from data.sandbox.systems.total_expert.relationships import Relationships, not_found
from data.sandbox.systems.total_expert.values import entries, flag, refuse_body, whole_object

RELATIONS = (
    *("owner", "contact_groups", "remove_contact_groups", "external_ids", "external_status", "preferences"),
    *("related_entities", "remove_related_entities", "channels", "remove_channels", "wlp_access", "custom"),
    *("shared_with_users", "assignee", "options", "do_not_contact", "grant_consent", "revoke_consent"),
)
"""What a body may have besides attributes."""
_GRANTED = (
    *("communication_agent", "communication_channel", "channel_target", "contact_purpose"),
    *("capture_source", "consent_language", "ip_address"),
)
_WORDS = {
    "communication_agent": ("agentic-a-i",),
    "communication_channel": ("phone",),
    "contact_purpose": ("marketing", "existing-business"),
}
_VOICE = "voice-consents"


class ContactRelations:
    """Reads what a body says about the relationships of a contact."""

    def __init__(self, system: TotalExpertBase) -> None:
        self._system = system
        self._store = system.store
        self._related = Relationships(system)

    def owner(self, body: Document) -> Document:
        """Return the owner that the body names. Raises RefusedError (422)."""
        return self._related.owner(body)

    def applied(self, before: Document, changed: Document, given: Document) -> Document:
        """Return the changed contact with the relationships of the body."""
        owner = changed["owner"]
        changed["external_ids"] = self._external_ids(changed, given)
        changed["contact_groups"] = self._groups(before.get("contact_groups") or [], given, owner)
        if "preferences" in given:
            changed["preferences"] = self._preferences(given["preferences"])
        if "external_status" in given:
            changed["external_status"] = whole_object("external_status", given["external_status"])
        if "assignee" in given:
            changed["assignee"] = named(self._related.user("assignee", given["assignee"]))
        if "shared_with_users" in given:
            changed["shared_with_users"] = self._related.users("shared_with_users", given)
        if "do_not_contact" in given:
            changed["do_not_contact"] = flag("do_not_contact", given["do_not_contact"], self._system.strict)
        if "wlp_access" in given:
            changed["wlp_access"] = _listed("wlp_access", [given["wlp_access"]], WLP_ACCESS_TYPES)[0]
        for name, apply in (
            ("channels", self._channels),
            ("custom", self._custom),
            ("related_entities", self._entities),
        ):
            if name in given or f"remove_{name}" in given:
                changed[name] = apply(before.get(name) or [], given)
        return changed

    def consent(self, contact: str, body: Document) -> None:
        """Keep what a grant or a revocation says. Nothing shows it; only the control calls do."""
        for name in ("grant_consent", "revoke_consent"):
            if name not in body:
                continue
            given = whole_object(name, body[name])
            granted = self._store.find(NAME, _VOICE, Wanted(belongs_to=contact))
            needed = _GRANTED if name == "grant_consent" else _GRANTED[:4]
            for field in needed:
                if not text_or_none(given.get(field)):
                    refuse_body(f"Missing required attribute: '{name}.{field}'")
                if field in _WORDS and given[field] not in _WORDS[field]:
                    refuse_body(f"Attribute '{name}.{field}' is unknown")
            if name == "revoke_consent" and not granted:
                refuse_body("Consent that was not granted can't be revoked")
            self._system.known(f"attribute of '{name}'", given, _GRANTED)
            number = str(self._store.next_number(f"{NAME}-{_VOICE}", 1))
            record = {"id": number, "contact": {"id": contact}, "act": name, **given}
            self._system.keep(_VOICE, number, record)

    def _preferences(self, value: object) -> Document:
        given = self._system.known(
            "attribute of 'preferences'", whole_object("preferences", value), ("is_silenced",)
        )
        silenced = given.get("is_silenced", False)
        return {"is_silenced": flag("is_silenced", silenced, strict=False)}

    def _external_ids(self, contact: Document, given: Document) -> list[Document]:
        """Return what was there, what the body adds, and one external id under the contact's source (a sample)."""
        kept: list[Document] = list(contact.get("external_ids") or [])
        added = entries("external_ids", given)
        if (single := text_or_none(given.get("external_id"))) is not None:
            added = [*added, {"source": contact.get("source"), "external_id": single}]
        for entry in added:
            known = self._system.known(
                "field of relationship 'external_ids'", entry, ("source", "external_id")
            )
            source, external = text_or_none(known.get("source")), text_or_none(known.get("external_id"))
            if source is None or external is None:
                refuse_body("Relationship 'external_ids' needs source and external_id")
            if (one := {"source": source, "external_id": external}) not in kept:
                kept.append(one)
        return kept

    def _groups(self, groups: list[Document], given: Document, owner: object) -> list[Document]:
        joined = [
            self._related.group("contact_groups", entry, owner) for entry in entries("contact_groups", given)
        ]
        left = [
            self._related.group("remove_contact_groups", entry, owner)["id"]
            for entry in entries("remove_contact_groups", given)
        ]
        ids = [group["id"] for group in groups]
        added = [group for group in joined if group["id"] not in ids]
        return [group for group in (*groups, *added) if group["id"] not in left]

    def _channels(self, before: list[Document], given: Document) -> list[Document]:
        added = _listed("channels", entries("channels", given), CHANNELS)
        left = _listed("remove_channels", entries("remove_channels", given), CHANNELS)
        kept = [*before, *(channel for channel in added if channel not in before)]
        return [channel for channel in kept if channel not in left]

    def _custom(self, before: list[Document], given: Document) -> list[Document]:
        """A custom field is known by its name; null as its value removes it."""
        kept = {field["field_name"]: field for field in before}
        for entry in entries("custom", given):
            known = self._system.known("field of relationship 'custom'", entry, ("field_name", "value"))
            field = next(
                (
                    one
                    for one in CUSTOM_FIELDS
                    if one["system_name"] == known.get("field_name")
                    and one["related_entity"]["entity_type"] == "contact"
                ),
                None,
            )
            if field is None:
                not_found("custom")
            if known.get("value") is None:
                kept.pop(field["system_name"], None)
            else:
                shown = {"description": field["display_name"], "field_name": field["system_name"]}
                kept[field["system_name"]] = {**shown, "value": known["value"]}
        return list(kept.values())

    def _entities(self, before: list[Document], given: Document) -> list[Document]:
        """Entities that there are; one that is new to Total Expert is refused (a limit of this stand-in)."""
        kept = list(before)
        for name in ("related_entities", "remove_related_entities"):
            for entry in entries(name, given):
                kinds = _listed(name, [entry.get("relationship_type")], ENTITY_RELATIONSHIPS)
                entity = self._related.entity(entry.get("parent"))
                if entity is None:
                    not_found(name)
                parent = {part: entity.get(part) for part in ("id", "entity_name", "external_id")}
                one = {"relationship_type": kinds[0], "parent": parent}
                if name == "remove_related_entities":
                    kept = [other for other in kept if other != one]
                elif one not in kept:
                    kept.append(one)
        return kept


def _listed(name: str, given: list[object] | list[Document], known: tuple[Document, ...]) -> list[Document]:
    """Return the entries of a catalogue that a body names by their one settable field. Raises RefusedError (422)."""
    for entry in given:
        if not isinstance(entry, dict) or entry not in known:
            not_found(name)
    return [entry for entry in given if isinstance(entry, dict)]
