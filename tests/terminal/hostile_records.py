"""Puts text that means harm wherever the systems take text, and its harmless twin in the same places."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import httpx

from tests.support.hostile_text import CORPUS
from tests.support.matrix import some
from tests.support.patience import LAST_RESORT
from tests.support.sandbox_home import Sandbox

LARGE = 100_000
"""Characters from which a text goes into one field of its record only: a whole page of them is no reply any more."""
HARMLESS = "Jane Roe"
_KEPT = frozenset(
    (
        *("id", "kind", "role", "contact_id", "card_id", "email", "source", "type", "username"),
        *("loan_officer_id", "external_id", "flex_kind", "custom_consent", "content_type", "content"),
    )
)
"""Fields that say what a record is, or whose it is: with other words in them there would be no such record."""
_SOUGHT = frozenset(
    ("owner", "FirstName", "LastName", "EmailAddress", "Lender", "Name", "first_name", "last_name")
)
"""Fields that the sandbox finds records by; its store takes half a character in all others."""

_PLACES = {
    "brokerengine": ("cards", "contacts", "notes"),
    "flex": ("contacts",),
    "simplenexus": ("loan-officers", "borrowers", "partners", "prospects"),
    "total-expert": ("contacts", "contact-groups", "insight-types"),
}


TEXTS = some(CORPUS.values(), 3, first=1)
"""The texts that the records get: with a link by OSC 8, C1, a bidi override, lone surrogates and a megabyte."""


def plant(sandbox: Sandbox, *, harm: bool = True, most: int = len(TEXTS)) -> None:
    """Fill records of every kind, each with one of `TEXTS`: the first cards, and every contact.

    Without `harm` the first `most` of every kind have a harmless text in the same places.
    """
    texts = TEXTS[:most]
    base = sandbox.urls["flex"].removesuffix("/flex") + "/_sandbox/records"
    headers = {"Authorization": f"Bearer {sandbox.token}"}
    with httpx.Client(
        base_url=base, headers=headers, trust_env=False, timeout=LAST_RESORT, verify=False
    ) as client:
        for system, kinds in _PLACES.items():
            held = sandbox.records(system)
            for kind in kinds:
                everywhere = system in ("simplenexus", "total-expert")
                for n, record in enumerate(held[kind] if harm and everywhere else held[kind][:most]):
                    text = texts[n % most]
                    if len(text) > LARGE and n >= most:
                        continue
                    if len(text) > LARGE and not text.isascii() and kind != "cards":
                        continue  # once escaped it fills a page of a list
                    row = str(record.get("id") or record.get("FLEXId") or "")
                    _patch(client, f"{system}/{kind}/{row}", _filled(record, text if harm else HARMLESS))
        linked = {"flex_id": _flex_id(harm), "flex_kind": "opportunity"}
        _patch(client, "brokerengine/cards/C-1002", linked)


def _flex_id(harm: bool) -> str:
    return "1-6\x1b]52;c;aGVsbG8=\x07\ud800" if harm else "1-6D9UZ"


def _filled(record: Mapping[str, Any], text: str) -> dict[str, Any]:
    """Give the record's texts, each replaced; of a very long one, the first that is shown."""
    if len(text) > LARGE:
        first = next((name for name in ("title", "last_name", "LastName", "text") if name in record), None)
        return {first: text} if first else {}
    return {name: inner for name, value in record.items() if (inner := _text(name, value, text)) is not None}


def _text(name: str, value: Any, text: str) -> Any:
    if name in _KEPT or name.endswith(("_at", "_date", "Id", "_id", "amount", "term", "loan")):
        return None
    if name in _SOUGHT and not _is_whole(text):
        return None
    if isinstance(value, str):
        return None if name.replace("_", "").endswith(("At", "birthday")) else text
    if isinstance(value, Mapping):
        return {inner: one for inner, held in value.items() if (one := _text(inner, held, text)) is not None}
    if isinstance(value, list) and value and name == "other":
        return [{"section": text, "name": text, "value": text} for _ in value]
    return None


def _is_whole(text: str) -> bool:
    return not any("\ud800" <= char <= "\udfff" for char in text)


def _patch(client: httpx.Client, path: str, patch: Mapping[str, Any]) -> None:
    """Change a record behind the desk's back; ASCII, so that half a character passes."""
    if patch and not path.endswith("/"):
        client.patch(f"/{path}", content=json.dumps(patch).encode("ascii")).raise_for_status()
