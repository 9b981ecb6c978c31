"""Each documented operation of SimpleNexus: status, envelope, types and errors; what the strict setting refuses."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from data.sandbox.systems.simplenexus import SandboxSimpleNexus, record_id
from tests.contracts.sandbox.asking import Asked
from tests.support.patience import LAST_RESORT

OFFICER, OTHER = record_id(1), record_id(2)
NOBODY = record_id(99_999)
BORROWERS, OFFICERS = "/users/borrowers", "/users/loan_officers"
PARTNERS = f"{OFFICERS}/{OFFICER}/partners"
PROSPECTS = f"{OFFICERS}/{OFFICER}/prospects"
ALIASES = f"{OFFICERS}/{OFFICER}/aliases"
SHARES = f"{OFFICERS}/{OFFICER}/app_shares"
ANN = {"first_name": "Ann", "last_name": "Oakes", "email": "ann@example.com", "loan_officer_id": OFFICER}
AGENT = {"first_name": "Ruth", "last_name": "Vale", "email": "ruth@example.com"}
CREDENTIALS = {"client_id": "sandbox", "client_secret": "sandbox"}
GRANT = {"grant_type": "client_credentials", **CREDENTIALS}


@pytest.fixture
def sn(tmp_path: Path) -> Iterator[Asked]:
    asked = Asked(SandboxSimpleNexus, tmp_path)
    yield asked
    asked.store.close()


@pytest.fixture
def strict(sn: Asked) -> Asked:
    sn.options(strict=True)
    return sn


def details(
    sn: Asked, method: str, path: str, body: Any = None, status: int = 400, **headers: str
) -> list[str]:
    """What a refusal says, in the vendor's form."""
    code, said = sn.ask(method, path, body, **headers)
    assert (code, set(said)) == (status, {"errors"}), said
    assert all({"id", "status", "title"} <= set(error) for error in said["errors"])
    assert {error["status"] for error in said["errors"]} == {status}
    return [error["detail"] for error in said["errors"]]


LISTS = [OFFICERS, BORROWERS, PARTNERS, PROSPECTS, ALIASES, "/loan_applications", "/webhooks"]


@pytest.mark.parametrize("path", LISTS)
def test_a_list_has_contents_and_totals_and_takes_the_four_times(strict: Asked, path: str) -> None:
    times = "&".join(
        f"{name}=2000-01-01T00:00:00Z" if name.endswith("after") else f"{name}=2040-01-01T00:00:00%2B02:00"
        for name in ("created_after", "created_before", "updated_after", "updated_before")
    )
    page = strict.got(f"{path}?page=1&page_size=2&{times}")
    assert set(page) == {"_self", "_type", "contents", "total", "total_pages"}
    assert len(page["contents"]) == min(2, page["total"])
    assert page["total_pages"] == -(-page["total"] // 2)
    none = strict.got(f"{path}?updated_after=2040-01-01T00:00:00Z")
    assert (none["total"], none["contents"]) == (0, [])
    reply = strict.reply("GET", path)
    assert ("X-Api-Version", "1.0") in reply.headers


def test_a_token_can_be_shown_introspected_and_revoked(strict: Asked) -> None:
    strict.options(token_seconds=300)
    status, said = strict.ask("POST", "/oauth/token", GRANT)
    assert (status, said["token_type"], said["expires_in"]) == (200, "Bearer", 300)
    bearer = {"authorization": f"Bearer {said['access_token']}"}
    status, shown = strict.ask("GET", "/oauth/token", **bearer)
    assert (status, set(shown)) == (200, {"expires_in", "scope", "created_at", "credential"})
    act = {**CREDENTIALS, "token": said["access_token"]}
    status, shown = strict.ask("POST", "/oauth/token/actions", {"action": "INTROSPECT", **act})
    assert (status, shown["active"], shown["exp"] - shown["iat"]) == (200, True, 300)
    assert strict.ask("POST", "/oauth/token/actions", {"action": "REVOKE", **act})[0] == 200
    assert strict.ask("GET", "/oauth/token", **bearer)[0] == 401
    for grant, code in (("refresh_token", "unauthorized_client"), ("password", "unsupported_grant_type")):
        status, said = strict.ask("POST", "/oauth/token", {**GRANT, "grant_type": grant})
        assert (status, said["error"]) == (400, code)


def test_a_borrower_is_one_for_an_email_and_says_nothing_of_the_officer(strict: Asked) -> None:
    status, said = strict.ask("POST", BORROWERS, ANN)
    assert (status, set(said)) == (201, {"_self", "_type", "id"})
    assert str(uuid.UUID(said["id"])) == said["id"]
    shown = strict.got(said["_self"])
    assert set(shown) == {
        *("_self", "_type", "id", "created_at", "updated_at", "first_name", "last_name", "email"),
        *("phone", "is_active", "custom_consent"),
    }
    details(strict, "POST", BORROWERS, {**ANN, "first_name": "Ben", "loan_officer_id": OTHER}, 409)
    assert strict.ask("PATCH", said["_self"], {"phone": "612-555-0101"}) == (204, None)
    assert strict.ask("PATCH", said["_self"], {}) == (204, None)
    found = strict.got(f"{BORROWERS}?email=ANN@example.com&loan_officer_id={OFFICER}&is_active=true")
    assert [one["id"] for one in found["contents"]] == [said["id"]]
    assert strict.ask("DELETE", said["_self"]) == (204, None)
    details(strict, "GET", said["_self"], status=404)


def test_the_actions_on_a_borrower(strict: Asked) -> None:
    partner = strict.made(PARTNERS, AGENT)
    path = f"{BORROWERS}/{strict.made(BORROWERS, ANN)}/actions"
    for body, status in (
        ({"action": "SEND_WELCOME_EMAIL"}, 204),
        ({"action": "REMOVE_PARTNER"}, 412),
        ({"action": "ASSIGN_PARTNER", "partner_id": partner}, 204),
        ({"action": "ASSIGN_PARTNER", "partner_id": partner}, 409),
        ({"action": "REMOVE_PARTNER"}, 204),
        ({"action": "ASSIGN_PARTNER"}, 400),
        ({"action": "REASSIGN_LO"}, 400),
        ({"action": "REASSIGN_LO", "loan_officer_id": OTHER, "x": 1}, 400),
        ({"action": "REASSIGN_LO", "loan_officer_id": OTHER}, 204),
        ({"action": "DANCE"}, 400),
        ({}, 400),
    ):
        assert strict.ask("POST", path, body)[0] == status, body
    assert strict.got(f"{BORROWERS}?email=ann@example.com&loan_officer_id={OTHER}")["total"] == 1


def test_a_reassigned_borrower_whose_applications_stay_is_a_new_account(strict: Asked) -> None:
    application = strict.records("loan-applications")[0]
    path = f"{BORROWERS}/{application['borrower_id']}/actions"
    body = {"action": "REASSIGN_LO", "loan_officer_id": record_id(3)}
    assert strict.ask("POST", path, {**body, "reassign_apps": True})[0] == 204
    status, said = strict.ask("POST", path, body)
    assert (status, set(said)) == (201, {"_self", "_type", "id"})
    assert said["id"] != application["borrower_id"]


def test_a_partner_keeps_the_email_and_can_be_invited(strict: Asked) -> None:
    id_ = strict.made(PARTNERS, {**AGENT, "type": "AGENT", "address": {"state": "MN", "zip": "55802"}})
    path = f"{PARTNERS}/{id_}"
    shown = strict.got(path)
    assert (shown["type"], shown["accepted_invite"], shown["address"]["_type"]) == ("AGENT", None, "Address")
    details(strict, "POST", PARTNERS, AGENT, 409)
    assert strict.ask("POST", f"{OFFICERS}/{OTHER}/partners", AGENT)[0] == 201
    assert details(strict, "PATCH", path, {"email": "new@example.com"}) == ["email is not a known field"]
    assert strict.ask("PATCH", path, {"professional_title": "Broker"}) == (204, None)
    for action, status in (("SEND_INVITE", 204), ("ENABLE", 412), ("DISABLE", 204), ("SEND_INVITE", 412)):
        assert strict.ask("POST", path + "/actions", {"action": action})[0] == status
    assert strict.got(path)["accepted_invite"] is False
    assert strict.ask("DELETE", path) == (204, None)
    strict.options(partner_emails="company")
    details(strict, "POST", PARTNERS, AGENT, 409)


def test_a_prospect_needs_an_email_or_a_phone_and_stays(strict: Asked) -> None:
    details(strict, "POST", PROSPECTS, {"first_name": "Ida"})
    id_ = strict.made(PROSPECTS, {"cell_phone": "612-555-0123", "note": "BD-1", "last_name": "x" * 100})
    shown = strict.got(f"{PROSPECTS}/{id_}")
    assert set(shown) == {
        *("_self", "_type", "id", "first_name", "last_name", "email", "phone", "sharer_name", "note"),
        *("is_active", "created_at", "updated_at"),
    }
    assert (shown["phone"], shown["email"], shown["note"]) == ("612-555-0123", None, "BD-1")
    for method in ("PATCH", "DELETE"):
        details(strict, method, f"{PROSPECTS}/{id_}", {}, 405)
    details(strict, "POST", PROSPECTS, {"email": "i@example.com", "phone": "612-555-0123"})


def test_an_alias_is_any_text_and_one_officers(strict: Asked) -> None:
    id_ = strict.made(ALIASES, {"alias": "d.whitlock"})
    assert set(strict.got(f"{ALIASES}/{id_}")) == {"_self", "_type", "id", "alias"}
    assert [one["alias"] for one in strict.got(ALIASES)["contents"]] == ["d.whitlock"]
    details(strict, "POST", f"{OFFICERS}/{OTHER}/aliases", {"alias": "d.whitlock"}, 409)
    details(strict, "POST", ALIASES, {"alias": "x" * 256})
    assert strict.ask("DELETE", f"{ALIASES}/{id_}") == (204, None)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"email": "ann@example.com", "destination_name": "Ann"}, 204),
        ({"phone": "(612) 555-0101"}, 204),
        ({"phone": "555-0101"}, 400),
        ({"phone": "+1 612 555 0101"}, 400),
        ({"email": None, "phone": None}, 400),
        ({"destination_name": "Ann"}, 400),
        ({"email": "ann@example.com", "partner_id": NOBODY}, 400),
        ({"email": "ann@example.com", "name": "Ann"}, 400),
    ],
)
def test_a_shared_app_has_no_id_and_is_listed_nowhere(strict: Asked, body: Any, status: int) -> None:
    assert strict.ask("POST", SHARES, body)[0] == status
    assert len(strict.records("app-shares")) == (status == 204)
    details(strict, "GET", SHARES, status=405)


def test_a_shared_app_is_co_branded_with_the_officers_partner(strict: Asked) -> None:
    partner = strict.made(PARTNERS, AGENT)
    assert strict.ask("POST", SHARES, {"email": "a@example.com", "partner_id": partner}) == (204, None)
    strict.options(app_shares=False)
    details(strict, "POST", SHARES, {"email": "a@example.com"}, 403)


def test_loan_officers_are_made_changed_and_switched(strict: Asked) -> None:
    body = {
        "first_name": "Ida",
        "last_name": "Moe",
        "email": "ida@example.com",
        "phone": "612-555-0155",
        "website": "https://ida.example.com",
        "address": {"state": "MN"},
    }
    path = f"{OFFICERS}/{strict.made(OFFICERS, body)}"
    details(strict, "POST", OFFICERS, body, 409)
    details(strict, "POST", OFFICERS, {**body, "email": "x@example.com", "address": {}})
    assert strict.ask("PATCH", path, {"third_party": {"crm_user_id": "7"}}) == (204, None)
    assert strict.got(path)["third_party"]["crm_user_id"] == "7"
    for action, status in (("ENABLE", 412), ("DISABLE", 204), ("PROMOTE", 204), ("SEND_WELCOME_EMAIL", 204)):
        assert strict.ask("POST", path + "/actions", {"action": action})[0] == status
    assert strict.got(path)["is_active"] is False
    assert strict.got(f"{OFFICERS}?is_active=false")["total"] == 1
    details(strict, "POST", BORROWERS, {**ANN, "loan_officer_id": path.rpartition("/")[2]})


def test_applications_are_read_and_never_written(strict: Asked) -> None:
    (first, *_) = strict.got("/loan_applications")["contents"]
    whole = strict.got(first["_self"])
    assert set(first) - set(whole) == {"has_coborrower"}
    for method, path in (
        ("POST", "/loan_applications"),
        ("PATCH", first["_self"]),
        ("DELETE", first["_self"]),
        ("POST", first["_self"] + "/actions"),
    ):
        details(strict, method, path, {}, 403)


# -- webhooks -----------------------------------------------------------------------------------------------


class Listening(HTTPServer):
    """An address that answers every POST."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answers)
        self.heard: list[bytes] = []
        self.url = f"http://127.0.0.1:{self.server_address[1]}/hook"


class _Answers(BaseHTTPRequestHandler):
    server: Listening

    def do_POST(self) -> None:
        self.server.heard.append(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(200)
        self.send_header("Content-Length", "4")
        self.end_headers()
        self.wfile.write(b"good")

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def listening() -> Iterator[Listening]:
    server = Listening()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    thread.join(LAST_RESORT)
    server.server_close()


def test_a_webhook_is_registered_enabled_and_tested(strict: Asked, listening: Listening) -> None:
    id_ = strict.made("/webhooks", {"url": listening.url, "name": "desk"})
    path = f"/webhooks/{id_}"
    details(strict, "POST", "/webhooks", {"url": listening.url, "name": "again"}, 409)
    (shown,) = strict.got("/webhooks")["contents"]
    assert set(shown) == {"_self", "_type", "id", "name", "url", "version", "created_at"}
    assert strict.ask("PATCH", path, {"name": "the desk"}) == (204, None)
    details(strict, "PATCH", path, {"url": "https://elsewhere.example"})
    for action, status in (("DISABLE", 412), ("ENABLE", 201), ("ENABLE", 412), ("TEST", 204)):
        assert strict.ask("POST", path + "/actions", {"action": action})[0] == status
    body = {"event": "user_created", "event_info": {"name": "Ann", "user_type": "USER_BORROWER"}}
    status, said = strict.ask("POST", path + "/test_events", body)
    assert (status, said["code"], said["body"]) == (200, 200, "good")
    assert set(said) == {"_self", "_type", "code", "body"}
    assert b"user_created" in listening.heard[-1]
    assert strict.ask("POST", path + "/actions", {"action": "DISABLE"}) == (204, None)


def test_a_webhook_whose_address_does_not_answer_stays_off(strict: Asked) -> None:
    path = f"/webhooks/{strict.made('/webhooks', {'url': 'http://192.0.2.1/hook', 'name': 'desk'})}"
    assert strict.ask("POST", path + "/actions", {"action": "ENABLE"})[0] == 201
    assert strict.ask("POST", path + "/actions", {"action": "DISABLE"})[0] == 412
    move = {"action": "CHANGE_URL", "url": "https://desk.example/hook"}
    assert strict.ask("POST", path + "/actions", move) == (204, None)
    details(strict, "POST", path + "/actions", {"action": "CHANGE_URL"})


def test_what_belongs_to_another_product_is_not_there(strict: Asked) -> None:
    path = f"/webhooks/{strict.made('/webhooks', {'url': 'https://desk.example/hook', 'name': 'desk'})}"
    for method, place in (
        ("PUT", "/webhooks"),
        ("GET", path),
        ("DELETE", path),
        ("POST", path),
        ("POST", path + "/test"),
        ("POST", path + "/active-status"),
    ):
        assert strict.ask(method, place, {})[0] in (404, 405)


def test_a_subscription_is_one_event_once(strict: Asked) -> None:
    path = f"/webhooks/{strict.made('/webhooks', {'url': 'https://desk.example/hook', 'name': 'desk'})}/subscriptions"
    id_ = strict.made(path, {"event": "user_first_login"})
    assert strict.got(f"{path}/{id_}")["event"] == "user_first_login"
    details(strict, "POST", path, {"event": "user_first_login"}, 409)
    details(strict, "POST", path, {"event": "calculation_run"})
    strict.made(path, {"event": "user_created"})
    details(strict, "PATCH", f"{path}/{id_}", {"event": "user_created"}, 409)
    assert strict.ask("PATCH", f"{path}/{id_}", {"event": "user_deleted"}) == (204, None)
    assert strict.got(path)["total"] == 2
    assert strict.ask("DELETE", f"{path}/{id_}") == (204, None)
    details(strict, "GET", f"/webhooks/{NOBODY}/subscriptions", status=404)


def test_a_removed_borrower_is_told_by_the_officers_address(strict: Asked) -> None:
    path = f"{BORROWERS}/{strict.made(BORROWERS, ANN)}"
    strict.ask("PATCH", path, {"last_name": "Birch"})
    strict.ask("DELETE", path)
    told = [one["event"] for one in strict.records("webhooks")]
    assert [(one["event"], one["_links"]) for one in told] == [
        ("user_created", {"user": path}),
        ("user_updated", {"user": path}),
        ("user_deleted", {"loan_officer": f"{OFFICERS}/{OFFICER}"}),
    ]


# -- what the strict setting refuses, and what is ignored without it ----------------------------------------

UNKNOWN = [
    ("a bracketed filter", "GET", f"{BORROWERS}?filter[email]=ann@example.com", None, {}),
    ("an unknown filter", "GET", f"{BORROWERS}?first_name=Ann", None, {}),
    ("a filter of another list", "GET", f"{PROSPECTS}?email=ann@example.com", None, {}),
    ("a filter in another form", "GET", f"{BORROWERS}?filter=email=ann@example.com", None, {}),
    ("a parameter of a record", "GET", f"{OFFICERS}/{OFFICER}?fields=email", None, {}),
    ("a parameter of a write", "POST", f"{PROSPECTS}?dry=1", {"email": "i@example.com"}, {}),
    ("an id of another form", "GET", f"{BORROWERS}?loan_officer_id=7", None, {}),
    ("an unknown header", "GET", BORROWERS, None, {"idempotency_key": "1"}),
    ("an unknown header of a write", "POST", PROSPECTS, {"email": "i@example.com"}, {"x_request_id": "1"}),
]


@pytest.mark.parametrize("case", UNKNOWN, ids=[case[0] for case in UNKNOWN])
def test_what_no_text_has_is_ignored_and_refused_in_the_strict_setting(sn: Asked, case: Any) -> None:
    _, method, path, body, headers = case
    assert sn.ask(method, path, body, **headers)[0] in (200, 201)
    sn.options(strict=True)
    details(sn, method, path, body, **headers)


def test_an_id_of_another_form_is_not_found_or_refused(sn: Asked) -> None:
    details(sn, "GET", f"{BORROWERS}/7", status=404)
    sn.options(strict=True)
    details(sn, "GET", f"{BORROWERS}/7")
    details(sn, "POST", BORROWERS, {**ANN, "loan_officer_id": 7})
    assert details(sn, "POST", BORROWERS, {**ANN, "loan_officer_id": "7"}) == [
        "loan_officer_id must be a uuid"
    ]


def test_an_unknown_field_is_refused_always_as_the_description_says(sn: Asked) -> None:
    for path, body in ((BORROWERS, ANN), (PARTNERS, AGENT), (PROSPECTS, {"email": "i@example.com"})):
        assert details(sn, "POST", path, {**body, "middle_name": "May"}) == [
            "middle_name is not a known field"
        ]


def test_the_version_header_is_known_and_other_versions_are_not(strict: Asked) -> None:
    assert strict.ask("GET", BORROWERS, x_api_version="1.0")[0] == 200
    details(strict, "GET", BORROWERS, x_api_version="9.0")


def test_the_officer_filter_can_be_ignored(sn: Asked) -> None:
    everybody = sn.got(BORROWERS)["total"]
    assert sn.got(f"{BORROWERS}?loan_officer_id={OFFICER}")["total"] < everybody
    sn.options(officer_filter=False)
    assert sn.got(f"{BORROWERS}?loan_officer_id={OFFICER}")["total"] == everybody
