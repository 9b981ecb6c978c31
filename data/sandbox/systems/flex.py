"""FLEX's stand-in: contacts, opportunities, properties, product links and notes to write; nothing is ever deleted.

An IntegrationId is required on every create and deliberately not unique here: a create that is sent twice makes
two records, which is what the desk must survive. Two options change that: `unique_integration_ids` answers the second
create with the record that is there, and `contract` "1.0" makes the stand-in an older gateway.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime

from data.sandbox.store import Document, Keys, Store, Wanted
from data.sandbox.systems.api import (
    ApiOperation,
    Call,
    Clock,
    Flaw,
    SandboxReply,
    SandboxSystem,
    api_description,
    folded,
    json_reply,
    refuse,
    text_or_none,
)
from data.sandbox.systems.auth import Tokens
from data.sandbox.systems.field_checks import (
    Check,
    choice,
    email,
    encoded,
    flag,
    group,
    line,
    lines,
    listing,
    number,
    past_date,
    phone,
)

NAME = "flex"
FIRST_NUMBER = int("6D9UB", 36)
COUNTER = "flex-id"
STATES = ("ACT", "NSW", "NT", "QLD", "SA", "TAS", "VIC", "WA")
LOAN_CATEGORIES = ("Residential", "Commercial", "Personal", "Asset Finance", "SMSF")
LOAN_PURPOSES = (
    "Purchase",
    "Refinance",
    "Construction",
    "Investment",
    "Equity Release",
    "Debt Consolidation",
)
PROPERTY_TYPES = ("House", "Strata title or Unit", "Townhouse", "Vacant Land", "Rural", "Commercial")
ROLES = ("Primary Applicant", "Co-Applicant", "Guarantor")
REPAYMENTS = ("Principal & Interest", "Interest Only", "Either")
LARGEST_ATTACHMENT = 5 * 1024 * 1024
MOST_APPLICANTS = 20
LONGEST_SEARCH = 200
CONTRACT = "1.2"
_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_MONEY = number(0.01, 999_999_999.99)

_OTHER_ADDRESS = group(
    {
        "AddressType": choice(("Postal",)),
        "StreetAddress": line(200),
        "City": line(80),
        "PostalCode": line(10),
        "State": line(60),
        "Country": line(60),
    },
    required=("AddressType",),
)
_REFERENCE: dict[str, Check] = {"FLEXId": line(64), "IntegrationId": line(64)}
_OPPORTUNITY = group(
    {
        "IntegrationId": line(64),
        "Applicants": listing(
            group({**_REFERENCE, "Role": choice(ROLES)}, required=("Role",)), 1, MOST_APPLICANTS
        ),
        "ProposedLoanAmount": _MONEY,
        "ProposedLoanTerm": number(1, 50),
        "LoanCategory": choice(LOAN_CATEGORIES),
        "LoanPurpose": choice(LOAN_PURPOSES),
        "RequirementsAndObjectives": lines(8000),
        "PreApproval": flag,
        "ProductFilter": group(
            {
                "FixedInclude": flag,
                "StandardVariableInclude": flag,
                "FilterRepaymentOption": choice(REPAYMENTS),
            }
        ),
    },
    required=("IntegrationId", "Applicants"),
)
_APPLICANT_ROLE = group({"Role": choice(ROLES)}, required=("Role",))
_HOUSE: dict[str, Check] = {
    "Value": _MONEY,
    "PropertyType": choice(PROPERTY_TYPES),
    "Usage": choice(("Purchase", "Security")),
    "Purpose": choice(("Owner Occupied", "Investment")),
}
_PROPERTY = group(
    {"IntegrationId": line(64), "Opportunity": group(_REFERENCE), **_HOUSE},
    required=("IntegrationId", "Opportunity"),
)
_PROPERTY_CHANGE = group(_HOUSE)
_LINK = group(
    {
        "IntegrationId": line(64),
        "Selected": flag,
        "SplitAmount": _MONEY,
        "BaseSplitAmount": _MONEY,
    },
    required=("Selected",),
)
_NOTE = group(
    {
        "IntegrationId": line(64),
        "Parent": group(_REFERENCE),
        "Text": lines(32_000),
        "Attachments": listing(
            group(
                {"FileName": line(255), "ContentType": line(255), "Content": encoded(LARGEST_ATTACHMENT)},
                required=("FileName", "ContentType", "Content"),
            ),
            0,
            10,
        ),
    },
    required=("IntegrationId", "Parent", "Text"),
)


class SandboxFlex(SandboxSystem):
    """The gateway's operations over the store."""

    name = NAME
    kinds = ("contacts", "opportunities", "applications", "properties", "product-links", "notes", "products")
    id_field = "FLEXId"
    stranger = "1-0000"

    def __init__(self, store: Store, clock: Clock) -> None:
        super().__init__(store, clock)
        self._tokens = Tokens(clock)
        fields = _contact_fields(lambda: datetime.fromtimestamp(clock(), UTC).date())
        self._new_contact = group(fields, required=("IntegrationId", "FirstName", "LastName"))
        self._contact_change = group(fields)
        self.options = {"contract": CONTRACT, "unique_integration_ids": False}
        self._requests = 0
        self._newer: tuple[ApiOperation, ...] = (
            ApiOperation("PUT", "/opportunities/{id}/applicants/{person}", self._put_applicant),
            ApiOperation("PATCH", "/properties/{id}", self._change_property),
        )
        """What a gateway of 1.0 does not have."""
        self.operations = (
            *self._newer,
            ApiOperation("POST", "/oauth/token", self._tokens.issue, open=True),
            ApiOperation("GET", "/openapi.yaml", self._description, open=True),
            ApiOperation("POST", "/contacts", self._create_contact),
            ApiOperation("GET", "/contacts", self._search_contacts),
            ApiOperation("GET", "/contacts/{id}", self._read("contacts")),
            ApiOperation("PATCH", "/contacts/{id}", self._change_contact),
            ApiOperation("POST", "/opportunities", self._create_opportunity),
            ApiOperation("GET", "/opportunities", self._search("opportunities")),
            ApiOperation("GET", "/opportunities/{id}", self._read("opportunities")),
            ApiOperation("GET", "/opportunities/{id}/product-links", self._list_links),
            ApiOperation("PUT", "/opportunities/{id}/product-links/{product}", self._put_link),
            ApiOperation("GET", "/applications", self._search("applications")),
            ApiOperation("GET", "/applications/{id}", self._read("applications")),
            ApiOperation("POST", "/properties", self._create_property),
            ApiOperation("GET", "/properties", self._search("properties")),
            ApiOperation("GET", "/properties/{id}", self._read("properties")),
            ApiOperation("GET", "/products", self._search_products),
            ApiOperation("POST", "/notes", self._create_note),
            ApiOperation("GET", "/notes", self._search_notes),
            ApiOperation("GET", "/notes/{id}", self._read("notes")),
        )

    @property
    def _has_1_1(self) -> bool:
        return self.options["contract"] != "1.0"

    def answer(self, call: Call) -> SandboxReply:
        """Carry out one call; the reply to a write has the name of the request."""
        self.echoes = self.options["contract"] == CONTRACT
        if not self._has_1_1 and _fits(call, self._newer):
            return self.error(405, "method-not-allowed", "This path answers GET.", (("Allow", "GET"),))
        reply = super().answer(call)
        document = reply.document()
        if call.method == "GET" or self.is_open(call) or document is None or not self._has_1_1:
            return reply
        self._requests += 1
        named = {**document, "request_id": f"rq-{int(self.clock()):x}-{self._requests:05d}"}
        return replace(reply, body=json_reply(reply.status, named).body)

    def refusal(self, call: Call) -> SandboxReply | None:
        """Return the 401 for a call without a token in force."""
        return self._tokens.refusal(call)

    def keys(self, kind: str, document: Document) -> Keys:
        """Every kind is found by its IntegrationId; contacts by name and email, parts by what they belong to."""
        return keys(kind, document)

    def _description(self, call: Call) -> SandboxReply:
        call.parameters()
        described = api_description(NAME)
        version = f"  version: {self.options['contract']}.0\n".encode()
        older = described.body.replace(f"  version: {CONTRACT}.0\n".encode(), version, 1)
        return replace(described, body=older)

    def _create_contact(self, call: Call) -> SandboxReply:
        body = self._checked(call, self._new_contact)
        _refuse_flaws(list(_state_flaws(body)))
        return self._created("contacts", body)

    def _change_contact(self, call: Call) -> SandboxReply:
        patch = self._checked(call, self._contact_change)
        if not patch:
            refuse(422, "invalid", "There is no field to change.")
        contact = self._resolved("contacts", call.ids[0], call.lag)
        if self._has_1_1 and "OtherAddress" in patch:
            patch = {**patch, "OtherAddress": _changed_addresses(contact, patch["OtherAddress"])}
        _refuse_flaws(list(_state_flaws({**contact, **patch})))
        return self._changed("contacts", contact, patch)

    def _search_contacts(self, call: Call) -> SandboxReply:
        given = call.parameters("IntegrationId", "LastName", "FirstName", "EmailAddress", "page", "page_size")
        wanted = Wanted(
            integration_id=given.get("IntegrationId"),
            first_name=folded(given.get("FirstName")),
            last_name=folded(given.get("LastName")),
            email=folded(given.get("EmailAddress")),
            added_before=self._visible(call.lag),
        )
        return self.page("contacts", wanted, given, _as_kept)

    def _create_opportunity(self, call: Call) -> SandboxReply:
        body = self._checked(call, _OPPORTUNITY)
        flaws: list[Flaw] = []
        applicants = []
        for position, applicant in enumerate(body["Applicants"]):
            contact = self._referred(("contacts",), applicant, f"Applicants[{position}]", call.lag, flaws)
            if contact is not None:
                applicants.append({**_named(contact), "Role": applicant["Role"]})
        _refuse_flaws(flaws)
        return self._created("opportunities", {**body, "Applicants": applicants})

    def _put_applicant(self, call: Call) -> SandboxReply:
        body = self._checked(call, _APPLICANT_ROLE)
        opportunity = self._resolved("opportunities", call.ids[0], call.lag)
        contact = self._resolved("contacts", call.ids[1], call.lag)
        wanted = {**_named(contact), **body}
        there = list(opportunity["Applicants"])
        before = [applicant for applicant in there if applicant["FLEXId"] == contact["FLEXId"]]
        if not before and len(there) >= MOST_APPLICANTS:
            refuse(422, "invalid", "The opportunity has too many applicants.", [("Applicants", "at most 20")])
        after = [wanted if applicant in before else applicant for applicant in there]
        outcome = "created" if not before else "unchanged" if after == there else "updated"
        if outcome != "unchanged":
            applicants = after if before else [*there, wanted]
            changed = {**opportunity, "Applicants": applicants, "UpdatedAt": self.now()}
            self.change("opportunities", opportunity["FLEXId"], changed)
        applicant = {**wanted, "Opportunity": opportunity["FLEXId"]}
        return self._written(201 if outcome == "created" else 200, "contacts", applicant, outcome)

    def _change_property(self, call: Call) -> SandboxReply:
        patch = self._checked(call, _PROPERTY_CHANGE)
        if not patch:
            refuse(422, "invalid", "There is no field to change.")
        return self._changed("properties", self._resolved("properties", call.ids[0], call.lag), patch)

    def _create_property(self, call: Call) -> SandboxReply:
        body = self._checked(call, _PROPERTY)
        flaws: list[Flaw] = []
        parent = self._referred(("opportunities",), body["Opportunity"], "Opportunity", call.lag, flaws)
        _refuse_flaws(flaws)
        return self._created("properties", {**body, "Opportunity": _named(parent or {})})

    def _create_note(self, call: Call) -> SandboxReply:
        body = self._checked(call, _NOTE)
        flaws: list[Flaw] = []
        parent = self._referred(("opportunities", "applications"), body["Parent"], "Parent", call.lag, flaws)
        _refuse_flaws(flaws)
        return self._created("notes", {**body, "Parent": _named(parent or {})})

    def _put_link(self, call: Call) -> SandboxReply:
        body = self._checked(call, _LINK)
        opportunity = self._resolved("opportunities", call.ids[0], call.lag)["FLEXId"]
        product = call.ids[1]
        if self.store.get(NAME, "products", product) is None:
            refuse(404, "not-found", "There is no such product.")
        there = [
            link
            for link in self.store.find(NAME, "product-links", Wanted(belongs_to=opportunity))
            if link["Product"] == product
        ]
        if not there:
            link = self._new("product-links", {"Opportunity": opportunity, "Product": product, **body})
            return self._written(201, "product-links", link, "created")
        kept: Document = {
            name: there[0][name] for name in ("FLEXId", "IntegrationId", "CreatedAt") if name in there[0]
        }
        link = {**kept, "Opportunity": opportunity, "Product": product, **body}
        if {**link, "UpdatedAt": there[0]["UpdatedAt"]} == there[0]:
            return self._written(200, "product-links", there[0], "unchanged")
        link["UpdatedAt"] = self.now()
        self.change("product-links", link["FLEXId"], link)
        return self._written(200, "product-links", link, "updated")

    def _list_links(self, call: Call) -> SandboxReply:
        given = call.parameters("page", "page_size")
        opportunity = self._resolved("opportunities", call.ids[0], call.lag)["FLEXId"]
        wanted = Wanted(belongs_to=opportunity, added_before=self._visible(call.lag))
        return self.page("product-links", wanted, given, _as_kept)

    def _search_products(self, call: Call) -> SandboxReply:
        given = call.parameters("Lender", "Name", "page", "page_size")
        wanted = Wanted(last_name=folded(given.get("Lender")), first_name=folded(given.get("Name")))
        return self.page("products", wanted, given, _as_kept)

    def _search_notes(self, call: Call) -> SandboxReply:
        known = ("IntegrationId", "Parent", "page", "page_size", *(("Text",) if self._has_1_1 else ()))
        given = call.parameters(*known)
        if len(beginning := given.get("Text", "")) > LONGEST_SEARCH:
            refuse(400, "bad-parameter", "A parameter is too long.", [("Text", f"at most {LONGEST_SEARCH}")])
        parent = given.get("Parent")
        if parent is not None:
            found = self._candidates(("opportunities", "applications"), parent, parent, call.lag)
            _refuse_ambiguous(found)
            parent = found[0]["FLEXId"] if found else parent
        wanted = Wanted(
            integration_id=given.get("IntegrationId"),
            belongs_to=parent,
            added_before=self._visible(call.lag),
        )
        if not beginning:
            return self.page("notes", wanted, given, _notes_shown)
        fitting = [
            note for note in self.store.find(NAME, "notes", wanted) if _text(note).startswith(beginning)
        ]
        return self.page_of("notes", fitting, given, _notes_shown)

    def _search(self, kind: str) -> Callable[[Call], SandboxReply]:
        def search(call: Call) -> SandboxReply:
            given = call.parameters("IntegrationId", "page", "page_size")
            wanted = Wanted(integration_id=given.get("IntegrationId"), added_before=self._visible(call.lag))
            return self.page(kind, wanted, given, _as_kept)

        return search

    def _read(self, kind: str) -> Callable[[Call], SandboxReply]:
        def read(call: Call) -> SandboxReply:
            call.parameters()
            record = self._resolved(kind, call.ids[0], call.lag)
            return json_reply(200, _note_shown(record) if kind == "notes" else record, kind=kind)

        return read

    def _checked(self, call: Call, check: Check) -> Document:
        call.parameters()
        body = call.json_object()
        _refuse_flaws(list(check(body)))
        return body

    def _created(self, kind: str, body: Document) -> SandboxReply:
        if self.options["unique_integration_ids"]:
            wanted = Wanted(integration_id=body["IntegrationId"])
            if there := self.store.find(NAME, kind, wanted, limit=1):
                if not self._has_1_1:
                    refuse(409, "conflict", "A record bears this IntegrationId already.")
                return self._written(200, kind, _named(there[0]), "existing")
        return self._written(201, kind, _named(self._new(kind, body)), "created")

    def _changed(self, kind: str, record: Document, patch: Document) -> SandboxReply:
        """Put some fields of a record, and answer the whole record."""
        changed = {**record, **patch}
        if changed == record:
            return self._written(200, kind, record, "unchanged")
        changed["UpdatedAt"] = self.now()
        self.change(kind, record["FLEXId"], changed)
        return self._written(200, kind, changed, "updated")

    def _written(self, status: int, kind: str, document: Document, outcome: str) -> SandboxReply:
        """Return the reply to a write; a gateway of 1.0 does not say what the write did."""
        said = {"outcome": outcome} if self._has_1_1 else {}
        return json_reply(status, {**document, **said}, kind=kind)

    def _new(self, kind: str, body: Document) -> Document:
        now = self.now()
        id_ = flex_id(self.store.next_number(COUNTER, FIRST_NUMBER))
        record = {"FLEXId": id_, **body, "CreatedAt": now, "UpdatedAt": now}
        self.keep(kind, id_, record)
        return record

    def _resolved(self, kind: str, id_: str, lag: float) -> Document:
        """Return the record a path names by FLEXId or IntegrationId. 404 for none, 409 for several."""
        found = self._candidates((kind,), id_, id_, lag)
        _refuse_ambiguous(found)
        if not found:
            refuse(404, "not-found", "There is no such record.")
        return found[0]

    def _referred(
        self, kinds: tuple[str, ...], reference: Mapping[str, str], field: str, lag: float, flaws: list[Flaw]
    ) -> Document | None:
        """Return the record a body names; 409 for several, a flaw for none or for an unclear name."""
        flex, integration = reference.get("FLEXId"), reference.get("IntegrationId")
        if (flex is None) is (integration is None):
            flaws.append((field, "must name a record by FLEXId or by IntegrationId, one of them"))
            return None
        found = self._candidates(kinds, flex, integration, lag)
        _refuse_ambiguous(found)
        if not found:
            flaws.append((field, "names no record"))
            return None
        return found[0]

    def _candidates(
        self, kinds: tuple[str, ...], flex: str | None, integration: str | None, lag: float
    ) -> list[Document]:
        if flex is not None:
            for kind in kinds:
                if (record := self.store.get(NAME, kind, flex)) is not None:
                    return [record]
        if integration is None:
            return []
        wanted = Wanted(integration_id=integration, added_before=self._visible(lag))
        return [record for kind in kinds for record in self.store.find(NAME, kind, wanted, limit=2)]

    def _visible(self, lag: float) -> float | None:
        """Return the moment before which a record must have come to be found by a search."""
        return self.clock() - lag if lag else None


def flex_id(number_: int) -> str:
    """Return a number as FLEX writes its ids: `1-6D9UB`."""
    digits = ""
    while number_:
        number_, digit = divmod(number_, 36)
        digits = _DIGITS[digit] + digits
    return "1-" + digits


def keys(kind: str, document: Document) -> Keys:
    """Return what a record can be found by; a product by its lender and name."""
    integration_id = text_or_none(document.get("IntegrationId"))
    match kind:
        case "contacts":
            return Keys(
                integration_id=integration_id,
                first_name=folded(document.get("FirstName")),
                last_name=folded(document.get("LastName")),
                email=folded(document.get("EmailAddress")),
            )
        case "products":
            return Keys(last_name=folded(document.get("Lender")), first_name=folded(document.get("Name")))
        case "product-links":
            return Keys(integration_id=integration_id, belongs_to=text_or_none(document.get("Opportunity")))
        case "notes":
            parent = document.get("Parent")
            of = text_or_none(parent.get("FLEXId")) if isinstance(parent, dict) else None
            return Keys(integration_id=integration_id, belongs_to=of)
        case _:
            return Keys(integration_id=integration_id)


def _contact_fields(today: Callable[[], date]) -> dict[str, Check]:
    return {
        "IntegrationId": line(64),
        "FirstName": line(60),
        "MiddleName": line(60),
        "LastName": line(60),
        "EmailAddress": email,
        "DateOfBirth": past_date(today),
        "CellularPhone": phone,
        "HomePhone": phone,
        "WorkPhone": phone,
        "DirectAddressStreet": line(200),
        "DirectAddressCity": line(80),
        "DirectAddressPostalCode": line(10),
        "DirectAddressState": line(60),
        "DirectAddressCountry": line(60),
        "OtherAddress": listing(_OTHER_ADDRESS, 0, 1),
    }


def _changed_addresses(contact: Document, given: list[Document]) -> list[Document]:
    """Return the addresses of a contact after a change: the parts that are given, and the others as they were."""
    before = {address["AddressType"]: address for address in contact.get("OtherAddress", ())}
    for address in given:
        before[address["AddressType"]] = {**before.get(address["AddressType"], {}), **address}
    return list(before.values())


def _state_flaws(contact: Document) -> list[Flaw]:
    flaws = []
    if not _state_fits(contact.get("DirectAddressState"), contact.get("DirectAddressCountry")):
        flaws.append(("DirectAddressState", _STATE_RULE))
    for position, address in enumerate(contact.get("OtherAddress", ())):
        if not _state_fits(address.get("State"), address.get("Country")):
            flaws.append((f"OtherAddress[{position}].State", _STATE_RULE))
    return flaws


_STATE_RULE = "must be one of: " + ", ".join(STATES) + " (for an address in Australia)"


def _state_fits(state: str | None, country: str | None) -> bool:
    return state is None or state in STATES or (country is not None and country.casefold() != "australia")


def _named(record: Document) -> Document:
    return {"FLEXId": record.get("FLEXId"), "IntegrationId": record.get("IntegrationId")}


def _refuse_flaws(flaws: list[Flaw]) -> None:
    if flaws:
        refuse(422, "invalid", "A field is wrong.", flaws)


def _refuse_ambiguous(found: list[Document]) -> None:
    if len(found) > 1:
        refuse(409, "ambiguous", "Several records bear this IntegrationId.")


def _fits(call: Call, operations: tuple[ApiOperation, ...]) -> bool:
    return any(op.method == call.method and op.ids(call.parts) is not None for op in operations)


def _text(note: Document) -> str:
    """Return a note's text from its first letter on."""
    return (text_or_none(note.get("Text")) or "").lstrip()


def _as_kept(records: list[Document]) -> list[Document]:
    return records


def _notes_shown(notes: list[Document]) -> list[Document]:
    return [_note_shown(note) for note in notes]


def _note_shown(note: Document) -> Document:
    """Return a note with the size of each attachment in the place of its content."""
    attachments = [
        {
            "FileName": attachment["FileName"],
            "ContentType": attachment["ContentType"],
            "Size": len(base64.b64decode(attachment["Content"])),
        }
        for attachment in note.get("Attachments", ())
    ]
    return {**note, "Attachments": attachments}
