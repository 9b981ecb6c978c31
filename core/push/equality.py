"""Decides whether a remote record needs an update: docs/protocol.md, "Step kinds".

The comparison is stricter than that of `core.compare.equal_forms`, which decides whether a value has arrived: a name in
another letter case has to be sent.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, Final

from core.push.plan import Body


def same_value(ours: Any, theirs: Any) -> bool:
    """Return True if two JSON values mean the same.

    Texts are compared without outer blanks, numbers by value (640000 equals 640000.00); null, "" and a missing value
    are equal.
    """
    if isinstance(ours, Mapping):
        return isinstance(theirs, Mapping) and same_fields(dict(ours), theirs)
    if isinstance(ours, (list, tuple)):
        return (
            isinstance(theirs, (list, tuple))
            and len(ours) == len(theirs)
            and all(map(same_value, ours, theirs))
        )
    if _is_blank(ours) or _is_blank(theirs):
        return _is_blank(ours) and _is_blank(theirs)
    return bool(_plain(ours) == _plain(theirs))


def same_fields(body: Body, held: Mapping[str, Any], names: Iterable[str] | None = None) -> bool:
    """Return True if `held` has every field of `body`, or only those of `names`, with the same value."""
    wanted = body if names is None else {name: body.get(name) for name in names}
    return all(same_value(value, held.get(name)) for name, value in wanted.items())


_AMOUNT: Final = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]*)?")
"""A text of digits that begins with a zero is a phone number or a postcode, not an amount."""


def _is_blank(value: Any) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


def _plain(value: Any) -> Any:
    if isinstance(value, bool):
        return value
    text = str(value).strip()
    return Decimal(text) if isinstance(value, (float, Decimal)) or _AMOUNT.fullmatch(text) else text
