"""FLEX's side: what it makes, what it refuses, and that a create sent twice makes two records."""

from __future__ import annotations

import base64
from typing import Any

import pytest

PERSON = {"IntegrationId": "t:p", "FirstName": "Linh", "LastName": "Nguyen"}


def post(sandbox: Any, path: str, body: dict[str, Any]) -> str:
    reply = sandbox.call("POST", "/flex" + path, body)
    assert reply.status_code == 201, reply.text
    assert reply.json()["IntegrationId"] == body["IntegrationId"]
    return str(reply.json()["FLEXId"])


def opportunity(sandbox: Any, name: str = "t:o") -> str:
    person = post(sandbox, "/contacts", PERSON | {"IntegrationId": name + ":p"})
    applicants = [{"FLEXId": person, "Role": "Primary Applicant"}]
    return post(sandbox, "/opportunities", {"IntegrationId": name, "Applicants": applicants})


def refused(sandbox: Any, method: str, path: str, body: Any) -> set[str]:
    """The fields that a 422 names."""
    reply = sandbox.call(method, "/flex" + path, body)
    assert reply.status_code == 422, reply.text
    return {entry["field"] for entry in reply.json()["error"]["fields"]}


def test_the_same_create_twice_makes_two_records(sandbox: Any) -> None:
    first, second = post(sandbox, "/contacts", PERSON), post(sandbox, "/contacts", PERSON)
    assert first != second
    found = sandbox.get("/flex/contacts", IntegrationId="t:p")
    assert [record["FLEXId"] for record in found["items"]] == [first, second]


def test_an_integration_id_of_two_records_is_ambiguous_everywhere(sandbox: Any) -> None:
    for _ in range(2):
        post(sandbox, "/contacts", PERSON)
    body = {"IntegrationId": "t:o", "Applicants": [{"IntegrationId": "t:p", "Role": "Guarantor"}]}
    for reply in (
        sandbox.call("GET", "/flex/contacts/t:p"),
        sandbox.call("PATCH", "/flex/contacts/t:p", {"LastName": "Tran"}),
        sandbox.call("POST", "/flex/opportunities", body),
    ):
        assert (reply.status_code, reply.json()["error"]["code"]) == (409, "ambiguous")


def test_ids_rise_and_are_unique_over_all_kinds(sandbox: Any) -> None:
    made = [post(sandbox, "/contacts", PERSON), opportunity(sandbox)]
    made.append(post(sandbox, "/properties", {"IntegrationId": "t:h", "Opportunity": {"FLEXId": made[1]}}))
    held = sandbox.control("GET", "/records/flex")
    ids = [record.get("FLEXId") or record["ProductFLEXId"] for kind in held.values() for record in kind]
    assert len(ids) == len(set(ids))
    assert sorted(ids)[-1] == made[-1]
    assert set(held) == {
        *("contacts", "opportunities", "applications", "properties", "product-links", "notes", "products"),
    }


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"FirstName": " "}, "FirstName"),
        ({"LastName": None}, "LastName"),
        ({"LastName": "x" * 61}, "LastName"),
        ({"FirstName": "two\nlines"}, "FirstName"),
        ({"MiddleName": ""}, "MiddleName"),
        ({"MiddleName": 7}, "MiddleName"),
        ({"IntegrationId": ""}, "IntegrationId"),
        ({"IntegrationId": "x" * 65}, "IntegrationId"),
        ({"EmailAddress": "nobody"}, "EmailAddress"),
        ({"EmailAddress": "a@b@example.com"}, "EmailAddress"),
        ({"DateOfBirth": "1988-02-29"}, "DateOfBirth"),
        ({"DateOfBirth": "29/02/1989"}, "DateOfBirth"),
        ({"DateOfBirth": "01/01/2090"}, "DateOfBirth"),
        ({"DateOfBirth": "1/1/1990"}, "DateOfBirth"),
        ({"CellularPhone": "see notes"}, "CellularPhone"),
        ({"DirectAddressState": "New South Wales"}, "DirectAddressState"),
        ({"DirectAddressState": "nsw", "DirectAddressCountry": "Australia"}, "DirectAddressState"),
        ({"OtherAddress": {}}, "OtherAddress"),
        ({"OtherAddress": [{"AddressType": "Holiday"}]}, "OtherAddress[0].AddressType"),
        ({"OtherAddress": [{"AddressType": "Postal", "State": "ZZ"}]}, "OtherAddress[0].State"),
        ({"OtherAddress": [{"AddressType": "Postal", "Floor": "2"}]}, "OtherAddress[0].Floor"),
        ({"FLEXId": "1-ABCDE"}, "FLEXId"),
        ({"firstName": "Linh"}, "firstName"),
    ],
)
def test_a_wrong_contact_is_refused_by_the_field(sandbox: Any, change: dict[str, Any], field: str) -> None:
    count = len(sandbox.records("flex", "contacts"))
    assert refused(sandbox, "POST", "/contacts", PERSON | change) == {field}
    assert len(sandbox.records("flex", "contacts")) == count


@pytest.mark.parametrize("missing", ["IntegrationId", "FirstName", "LastName"])
def test_a_contact_needs_its_names(sandbox: Any, missing: str) -> None:
    body = {name: value for name, value in PERSON.items() if name != missing}
    assert refused(sandbox, "POST", "/contacts", body) == {missing}


def test_a_state_abroad_is_free_text(sandbox: Any) -> None:
    post(
        sandbox, "/contacts", PERSON | {"DirectAddressState": "Otago", "DirectAddressCountry": "New Zealand"}
    )


def test_a_contact_is_changed_by_what_is_given(sandbox: Any) -> None:
    addresses = [{"AddressType": "Postal", "StreetAddress": "PO Box 77", "City": "Balmain", "State": "NSW"}]
    id_ = post(sandbox, "/contacts", PERSON | {"WorkPhone": "(02) 7010 4321", "OtherAddress": addresses})
    change = {"LastName": "Nguyễn", "OtherAddress": [{"AddressType": "Postal", "City": "Cairns"}]}
    changed = sandbox.call("PATCH", "/flex/contacts/t:p", change).json()
    assert changed.pop("outcome") == "updated"
    assert changed.pop("request_id")
    assert changed == sandbox.get(f"/flex/contacts/{id_}")
    assert (changed["FirstName"], changed["LastName"]) == ("Linh", "Nguyễn")
    assert changed["WorkPhone"] == "(02) 7010 4321"
    assert changed["OtherAddress"] == [{**addresses[0], "City": "Cairns"}]
    assert sandbox.get("/flex/contacts", LastName="NGUYỄN")["total"] == 1
    assert refused(sandbox, "PATCH", "/contacts/t:p", {"DirectAddressState": "Otago"}) == {
        "DirectAddressState"
    }
    abroad = {"OtherAddress": [{"AddressType": "Postal", "State": "Otago", "Country": "New Zealand"}]}
    assert sandbox.call("PATCH", "/flex/contacts/t:p", abroad).status_code == 200
    at_home = {"OtherAddress": [{"AddressType": "Postal", "Country": "Australia"}]}
    assert refused(sandbox, "PATCH", "/contacts/t:p", at_home) == {"OtherAddress[0].State"}
    assert refused(sandbox, "PATCH", "/contacts/t:p", {"OtherAddress": addresses * 2}) == {"OtherAddress"}


def test_a_contact_is_found_by_name_and_email_without_regard_to_case(sandbox: Any) -> None:
    for given in (
        {"LastName": "abadi", "FirstName": "LEILA"},
        {"EmailAddress": "Leila.Abadi@EXAMPLE.com"},
        {"LastName": "Abadi", "EmailAddress": "leila.abadi@example.com"},
    ):
        assert [found["FirstName"] for found in sandbox.get("/flex/contacts", **given)["items"]] == ["Leila"]
    assert sandbox.get("/flex/contacts", LastName="Abadi")["total"] == 2
    assert sandbox.get("/flex/contacts", LastName="Aba")["total"] == 0
    assert sandbox.get("/flex/contacts", LastName="Abadi", FirstName="Zoë")["total"] == 0


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"Applicants": []}, "Applicants"),
        ({"Applicants": [{"Role": "Guarantor"}]}, "Applicants[0]"),
        ({"Applicants": [{"FLEXId": "1-ZZZZ", "Role": "Guarantor"}]}, "Applicants[0]"),
        (
            {"Applicants": [{"IntegrationId": "t:p", "FLEXId": "1-ZZZZ", "Role": "Guarantor"}]},
            "Applicants[0]",
        ),
        ({"Applicants": [{"IntegrationId": "t:p", "Role": "Friend"}]}, "Applicants[0].Role"),
        ({"ProposedLoanAmount": "640000"}, "ProposedLoanAmount"),
        ({"ProposedLoanAmount": True}, "ProposedLoanAmount"),
        ({"ProposedLoanAmount": 0}, "ProposedLoanAmount"),
        ({"ProposedLoanAmount": 1.005}, "ProposedLoanAmount"),
        ({"ProposedLoanTerm": 360}, "ProposedLoanTerm"),
        ({"LoanCategory": "residential"}, "LoanCategory"),
        ({"LoanPurpose": "Houseboat"}, "LoanPurpose"),
        ({"PreApproval": True}, "PreApproval"),
        ({"ProductFilter": {"FilterRepaymentOption": "Both"}}, "ProductFilter.FilterRepaymentOption"),
        ({"ProductFilter": {"FixedInclude": "y"}}, "ProductFilter.FixedInclude"),
        ({"Stage": "AIP Issued"}, "Stage"),
    ],
)
def test_a_wrong_opportunity_is_refused_by_the_field(
    sandbox: Any, change: dict[str, Any], field: str
) -> None:
    post(sandbox, "/contacts", PERSON)
    good = {"IntegrationId": "t:o", "Applicants": [{"IntegrationId": "t:p", "Role": "Primary Applicant"}]}
    assert refused(sandbox, "POST", "/opportunities", good | change) == {field}
    assert sandbox.get("/flex/opportunities", IntegrationId="t:o")["total"] == 0


def test_an_opportunity_cannot_be_changed_or_removed(sandbox: Any) -> None:
    id_ = opportunity(sandbox)
    for method in ("PATCH", "DELETE", "PUT"):
        reply = sandbox.call(method, f"/flex/opportunities/{id_}", {})
        assert (reply.status_code, reply.headers["allow"]) == (405, "GET")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"Opportunity": {"FLEXId": "1-ZZZZ"}}, "Opportunity"),
        ({"Opportunity": "t:o"}, "Opportunity"),
        ({"Value": -1}, "Value"),
        ({"PropertyType": "Boat shed"}, "PropertyType"),
        ({"Usage": "Owner Occupied"}, "Usage"),
        ({"Purpose": "Security"}, "Purpose"),
    ],
)
def test_a_wrong_property_is_refused_by_the_field(sandbox: Any, change: dict[str, Any], field: str) -> None:
    good = {"IntegrationId": "t:h", "Opportunity": {"FLEXId": opportunity(sandbox)}}
    assert refused(sandbox, "POST", "/properties", good | change) == {field}


def test_a_product_is_linked_once_however_often_it_is_put(sandbox: Any) -> None:
    id_ = opportunity(sandbox)
    product = sandbox.get("/flex/products", Lender="Lorikeet Bank", Name="Offset Package")["items"][0][
        "ProductFLEXId"
    ]
    path = f"/flex/opportunities/{id_}/product-links/{product}"
    made = sandbox.call("PUT", path, {"IntegrationId": "t:l", "Selected": "N", "SplitAmount": 200000})
    again = sandbox.call("PUT", path, {"Selected": "Y"})
    assert (made.status_code, again.status_code) == (201, 200)
    assert again.json()["FLEXId"] == made.json()["FLEXId"]
    links = sandbox.get(f"/flex/opportunities/{id_}/product-links")["items"]
    assert [link | {"outcome": "updated", "request_id": again.json()["request_id"]} for link in links] == [
        again.json()
    ]
    same = sandbox.call("PUT", path, {"Selected": "Y"}).json()
    assert (same["outcome"], same["UpdatedAt"]) == ("unchanged", again.json()["UpdatedAt"])
    assert links[0]["IntegrationId"] == "t:l"
    assert links[0]["Selected"] == "Y"
    assert "SplitAmount" not in links[0]
    assert (links[0]["Opportunity"], links[0]["Product"]) == (id_, product)


def test_the_catalogue_lacks_two_lenders_and_writes_one_name_differently(sandbox: Any) -> None:
    tracked = {
        (product["lender"], product["name"])
        for card in sandbox.records("brokerengine", "cards")
        for product in card["products"]
    }
    offered = {(p["Lender"], p["Name"]) for p in sandbox.get("/flex/products", page_size=200)["items"]}
    assert tracked - offered == {
        ("Ironbark Finance", "Basic Variable"),
        ("Banksia Credit Union", "Basic Variable"),
    }
    assert ("Banksia Credit Union", "Basic Variable Loan") in offered


def test_a_note_keeps_its_text_and_attachments_to_the_byte(sandbox: Any) -> None:
    content = bytes(range(256))
    text = "Zoë: “call after 4”\n\n[b]not bold[/b]\t☎"
    file = {
        "FileName": "a.bin",
        "ContentType": "application/octet-stream",
        "Content": base64.b64encode(content).decode(),
    }
    parent = opportunity(sandbox)
    body = {"IntegrationId": "t:n", "Parent": {"IntegrationId": "t:o"}, "Text": text, "Attachments": [file]}
    id_ = post(sandbox, "/notes", body)
    shown = sandbox.get(f"/flex/notes/{id_}")
    assert shown["Text"] == text
    assert shown["Parent"] == {"FLEXId": parent, "IntegrationId": "t:o"}
    assert shown["Attachments"] == [{"FileName": "a.bin", "ContentType": file["ContentType"], "Size": 256}]
    kept = sandbox.records("flex", "notes")[-1]
    assert base64.b64decode(kept["Attachments"][0]["Content"]) == content
    assert [n["FLEXId"] for n in sandbox.get("/flex/notes", Parent=parent)["items"]] == [id_]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"Text": ""}, "Text"),
        ({"Text": "x" * 32_001}, "Text"),
        ({"Parent": {"IntegrationId": "t:nothing"}}, "Parent"),
        ({"Attachments": [{"FileName": "a", "ContentType": "b"}]}, "Attachments[0].Content"),
        (
            {"Attachments": [{"FileName": "a", "ContentType": "b", "Content": "***"}]},
            "Attachments[0].Content",
        ),
        ({"Attachments": [{"FileName": "a", "ContentType": "b", "Content": ""}] * 11}, "Attachments"),
        (
            {"Attachments": [{"FileName": "a", "ContentType": "b", "Content": "A" * (7 * 1024 * 1024)}]},
            "Attachments[0].Content",
        ),
    ],
)
def test_a_wrong_note_is_refused_by_the_field(sandbox: Any, change: dict[str, Any], field: str) -> None:
    good = {"IntegrationId": "t:n", "Parent": {"IntegrationId": "walk-in:1"}, "Text": "x"}
    assert refused(sandbox, "POST", "/notes", good | change) == {field}


def test_a_body_that_is_not_json_or_too_large_is_refused(sandbox: Any) -> None:
    def send(content: bytes, media_type: str = "application/json") -> tuple[int, str]:
        headers = {"Content-Type": media_type}
        reply = sandbox.call("POST", "/flex/contacts", headers=headers, content=content)
        return reply.status_code, reply.json()["error"]["code"]

    assert send(b"{") == (400, "malformed")
    assert send(b'{"a": NaN}') == (400, "malformed")
    assert send(b'{"a": "\\ud800"}') == (400, "malformed")
    assert send(b'{"a": "\xff"}') == (400, "malformed")
    assert send(b"[" * 100_000) == (400, "malformed")
    assert send(b"[]") == (422, "invalid")
    assert send(b"{}", "text/plain") == (415, "not-json")
    assert send(b" " * (10 * 1024 * 1024 + 1)) == (413, "too-large")
    assert send(b" " * (10 * 1024 * 1024)) == (400, "malformed")


@pytest.mark.parametrize(
    ("path", "params"),
    [
        ("/contacts", {"page": "x"}),
        ("/contacts", {"page_size": "0"}),
        ("/contacts", {"LastName": ""}),
        ("/contacts", {"lastname": "x"}),
        ("/contacts", {"IntegrationId": ["a", "b"]}),
        ("/notes", {"Title": "x"}),
        ("/notes", {"Text": "x" * 201}),
        ("/contacts/t:p", {"expand": "all"}),
    ],
)
def test_a_wrong_parameter_is_refused(sandbox: Any, path: str, params: dict[str, Any]) -> None:
    reply = sandbox.call("GET", "/flex" + path, params=params)
    assert (reply.status_code, reply.json()["error"]["code"]) == (400, "bad-parameter")


def test_unknown_paths_and_systems_answer_404_in_json(sandbox: Any) -> None:
    assert sandbox.call("GET", "/flex/leads").json()["error"]["code"] == "not-found"
    assert sandbox.http.get(sandbox.root + "/nowhere").status_code == 404
    for system in ("simplenexus", "total-expert"):
        assert sandbox.http.get(f"{sandbox.root}/{system}/users").status_code == 401


# -- what 1.1 has, and what a gateway of 1.0 has not ------------------------------------------------------


def test_a_property_is_changed_by_what_is_given_and_stays_on_its_opportunity(sandbox: Any) -> None:
    on = opportunity(sandbox)
    id_ = post(
        sandbox,
        "/properties",
        {"IntegrationId": "t:h", "Opportunity": {"FLEXId": on}, "Value": 900000, "PropertyType": "House"},
    )
    changed = sandbox.call("PATCH", f"/flex/properties/{id_}", {"Value": 950000}).json()
    held = sandbox.get("/flex/properties/t:h")
    assert (held["Value"], held["PropertyType"], held["Opportunity"]["FLEXId"]) == (950000, "House", on)
    assert changed["outcome"] == "updated"
    assert refused(sandbox, "PATCH", f"/properties/{id_}", {"Opportunity": {"FLEXId": on}}) == {"Opportunity"}


def test_an_applicant_is_added_once_and_the_others_stay(sandbox: Any) -> None:
    deal = opportunity(sandbox)
    first = sandbox.get(f"/flex/opportunities/{deal}")["Applicants"]
    person = post(sandbox, "/contacts", PERSON | {"IntegrationId": "t:second"})
    path = f"/flex/opportunities/{deal}/applicants/{person}"
    replies = [
        sandbox.call("PUT", path, {"Role": role}) for role in ("Guarantor", "Co-Applicant", "Co-Applicant")
    ]
    assert [reply.status_code for reply in replies] == [201, 200, 200]
    assert [reply.json()["outcome"] for reply in replies] == ["created", "updated", "unchanged"]
    added = {"FLEXId": person, "IntegrationId": "t:second", "Role": "Co-Applicant"}
    assert sandbox.get(f"/flex/opportunities/{deal}")["Applicants"] == [*first, added]


def test_a_twenty_first_applicant_is_refused(sandbox: Any) -> None:
    deal = opportunity(sandbox)
    people = [post(sandbox, "/contacts", PERSON | {"IntegrationId": f"t:{n}"}) for n in range(20)]
    for person in people[:19]:
        assert sandbox.call(
            "PUT", f"/flex/opportunities/{deal}/applicants/{person}", {"Role": "Guarantor"}
        ).is_success
    last = f"/opportunities/{deal}/applicants/{people[19]}"
    assert refused(sandbox, "PUT", last, {"Role": "Guarantor"}) == {"Applicants"}


def test_notes_are_found_by_how_their_text_begins(sandbox: Any) -> None:
    deal = opportunity(sandbox)
    for name, text in (("t:1", "  Call Linh.\nAfter 4."), ("t:2", "Call Bao."), ("t:3", "Wait.")):
        post(sandbox, "/notes", {"IntegrationId": name, "Parent": {"FLEXId": deal}, "Text": text})

    def found(**query: str) -> list[str]:
        return [note["IntegrationId"] for note in sandbox.get("/flex/notes", Parent=deal, **query)["items"]]

    assert found(Text="Call") == ["t:1", "t:2"]
    assert found(Text="Call", page="2", page_size="1") == ["t:2"]
    assert found(Text="Call Linh.") == ["t:1"]
    assert found(Text="call") == []


def test_every_reply_to_a_write_names_its_request_and_no_two_are_alike(sandbox: Any) -> None:
    made = sandbox.call("POST", "/flex/contacts", PERSON).json()
    denied = sandbox.call("POST", "/flex/contacts", {}).json()
    gone = sandbox.call("PATCH", "/flex/contacts/1-ZZZZ", {"LastName": "Tran"}).json()
    assert len({made["request_id"], denied["request_id"], gone["request_id"]}) == 3
    assert "outcome" not in denied
    assert "request_id" not in sandbox.get("/flex/contacts")


def test_a_gateway_that_keeps_integration_ids_unique_answers_with_what_is_there(sandbox: Any) -> None:
    sandbox.control("POST", "/options/flex", {"unique_integration_ids": True})
    first = post(sandbox, "/contacts", PERSON)
    again = sandbox.call("POST", "/flex/contacts", PERSON | {"LastName": "Tran"})
    assert (again.status_code, again.json()["outcome"], again.json()["FLEXId"]) == (200, "existing", first)
    assert sandbox.get(f"/flex/contacts/{first}")["LastName"] == "Nguyen"


def test_as_a_gateway_of_1_0_it_has_nothing_of_1_1(sandbox: Any) -> None:
    deal = opportunity(sandbox)
    sandbox.control("POST", "/options/flex", {"contract": "1.0"})
    person = sandbox.call("POST", "/flex/contacts", PERSON)
    assert set(person.json()) == {"FLEXId", "IntegrationId"}
    house = post(sandbox, "/properties", {"IntegrationId": "t:h", "Opportunity": {"FLEXId": deal}})
    for method, path, body in (
        ("PATCH", f"/flex/properties/{house}", {"Value": 1}),
        ("PUT", f"/flex/opportunities/{deal}/applicants/{person.json()['FLEXId']}", {"Role": "Guarantor"}),
    ):
        assert sandbox.call(method, path, body).status_code == 405
    assert sandbox.call("GET", "/flex/notes", params={"Text": "x"}).status_code == 400
    assert "\n  version: 1.0.0\n" in sandbox.http.get(f"{sandbox.urls['flex']}/openapi.yaml").text
    address = {"AddressType": "Postal", "StreetAddress": "PO Box 77", "City": "Balmain"}
    contact = f"/flex/contacts/{person.json()['FLEXId']}"
    for given in ([address], [{"AddressType": "Postal", "City": "Cairns"}]):
        assert sandbox.call("PATCH", contact, {"OtherAddress": given}).status_code == 200
        assert sandbox.get(contact)["OtherAddress"] == given, "it is replaced whole"
