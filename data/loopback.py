"""Whether an address is on this machine, and an address as it may be shown."""

from __future__ import annotations

import re
from ipaddress import ip_address
from urllib.parse import urlsplit


def is_loopback(host: str) -> bool:
    """Return True if a host, by name or number, is this machine."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def leads_away(url: str) -> bool:
    """Return True if a url leads to another machine, or to a place that can't be told."""
    try:
        host = urlsplit(url).hostname
    except ValueError:
        return True
    return not is_loopback(host or "")


def without_login(url: str) -> str:
    """Return an address without the name and the password that it may have."""
    return re.sub(r"//[^/@\s]*@", "//…@", url)
