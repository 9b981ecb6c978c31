"""Whatever JSON a file holds: it is read or named, never a crash, and what fits is kept next to it."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import UsageError
from data.cards.papers import fact_find_of, note_of
from data.cards.read_file import read_export
from data.cards.reading import card_of
from data.contact_files import parse_contacts
from tests.support.matrix import so_many

ODD = st.text(st.characters(codec=None), max_size=8) | st.sampled_from(
    ["\ud800", "\0", "=1+1", "\r\n", '","', "1e999", "n/a", "٣", "-0", "\u202e", "x" * 3000]
)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | ODD
NAMES = st.sampled_from(
    [
        "id",
        "card_id",
        "kind",
        "title",
        "stage",
        "owner",
        "people",
        "products",
        "property",
        "requirements",
        "state",
        "text",
        "author",
        "created_at",
        "updated_at",
        "attachments",
        "contact__first_name",
        "contact.birth_date",
        "role",
        "fact_find",
        "flex_id",
        "email",
        "__",
        ".",
    ]
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES | ODD, inner, max_size=5),
    max_leaves=12,
)
RECORDS = st.dictionaries(NAMES | ODD, VALUES, max_size=10)
STARTS = [b"", b"[", b"{", b'[{"id":', b"card_id,text\n", b"card_id,fact_find_id\n"]
GOOD: dict[str, Any] = {"id": "C-GOOD", "title": "t", "kind": "deal", "stage": "", "owner": ""}
FLAT = {"card_id": "C-FLAT", "kind": "deal"}
NOTE = {"id": "N-GOOD", "card_id": "C-GOOD", "text": "hello"}


@settings(max_examples=so_many(400, 150), deadline=None)
@given(st.lists(RECORDS | VALUES, max_size=3), st.sampled_from([None, 1]), st.booleans())
def test_odd_records_cost_no_good_one(odd: list[Any], indent: int | None, lines: bool) -> None:
    records = [GOOD, *odd, FLAT, NOTE]
    text = "\n".join(map(json.dumps, records)) if lines else json.dumps(records, indent=indent)
    reading = read_export(Path("x.json"), text.encode())
    for entry in reading.entries:
        card_of(entry.json(text.encode()))
    for paper in reading.papers:
        (note_of if paper.kind == "note" else fact_find_of)(paper)  # type: ignore[operator]  # either takes an entry
    assert "C-GOOD" in {entry.summary.id for entry in reading.entries}
    assert "N-GOOD" in {paper.id for paper in reading.papers}


@settings(max_examples=so_many(200, 80), deadline=None)
@given(st.lists(RECORDS | VALUES, max_size=3), st.sampled_from([None, 1]))
def test_odd_contacts_cost_no_good_one(odd: list[Any], indent: int | None) -> None:
    reading = parse_contacts(
        json.dumps([*odd, {"id": "K-GOOD", "email": "a@x.example"}], indent=indent).encode()
    )
    assert "K-GOOD" in {contact.id for contact in reading.contacts}


@settings(max_examples=so_many(300, 150), deadline=None)
@given(
    st.binary(max_size=60),
    st.sampled_from(STARTS),
)
def test_any_bytes_are_read_or_named(data: bytes, start: bytes) -> None:
    with suppress(UsageError):
        reading = read_export(Path("x"), start + data)
        assert all(entry.summary.id for entry in reading.entries)
