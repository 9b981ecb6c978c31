"""How a contact is shown: the fields of the vendor's table and sample, and what the options say about their types.

Where a contact has no assignee, shares, channels, related entities or custom fields, the reply leaves that field out,
as the samples do.
"""

from __future__ import annotations

from collections.abc import Mapping

from data.sandbox.store import Document
from data.sandbox.systems.api import Option
from data.sandbox.systems.total_expert.records import BORN_IN
from data.sandbox.systems.total_expert.values import CONTACT

_FLAGS = ("ok_to_call", "ok_to_email", "ok_to_mail")
_SAMPLED = ("classification", "credit_score_expiration_date", "last_modified_date")
"""Fields of the sample that no table has. Nothing can be written into them."""
_IN_PLAIN = tuple(name for name in CONTACT if name not in _FLAGS)
_RELATED = ("channels", "custom", "related_entities", "shared_with_users")
_STAMPS = ("internal_created_at", "internal_updated_at")


def contact_shown(record: Document, options: Mapping[str, Option]) -> Document:
    """Return a contact as a reply shows that contact."""
    served: Document = {name: record.get(name) for name in ("id", *_IN_PLAIN, *_SAMPLED, *_STAMPS)}
    served["birthday"] = _birthday(record.get("birthday"), options)
    served |= {name: _flag(name, record.get(name, options["consent_default"]), options) for name in _FLAGS}
    served |= {name: record.get(name) or [] for name in ("contact_groups", "external_ids")}
    served["external_status"] = record.get("external_status")
    served["preferences"] = record.get("preferences") or {"is_silenced": False}
    served["owner"] = _user(record.get("owner"), options)
    served |= {name: listed for name in _RELATED if (listed := record.get(name))}
    if "shared_with_users" in served:
        served["shared_with_users"] = [_user(user, options) for user in served["shared_with_users"]]
    if record.get("assignee"):
        served["assignee"] = _user(record["assignee"], options)
    if record.get("wlp_access"):
        served["wlp_access"] = record["wlp_access"]
    return served


def _birthday(value: object, options: Mapping[str, Option]) -> object:
    """Return a birthday with the year of the option; a value that a control call made is shown as it is."""
    if isinstance(value, str) and value.startswith(BORN_IN):
        return f"{options['birthday_year']}{value[4:]}"
    return value


def _flag(name: str, value: object, options: Mapping[str, Option]) -> object:
    """Return a consent: true or false as in the sample, or the number or text of the table."""
    if options["consent_flags"] != "table" or not isinstance(value, bool):
        return value
    return int(value) if name == "ok_to_email" else str(int(value))


def _user(user: object, options: Mapping[str, Option]) -> object:
    if not isinstance(user, dict) or "id" not in user or options["owner_ids"] != "text":
        return user
    return {**user, "id": str(user["id"])}
