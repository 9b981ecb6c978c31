"""What happens in SimpleNexus: applications are read as they stand; webhooks come signed, late, twice or mixed up."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tests.support.patience import LAST_RESORT
from tests.support.yaml_text import parse_yaml
from tests.unit.data.sandbox.test_sandbox_simplenexus import CONTRACTS, GRANT, OFFICER, OTHER, SN, _flat

APPLICATIONS = SN + "/loan_applications"


class Heard(HTTPServer):
    """Keeps what is posted to it, and answers as it is told."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.heard: list[tuple[str, bytes]] = []
        self.status = 200
        self.url = f"http://127.0.0.1:{self.server_address[1]}/hook"

    @property
    def events(self) -> list[str]:
        return [json.loads(body)["events"][0]["event"] for _, body in self.heard]

    @property
    def ids(self) -> list[str]:
        return [json.loads(body)["events"][0]["_id"] for _, body in self.heard]


class _Handler(BaseHTTPRequestHandler):
    server: Heard

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.heard.append((self.headers["x-api-signature"], body))
        self.send_response(self.server.status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def heard() -> Iterator[Heard]:
    server = Heard()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    thread.join(LAST_RESORT)
    server.server_close()


@pytest.fixture
def sn(sandbox: Any) -> Any:
    reply = sandbox.http.post(sandbox.root + SN + "/oauth/token", json=GRANT)
    sandbox.tokens["simplenexus"] = reply.json()["access_token"]
    sandbox.control("POST", "/options/simplenexus", {"applications": True})
    return sandbox


def act(sn: Any, what: str, **more: Any) -> str:
    return str(sn.control("POST", "/events/act", {"act": what, **more})["application"])


def borrower(sn: Any, place: int = 0) -> str:
    return str(sn.records("simplenexus", "borrowers")[place]["id"])


def deliver(sn: Any, heard: Heard, **more: Any) -> list[int]:
    return list(sn.control("POST", "/events/deliver", {"url": heard.url, **more})["statuses"])


def test_a_life_is_read_as_it_stands_and_whose_it_is_by_email_alone(sn: Any) -> None:
    who = sn.records("simplenexus", "borrowers")[0]
    id_ = act(sn, "begin", borrower=who["id"], ago=7200)
    path = f"{APPLICATIONS}/{id_}"
    begun = sn.get(path)
    assert (begun["_self"], begun["_type"]) == (f"/loan_applications/{id_}", "LoanApplication")
    assert (begun["email"], begun["first_name"]) == (who["email"], who["first_name"])
    assert begun["created_at"] == begun["updated_at"] == "2027-01-15T06:00:00Z"
    assert (begun["is_active"], begun["is_submitted"]) == (True, False)
    assert who["id"] not in json.dumps(begun)
    act(sn, "change", application=id_, ago=3600)
    assert sn.get(path)["updated_at"] == "2027-01-15T07:00:00Z"
    act(sn, "abandon", application=id_, ago=60)
    assert sn.get(path)["updated_at"] == "2027-01-15T07:00:00Z"
    act(sn, "submit", application=id_)
    assert (sn.get(path)["is_submitted"], sn.get(path)["updated_at"]) == (True, "2027-01-15T08:00:00Z")
    act(sn, "close", application=id_)
    assert sn.get(path)["is_active"] is False
    assert sn.call("GET", f"{APPLICATIONS}/{'0' * 8}").status_code == 404


def test_a_list_has_active_ones_unless_asked_and_can_be_narrowed(sn: Any) -> None:
    seeded = [item["id"] for item in sn.get(APPLICATIONS)["contents"]]
    assert len(seeded) == 3
    who = sn.records("simplenexus", "borrowers")[0]
    id_ = act(sn, "begin", borrower=who["id"])

    def found(**asked: str) -> list[str]:
        return [item["id"] for item in sn.get(APPLICATIONS, **asked)["contents"]]

    assert found(user_borrower_id=who["id"]) == [id_]
    assert found(updated_after="2027-01-15T07:59:59Z") == [id_]
    assert found(loan_officer_id=who["loan_officer_id"], updated_after="2027-01-15T07:59:59Z") == [id_]
    other = OTHER if who["loan_officer_id"] == OFFICER else OFFICER
    assert id_ not in found(loan_officer_id=other)
    assert found(loan_id="00000000-0000-4000-8000-000000000000") == []
    act(sn, "close", application=id_)
    assert found() == seeded
    assert found(is_active="false") == [id_]


def test_the_endpoint_can_be_withheld_as_a_beta_may_be(sn: Any) -> None:
    id_ = act(sn, "begin", borrower=borrower(sn))
    sn.control("POST", "/options/simplenexus", {"applications": False})
    for path in (APPLICATIONS, f"{APPLICATIONS}/{id_}"):
        reply = sn.call("GET", path)
        assert (reply.status_code, list(reply.json())) == (403, ["errors"])


@pytest.mark.parametrize("encoding", ["hex", "base64"])
def test_a_webhook_is_signed_over_its_body_and_says_no_email(sn: Any, heard: Heard, encoding: str) -> None:
    who = sn.records("simplenexus", "borrowers")[0]
    id_ = act(sn, "begin", borrower=who["id"], ago=60)
    assert deliver(sn, heard, secret="hush", encoding=encoding) == [200]
    ((signature, body),) = heard.heard
    wanted = hmac.new(b"hush", body, hashlib.sha256).digest()
    assert signature == (wanted.hex() if encoding == "hex" else base64.b64encode(wanted).decode())
    told = json.loads(body)
    assert set(told) == {"_id", "_timestamp", "events"}
    (event,) = told["events"]
    assert event == {
        "_id": event["_id"],
        "_timestamp": "2027-01-15T07:59:00+00:00",
        "_links": {"loan_application": f"/loan_applications/{id_}"},
        "event": "loan_app_started",
        "event_info": {"borrower_name": f"{who['first_name']} {who['last_name']}"},
    }
    assert who["email"] not in body.decode()


def test_new_accounts_and_agents_and_first_logins_are_told(sn: Any, heard: Heard) -> None:
    ann = {
        "first_name": "Ann",
        "last_name": "Oakes",
        "email": "ann@example.com",
        "loan_officer_id": OFFICER,
    }
    made = sn.call("POST", SN + "/users/borrowers", ann).json()["id"]
    agent = {"first_name": "Ruth", "last_name": "Vale", "email": "ruth@example.com"}
    partner = sn.call("POST", f"{SN}/users/loan_officers/{OFFICER}/partners", agent).json()["id"]
    sn.call("POST", f"{SN}/users/loan_officers/{OFFICER}/prospects", {"email": "p@example.com"})
    act(sn, "log-in", borrower=made)
    deliver(sn, heard)
    events = [json.loads(body)["events"][0] for _, body in heard.heard]
    assert [(one["event"], one["_links"]["user"], one["event_info"]["user_type"]) for one in events] == [
        ("user_created", f"/users/borrowers/{made}", "USER_BORROWER"),
        ("user_created", f"/users/loan_officers/{OFFICER}/partners/{partner}", "PARTNER"),
        ("user_first_login", f"/users/borrowers/{made}", "USER_BORROWER"),
    ]


def test_what_was_not_taken_comes_again_and_what_was_does_not(sn: Any, heard: Heard) -> None:
    act(sn, "begin", borrower=borrower(sn))
    heard.status = 503
    assert deliver(sn, heard) == [503]
    heard.status = 200
    assert deliver(sn, heard) == [200]
    assert deliver(sn, heard) == []
    assert len(set(heard.ids)) == 1


def test_late_doubled_and_mixed_up_on_demand_and_the_same_every_time(sn: Any, heard: Heard) -> None:
    runs: list[list[str]] = []
    for _ in range(2):
        sn.control("POST", "/reset")
        heard.heard.clear()
        sn.control("POST", "/events/lives", {"count": 6, "seed": 7})
        deliver(sn, heard, late=3, doubled=4, shuffled=True, seed=5)
        first = list(heard.ids)
        deliver(sn, heard)
        runs.append(heard.ids)
    assert runs[0] == runs[1]
    waiting = sorted(
        (one["event"] for one in sn.records("simplenexus", "webhooks")),
        key=lambda event: (event["_timestamp"], event["_id"]),
    )
    assert len(first) == (len(waiting) - 3) + (len(waiting) - 3) // 4
    assert set(heard.ids) == {event["_id"] for event in waiting}
    assert len(set(first)) == len(waiting) - 3
    assert set(heard.ids[len(first) :]).isdisjoint(first)
    assert {"loan_app_started", "loan_app_updated", "loan_app_submitted"} <= set(heard.events)


def test_mixed_up_is_another_order_of_the_same(sn: Any, heard: Heard) -> None:
    sn.control("POST", "/events/lives", {"count": 6})
    deliver(sn, heard, shuffled=True, bad_signature=True)
    stamps = [json.loads(body)["events"][0]["_timestamp"] for _, body in heard.heard]
    assert stamps != sorted(stamps)
    assert len(set(heard.ids)) == len(stamps) == len(sn.records("simplenexus", "webhooks"))


def test_in_order_unless_asked_and_with_a_wrong_signature_where_asked(sn: Any, heard: Heard) -> None:
    sn.control("POST", "/events/lives", {"count": 6})
    deliver(sn, heard, bad_signature=True)
    stamps = [json.loads(body)["events"][0]["_timestamp"] for _, body in heard.heard]
    assert stamps == sorted(stamps)
    for signature, body in heard.heard:
        assert signature != hmac.new(b"sandbox", body, hashlib.sha256).hexdigest()


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/events/deliver", {"url": "http://192.0.2.1/hook"}, 422),
        ("/events/deliver", {"url": "http://127.0.0.1:1/hook", "late": -1}, 422),
        ("/events/act", {"act": "win"}, 422),
        ("/events/act", {"act": "begin", "borrower": "nobody"}, 404),
        ("/events/act", {"act": "change", "application": "none"}, 404),
    ],
)
def test_a_call_that_makes_no_sense_is_refused(sn: Any, path: str, body: Any, status: int) -> None:
    act(sn, "begin", borrower=borrower(sn))
    assert (
        sn.http.post(f"{sn.root}/_sandbox{path}", json=body, headers=sn.control_token).status_code == status
    )


def test_calculations_are_a_feed_of_ours(sn: Any, heard: Heard) -> None:
    who = borrower(sn)
    act(sn, "calculate", borrower=who, ago=60)
    act(sn, "calculate", borrower=who)
    feed = sn.control("GET", "/events/calculations")["calculations"]
    assert [(one["borrower_id"], one["at"]) for one in feed] == [
        (who, "2027-01-15T07:59:00Z"),
        (who, "2027-01-15T08:00:00Z"),
    ]
    assert len(sn.control("GET", "/events/calculations?since=2027-01-15T07:59:30Z")["calculations"]) == 1
    assert deliver(sn, heard) == []


@pytest.mark.skipif(not CONTRACTS.is_dir(), reason="the vendor's description is not at hand")
def test_every_webhook_fits_the_vendors_description(sn: Any, heard: Heard) -> None:
    sn.control("POST", "/events/lives", {"count": 12})
    act(sn, "import", borrower=borrower(sn))
    act(sn, "log-in", borrower=borrower(sn))
    deliver(sn, heard)
    file = Path(CONTRACTS) / "loan-application-webhooks-api.openapi.yml"
    components = parse_yaml(file.read_text("utf-8"))["components"]["schemas"]
    seen = set()
    for _, body in heard.heard:
        (event,) = json.loads(body)["events"]
        name = "".join(part.capitalize() for part in event["event"].split("_"))
        schema = _flat(components[f"{name}WebhookRequestBody0"], components) | {"additionalProperties": False}
        Draft202012Validator(schema).validate(event)
        seen.add(event["event"])
    assert len(seen) == 6
