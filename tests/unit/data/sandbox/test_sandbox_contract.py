"""Hand-written expectations for every operation, which hold both the sandbox and our two OpenAPI files."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from jsonschema import Draft202012Validator, FormatChecker
from openapi_spec_validator import OpenAPIV31SpecValidator, validate

import data.contracts
from tests.support.yaml_text import parse_yaml

FOLDER = Path(data.contracts.__file__).parent
SYSTEMS = ("brokerengine", "flex")
TEXTS = {name: (FOLDER / f"{name}.yaml").read_text("utf-8") for name in SYSTEMS}
CONTRACTS = {name: parse_yaml(text) for name, text in TEXTS.items()}

FORMATS = FormatChecker(formats=())


@FORMATS.checks("date-time")
def moment_in_utc_and_whole_seconds(value: object) -> bool:
    return not isinstance(value, str) or bool(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", value))


World = dict[str, str]
Body = Callable[[World], Any]

PAGE = {"items", "page", "page_size", "total", "next_page"}
CARD_PAGE = PAGE | {"next_after", "board_total"}
SUMMARY = {
    *("id", "title", "kind", "stage", "owner", "purpose", "people", "flex_id", "flex_kind", "fact_find"),
    *("updated_at", "loan_amount", "flex_integrated", "names_missing"),
}
CARD = {
    *(
        "id",
        "title",
        "kind",
        "stage",
        "owner",
        "flex_id",
        "flex_kind",
        "updated_at",
        "people",
        "requirements",
    ),
    *("property", "products", "fact_find", "other"),
}
BE_CONTACT = {
    *("id", "first_name", "middle_name", "last_name", "email", "birth_date", "phones", "home_address"),
    *("postal_address", "flex_id", "other"),
}
STAMPS = {"FLEXId", "IntegrationId", "CreatedAt", "UpdatedAt"}
SAID = {"request_id", "outcome"}
CREATED = {"FLEXId", "IntegrationId", *SAID}
PERSON = {
    "IntegrationId": "t:full",
    "FirstName": "Linh",
    "MiddleName": "Thi",
    "LastName": "Nguyen",
    "EmailAddress": "linh@example.com",
    "DateOfBirth": "29/02/1988",
    "CellularPhone": "0491 570 006",
    "HomePhone": "(02) 5550 1234",
    "WorkPhone": "(02) 7010 4321",
    "DirectAddressStreet": "Unit 4, 12 Darling Street",
    "DirectAddressCity": "Balmain",
    "DirectAddressPostalCode": "2041",
    "DirectAddressState": "NSW",
    "DirectAddressCountry": "Australia",
    "OtherAddress": [
        {
            "AddressType": "Postal",
            "StreetAddress": "PO Box 77",
            "City": "Balmain",
            "PostalCode": "2041",
            "State": "NSW",
            "Country": "Australia",
        }
    ],
}
LOAN = {
    "ProposedLoanAmount": 640000,
    "ProposedLoanTerm": 30,
    "LoanCategory": "Residential",
    "LoanPurpose": "Refinance",
    "RequirementsAndObjectives": "Lower the rate.\nKeep the offset.",
    "PreApproval": "Y",
    "ProductFilter": {
        "FixedInclude": "Y",
        "StandardVariableInclude": "N",
        "FilterRepaymentOption": "Principal & Interest",
    },
}
HOUSE = {"Value": 900000.5, "PropertyType": "House", "Usage": "Security", "Purpose": "Owner Occupied"}
FILE = {"FileName": "a.txt", "ContentType": "text/plain", "Content": base64.b64encode(b"hello").decode()}


@dataclass(frozen=True)
class Case:
    """One call: the operation it is, what goes out, and what comes back. `{name}`s in the path are of the world."""

    system: str
    operation: str
    method: str
    path: str
    status: int
    body: Body | None = None
    query: dict[str, str] = field(default_factory=dict)
    reply: set[str] | None = None
    item: set[str] | None = None
    holds: Any = None


def be(operation: str, method: str, path: str, status: int, **more: Any) -> Case:
    return Case("brokerengine", operation, method, path, status, **more)


def fx(operation: str, method: str, path: str, status: int, **more: Any) -> Case:
    return Case("flex", operation, method, path, status, **more)


def just(body: Any) -> Body:
    return lambda world: body


CASES = [
    # BrokerEngine
    be(
        "listCards",
        "GET",
        "/cards",
        200,
        reply=CARD_PAGE,
        item=SUMMARY,
        holds={"page": 1, "page_size": 50, "total": 14, "next_after": None, "board_total": 14},
    ),
    be(
        "listCards",
        "GET",
        "/cards",
        200,
        query={"page": "2", "page_size": "5"},
        reply=CARD_PAGE,
        holds={"next_page": 3},
    ),
    be(
        "listCards",
        "GET",
        "/cards",
        200,
        query={"after": "1", "page_size": "10000", "owner": "m.hale"},
        reply=CARD_PAGE,
        holds={"page": None, "next_page": None, "next_after": None, "board_total": 14},
    ),
    be("listCards", "GET", "/cards", 400, query={"after": "1", "page": "2"}),
    be("listCards", "GET", "/cards", 400, query={"after": "nowhere"}),
    be("listCards", "GET", "/cards", 400, query={"page": "0"}),
    be("listCards", "GET", "/cards", 400, query={"page_size": "10001"}),
    be("listCards", "GET", "/cards", 400, query={"updated_after": "yesterday"}),
    be("listCards", "GET", "/cards", 400, query={"colour": "red"}),
    be("readCard", "GET", "/cards/C-1001", 200, reply=CARD, holds={"kind": "deal", "stage": "AIP Issued"}),
    be(
        "readCard",
        "GET",
        "/cards/C-1012",
        200,
        reply=CARD,
        holds={"kind": "lead", "property": None, "products": []},
    ),
    be("readCard", "GET", "/cards/C-9", 404),
    be(
        *("linkCard", "PATCH", "/cards/C-1002", 200),
        body=just({"flex_id": "1-6D9UB", "flex_kind": "opportunity"}),
        reply=SUMMARY,
        holds={"id": "C-1002", "flex_id": "1-6D9UB", "flex_kind": "opportunity"},
    ),
    be("linkCard", "PATCH", "/cards/C-1002", 422, body=just({"flex_id": "..", "flex_kind": "opportunity"})),
    be("linkCard", "PATCH", "/cards/C-9", 404, body=just({"flex_id": None, "flex_kind": None})),
    be(
        "listNotes",
        "GET",
        "/cards/C-1013/notes",
        200,
        reply=PAGE,
        item={*("id", "card_id", "text", "author")}
        | {
            "created_at",
            "attachments",
        },
    ),
    be("listNotes", "GET", "/cards/C-9/notes", 404),
    be(
        "readNote",
        "GET",
        "/notes/N-3001",
        200,
        reply={*("id", "card_id", "text", "author")} | {"created_at", "attachments"},
        holds={"id": "N-3001"},
    ),
    be("readNote", "GET", "/notes/N-9", 404),
    be("readContact", "GET", "/contacts/P-2001", 200, reply=BE_CONTACT, holds={"birth_date": "1988-02-29"}),
    be("readContact", "GET", "/contacts/P-9", 404),
    be(
        *("linkContact", "PATCH", "/contacts/P-2003", 200),
        body=just({"flex_id": "1-ABCD"}),
        reply=BE_CONTACT,
        holds={"id": "P-2003", "flex_id": "1-ABCD"},
    ),
    be(
        "linkContact",
        "PATCH",
        "/contacts/P-2003",
        422,
        body=just({"flex_id": "1-ABCD", "email": "x@example.com"}),
    ),
    be("readAttachment", "GET", "/attachments/A-4001/content", 200),
    be("readAttachment", "GET", "/attachments/A-9/content", 404),
    be(
        *("readFactFind", "GET", "/fact-finds/FF-1011", 200),
        reply={"id", "card_id", "state", "flex_integrated", "completed_at", "people", "property"},
        holds={"state": "completed", "flex_integrated": True, "card_id": "C-1011"},
    ),
    be("readFactFind", "GET", "/fact-finds/FF-1014", 200, holds={"state": "open", "completed_at": None}),
    be("readFactFind", "GET", "/fact-finds/FF-9", 404),
    # FLEX
    fx("createContact", "POST", "/contacts", 201, body=just(PERSON), reply=CREATED),
    fx("createContact", "POST", "/contacts", 422, body=just({"IntegrationId": "t:x", "FirstName": "Linh"})),
    fx(
        "searchContacts",
        "GET",
        "/contacts",
        200,
        query={"IntegrationId": "t:p"},
        reply=PAGE,
        holds={"total": 1},
    ),
    fx(
        "searchContacts",
        "GET",
        "/contacts",
        200,
        query={"LastName": "WHITFIELD", "FirstName": "ron"},
        holds={"total": 1},
    ),
    fx(
        "readContact",
        "GET",
        "/contacts/{person}",
        200,
        reply={*STAMPS, *PERSON},
        holds=PERSON | {"IntegrationId": "t:p"},
    ),
    fx("readContact", "GET", "/contacts/t:p", 200, reply={*STAMPS, *PERSON}),
    fx("readContact", "GET", "/contacts/t:slash%2Fed", 200, holds={"IntegrationId": "t:slash/ed"}),
    fx("readContact", "GET", "/contacts/t:twice", 409),
    fx("readContact", "GET", "/contacts/1-ZZZZ", 404),
    fx(
        *("changeContact", "PATCH", "/contacts/{changed}", 200),
        body=just({"CellularPhone": "0491 570 156"}),
        reply={*STAMPS, *PERSON, *SAID},
        holds={"CellularPhone": "0491 570 156", "FirstName": "Linh", "outcome": "updated"},
    ),
    fx("changeContact", "PATCH", "/contacts/1-ZZZZ", 404, body=just({"CellularPhone": "0491 570 156"})),
    fx("changeContact", "PATCH", "/contacts/{person}", 422, body=just({"Shoe": "42"})),
    fx(
        *("createOpportunity", "POST", "/opportunities", 201),
        body=lambda w: {
            "IntegrationId": "t:o2",
            "Applicants": [
                {"FLEXId": w["person"], "Role": "Primary Applicant"},
                {"IntegrationId": "t:slash/ed", "Role": "Guarantor"},
            ],
            **LOAN,
        },
        reply=CREATED,
        holds={"IntegrationId": "t:o2"},
    ),
    fx(
        "createOpportunity",
        "POST",
        "/opportunities",
        422,
        body=just({"IntegrationId": "t:o3", "Applicants": []}),
    ),
    fx(
        *("createOpportunity", "POST", "/opportunities", 409),
        body=just(
            {"IntegrationId": "t:o3", "Applicants": [{"IntegrationId": "t:twice", "Role": "Guarantor"}]}
        ),
    ),
    fx(
        "searchOpportunities",
        "GET",
        "/opportunities",
        200,
        query={"IntegrationId": "t:o"},
        holds={"total": 1},
    ),
    fx(
        "readOpportunity",
        "GET",
        "/opportunities/{opportunity}",
        200,
        reply={*STAMPS, "Applicants", *LOAN},
        holds=LOAN,
    ),
    fx("readOpportunity", "GET", "/opportunities/1-ZZZZ", 404),
    fx(
        "linkProduct",
        "PUT",
        "/opportunities/{opportunity}/product-links/{product}",
        201,
        body=just({"Selected": "Y"}),
    ),
    fx(
        *("linkProduct", "PUT", "/opportunities/t:o/product-links/{linked}", 200),
        body=just({"Selected": "N", "SplitAmount": 200000, "BaseSplitAmount": 440000.25}),
        reply={*STAMPS, "Opportunity", "Product", "Selected", "SplitAmount", "BaseSplitAmount", *SAID},
        holds={"Selected": "N", "IntegrationId": "t:l", "outcome": "updated"},
    ),
    fx(
        "linkProduct",
        "PUT",
        "/opportunities/{opportunity}/product-links/1-ZZZZ",
        404,
        body=just({"Selected": "Y"}),
    ),
    fx(
        "linkProduct",
        "PUT",
        "/opportunities/{opportunity}/product-links/{product}",
        422,
        body=just({"Selected": "Yes"}),
    ),
    fx("listProductLinks", "GET", "/opportunities/{opportunity}/product-links", 200, reply=PAGE),
    fx(
        *("setApplicant", "PUT", "/opportunities/{opportunity}/applicants/{changed}", 201),
        body=just({"Role": "Co-Applicant"}),
        reply={"FLEXId", "IntegrationId", "Role", "Opportunity", *SAID},
        holds={"IntegrationId": "t:c", "Role": "Co-Applicant", "outcome": "created"},
    ),
    fx(
        *("setApplicant", "PUT", "/opportunities/t:o/applicants/t:c", 200),
        body=just({"Role": "Guarantor"}),
        holds={"Role": "Guarantor", "outcome": "updated"},
    ),
    fx(
        *("setApplicant", "PUT", "/opportunities/t:o/applicants/t:c", 200),
        body=just({"Role": "Guarantor"}),
        holds={"outcome": "unchanged"},
    ),
    fx(
        *("setApplicant", "PUT", "/opportunities/t:o/applicants/1-ZZZZ", 404),
        body=just({"Role": "Guarantor"}),
    ),
    fx(
        *("setApplicant", "PUT", "/opportunities/1-ZZZZ/applicants/t:c", 404),
        body=just({"Role": "Guarantor"}),
    ),
    fx("setApplicant", "PUT", "/opportunities/t:o/applicants/t:twice", 409, body=just({"Role": "Guarantor"})),
    fx("setApplicant", "PUT", "/opportunities/t:o/applicants/t:c", 422, body=just({"Role": "Friend"})),
    fx("listProductLinks", "GET", "/opportunities/1-ZZZZ/product-links", 404),
    fx("searchApplications", "GET", "/applications", 200, reply=PAGE, holds={"total": 3}),
    fx(
        "searchApplications",
        "GET",
        "/applications",
        200,
        query={"IntegrationId": "walk-in:1"},
        holds={"total": 1},
    ),
    fx(
        *("readApplication", "GET", "/applications/walk-in:1", 200),
        reply={*STAMPS, "Applicants", "Lender", "LoanAmount", "Status"},
    ),
    fx("readApplication", "GET", "/applications/1-ZZZZ", 404),
    fx(
        *("createProperty", "POST", "/properties", 201),
        body=lambda w: {"IntegrationId": "t:h2", "Opportunity": {"FLEXId": w["opportunity"]}, **HOUSE},
        reply=CREATED,
    ),
    fx("createProperty", "POST", "/properties", 422, body=just({"IntegrationId": "t:h3", "Opportunity": {}})),
    fx("searchProperties", "GET", "/properties", 200, query={"IntegrationId": "t:h"}, holds={"total": 1}),
    fx(
        "readProperty",
        "GET",
        "/properties/{property}",
        200,
        reply={*STAMPS, "Opportunity", *HOUSE},
        holds=HOUSE,
    ),
    fx("readProperty", "GET", "/properties/1-ZZZZ", 404),
    fx(
        *("changeProperty", "PATCH", "/properties/t:h2", 200),
        body=just({"Value": 910000}),
        reply={*STAMPS, "Opportunity", *HOUSE, *SAID},
        holds={"Value": 910000, "Purpose": "Owner Occupied", "outcome": "updated"},
    ),
    fx(
        *("changeProperty", "PATCH", "/properties/t:h2", 200),
        body=just({"Value": 910000}),
        holds={"outcome": "unchanged"},
    ),
    fx("changeProperty", "PATCH", "/properties/1-ZZZZ", 404, body=just({"Value": 910000})),
    fx("changeProperty", "PATCH", "/properties/t:h", 422, body=just({"Value": 0})),
    fx(
        "changeProperty",
        "PATCH",
        "/properties/t:h",
        422,
        body=just({"Opportunity": {"IntegrationId": "t:o2"}}),
    ),
    fx("changeProperty", "PATCH", "/properties/t:h", 422, body=just({})),
    fx(
        *("searchProducts", "GET", "/products", 200),
        query={"Lender": "harbour mutual", "Name": "FLEXI home loan"},
        reply=PAGE,
        item={"ProductFLEXId", "Lender", "Name"},
        holds={"total": 1},
    ),
    fx("searchProducts", "GET", "/products", 200, query={"Lender": "Ironbark Finance"}, holds={"total": 0}),
    fx(
        *("createNote", "POST", "/notes", 201),
        body=lambda w: {
            "IntegrationId": "t:n2",
            "Parent": {"FLEXId": w["opportunity"]},
            "Text": "Hi.",
            "Attachments": [FILE],
        },
        reply=CREATED,
    ),
    fx(
        *("createNote", "POST", "/notes", 201),
        body=just(
            {"IntegrationId": "t:n3", "Parent": {"IntegrationId": "walk-in:2"}, "Text": "On an application."}
        ),
    ),
    fx(
        "createNote",
        "POST",
        "/notes",
        422,
        body=just({"IntegrationId": "t:n4", "Parent": {"FLEXId": "1-ZZZZ"}, "Text": "x"}),
    ),
    fx("searchNotes", "GET", "/notes", 200, query={"IntegrationId": "t:n"}, holds={"total": 1}),
    fx(
        "searchNotes",
        "GET",
        "/notes",
        200,
        query={"Parent": "t:o", "IntegrationId": "t:n"},
        holds={"total": 1},
    ),
    fx("searchNotes", "GET", "/notes", 200, query={"Parent": "1-ZZZZ"}, holds={"total": 0}),
    fx(
        "searchNotes",
        "GET",
        "/notes",
        200,
        query={"Parent": "walk-in:2", "Text": "On an"},
        holds={"total": 1},
    ),
    fx(
        "searchNotes",
        "GET",
        "/notes",
        200,
        query={"Parent": "walk-in:2", "Text": "on an"},
        holds={"total": 0},
    ),
    fx("searchNotes", "GET", "/notes", 400, query={"Text": "x" * 201}),
    fx(
        *("readNote", "GET", "/notes/{note}", 200),
        reply={*STAMPS, "Parent", "Text", "Attachments"},
        holds={"Attachments": [{"FileName": "a.txt", "ContentType": "text/plain", "Size": 5}]},
    ),
    fx("readNote", "GET", "/notes/1-ZZZZ", 404),
]


@pytest.fixture(scope="module")
def world(shared: Any) -> World:
    """Records made through the API, by the names the cases use."""
    made: World = {}

    def post(name: str, path: str, body: dict[str, Any]) -> None:
        reply = shared.call("POST", "/flex" + path, body)
        assert reply.status_code == 201, reply.text
        made[name] = reply.json()["FLEXId"]

    post("person", "/contacts", PERSON | {"IntegrationId": "t:p"})
    post("changed", "/contacts", PERSON | {"IntegrationId": "t:c"})
    for name in ("t:slash/ed", "t:twice", "t:twice"):
        post("other", "/contacts", {"IntegrationId": name, "FirstName": "Bao", "LastName": "Tran"})
    applicants = [{"FLEXId": made["person"], "Role": "Primary Applicant"}]
    post("opportunity", "/opportunities", {"IntegrationId": "t:o", "Applicants": applicants, **LOAN})
    post(
        "property", "/properties", {"IntegrationId": "t:h", "Opportunity": {"IntegrationId": "t:o"}, **HOUSE}
    )
    parent = {"FLEXId": made["opportunity"]}
    post("note", "/notes", {"IntegrationId": "t:n", "Parent": parent, "Text": "Hi.", "Attachments": [FILE]})
    products = shared.get("/flex/products")["items"]
    made["product"], made["linked"] = products[0]["ProductFLEXId"], products[1]["ProductFLEXId"]
    path = f"/flex/opportunities/t:o/product-links/{made['linked']}"
    assert shared.call("PUT", path, {"IntegrationId": "t:l", "Selected": "Y"}).status_code == 201
    return made


@pytest.mark.parametrize("case", CASES, ids=lambda c: f"{c.system}-{c.operation}-{c.status}")
def test_a_call_answers_as_written(shared: Any, world: World, case: Case) -> None:
    contract = CONTRACTS[case.system]
    operation = _operation(contract, case)
    body = case.body(world) if case.body else None
    if body is not None and case.status < 300:
        _validate(contract, operation["requestBody"]["content"]["application/json"]["schema"], body)
    reply = shared.call(case.method, f"/{case.system}{case.path.format(**world)}", body, params=case.query)
    assert reply.status_code == case.status, reply.text
    declared = operation["responses"].get(str(case.status), operation["responses"]["default"])
    declared = _resolve(contract, declared)
    if case.operation == "readAttachment" and case.status == 200:
        assert reply.headers["content-type"] == "text/plain"
        assert reply.content.startswith(b"Bay Health payslip")
        return
    assert reply.headers["content-type"] == "application/json"
    document = reply.json()
    _validate(contract, declared["content"]["application/json"]["schema"], document)
    if case.status >= 400:
        assert set(document) - {"request_id"} == {"error"}
    if case.system == "flex" and case.method != "GET":
        assert re.fullmatch(r"rq-[0-9a-f]+-[0-9]{5}", document["request_id"])
    if case.reply is not None:
        assert set(document) == case.reply
    if case.item is not None:
        assert {frozenset(item) for item in document["items"]} == {frozenset(case.item)}
    for name, value in (case.holds or {}).items():
        assert document[name] == value, name


@pytest.mark.parametrize("system", SYSTEMS)
def test_every_operation_of_the_description_has_a_case_that_succeeds(system: str) -> None:
    elsewhere = {"issueToken", "describe"}
    described = {
        op["operationId"] for item in CONTRACTS[system]["paths"].values() for op in _operations(item)
    }
    assert described - elsewhere == {c.operation for c in CASES if c.system == system and c.status < 300}


@pytest.mark.parametrize("system", SYSTEMS)
def test_the_description_is_valid_openapi_and_its_examples_fit_their_schemas(system: str) -> None:
    contract = CONTRACTS[system]
    validate(contract, cls=OpenAPIV31SpecValidator)
    assert contract["info"]["version"] == "1.2.0"
    for item in contract["paths"].values():
        for operation in _operations(item):
            for media in operation.get("requestBody", {}).get("content", {}).values():
                examples = [e["value"] for e in media.get("examples", {}).values()]
                for example in [*examples, *([media["example"]] if "example" in media else [])]:
                    _validate(contract, media["schema"], example)


@pytest.mark.parametrize("system", SYSTEMS)
def test_the_sandbox_serves_its_description_without_a_token(shared: Any, system: str) -> None:
    reply = shared.http.get(f"{shared.urls[system]}/openapi.yaml")
    assert reply.status_code == 200
    assert reply.text == TEXTS[system]


@pytest.mark.parametrize("system", SYSTEMS)
def test_a_token_reply_fits_the_description(shared: Any, system: str) -> None:
    contract, url = CONTRACTS[system], shared.urls[system] + "/oauth/token"
    good = shared.http.post(url, data={"grant_type": "client_credentials"}, auth=("sandbox", "sandbox"))
    bad = shared.http.post(url, data={"grant_type": "client_credentials"}, auth=("sandbox", "wrong"))
    _validate(contract, contract["components"]["schemas"]["Token"], good.json())
    _validate(contract, contract["components"]["schemas"]["OAuthError"], bad.json())


@pytest.mark.parametrize("system", SYSTEMS)
def test_the_sandbox_answers_no_method_that_is_not_described(shared: Any, world: World, system: str) -> None:
    for path, item in CONTRACTS[system]["paths"].items():
        for method in ("get", "post", "put", "patch", "delete"):
            if method not in item:
                concrete = path.replace("{id}", quote(world["person"])).replace("{product}", world["product"])
                concrete = concrete.replace("{person}", world["changed"])
                reply = shared.call(method.upper(), f"/{system}{concrete}")
                assert reply.status_code == 405, (method, path)
                assert method.upper() not in reply.headers["allow"]


def _operations(item: dict[str, Any]) -> list[dict[str, Any]]:
    return [value for name, value in item.items() if name != "parameters"]


def _operation(contract: dict[str, Any], case: Case) -> dict[str, Any]:
    for path, item in contract["paths"].items():
        operation = item.get(case.method.lower())
        if operation and operation["operationId"] == case.operation:
            assert path.count("/") == case.path.count("/")
            return dict(operation)
    raise AssertionError(f"{case.operation} is not described as {case.method}")


def _resolve(contract: dict[str, Any], thing: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in thing:
        found: Any = contract
        for part in thing["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        thing = found
    return thing


def _validate(contract: dict[str, Any], schema: dict[str, Any], document: Any) -> None:
    whole = {**schema, "components": contract["components"]}
    Draft202012Validator(whole, format_checker=FORMATS).validate(document)
