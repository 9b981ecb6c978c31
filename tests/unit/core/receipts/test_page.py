"""The page of a receipt: whole by itself, and safe with whatever a client is called."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

import pytest

from core.receipts.page import document_in, page_of
from core.receipts.seal import seal_of
from tests.support.fakes import person_step, plan_of
from tests.unit.core.receipts.receipt_setup import ReceiptWorld

HOSTILE = [
    "<script>alert(1)</script>",
    "</script><img src=x onerror=alert(1)>",
    '"><svg/onload=alert(1)>',
    "&lt;b&gt;",
    "a\u202eb\x1b[31m\x00",
    "]]><!--",
    "\ud800",
]


class Tags(HTMLParser):
    """Collects the tags and the visible text of a page."""

    def __init__(self, page: bytes) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, tuple[str, ...]]] = []
        self.text: list[str] = []
        self.feed(page.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, tuple(name for name, _ in attrs)))

    def handle_data(self, data: str) -> None:
        self.text.append(data)


async def receipt(**replaced: Any) -> dict[str, Any]:
    """Return the receipt of a small push, with some of its parts replaced."""
    written = await ReceiptWorld().push(plan_of(person_step()))
    return {**written.document, **replaced}


@pytest.mark.parametrize("name", HOSTILE, ids=range(len(HOSTILE)))
async def test_a_hostile_name_is_text_and_nothing_else(name: str) -> None:
    plain = Tags(page_of(await receipt()))
    document = await receipt(title=name, subject=name, operator=name, warnings=[name], look_alikes=[name])
    for field in document["fields"]:
        field.update(about=name, source_value=name, sent=name, found=name, reason=name, target=name)
    for record in document["records"]:
        record.update(summary=name, remote_id=name)
    page = page_of(document)
    seen = Tags(page)
    counted = {tag for tag, _ in seen.tags}
    assert counted <= {tag for tag, _ in plain.tags} | {"br", "ul", "li"}
    assert not [names for tag, names in seen.tags if any(attribute.startswith("on") for attribute in names)]
    assert page.count(b"<script") == page.count(b"</script>") == 1
    assert document_in(page) == document


async def test_what_drives_a_terminal_or_turns_text_around_is_replaced_on_the_page() -> None:
    text = "".join(Tags(page_of(await receipt(title="a\u202eb\x1bc"))).text)
    assert "a\N{REPLACEMENT CHARACTER}b\N{REPLACEMENT CHARACTER}c" in text
    assert "\x1b" not in text


async def test_the_page_needs_nothing_else() -> None:
    page = page_of(await receipt()).decode()
    assert not re.search(r"https?://|src=|href=|@import|url\(", page)
    assert "default-src 'none'" in page


async def test_the_page_says_in_words_what_the_receipt_holds() -> None:
    text = " ".join(Tags(page_of(await receipt(files=[{"name": "id.pdf", "size": 3, "sha256": "ab"}]))).text)
    for words in (
        "LIVE",
        "m.hale",
        "desk-1",
        "command line: x",
        "profile live, workspace harbour-loans",
        "✓ arrived",
        "Linh",
        "id.pdf",
        "SHA-256 of this receipt",
    ):
        assert words in text


async def test_the_receipt_in_the_page_keeps_its_seal() -> None:
    document = await receipt()
    inside = document_in(page_of(document))
    assert inside is not None
    assert inside["sha256"] == seal_of(inside) == document["sha256"]


@pytest.mark.parametrize(
    "page", [b"", b"<html></html>", b'<script type="application/json" id="receipt">{</script>']
)
def test_a_page_without_a_receipt_holds_none(page: bytes) -> None:
    assert document_in(page) is None


async def test_the_consent_of_a_push_that_contacts_people_has_a_part_of_its_own() -> None:
    stated = {"about": "9001", "says": "contact 9001: email no, silenced", "overruled_by": "m.hale"}
    seen = " ".join(Tags(page_of(await receipt(consent=[stated]))).text)
    assert "Consent" in seen
    assert all(value in seen for value in stated.values())
    older = await receipt()
    del older["consent"]
    assert "Consent" not in " ".join(Tags(page_of(older)).text), "an earlier receipt has none"
