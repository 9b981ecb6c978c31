"""Every fault on demand: what the client sees, and whether the record is there afterwards."""

from __future__ import annotations

import json
import select
import socket
import time
import zlib
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from data.sandbox.faults import Faults, FaultSpecError, parse
from tests.support.patience import wait_until

PERSON = {"IntegrationId": "t:p", "FirstName": "Linh", "LastName": "Nguyen"}
BODY = json.dumps(PERSON).encode()


def made(sandbox: Any) -> int:
    """How many records bear the IntegrationId that the tests send."""
    return sum(record["IntegrationId"] == "t:p" for record in sandbox.records("flex", "contacts"))


def post(sandbox: Any, **more: Any) -> httpx.Response:
    return sandbox.call("POST", "/flex/contacts", PERSON, **more)


def last(sandbox: Any) -> dict[str, Any]:
    return dict(sandbox.requests()[-1])


def silent(connection: socket.socket) -> bool:
    """Whether nothing at all has come: no byte, no end."""
    return not select.select([connection], [], [], 0)[0]


@pytest.mark.parametrize(("fault", "committed"), [("drop-request", 0), ("drop-reply", 1), ("late=60", 0)])
def test_a_dropped_connection_ends_without_a_byte(sandbox: Any, fault: str, committed: int) -> None:
    sandbox.faults(f"{fault} POST /flex/contacts *1")
    assert sandbox.raw("POST", "/flex/contacts", BODY) == b""
    assert made(sandbox) == committed
    assert last(sandbox)["status"] is None
    assert last(sandbox)["fault"] == fault
    assert post(sandbox).status_code == 201


def test_a_dropped_reply_is_a_protocol_error_to_a_client(sandbox: Any) -> None:
    sandbox.faults("drop-reply POST /flex *1")
    with pytest.raises(httpx.RemoteProtocolError):
        post(sandbox)
    assert made(sandbox) == 1


def test_a_reset_is_a_reset(sandbox: Any) -> None:
    sandbox.faults("reset POST /flex *1")
    with pytest.raises(ConnectionResetError):
        sandbox.raw("POST", "/flex/contacts", BODY)
    assert made(sandbox) == 1


def test_a_late_commit_comes_after_the_drop(sandbox: Any) -> None:
    sandbox.faults("late=0.3 POST /flex *1")
    assert sandbox.raw("POST", "/flex/contacts", BODY) == b""
    wait_until(lambda: made(sandbox) == 1)


def test_a_late_commit_can_be_asked_for(sandbox: Any) -> None:
    sandbox.faults("late=3600 POST /flex *1")
    assert sandbox.raw("POST", "/flex/contacts", BODY) == b""
    assert made(sandbox) == 0
    assert sandbox.control("POST", "/late") == {"carried_out": 1}
    assert made(sandbox) == 1
    assert sandbox.control("POST", "/late") == {"carried_out": 0}


@pytest.mark.parametrize(("fault", "committed"), [("hang", 1), ("hang-before", 0)])
def test_a_hanging_request_is_never_answered(sandbox: Any, fault: str, committed: int) -> None:
    sandbox.faults(f"{fault} POST /flex *1")
    before = len(sandbox.requests())
    with sandbox.open_raw("POST", "/flex/contacts", BODY) as connection:
        wait_until(lambda: len(sandbox.requests()) > before)
        wait_until(lambda: made(sandbox) == committed)
        assert silent(connection)
    assert made(sandbox) == committed
    assert last(sandbox)["status"] is None


def test_a_delayed_request_is_answered_rightly(sandbox: Any) -> None:
    sandbox.faults("delay=0.05 POST /flex *1")
    start = time.monotonic()
    assert post(sandbox).status_code == 201
    assert time.monotonic() - start >= 0.05
    assert made(sandbox) == 1


def test_a_delay_ends_when_other_rules_are_in_force(sandbox: Any) -> None:
    sandbox.faults("delay=600 POST /flex *1")
    before = len(sandbox.requests())
    with ThreadPoolExecutor(1) as beside:
        posted = beside.submit(post, sandbox)
        wait_until(lambda: len(sandbox.requests()) > before)
        assert made(sandbox) == 0
        sandbox.control("POST", "/faults", {"spec": "503 GET /flex *1", "more": True})
        assert not posted.done(), "rules that are added leave the others in force"
        sandbox.faults("")
        assert posted.result().status_code == 201
    assert made(sandbox) == 1


@pytest.mark.parametrize("status", [401, 403, 408, 409, 423, 429, 500, 502, 503, 504])
def test_a_status_before_the_commit_leaves_nothing(sandbox: Any, status: int) -> None:
    sandbox.faults(f"{status} POST /flex *1")
    reply = post(sandbox)
    assert reply.status_code == status
    assert set(reply.json()["error"]) == {"code", "message"}
    assert "retry-after" not in reply.headers
    assert made(sandbox) == 0
    assert (last(sandbox)["status"], last(sandbox)["fault"]) == (status, str(status))


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_status_after_the_commit_leaves_the_record(sandbox: Any, status: int) -> None:
    sandbox.faults(f"{status}-after POST /flex *1")
    assert post(sandbox).status_code == status
    assert made(sandbox) == 1


@pytest.mark.parametrize("value", ["2", "0.5", "Wed, 21 Oct 2026 07:28:00 GMT", "soon"])
def test_429_carries_the_retry_after_it_is_given(sandbox: Any, value: str) -> None:
    sandbox.faults(f"429={value} /flex *1")
    reply = post(sandbox)
    assert (reply.status_code, reply.headers["retry-after"]) == (429, value)


@pytest.mark.parametrize("fault", ["401", "403", "429"])
def test_some_refusals_come_before_the_sign_in(sandbox: Any, fault: str) -> None:
    sandbox.faults(f"{fault} GET /flex/products *1; 500 GET /flex/products *1")
    url = sandbox.urls["flex"] + "/products"
    assert sandbox.http.get(url).status_code == int(fault)
    assert sandbox.http.get(url).status_code == 401
    remaining = [rule["remaining"] for rule in sandbox.control("GET", "/faults")["rules"]]
    assert remaining == [0, 1]


def test_broken_json_comes_with_200(sandbox: Any) -> None:
    sandbox.faults("bad-json POST /flex *1")
    reply = post(sandbox)
    assert (reply.status_code, reply.headers["content-type"]) == (200, "application/json")
    with pytest.raises(ValueError, match="Unterminated"):
        reply.json()
    assert made(sandbox) == 1


def test_html_comes_with_200(sandbox: Any) -> None:
    sandbox.faults("html POST /flex *1")
    reply = post(sandbox)
    assert reply.status_code == 200
    assert reply.headers["content-type"].startswith("text/html")
    assert made(sandbox) == 1


def test_a_reply_without_any_id(sandbox: Any) -> None:
    sandbox.faults("no-id")
    assert (post(sandbox).status_code, post(sandbox).json()) == (201, {"outcome": "created"})
    item = sandbox.get("/flex/contacts", IntegrationId="t:p")["items"][0]
    assert not [name for name in item if name.lower().endswith("id")]
    assert item["LastName"] == "Nguyen"
    card = sandbox.get("/brokerengine/cards/C-1001")
    assert "id" not in card
    assert "flex_id" not in card["people"][0]["contact"]


def test_a_reply_that_names_another_record(sandbox: Any) -> None:
    own = post(sandbox).json()["FLEXId"]
    sandbox.faults("other-id")
    other = post(sandbox).json()
    assert (other["FLEXId"], other["IntegrationId"]) == (own, "t:p")
    changed = sandbox.call("PATCH", f"/flex/contacts/{own}", {"LastName": "Tran"}).json()
    assert changed["FLEXId"] != own
    card = sandbox.call("PATCH", "/brokerengine/cards/C-1001", {"flex_id": None, "flex_kind": None}).json()
    assert card["id"] == "C-1014"
    sandbox.faults("")
    assert sandbox.get(f"/flex/contacts/{own}")["LastName"] == "Tran"
    assert made(sandbox) == 2


def test_another_id_where_there_is_no_other_record_is_invented(sandbox: Any) -> None:
    sandbox.faults("other-id POST /flex/notes")
    body = {"IntegrationId": "t:n", "Parent": {"IntegrationId": "walk-in:1"}, "Text": "x"}
    reply = sandbox.call("POST", "/flex/notes", body).json()
    assert (reply["FLEXId"], reply["IntegrationId"]) == ("1-0000", "not-yours")


def test_a_truncated_reply_promises_more_than_it_brings(sandbox: Any) -> None:
    sandbox.faults("truncate POST /flex *2")
    head, _, body = sandbox.raw("POST", "/flex/contacts", BODY).partition(b"\r\n\r\n")
    promised = int(
        next(x for x in head.lower().split(b"\r\n") if x.startswith(b"content-length")).split(b":")[1]
    )
    assert 0 < len(body) < promised
    with pytest.raises(httpx.RemoteProtocolError):
        post(sandbox)
    assert made(sandbox) == 2


def test_a_slow_reply_is_whole_in_the_end(sandbox: Any) -> None:
    sandbox.faults("slow=0.1 POST /flex *1")
    start = time.monotonic()
    reply = post(sandbox)
    assert reply.json()["IntegrationId"] == "t:p"
    assert time.monotonic() - start >= 0.1
    assert made(sandbox) == 1


def test_a_small_reply_inflates_to_200_megabytes(sandbox: Any) -> None:
    sandbox.faults("inflate /flex *1")
    headers = {"Authorization": f"Bearer {sandbox.tokens['flex']}"}
    with sandbox.http.stream("GET", sandbox.urls["flex"] + "/products", headers=headers) as reply:
        assert reply.headers["content-encoding"] == "gzip"
        packed = b"".join(reply.iter_raw())
    assert len(packed) < 1_000_000
    unpacker, size = zlib.decompressobj(wbits=31), 0
    while not unpacker.eof:
        size += len(unpacker.decompress(packed, 4_000_000))
        packed = unpacker.unconsumed_tail
    assert size == 200_000_000


def test_a_redirect_leads_elsewhere_and_does_nothing(sandbox: Any) -> None:
    sandbox.faults("redirect POST /flex *1")
    reply = post(sandbox)
    assert (reply.status_code, reply.headers["location"]) == (302, "https://elsewhere.example/moved")
    assert made(sandbox) == 0


def test_a_post_delivered_twice_makes_two_records_and_one_reply(sandbox: Any) -> None:
    sandbox.faults("commit-twice POST /flex *1")
    reply = post(sandbox)
    assert reply.status_code == 201
    found = sandbox.get("/flex/contacts", IntegrationId="t:p")["items"]
    assert found[0]["FLEXId"] == reply.json()["FLEXId"]
    assert len(found) == 2


def test_a_post_delivered_twice_may_lose_its_reply(sandbox: Any) -> None:
    sandbox.faults("commit-twice POST /flex *1; drop-reply POST /flex *1")
    assert sandbox.raw("POST", "/flex/contacts", BODY) == b""
    assert made(sandbox) == 2


def test_a_page_is_answered_without_its_records_and_is_there_the_next_time(sandbox: Any) -> None:
    post(sandbox)
    sandbox.faults("empty-page GET /flex/contacts *1")
    lost, whole = sandbox.get("/flex/contacts"), sandbox.get("/flex/contacts")
    assert (lost["items"], lost["total"]) == ([], whole["total"])
    assert len(whole["items"]) > 0
    assert lost == whole | {"items": []}


def test_a_page_says_that_no_page_follows(sandbox: Any) -> None:
    for _ in range(2):
        post(sandbox)
    sandbox.faults("last-page GET /flex/contacts *1")
    lost = sandbox.get("/flex/contacts", page_size="1")
    whole = sandbox.get("/flex/contacts", page_size="1")
    assert (lost["next_page"], whole["next_page"]) == (None, 2)
    assert lost["items"] == whole["items"]


def test_with_a_lag_young_records_are_found_by_their_flex_id_only(sandbox: Any) -> None:
    sandbox.faults("lag=5 /flex")
    id_ = post(sandbox).json()["FLEXId"]

    def found() -> tuple[int, int, int]:
        by_name = sandbox.get("/flex/contacts", LastName="Nguyen")["total"]
        by_integration = sandbox.get("/flex/contacts", IntegrationId="t:p")["total"]
        return by_name, by_integration, sandbox.call("GET", "/flex/contacts/t:p").status_code

    assert sandbox.get(f"/flex/contacts/{id_}")["FLEXId"] == id_
    assert found() == (0, 0, 404)
    sandbox.clock.now += 5.1
    assert found() == (1, 1, 200)
    assert sandbox.get("/flex/contacts", LastName="Whitfield")["total"] == 1


def test_rules_count_down_in_their_order_and_meet_what_they_name(sandbox: Any) -> None:
    sandbox.faults("429=2 /flex *1; 503 POST /flex/contacts *2; 500 PATCH /flex/contacts/*")
    assert [post(sandbox).status_code for _ in range(4)] == [429, 503, 503, 201]
    assert sandbox.call("GET", "/flex/contacts").status_code == 200
    assert sandbox.call("PATCH", "/flex/contacts/t:p", {"LastName": "x"}).status_code == 500
    rules = sandbox.control("GET", "/faults")["rules"]
    assert [(r["rule"], r["remaining"], r["met"]) for r in rules] == [
        ("429=2 /flex *1", 0, 1),
        ("503 POST /flex/contacts *2", 0, 2),
        ("500 PATCH /flex/contacts/*", None, 1),
    ]


def test_a_delay_and_a_lag_go_with_another_fault(sandbox: Any) -> None:
    sandbox.faults("lag=5; delay=0.01; 503 POST /flex *1; 500 POST /flex *1")
    assert post(sandbox).status_code == 503
    assert last(sandbox)["fault"] == "lag=5 + delay=0.01 + 503"
    assert post(sandbox).status_code == 500


def test_tokens_and_descriptions_are_spared_unless_they_are_named(sandbox: Any) -> None:
    sandbox.faults("503 /flex")
    assert sandbox.token("flex")
    assert sandbox.http.get(sandbox.urls["flex"] + "/openapi.yaml").status_code == 200
    sandbox.faults("503 /flex/oauth")
    assert sandbox.http.post(sandbox.urls["flex"] + "/oauth/token").status_code == 503


def test_the_control_calls_meet_no_fault(sandbox: Any) -> None:
    sandbox.faults("500; drop-reply")
    assert sandbox.control("GET", "/records/flex")["contacts"]


def test_a_share_is_the_same_for_the_same_seed(sandbox: Any) -> None:
    def run() -> list[int]:
        sandbox.faults("503 GET /flex 50%")
        return [sandbox.call("GET", "/flex/products").status_code for _ in range(30)]

    first = run()
    assert set(first) == {200, 503}
    assert run() == first


def test_the_log_tells_writes_apart(sandbox: Any) -> None:
    n = sandbox.requests()[-1]["n"] if sandbox.requests() else 0
    post(sandbox)
    sandbox.get("/flex/contacts", IntegrationId="t:p")
    sandbox.get("/brokerengine/cards/C-1001")
    seen = sandbox.control("GET", f"/requests?system=flex&since={n}")
    assert [(s["method"], s["path"], s["status"], s["fault"]) for s in seen] == [
        ("POST", "/flex/contacts", 201, None),
        ("GET", "/flex/contacts", 200, None),
    ]
    assert [s["n"] for s in seen] == [n + 1, n + 2]


@pytest.mark.parametrize(
    "spec",
    [
        "nonsense",
        "500 *0",
        "500 101%",
        "500=3",
        "delay",
        "delay=x",
        "lag=-1",
        "429=",
        "POST /flex",
        "500 post /flex",
        "500 /flex POST",
        "500 POST /flex *1 *2",
        "status",
        "500; ; drop",
    ],
)
def test_a_rule_that_cannot_be_read_is_refused_and_changes_nothing(sandbox: Any, spec: str) -> None:
    with pytest.raises(FaultSpecError):
        parse(spec)
    sandbox.faults("503 POST /flex *1")
    reply = sandbox.http.post(
        sandbox.root + "/_sandbox/faults", json={"spec": spec}, headers=sandbox.control_token
    )
    assert (reply.status_code, reply.json()["error"]["fields"][0]["field"]) == (422, "spec")
    assert sandbox.control("GET", "/faults")["rules"][0]["rule"] == "503 POST /flex *1"


def test_an_empty_spec_has_no_rules() -> None:
    assert Faults("").rules == ()
    assert parse(" ; ;") == ()


def test_a_restart_has_the_first_records_and_options_and_no_faults(sandbox: Any) -> None:
    options = sandbox.control("GET", "/options/total-expert")
    sandbox.control("POST", "/options/total-expert", {"list_name": "rows"})
    assert post(sandbox).status_code == 201
    sandbox.faults("500 POST /flex")
    sandbox.control("POST", "/restart")
    assert made(sandbox) == 0
    assert sandbox.control("GET", "/options/total-expert") == options
    assert post(sandbox).status_code == 201


def test_a_restart_tells_which_request_was_the_last(sandbox: Any) -> None:
    post(sandbox)
    last_request = sandbox.control("POST", "/restart")["requests"]
    assert last_request == last(sandbox)["n"]
    assert sandbox.control("GET", f"/requests?since={last_request}") == []


def test_a_rule_with_seconds_ends_by_the_clock(sandbox: Any) -> None:
    sandbox.faults("503 GET /flex/products 60s")
    assert sandbox.call("GET", "/flex/products").status_code == 503
    sandbox.clock.now += 59
    assert sandbox.call("GET", "/flex/products").status_code == 503
    sandbox.clock.now += 1
    assert sandbox.call("GET", "/flex/products").status_code == 200


def test_more_rules_come_after_those_that_are_not_over(sandbox: Any) -> None:
    sandbox.faults("500 GET /flex/notes *1; 502 GET /flex/products *2")
    assert sandbox.call("GET", "/flex/products").status_code == 502
    told = sandbox.control("POST", "/faults", {"spec": "503 GET /flex/products *1", "more": True})
    assert [rule["remaining"] for rule in told["rules"]] == [1, 1, 1]
    found = [sandbox.call("GET", "/flex/products").status_code for _ in range(3)]
    assert found == [502, 503, 200]
    told = sandbox.control("POST", "/faults", {"spec": "504 GET /flex/notes *1", "more": True})
    assert [rule["rule"] for rule in told["rules"]] == ["500 GET /flex/notes *1", "504 GET /flex/notes *1"]
