"""Lists that Total Expert sets up for an organisation and nobody changes through the API. Their values are invented."""

from __future__ import annotations

from data.sandbox.store import Document

CHANNELS: tuple[Document, ...] = ({"system_name": "retail"}, {"system_name": "wholesale"})
WLP_ACCESS_TYPES: tuple[Document, ...] = ({"access_type": "view"},)
ENTITY_RELATIONSHIPS: tuple[Document, ...] = (
    {"system_name": "household"},
    {"system_name": "members"},
    {"system_name": "real_estate_agency"},
)
USER_ROLES: tuple[Document, ...] = (
    {"id": 1, "role_name": "Loan Officer"},
    {"id": 2, "role_name": "Assistant"},
)
EMAIL_DOMAINS: tuple[Document, ...] = (
    {"id": 1, "domain_name": "example.com"},
    {"id": 2, "domain_name": "mail.example.com"},
)
_STAMPS = {"internal_created_at": "2025-06-01 09:00:00", "internal_updated_at": "2025-06-01 09:00:00"}


def _custom_field(system_name: str, display_name: str, data_type: str) -> Document:
    return {
        "display_name": display_name,
        **_STAMPS,
        "related_entity": {"entity_type": "contact", "entity_subtype": None},
        "system_name": system_name,
        "data_type": data_type,
        "account_class": None,
    }


CUSTOM_FIELDS: tuple[Document, ...] = (
    _custom_field("professional_title", "Professional title", "text"),
    _custom_field("custom_string", "A note of the organisation", "text"),
    _custom_field("app_user", "Uses the app", "boolean"),
)
"""The custom fields that a contact can have."""
ACTIONS: tuple[Document, ...] = (
    {"action": "CREATED", "item": "CONTACT"},
    {"action": "UPDATED", "item": "CONTACT"},
    {"action": "DELETED", "item": "CONTACT"},
    {"action": "UPDATED", "item": "EMAIL_UNSUBSCRIBE"},
)
"""What a webhook can subscribe to: the pairs that a sample or a table names."""

REFUSED_TO_US: tuple[tuple[str, str], ...] = (
    *(("GET", f"/{name}") for name in ("campaigns", "campaign-activity", "contact-recruits")),
    *(("GET", f"/{name}/{{id}}") for name in ("campaigns", "campaign-activity", "contact-recruits")),
    *(("POST", f"/{name}") for name in ("campaigns", "campaign-activity", "contact-recruits")),
    ("DELETE", "/campaign-activity"),
    ("PATCH", "/contact-recruits/{id}"),
    ("DELETE", "/contact-recruits/{id}"),
    *(("GET", f"/contact-recruit-{name}") for name in ("statuses", "metrics", "metric-units")),
    *((method, "/contact-surveys") for method in ("GET", "POST")),
    *((method, "/contact-surveys/{id}") for method in ("GET", "PATCH")),
    *((method, "/contact-survey-responses") for method in ("GET", "POST")),
    ("GET", "/contact-survey-responses/{id}"),
    *((method, "/lead-opportunities") for method in ("GET", "POST")),
    *((method, "/lead-opportunities/{id}") for method in ("GET", "PATCH")),
    ("POST", "/leads"),
    *((method, "/leads/{id}") for method in ("GET", "PATCH")),
    ("POST", "/users"),
    ("PATCH", "/users/{id}"),
    ("GET", "/role-permissions/{id}"),
    ("GET", "/permissions"),
    ("GET", "/permissions/{id}"),
    ("POST", "/teams"),
    ("PATCH", "/teams/{id}"),
    ("DELETE", "/teams/{id}"),
    ("POST", "/entities"),
    ("PATCH", "/entities/{id}"),
    ("DELETE", "/entities/{id}"),
)
"""Documented operations that no contact desk has a use for. They answer 403, as to a client without the permission."""
