"""Total Expert's side, operation by operation: what goes out, what comes back, and whom a POST overwrites."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from data.sandbox.store import Store
from data.sandbox.systems.total_expert import SandboxTotalExpert
from tests.support.yaml_text import parse_yaml

TE = "/total-expert"
AUTH = ("sandbox", "sandbox")
GRANT = {"grant_type": "client_credentials"}
OPTIONS = {
    "strict": False,
    "filters": True,
    "list_name": "items",
    "owner_ids": "number",
    "consent_flags": "boolean",
    "consent_default": True,
    "birthday_year": 1970,
    "insight_type_form": "object",
    "external_id_filter": "list",
    "required_groups": "",
    "insight_types": True,
    "contact_groups": True,
    "forbidden": "",
    "duplicates_among": "owner",
    "quiet_relationships": False,
    "beyond_the_last_page": "empty",
    "requests_a_minute": 1000,
    "tokens_an_hour": 2,
}
OWNER, OTHER = {"id": 301}, {"username": "marcus.oyelaran"}
ANN = {
    "source": "brokerdesk",
    "first_name": "Ann",
    "last_name": "Oakes",
    "email": "ann@example.com",
    "owner": OWNER,
}
PLACE = {"address": "1 Elm St", "city": "Duluth", "state": "MN", "zip_code": "55802"}
PAGE = {"items", "links"}
CONTACT = {
    *("id", "title", "first_name", "last_name", "email", "email_work", "address", "address_2", "city"),
    *("state", "zip_code", "phone_cell", "phone_home", "phone_office", "employer_name", "employer_address"),
    *("employer_address_2", "employer_city", "employer_state", "employer_zip", "license_number", "source"),
    *("external_id", "referred_by", "referred_to", "classification", "creation_date", "list_date"),
    *("last_contacted_date", "close_date", "birthday", "ok_to_call", "ok_to_email", "ok_to_mail"),
    *("contact_groups", "external_ids", "external_status", "preferences", "owner"),
    *("internal_created_at", "internal_updated_at", "credit_score", "credit_score_date", "fax"),
    *("credit_score_expiration_date", "last_modified_date", "linkedin_url", "nickname", "other_url"),
    *("pre_approval_issued_date", "suffix", "website_url", "employer_license_number"),
}
USER = {
    *("id", "email", "username", "external_id", "status", "type", "role", "info", "internal_created_at"),
    *("internal_updated_at", "last_login_date", "licenses", "disclaimers", "settings_marketing"),
    *("saml_subject_id", "expenditure_approver", "teams"),
}
GROUP = {"id", "group_name", "user_editable", "owner"}
INSIGHT_TYPE = {
    *("id", "description", "expiration_interval", "type", "internal_created_at", "internal_updated_at"),
}
INSIGHT = {
    *("id", "contact", "type", "owner", "insight_date", "expires_at", "data", "internal_updated_at"),
}


@pytest.fixture
def te(sandbox: Any) -> Any:
    """The sandbox, signed in to Total Expert, with its options as they come and an hour after the last token."""
    sandbox.control("POST", "/options/total-expert", OPTIONS)
    sandbox.clock.now += 3601
    sandbox.tokens["total-expert"] = token(sandbox).json()["access_token"]
    return sandbox


def token(te: Any, **more: Any) -> Any:
    return te.http.post(te.root + TE + "/token", **({"json": GRANT, "auth": AUTH} | more))


def post(te: Any, path: str, body: dict[str, Any]) -> tuple[int, str, int]:
    """The status, whether it was `created` or `duplicate`, and the id."""
    reply = te.call("POST", TE + path, body)
    assert reply.status_code in (200, 201), reply.text
    (what,) = set(reply.json()) - {"id"}
    assert reply.json()[what].endswith(f"{path}/{reply.json()['id']}")
    return reply.status_code, what, reply.json()["id"]


def made(te: Any, body: dict[str, Any]) -> int:
    status, what, id_ = post(te, "/contacts", body)
    assert (status, what) == (201, "created")
    return id_


def refused(te: Any, method: str, path: str, body: Any, status: int = 422) -> str:
    reply = te.call(method, TE + path, body)
    assert reply.status_code == status, reply.text
    assert set(reply.json()) == {"error"}
    return str(reply.json()["error"])


def contact(te: Any, id_: int) -> dict[str, Any]:
    return dict(te.get(f"{TE}/contacts/{id_}"))


# -- each operation -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Case:
    """One call: what goes out, and the status and the fields of what comes back; `{contact}` is made first."""

    method: str
    path: str
    status: int
    body: dict[str, Any] | None = None
    reply: set[str] | list[Any] | None = None
    item: set[str] | None = None


INSIGHT_BODY = {
    "contact": {"id": 50_001},
    "type": {"id": 2},
    "owner": OWNER,
    "insight_date": "2026-02-02 10:00:00",
    "data": {"description": "Partner linked · BD-1"},
}
CASES = [
    Case("POST", "/contacts", 201, body=ANN, reply={"created", "id"}),
    Case("GET", "/contacts", 200, reply=PAGE, item=CONTACT),
    Case("GET", "/contacts/{contact}", 200, reply=CONTACT),
    Case("PATCH", "/contacts/{contact}", 200, body={"last_name": "Birch"}, reply=[]),
    Case("DELETE", "/contacts/{contact}", 200, reply=[]),
    Case("GET", "/users", 200, reply=PAGE, item=USER),
    Case("GET", "/users/301", 200, reply=USER),
    Case("GET", "/contact-groups", 200, reply=PAGE, item=GROUP),
    Case("GET", "/contact-groups/11", 200, reply=GROUP),
    Case("POST", "/contact-groups", 201, body={"group_name": "G", "owner": OWNER}, reply={"created", "id"}),
    Case("GET", "/insight-types", 200, reply=PAGE, item=INSIGHT_TYPE),
    Case("POST", "/insights", 201, body=INSIGHT_BODY, reply={"created", "id"}),
    Case("GET", "/insights", 200, reply=PAGE, item=INSIGHT),
    Case("GET", "/insights/7001", 200, reply=INSIGHT),
]


def _performed(te: Any, case: Case) -> Any:
    path = case.path
    if "{contact}" in path:
        path = path.format(contact=made(te, {**ANN, "email": "somebody@example.com"}))
    return te.call(case.method, TE + path, case.body)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.method} {case.path}")
def test_an_operation_answers_with_its_status_and_fields(te: Any, case: Case) -> None:
    reply = _performed(te, case)
    assert reply.status_code == case.status, reply.text
    content = reply.json()
    assert (content if isinstance(content, list) else set(content)) == case.reply
    if case.item is not None:
        assert set(content["links"]) == {"first", "last", "next", "prev"}
        assert content["items"]
        assert all(set(item) == case.item for item in content["items"])


CONTRACTS = Path(__file__).parents[5] / "shared" / "contracts" / "total-expert"


def _described(file: str, path: str, method: str) -> Any:
    text = (CONTRACTS / f"{file}-endpoints-api.openapi.yml").read_text(encoding="utf-8")
    return parse_yaml(text)["paths"]["/v1" + path][method]


@pytest.mark.skipif(not CONTRACTS.is_dir(), reason="the vendor's description is not at hand")
def test_what_the_vendors_samples_send_is_taken(te: Any) -> None:
    """All of it but what belongs to people and fields that the sandbox has none of."""
    left_out = ("custom", "related_entities", "assignee", "shared_with_users", "grant_consent")
    media = _described("contact", "/contacts", "post")["requestBody"]["content"]["application/json"]
    body = {name: v for name, v in media["examples"]["default"]["value"].items() if name not in left_out}
    assert made(te, {**body, "owner": OWNER})
    patch = _described("contact", "/contacts/{contact_id}", "patch")["requestBody"]["content"]
    body = dict(patch["application/json"]["example"])
    body["contact_groups"] = body["contact_groups"][:1]
    id_ = made(te, ANN)
    assert te.call("PATCH", f"{TE}/contacts/{id_}", body).status_code == 200
    media = _described("insight", "/insights", "post")["requestBody"]["content"]["application/json"]
    insight = {**media["examples"]["default"]["value"], "owner": OWNER, "contact": {"id": id_}}
    assert set(insight) == set(INSIGHT_BODY)
    assert te.call("POST", TE + "/insights", {**insight, "type": {"id": 2}}).status_code == 201


# -- token and rate -----------------------------------------------------------------------------------------


def test_a_token_is_asked_for_with_basic_and_two_an_hour_are_given(te: Any) -> None:
    te.clock.now += 3601
    first, second = token(te), token(te, json=None, data=GRANT)
    assert first.json() == {**first.json(), "expires_in": 3600, "token_type": "bearer"}
    assert set(first.json()) == {"access_token", "expires_in", "token_type", "scope"}
    assert second.status_code == 200
    third = token(te)
    assert (third.status_code, set(third.json())) == (429, {"error"})
    te.clock.now += 3599
    assert token(te).status_code == 429
    te.clock.now += 2
    assert token(te).status_code == 200
    te.control("POST", "/options/total-expert", {"tokens_an_hour": 9})
    assert token(te).status_code == 200


def test_a_wrong_credential_is_a_400_and_costs_nothing(te: Any) -> None:
    te.clock.now += 3601
    for more in ({"auth": ("sandbox", "wrong")}, {"auth": None, "json": {**GRANT, "client_id": "sandbox"}}):
        reply = token(te, **more)
        assert (reply.status_code, reply.json()["error"]) == (400, "invalid_client")
    assert token(te).status_code == 200
    assert token(te, json={"grant_type": "password"}).json()["error"] == "unsupported_grant_type"


def test_a_token_ends_after_an_hour(te: Any) -> None:
    te.clock.now += 3599
    assert te.call("GET", TE + "/users").status_code == 200
    te.clock.now += 1
    assert "expired" in refused(te, "GET", "/users", None, 401)
    assert te.http.get(te.root + TE + "/contacts").status_code == 401


def test_so_many_requests_in_a_minute_and_no_more(te: Any) -> None:
    te.control("POST", "/options/total-expert", {"requests_a_minute": 3})
    te.clock.now += 61
    for _ in range(3):
        assert te.call("GET", TE + "/users").status_code == 200
        te.clock.now += 10
    for _ in range(2):
        assert refused(te, "POST", "/contacts", ANN, 429)
    te.clock.now += 31
    assert te.call("GET", TE + "/users").status_code == 200
    assert (
        refused(te, "GET", "/users", None, 429) if te.call("GET", TE + "/users").status_code == 429 else True
    )


def test_the_options_as_a_sandbox_starts_with_them(tmp_path: Path) -> None:
    store = Store(tmp_path / "s.sqlite")
    assert SandboxTotalExpert(store, lambda: 0.0).options == OPTIONS
    store.close()


def test_a_thousand_is_the_limit_that_it_starts_with(te: Any) -> None:
    te.clock.now += 61
    te.control("POST", "/options/total-expert", {"requests_a_minute": 1000})
    answers = [te.call("GET", TE + "/users/301").status_code for _ in range(1001)]
    assert answers == [200] * 1000 + [429]


# -- what a contact needs -----------------------------------------------------------------------------------


@pytest.mark.parametrize("missing", ["source", "first_name", "last_name", "owner", "email"])
def test_a_contact_needs_source_names_owner_and_a_way_to_reach_it(te: Any, missing: str) -> None:
    before = len(te.records("total-expert", "contacts"))
    message = refused(te, "POST", "/contacts", {n: v for n, v in ANN.items() if n != missing})
    assert ("An email" if missing == "email" else f"'{missing}'") in message
    assert len(te.records("total-expert", "contacts")) == before


@pytest.mark.parametrize(
    "reached",
    [{"phone_cell": "5"}, {"phone_home": "5"}, {"phone_office": "5"}, PLACE, {"email": "a@example.com"}],
)
def test_one_way_to_reach_it_is_enough(te: Any, reached: dict[str, str]) -> None:
    made(te, {**ANN, "email": None, **reached})


def test_an_address_counts_only_whole(te: Any) -> None:
    for name in PLACE:
        body = {**ANN, "email": "", **PLACE, name: ""}
        assert "full address" in refused(te, "POST", "/contacts", body)


@pytest.mark.parametrize(
    "change",
    [
        {"first_name": 7},
        {"birthday": "02/03/1980"},
        {"birthday": "1980-13-01"},
        {"ok_to_call": "perhaps"},
        {"external_ids": [{"source": "x"}]},
        {"external_ids": "x"},
        {"contact_groups": [{"group_name": "No such group"}]},
        {"owner": {"id": 999}},
        {"owner": 301},
    ],
)
def test_a_value_that_no_table_and_no_sample_allows_is_refused(te: Any, change: dict[str, Any]) -> None:
    refused(te, "POST", "/contacts", {**ANN, **change})
    id_ = made(te, ANN)
    before = contact(te, id_)
    refused(te, "PATCH", f"/contacts/{id_}", change)
    assert contact(te, id_) == before


@pytest.mark.parametrize(
    "owner",
    [
        {"id": 301},
        {"id": "301"},
        {"username": "dana.whitlock"},
        {"external_id": "HL-001"},
        {"email": "Dana.Whitlock@example.com"},
    ],
)
def test_an_owner_is_named_in_four_ways(te: Any, owner: dict[str, Any]) -> None:
    served = contact(te, made(te, {**ANN, "owner": owner}))["owner"]
    assert served == {
        "id": 301,
        "username": "dana.whitlock",
        "external_id": "HL-001",
        "email": "dana.whitlock@example.com",
    }
    assert te.get(TE + "/contact-groups/11")["owner"]["id"] == 301


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("1984-03-09", "1970-03-09"),
        ("1984-02-29 00:00:00", "1970-02-29"),
        ("1900-01-01", "1970-01-01"),
        ("0000-00-00 00:00:00", None),
        ("", None),
    ],
)
def test_a_birthday_loses_its_year(te: Any, given: str, kept: str | None) -> None:
    assert contact(te, made(te, {**ANN, "birthday": given}))["birthday"] == kept


def test_times_are_utc_and_written_with_a_blank(te: Any) -> None:
    body = {**ANN, "creation_date": "2026-01-02", "close_date": "2026-03-04 05:06:07", "ok_to_call": 0}
    served = contact(te, made(te, body))
    now = datetime.fromtimestamp(te.clock.now, UTC).strftime("%Y-%m-%d %H:%M:%S")
    assert served["internal_created_at"] == served["internal_updated_at"] == now
    assert (served["creation_date"], served["close_date"]) == ("2026-01-02 00:00:00", "2026-03-04")
    assert (served["ok_to_email"], served["ok_to_call"]) == (True, False)


# -- deduplication ------------------------------------------------------------------------------------------

BEARS = {"external_ids": [{"source": "brokerdesk", "external_id": "BD-1"}]}
ELSEWHERE = {"email": "elsewhere@example.com"}
MATCHES = [
    (
        "an external id, whatever the name",
        BEARS,
        {**BEARS, "first_name": "Zoe", "last_name": "Quist", **ELSEWHERE},
    ),
    ("name and email", {}, {"first_name": "ANN", "email": "ANN@example.com"}),
    ("name and address", PLACE, {**PLACE, **ELSEWHERE, "address": "1 ELM ST"}),
    ("name and home phone", {"phone_home": "(612) 555-0101"}, {"phone_home": "612.555.0101", **ELSEWHERE}),
    ("name and cell phone", {"phone_cell": "(612) 555-0101"}, {"phone_cell": "612-555-0101", **ELSEWHERE}),
    ("name and office phone", {"phone_office": "612 555 0101"}, {"phone_office": "6125550101", **ELSEWHERE}),
]
OTHERS = [
    ("a couple on one inbox", {}, {"first_name": "Ben"}),
    ("another email", {}, ELSEWHERE),
    (
        "another external id",
        BEARS,
        {"external_ids": [{"source": "brokerdesk", "external_id": "BD-2"}], **ELSEWHERE},
    ),
    (
        "the id of another source",
        BEARS,
        {"external_ids": [{"source": "x", "external_id": "BD-1"}], **ELSEWHERE},
    ),
    ("a phone of less than seven digits", {"phone_cell": "55-0101"}, {"phone_cell": "550101", **ELSEWHERE}),
    (
        "home phone against cell phone",
        {"phone_home": "612-555-0101"},
        {"phone_cell": "612-555-0101", **ELSEWHERE},
    ),
    ("another house", PLACE, {**PLACE, **ELSEWHERE, "address": "2 Elm St"}),
    ("the same at another owner", BEARS, {**BEARS, "owner": OTHER}),
]


@pytest.mark.parametrize(("before", "after"), [m[1:] for m in MATCHES], ids=[m[0] for m in MATCHES])
def test_a_post_that_matches_changes_who_is_there(
    te: Any, before: dict[str, Any], after: dict[str, Any]
) -> None:
    id_ = made(te, {**ANN, "title": "Dr", **before})
    count = len(te.records("total-expert", "contacts"))
    te.clock.now += 60
    body = {**ANN, **after, "employer_name": "Bay Health"}
    assert post(te, "/contacts", body) == (200, "duplicate", id_)
    assert len(te.records("total-expert", "contacts")) == count
    now = contact(te, id_)
    assert (now["title"], now["employer_name"]) == ("Dr", "Bay Health")
    assert (now["first_name"], now["email"]) == (body["first_name"], body["email"])
    assert now["internal_updated_at"] > now["internal_created_at"]


@pytest.mark.parametrize(("before", "after"), [m[1:] for m in OTHERS], ids=[m[0] for m in OTHERS])
def test_a_post_that_does_not_match_makes_a_new_contact(
    te: Any, before: dict[str, Any], after: dict[str, Any]
) -> None:
    id_ = made(te, {**ANN, **before})
    assert made(te, {**ANN, **after}) != id_


def test_the_rules_are_asked_in_their_order(te: Any) -> None:
    """Four namesakes, each of whom one rule finds; taken away one by one, the next rule's is hit."""
    te.control("POST", "/options/total-expert", {"requests_a_minute": 9999})
    whole = {**ANN, **BEARS, **PLACE, "phone_home": "612-555-0111", "phone_cell": "612-555-0122"}
    whole["phone_office"] = "612-555-0133"
    tell = [
        ("phone_office", {"phone_office": whole["phone_office"]}),
        ("phone_cell", {"phone_cell": whole["phone_cell"]}),
        ("phone_home", {"phone_home": whole["phone_home"]}),
        ("address", PLACE),
        ("email", {"email": whole["email"]}),
        ("external id", BEARS),
    ]
    bare = {name: ANN[name] for name in ("source", "first_name", "last_name", "owner")}
    ids = [
        made(
            te,
            {**bare, "email": f"{n}@example.com", **mark, **({"first_name": "X"} if mark == BEARS else {})},
        )
        for n, (_, mark) in enumerate(tell)
    ]
    for expected in reversed(ids):
        assert post(te, "/contacts", whole) == (200, "duplicate", expected)
        te.control("DELETE", f"/records/total-expert/contacts/{expected}")
    made(te, whole)


def test_of_two_external_ids_either_finds_the_contact_and_both_stay(te: Any) -> None:
    id_ = made(te, {**ANN, **BEARS})
    added = {"source": "SimpleNexus", "external_id": "u-1"}
    assert te.call("PATCH", f"{TE}/contacts/{id_}", {"external_ids": [added]}).json() == []
    assert contact(te, id_)["external_ids"] == [*BEARS["external_ids"], added]
    zoe = {**ANN, "first_name": "Zoe", **ELSEWHERE}
    assert post(te, "/contacts", {**zoe, "external_ids": [added]})[2] == id_
    assert post(te, "/contacts", {**zoe, **BEARS})[2] == id_
    te.control("PATCH", f"/records/total-expert/contacts/{id_}", {"external_ids": []})
    assert made(te, {**zoe, "email": "zoe2@example.com", "external_ids": [added]}) != id_


def test_a_single_external_id_stands_under_the_contacts_source(te: Any) -> None:
    id_ = made(te, {**ANN, "external_id": "77"})
    assert contact(te, id_)["external_ids"] == [{"source": "brokerdesk", "external_id": "77"}]
    assert contact(te, id_)["external_id"] == "77"


# -- changing, groups, insights -----------------------------------------------------------------------------


def test_a_patch_changes_what_is_given_and_blanks_overwrite(te: Any) -> None:
    id_ = made(te, {**ANN, "phone_cell": "612-555-0101", "title": "Dr"})
    assert te.call("PATCH", f"{TE}/contacts/{id_}", {"phone_cell": "", "last_name": "Birch"}).json() == []
    now = contact(te, id_)
    assert (now["phone_cell"], now["last_name"], now["title"]) == (None, "Birch", "Dr")
    assert refused(te, "PATCH", "/contacts/1", {"title": "x"}, 404)
    assert te.call("PATCH", f"{TE}/contacts/{id_}", {"owner": OTHER}).status_code == 200
    assert contact(te, id_)["owner"]["username"] == "marcus.oyelaran"


def test_groups_are_joined_and_left_by_name_or_id(te: Any) -> None:
    id_ = made(te, {**ANN, "contact_groups": [{"group_name": "Past Client"}]})
    assert contact(te, id_)["contact_groups"] == [{"group_name": "Past Client", "id": 11}]
    te.call("PATCH", f"{TE}/contacts/{id_}", {"contact_groups": [{"id": "13"}, {"id": 11}]})
    assert [group["id"] for group in contact(te, id_)["contact_groups"]] == [11, 13]
    te.call("PATCH", f"{TE}/contacts/{id_}", {"remove_contact_groups": [{"group_name": "Past Client"}]})
    te.call("PATCH", f"{TE}/contacts/{id_}", {"remove_contact_groups": [{"group_name": "Past Client"}]})
    assert [group["group_name"] for group in contact(te, id_)["contact_groups"]] == [
        "SN Loan Application Started"
    ]
    body = {"remove_contact_groups": [{"group_name": "No such group"}]}
    assert "contact_groups" in refused(te, "PATCH", f"/contacts/{id_}", body)


def test_a_group_of_the_contacts_owner_is_the_one_joined(te: Any) -> None:
    id_ = made(te, {**ANN, "owner": OTHER, "contact_groups": [{"group_name": "Past Client"}]})
    assert [group["id"] for group in contact(te, id_)["contact_groups"]] == [14]


def test_a_group_is_one_for_its_owner_and_name(te: Any) -> None:
    status, what, id_ = post(te, "/contact-groups", {"group_name": "New", "owner": OWNER})
    assert (status, what) == (201, "created")
    assert post(te, "/contact-groups", {"group_name": "New", "owner": OWNER}) == (200, "duplicate", id_)
    assert post(te, "/contact-groups", {"group_name": "New", "owner": OTHER})[1] == "created"
    assert "'owner'" in refused(te, "POST", "/contact-groups", {"group_name": "New"})
    assert "'group_name'" in refused(te, "POST", "/contact-groups", {"owner": OWNER})


def test_an_insight_sent_twice_is_there_twice_and_stays(te: Any) -> None:
    first, second = (post(te, "/insights", INSIGHT_BODY)[2] for _ in range(2))
    assert first != second
    served = te.get(f"{TE}/insights/{first}")
    assert served["data"] == INSIGHT_BODY["data"]
    assert served["insight_date"] == "2026-02-02 10:00:00"
    assert (served["contact"], served["type"]) == (
        {"id": 50_001},
        {"id": 2, "type": "SN Partner Linked"},
    )
    for method in ("PATCH", "PUT", "DELETE"):
        assert refused(te, method, f"/insights/{first}", {}, 405)


@pytest.mark.parametrize("name", ["owner", "contact", "type"])
def test_an_insight_needs_owner_contact_and_type(te: Any, name: str) -> None:
    assert f"'{name}'" in refused(te, "POST", "/insights", {**INSIGHT_BODY, name: {"id": 1_000_000}})
    assert f"'{name}'" in refused(
        te, "POST", "/insights", {k: v for k, v in INSIGHT_BODY.items() if k != name}
    )


# -- pages and filters --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["items", "objects"])
def test_pages_hold_ten_or_a_hundred_at_most_and_name_the_next(te: Any, name: str) -> None:
    te.control("POST", "/options/total-expert", {"list_name": name})
    ids = [record["id"] for record in te.records("total-expert", "contacts")]
    assert len(ids) > 100
    seen: list[int] = []
    page: int | None = 1
    while page is not None:
        reply = te.get(TE + "/contacts", **{"page[number]": page, "page[size]": 500})
        assert set(reply) == {name, "links"}
        seen += [item["id"] for item in reply[name]]
        links = reply["links"]
        assert (links["first"], links["last"], links["prev"]) == (1, 2, page - 1 or None)
        page = links["next"]
    assert seen == ids
    assert len(te.get(TE + "/contacts")[name]) == 10
    assert len(te.get(TE + "/contacts", **{"page[size]": 7, "page[number]": 3})[name]) == 7
    beyond = te.get(TE + "/contacts", **{"page[number]": 99})
    assert (beyond[name], beyond["links"]["next"]) == ([], None)
    for wrong in ("0", "x", "-1"):
        assert refused(te, "GET", "/contacts?page[number]=" + wrong, None, 400)


def test_a_bracketed_filter_is_ignored_and_so_is_every_filter_where_that_is_set(te: Any) -> None:
    """The trap: an ignored parameter narrows nothing, and the first page looks like an answer."""
    id_ = made(te, {**ANN, **BEARS})
    assert len(te.get(TE + "/contacts", **{"filter[external_id]": "BD-1"})["items"]) == 10
    for given in (
        {"filter": "external_id=BD-1"},
        {"filter": "email=ANN@example.com"},
        {"filter": "first_name=ann,last_name=oakes"},
    ):
        assert [item["id"] for item in te.get(TE + "/contacts", **given)["items"]] == [id_]
    assert te.get(TE + "/contacts", filter="email=nobody@example.com")["items"] == []
    post(te, "/insights", {**INSIGHT_BODY, "contact": {"id": id_}})
    assert len(te.get(TE + "/insights", filter=f"contact_id={id_}")["items"]) == 1
    te.control("POST", "/options/total-expert", {"filters": False})
    assert len(te.get(TE + "/contacts", filter="email=nobody@example.com")["items"]) == 10


# -- faults and control -------------------------------------------------------------------------------------


def test_every_system_knows_the_faults(te: Any) -> None:
    for status in (412, 423, 429, 503):
        te.faults(f"{status} POST /total-expert *1")
        assert refused(te, "POST", "/contacts", ANN, status)
    te.faults("504-after POST /total-expert *1")
    assert refused(te, "POST", "/contacts", {**ANN, **BEARS}, 504)
    assert post(te, "/contacts", {**ANN, **BEARS})[1] == "duplicate"
    te.faults("commit-twice POST /total-expert/insights *1")
    count = len(te.records("total-expert", "insights"))
    post(te, "/insights", INSIGHT_BODY)
    assert len(te.records("total-expert", "insights")) == count + 2
    te.faults("no-id POST /total-expert *1; other-id GET /total-expert")
    assert "id" not in te.call("POST", TE + "/contacts", {**ANN, "email": "x@example.com"}).json()
    assert te.get(TE + "/contacts/50001")["id"] != 50_001
    te.control("POST", "/options/total-expert", {"list_name": "objects"})
    assert 50_001 not in [item["id"] for item in te.get(TE + "/contacts")["objects"]]


def test_what_was_just_made_is_listed_later_where_the_index_lags(te: Any) -> None:
    te.faults("lag=30 GET /total-expert")
    id_ = made(te, {**ANN, **BEARS})
    for given in ("external_id=BD-1", f"email={ANN['email']}"):
        assert te.get(TE + "/contacts", filter=given)["items"] == []
    assert contact(te, id_)["id"] == id_
    assert post(te, "/contacts", {**ANN, **BEARS}) == (200, "duplicate", id_)
    te.clock.now += 31
    assert len(te.get(TE + "/contacts", filter="external_id=BD-1")["items"]) == 1


def test_the_token_is_spared_unless_it_is_named(te: Any) -> None:
    te.faults("503 /total-expert")
    assert token(te).status_code == 200
    te.faults("503 /total-expert/token")
    assert token(te).status_code == 503


def test_control_sees_and_changes_everything(te: Any) -> None:
    held = te.control("GET", "/records/total-expert")
    assert {"contacts", "users", "contact-groups", "insight-types", "insights"} <= set(held)
    id_ = made(te, {**ANN, **BEARS})
    te.control("PATCH", f"/records/total-expert/contacts/{id_}", {"email": "moved@example.com"})
    assert post(te, "/contacts", {**ANN, "email": "moved@example.com"})[2] == id_
    te.control("DELETE", f"/records/total-expert/contacts/{id_}")
    assert refused(te, "GET", f"/contacts/{id_}", None, 404)
    assert made(te, {**ANN, **BEARS}) != id_
    for wrong in ({"filters": 1}, {"colour": "red"}, {"tokens_an_hour": True}):
        assert (
            te.http.post(
                te.root + "/_sandbox/options/total-expert", json=wrong, headers=te.control_token
            ).status_code
            == 422
        )
    assert te.control("GET", "/options/total-expert") == OPTIONS


# -- an organisation where little is set up -------------------------------------------------------------------


def test_an_organisation_without_insight_types_and_groups_lists_none_and_knows_none(te: Any) -> None:
    te.control("POST", "/options/total-expert", {"insight_types": False, "contact_groups": False})
    assert te.get(TE + "/insight-types")["items"] == []
    assert te.get(TE + "/contact-groups")["items"] == []
    assert "'type'" in refused(te, "POST", "/insights", INSIGHT_BODY)
    assert "'contact_groups'" in refused(
        te, "POST", "/contacts", {**ANN, "contact_groups": [{"group_name": "Realtor"}]}
    )


def test_a_forbidden_resource_answers_403_and_the_others_answer(te: Any) -> None:
    te.control("POST", "/options/total-expert", {"forbidden": "insight-types,insights"})
    assert refused(te, "GET", "/insight-types", None, 403)
    assert refused(te, "POST", "/insights", INSIGHT_BODY, 403)
    assert te.get(TE + "/contact-groups")["items"]
