"""What the seed writes: records of both systems that agree with each other, gathered and kept in batches."""

from __future__ import annotations

import base64
from collections.abc import Sequence

from data.sandbox.store import Document, Keys, Store, StoredRow
from data.sandbox.systems import brokerengine, flex

_BATCH = 4000
_STAMP = "2026-01-15T00:00:00Z"
_NO_PHONES = {"mobile": None, "home": None, "office": None}
_NO_CONTACT: Document = {
    "first_name": None,
    "middle_name": None,
    "last_name": None,
    "email": None,
    "birth_date": None,
    "phones": _NO_PHONES,
    "home_address": None,
    "postal_address": None,
    "flex_id": None,
    "other": [],
}
NO_REQUIREMENTS = {
    "loan_amount": None,
    "loan_term": None,
    "loan_category": None,
    "loan_purpose": None,
    "objectives": None,
    "pre_approval": None,
    "split_loan": None,
    "fixed_rate": None,
    "standard_variable": None,
    "principal_and_interest": None,
    "interest_only": None,
}
_NO_CARD: Document = {
    "kind": "deal",
    "stage": "Prepare for Submission",
    "owner": "m.hale",
    "flex_id": None,
    "flex_kind": None,
    "updated_at": _STAMP,
    "requirements": NO_REQUIREMENTS,
    "property": None,
    "products": [],
    "fact_find": None,
    "other": [],
}
People = Sequence[tuple[str, Document]]


class Ledger:
    """Gives out numbers and gathers records; `close` keeps what is left and the counters."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._rows: list[StoredRow] = []
        self._contact = 2000
        self._card = 1000
        self._note = 3000
        self._attachment = 4000
        self._flex = flex.FIRST_NUMBER

    def contact(self, fields: Document) -> Document:
        """Return a new BrokerEngine contact with the given fields, the rest empty.

        It may be changed until its card is.
        """
        self._contact += 1
        document = {"id": f"P-{self._contact}", **_NO_CONTACT, **fields}
        document["phones"] = {**_NO_PHONES, **fields.get("phones", {})}
        self._add(brokerengine.NAME, "contacts", document["id"], document)
        return document

    def card(self, people: People, fields: Document) -> Document:
        """Return a new BrokerEngine card with the given people and fields, the rest empty."""
        self._card += 1
        document = {
            "id": f"C-{self._card}",
            "title": " & ".join(_title(contact) for role, contact in people if role != "Guarantor"),
            **_NO_CARD,
            **fields,
            "people": [{"role": role, "contact_id": contact["id"]} for role, contact in people],
        }
        document["requirements"] = {**NO_REQUIREMENTS, **fields.get("requirements", {})}
        self._add(brokerengine.NAME, "cards", document["id"], document)
        return document

    def next_card_number(self) -> int:
        """Return the number the next card will bear."""
        return self._card + 1

    def fact_find(self, card: Document, people: People, property_: Document | None) -> None:
        """Keep the Fact Find that the card names."""
        document = {
            **card["fact_find"],
            "card_id": card["id"],
            "people": [{"role": role, "contact_id": contact["id"]} for role, contact in people],
            "property": property_,
        }
        self._add(brokerengine.NAME, "fact-finds", document["id"], document)

    def note(self, card: Document, text: str, files: Sequence[tuple[str, str, bytes]] = ()) -> None:
        """A note on the card, with attachments (file name, content type, bytes)."""
        attachments = []
        for name, media_type, content in files:
            self._attachment += 1
            id_ = f"A-{self._attachment}"
            entry = {"id": id_, "file_name": name, "content_type": media_type, "size": len(content)}
            attachments.append(entry)
            body = {**entry, "content": base64.b64encode(content).decode()}
            self._add(brokerengine.NAME, "attachments", id_, body)
        self._note += 1
        document = {
            "id": f"N-{self._note}",
            "card_id": card["id"],
            "text": text,
            "author": card["owner"],
            "created_at": card["updated_at"],
            "attachments": attachments,
        }
        self._add(brokerengine.NAME, "notes", document["id"], document)

    def flex_contact(self, contact: Document) -> str:
        """Put the person into FLEX and the FLEX id onto the contact."""
        document = _flex_person(contact)
        contact["flex_id"] = self._flex_add("contacts", f"brokerengine:{contact['id']}", document)
        return str(contact["flex_id"])

    def flex_opportunity(self, card: Document, people: People) -> None:
        """Put the card into FLEX as an opportunity with its property, and the FLEX id onto the card."""
        wanted = card["requirements"]
        loan = {
            "Applicants": _applicants(people),
            "ProposedLoanAmount": _number(wanted["loan_amount"]),
            "ProposedLoanTerm": _number(wanted["loan_term"]),
            "LoanCategory": wanted["loan_category"],
            "LoanPurpose": wanted["loan_purpose"],
            "RequirementsAndObjectives": wanted["objectives"],
        }
        id_ = self._flex_add("opportunities", f"brokerengine:{card['id']}", _filled(loan))
        card["flex_id"], card["flex_kind"] = id_, "opportunity"
        if (home := card["property"]) is not None:
            document = {
                "Opportunity": {"FLEXId": id_, "IntegrationId": f"brokerengine:{card['id']}"},
                "Value": _number(home["valuation_amount"]),
                "PropertyType": home["property_type"],
                "Usage": home["usage"],
                "Purpose": home["purpose"],
            }
            self._flex_add("properties", f"brokerengine:{card['id']}:property", _filled(document))

    def flex_application(self, integration_id: str, people: People, lender: str, amount: float) -> str:
        """Put an application into FLEX; gives its FLEX id."""
        document = {
            "Applicants": _applicants(people),
            "Lender": lender,
            "LoanAmount": amount,
            "Status": "Lodged",
        }
        return self._flex_add("applications", integration_id, document)

    def flex_product(self, lender: str, name: str) -> None:
        """Put a product into FLEX's catalogue."""
        id_ = self._next_flex_id()
        self._add(flex.NAME, "products", id_, {"ProductFLEXId": id_, "Lender": lender, "Name": name})

    def settle(self) -> None:
        """Keep what is gathered, once it is much. What is kept can't be changed by the seed any more."""
        if len(self._rows) >= _BATCH:
            self._flush()

    def close(self) -> None:
        """Keep the rest, and where FLEX goes on counting."""
        self._flush()
        self._store.set_number(flex.COUNTER, self._flex)

    def _flush(self) -> None:
        finished = (
            StoredRow(row.system, row.kind, row.id, row.document, _KEYS[row.system](row.kind, row.document))
            for row in self._rows
        )
        self._store.add_many(finished)
        self._rows.clear()

    def _add(self, system: str, kind: str, id_: str, document: Document) -> None:
        self._rows.append(StoredRow(system, kind, id_, document, Keys()))

    def _flex_add(self, kind: str, integration_id: str, fields: Document) -> str:
        id_ = self._next_flex_id()
        document = {
            "FLEXId": id_,
            "IntegrationId": integration_id,
            **fields,
            "CreatedAt": _STAMP,
            "UpdatedAt": _STAMP,
        }
        self._add(flex.NAME, kind, id_, document)
        return id_

    def _next_flex_id(self) -> str:
        id_ = flex.flex_id(self._flex)
        self._flex += 1
        return id_


_KEYS = {brokerengine.NAME: brokerengine.keys, flex.NAME: flex.keys}


def _title(contact: Document) -> str:
    return ", ".join(name for name in (contact["last_name"], contact["first_name"]) if name) or "No name"


def _filled(document: Document) -> Document:
    return {name: value for name, value in document.items() if value not in (None, "")}


def _number(text: str | None) -> float | None:
    return None if text is None else float(text)


def _applicants(people: People) -> list[Document]:
    return [
        {"FLEXId": contact["flex_id"], "IntegrationId": f"brokerengine:{contact['id']}", "Role": role}
        for role, contact in people
    ]


def _flex_person(contact: Document) -> Document:
    born = contact["birth_date"]
    phones = contact["phones"]
    home = contact["home_address"] or {}
    street = ", ".join(part for part in (home.get("street_1"), home.get("street_2")) if part)
    document = {
        "FirstName": contact["first_name"],
        "MiddleName": contact["middle_name"],
        "LastName": contact["last_name"],
        "EmailAddress": contact["email"],
        "DateOfBirth": f"{born[8:]}/{born[5:7]}/{born[:4]}" if born else None,
        "CellularPhone": phones["mobile"],
        "HomePhone": phones["home"],
        "WorkPhone": phones["office"],
        "DirectAddressStreet": street,
        "DirectAddressCity": home.get("suburb"),
        "DirectAddressPostalCode": home.get("postcode"),
        "DirectAddressState": home.get("state"),
        "DirectAddressCountry": home.get("country"),
    }
    return _filled(document)
