"""Loan applications (BETA), to read. A list has active ones unless others are asked for.

Nothing that is shown says which account an application belongs to. The operations that write answer 403: no contact
desk writes an application, and the endpoints are BETA.
"""

from __future__ import annotations

from data.sandbox.store import Document, Wanted
from data.sandbox.systems.api import ApiOperation, Call, SandboxReply, json_reply, refuse
from data.sandbox.systems.simplenexus.base import SimpleNexusBase, flags_of
from data.sandbox.systems.simplenexus.records import NAME, shown

_KIND = "loan-applications"
_LOANS = (
    *("loan_id", "org_id", "borrower_external_customer_identifier"),
    "coborrower_external_customer_identifier",
)


class ServedApplications:
    """The operations on loan applications."""

    def __init__(self, system: SimpleNexusBase) -> None:
        self._system = system
        self._store = system.store
        one = "/loan_applications/{id}"
        self.operations = (
            ApiOperation("GET", "/loan_applications", self._list),
            ApiOperation("GET", one, self._read),
            ApiOperation("POST", "/loan_applications", self._refused),
            ApiOperation("PATCH", one, self._refused),
            ApiOperation("DELETE", one, self._refused),
            ApiOperation("POST", one + "/actions", self._refused),
        )

    def _list(self, call: Call) -> SandboxReply:
        self._refuse_beta()
        given = self._system.given(call, "is_active", "loan_officer_id", "user_borrower_id", *_LOANS)
        texts = tuple((name, given[name]) for name in ("loan_officer_id", *_LOANS) if name in given)
        flags = flags_of({"is_active": "true", **given}, ("is_active", "is_active"))
        wanted = Wanted(belongs_to=given.get("user_borrower_id"), texts=texts, flags=flags)
        return self._system.listed(call, _KIND, given, wanted, self._joined)

    def _read(self, call: Call) -> SandboxReply:
        self._refuse_beta()
        self._system.no_query(call)
        record = self._joined(self._system.record(_KIND, call))
        record.pop("has_coborrower")  # a list has it, the whole application has not
        return json_reply(200, shown(_KIND, record), kind=_KIND)

    def _refused(self, call: Call) -> SandboxReply:
        self._refuse_beta()
        return self._system.error(403, "forbidden", f"The client may not use {call.method} here.")

    def _refuse_beta(self) -> None:
        if not self._system.options["applications"]:
            refuse(403, "forbidden", "This endpoint is in beta and not for this client.")

    def _joined(self, record: Document) -> Document:
        """Return an application with the names that it shows of its borrower and of that borrower's officer."""
        borrower = self._store.get(NAME, "borrowers", str(record.get("borrower_id"))) or {}
        officer = self._store.get(NAME, "loan-officers", str(record.get("loan_officer_id"))) or {}
        names = f"{officer.get('first_name')} {officer.get('last_name')}"
        told = {name: borrower.get(name) for name in ("first_name", "last_name", "email")}
        whose = {"loan_officer_name": names, "loan_officer_email": officer.get("email")}
        return {"is_active": True, "is_submitted": False, "has_coborrower": False, **told, **whose, **record}
