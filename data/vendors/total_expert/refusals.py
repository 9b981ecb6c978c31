"""Which contact group a refused create was missing, in words. Pure.

Some organisations require groups on every new contact. No document gives the words of the refusal, so the names of the
owner's groups are looked for in the reply. Nothing else of the reply is quoted.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any, Final

from core.push.plan import Body
from data.vendors.http.reply import HttpReply

_GROUP: Final = re.compile(r"group", re.IGNORECASE)


def speaks_of_groups(reply: HttpReply) -> bool:
    """Return True if a reply is a refusal that names groups."""
    return reply.status in (400, 422) and bool(_GROUP.search(_text(reply)))


def sent_groups(body: Body) -> tuple[str, ...]:
    """Return the names of the groups that a body asks for."""
    listed = body.get("contact_groups")
    entries = listed if isinstance(listed, list) else []
    return tuple(
        str(entry["group_name"]) for entry in entries if isinstance(entry, dict) and entry.get("group_name")
    )


def missing_groups(reply: HttpReply, body: Body, of_owner: Iterable[str]) -> str:
    """Return in words which group was missing. `of_owner` are the names of the groups of the contact's owner."""
    sent, theirs, text = sent_groups(body), tuple(of_owner), _text(reply).casefold()
    unknown = [name for name in sent if name.casefold() not in {known.casefold() for known in theirs}]
    if unknown:
        return f"the owner has no group {_quoted(unknown)}"
    asked = {name.casefold() for name in sent}
    named = [name for name in theirs if name.casefold() in text and name.casefold() not in asked]
    # A name inside a longer name that is there too is not a name of its own.
    named = [
        one
        for one in named
        if not any(one != other and one.casefold() in other.casefold() for other in named)
    ]
    if named:
        return f"Total Expert requires the group {_quoted(dict.fromkeys(named))} on a new contact"
    told = f"the groups sent were {_quoted(sent)}" if sent else "no group was sent"
    return f"Total Expert requires a group on a new contact and does not say which; {told}"


def _quoted(names: Iterable[str]) -> str:
    return ", ".join(f"“{name}”" for name in names)


def _text(reply: HttpReply) -> str:
    """Return all texts of a refusal's JSON, in one."""
    return " ".join(_texts(reply.json_object() or {}))


def _texts(value: Any) -> Sequence[str]:
    if isinstance(value, str):
        return [value[:2000]]
    if isinstance(value, dict):
        return [text for inner in value.values() for text in _texts(inner)]
    if isinstance(value, list):
        return [text for inner in value for text in _texts(inner)]
    return []
