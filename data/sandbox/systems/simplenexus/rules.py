"""The forms of values in the description of SimpleNexus: names, emails, phones, ids, addresses and moments."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

from data.sandbox.systems.api import Flaw
from data.sandbox.systems.field_checks import Check, choice, group, line, or_null

STATES = (
    *("AA", "AE", "AK", "AL", "AP", "AR", "AS", "AZ", "CA", "CO", "CT", "DC", "DE", "FL", "FM", "GA"),
    *("GU", "HI", "IA", "ID", "IL", "IN", "KS", "KY", "LA", "MA", "MD", "ME", "MH", "MI", "MN", "MO"),
    *("MP", "MS", "MT", "NC", "ND", "NE", "NH", "NJ", "NM", "NV", "NY", "OH", "OK", "OR", "PA", "PR"),
    *("PW", "RI", "SC", "SD", "TN", "TX", "UT", "VA", "VI", "VT", "WA", "WI", "WV", "WY"),
)
NAME_OF_PERSON = line(30)
_LONGEST_EMAIL = 255
_LOCAL_PART = re.compile(r"[\w!#$%&'*+/=?^`{|}~-]+(\.[\w!#$%&'*+/=?^`{|}~-]+)*")
_DOMAIN_LABEL = re.compile(r"[^\W_](([^\W_]|-)*[^\W_])?")
_APP_DIGITS = 10


def email(value: object) -> Iterator[Flaw]:
    """Yield an email as `format: email` of the description means it:

    RFC 5321, section 4.1.2, of at most 255 characters.

    A domain of one label is refused as section 2.3.5 says. That letters of any script are taken is our assumption.
    """
    if not isinstance(value, str) or not value:
        yield "", "must be text"
        return
    if len(value) > _LONGEST_EMAIL:
        yield "", f"must have at most {_LONGEST_EMAIL} characters"
    local, _, domain = value.rpartition("@")
    labels = domain.split(".")
    is_domain = len(labels) > 1 and all(map(_DOMAIN_LABEL.fullmatch, labels)) and not labels[-1].isdigit()
    if not _LOCAL_PART.fullmatch(local) or not is_domain:
        yield "", "must be an email address"


def is_uuid(text: object) -> bool:
    """Return True if a value is an id in the vendor's form."""
    if not isinstance(text, str):
        return False
    try:
        return str(uuid.UUID(text)) == text.lower()
    except ValueError:
        return False


def id_where(strict: Callable[[], bool]) -> Check:
    """Return an id: a text, and in the strict setting one in the vendor's form."""
    plain = line(64)

    def check(value: object) -> Iterator[Flaw]:
        yield from plain(value)
        if isinstance(value, str) and strict() and not is_uuid(value):
            yield "", "must be a uuid"

    return check


def text_up_to(longest: int) -> Check:
    """Return a text of at most `longest` characters, also an empty one."""

    def check(value: object) -> Iterator[Flaw]:
        if not isinstance(value, str):
            yield "", "must be text"
        elif len(value) > longest:
            yield "", f"must have at most {longest} characters"

    return check


def http_url(longest: int) -> Check:
    """Return an address with http or https and a host."""
    plain = text_up_to(longest)

    def check(value: object) -> Iterator[Flaw]:
        yield from plain(value)
        if isinstance(value, str) and not re.fullmatch(r"https?://[^/\s]+\S*", value):
            yield "", "must be an http address"

    return check


def ten_digits(value: object) -> Iterator[Flaw]:
    """Yield a phone number of 1 to 32 characters with ten digits in it."""
    if not isinstance(value, str) or not 1 <= len(value) <= 32:
        yield "", "must have 1 to 32 characters"
    elif len(re.sub(r"[^0-9]", "", value)) != _APP_DIGITS:
        yield "", f"must have {_APP_DIGITS} digits"


def _zip(value: object) -> Iterator[Flaw]:
    if not isinstance(value, str) or not 5 <= len(value) <= 10:
        yield "", "must have 5 to 10 characters"


_ADDRESS: dict[str, Check] = {
    "street1": or_null(line(255)),
    "street2": or_null(text_up_to(255)),
    "city": or_null(line(255)),
    "state": choice(STATES),
    "zip": or_null(_zip),
}
ADDRESS = group(_ADDRESS)
ADDRESS_WITH_STATE = group(_ADDRESS, required=("state",))


def moment_of(text: str) -> str | None:
    """Return a moment with its offset as UTC text that sorts like the kept ones; None for anything else."""
    try:
        moment = datetime.fromisoformat(text.replace(" ", "+"))
    except ValueError:
        return None
    return None if moment.tzinfo is None else moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
