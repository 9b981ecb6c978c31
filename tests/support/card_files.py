"""Files of cards for the tests: a table with the columns a test names, and cards as JSON Lines."""

from __future__ import annotations

import json
from typing import Any

BASE = {
    "card_id": "C-1",
    "kind": "deal",
    "role": "Primary Applicant",
    "first_name": "Linh",
    "last_name": "Nguyen",
}


def table(*rows: dict[str, str], delimiter: str = ",") -> bytes:
    """Write rows as CSV; each has the base's values where it says nothing else."""
    names = list({name: None for row in (BASE, *rows) for name in row})
    lines = [names, *([{**BASE, **row}.get(name, "") for name in names] for row in rows)]
    return "".join(delimiter.join(_cell(cell, delimiter) for cell in line) + "\n" for line in lines).encode()


def _cell(text: str, delimiter: str) -> str:
    quote = any(char in text for char in (delimiter, '"', "\n", "\r"))
    return '"' + text.replace('"', '""') + '"' if quote else text


def card(card_id: str = "C-1", **more: Any) -> dict[str, Any]:
    """Give a card of the contract."""
    contact = {"id": f"P-{card_id}", "first_name": "Linh", "last_name": "Nguyen"}
    people = [{"role": "Primary Applicant", "contact": contact}]
    return {
        "id": card_id,
        "title": "T",
        "kind": "deal",
        "stage": "AIP",
        "owner": "m",
        "people": people,
    } | more


def jsonl(*cards: dict[str, Any]) -> bytes:
    """Write cards as JSON Lines."""
    return b"".join(json.dumps(one).encode() + b"\n" for one in cards)
