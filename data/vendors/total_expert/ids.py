"""Total Expert's ids as its documents type them: a contact, a user, a group, an insight type are numbers. Pure."""

from __future__ import annotations

from typing import Any, Final

from core.push.plan import Body

_MOST_DIGITS: Final = 18
_RELATIONS: Final = frozenset(
    {
        *("owner", "contact", "type", "assignee", "shared_with_users"),
        *("contact_groups", "remove_contact_groups"),
    }
)
"""The relationships whose target can be named by an id that is a number."""


def with_numbers(body: Body) -> Body:
    """Return a body with the ids of its relationships as numbers. An id that is not a number stays as it is."""
    return {name: _numbered(value) if name in _RELATIONS else value for name, value in body.items()}


def _numbered(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _number(inner) if name == "id" else inner for name, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_numbered(inner) for inner in value]
    return value


def _number(id_: Any) -> Any:
    if isinstance(id_, str) and id_.isascii() and id_.isdigit() and len(id_) <= _MOST_DIGITS:
        return int(id_) if str(int(id_)) == id_ else id_
    return id_
