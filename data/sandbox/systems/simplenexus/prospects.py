"""Prospects of a loan officer: made (BETA) and read, never changed, never removed. Nothing about one is unique."""

from __future__ import annotations

from data.sandbox.store import Wanted
from data.sandbox.systems.api import ApiOperation, Call, SandboxReply, refuse
from data.sandbox.systems.field_checks import group, lines, or_null, phone
from data.sandbox.systems.simplenexus.base import SimpleNexusBase
from data.sandbox.systems.simplenexus.records import OFFICERS
from data.sandbox.systems.simplenexus.rules import email, text_up_to

_KIND = "prospects"
_NEW = group(
    {
        "first_name": or_null(text_up_to(100)),
        "last_name": or_null(text_up_to(100)),
        "email": or_null(email),
        "cell_phone": or_null(phone),
        "note": or_null(lines(1000)),
    }
)


class ServedProspects:
    """The operations on prospects."""

    def __init__(self, system: SimpleNexusBase) -> None:
        self._system = system
        below = f"{OFFICERS}/{{id}}/prospects"
        self.operations = (
            ApiOperation("POST", below, self._create),
            ApiOperation("GET", below, self._list),
            ApiOperation("GET", below + "/{prospect}", system.shown_alone(_KIND)),
        )

    def _list(self, call: Call) -> SandboxReply:
        given = self._system.given(call)
        return self._system.listed(call, _KIND, given, Wanted(belongs_to=self._system.officer(call)["id"]))

    def _create(self, call: Call) -> SandboxReply:
        """Keep a prospect; `cell_phone` is shown as `phone`. The sharer is the officer (our assumption)."""
        if self._system.options["prospects"] is not True:
            refuse(403, "forbidden", "This endpoint is in beta and not for this client.")
        officer = self._system.officer(call)
        body = self._system.checked(call, _NEW)
        if body.get("email") is None and body.get("cell_phone") is None:
            refuse(400, "invalid", "A field is missing.", [("email", "or cell_phone must be given")])
        fields = {name: body.get(name) for name in ("first_name", "last_name", "email", "note")}
        sharer = f"{officer.get('first_name')} {officer.get('last_name')}"
        more = {"phone": body.get("cell_phone"), "sharer_name": sharer, "is_active": True}
        return self._system.made(_KIND, {**fields, **more, "loan_officer_id": officer["id"]})
