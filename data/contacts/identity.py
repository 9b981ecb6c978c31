"""The id of a contact in a file without ids. Knows no file."""

from __future__ import annotations

import hashlib
import json
import unicodedata
from collections.abc import Mapping

from core.compare.emails import inbox_key
from core.compare.phones import digits

_PHONES = ("mobile_phone", "home_phone", "work_phone")


def derive_contact_id(values: Mapping[str, str]) -> str:
    """Return an id that stays when rows move: of the email, else of the name with birth date or phone; "" for neither.

    `values` are a row's values by column. Case, accents, blanks and punctuation of a name do not count. The id is a
    hash, because ids are shown and logged where emails are not. Two rows that get one id are not told apart here:
    `data.contact_files` says what becomes of them.
    """
    if inbox := inbox_key(values.get("email", "")):
        return f"E-{_hash(inbox)}"
    name = [_fold(values.get(part, "")) for part in ("first_name", "last_name")]
    if not any(name):
        return ""
    born = values.get("birth_date", "").strip()
    phone = next(filter(None, (digits(values.get(column, "")) for column in _PHONES)), "")
    return f"N-{_hash(*name, born or phone)}"


def _hash(*parts: str) -> str:
    whole = json.dumps(parts, ensure_ascii=True).encode("ascii")
    return hashlib.blake2b(whole, digest_size=6).hexdigest()


def _fold(name: str) -> str:
    decomposed = unicodedata.normalize("NFKD", name.casefold())
    return "".join(char for char in decomposed if char.isalnum())
