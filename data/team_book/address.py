"""Where a team's book is: checks the address of a profile, and demands TLS to every other machine. Opens nothing."""

from __future__ import annotations

from typing import Final

import psycopg
from msgspec import Struct
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from core.errors import UsageError
from data.loopback import is_loopback

CONNECT_PATIENCE: Final = 5
"""Seconds that a try to connect lasts at most, for each of the hosts."""
_KEEPALIVE: Final = {"keepalives_idle": 5, "keepalives_interval": 2, "keepalives_count": 3}
_SILENCE: Final = 15_000
"""Milliseconds for which sent data may stay unacknowledged, until the connection counts as lost."""
VERIFIED: Final = "verify-full"
"""The one `sslmode` that checks both the certificate and the name of the server."""


class BookAddress(Struct, frozen=True):
    """The address of a team's book. `conninfo` is what libpq takes; `shown` may be shown and logged."""

    conninfo: str
    shown: str


def parse_address(address: str, where: str = "The address of the book") -> BookAddress:
    """Return the address of a team's book. `where` begins the sentence of an error.

    Raises `UsageError` if the address can't be read, holds a password, or leads to another machine without TLS that
    checks the server's name.
    """
    try:
        parts = {name: str(value) for name, value in conninfo_to_dict(address).items() if value is not None}
    except psycopg.Error:
        raise UsageError("bad-book", f"{where} can't be read as an address of PostgreSQL.") from None
    shown = _shown(parts)
    if "password" in parts:
        raise UsageError("bad-book", f"{where}, {shown}, holds a password.", when="it holds a password")
    if leads_away(parts):
        mode = parts.setdefault("sslmode", VERIFIED)
        if mode != VERIFIED:
            raise UsageError(
                "bad-book",
                f"{where}, {shown}, leads to another machine with sslmode={mode}. Then others can read or answer "
                "in the place of the server.",
                when="it does not check the server",
            )
        parts.setdefault("sslrootcert", "system")
    elif not {"host", "hostaddr", "service"} & parts.keys():
        parts["host"] = "localhost"
    if "," in parts.get("host", ""):
        parts.setdefault("target_session_attrs", "primary")
    fixed = {"connect_timeout": CONNECT_PATIENCE, "tcp_user_timeout": _SILENCE, **_KEEPALIVE}
    defaults = {"application_name": "brokerdesk", **{name: str(value) for name, value in fixed.items()}}
    return BookAddress(make_conninfo("", **(defaults | parts)), shown)


def leads_away(parts: dict[str, str]) -> bool:
    """Return True if one of the hosts of a connection is another machine, or can't be told.

    A host that begins with "/" or "@" is a socket on this machine.
    """
    hosts = [host for name in ("host", "hostaddr") for host in parts.get(name, "").split(",") if host]
    return any(not host.startswith(("/", "@")) and not is_loopback(host) for host in hosts)


def _shown(parts: dict[str, str]) -> str:
    """Return an address without a password, such as `postgresql://desk@db.example.com:5432/book`."""
    hosts = parts.get("host") or parts.get("hostaddr") or ""
    if hosts.startswith("/"):
        return f"postgresql:///{parts.get('dbname', '')}?host={hosts}"
    user = f"{parts['user']}@" if "user" in parts else ""
    ports = parts.get("port", "").split(",")
    at = ",".join(
        f"{host}:{port}" if (port := ports[min(n, len(ports) - 1)]) else host
        for n, host in enumerate(hosts.split(","))
    )
    return f"postgresql://{user}{at}/{parts.get('dbname', '')}"
