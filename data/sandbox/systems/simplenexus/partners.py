"""Partners of a loan officer, who are real estate agents. A partner's email never changes through the API."""

from __future__ import annotations

from data.sandbox.store import Wanted
from data.sandbox.systems.api import ApiOperation, Call, SandboxReply, folded, json_reply, refuse
from data.sandbox.systems.field_checks import Check, boolean, choice, group, or_null, phone
from data.sandbox.systems.simplenexus.base import NO_CONTENT, SimpleNexusBase, flags_of
from data.sandbox.systems.simplenexus.records import OFFICERS, created
from data.sandbox.systems.simplenexus.rules import ADDRESS, NAME_OF_PERSON, email, text_up_to

_KIND = "partners"
_PARTNER: dict[str, Check] = {
    "first_name": NAME_OF_PERSON,
    "last_name": NAME_OF_PERSON,
    "mobile_phone": or_null(phone),
    "type": choice(("AGENT",)),
    "professional_title": or_null(text_up_to(80)),
    "list_partner_first": boolean,
    "is_cobranded": boolean,
    "address": ADDRESS,
}
_NEW = group({**_PARTNER, "email": email}, required=("first_name", "last_name", "email"))
_PATCH = group(_PARTNER)
_ACTION = group({"action": choice(("SEND_INVITE", "ENABLE", "DISABLE"))}, required=("action",))


class ServedPartners:
    """The operations on partners."""

    def __init__(self, system: SimpleNexusBase) -> None:
        self._system = system
        below = f"{OFFICERS}/{{id}}/partners"
        self.operations = (
            ApiOperation("POST", below, self._create),
            ApiOperation("GET", below, self._list),
            ApiOperation("GET", below + "/{partner}", system.shown_alone(_KIND)),
            ApiOperation("PATCH", below + "/{partner}", self._change),
            ApiOperation("DELETE", below + "/{partner}", self._delete),
            ApiOperation("POST", below + "/{partner}/actions", self._act),
        )

    def _list(self, call: Call) -> SandboxReply:
        given = self._system.given(call, "email", "accepted_invite")
        wanted = Wanted(
            email=folded(given.get("email")),
            belongs_to=self._system.officer(call)["id"],
            flags=flags_of(given, ("accepted_invite", "accepted_invite")),
        )
        return self._system.listed(call, _KIND, given, wanted)

    def _create(self, call: Call) -> SandboxReply:
        officer = self._system.officer(call)
        body = self._system.checked(call, _NEW)
        among = officer["id"] if self._system.options["partner_emails"] == "officer" else None
        self._system.refuse_second(_KIND, body["email"], "Partner", among)
        fields = {
            "mobile_phone": None,
            "type": "AGENT",
            "professional_title": None,
            "list_partner_first": False,
            "is_cobranded": False,
            "accepted_invite": None,
            **body,
        }
        record = self._system.new(_KIND, {**fields, "loan_officer_id": officer["id"]})
        self._system.tell_of_user("user_created", _KIND, record)
        return json_reply(201, created(_KIND, record), kind=_KIND)

    def _change(self, call: Call) -> SandboxReply:
        patch = self._system.checked(call, _PATCH)
        partner = self._system.record(_KIND, call)
        reply = self._system.changed(_KIND, partner, patch)
        if patch:
            self._system.tell_of_user("user_updated", _KIND, {**partner, **patch})
        return reply

    def _delete(self, call: Call) -> SandboxReply:
        self._system.no_query(call)
        self._system.forget(_KIND, self._system.record(_KIND, call)["id"])
        return NO_CONTENT

    def _act(self, call: Call) -> SandboxReply:
        """Invite, switch on or off. No field that is shown says whether a partner is on."""
        action = self._system.checked(call, _ACTION)["action"]
        partner = self._system.record(_KIND, call)
        enabled = partner.get("is_enabled", True)
        if action == "SEND_INVITE":
            if not enabled or partner.get("accepted_invite") is True:
                refuse(412, "wrong-state", "The partner can't be invited.")
            return self._system.changed(_KIND, partner, {"accepted_invite": False})
        if enabled is (action == "ENABLE"):
            refuse(412, "wrong-state", f"The partner is {action.lower()}d already.")
        event = "user_enabled" if action == "ENABLE" else "user_disabled"
        self._system.tell_of_user(event, _KIND, partner)
        return self._system.changed(_KIND, partner, {"is_enabled": action == "ENABLE"})
