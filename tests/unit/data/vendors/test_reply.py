"""What each reply to a write means: the protocol's table, row by row."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from core.decoding.lenient_json import TOO_DEEP
from core.push.ports import Applied, Lost, NotSent, Refused
from data.vendors.http.reply import (
    LONGEST_ASKED,
    HttpReply,
    NoReply,
    outcome_of,
    outcome_of_silence,
    retry_after,
    said,
)

GOOD = {"FLEXId": "1-6D9UB"}
LINE = "POST /contacts · 20 bytes"


def _id(content: Any) -> str | None:
    found = content.get("FLEXId")
    return found if isinstance(found, str) else None


def _outcome(status: int, body: bytes | dict[str, Any] = b"{}", **headers: str) -> Any:
    content = json.dumps(body).encode() if isinstance(body, dict) else body
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return outcome_of(HttpReply(status, named, content), LINE, _id)


@pytest.mark.parametrize("status", [200, 201, 202, 299])
def test_a_2xx_that_names_the_record_is_applied(status: int) -> None:
    outcome = _outcome(status, GOOD)
    assert isinstance(outcome, Applied)
    assert outcome.remote_id == "1-6D9UB"


@pytest.mark.parametrize(
    "kind", ["application/json", "Application/JSON; charset=utf-8", "application/hal+json"]
)
def test_json_is_json_however_its_type_is_written(kind: str) -> None:
    assert isinstance(_outcome(200, GOOD, content_type=kind), Applied)


@pytest.mark.parametrize(
    ("body", "headers", "code"),
    [
        (b"", {}, "bad-reply"),
        (b'{"FLEXId": "1-6D', {}, "bad-reply"),
        (b"<html>ok</html>", {"content_type": "text/html"}, "bad-reply"),
        (json.dumps(GOOD).encode(), {"content_type": "text/html"}, "bad-reply"),
        (b'["1-6D9UB"]', {}, "bad-reply"),
        (b'"1-6D9UB"', {}, "bad-reply"),
        (b"null", {}, "bad-reply"),
        (b'{"FLEXId":"1-6D9UB","x":NaN}', {}, "bad-reply"),
        (b'{"FLEXId":"1-6D9UB","x":"\\ud800"}', {}, "bad-reply"),
        (b'{"FLEXId":"1-6D9UB","x":"\xff"}', {}, "bad-reply"),
        (b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}", {}, "bad-reply"),
        (b"{}", {}, "no-id"),
        (b'{"FLEXId":null}', {}, "no-id"),
        (b'{"FLEXId":7}', {}, "no-id"),
    ],
)
def test_a_2xx_that_cant_be_read_or_names_nothing_is_lost(
    body: bytes, headers: dict[str, str], code: str
) -> None:
    outcome = _outcome(200, body, **headers)
    assert isinstance(outcome, Lost)
    assert outcome.code == code


@pytest.mark.parametrize("status", [400, 404, 405, 412, 413, 415, 422, 423])
def test_a_clear_no_is_refused(status: int) -> None:
    outcome = _outcome(status, {"error": {"code": "invalid", "fields": [{"field": "LoanPurpose"}]}})
    assert isinstance(outcome, Refused)
    assert (outcome.code, outcome.detail, outcome.closes) == ("refused", "invalid: LoanPurpose", False)


def test_a_403_closes_the_connection() -> None:
    outcome = _outcome(403)
    assert isinstance(outcome, Refused)
    assert (outcome.code, outcome.closes) == ("forbidden", True)


@pytest.mark.parametrize("status", [300, 301, 302, 303, 304, 307, 308])
def test_a_redirect_is_refused(status: int) -> None:
    outcome = _outcome(status, location="https://elsewhere.example/")
    assert isinstance(outcome, Refused)
    assert (outcome.code, outcome.closes) == ("redirected", False)


def test_a_401_was_not_sent() -> None:
    outcome = _outcome(401)
    assert isinstance(outcome, NotSent)
    assert (outcome.code, outcome.hopeless) == ("not-authorised", False)


@pytest.mark.parametrize(("headers", "wait"), [({}, None), ({"retry_after": "7"}, 7.0)])
def test_a_429_was_not_sent_and_says_how_long_to_wait(headers: dict[str, str], wait: float | None) -> None:
    outcome = _outcome(429, **headers)
    assert isinstance(outcome, NotSent)
    assert (outcome.code, outcome.retry_after) == ("rate-limited", wait)


@pytest.mark.parametrize("status", [402, 406, 408, 409, 410, 418, 425, 451, 500, 501, 502, 503, 504, 599])
def test_all_else_is_lost_however_sure_it_sounds(status: int) -> None:
    outcome = _outcome(status, GOOD)
    assert isinstance(outcome, Lost)
    assert outcome.code == ("conflict" if status == 409 else "server-error")


def test_only_what_proves_that_nothing_was_written_may_be_sent_again() -> None:
    assert [status for status in range(100, 600) if isinstance(_outcome(status), NotSent)] == [401, 429]


@pytest.mark.parametrize(("sent", "kind"), [(True, Lost), (False, NotSent)])
def test_silence_is_lost_unless_no_byte_left(sent: bool, kind: type) -> None:
    outcome = outcome_of_silence(NoReply("deadline", "why", sent=sent, hopeless=not sent), LINE)
    assert isinstance(outcome, kind)
    assert (outcome.code, outcome.detail) == ("deadline", "why")
    assert getattr(outcome, "hopeless", True) is not sent or sent


NOW = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("", None),
        ("0", 0.0),
        (" 120 ", 120.0),
        ("999999999", LONGEST_ASKED),
        ("9" * 400, LONGEST_ASKED),
        ("Sun, 01 Mar 2026 12:00:30 GMT", 30.0),
        ("Sun, 01 Mar 2026 11:00:00 GMT", 0.0),
        ("01 Mar 2026 12:00:30 +0000", 30.0),
        ("soon", None),
        ("-5", None),
        ("²", None),
        ("٣", None),
        ("Mon, 01 Jan 99999 00:00:00 GMT", None),
        ("01 Jan 2020 00:00:00 +99999999999999999", None),
        ("\x00", None),
    ],
)
def test_a_retry_after_is_seconds_a_date_or_nothing(text: str, seconds: float | None) -> None:
    assert retry_after(HttpReply(429, {"retry-after": text}, b""), NOW) == seconds


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "it answered 422"),
        (b'{"error":"Linh is no name"}', "it answered 422"),
        (b'{"error":{"code":"invalid","message":"Linh is no name"}}', "invalid"),
        (b'{"error":{"fields":[{"field":"A","message":"Linh"},{"field":"B"},7]}}', "422: A, B"),
        (b'{"error":{"code":"x","fields":{}}}', "x"),
    ],
)
def test_a_refusal_is_quoted_by_code_and_fields_never_by_value(body: bytes, words: str) -> None:
    assert said(HttpReply(422, {}, body)) == words


def test_a_long_code_is_cut() -> None:
    body = json.dumps({"error": {"code": "x" * 10_000, "fields": [{"field": "y" * 10_000}]}}).encode()
    assert len(said(HttpReply(422, {}, body))) < 200


@pytest.mark.parametrize("text", ["9" * 400, "9" * 5_000, "Fri, 31 Dec 9999 23:59:59 GMT"], ids=range(3))
def test_no_reply_makes_the_desk_wait_longer_than_a_day(text: str) -> None:
    assert retry_after(HttpReply(429, {"retry-after": text}, b""), NOW) == LONGEST_ASKED


def test_a_refusal_with_half_a_character_still_names_its_fields() -> None:
    body = (
        b'{"error":{"code":"inv\\ud800alid","fields":[{"field":"A"},{"field":"B\\udfff"},{"field":{"x":1}}]}}'
    )
    assert said(HttpReply(422, {}, body)) == "inv\ufffdalid: A, B\ufffd, (a field without a name)"


def test_the_line_of_a_reply_holds_nothing_of_its_content() -> None:
    assert HttpReply(201, {}, b'{"LastName":"Nguyen"}', 0.5).line == "201 · 21 bytes · 0.50 s"


@pytest.mark.parametrize(
    ("body", "held"),
    [
        (b'{"a":"\\ud800"}', {"a": "\ud800"}),
        (b'{"a":"\xff"}', {"a": "\udcff"}),
        (b'{"a":"Zo\xc3\xab"}', {"a": "Zoë"}),
        (b"{", None),
        (b"[]", None),
        (b'{"a":1,', None),
        (b'{"a":' + b"[" * 100_000 + b"]" * 99_999 + b"}", None),
        (
            b'{"a":"tab\tbed","b":NaN,"c":1e400}',
            {"a": "tab\tbed", "b": pytest.approx(float("nan"), nan_ok=True), "c": float("inf")},
        ),
        (b'{"a":' + b"9" * 5_000 + b"}", {"a": "9" * 5_000}),
    ],
    ids=range(9),
)
def test_a_reply_is_read_over_an_odd_value_and_no_further(body: bytes, held: object) -> None:
    assert HttpReply(200, {}, body).lenient_object() == held


def test_what_is_nested_too_deeply_costs_no_other_value() -> None:
    deep = b"[" * 100_000 + b'"]"' + b"]" * 100_000
    whole = b'{"items":[{"id":"1","a":' + deep + b',"b":"\\"[{"},{"id":"2"}]}'
    content = HttpReply(200, {}, whole).lenient_object()
    assert content is not None
    first, second = content["items"]
    assert (first["id"], first["b"], second) == ("1", '"[{', {"id": "2"})
    assert TOO_DEEP in json.dumps(first["a"])


def test_html_is_never_read_as_a_list() -> None:
    assert HttpReply(200, {"content-type": "text/html"}, b'{"items":[]}').lenient_object() is None
