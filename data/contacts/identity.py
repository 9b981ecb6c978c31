"""The id of a contact in a file without ids. Knows no file."""

from __future__ import annotations

import hashlib
import json
import unicodedata
from collections.abc import Container, Iterable, Mapping

from core.compare.emails import inbox_key
from core.compare.phones import digits

_PHONES = ("mobile_phone", "home_phone", "work_phone")


def shared_inboxes(rows: Iterable[Mapping[str, str]]) -> frozenset[str]:
    """Return the keys of the inboxes that people of different names share, such as a couple."""
    names: dict[str, list[str]] = {}
    shared: set[str] = set()
    for values in rows:
        inbox, name = inbox_key(values.get("email", "")), _name(values)
        if inbox and any(name) and names.setdefault(inbox, name) != name:
            shared.add(inbox)
    return frozenset(shared)


def derive_contact_id(values: Mapping[str, str], shared: Container[str]) -> str:
    """Return an id that stays when rows move: of the email, else of the name with birth date or phone; "" for neither.

    `values` are a row's values by column. An inbox in `shared` is not a person's alone, so that the name is part of the
    id. Case, accents, blanks and punctuation of a name do not count. The id is a hash, because ids are shown and logged
    where emails are not. Two rows may get the same id: `data.contact_files` decides what
    becomes of them.
    """
    name = _name(values)
    if inbox := inbox_key(values.get("email", "")):
        return f"E-{_hash(inbox, *name) if inbox in shared else _hash(inbox)}"
    if not any(name):
        return ""
    born = values.get("birth_date", "").strip()
    phone = next(filter(None, (digits(values.get(column, "")) for column in _PHONES)), "")
    return f"N-{_hash(*name, born or phone)}"


def _name(values: Mapping[str, str]) -> list[str]:
    return [_fold(values.get(part, "")) for part in ("first_name", "last_name")]


def _hash(*parts: str) -> str:
    whole = json.dumps(parts, ensure_ascii=True).encode("ascii")
    return hashlib.blake2b(whole, digest_size=6).hexdigest()


def _fold(name: str) -> str:
    decomposed = unicodedata.normalize("NFKD", name.casefold())
    return "".join(char for char in decomposed if char.isalnum())
