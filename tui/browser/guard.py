"""Decides who may use the desk that is served to a browser: the host, the origin and the session of each request.

A link with a key, which works once, begins a session. The session is a cookie that only the browser that opened the
link has. It ends when nobody has touched the desk for a while. Knows no app and no page.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from typing import Final
from urllib.parse import urlsplit

from msgspec import Struct

from core.errors import UsageError

SITE: Final = "Sec-Fetch-Site"
"""The header by which a browser says where a request comes from. A page can't set it."""
_OURS: Final = frozenset({"same-origin", "none"})
"""What the header says of a request of our own page, and of an address that a person typed or clicked elsewhere."""


class BrowserAddress(Struct, frozen=True):
    """An address at which a browser finds the desk. `origin` ends without a slash, `path` begins and ends with one."""

    origin: str
    path: str = "/"

    @property
    def host(self) -> str:
        """What a browser sends as `Host`."""
        return self.origin.partition("://")[2]

    @property
    def is_encrypted(self) -> bool:
        """True if a browser reaches the address over TLS."""
        return self.origin.startswith("https:")

    @property
    def socket_origin(self) -> str:
        """The origin of WebSockets at this address."""
        return self.origin.replace("http", "ws", 1)


def public_address(url: str) -> BrowserAddress:
    """Return the address that a server in front offers.

    Raises `UsageError` (bad-public-url) unless it is https with a host, without a name, password, query or fragment.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        host = port = None
    if not host or parts.scheme != "https" or parts.username is not None or parts.query or parts.fragment:
        raise UsageError("bad-public-url", "The public address can't be used.")
    name = f"[{host}]" if ":" in host else host
    ending = "" if port in (None, 443) else f":{port}"
    return BrowserAddress(f"https://{name}{ending}", f"{parts.path.rstrip('/')}/")


def local_addresses(names: Sequence[str], port: int) -> tuple[BrowserAddress, ...]:
    """Return the addresses of a server on this machine, by names and numbers of the machine. Port 80 is left out."""
    ending = "" if port == 80 else f":{port}"
    return tuple(BrowserAddress(f"http://{f'[{name}]' if ':' in name else name}{ending}") for name in names)


class Admission(Enum):
    """What becomes of a request. The value is the status of its answer."""

    ALLOWED = "200"
    SIGNED_IN = "200 and a session"
    """The key of the link was right: the answer begins a session."""
    FOREIGN_HOST = "421"
    WRONG_METHOD = "405"
    FOREIGN_ORIGIN = "403"
    NO_SESSION = "401"

    @property
    def status(self) -> int:
        """The status of the answer."""
        return int(self.value[:3])


class Asked(Struct, frozen=True):
    """What the guard looks at in a request. `path` has no query; `key` is the key of the link, "" without one."""

    method: str
    path: str
    headers: Mapping[str, str]
    cookies: Mapping[str, str]
    key: str = ""


class Guard:
    """Keeps everybody out but the browser that opened the link.

    `addresses` are those at which a browser may find the desk; links lead to the first one. `idle` is after how many
    seconds without a touch a session ends. `now` returns seconds. `random_text` returns a text that nobody can guess.
    """

    def __init__(
        self,
        addresses: Sequence[BrowserAddress],
        idle: float,
        now: Callable[[], float],
        random_text: Callable[[], str] = secrets.token_urlsafe,
    ) -> None:
        self._addresses = {address.host: address for address in addresses}
        self._first = addresses[0]
        self._idle = idle
        self._now = now
        self._random_text = random_text
        self._key = ""
        self._sessions: dict[str, float] = {}
        self.place = f"/{random_text()}/"
        """The path below which everything is served. A cookie goes to every port of a machine, but to its own path."""
        self.cookie = f"brokerdesk-{random_text()}"
        """The name of the cookie. Two servers on one machine have two."""

    def new_link(self) -> str:
        """Return an address that begins a session, once. The address before it works no more."""
        self._key = self._random_text()
        return f"{self._first.origin}{self._first.path}{self.place[1:]}?key={self._key}"

    def address_of(self, asked: Asked) -> BrowserAddress:
        """Return the address at which a request came in. Raises `KeyError` for a foreign host."""
        return self._addresses[asked.headers.get("Host", "").lower()]

    def judge(self, asked: Asked) -> Admission:
        """Say what becomes of a request. A right key is used up."""
        try:
            address = self.address_of(asked)
        except KeyError:
            return Admission.FOREIGN_HOST
        if asked.method != "GET":
            return Admission.WRONG_METHOD
        if _is_foreign(asked, address):
            return Admission.FOREIGN_ORIGIN
        if asked.path == self.place and self._key and _same(asked.key, self._key):
            self._key = ""
            return Admission.SIGNED_IN
        return Admission.ALLOWED if self.session_of(asked) else Admission.NO_SESSION

    def begin_session(self) -> str:
        """Return the value of a cookie for a browser that has shown the key."""
        session = self._random_text()
        self._sessions[session] = self._now()
        return session

    def session_of(self, asked: Asked) -> str:
        """Return the session of a request, "" if there is none or if it has ended."""
        shown = asked.cookies.get(self.cookie, "")
        known = next((session for session in self._sessions if _same(shown, session)), "")
        return known if known and self.is_open(known) else ""

    def touch(self, session: str) -> None:
        """Take note that somebody has touched the desk."""
        if self.is_open(session):
            self._sessions[session] = self._now()

    def is_open(self, session: str) -> bool:
        """Return True while a session goes on. One that ended is forgotten."""
        touched = self._sessions.get(session)
        if touched is None:
            return False
        if self._now() - touched < self._idle:
            return True
        del self._sessions[session]
        return False


def _is_foreign(asked: Asked, address: BrowserAddress) -> bool:
    """Return True if a page of another origin sends the request.

    A WebSocket comes with its origin always. A page of the same machine on another port is another origin, although
    its requests have our cookie. Opening the address in a tab is nobody's request but the person's.
    """
    origin = asked.headers.get("Origin")
    if origin is not None:
        return origin != address.origin
    if "Upgrade" in asked.headers:
        return True
    opens_tab = (
        asked.headers.get("Sec-Fetch-Mode") == "navigate"
        and asked.headers.get("Sec-Fetch-Dest") == "document"
    )
    return not opens_tab and asked.headers.get(SITE, "none") not in _OURS


def _same(shown: str, known: str) -> bool:
    """Compare in a time that tells nothing."""
    return hmac.compare_digest(shown.encode("utf-8", "replace"), known.encode())
