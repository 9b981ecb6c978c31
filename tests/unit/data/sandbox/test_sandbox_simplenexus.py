"""SimpleNexus's side, operation by operation: what goes out, what comes back, and what is refused."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from data.sandbox.systems.simplenexus import record_id
from tests.support.yaml_text import parse_yaml

SN = "/simplenexus"
OFFICER, OTHER, UNTIED = (record_id(number) for number in (1, 2, 4))
GRANT = {"grant_type": "client_credentials", "client_id": "sandbox", "client_secret": "sandbox"}
BORROWERS = "/users/borrowers"
PARTNERS = f"/users/loan_officers/{OFFICER}/partners"
PROSPECTS = f"/users/loan_officers/{OFFICER}/prospects"
ANN = {"first_name": "Ann", "last_name": "Oakes", "email": "ann@example.com", "loan_officer_id": OFFICER}
AGENT = {"first_name": "Ruth", "last_name": "Vale", "email": "ruth@example.com"}
CREATED = {"_self", "_type", "id"}
PAGE = {"_self", "_type", "contents", "total", "total_pages"}
STAMPED = CREATED | {"created_at", "updated_at"}
BORROWER = STAMPED | {"first_name", "last_name", "email", "phone", "is_active", "custom_consent"}
PARTNER = STAMPED | {
    *("first_name", "last_name", "email", "mobile_phone", "type", "professional_title"),
    *("list_partner_first", "is_cobranded", "accepted_invite"),
}
PROSPECT = STAMPED | {"first_name", "last_name", "email", "phone", "sharer_name", "note", "is_active"}
APPLICATIONS = "/loan_applications"
APPLICATION = STAMPED | {
    *("first_name", "last_name", "email", "loan_officer_name", "loan_officer_email"),
    *("is_active", "is_submitted"),
}
OFFICER_FIELDS = STAMPED | {
    *("first_name", "last_name", "email", "phone", "website", "address", "is_active", "nmls"),
    *("cost_center", "is_admin", "title", "office_phone", "bio"),
}


@pytest.fixture
def sn(sandbox: Any) -> Any:
    """The sandbox, signed in to SimpleNexus, with its options as they come."""
    reply = sandbox.http.post(sandbox.root + SN + "/oauth/token", json=GRANT)
    sandbox.tokens["simplenexus"] = reply.json()["access_token"]
    sandbox.control("POST", "/options/simplenexus", {"officer_is_optional": False})
    return sandbox


def made(sn: Any, path: str, body: dict[str, Any]) -> str:
    reply = sn.call("POST", SN + path, body)
    assert reply.status_code == 201, reply.text
    assert set(reply.json()) == CREATED
    return str(reply.json()["id"])


def refused(sn: Any, method: str, path: str, body: Any, status: int = 400) -> list[str]:
    """The details of a refusal in the vendor's form."""
    reply = sn.call(method, SN + path, body)
    assert reply.status_code == status, reply.text
    errors = reply.json()["errors"]
    assert set(reply.json()) == {"errors"}
    for error in errors:
        assert set(error) == {"id", "status", "title", "detail"}
        assert error["status"] == status
    return [error["detail"] for error in errors]


# -- each operation -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Case:
    """One call: what goes out, and the status and the fields of what comes back; `{…}` in the path is made first."""

    method: str
    path: str
    status: int
    body: dict[str, Any] | None = None
    reply: set[str] | None = None
    item: set[str] | None = None
    schema: tuple[str, str] | None = None


def _case(method: str, path: str, status: int, **more: Any) -> Case:
    return Case(method, path, status, **more)


WHOLE_AGENT = {
    **AGENT,
    "mobile_phone": "(612) 555-0177",
    "type": "AGENT",
    "professional_title": "Broker",
    "list_partner_first": True,
    "is_cobranded": True,
    "address": {
        "street1": "1 Elm",
        "street2": None,
        "city": "Duluth",
        "state": "MN",
        "zip": "55802",
    },
}
CASES = [
    _case(
        "GET",
        "/users/loan_officers",
        200,
        reply=PAGE,
        item=OFFICER_FIELDS,
        schema=("loan-officers", "LoanOfficerPagination"),
    ),
    _case(
        "GET",
        f"/users/loan_officers/{OFFICER}",
        200,
        reply=OFFICER_FIELDS,
        schema=("loan-officers", "LoanOfficer"),
    ),
    _case(
        "POST",
        BORROWERS,
        201,
        body={**ANN, "phone": "612-555-0123"},
        reply=CREATED,
        schema=("borrowers", "ResourceCreated"),
    ),
    _case("GET", BORROWERS, 200, reply=PAGE, item=BORROWER, schema=("borrowers", "UserBorrowerPagination")),
    _case("GET", BORROWERS + "/{borrower}", 200, reply=BORROWER, schema=("borrowers", "UserBorrower")),
    _case("PATCH", BORROWERS + "/{borrower}", 204, body={"phone": "612-555-0150", "custom_consent": True}),
    _case("PATCH", BORROWERS + "/{borrower}", 204, body={}),
    _case("DELETE", BORROWERS + "/{borrower}", 204),
    _case(
        "POST",
        PARTNERS,
        201,
        body=WHOLE_AGENT,
        reply=CREATED,
        schema=("loan-officer-partners", "ResourceCreated"),
    ),
    _case(
        "GET",
        PARTNERS,
        200,
        reply=PAGE,
        item=PARTNER | {"address"},
        schema=("loan-officer-partners", "PartnerPagination"),
    ),
    _case("GET", PARTNERS + "/{partner}", 200, reply=PARTNER, schema=("loan-officer-partners", "Partner")),
    _case("PATCH", PARTNERS + "/{partner}", 204, body={"professional_title": None}),
    _case("DELETE", PARTNERS + "/{partner}", 204),
    _case(
        "POST",
        PROSPECTS,
        201,
        body={"email": "p@example.com", "note": "BD-1"},
        reply=CREATED,
        schema=("loan-officer-prospects", "ResourceCreated"),
    ),
    _case("POST", PROSPECTS, 201, body={"cell_phone": "612-555-0123"}, reply=CREATED),
    _case(
        "GET",
        PROSPECTS,
        200,
        reply=PAGE,
        item=PROSPECT,
        schema=("loan-officer-prospects", "ProspectPagination"),
    ),
    _case(
        "GET", PROSPECTS + "/{prospect}", 200, reply=PROSPECT, schema=("loan-officer-prospects", "Prospect")
    ),
    _case(
        "GET",
        APPLICATIONS,
        200,
        reply=PAGE,
        item=APPLICATION | {"has_coborrower"},
        schema=("loan-applications", "LoanApplicationPagination"),
    ),
    _case(
        "GET",
        APPLICATIONS + "/{application}",
        200,
        reply=APPLICATION,
        schema=("loan-applications", "LoanApplication.Detail"),
    ),
]


def _performed(sn: Any, case: Case) -> Any:
    path = case.path
    if "{borrower}" in path:
        path = path.format(borrower=made(sn, BORROWERS, ANN))
    elif "{partner}" in path:
        path = path.format(partner=made(sn, PARTNERS, AGENT))
    elif "{application}" in path:
        path = path.format(application=sn.records("simplenexus", "loan-applications")[0]["id"])
    elif path == PARTNERS and case.method == "GET":
        made(sn, PARTNERS, WHOLE_AGENT)
    elif PROSPECTS in path and case.method == "GET":
        prospect = made(sn, PROSPECTS, {"email": "p@example.com"})
        path = path.format(prospect=prospect)
    return sn.call(case.method, SN + path, case.body)


_IDS = [f"{case.method} {case.path} {n}" for n, case in enumerate(CASES)]


@pytest.mark.parametrize("case", CASES, ids=_IDS)
def test_an_operation_answers_with_its_status_and_fields(sn: Any, case: Case) -> None:
    reply = _performed(sn, case)
    assert reply.status_code == case.status, reply.text
    assert reply.headers["X-Api-Version"] == "1.0"
    if case.status == 204:
        assert reply.content == b""
    if case.reply is not None:
        assert set(reply.json()) == case.reply
    if case.item is not None:
        assert reply.json()["contents"]
        for item in reply.json()["contents"]:
            assert set(item) == case.item or set(item) == case.item - {"address"}


CONTRACTS = Path(__file__).parents[5] / "shared" / "contracts" / "simplenexus"


def _flat(schema: Any, components: Any) -> Any:
    """A schema without references, its parts joined, so that `additionalProperties: false` means all of them."""
    if isinstance(schema, list):
        return [_flat(part, components) for part in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return _flat(components[schema["$ref"].rpartition("/")[2]], components)
    flat = {name: _flat(part, components) for name, part in schema.items() if name != "allOf"}
    for part in _flat(schema.get("allOf", []), components):
        for name, value in part.items():
            if name == "properties":
                flat[name] = {**flat.get(name, {}), **value}
            elif name == "required":
                flat[name] = sorted({*value, *flat.get(name, ())})
            else:
                flat.setdefault(name, value)
    return flat


@pytest.mark.skipif(not CONTRACTS.is_dir(), reason="the vendor's description is not at hand")
@pytest.mark.parametrize(
    "case", [case for case in CASES if case.schema], ids=lambda case: f"{case.method} {case.path}"
)
def test_an_answer_fits_the_vendors_description(sn: Any, case: Case) -> None:
    assert case.schema is not None
    file, name = case.schema
    text = (CONTRACTS / f"{file}-api.openapi.yml").read_text(encoding="utf-8")
    components = parse_yaml(text)["components"]["schemas"]
    schema = _flat(components[name], components)
    if name.endswith("Pagination"):
        schema["properties"]["contents"]["items"]["additionalProperties"] = False
    schema["additionalProperties"] = False
    Draft202012Validator(schema).validate(_performed(sn, case).json())


# -- the token ----------------------------------------------------------------------------------------------


def test_a_token_is_short_and_asked_for_in_json(sn: Any) -> None:
    reply = sn.http.post(sn.root + SN + "/oauth/token", json={**GRANT, "scope": "external"})
    assert reply.status_code == 200
    assert set(reply.json()) == {"access_token", "token_type", "expires_in", "scope", "created_at"}
    assert (reply.json()["token_type"], reply.json()["expires_in"]) == ("Bearer", 900)
    sn.tokens["simplenexus"] = reply.json()["access_token"]
    sn.clock.now += 899
    assert sn.call("GET", SN + BORROWERS).status_code == 200
    sn.clock.now += 1
    assert "expired" in refused(sn, "GET", BORROWERS, None, 401)[0]


@pytest.mark.parametrize(
    ("more", "status", "code"),
    [
        ({"json": {**GRANT, "client_secret": "wrong"}}, 401, "invalid_client"),
        ({"json": {**GRANT, "grant_type": "password"}}, 400, "unsupported_grant_type"),
        ({"json": {"grant_type": "client_credentials"}}, 400, "invalid_request"),
        ({"json": {**GRANT, "audience": "x"}}, 400, "invalid_request"),
        ({"data": GRANT}, 400, "invalid_request"),
        (
            {"json": {"grant_type": "client_credentials"}, "auth": ("sandbox", "sandbox")},
            400,
            "invalid_request",
        ),
        ({"content": b"{"}, 400, "invalid_request"),
    ],
)
def test_a_wrong_token_request_is_refused(sn: Any, more: Any, status: int, code: str) -> None:
    reply = sn.http.post(sn.root + SN + "/oauth/token", **more)
    assert (reply.status_code, reply.json()["error"]) == (status, code)


def test_nothing_is_answered_without_a_token(sn: Any) -> None:
    for path in (BORROWERS, PARTNERS, PROSPECTS, "/users/loan_officers"):
        reply = sn.http.get(sn.root + SN + path)
        assert (reply.status_code, reply.json()["errors"][0]["status"]) == (401, 401)


# -- borrowers ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"first_name": ""}, "first_name"),
        ({"first_name": "x" * 31}, "first_name"),
        ({"last_name": "x" * 31}, "last_name"),
        ({"last_name": None}, "last_name"),
        ({"email": None}, "email"),
        ({"email": "nobody"}, "email"),
        ({"email": "x" * 250 + "@e.com"}, "email"),
        ({"phone": None}, "phone"),
        ({"phone": "call me"}, "phone"),
        ({"loan_officer_id": None}, "loan_officer_id"),
        ({"loan_officer_id": "nobody"}, "loan_officer_id"),
        ({"partner_id": "nobody"}, "partner_id"),
        ({"middle_name": "May"}, "middle_name"),
        ({"custom_consent": True}, "custom_consent"),
    ],
)
def test_a_wrong_borrower_is_a_400_that_names_the_field(sn: Any, change: dict[str, Any], name: str) -> None:
    before = len(sn.records("simplenexus", "borrowers"))
    (detail,) = refused(sn, "POST", BORROWERS, {**ANN, **change})
    assert detail.startswith(name)
    assert len(sn.records("simplenexus", "borrowers")) == before


@pytest.mark.parametrize(
    "more",
    [{"content": b"{", "headers": {"Content-Type": "application/json"}}, {"data": ANN}, {"body": [ANN]}],
)
def test_what_is_no_json_object_is_a_400_too(sn: Any, more: dict[str, Any]) -> None:
    reply = sn.call("POST", SN + BORROWERS, **more)
    assert (reply.status_code, reply.json()["errors"][0]["title"]) == (400, "Bad Request")


def test_names_of_thirty_and_emails_of_255_characters_pass(sn: Any) -> None:
    email = "x" * 243 + "@example.com"
    assert len(email) == 255
    id_ = made(sn, BORROWERS, {**ANN, "first_name": "F" * 30, "last_name": "L" * 30, "email": email})
    assert uuid.UUID(id_)
    assert sn.get(f"{SN}{BORROWERS}/{id_}")["email"] == email


def test_an_officer_may_be_left_out_where_the_company_says_so(sn: Any) -> None:
    body = {name: value for name, value in ANN.items() if name != "loan_officer_id"}
    assert refused(sn, "POST", BORROWERS, body) == ["loan_officer_id is missing"]
    sn.control("POST", "/options/simplenexus", {"officer_is_optional": True})
    id_ = made(sn, BORROWERS, body)
    found = sn.get(SN + BORROWERS, loan_officer_id=OFFICER, email=ANN["email"])
    assert [item["id"] for item in found["contents"]] == [id_]


def test_one_account_for_an_email_whoever_asks_and_however_it_is_written(sn: Any) -> None:
    made(sn, BORROWERS, ANN)
    again = {**ANN, "email": "ANN@example.com", "first_name": "Anton", "loan_officer_id": OTHER}
    assert refused(sn, "POST", BORROWERS, again, 409)
    other = made(sn, BORROWERS, {**ANN, "email": "other@example.com"})
    assert refused(sn, "PATCH", f"{BORROWERS}/{other}", {"email": "ann@EXAMPLE.com"}, 409)
    assert sn.call("PATCH", f"{SN}{BORROWERS}/{other}", {"email": "OTHER@example.com"}).status_code == 204
    assert sn.get(SN + BORROWERS, email="ann@example.com")["total"] == 1


def test_a_reply_does_not_say_whose_borrower_it_is_but_the_officers_list_does(sn: Any) -> None:
    id_ = made(sn, BORROWERS, ANN)
    assert OFFICER not in sn.call("GET", f"{SN}{BORROWERS}/{id_}").text
    for officer, there in ((OFFICER, [id_]), (OTHER, [])):
        found = sn.get(SN + BORROWERS, loan_officer_id=officer, email="ann@example.com")
        assert [item["id"] for item in found["contents"]] == there


def test_a_borrower_is_changed_by_what_is_given(sn: Any) -> None:
    id_ = made(sn, BORROWERS, {**ANN, "phone": "612-555-0101"})
    before = sn.get(f"{SN}{BORROWERS}/{id_}")
    sn.clock.now += 60
    assert sn.call("PATCH", f"{SN}{BORROWERS}/{id_}", {}).status_code == 204
    assert sn.get(f"{SN}{BORROWERS}/{id_}") == before
    assert sn.call("PATCH", f"{SN}{BORROWERS}/{id_}", {"last_name": "Birch"}).status_code == 204
    after = sn.get(f"{SN}{BORROWERS}/{id_}")
    assert (after["last_name"], after["phone"], after["created_at"]) == (
        "Birch",
        "612-555-0101",
        before["created_at"],
    )
    assert after["updated_at"] > before["updated_at"]
    assert refused(sn, "PATCH", f"{BORROWERS}/{id_}", {"loan_officer_id": OTHER})
    assert refused(sn, "PATCH", f"{BORROWERS}/{id_}", {"first_name": "x" * 31})
    assert refused(sn, "PATCH", f"{BORROWERS}/{record_id(99_999)}", {}, 404)
    assert sn.call("PUT", f"{SN}{BORROWERS}/{id_}", ANN).status_code == 405


def test_deleting_a_borrower_deletes_his_applications(sn: Any) -> None:
    applications = sn.records("simplenexus", "loan-applications")
    whose = applications[0]["borrower_id"]
    assert sn.call("DELETE", f"{SN}{BORROWERS}/{whose}").status_code == 204
    left = sn.records("simplenexus", "loan-applications")
    assert left == [entry for entry in applications if entry["borrower_id"] != whose] != applications
    assert sn.call("GET", f"{SN}{BORROWERS}/{whose}").status_code == 404


def test_what_changed_since_is_listed_the_moment_itself_not(sn: Any) -> None:
    id_ = made(sn, BORROWERS, ANN)
    stamp = sn.get(f"{SN}{BORROWERS}/{id_}")["updated_at"]
    assert sn.get(SN + BORROWERS, updated_after=stamp)["total"] == 0
    earlier = stamp.replace("2027-01-15", "2027-01-14")
    assert [item["id"] for item in sn.get(SN + BORROWERS, updated_after=earlier)["contents"]] == [id_]
    assert sn.get(SN + BORROWERS, created_after=earlier, created_before=stamp)["total"] == 0
    assert sn.get(SN + BORROWERS, created_after=earlier)["total"] == 1
    everybody = sn.get(SN + BORROWERS)["total"]
    assert sn.get(SN + BORROWERS, updated_before=stamp)["total"] == everybody - 1


def test_filters_by_state(sn: Any) -> None:
    id_ = made(sn, BORROWERS, ANN)
    sn.control("PATCH", f"/records/simplenexus/borrowers/{id_}", {"is_active": False})
    assert [item["id"] for item in sn.get(SN + BORROWERS, is_active="false")["contents"]] == [id_]
    sn.call("PATCH", f"{SN}{BORROWERS}/{id_}", {"custom_consent": True})
    assert sn.get(SN + BORROWERS, has_custom_consent="true")["total"] == 1
    assert sn.get(SN + "/users/loan_officers", is_admin="true")["total"] == 1


def test_pages_are_no_larger_than_a_hundred_and_end(sn: Any) -> None:
    every = sn.records("simplenexus", "borrowers")
    seen: list[str] = []
    page = 1
    while items := (reply := sn.get(SN + BORROWERS, page=page, page_size=500))["contents"]:
        assert len(items) <= 100
        assert (reply["total"], reply["total_pages"]) == (len(every), 2)
        seen += [item["id"] for item in items]
        page += 1
    assert seen == [record["id"] for record in every]
    assert len(sn.get(SN + BORROWERS)["contents"]) == 25
    assert len(sn.get(SN + BORROWERS, page_size=7, page=2)["contents"]) == 7


@pytest.mark.parametrize(
    "query",
    [
        {"page": "0"},
        {"page": "x"},
        {"page_size": "-1"},
        {"updated_after": "yesterday"},
        {"updated_after": "2026-01-01T00:00:00"},
        {"is_active": "yes"},
    ],
)
def test_a_wrong_parameter_is_a_400(sn: Any, query: dict[str, str]) -> None:
    assert sn.call("GET", SN + BORROWERS, params=query).status_code == 400


# -- partners and prospects ---------------------------------------------------------------------------------


def test_a_partner_is_one_officers_and_never_changes_his_email(sn: Any) -> None:
    id_ = made(sn, PARTNERS, WHOLE_AGENT)
    partner = sn.get(f"{SN}{PARTNERS}/{id_}")
    assert partner["address"]["city"] == "Duluth"
    assert sn.call("GET", f"{SN}/users/loan_officers/{OTHER}/partners/{id_}").status_code == 404
    assert refused(sn, "POST", PARTNERS, {**AGENT, "email": "RUTH@example.com"}, 409)
    made(sn, f"/users/loan_officers/{OTHER}/partners", AGENT)
    assert refused(sn, "PATCH", f"{PARTNERS}/{id_}", {"email": "new@example.com"}) == [
        "email is not a known field"
    ]
    assert refused(sn, "POST", PARTNERS, {**AGENT, "email": "x@example.com", "last_name": "x" * 31})
    assert refused(
        sn, "POST", PARTNERS, {**AGENT, "email": "x@example.com", "address": {"state": "Minnesota"}}
    )
    assert refused(sn, "POST", PARTNERS, {**AGENT, "email": "x@example.com", "address": {"zip": "123"}})
    assert [item["id"] for item in sn.get(SN + PARTNERS, email="ruth@example.com")["contents"]] == [id_]


def test_a_borrower_may_name_a_partner_of_his_officer_only(sn: Any) -> None:
    partner = made(sn, PARTNERS, AGENT)
    made(sn, BORROWERS, {**ANN, "partner_id": partner})
    body = {**ANN, "email": "b@example.com", "loan_officer_id": OTHER, "partner_id": partner}
    assert refused(sn, "POST", BORROWERS, body) == ["partner_id names no partner of the officer"]


def test_a_prospect_needs_an_email_or_a_phone_and_little_else(sn: Any) -> None:
    assert refused(sn, "POST", PROSPECTS, {"first_name": "Ida"}) == ["email or cell_phone must be given"]
    assert refused(sn, "POST", PROSPECTS, {"email": None, "cell_phone": None})
    assert refused(sn, "POST", PROSPECTS, {"email": "i@example.com", "phone": "612-555-0101"})
    assert refused(sn, "POST", PROSPECTS, {"email": "i@example.com", "note": "x" * 1001})
    assert refused(sn, "POST", PROSPECTS, {"email": "i@example.com", "last_name": "x" * 101})
    body = {
        "first_name": "I" * 100,
        "last_name": None,
        "email": "i@example.com",
        "cell_phone": "612-555-0101",
    }
    id_ = made(sn, PROSPECTS, {**body, "note": "two\nlines"})
    prospect = sn.get(f"{SN}{PROSPECTS}/{id_}")
    assert (prospect["phone"], prospect["note"], prospect["sharer_name"]) == (
        "612-555-0101",
        "two\nlines",
        "Dana Whitlock",
    )
    assert prospect["is_active"] is True


def test_a_prospect_sent_twice_is_there_twice_and_stays(sn: Any) -> None:
    first, second = (made(sn, PROSPECTS, {"email": "i@example.com"}) for _ in range(2))
    assert first != second
    assert sn.get(SN + PROSPECTS, page_size=100)["total"] >= 2
    for method in ("PATCH", "PUT", "DELETE"):
        assert sn.call(method, f"{SN}{PROSPECTS}/{first}", {}).status_code == 405


def test_nobody_is_made_or_listed_for_an_officer_who_is_not_there(sn: Any) -> None:
    nobody = f"/users/loan_officers/{record_id(99_999)}"
    for what in ("partners", "prospects"):
        assert sn.call("GET", f"{SN}{nobody}/{what}").status_code == 404
        assert refused(sn, "POST", f"{nobody}/{what}", AGENT, 404)
    sn.control("PATCH", f"/records/simplenexus/loan-officers/{OTHER}", {"is_active": False})
    assert refused(sn, "POST", BORROWERS, {**ANN, "loan_officer_id": OTHER})


# -- faults and control -------------------------------------------------------------------------------------


def test_every_system_knows_the_faults(sn: Any) -> None:
    for status in (412, 423, 429, 500):
        sn.faults(f"{status} POST /simplenexus *1")
        assert refused(sn, "POST", BORROWERS, ANN, status)
    sn.faults("500-after POST /simplenexus *1")
    assert refused(sn, "POST", BORROWERS, ANN, 500)
    assert sn.get(SN + BORROWERS, email=ANN["email"])["total"] == 1
    sn.faults("commit-twice POST /simplenexus")
    made(sn, PROSPECTS, {"email": "twice@example.com"})
    held = [p for p in sn.records("simplenexus", "prospects") if p["email"] == "twice@example.com"]
    assert len(held) == 2
    sn.faults("no-id POST /simplenexus; other-id GET /simplenexus")
    assert "id" not in sn.call("POST", SN + PROSPECTS, {"email": "x@example.com"}).json()
    first = sn.records("simplenexus", "borrowers")[0]["id"]
    assert sn.get(f"{SN}{BORROWERS}/{first}")["id"] != first
    assert first not in [item["id"] for item in sn.get(SN + BORROWERS)["contents"]]


def test_what_was_just_made_is_found_later_where_the_index_lags(sn: Any) -> None:
    sn.faults("lag=30 GET /simplenexus")
    id_ = made(sn, BORROWERS, ANN)
    assert sn.get(SN + BORROWERS, email=ANN["email"])["total"] == 0
    assert sn.get(f"{SN}{BORROWERS}/{id_}")["id"] == id_
    sn.clock.now += 31
    assert sn.get(SN + BORROWERS, email=ANN["email"])["total"] == 1


def test_the_token_is_spared_unless_it_is_named(sn: Any) -> None:
    sn.faults("503 /simplenexus")
    assert sn.http.post(sn.root + SN + "/oauth/token", json=GRANT).status_code == 200
    sn.faults("503 /simplenexus/oauth")
    assert sn.http.post(sn.root + SN + "/oauth/token", json=GRANT).status_code == 503


def test_control_sees_and_changes_everything(sn: Any) -> None:
    held = sn.control("GET", "/records/simplenexus")
    people = {"loan-officers", "borrowers", "partners", "prospects", "loan-applications"}
    assert people | {"webhooks", "calculations"} <= set(held)
    id_ = made(sn, BORROWERS, ANN)
    sn.control(
        "PATCH", f"/records/simplenexus/borrowers/{id_}", {"email": "moved@example.com", "phone": None}
    )
    assert sn.get(SN + BORROWERS, email="moved@example.com")["contents"][0]["id"] == id_
    sn.control("DELETE", f"/records/simplenexus/borrowers/{id_}")
    assert sn.call("GET", f"{SN}{BORROWERS}/{id_}").status_code == 404
    refusal = sn.http.post(
        sn.root + "/_sandbox/options/simplenexus",
        json={"officer_is_optional": "yes"},
        headers=sn.control_token,
    )
    assert refusal.status_code == 422


def test_a_client_that_may_not_create_prospects_may_read_them(sn: Any) -> None:
    sn.control("POST", "/options/simplenexus", {"prospects": False})
    path = f"/users/loan_officers/{OFFICER}/prospects"
    assert refused(sn, "POST", path, {"email": "ann@example.com"}, 403)
    assert sn.get(SN + path)["total"] >= 0
    sn.control("POST", "/options/simplenexus", {"prospects": True})


def test_a_fault_loses_a_page_of_borrowers(sn: Any) -> None:
    whole = sn.get(SN + BORROWERS, page_size="1")
    sn.faults("empty-page GET /simplenexus/users/borrowers *1; last-page GET /simplenexus/users/borrowers *1")
    lost = sn.get(SN + BORROWERS, page_size="1")
    assert lost == whole | {"contents": []}
    last = sn.get(SN + BORROWERS, page_size="1")
    assert last == whole | {"total_pages": 1}
    assert whole["total_pages"] > 1


# -- emails --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("email", "is_taken"),
    [
        *(("lu.wei@post.example", True), ("o'brien+x@a-b.co.nz", True), ("LU@POST.EXAMPLE", True)),
        *(("lu", False), ("lu@post", False), ("lu@post.example.", False), ("lu wei@post.example", False)),
        *(
            ("lu@post,example", False),
            ("lu@post.example; wei@post.example", False),
            ("lu@@post.example", False),
        ),
        *(("Lu <lu@post.example>", False), (".lu@post.example", False), ("lu@-post.example", False)),
        *(
            ("lu@post..example", False),
            (f"{'l' * 244}@post.example", False),
            (f"{'l' * 242}@post.example", True),
        ),
    ],
)
def test_an_email_has_the_form_of_the_description(sn: Any, email: str, is_taken: bool) -> None:
    for path, body in ((PROSPECTS, {}), (BORROWERS, ANN)):
        reply = sn.call("POST", SN + path, {**body, "email": email})
        assert reply.status_code == (201 if is_taken else 400), (path, email)
