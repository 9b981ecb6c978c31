"""A small gateway that offers FLEX to brokerdesk, to start from. Python 3.11, standard library only.

It keeps everything in memory and passes `brokerdesk gateway check` as it is. Each place that has to call your own
system is marked with YOUR SYSTEM: replace the lines below the mark and keep what the method returns. The contract
is openapi.yaml in the same folder.

    GATEWAY_SECRET=… python gateway.py --port 8080
"""

from __future__ import annotations

import argparse
import base64
import binascii
import json
import os
import re
import secrets
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime
from hmac import compare_digest
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple, NoReturn
from urllib.parse import parse_qsl, unquote, urlsplit

Record = dict[str, Any]

LARGEST_BODY = 10 * 1024 * 1024
LARGEST_FILE = 5 * 1024 * 1024
TOKEN_SECONDS = 900
MOST_APPLICANTS = 20


# -- your system -------------------------------------------------------------------------------------------


class YourSystem:
    """Stands for the system behind the gateway. Every record is a JSON object with FLEXId and IntegrationId.

    `find` methods return all records that fit, the oldest first. `add` methods must be durable when they return.
    """

    def __init__(self) -> None:
        self._records: dict[str, dict[str, Record]] = {}
        self._numbers = count(1)
        lender = {"Lender": "Example Bank", "Name": "Example Variable"}
        self._records["products"] = {"P-1": {"ProductFLEXId": "P-1", **lender}}

    # contacts

    def add_contact(self, fields: Record) -> Record:
        """YOUR SYSTEM: make a contact of these fields."""
        return self._add("contacts", fields)

    def change_contact(self, flex_id: str, fields: Record) -> Record:
        """YOUR SYSTEM: change these fields of the contact, and no others."""
        return self._change("contacts", flex_id, fields)

    def find_contacts(self, search: Mapping[str, str]) -> list[Record]:
        """YOUR SYSTEM: search by IntegrationId (exactly), FirstName, LastName, EmailAddress (whole, in any case)."""
        return [
            contact
            for contact in self._all("contacts")
            if all(_same_text(name, contact.get(name), value) for name, value in search.items())
        ]

    # opportunities

    def add_opportunity(self, fields: Record) -> Record:
        """YOUR SYSTEM: make an opportunity; each applicant is named by both of its ids."""
        return self._add("opportunities", fields)

    def find_opportunities(self, search: Mapping[str, str]) -> list[Record]:
        """YOUR SYSTEM: search by IntegrationId, exactly."""
        return self._with("opportunities", search)

    def set_applicants(self, flex_id: str, applicants: list[Record]) -> None:
        """YOUR SYSTEM: put one more applicant on the opportunity, or give one another role."""
        self._change("opportunities", flex_id, {"Applicants": applicants})

    def find_applications(self, search: Mapping[str, str]) -> list[Record]:
        """YOUR SYSTEM: search loan applications by IntegrationId, exactly."""
        return self._with("applications", search)

    # properties

    def add_property(self, fields: Record) -> Record:
        """YOUR SYSTEM: make the property of an opportunity."""
        return self._add("properties", fields)

    def change_property(self, flex_id: str, fields: Record) -> Record:
        """YOUR SYSTEM: change these fields of the property, and no others."""
        return self._change("properties", flex_id, fields)

    def find_properties(self, search: Mapping[str, str]) -> list[Record]:
        """YOUR SYSTEM: search by IntegrationId, exactly."""
        return self._with("properties", search)

    # products

    def find_products(self, search: Mapping[str, str]) -> list[Record]:
        """YOUR SYSTEM: search your catalogue by Lender and Name (whole, in any case)."""
        return [
            product
            for product in self._all("products")
            if all(_same_text(name, product.get(name), value) for name, value in search.items())
        ]

    def find_product_links(self, opportunity: str) -> list[Record]:
        """YOUR SYSTEM: the products that are linked to an opportunity."""
        return [link for link in self._all("product-links") if link["Opportunity"] == opportunity]

    def set_product_link(self, there: Record | None, fields: Record) -> Record:
        """YOUR SYSTEM: link a product to an opportunity, or set the link that is there again."""
        if there is None:
            return self._add("product-links", fields)
        kept: Record = {
            name: there[name] for name in ("FLEXId", "IntegrationId", "CreatedAt") if name in there
        }
        link: Record = {**kept, **fields, "UpdatedAt": _now()}
        self._records["product-links"][there["FLEXId"]] = link
        return link

    # notes

    def add_note(self, fields: Record) -> Record:
        """YOUR SYSTEM: make a note with its files. Every call makes a new note."""
        return self._add("notes", fields)

    def find_notes(self, search: Mapping[str, str]) -> list[Record]:
        """YOUR SYSTEM: search by IntegrationId, by the FLEXId of what the note is on, by how its text begins."""
        return [
            note
            for note in self._all("notes")
            if search.get("IntegrationId", note["IntegrationId"]) == note["IntegrationId"]
            and search.get("Parent", note["Parent"]["FLEXId"]) == note["Parent"]["FLEXId"]
            and note["Text"].lstrip().startswith(search.get("Text", ""))
        ]

    # in memory: all of this goes when the methods above call your system

    def _all(self, kind: str) -> list[Record]:
        return list(self._records.get(kind, {}).values())

    def _with(self, kind: str, search: Mapping[str, str]) -> list[Record]:
        return [record for record in self._all(kind) if search.items() <= record.items()]

    def _add(self, kind: str, fields: Record) -> Record:
        record = {
            "FLEXId": f"G-{next(self._numbers):06d}",
            **fields,
            "CreatedAt": _now(),
            "UpdatedAt": _now(),
        }
        self._records.setdefault(kind, {})[record["FLEXId"]] = record
        return record

    def _change(self, kind: str, flex_id: str, fields: Record) -> Record:
        record = {**self._records[kind][flex_id], **fields, "UpdatedAt": _now()}
        self._records[kind][flex_id] = record
        return record


def _same_text(name: str, held: object, wanted: str) -> bool:
    if name == "IntegrationId":
        return held == wanted
    return isinstance(held, str) and held.strip().casefold() == wanted.strip().casefold()


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


# -- what a field may hold ---------------------------------------------------------------------------------


class FieldFault(NamedTuple):
    """A field that is wrong, and why."""

    field: str
    message: str


Check = Callable[[Any], str]
"""Returns what is wrong with a value, "" if nothing is."""


def line(longest: int) -> Check:
    """Return one line of text."""
    return _matching(rf"[^\x00-\x1f\x7f]{{1,{longest}}}", f"one line of 1 to {longest} characters, not blank")


def lines(longest: int) -> Check:
    """Text of any number of lines."""
    form = rf"[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]{{1,{longest}}}"
    return _matching(form, f"1 to {longest} characters, not blank")


def _matching(form: str, wanted: str) -> Check:
    def check(value: Any) -> str:
        good = isinstance(value, str) and bool(value.strip()) and re.fullmatch(form, value)
        return "" if good else f"must be {wanted}"

    return check


def number(least: float, most: float) -> Check:
    """Return a number with at most two decimals."""

    def check(value: Any) -> str:
        good = isinstance(value, int | float) and not isinstance(value, bool)
        good = good and least <= value <= most and round(value, 2) == value
        return "" if good else f"must be a number from {least} to {most} with at most two decimals"

    return check


def choice(*values: str) -> Check:
    """Return one of some texts."""
    return lambda value: "" if value in values else "must be one of: " + ", ".join(values)


def birth_date(value: Any) -> str:
    """Return a day dd/mm/yyyy, from 1900 to today."""
    found = re.fullmatch(r"([0-9]{2})/([0-9]{2})/([0-9]{4})", value) if isinstance(value, str) else None
    try:
        day = date(int(found[3]), int(found[2]), int(found[1])) if found else None
    except ValueError:
        day = None
    good = day is not None and date(1900, 1, 1) <= day <= datetime.now(UTC).date()
    return "" if good else "must be a day dd/mm/yyyy, from 1900 to today"


def file_content(value: Any) -> str:
    """Base64 of at most 5 MB."""
    try:
        small = len(base64.b64decode(value, validate=True)) <= LARGEST_FILE
    except (TypeError, ValueError, binascii.Error):
        return "must be base64"
    return "" if small else "must hold at most 5 MB"


def _faults(
    value: Any, fields: Mapping[str, Check | list[Any]], needed: Iterable[str] = (), where: str = ""
) -> list[FieldFault]:
    """Return what is wrong with an object. A list in `fields` holds the fields of its entries, and which are needed."""
    if not isinstance(value, dict):
        return [FieldFault(where, "must be an object")]
    faults = [FieldFault(f"{where}{name}", "is missing") for name in needed if name not in value]
    for name, given in value.items():
        rule = fields.get(name)
        if rule is None:
            faults.append(FieldFault(f"{where}{name}", "is not a known field"))
        elif not isinstance(rule, list):
            faults += [FieldFault(f"{where}{name}", wrong) for wrong in [rule(given)] if wrong]
        elif not isinstance(given, list) or not rule[2] <= len(given) <= rule[3]:
            faults.append(FieldFault(f"{where}{name}", f"must be a list of {rule[2]} to {rule[3]} entries"))
        else:
            for n, entry in enumerate(given):
                faults += _faults(entry, rule[0], rule[1], f"{where}{name}[{n}].")
    return faults


STATES = ("ACT", "NSW", "NT", "QLD", "SA", "TAS", "VIC", "WA")
MONEY = number(0.01, 999_999_999.99)
ID = line(128)
FLAG = choice("Y", "N")
ROLE = choice("Primary Applicant", "Co-Applicant", "Guarantor")
PHONE = _matching(r"[0-9+() -]{5,30}", "5 to 30 digits, blanks, + ( ) or -")
OTHER_ADDRESS: dict[str, Check] = {
    "AddressType": choice("Postal"),
    "StreetAddress": line(200),
    "City": line(80),
    "PostalCode": line(10),
    "State": line(60),
    "Country": line(60),
}
CONTACT: dict[str, Check | list[Any]] = {
    "IntegrationId": line(64),
    "FirstName": line(60),
    "MiddleName": line(60),
    "LastName": line(60),
    "EmailAddress": _matching(r"(?=.{3,254}\Z)[^@\s]+@[^@\s]+", "an email address with one @"),
    "DateOfBirth": birth_date,
    "CellularPhone": PHONE,
    "HomePhone": PHONE,
    "WorkPhone": PHONE,
    "DirectAddressStreet": line(200),
    "DirectAddressCity": line(80),
    "DirectAddressPostalCode": line(10),
    "DirectAddressState": line(60),
    "DirectAddressCountry": line(60),
    "OtherAddress": [OTHER_ADDRESS, ("AddressType",), 0, 1],
}
OPPORTUNITY: dict[str, Check | list[Any]] = {
    "IntegrationId": line(64),
    "Applicants": [{"FLEXId": ID, "IntegrationId": line(64), "Role": ROLE}, ("Role",), 1, MOST_APPLICANTS],
    "ProposedLoanAmount": MONEY,
    "ProposedLoanTerm": number(1, 50),
    "LoanCategory": choice("Residential", "Commercial", "Personal", "Asset Finance", "SMSF"),
    "LoanPurpose": choice(
        *("Purchase", "Refinance", "Construction", "Investment", "Equity Release", "Debt Consolidation")
    ),
    "RequirementsAndObjectives": lines(8000),
    "PreApproval": FLAG,
    "ProductFilter": lambda value: "; ".join(fault.message for fault in _faults(value, PRODUCT_FILTER)),
}
PRODUCT_FILTER: dict[str, Check] = {
    "FixedInclude": FLAG,
    "StandardVariableInclude": FLAG,
    "FilterRepaymentOption": choice("Principal & Interest", "Interest Only", "Either"),
}
PROPERTY_FIELDS: dict[str, Check] = {
    "Value": MONEY,
    "PropertyType": choice(
        *("House", "Strata title or Unit", "Townhouse", "Vacant Land", "Rural", "Commercial")
    ),
    "Usage": choice("Purchase", "Security"),
    "Purpose": choice("Owner Occupied", "Investment"),
}


def reference(value: Any) -> str:
    """Return a record by one of its two names."""
    good = (
        isinstance(value, dict)
        and len(value) == 1
        and not _faults(value, {"FLEXId": ID, "IntegrationId": ID})
    )
    return "" if good else "must name a record by FLEXId or by IntegrationId, one of them"


PROPERTY: dict[str, Check] = {"IntegrationId": line(64), "Opportunity": reference, **PROPERTY_FIELDS}
LINK: dict[str, Check] = {
    "IntegrationId": line(64),
    "Selected": FLAG,
    "SplitAmount": MONEY,
    "BaseSplitAmount": MONEY,
}
FILE: dict[str, Check] = {"FileName": line(255), "ContentType": line(255), "Content": file_content}
NOTE: dict[str, Check | list[Any]] = {
    "IntegrationId": line(64),
    "Parent": reference,
    "Text": lines(32_000),
    "Attachments": [FILE, tuple(FILE), 0, 10],
}


def _state_faults(contact: Record) -> list[FieldFault]:
    """Check each state against the country of its address. Without a country, the address is in Australia."""

    def wrong(state: Any, country: Any) -> bool:
        return (
            state is not None
            and state not in STATES
            and str(country or "Australia").casefold() == "australia"
        )

    faults = []
    message = "must be one of: " + ", ".join(STATES)
    if wrong(contact.get("DirectAddressState"), contact.get("DirectAddressCountry")):
        faults.append(FieldFault("DirectAddressState", message))
    for n, address in enumerate(contact.get("OtherAddress", ())):
        if wrong(address.get("State"), address.get("Country")):
            faults.append(FieldFault(f"OtherAddress[{n}].State", message))
    return faults


# -- the contract ------------------------------------------------------------------------------------------


class GatewayAnswer(NamedTuple):
    """The status and the JSON of a reply."""

    status: int
    document: Record


class RefusedRequestError(Exception):
    """A request that breaks a rule of the contract. Nothing was done."""

    def __init__(self, status: int, code: str, message: str, faults: Iterable[FieldFault] = ()) -> None:
        super().__init__(message)
        error: Record = {"code": code, "message": message}
        if fields := [fault._asdict() for fault in faults]:
            error["fields"] = fields
        self.answer = GatewayAnswer(status, {"error": error})


def refuse(status: int, code: str, message: str, faults: Iterable[FieldFault] = ()) -> NoReturn:
    """Refuse a request."""
    raise RefusedRequestError(status, code, message, faults)


class SmallGateway:
    """Answers the requests of the contract, one at a time."""

    def __init__(self, client_id: str, secret: str, system: YourSystem) -> None:
        self._client_id, self._secret, self._system = client_id, secret, system
        self._tokens: dict[str, float] = {}
        self._requests = count(1)
        self._started = f"{int(time.time()):x}"
        self._one_at_a_time = threading.Lock()
        self._routes: tuple[tuple[str, tuple[str, ...], Callable[..., GatewayAnswer]], ...] = (
            ("POST", ("contacts",), self._create_contact),
            ("GET", ("contacts",), self._search_contacts),
            ("GET", ("contacts", "*"), lambda _, name: GatewayAnswer(200, self._contact(name))),
            ("PATCH", ("contacts", "*"), self._change_contact),
            ("POST", ("opportunities",), self._create_opportunity),
            ("GET", ("opportunities",), self._search_opportunities),
            ("GET", ("opportunities", "*"), lambda _, name: GatewayAnswer(200, self._opportunity(name))),
            ("PUT", ("opportunities", "*", "applicants", "*"), self._put_applicant),
            ("GET", ("opportunities", "*", "product-links"), self._list_links),
            ("PUT", ("opportunities", "*", "product-links", "*"), self._put_link),
            ("GET", ("applications",), self._search_applications),
            ("GET", ("applications", "*"), self._read_application),
            ("POST", ("properties",), self._create_property),
            ("GET", ("properties",), self._search_properties),
            ("GET", ("properties", "*"), lambda _, name: GatewayAnswer(200, self._property(name))),
            ("PATCH", ("properties", "*"), self._change_property),
            ("GET", ("products",), self._search_products),
            ("POST", ("notes",), self._create_note),
            ("GET", ("notes",), self._search_notes),
            ("GET", ("notes", "*"), self._read_note),
        )
        """Method, path and what answers; `*` stands for an id."""

    def answer(self, request: GatewayRequest) -> GatewayAnswer:
        """GatewayAnswer one request. The reply to a write has the name of the request."""
        with self._one_at_a_time:
            try:
                answer = self._route(request)
            except RefusedRequestError as refused:
                answer = refused.answer
            if request.method in ("POST", "PATCH", "PUT"):
                request_id = f"rq-{self._started}-{next(self._requests):06d}"
                return GatewayAnswer(answer.status, {**answer.document, "request_id": request_id})
            return answer

    def token(self, request: GatewayRequest) -> GatewayAnswer:
        """Give a token for client id and secret, in OAuth2's own form."""
        form = dict(parse_qsl(request.body.decode("utf-8", "replace")))
        given = form.get("client_id", ""), form.get("client_secret", "")
        scheme, _, basic = request.headers.get("authorization", "").partition(" ")
        if scheme.casefold() == "basic":
            try:
                name, _, word = base64.b64decode(basic).decode().partition(":")
            except (ValueError, binascii.Error):
                name = word = ""
            given = unquote(name), unquote(word)
        if form.get("grant_type") != "client_credentials":
            return GatewayAnswer(
                400, {"error": "unsupported_grant_type", "error_description": "client_credentials only"}
            )
        wanted = self._client_id.encode(), self._secret.encode()
        if not all(compare_digest(one.encode(), other) for one, other in zip(given, wanted, strict=True)):
            return GatewayAnswer(
                401, {"error": "invalid_client", "error_description": "wrong client id or secret"}
            )
        token = secrets.token_urlsafe(32)
        with self._one_at_a_time:
            now = time.time()
            self._tokens = {old: until for old, until in self._tokens.items() if until > now}
            self._tokens[token] = now + TOKEN_SECONDS
        return GatewayAnswer(
            200, {"access_token": token, "token_type": "Bearer", "expires_in": TOKEN_SECONDS}
        )

    def _route(self, request: GatewayRequest) -> GatewayAnswer:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.casefold() != "bearer" or self._tokens.get(token, 0.0) < time.time():
            refuse(401, "unauthorized", "There is no token in force.")
        for method, template, act in self._routes:
            if method == request.method and len(template) == len(request.parts):
                pairs = list(zip(template, request.parts, strict=True))
                if all(fixed in ("*", given) for fixed, given in pairs):
                    return act(request, *[given for fixed, given in pairs if fixed == "*"])
        refuse(404, "not-found", "There is nothing at this path, or it does not take this method.")

    # -- contacts

    def _create_contact(self, request: GatewayRequest) -> GatewayAnswer:
        body = request.json()
        faults = _faults(body, CONTACT, ("IntegrationId", "FirstName", "LastName"))
        _refuse_faults(faults or _state_faults(body))
        there = self._system.find_contacts({"IntegrationId": body["IntegrationId"]})
        return _created(there, lambda: self._system.add_contact(body))

    def _search_contacts(self, request: GatewayRequest) -> GatewayAnswer:
        search = request.search("IntegrationId", "FirstName", "LastName", "EmailAddress")
        return request.page(self._system.find_contacts(search))

    def _change_contact(self, request: GatewayRequest, name: str) -> GatewayAnswer:
        contact, change = self._contact(name), request.json()
        faults = _faults(change, CONTACT)
        if not faults and "OtherAddress" in change:
            change["OtherAddress"] = _changed_addresses(contact, change["OtherAddress"])
        _refuse_faults(faults or _state_faults({**contact, **change}))
        return _changed(contact, change, lambda: self._system.change_contact(contact["FLEXId"], change))

    def _contact(self, name: str) -> Record:
        return _only(name, self._system.find_contacts({}), "contact")

    # -- opportunities

    def _search_opportunities(self, request: GatewayRequest) -> GatewayAnswer:
        return request.page(self._system.find_opportunities(request.search("IntegrationId")))

    def _search_applications(self, request: GatewayRequest) -> GatewayAnswer:
        return request.page(self._system.find_applications(request.search("IntegrationId")))

    def _read_application(self, _: GatewayRequest, name: str) -> GatewayAnswer:
        return GatewayAnswer(200, _only(name, self._system.find_applications({}), "application"))

    def _create_opportunity(self, request: GatewayRequest) -> GatewayAnswer:
        body = request.json()
        _refuse_faults(_faults(body, OPPORTUNITY, ("IntegrationId", "Applicants")))
        applicants, faults = [], []
        for n, applicant in enumerate(body["Applicants"]):
            name = {key: value for key, value in applicant.items() if key != "Role"}
            if wrong := reference(name):
                faults.append(FieldFault(f"Applicants[{n}]", wrong))
                continue
            contact = self._referred(name, self._system.find_contacts({}), f"Applicants[{n}]")
            applicants.append({**_names(contact), "Role": applicant["Role"]})
        _refuse_faults(faults)
        fields = {**body, "Applicants": applicants}
        there = self._system.find_opportunities({"IntegrationId": body["IntegrationId"]})
        return _created(there, lambda: self._system.add_opportunity(fields))

    def _opportunity(self, name: str) -> Record:
        return _only(name, self._system.find_opportunities({}), "opportunity")

    def _put_applicant(self, request: GatewayRequest, name: str, person: str) -> GatewayAnswer:
        opportunity, contact, body = self._opportunity(name), self._contact(person), request.json()
        _refuse_faults(_faults(body, {"Role": ROLE}, ("Role",)))
        there: list[Record] = opportunity["Applicants"]
        applicant = {**_names(contact), "Role": body["Role"]}
        others = [one for one in there if one["FLEXId"] != contact["FLEXId"]]
        is_new = len(others) == len(there)
        if is_new and len(there) >= MOST_APPLICANTS:
            _refuse_faults([FieldFault("Applicants", f"at most {MOST_APPLICANTS}")])
        after = [*there, applicant] if is_new else [one if one in others else applicant for one in there]
        if after != there:
            self._system.set_applicants(opportunity["FLEXId"], after)
        outcome = "created" if is_new else "unchanged" if after == there else "updated"
        said = {**applicant, "Opportunity": opportunity["FLEXId"], "outcome": outcome}
        return GatewayAnswer(201 if is_new else 200, said)

    def _search_products(self, request: GatewayRequest) -> GatewayAnswer:
        return request.page(self._system.find_products(request.search("Lender", "Name")))

    def _list_links(self, request: GatewayRequest, name: str) -> GatewayAnswer:
        request.search()
        return request.page(self._system.find_product_links(self._opportunity(name)["FLEXId"]))

    def _put_link(self, request: GatewayRequest, name: str, product: str) -> GatewayAnswer:
        opportunity, body = self._opportunity(name)["FLEXId"], request.json()
        _refuse_faults(_faults(body, LINK, ("Selected",)))
        if not any(entry["ProductFLEXId"] == product for entry in self._system.find_products({})):
            refuse(404, "not-found", "There is no such product.")
        links = self._system.find_product_links(opportunity)
        there = next((link for link in links if link["Product"] == product), None)
        fields = {"Opportunity": opportunity, "Product": product, **body}
        own = ("FLEXId", "IntegrationId", "CreatedAt", "UpdatedAt")
        if there is not None and {**{n: there[n] for n in own if n in there}, **fields} == there:
            return GatewayAnswer(200, {**there, "outcome": "unchanged"})
        outcome = "created" if there is None else "updated"
        link = self._system.set_product_link(there, fields)
        return GatewayAnswer(201 if there is None else 200, {**link, "outcome": outcome})

    # -- properties

    def _search_properties(self, request: GatewayRequest) -> GatewayAnswer:
        return request.page(self._system.find_properties(request.search("IntegrationId")))

    def _create_property(self, request: GatewayRequest) -> GatewayAnswer:
        body = request.json()
        _refuse_faults(_faults(body, PROPERTY, ("IntegrationId", "Opportunity")))
        parent = self._referred(body["Opportunity"], self._system.find_opportunities({}), "Opportunity")
        fields = {**body, "Opportunity": _names(parent)}
        there = self._system.find_properties({"IntegrationId": body["IntegrationId"]})
        return _created(there, lambda: self._system.add_property(fields))

    def _change_property(self, request: GatewayRequest, name: str) -> GatewayAnswer:
        held, change = self._property(name), request.json()
        _refuse_faults(_faults(change, PROPERTY_FIELDS))
        return _changed(held, change, lambda: self._system.change_property(held["FLEXId"], change))

    def _property(self, name: str) -> Record:
        return _only(name, self._system.find_properties({}), "property")

    # -- notes

    def _read_note(self, _: GatewayRequest, name: str) -> GatewayAnswer:
        return GatewayAnswer(200, _without_content(_only(name, self._system.find_notes({}), "note")))

    def _create_note(self, request: GatewayRequest) -> GatewayAnswer:
        body = request.json()
        _refuse_faults(_faults(body, NOTE, ("IntegrationId", "Parent", "Text")))
        parent = self._referred(body["Parent"], self._parents(), "Parent")
        fields = {"Attachments": [], **body, "Parent": _names(parent)}
        there = self._system.find_notes({"IntegrationId": body["IntegrationId"]})
        return _created(there, lambda: self._system.add_note(fields))

    def _search_notes(self, request: GatewayRequest) -> GatewayAnswer:
        search = request.search("IntegrationId", "Parent", "Text")
        if len(search.get("Text", "")) > 200:
            refuse(
                400,
                "bad-parameter",
                "A parameter is too long.",
                [FieldFault("Text", "at most 200 characters")],
            )
        if "Parent" in search:
            found = _named(search["Parent"], self._parents())
            search["Parent"] = found[0]["FLEXId"] if found else search["Parent"]
        return request.page([_without_content(note) for note in self._system.find_notes(search)])

    def _parents(self) -> list[Record]:
        return [*self._system.find_opportunities({}), *self._system.find_applications({})]

    def _referred(self, name: Record, records: list[Record], field: str) -> Record:
        """Return the record that a body names by one of its ids."""
        found = [record for record in records if name.items() <= record.items()]
        if len(found) > 1:
            refuse(409, "ambiguous", "Several records bear this IntegrationId.")
        if not found:
            _refuse_faults([FieldFault(field, "names no record")])
        return found[0]


def _created(there: list[Record], make: Callable[[], Record]) -> GatewayAnswer:
    """Make a record, unless one has its IntegrationId: then that record stays as it is."""
    if there:
        return GatewayAnswer(200, {**_names(there[0]), "outcome": "existing"})
    return GatewayAnswer(201, {**_names(make()), "outcome": "created"})


def _changed(record: Record, change: Record, put: Callable[[], Record]) -> GatewayAnswer:
    if not change:
        refuse(422, "invalid", "There is no field to change.")
    if {**record, **change} == record:
        return GatewayAnswer(200, {**record, "outcome": "unchanged"})
    return GatewayAnswer(200, {**put(), "outcome": "updated"})


def _changed_addresses(contact: Record, given: list[Record]) -> list[Record]:
    """Return the addresses of a contact after a change: the parts that are given, and the others as they were."""
    addresses = {address["AddressType"]: address for address in contact.get("OtherAddress", ())}
    for address in given:
        addresses[address["AddressType"]] = {**addresses.get(address["AddressType"], {}), **address}
    return list(addresses.values())


def _named(name: str, records: list[Record]) -> list[Record]:
    """Return the records that have a name: FLEXId first, else IntegrationId."""
    by_id = [record for record in records if record["FLEXId"] == name]
    return by_id or [record for record in records if record.get("IntegrationId") == name]


def _only(name: str, records: list[Record], kind: str) -> Record:
    found = _named(name, records)
    if not found:
        refuse(404, "not-found", f"There is no such {kind}.")
    if len(found) > 1:
        refuse(409, "ambiguous", "Several records bear this IntegrationId.")
    return found[0]


def _names(record: Record) -> Record:
    return {"FLEXId": record["FLEXId"], "IntegrationId": record["IntegrationId"]}


def _without_content(note: Record) -> Record:
    """Return a note with the size of each file in the place of its content."""
    files = [
        {
            "FileName": file["FileName"],
            "ContentType": file["ContentType"],
            "Size": len(base64.b64decode(file["Content"])),
        }
        for file in note["Attachments"]
    ]
    return {**note, "Attachments": files}


def _refuse_faults(faults: list[FieldFault]) -> None:
    if faults:
        refuse(422, "invalid", "A field is wrong.", faults)


# -- HTTP --------------------------------------------------------------------------------------------------


class GatewayRequest(NamedTuple):
    """One request, read to its end. `parts` are the decoded segments of the path."""

    method: str
    parts: list[str]
    query: list[tuple[str, str]]
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Record:
        """Return the body, which must be a JSON object."""
        if len(self.body) > LARGEST_BODY:
            refuse(413, "too-large", "The body is larger than 10 MB.")
        if self.headers.get("content-type", "").partition(";")[0].strip().casefold() != "application/json":
            refuse(415, "not-json", "The body must be application/json.")
        try:
            document = json.loads(self.body)
        except (ValueError, RecursionError):
            refuse(400, "malformed", "The body is not JSON.")
        if not isinstance(document, dict):
            refuse(422, "invalid", "The body must be an object.")
        return document

    def search(self, *known: str) -> dict[str, str]:
        """Return the parameters of a search; each is known, given once, and not empty."""
        found: dict[str, str] = {}
        for name, value in self.query:
            if name not in (*known, "page", "page_size") or name in found or not value:
                refuse(
                    400,
                    "bad-parameter",
                    "A parameter is wrong.",
                    [FieldFault(name, "unknown, twice or empty")],
                )
            found[name] = value
        return {name: value for name, value in found.items() if name in known}

    def page(self, records: list[Record]) -> GatewayAnswer:
        """Return one page of the records."""
        number, size = self._whole("page", 1, 1_000_000), self._whole("page_size", 50, 200)
        last = number * size >= len(records)
        page = {
            "items": records[(number - 1) * size : number * size],
            "page": number,
            "page_size": size,
            "total": len(records),
            "next_page": None if last else number + 1,
        }
        return GatewayAnswer(200, page)

    def _whole(self, name: str, default: int, most: int) -> int:
        given = dict(self.query).get(name)
        if given is None:
            return default
        if not re.fullmatch(r"[0-9]{1,9}", given) or not 1 <= int(given) <= most:
            refuse(
                400, "bad-parameter", f"{name} must be a whole number.", [FieldFault(name, f"1 to {most}")]
            )
        return int(given)


def make_server(gateway: SmallGateway, host: str, port: int) -> ThreadingHTTPServer:
    """Return a server for the gateway, bound and not yet serving. Port 0 takes a free port."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True
        timeout = 30

        def _serve(self) -> None:
            length = self.headers.get("Content-Length", "0")
            size = int(length) if re.fullmatch(r"[0-9]{1,12}", length) else LARGEST_BODY + 1
            body = self.rfile.read(min(size, LARGEST_BODY + 1))
            address = urlsplit(self.path)
            parts = [unquote(part) for part in address.path.lstrip("/").split("/")]
            query = parse_qsl(address.query, keep_blank_values=True)
            headers = {name.casefold(): value for name, value in self.headers.items()}
            request = GatewayRequest(self.command, parts, query, headers, body)
            if request.parts == ["openapi.yaml"] and request.method == "GET":
                description = Path(__file__).with_name("openapi.yaml")
                self._send(200, "application/yaml", description.read_bytes())
                return
            is_token = request.parts == ["oauth", "token"] and request.method == "POST"
            answer = gateway.token(request) if is_token else gateway.answer(request)
            self._send(answer.status, "application/json", json.dumps(answer.document).encode())

        def _send(self, status: int, media_type: str, content: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", media_type)
            self.send_header("Content-Length", str(len(content)))
            self.send_header("Connection", "close")
            if re.fullmatch(r"[0-9a-f]{32}", request_id := self.headers.get("Desk-Request-Id", "")):
                self.send_header("Desk-Request-Id", request_id)
            self.end_headers()
            self.wfile.write(content)
            self.close_connection = True

        do_GET = do_POST = do_PUT = do_PATCH = _serve  # noqa: N815 - the library's names

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's name
            """Say nothing: a path can name a person. Log the request_id where you need a log."""

    return ThreadingHTTPServer((host, port), Handler)


def main() -> None:
    """Serve until it is stopped."""
    parser = argparse.ArgumentParser(description="A gateway that offers FLEX to brokerdesk.")
    parser.add_argument(
        "--host", default="127.0.0.1", help="put a server with TLS in front of any other address"
    )
    parser.add_argument("--port", type=int, default=8080, help="0 takes a free one")
    parser.add_argument("--client-id", default="desk")
    options = parser.parse_args()
    secret = os.environ.get("GATEWAY_SECRET", "")
    if not secret:
        raise SystemExit("Set GATEWAY_SECRET to the secret that the desk is to use.")
    server = make_server(SmallGateway(options.client_id, secret, YourSystem()), options.host, options.port)
    print(f"http://{options.host}:{server.server_address[1]}", flush=True)  # noqa: T201 - where it listens
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        server.server_close()


if __name__ == "__main__":
    main()
