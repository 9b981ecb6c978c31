"""Borrower accounts: one for an email, whoever asks. Removing an account removes its loan applications."""

from __future__ import annotations

from data.sandbox.store import Document, Wanted
from data.sandbox.systems.api import ApiOperation, Call, SandboxReply, folded, json_reply, refuse
from data.sandbox.systems.field_checks import Check, boolean, choice, group, phone
from data.sandbox.systems.simplenexus.base import NO_CONTENT, SimpleNexusBase, flags_of
from data.sandbox.systems.simplenexus.records import NAME, created
from data.sandbox.systems.simplenexus.rules import NAME_OF_PERSON, email, id_where

_KIND, _APPLICATIONS = "borrowers", "loan-applications"
_ACTIONS = ("SEND_WELCOME_EMAIL", "REASSIGN_LO", "ASSIGN_PARTNER", "REMOVE_PARTNER")


class ServedBorrowers:
    """The operations on borrower accounts."""

    def __init__(self, system: SimpleNexusBase) -> None:
        self._system = system
        self._store = system.store
        named_id = id_where(lambda: system.strict)
        account: dict[str, Check] = {
            "first_name": NAME_OF_PERSON,
            "last_name": NAME_OF_PERSON,
            "email": email,
            "phone": phone,
        }
        self._new = group(
            {**account, "loan_officer_id": named_id, "partner_id": named_id},
            required=("first_name", "last_name", "email"),
        )
        self._patch = group({**account, "custom_consent": boolean})
        bare: dict[str, Check] = {"action": choice(_ACTIONS)}
        self._actions = {
            "SEND_WELCOME_EMAIL": group(bare),
            "REASSIGN_LO": group(
                {**bare, "loan_officer_id": named_id, "reassign_apps": boolean}, required=("loan_officer_id",)
            ),
            "ASSIGN_PARTNER": group({**bare, "partner_id": named_id}, required=("partner_id",)),
            "REMOVE_PARTNER": group(bare),
        }
        self.operations = (
            ApiOperation("POST", "/users/borrowers", self._create),
            ApiOperation("GET", "/users/borrowers", self._list),
            ApiOperation("GET", "/users/borrowers/{id}", system.shown_alone(_KIND)),
            ApiOperation("PATCH", "/users/borrowers/{id}", self._change),
            ApiOperation("DELETE", "/users/borrowers/{id}", self._delete),
            ApiOperation("POST", "/users/borrowers/{id}/actions", self._act),
        )

    def _list(self, call: Call) -> SandboxReply:
        given = self._system.given(call, "email", "has_custom_consent", "is_active", "loan_officer_id")
        if self._system.options["officer_filter"] is not True:
            given.pop("loan_officer_id", None)
        wanted = Wanted(
            email=folded(given.get("email")),
            belongs_to=given.get("loan_officer_id"),
            flags=flags_of(given, ("is_active", "is_active"), ("has_custom_consent", "custom_consent")),
        )
        return self._system.listed(call, _KIND, given, wanted)

    def _create(self, call: Call) -> SandboxReply:
        body = self._system.checked(call, self._new)
        officer = self._officer_of(body)
        if (partner := body.get("partner_id")) is not None:
            self._refuse_strange_partner(str(partner), officer)
        self._system.refuse_second(_KIND, body["email"], "Borrower account")
        fields = {"phone": None, **body, "loan_officer_id": officer}
        record = self._system.new(_KIND, {**fields, "is_active": True, "custom_consent": False})
        self._system.tell_of_user("user_created", _KIND, record)
        return json_reply(201, created(_KIND, record), kind=_KIND)

    def _officer_of(self, body: Document) -> str:
        given = body.get("loan_officer_id")
        if given is None and self._system.options["officer_is_optional"]:
            return str(self._store.find(NAME, "loan-officers", Wanted(), limit=1)[0]["id"])
        return self._system.active_officer("loan_officer_id", given)

    def _refuse_strange_partner(self, partner: str, officer: str) -> None:
        found = self._store.get(NAME, "partners", partner)
        if found is None or found["loan_officer_id"] != officer:
            flaw = ("partner_id", "names no partner of the officer")
            refuse(400, "invalid", "A field is wrong.", [flaw])

    def _change(self, call: Call) -> SandboxReply:
        patch = self._system.checked(call, self._patch)
        borrower = self._system.record(_KIND, call)
        if "email" in patch and folded(patch["email"]) != folded(borrower.get("email")):
            self._system.refuse_second(_KIND, patch["email"], "Borrower account")
        reply = self._system.changed(_KIND, borrower, patch)
        if patch:
            self._system.tell_of_user("user_updated", _KIND, {**borrower, **patch})
        return reply

    def _delete(self, call: Call) -> SandboxReply:
        self._system.no_query(call)
        borrower = self._system.record(_KIND, call)
        for application in self._store.find(NAME, _APPLICATIONS, Wanted(belongs_to=borrower["id"])):
            self._system.forget(_APPLICATIONS, application["id"])
        self._system.forget(_KIND, borrower["id"])
        return NO_CONTENT

    # -- actions ------------------------------------------------------------------------------------------

    def _act(self, call: Call) -> SandboxReply:
        action = str(call.json_object().get("action"))
        body = self._system.checked(call, self._actions.get(action, group({"action": choice(_ACTIONS)})))
        if "action" not in body:
            refuse(400, "invalid", "A field is missing.", [("action", "is missing")])
        borrower = self._system.record(_KIND, call)
        if not borrower.get("is_active"):
            refuse(412, "wrong-state", "The borrower account is not active.")
        match action:
            case "REASSIGN_LO":
                return self._reassign(borrower, body)
            case "ASSIGN_PARTNER":
                if borrower.get("partner_id") == body["partner_id"]:
                    refuse(409, "exists", "The partner is assigned to the borrower account already.")
                self._refuse_strange_partner(body["partner_id"], borrower["loan_officer_id"])
                return self._system.changed(_KIND, borrower, {"partner_id": body["partner_id"]})
            case "REMOVE_PARTNER":
                if borrower.get("partner_id") is None:
                    refuse(412, "wrong-state", "No partner is assigned to the borrower account.")
                return self._system.changed(_KIND, borrower, {"partner_id": None})
            case _:
                return NO_CONTENT

    def _reassign(self, borrower: Document, body: Document) -> SandboxReply:
        """Give an account to another officer; one whose applications stay behind is made again (201).

        What becomes of the old account is not published: here it is switched off and keeps its email.
        """
        officer = self._system.active_officer("loan_officer_id", body["loan_officer_id"])
        applications = self._store.find(NAME, _APPLICATIONS, Wanted(belongs_to=borrower["id"]))
        moved = {"loan_officer_id": officer, "partner_id": None}
        if applications and not body.get("reassign_apps", False):
            fields = {name: value for name, value in borrower.items() if name not in ("id", "created_at")}
            record = self._system.new(_KIND, {**fields, **moved, "updated_at": self._system.now()})
            self._system.changed(_KIND, borrower, {"is_active": False})
            return json_reply(201, created(_KIND, record), kind=_KIND)
        for application in applications:
            self._system.changed(_APPLICATIONS, application, {"loan_officer_id": officer})
        return self._system.changed(_KIND, borrower, moved)
