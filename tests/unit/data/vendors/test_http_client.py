"""The one HTTP client against a server of bare bytes: nothing is sent twice, nothing is believed, nothing leaks."""

from __future__ import annotations

import asyncio
import gzip
import logging
import re
import socket
import ssl
import threading
import time
from base64 import b64decode
from collections.abc import AsyncIterator, Callable
from email.utils import formatdate
from pathlib import Path
from typing import Any

import httpx
import pytest

from core.errors import Unreachable, UsageError
from core.push.plan import System
from core.push.ports import Applied, Lost, NotSent, Refused
from data.vendors.glance import answers
from data.vendors.http import transport as connections
from data.vendors.http.client import LARGEST_REPLY, HttpClient, SystemAddress, check_url, segment
from tests.support.raw_server import (
    TOKEN,
    Asked,
    Raw,
    Speak,
    drip,
    hang_up,
    reply,
    reset,
    say_nothing,
    serve,
    then_close,
)

SECRET = "s3cr3t-of-the-desk"
CREATED = reply(201, {"FLEXId": "1-6D9UB"})
BODY = {"FirstName": "Linh-the-client"}


@pytest.fixture
async def raw() -> AsyncIterator[Raw]:
    async with serve() as server:
        yield server


def _wire(raw: Raw, **more: Any) -> HttpClient:
    settings = {"rate": 600_000, "deadline": 100.0, **more}
    return HttpClient(SystemAddress(System.FLEX, raw.url, "desk", SECRET, **settings))


@pytest.fixture
async def wire(raw: Raw) -> AsyncIterator[HttpClient]:
    made = _wire(raw)
    yield made
    await made.close()


async def _write(wire: HttpClient) -> Any:
    return await wire.write("POST", "/contacts", BODY, lambda content: content.get("FLEXId"))


# -- a stop of all sending ----------------------------------------------------------------------------------


async def test_a_write_does_not_leave_once_all_sending_is_stopped_and_reading_goes_on(raw: Raw) -> None:
    stopped = False
    wire = HttpClient(
        SystemAddress(System.FLEX, raw.url, "desk", SECRET, rate=600_000), stopped=lambda: stopped
    )
    raw.say += [CREATED, reply(200, {"a": 1})]
    assert isinstance(await _write(wire), Applied)
    stopped = True
    outcome = await _write(wire)
    assert isinstance(outcome, NotSent)
    assert (outcome.code, outcome.hopeless, outcome.denied) == ("stopped", False, False)
    assert await wire.get_object("/contacts/1") == {"a": 1}
    assert [asked.method for asked in raw.asked] == ["POST", "GET"]
    await wire.close()


async def test_a_write_that_waits_for_its_turn_is_kept_back_by_a_stop_meanwhile(
    raw: Raw, monkeypatch: pytest.MonkeyPatch
) -> None:
    stopped = False

    async def wait() -> None:
        nonlocal stopped
        stopped = True

    wire = HttpClient(
        SystemAddress(System.FLEX, raw.url, "desk", SECRET, rate=600_000), stopped=lambda: stopped
    )
    monkeypatch.setattr(wire.pace, "wait", wait)
    outcome = await _write(wire)
    assert (isinstance(outcome, NotSent), raw.asked) == (True, [])
    await wire.close()


# -- one write, one request ---------------------------------------------------------------------------------


async def test_a_write_is_one_request_with_a_token_and_json(raw: Raw, wire: HttpClient) -> None:
    raw.say.append(CREATED)
    outcome = await _write(wire)
    assert isinstance(outcome, Applied)
    (asked,) = raw.asked
    assert (asked.method, asked.path, asked.json()) == ("POST", "/api/contacts", BODY)
    assert asked.headers["authorization"] == "Bearer tok-1"
    assert asked.headers["content-type"] == "application/json"
    assert asked.headers["accept-encoding"] == "identity"


@pytest.mark.parametrize(
    ("what", "code"),
    [
        (hang_up, "no-reply"),
        (reset, "no-reply"),
        (then_close(b"HTTP/1.1 201 Created\r\ncontent-le"), "no-reply"),
        (then_close(reply(201, b'{"FLEXId":"1-6D9UB"}', content_length="900")), "no-reply"),
        (b"SSH-2.0-OpenSSH_9\r\n\r\n", "no-reply"),
        (reply(201, b'{"FLEXId":"1-6D9'), "bad-reply"),
        (reply(200, b"<h1>Back soon</h1>", content_type="text/html"), "bad-reply"),
        (reply(200, b"{}"), "no-id"),
        (reply(204, b""), "bad-reply"),
        (reply(200, gzip.compress(b'{"FLEXId":"1-6D9UB"}'), content_encoding="gzip"), "bad-reply"),
        (reply(500), "server-error"),
        (reply(409), "conflict"),
        (reply(200, b'{"a":' + b"[" * 60_000 + b"]" * 60_000 + b"}"), "bad-reply"),
    ],
    ids=[
        "dropped",
        "reset",
        "half-a-head",
        "half-a-body",
        "not-http",
        "truncated",
        "html",
        "no-id",
        "204",
        "packed",
        "500",
        "409",
        "deep",
    ],
)
async def test_what_nobody_can_vouch_for_is_lost_and_never_sent_again(
    raw: Raw, wire: HttpClient, what: Any, code: str
) -> None:
    raw.say += [what, CREATED]
    outcome = await _write(wire)
    assert isinstance(outcome, Lost)
    assert outcome.code == code
    assert len(raw.asked) == 1


async def test_a_reply_over_the_cap_is_dropped_before_it_fills_the_memory(raw: Raw, wire: HttpClient) -> None:
    sent = 0

    async def flood(asked: Any, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        writer.write(b"HTTP/1.1 200 x\r\ncontent-type: application/json\r\ncontent-length: 900000000\r\n\r\n")
        while sent < 20 * LARGEST_REPLY:
            writer.write(b" " * 262_144)
            sent += 262_144
            await writer.drain()

    raw.say.append(flood)
    outcome = await _write(wire)
    assert isinstance(outcome, Lost)
    assert (outcome.code, outcome.detail) == ("bad-reply", "the reply is too large")
    assert sent < 5 * LARGEST_REPLY


@pytest.mark.parametrize("what", [say_nothing, drip(CREATED, 0.05)], ids=["silence", "drip"])
async def test_the_deadline_bounds_the_whole_request(raw: Raw, what: Any) -> None:
    wire = _wire(raw, deadline=1.0)
    raw.say.append(what)
    began = time.monotonic()
    outcome = await _write(wire)
    assert 0.25 < time.monotonic() - began < 60.0, "what drips without end would never end"
    assert isinstance(outcome, Lost)
    assert outcome.code in ("deadline", "no-reply")
    await wire.close()


async def test_a_connection_that_is_refused_sent_nothing() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    wire = HttpClient(SystemAddress(System.FLEX, f"http://127.0.0.1:{port}", "desk", SECRET))
    outcome = await _write(wire)
    assert isinstance(outcome, NotSent)
    assert (outcome.code, outcome.hopeless) == ("unreachable", False)
    with pytest.raises(Unreachable) as caught:
        await wire.get("/contacts")
    assert caught.value.exit_code == 3
    await wire.close()


def _failing(error: httpx.HTTPError) -> httpx.MockTransport:
    """Return a network on which every request fails with `error`, but a request for a token."""

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/oauth/token"):
            return httpx.Response(200, stream=httpx.ByteStream(TOKEN))
        raise error

    return httpx.MockTransport(answer)


@pytest.mark.parametrize(
    ("error", "kind", "code"),
    [
        (httpx.ConnectError("x"), NotSent, "unreachable"),
        (httpx.ConnectTimeout("x"), NotSent, "unreachable"),
        (httpx.PoolTimeout("x"), NotSent, "unreachable"),
        (httpx.UnsupportedProtocol("x"), NotSent, "unreachable"),
        (httpx.WriteError("x"), Lost, "no-reply"),
        (httpx.WriteTimeout("x"), Lost, "no-reply"),
        (httpx.ReadError("x"), Lost, "no-reply"),
        (httpx.ReadTimeout("x"), Lost, "no-reply"),
        (httpx.CloseError("x"), Lost, "no-reply"),
        (httpx.RemoteProtocolError("x"), Lost, "no-reply"),
        (httpx.LocalProtocolError("x"), Lost, "no-reply"),
        (httpx.ProxyError("x"), Lost, "no-reply"),
        (httpx.DecodingError("x"), Lost, "no-reply"),
        (httpx.TooManyRedirects("x"), Lost, "no-reply"),
    ],
    ids=lambda given: type(given).__name__ if isinstance(given, httpx.HTTPError) else "then",
)
async def test_only_a_request_without_a_connection_is_provably_not_sent(
    error: httpx.HTTPError, kind: type[NotSent | Lost], code: str
) -> None:
    wire = HttpClient(
        SystemAddress(System.FLEX, "http://127.0.0.1:1", "desk", SECRET), transport=_failing(error)
    )
    outcome = await _write(wire)
    assert (type(outcome), outcome.code) == (kind, code)
    await wire.close()


async def test_every_request_asks_for_the_end_of_its_connection(raw: Raw, wire: HttpClient) -> None:
    raw.say += [CREATED, reply(200, {"items": []})]
    await _write(wire)
    await wire.get("/contacts")
    assert [asked.headers["connection"] for asked in (*raw.tokens, *raw.asked)] == ["close"] * 3


async def test_a_connection_is_closed_after_one_request_also_without_its_header(
    raw: Raw, wire: HttpClient
) -> None:
    """A proxy may take the header away; the client's own limit holds alone."""
    del wire._client.headers["connection"]  # the client's, so that only the limit is left
    raw.say += [CREATED, reply(200, {"items": []})]
    await _write(wire)
    await wire.get("/contacts")
    assert [asked.connection for asked in (*raw.tokens, *raw.asked)] == [1, 2, 3]


async def test_what_a_server_says_twice_answers_one_request(raw: Raw, wire: HttpClient) -> None:
    """An answer that is one behind would tell a look-up that nothing is there."""
    raw.say += [reply(200, {"items": []}) * 2, reply(200, {"items": ["there"]})]
    assert await wire.get_page("/contacts", {"filter": "1"}) == {"items": []}
    assert await wire.get_page("/contacts", {"filter": "2"}) == {"items": ["there"]}


# -- whose reply it is --------------------------------------------------------------------------------------


def _named(content: bytes, name: Callable[[str], str]) -> Speak:
    """Answer with the header that `name` makes of the request's name."""

    async def speak(asked: Asked, writer: asyncio.StreamWriter) -> None:
        head, _, body = content.partition(b"\r\n\r\n")
        said = f"\r\nDesk-Request-Id: {name(asked.headers['desk-request-id'])}\r\n\r\n"
        writer.write(head + said.encode() + body)
        await writer.drain()

    return speak


async def test_each_request_to_a_gateway_of_ours_has_a_name_of_its_own(raw: Raw, wire: HttpClient) -> None:
    for path in ("/a", "/b"):
        await wire.get(path)
    names = [asked.headers["desk-request-id"] for asked in (*raw.tokens, *raw.asked)]
    assert len(set(names)) == 3
    assert all(re.fullmatch(r"[0-9a-f]{32}", name) for name in names)


@pytest.mark.parametrize("system", [System.SIMPLENEXUS, System.TOTAL_EXPERT])
async def test_a_vendor_gets_no_header_that_it_does_not_describe(raw: Raw, system: System) -> None:
    wire = HttpClient(SystemAddress(system, raw.url, "desk", SECRET, rate=600_000))
    await wire.get("/a")
    await wire.close()
    assert not any("desk-request-id" in asked.headers for asked in (*raw.tokens, *raw.asked))


async def test_a_reply_that_names_its_own_request_is_taken(raw: Raw, wire: HttpClient) -> None:
    raw.say += [_named(CREATED, str), _named(reply(200, {"items": []}), str)]
    assert isinstance(await _write(wire), Applied)
    assert await wire.get_object("/contacts") == {"items": []}


async def test_a_reply_to_another_request_leaves_the_outcome_open(raw: Raw, wire: HttpClient) -> None:
    """It may come from a server in between; what became of our own request nobody knows."""
    raw.say += [_named(CREATED, lambda name: name[::-1]), _named(reply(200, {"items": []}), lambda name: "0")]
    outcome = await _write(wire)
    assert isinstance(outcome, Lost)
    assert (outcome.code, outcome.detail) == ("bad-reply", "the reply belongs to another request")
    with pytest.raises(Unreachable, match="another request"):
        await wire.get_object("/contacts")


@pytest.mark.parametrize("status", [301, 302, 307, 308])
async def test_a_redirect_is_never_followed(raw: Raw, wire: HttpClient, status: int) -> None:
    raw.say += [reply(status, location=f"{raw.url}/elsewhere")] * 2
    assert isinstance(await _write(wire), Refused)
    with pytest.raises(Unreachable):
        await wire.get("/contacts")
    assert [asked.path for asked in raw.asked] == ["/api/contacts"] * 2


@pytest.mark.parametrize(
    ("header", "low", "high"),
    [
        ({"retry_after": "9"}, 9, 9),
        ({"retry_after": "99999999"}, 86_400, 86_400),
        ({"retry_after": "DATE"}, 5, 60),
    ],
)
async def test_a_429_hands_on_what_the_remote_asks_for(
    raw: Raw, wire: HttpClient, header: dict[str, str], low: float, high: float
) -> None:
    if header["retry_after"] == "DATE":
        header = {"retry_after": formatdate(time.time() + 60, usegmt=True)}
    raw.say.append(reply(429, **header))
    outcome = await _write(wire)
    assert isinstance(outcome, NotSent)
    assert outcome.denied
    assert outcome.retry_after is not None
    assert low <= outcome.retry_after <= high
    assert len(raw.asked) == 1


@pytest.mark.parametrize(
    "header", [{}, {"retry_after": "soon"}, {"retry_after": "\xb2"}, {"retry_after": "-1"}]
)
async def test_a_429_that_says_nothing_readable_asks_for_nothing(
    raw: Raw, wire: HttpClient, header: dict[str, str]
) -> None:
    raw.say.append(reply(429, **header))
    outcome = await _write(wire)
    assert isinstance(outcome, NotSent)
    assert outcome.retry_after is None


@pytest.mark.parametrize("body", [{"a": "\ud800"}, {"a": object()}])
async def test_what_is_no_json_is_not_sent_and_never_will_be(raw: Raw, wire: HttpClient, body: Any) -> None:
    outcome = await wire.write("POST", "/contacts", body, lambda content: None)
    assert isinstance(outcome, NotSent)
    assert (outcome.code, outcome.hopeless) == ("unsendable", True)
    assert raw.asked == []


async def test_a_cancelled_write_says_so_to_its_caller(raw: Raw, wire: HttpClient) -> None:
    arrived = asyncio.Event()

    async def hold(asked: Any, writer: asyncio.StreamWriter) -> None:
        arrived.set()
        await asyncio.Event().wait()

    raw.say.append(hold)
    task = asyncio.ensure_future(_write(wire))
    await arrived.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


# -- the token ----------------------------------------------------------------------------------------------


async def test_the_token_is_asked_for_with_basic_and_client_credentials(raw: Raw, wire: HttpClient) -> None:
    await wire.get("/contacts")
    (asked,) = raw.tokens
    assert (asked.method, asked.path) == ("POST", "/api/oauth/token")
    assert asked.body == b"grant_type=client_credentials"
    assert b64decode(asked.headers["authorization"].removeprefix("Basic ")).decode() == f"desk:{SECRET}"


async def test_twenty_callers_make_one_token_request(raw: Raw, wire: HttpClient) -> None:
    await asyncio.gather(*(wire.get("/contacts") for _ in range(20)))
    assert len(raw.tokens) == 1
    assert len(raw.asked) == 20


async def test_a_401_on_a_write_is_not_sent_and_the_next_try_has_a_fresh_token(
    raw: Raw, wire: HttpClient
) -> None:
    raw.token += [
        reply(200, {"access_token": "old", "expires_in": 3600}),
        reply(200, {"access_token": "new", "expires_in": 3600}),
    ]
    raw.say += [reply(401), CREATED]
    outcome = await _write(wire)
    assert isinstance(outcome, NotSent)
    assert outcome.denied
    assert isinstance(await _write(wire), Applied)
    assert [asked.headers["authorization"] for asked in raw.asked] == ["Bearer old", "Bearer new"]


async def test_a_401_on_a_read_is_refreshed_once_and_no_more(raw: Raw, wire: HttpClient) -> None:
    raw.say += [reply(401), reply(200)]
    assert (await wire.get("/contacts")).status == 200
    assert len(raw.tokens) == 2
    raw.say += [reply(401)] * 5
    with pytest.raises(Unreachable) as caught:
        await wire.get("/contacts")
    assert caught.value.code == "not-authorised"
    assert len(raw.asked) == 4


@pytest.mark.parametrize("status", [400, 401, 403])
async def test_a_wrong_secret_is_hopeless_and_named(raw: Raw, wire: HttpClient, status: int) -> None:
    raw.token += [reply(status)] * 3
    outcome = await _write(wire)
    assert isinstance(outcome, NotSent)
    assert (outcome.code, outcome.hopeless, outcome.denied) == ("wrong-secret", True, False)
    with pytest.raises(Unreachable) as caught:
        await wire.get_patiently("/contacts")
    assert caught.value.code == "wrong-secret"
    assert not await answers(wire)
    assert wire.last_answer is not None
    assert not wire.last_answer.works
    assert (raw.asked, len(raw.tokens)) == ([], 3)


@pytest.mark.parametrize(
    "given",
    [
        reply(500),
        reply(200, b"<html>", content_type="text/html"),
        reply(200, b"{}"),
        reply(200, {"access_token": 7}),
        reply(200, {"access_token": ""}),
        reply(200, {"access_token": "a\r\nX-Evil: 1"}),
        reply(200, {"access_token": "tökén"}),
        hang_up,
    ],
)
async def test_without_a_token_nothing_was_sent(raw: Raw, wire: HttpClient, given: Any) -> None:
    raw.token.append(given)
    outcome = await _write(wire)
    assert isinstance(outcome, NotSent)
    assert outcome.hopeless is False
    assert raw.asked == []
    raw.say.append(CREATED)
    assert isinstance(await _write(wire), Applied)


@pytest.mark.parametrize(("lasts", "asked"), [(3600, 1), (20, 2), (None, 1), ("soon", 1), (-5, 2)])
async def test_a_token_is_renewed_before_it_ends(
    raw: Raw, wire: HttpClient, lasts: Any, asked: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    loop = asyncio.get_running_loop()
    raw.token += [reply(200, {"access_token": "t", "expires_in": lasts})] * 2
    await wire.get("/contacts")
    ahead = loop.time() + 2
    monkeypatch.setattr(asyncio, "get_running_loop", lambda: _Later(loop, ahead))
    assert await wire._bearer() == "t"
    assert len(raw.tokens) == asked


class _Later:
    """The loop's clock, some seconds on."""

    def __init__(self, loop: asyncio.AbstractEventLoop, at: float) -> None:
        self._loop, self._at = loop, at

    def time(self) -> float:
        return self._at

    def __getattr__(self, name: str) -> Any:
        return getattr(self._loop, name)


# -- reading ------------------------------------------------------------------------------------------------


async def test_a_read_that_fails_is_tried_again_where_a_person_waits(raw: Raw, wire: HttpClient) -> None:
    raw.say += [hang_up, reply(503), reply(200, {"items": []})]
    assert (await wire.get_patiently("/cards")).status == 200
    assert len(raw.asked) == 3


async def test_a_read_for_the_engine_is_asked_once(raw: Raw, wire: HttpClient) -> None:
    raw.say += [reply(503), reply(200)]
    with pytest.raises(Unreachable):
        await wire.get("/contacts")
    assert len(raw.asked) == 1


async def test_a_404_is_an_answer(raw: Raw, wire: HttpClient) -> None:
    raw.say.append(reply(404))
    assert await wire.get_object("/contacts/1-6D9UB") is None


@pytest.mark.parametrize("body", [b"[]", b"<html>", b'{"a":', b'{"a":"\x80'])
async def test_an_object_that_cant_be_read_is_unreachable(raw: Raw, wire: HttpClient, body: bytes) -> None:
    raw.say.append(reply(200, body))
    with pytest.raises(Unreachable) as caught:
        await wire.get_object("/contacts/1-6D9UB")
    assert caught.value.code == "bad-reply"


@pytest.mark.parametrize("value", ["x" * 70_000, "a\ud800"], ids=["too long", "half"])
async def test_an_address_that_can_not_be_written_is_said_and_nothing_is_sent(
    raw: Raw, wire: HttpClient, value: str
) -> None:
    with pytest.raises(Unreachable) as caught:
        await wire.get_object("/contacts", {"email": value})
    assert caught.value.code == "unsendable"
    assert not [asked for asked in raw.asked if asked.method == "GET"]


async def test_an_object_with_an_odd_value_is_read(raw: Raw, wire: HttpClient) -> None:
    raw.say.append(reply(200, b'{"a":"\\ud800","b":1}'))
    assert await wire.get_object("/contacts/1-6D9UB") == {"a": "\ud800", "b": 1}


async def test_the_pace_is_kept_for_tokens_reads_and_writes_alike(raw: Raw) -> None:
    wire = _wire(raw, rate=1200)  # one every 50 ms
    began = time.monotonic()
    raw.say += [reply(200), CREATED]
    await asyncio.gather(wire.get("/contacts"), _write(wire), wire.get("/contacts"))
    assert time.monotonic() - began >= 0.15  # a token and three requests: three gaps
    await wire.close()


# -- addresses ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "url",
    [
        "https://gateway.example/flex",
        "http://127.0.0.1:8000/x",
        "http://localhost/x",
        "http://[::1]:80/",
        "http://127.9.9.9",
    ],
)
def test_https_and_loopback_pass(url: str) -> None:
    check_url(url, System.FLEX)


@pytest.mark.parametrize(
    "url",
    [
        "http://gateway.example/flex",
        "http://localhost.evil.example/",
        "http://127.0.0.1@evil.example/",
        "http://127.0.0.1.evil.example/",
        "http://10.0.0.1/",
        "http://0.0.0.0/",
        "ftp://127.0.0.1/",
        "https://",
        "https:///path",
        "https://[bad",
        "https://x:abc/",
        "https://x:99999/",
        "gateway.example",
        "",
    ],
)
def test_any_other_address_is_refused_by_name(url: str) -> None:
    with pytest.raises(UsageError) as caught:
        HttpClient(SystemAddress(System.FLEX, url, "desk", SECRET))
    assert caught.value.code == "bad-url"
    assert "FLEX" in caught.value.message
    assert SECRET not in caught.value.message


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        ("1-6D9UB", "1-6D9UB"),
        ("../x?y#z", "..%2Fx%3Fy%23z"),
        ("é /", "%C3%A9%20%2F"),
        ("\udcff", "%ED%B3%BF"),
    ],
)
def test_an_id_is_one_segment_whatever_it_holds(text: str, quoted: str) -> None:
    assert segment(text) == quoted


# -- safety -------------------------------------------------------------------------------------------------


async def test_https_verifies_host_and_certificate_and_logs_no_keys(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SSLKEYLOGFILE", str(tmp_path / "keys"))
    monkeypatch.setattr(connections, "_TLS_CONTEXT", None)
    context = await connections.tls_context()
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)
    assert context.keylog_filename is None


async def test_the_tls_context_is_made_in_a_thread_and_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "_TLS_CONTEXT", None)
    made: list[str] = []
    make = ssl.create_default_context

    def spying() -> ssl.SSLContext:
        made.append(threading.current_thread().name)
        return make()

    monkeypatch.setattr(ssl, "create_default_context", spying)
    for _ in range(2):
        wire = HttpClient(SystemAddress(System.FLEX, "https://127.0.0.1:1", "desk", SECRET))
        with pytest.raises(Unreachable):
            await wire.get("/contacts")
        await wire.close()
    (thread,) = made
    assert thread != threading.main_thread().name


async def test_proxies_and_netrc_of_the_environment_are_ignored(
    raw: Raw, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    wire = _wire(raw)
    assert (await wire.get("/contacts")).status == 200
    await wire.close()


async def test_no_secret_token_or_client_data_is_in_a_repr_or_a_log(
    raw: Raw, wire: HttpClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    raw.say += [CREATED, reply(200), hang_up, reply(422, {"error": {"message": "Linh-the-client"}})]
    outcomes = [await _write(wire)]
    await wire.get("/contacts", {"email": "linh@example.com"})
    outcomes += [await _write(wire), await _write(wire)]
    raw.say += [reply(500)] * 3
    with pytest.raises(Unreachable) as caught:
        await wire.get_patiently("/contacts", {"email": "linh@example.com"})
    told = (
        caplog.text
        + repr(outcomes)
        + repr(wire.address)
        + str(wire.address)
        + repr(caught.value)
        + repr(wire)
    )
    for private in (SECRET, "tok-1", "linh@example.com", "linh%40example.com", "Linh-the-client"):
        assert private not in told


@pytest.mark.parametrize("name", ["httpx", "httpcore", "httpcore.connection", "httpcore.http11"])
def test_the_loggers_that_print_addresses_are_quiet(name: str) -> None:
    assert not logging.getLogger(name).isEnabledFor(logging.INFO)


@pytest.mark.parametrize(
    ("status", "is_about_us"), [(400, True), (418, True), (500, False), (503, False), (599, False)]
)
async def test_advice_about_a_read_leads_to_the_settings_only_if_the_system_itself_works(
    raw: Raw, wire: HttpClient, status: int, is_about_us: bool
) -> None:
    raw.say.append(reply(status, {}))
    with pytest.raises(Unreachable) as caught:
        await wire.get("/products")
    assert caught.value.code == "bad-answer"
    assert ("config.toml" in caught.value.fix) is is_about_us
