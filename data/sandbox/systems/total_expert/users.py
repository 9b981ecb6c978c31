"""What the organisation is made of: users, roles, teams, entities, and the lists that nobody changes here.

The tables also document writing users, teams and entities. Those operations answer 403 here: no contact desk writes
them, and a client without the permission gets the same.
"""

from __future__ import annotations

from collections.abc import Callable

from data.sandbox.store import Document, Wanted
from data.sandbox.systems.api import ApiOperation, Call, SandboxReply, folded, json_reply, refuse
from data.sandbox.systems.total_expert import catalogue
from data.sandbox.systems.total_expert.base import TotalExpertBase
from data.sandbox.systems.total_expert.queries import instant, no_query
from data.sandbox.systems.total_expert.records import NAME

USER_FILTERS = (
    *("internal_updated_at_start", "internal_updated_at_end", "email", "username", "status", "external_id"),
)
ENTITY_SORTABLE = (
    *("id", "address", "address_2", "city", "entity_name", "external_id", "state", "zip_code", "phone"),
    *("internal_created_at", "internal_updated_at"),
)
SCHEMA_FILTERS = (
    *("internal_updated_at_start", "internal_updated_at_end", "internal_created_at_start"),
    *("internal_created_at_end", "system_name", "related_entity_type", "account_class_name"),
    "account_class_type",
)
ROLE_FILTERS = (
    *("system_name", "display_name", "required", "account_class_name", "account_class_type"),
    *("role_type_name", "role_type_discrete", "role_type_rules_type_id"),
)
_USER = (
    *("id", "email", "external_id", "info", "internal_created_at", "internal_updated_at", "last_login_date"),
    *("licenses", "disclaimers", "settings_marketing", "status", "type", "username", "saml_subject_id"),
    *("expenditure_approver", "role", "teams"),
)
_LISTS = ("licenses", "disclaimers", "teams")


class ServedUsers:
    """The operations that read the organisation."""

    def __init__(self, system: TotalExpertBase) -> None:
        self._system = system
        self._store = system.store
        self.operations = (
            ApiOperation("GET", "/users", self._list_users),
            ApiOperation("GET", "/users/{id}", self._read_user),
            ApiOperation("GET", "/user-roles", self._listed(catalogue.USER_ROLES)),
            ApiOperation("GET", "/user-roles/{id}", self._one_of(catalogue.USER_ROLES)),
            ApiOperation("GET", "/teams", self._listed(())),
            ApiOperation("GET", "/teams/{id}", self._one_of(())),
            ApiOperation("GET", "/entities", self._list_entities),
            ApiOperation("GET", "/entities/{id}", self._read_entity),
            ApiOperation("GET", "/entity-relationship-types", self._listed(catalogue.ENTITY_RELATIONSHIPS)),
            ApiOperation("GET", "/channels", self._listed(catalogue.CHANNELS)),
            ApiOperation("GET", "/wlp-access-types", self._listed(catalogue.WLP_ACCESS_TYPES)),
            ApiOperation("GET", "/email-domains", self._listed(catalogue.EMAIL_DOMAINS)),
            ApiOperation("GET", "/schema/custom-fields", self._list_schema),
            ApiOperation("GET", "/schema/participant-roles", self._listed((), ROLE_FILTERS)),
            *(ApiOperation(method, template, self._refused) for method, template in catalogue.REFUSED_TO_US),
        )

    def _list_users(self, call: Call) -> SandboxReply:
        query = self._system.query(call, USER_FILTERS)
        filters = dict(query.filters)
        start, end = (instant(name, filters[name]) if name in filters else None for name in USER_FILTERS[:2])
        wanted = Wanted(updated_from=start, updated_to=end, added_before=self._system.visible(call))
        found = [
            _user_shown(user)
            for user in self._store.find(NAME, "users", wanted)
            if all(
                folded(str(user.get(name))) == folded(filters[name])
                for name in USER_FILTERS[2:]
                if name in filters
            )
        ]
        return self._system.page_of_records("users", found, query)

    def _read_user(self, call: Call) -> SandboxReply:
        no_query(call, strict=self._system.strict)
        return json_reply(200, _user_shown(self._system.found("users", call)), kind="users")

    def _list_entities(self, call: Call) -> SandboxReply:
        query = self._system.query(call, sortable=ENTITY_SORTABLE)
        wanted = Wanted(added_before=self._system.visible(call))
        return self._system.served_page("entities", wanted, query, lambda entity: entity)

    def _read_entity(self, call: Call) -> SandboxReply:
        no_query(call, strict=self._system.strict)
        return json_reply(200, self._system.found("entities", call), kind="entities")

    def _list_schema(self, call: Call) -> SandboxReply:
        query = self._system.query(call, SCHEMA_FILTERS)
        filters = dict(query.filters)
        found = [field for field in catalogue.CUSTOM_FIELDS if _field_fits(field, filters)]
        return self._system.page_of_records("custom-fields", found, query)

    def _listed(
        self, records: tuple[Document, ...], filters: tuple[str, ...] = ()
    ) -> Callable[[Call], SandboxReply]:
        def listed(call: Call) -> SandboxReply:
            return self._system.page_of_records("", list(records), self._system.query(call, filters))

        return listed

    def _one_of(self, records: tuple[Document, ...]) -> Callable[[Call], SandboxReply]:
        def one(call: Call) -> SandboxReply:
            no_query(call, strict=self._system.strict)
            found = [record for record in records if str(record["id"]) == call.ids[0]]
            if not found:
                refuse(404, "not-found", f"Object with id '{call.ids[0]}' not found")
            return json_reply(200, found[0])

        return one

    def _refused(self, call: Call) -> SandboxReply:
        return self._system.error(403, "forbidden", f"The client may not use {call.method} here.")


def _user_shown(user: Document) -> Document:
    shown = {name: user.get(name) for name in _USER}
    return shown | {name: user.get(name) or [] for name in _LISTS}


def _field_fits(field: Document, filters: dict[str, str]) -> bool:
    related = field["related_entity"]["entity_type"]
    if "account_class_name" in filters or "account_class_type" in filters:
        return False
    if filters.get("system_name", field["system_name"]) != field["system_name"]:
        return False
    if filters.get("related_entity_type", related) != related:
        return False
    for name in ("internal_created_at", "internal_updated_at"):
        start, end = f"{name}_start", f"{name}_end"
        if start in filters and field[name] < instant(start, filters[start]):
            return False
        if end in filters and field[name] > instant(end, filters[end]):
            return False
    return True
