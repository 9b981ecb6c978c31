"""The one HTTP client: token, rate limit, deadline, capped replies, no redirects.

docs/protocol.md, "Outcomes", has the rules for connections and replies.
"""

from __future__ import annotations

import asyncio
import importlib.util
import logging
import os
import re
import socket
import ssl
import sys
import time
import uuid
from base64 import b64encode
from collections.abc import Callable, Container, Mapping
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote, urlsplit

import httpx
import msgspec
import stamina
from msgspec import Struct

from core.errors import BookClosed, Unreachable, UsageError
from core.push.plan import System
from core.push.ports import LEASE_ENDED, Outcome
from core.push.rate_limit import RateLimiter, RequestPace
from core.push.team.lease_keeper import SEND_PERMIT
from core.stop import STOPPED
from core.systems import display_name
from data.loopback import is_loopback, without_login
from data.vendors.http import drift
from data.vendors.http.reply import (
    HttpReply,
    IdOf,
    NoReply,
    outcome_of,
    outcome_of_silence,
    refusal_words,
    retry_after,
)
from data.vendors.http.tokens import Token, TokenKeep
from data.vendors.http.transport import LAST_TEST, KeptBack, OneRequestTransport, ProxyTransport, may_leave

LARGEST_REPLY: Final = 10 * 1024 * 1024
RENEW_BEFORE: Final = 30.0
"""A token is no longer used when fewer than this many seconds of its life are left."""
CALM: Final = 15.0
"""Seconds to wait before the next read after a 429 that names no time."""
LONGEST_CALM: Final = 3600.0
"""The longest wait in seconds after a 429 to a token request. Vendors limit token requests per hour."""
TOKEN_CALM: Final = 300.0
"""Seconds without another token request after a 429 to a token request that names no time."""
REQUEST_ID: Final = "desk-request-id"
"""The header by which our two contracts name a request, and a reply may say whose it is."""
_HEADERS: Final = {
    "accept": "application/json",
    "accept-encoding": "identity",
    "connection": "close",
    "user-agent": "brokerdesk",
}
"""The headers of every request."""
_OWN_CONTRACTS: Final = frozenset({System.BROKERENGINE, System.FLEX})
_WAITS: Final = 8
_NO_ENTRY: Final = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)
_GLANCE: Final = 0.05
_LONGEST_GLANCE: Final = 0.5
"""Seconds between two looks whether another process has got a token: at first, and at last."""

for _name in ("httpx", "httpcore"):  # their log lines hold whole addresses with search values
    logging.getLogger(_name).setLevel(logging.WARNING)
stamina.instrumentation.set_on_retry_hooks([])  # the default hook logs arguments
if importlib.util.find_spec("sniffio") is None:
    # For each request httpcore tries six times to import sniffio, an optional package. Each time Python searches all
    # folders of sys.path for a package that is not there; with this entry it knows at once.
    sys.modules["sniffio"] = None  # type: ignore[assignment]  # None is how Python says that there is no such module


_TOKEN: Final = re.compile(r"[!-~]+")
"""The characters that a header can carry."""


class SystemAddress(Struct, frozen=True):
    """How the client reaches one system. `rate` is requests a minute, `deadline` is seconds for one whole request.

    `proxy` is the address of a proxy for https; "" for none. The proxy carries encrypted bytes and sees host names
    only.
    """

    system: System
    url: str
    client_id: str
    secret: str
    rate: float = 500.0
    deadline: float = 30.0
    proxy: str = ""

    @property
    def credential(self) -> str:
        """The same text for all who share a token and a rate."""
        return f"{self.system} {self.url.rstrip('/')} {self.client_id}"

    def __repr__(self) -> str:
        """Return the address without its secret."""
        return f"Address({self.system}, {self.url})"


class RateLimited(Unreachable):
    """A system answered a read with 429. `retry_after` is the wait that it asked for, in seconds, or None."""

    def __init__(self, message: str, retry_after: float | None) -> None:
        super().__init__("rate-limited", message)
        self.retry_after = retry_after


class BadStatus(Unreachable):
    """A system answered a read with an unexpected HTTP status, which is in `status`. A 403 waits for a person."""

    def __init__(self, message: str, status: int) -> None:
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR:  # its address is right: the system answers
            super().__init__("bad-answer", message, when="the system itself fails")
        else:
            super().__init__("forbidden" if status == HTTPStatus.FORBIDDEN else "bad-answer", message)
        self.status = status


class LastAnswer(Struct, frozen=True):
    """How the last request to a system ended, and when. `at` is in seconds of the event loop's clock.

    `works` is True if the system answered, with neither an error of its own (5xx) nor a no to our credentials. `took`
    is how many seconds the answer took; None if none came. `left` is how many requests are left by the answer's own
    words; None if it does not say.
    """

    at: float
    works: bool
    took: float | None = None
    left: int | None = None


class HttpClient:
    """Speaks to one system. Sends every write once, and classifies the reply or its absence."""

    def __init__(
        self,
        address: SystemAddress,
        *,
        transport: httpx.AsyncBaseTransport | None = None,
        keep: TokenKeep | None = None,
        stopped: Callable[[], bool] = lambda: False,
    ) -> None:
        """`stopped` returns True while a person has stopped all sending: then no write leaves."""
        check_url(address.url, address.system)
        check_proxy(address.proxy)
        self.address = address
        self._origin = _origin(httpx.URL(address.url))
        self.calm = CALM
        self.keep = keep
        """Where the token outlives the process. A desk on a shared book puts that of all senders in its place."""
        self._stopped = stopped
        self._rejected = ""
        self._no_token_before = 0.0
        self.name = display_name(address.system)
        self.last_answer: LastAnswer | None = None
        """How the last request ended; None before the first."""
        self.requests = 0
        """How many requests left, the sign-in included."""
        self.pace: RequestPace = RateLimiter(address.rate)
        """Spaces the requests. A desk on a shared book puts in its place one that all its senders share."""
        self._token = ""
        self._token_until = 0.0
        self._token_lock = asyncio.Lock()
        connect = min(10.0, address.deadline / 2)
        if transport is None:
            by_proxy = address.proxy and self._origin[0] == "https"
            transport = ProxyTransport(address.proxy) if by_proxy else OneRequestTransport()
        self._client = httpx.AsyncClient(
            timeout=httpx.Timeout(address.deadline, connect=connect),
            follow_redirects=False,
            trust_env=False,
            headers=_HEADERS,
            transport=transport,
        )

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    # -- writing ---------------------------------------------------------------------------------------

    async def write(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None,
        id_of: IdOf,
        *,
        silent: str | None = None,
        too_new: Container[int] = (),
        seen: Callable[[HttpReply], None] | None = None,
    ) -> Outcome:
        """Send a write once and return its outcome. Raises nothing but CancelledError.

        Without a `body` the request has none. `seen` is called with the reply, if there is one. `silent` is the id of
        the record that the write changes, for systems that do not name the record in the reply.
        `too_new` are the statuses by which an older gateway says that it does not know the write.
        """
        line = f"{method} {path}"
        content: bytes | None = None
        try:
            if body is not None:
                content = msgspec.json.encode(body)
                line = f"{line} · {len(content)} bytes"
            token = await self._bearer()
        except NoReply as silence:  # the request for the token failed, so the write was not sent
            return outcome_of_silence(
                NoReply(
                    silence.code,
                    silence.detail,
                    sent=False,
                    hopeless=silence.hopeless,
                    retry_after=silence.retry_after,
                ),
                line,
            )
        except (TypeError, ValueError, UnicodeEncodeError):
            return outcome_of_silence(
                NoReply("unsendable", "it can't be written as JSON", sent=False, hopeless=True), line
            )
        try:
            reply = await self._exchange(method, path, token, content=content, held=self._why_held)
        except NoReply as silence:
            return outcome_of_silence(silence, line)
        if reply.status == 401:
            self._forget(token)
        if seen is not None:
            seen(reply)
        drift.observe_refused_lengths(self.address.system, method, path, body or {}, refusal_words(reply))
        return outcome_of(reply, line, id_of, silent=silent, too_new=too_new)

    def _why_held(self) -> str:
        """Return the code why a write may not leave now, or ""."""
        if self._stopped():
            return STOPPED
        return "" if SEND_PERMIT.get()(self.address.deadline) else LEASE_ENDED

    # -- reading ---------------------------------------------------------------------------------------

    async def get(self, path: str, params: Mapping[str, str] | None = None) -> HttpReply:
        """Read once; after a 401 read again with a new token. Return a 2xx or a 404, else raise `Unreachable`."""
        try:
            token = await self._bearer()
            reply = await self._exchange("GET", path, token, params=params)
            if reply.status == 401:
                self._forget(token)
                reply = await self._exchange("GET", path, await self._bearer(), params=params)
        except NoReply as silence:
            raise self._unreachable(silence.code, silence.detail) from None
        return self._good(reply)

    def _good(self, reply: HttpReply) -> HttpReply:
        """Return a reply with a 2xx or a 404. Raises `Unreachable` for any other."""
        if reply.status == 401:
            raise self._unreachable("not-authorised", "it does not accept our token")
        if reply.status == 429:
            raise RateLimited(self._why_unreached("it answered 429"), retry_after(reply))
        if not (200 <= reply.status < 300 or reply.status == 404):
            raise BadStatus(self._why_unreached(f"it answered {reply.status}"), reply.status)
        return reply

    async def get_open(self, path: str) -> HttpReply:
        """Read once without a token. Return a 2xx or a 404, else raise `Unreachable`."""
        try:
            return self._good(await self._exchange("GET", path, ""))
        except NoReply as silence:
            raise self._unreachable(silence.code, silence.detail) from None

    async def get_patiently(self, path: str, params: Mapping[str, str] | None = None) -> HttpReply:
        """Read in up to three attempts. This is for reads that a person waits for; the push engine uses `get`."""
        return await self._try_thrice(path, params, _worth_another_try)

    async def _try_thrice(
        self, path: str, params: Mapping[str, str] | None, worth: Callable[[Exception], bool]
    ) -> HttpReply:
        async for attempt in stamina.retry_context(
            on=worth, attempts=3, timeout=self.address.deadline, wait_initial=0.1, wait_max=2.0
        ):
            with attempt:
                return await self.get(path, params)
        raise AssertionError  # the context returns or raises

    async def get_page(self, path: str, params: Mapping[str, str]) -> dict[str, Any]:
        """Read one page of a list. Wait and read again if the system asks us to slow down. Raises `Unreachable`.

        A stray character in a record is ignored, so that the rest of the page can be used.
        """
        return (await self.get_dated_page(path, params))[0]

    async def get_dated_page(
        self, path: str, params: Mapping[str, str]
    ) -> tuple[dict[str, Any], float | None]:
        """Read one page like `get_page`. Return the page and the system's clock (seconds since 1970, or None)."""
        for waits_left in reversed(range(_WAITS)):
            try:
                reply = await self._try_thrice(path, params, _worth_another_try_now)
            except RateLimited as limited:
                if not waits_left:
                    raise
                await asyncio.sleep(min(limited.retry_after or self.calm, 4 * CALM))
                continue
            content = reply.lenient_object()
            if content is None or reply.status == 404:
                raise self._unreachable("bad-reply", "its reply can't be read")
            return content, reply.date
        raise AssertionError  # the last round returns or raises

    async def get_object(self, path: str, params: Mapping[str, str] | None = None) -> dict[str, Any] | None:
        """Read one JSON object, with odd values in it; None for a 404. Raises `Unreachable`."""
        reply = await self.get(path, params)
        if reply.status == 404:
            return None
        content = reply.lenient_object()
        if content is None:
            raise self._unreachable("bad-reply", "its reply can't be read")
        return content

    async def ask(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        params: Mapping[str, str] | None = None,
        token: str = "",
    ) -> HttpReply:
        """Send one request once and return the reply with any status. Raises `Unreachable`.

        The check of a gateway uses this method. `token` is sent instead of our own token.
        """
        content = None if body is None else msgspec.json.encode(body)
        try:
            bearer = token or await self._bearer()
            return await self._exchange(method, path, bearer, content=content, params=params)
        except NoReply as silence:
            raise self._unreachable(silence.code, silence.detail) from None

    # -- the exchange ----------------------------------------------------------------------------------

    async def _exchange(
        self,
        method: str,
        path: str,
        token: str,
        *,
        content: bytes | None = None,
        params: Mapping[str, str] | None = None,
        held: Callable[[], str] | None = None,
    ) -> HttpReply:
        """Send one request, unless `held` returns the code why it may not leave.

        `path` may have a query of its own; then there are no `params`. "" is no token.
        """
        if any(part in ("", ".", "..") for part in path.partition("?")[0].split("/")[1:]):
            raise NoReply("unsendable", "an id in its address isn't a valid id", sent=False, hopeless=True)
        headers = _HEADERS | ({"authorization": f"Bearer {token}"} if token else {})
        if content is not None:
            headers["content-type"] = "application/json"
        try:  # `build_request` of the client would make the same request, but parse the address twice
            request = httpx.Request(
                method,
                self.address.url.rstrip("/") + path,
                headers=headers,
                content=content,
                params=params or None,  # empty params would take the path's own query away
                cookies=self._client.cookies or None,
            )
        except (httpx.InvalidURL, UnicodeEncodeError):
            raise NoReply("unsendable", "its address can't be written", sent=False, hopeless=True) from None
        reply = await self._bounded(request, held)
        drift.observe_status(self.address.system, method, path, reply.status)
        return reply

    async def _bounded(self, request: httpx.Request, held: Callable[[], str] | None = None) -> HttpReply:
        """Send one request within the deadline. Raises `NoReply`, also if the address is on another host.

        `held` is asked before a connection is needed, and by the transport once more: `LAST_TEST`.
        """
        if _origin(request.url) != self._origin:
            raise NoReply("bad-url", "its address leads to another host", sent=False, hopeless=True)
        try:
            await self.pace.wait()
        except BookClosed as error:
            raise NoReply(error.code, error.message, sent=False) from None
        if held is not None:
            request.extensions[LAST_TEST] = held
            may_leave(request)
        self.requests += 1
        began = asyncio.get_running_loop().time()
        try:
            reply = await self._reply_to(request, began)
        except KeptBack:
            self.requests -= 1
            raise
        except NoReply:
            self.last_answer = LastAnswer(asyncio.get_running_loop().time(), works=False)
            raise
        works = reply.status < HTTPStatus.INTERNAL_SERVER_ERROR and reply.status not in _NO_ENTRY
        now = asyncio.get_running_loop().time()
        self.last_answer = LastAnswer(now, works, reply.took, reply.left)
        return reply

    async def _reply_to(self, request: httpx.Request, began: float) -> HttpReply:
        """Send one request within the deadline. `began` is when, on the event loop's clock.

        Raises `NoReply`, also for a reply that says that it belongs to another request.
        """
        if self.address.system in _OWN_CONTRACTS:
            request.headers[REQUEST_ID] = uuid.uuid4().hex
        try:
            async with asyncio.timeout(self.address.deadline):
                response = await self._client.send(request, stream=True)
                try:
                    body = await self._read_capped(response)
                finally:
                    await response.aclose()
        except (
            httpx.ConnectError,
            httpx.ConnectTimeout,
            httpx.PoolTimeout,
            httpx.UnsupportedProtocol,
        ) as error:
            raise NoReply("unreachable", f"no connection could be made{_why(error)}", sent=False) from None
        except TimeoutError:
            raise NoReply(
                "deadline", f"no whole reply within {self.address.deadline:g} s", sent=True
            ) from None
        except httpx.HTTPError as error:
            raise NoReply("no-reply", f"the connection failed ({_how_it_broke(error)})", sent=True) from None
        if response.headers.get(REQUEST_ID, "") not in ("", request.headers.get(REQUEST_ID, "")):
            raise NoReply("bad-reply", "the reply belongs to another request", sent=True)
        took = asyncio.get_running_loop().time() - began
        return HttpReply(response.status_code, dict(response.headers.items()), body, took)

    async def _read_capped(self, response: httpx.Response) -> bytes:
        if response.headers.get("content-encoding", "identity") != "identity":
            raise NoReply("bad-reply", "the reply is compressed, which was not requested", sent=True)
        body = bytearray()
        async for chunk in response.aiter_raw():
            body += chunk
            if len(body) > LARGEST_REPLY:
                raise NoReply("bad-reply", "the reply is too large", sent=True)
        return bytes(body)

    # -- the token -------------------------------------------------------------------------------------

    async def _bearer(self) -> str:
        """Return a token that is valid for a while. Concurrent callers share one token request. Raises `NoReply`."""
        async with self._token_lock:
            now = asyncio.get_running_loop().time()
            if self._token and now < self._token_until:
                return self._token
            token = await (self._new_token() if self.keep is None else self._shared_token(self.keep))
            self._token = token.bearer
            self._token_until = now + max(1.0, token.until - time.time())
            return self._token

    async def _shared_token(self, keep: TokenKeep) -> Token:
        """Return the token that is kept, or a new one: one process requests it, the others wait. Raises `NoReply`."""
        glance = _GLANCE
        until = asyncio.get_running_loop().time() + 2 * self.address.deadline
        try:
            while True:
                if (kept := self._usable(await keep.load())) is not None:
                    return kept
                if await keep.take():
                    return await self._request_for_all(keep)
                if asyncio.get_running_loop().time() >= until:
                    raise NoReply("no-token", "another process holds the token", sent=False)
                await asyncio.sleep(glance)
                glance = min(2 * glance, _LONGEST_GLANCE)
        except BookClosed as error:
            raise NoReply(error.code, error.message, sent=False) from None

    async def _request_for_all(self, keep: TokenKeep) -> Token:
        """Request a token and keep it, unless the holder of the lock before has just done so. Release the lock."""
        try:
            if (kept := self._usable(await keep.load())) is not None:
                return kept
            token = await self._new_token()
            await keep.save(token)
            return token
        finally:
            await keep.release()

    def _usable(self, kept: Token | None) -> Token | None:
        """Return a kept token, unless it has ended, is from a wrong clock, or was refused to this client."""
        now = time.time()
        is_usable = kept and kept.bearer != self._rejected and now < kept.until <= now + 86_400
        return kept if is_usable else None

    async def _new_token(self) -> Token:
        """Request a token. After a 429 it requests none for a while, because vendors give few. Raises `NoReply`."""
        now = asyncio.get_running_loop().time()
        if now < self._no_token_before:
            raise NoReply(
                "rate-limited",
                "it gives no more tokens for now",
                sent=False,
                retry_after=self._no_token_before - now,
            )
        path, sign_in = _sign_in(self.address)
        request = self._client.build_request("POST", self.address.url.rstrip("/") + path, **sign_in)
        reply = await self._bounded(request)
        content = reply.json_object() or {}
        works = reply.status == HTTPStatus.OK
        self.last_answer = LastAnswer(asyncio.get_running_loop().time(), works, reply.took, reply.left)
        if reply.status == 429:
            asked = min(retry_after(reply) or TOKEN_CALM, LONGEST_CALM)
            self._no_token_before = now + asked
            raise NoReply("rate-limited", "it gives no more tokens for now", sent=False, retry_after=asked)
        if reply.status in (400, 401, 403):
            raise NoReply(
                "wrong-secret", "it does not accept the client id and secret", sent=False, hopeless=True
            )
        token = content.get("access_token")
        if reply.status != 200 or not isinstance(token, str) or not _TOKEN.fullmatch(token):
            raise NoReply("no-token", f"it gave no token (status {reply.status})", sent=False)
        lasts = content.get("expires_in")
        seconds = float(lasts if isinstance(lasts, (int, float)) else 300) - RENEW_BEFORE
        return Token(token, time.time() + max(1.0, seconds))

    def _forget(self, token: str) -> None:
        self._rejected = token
        if self._token == token:
            self._token = ""

    def _unreachable(self, code: str, detail: str) -> Unreachable:
        """Return the error of a read that failed. `when` matters only for codes with their own advice for reads."""
        if code == "wrong-secret":
            message = f"{self.name} does not accept the client id and secret."
        else:
            message = self._why_unreached(detail)
        return Unreachable(code, message, when="a read failed", system=self.address.system)

    def _why_unreached(self, detail: str) -> str:
        return f"{self.name} at {self.address.url} can't be reached: {detail}."


def _why(error: BaseException) -> str:
    """Return why no connection could be made, from the causes of the client's own error; "" if they do not say."""
    cause: BaseException | None = error
    while cause is not None:
        match cause:
            case ssl.SSLCertVerificationError():
                return f" (its certificate is not trusted: {_distrust(cause.verify_code)})"
            case ssl.SSLError():
                return " (what answers there does not speak TLS that can be trusted)"
            case socket.gaierror():
                return " (there is no such host)"
            case ConnectionRefusedError():
                return " (nothing listens there)"
            case _:
                cause = cause.__cause__ or cause.__context__
    return ""


def _distrust(code: int) -> str:
    """Return in plain words why a certificate is not trusted. `code` is OpenSSL's."""
    named = " or ".join(name for name in ("SSL_CERT_FILE", "SSL_CERT_DIR") if os.environ.get(name))
    where = f"that {named} names" if named else "that this machine knows"
    words = {
        9: "it is not valid yet; is this machine's clock right?",
        10: "it has expired",
        18: "it is self-signed",
        62: "it is for another host",
        64: "it is for another address",
    }
    return words.get(code, f"no authority {where} has signed it")


def _how_it_broke(error: httpx.HTTPError) -> str:
    """Return in plain words how an exchange ended without a whole reply."""
    match error:
        case httpx.TimeoutException():
            return "nothing came in time"
        case httpx.ProtocolError():
            return "what came is not HTTP, or ends early"
        case httpx.ProxyError():
            return "the proxy refused it"
        case httpx.NetworkError():
            return "it was closed"
        case _:
            return "the reason isn't known"


def _worth_another_try(error: Exception) -> bool:
    if isinstance(error, BadStatus) and error.status < 500:
        return False  # the system understood the request and refused it
    return isinstance(error, Unreachable) and error.code not in ("wrong-secret", "not-authorised")


def _worth_another_try_now(error: Exception) -> bool:
    return _worth_another_try(error) and not isinstance(error, RateLimited)


def _sign_in(address: SystemAddress) -> tuple[str, dict[str, Any]]:
    """Return the path of the token request and the arguments of the request, as each system's description has them."""
    pair = b64encode(f"{address.client_id}:{address.secret}".encode()).decode()
    basic = {"authorization": f"Basic {pair}"}
    grant = {"grant_type": "client_credentials"}
    match address.system:
        case System.SIMPLENEXUS:
            secrets = {"client_id": address.client_id, "client_secret": address.secret}
            return "/oauth/token", {"json": grant | secrets}
        case System.TOTAL_EXPERT:
            return "/token", {"json": grant, "headers": basic}
        case System.BROKERENGINE | System.FLEX:
            return "/oauth/token", {"data": grant, "headers": basic}


def check_url(url: str, system: System) -> None:
    """Raise `UsageError` unless the address is https, or http to this machine."""
    if _is_safe(url):
        return
    raise UsageError("bad-url", f"The address of {display_name(system)} is “{without_login(url)}”.")


def _is_safe(url: str) -> bool:
    try:
        parts = urlsplit(url)
        host = parts.hostname if parts.port != 0 else None
    except ValueError:
        return False
    return bool(host) and (parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host or "")))


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    """Return the scheme, host and port that every request to a system must have."""
    return url.scheme, url.host, url.port


def check_proxy(url: str) -> None:
    """Raise `UsageError` unless a proxy is "" or an http:// or https:// address without a name or password."""
    try:
        parts = urlsplit(url)
        known = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0 and "@" not in url
    except ValueError:
        known = None
    if url and not known:
        raise UsageError(
            "bad-url", "The profile's proxy isn't an address that can be used.", when="it is the proxy"
        )


def segment(text: str) -> str:
    """Return an id as one segment of a path, with all special characters escaped.

    `.` and `..` stay as they are, and no request is sent for a path with such a segment: a server may read even the
    escaped form as a step between folders.
    """
    return quote(text, safe="", errors="surrogatepass")
