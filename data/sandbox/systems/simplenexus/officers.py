"""Loan officers, their aliases, and the links to the app that are shared in their name."""

from __future__ import annotations

from data.sandbox.store import Document, Wanted
from data.sandbox.systems.api import ApiOperation, Call, SandboxReply, folded, json_reply, refuse
from data.sandbox.systems.field_checks import Check, boolean, choice, group, line, or_null, phone
from data.sandbox.systems.simplenexus.base import NO_CONTENT, SimpleNexusBase, flags_of
from data.sandbox.systems.simplenexus.records import NAME, OFFICERS, created
from data.sandbox.systems.simplenexus.rules import (
    ADDRESS,
    ADDRESS_WITH_STATE,
    NAME_OF_PERSON,
    email,
    http_url,
    id_where,
    ten_digits,
    text_up_to,
)

_KIND, _ALIASES, _SHARES = "loan-officers", "aliases", "app-shares"
_ACTIONS = ("PROMOTE", "DEMOTE", "ENABLE", "DISABLE", "SEND_WELCOME_EMAIL", "CHANGE_ORG")
_SHORT = or_null(text_up_to(255))
_OFFICER: dict[str, Check] = {
    "first_name": NAME_OF_PERSON,
    "last_name": NAME_OF_PERSON,
    "email": email,
    "phone": phone,
    "website": http_url(700),
    "nmls": _SHORT,
    "cost_center": _SHORT,
    "title": _SHORT,
    "office_phone": or_null(phone),
    "bio": or_null(text_up_to(700)),
    "is_discoverable": boolean,
}
_NEW = group(
    {**_OFFICER, "address": ADDRESS_WITH_STATE},
    required=("first_name", "last_name", "email", "phone", "website", "address"),
)
_THIRD_PARTY = group(
    dict.fromkeys(("credit_user_id", "los_username", "crm_user_id", "crm_user_type"), _SHORT)
)
_PATCH = group({**_OFFICER, "address": ADDRESS, "third_party": _THIRD_PARTY})
_ALIAS = group({"alias": text_up_to(255)}, required=("alias",))


class ServedOfficers:
    """The operations on loan officers, aliases and app shares."""

    def __init__(self, system: SimpleNexusBase) -> None:
        self._system = system
        self._store = system.store
        named_id = id_where(lambda: system.strict)
        self._share = group(
            {
                "email": or_null(email),
                "phone": or_null(ten_digits),
                "destination_name": or_null(line(255)),
                "partner_id": or_null(named_id),
            }
        )
        self._action = group(
            {
                "action": choice(_ACTIONS),
                "borrower_LO_reassignment": named_id,
                "partner_LO_reassignment": named_id,
                "org_type": choice(("COMPANY", "REGION", "BRANCH")),
                "org_id": named_id,
            },
            required=("action",),
        )
        one, aliases = f"{OFFICERS}/{{id}}", f"{OFFICERS}/{{id}}/aliases"
        self.operations = (
            ApiOperation("GET", OFFICERS, self._list),
            ApiOperation("POST", OFFICERS, self._create),
            ApiOperation("GET", one, system.shown_alone(_KIND)),
            ApiOperation("PATCH", one, self._change),
            ApiOperation("POST", one + "/actions", self._act),
            ApiOperation("GET", aliases, self._list_aliases),
            ApiOperation("POST", aliases, self._create_alias),
            ApiOperation("GET", aliases + "/{alias}", system.shown_alone(_ALIASES)),
            ApiOperation("DELETE", aliases + "/{alias}", self._delete_alias),
            ApiOperation("POST", one + "/app_shares", self._share_app),
        )

    # -- loan officers ------------------------------------------------------------------------------------

    def _list(self, call: Call) -> SandboxReply:
        given = self._system.given(call, "email", "is_active", "is_admin", "org_id")
        flags = flags_of(given, ("is_active", "is_active"), ("is_admin", "is_admin"))
        texts = (("org_id", given["org_id"]),) if "org_id" in given else ()
        wanted = Wanted(email=folded(given.get("email")), flags=flags, texts=texts)
        return self._system.listed(call, _KIND, given, wanted)

    def _create(self, call: Call) -> SandboxReply:
        body = self._system.checked(call, _NEW)
        self._system.refuse_second(_KIND, body["email"], "Loan officer")
        record = self._system.new(_KIND, {**body, "is_active": True, "is_admin": False})
        self._system.tell_of_user("user_created", _KIND, record)
        return json_reply(201, created(_KIND, record), kind=_KIND)

    def _change(self, call: Call) -> SandboxReply:
        patch = self._system.checked(call, _PATCH)
        officer = self._system.record(_KIND, call)
        if "email" in patch and folded(patch["email"]) != folded(officer.get("email")):
            self._system.refuse_second(_KIND, patch["email"], "Loan officer")
        if patch:
            self._system.tell_of_user("user_updated", _KIND, {**officer, **patch})
        return self._system.changed(_KIND, officer, patch)

    def _act(self, call: Call) -> SandboxReply:
        """Change the state of an officer. A job that moves borrowers is done at once, so the answer is 204."""
        body = self._system.checked(call, self._action)
        officer = self._system.record(_KIND, call)
        match body["action"]:
            case "ENABLE" | "DISABLE":
                return self._switch(officer, body)
            case "PROMOTE" | "DEMOTE":
                admin = body["action"] == "PROMOTE"
                if officer.get("is_admin") is admin:
                    refuse(412, "wrong-state", "The loan officer is in that state already.")
                return self._system.changed(_KIND, officer, {"is_admin": admin})
            case "CHANGE_ORG":
                if "org_type" not in body or "org_id" not in body:
                    refuse(400, "invalid", "A field is missing.", [("org_id", "is missing")])
                return self._system.changed(_KIND, officer, {"org_id": body["org_id"]})
            case _:
                return NO_CONTENT

    def _switch(self, officer: Document, body: Document) -> SandboxReply:
        on = body["action"] == "ENABLE"
        if officer.get("is_active") is on:
            refuse(412, "wrong-state", "The loan officer is in that state already.")
        for field, kind in (
            ("borrower_LO_reassignment", "borrowers"),
            ("partner_LO_reassignment", "partners"),
        ):
            if not on and field in body:
                new = self._system.active_officer(field, body[field])
                for record in self._store.find(NAME, kind, Wanted(belongs_to=officer["id"])):
                    self._system.changed(kind, record, {"loan_officer_id": new})
        self._system.tell_of_user("user_enabled" if on else "user_disabled", _KIND, officer)
        return self._system.changed(_KIND, officer, {"is_active": on})

    # -- aliases ------------------------------------------------------------------------------------------

    def _list_aliases(self, call: Call) -> SandboxReply:
        given = self._system.given(call)
        wanted = Wanted(belongs_to=self._system.officer(call)["id"])
        return self._system.listed(call, _ALIASES, given, wanted)

    def _create_alias(self, call: Call) -> SandboxReply:
        """An alias is any text; it is one officer's in the whole company (our assumption)."""
        officer = self._system.officer(call)
        alias = self._system.checked(call, _ALIAS)["alias"]
        if self._store.find(NAME, _ALIASES, Wanted(texts=(("alias", alias),)), limit=1):
            refuse(409, "exists", "The alias already exists.")
        return self._system.made(_ALIASES, {"alias": alias, "loan_officer_id": officer["id"]})

    def _delete_alias(self, call: Call) -> SandboxReply:
        self._system.no_query(call)
        self._system.forget(_ALIASES, self._system.record(_ALIASES, call)["id"])
        return NO_CONTENT

    # -- app shares (BETA) --------------------------------------------------------------------------------

    def _share_app(self, call: Call) -> SandboxReply:
        """Send the link to the app. The answer is 204 without an id, and nothing lists what was shared."""
        if self._system.options["app_shares"] is not True:
            refuse(403, "forbidden", "This endpoint is in beta and not for this client.")
        officer = self._system.officer(call)
        body = self._system.checked(call, self._share)
        if body.get("email") is None and body.get("phone") is None:
            refuse(400, "invalid", "A field is missing.", [("email", "or phone must be given")])
        if (partner := body.get("partner_id")) is not None:
            found = self._store.get(NAME, "partners", str(partner))
            if found is None or found["loan_officer_id"] != officer["id"]:
                refuse(
                    400, "invalid", "A field is wrong.", [("partner_id", "names no partner of the officer")]
                )
        self._system.new(_SHARES, {**body, "loan_officer_id": officer["id"]})
        return NO_CONTENT
