"""Total Expert's queries, as its documents write them: `?filter=email=x,owner_id=3&sort=internal_updated_at`. Pure.

No document says how a comma inside a value is written, so a value with one is looked for by another field.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final
from urllib.parse import quote

from core.push.plan import Body
from core.texts import has_lone_surrogate

_SEPARATORS: Final = ",="
"""The characters that part a filter into names and values."""
_LONGEST: Final = 1_000
"""Characters: our assumption. No field is longer, and an address has to hold the value."""
_PARTS: Final = re.compile(f"[{_SEPARATORS}]")
_PLAIN: Final = ":@"
"""The characters that the documents' examples leave as they are. Every other special character is escaped."""
_ALONE: Final = ("email", "phone_cell", "phone_home", "phone_office")
"""The fields by which one contact is looked for, the most telling first."""
_NAMES: Final = ("first_name", "last_name")


def is_filterable(value: str) -> bool:
    """Return True if a filter can hold a value.

    The value is not blank, has none of the filter's own characters and no half character, and fits into an address.
    """
    odd = len(value) > _LONGEST or has_lone_surrogate(value) or any(char in value for char in _SEPARATORS)
    return bool(value.strip()) and not odd


def filter_text(wanted: Mapping[str, str]) -> str:
    """Return the value of `filter` for these fields, ready for a query. Raises `ValueError` for an unusable value."""
    for name, value in wanted.items():
        if not is_filterable(value):
            raise ValueError(f"a filter can't hold this value of {name}")
    return ",".join(f"{name}={quote(value, safe=_PLAIN)}" for name, value in wanted.items())


def page_query(number: int, size: int, wanted: Mapping[str, str], sort: str = "") -> str:
    """Return the query of one page of a list. `sort` is the name of an attribute, with - before it to reverse."""
    parts = [f"page[number]={number}", f"page[size]={size}"]
    if wanted:
        parts.append(f"filter={filter_text(wanted)}")
    if sort:
        parts.append(f"sort={sort}")
    return "&".join(parts)


def changed_between(start: datetime | None, end: datetime | None = None) -> dict[str, str]:
    """Return the filter for records that changed between two moments, both inclusive, in whole seconds of UTC."""
    moments = {"internal_updated_at_start": start, "internal_updated_at_end": end}
    return {
        name: moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        for name, moment in moments.items()
        if moment is not None
    }


def contact_filter(body: Body) -> dict[str, str]:
    """Return a filter that finds the contact of a body: by email, else by a phone, else by its names; {} if by none."""
    for name in _ALONE:
        if is_filterable(value := str(body.get(name) or "")):
            return {name: value.strip()}
    names = {name: str(body.get(name) or "").strip() for name in _NAMES}
    return names if all(map(is_filterable, names.values())) else {}


def email_filter(email: str) -> dict[str, str]:
    """Return a filter that finds the contacts with an email; {} if there is none.

    An email with a comma or an equals sign is looked for by its longest part without one, of three characters or more.
    """
    email = email.strip()
    if is_filterable(email):
        return {"email": email}
    longest = max(_PARTS.split(email), key=len)
    return {"email_contains": longest} if len(longest) >= _SHORTEST_PART and is_filterable(longest) else {}


_SHORTEST_PART: Final = 3
"""The fewest characters of a filter that asks what a field contains."""
