"""The pages of a card for paper or a file: everything is escaped, and nothing is fetched from anywhere."""

from __future__ import annotations

import re

import msgspec

from core.flex.field_map.fates import ARRIVES, Fate
from core.flex.plans.by_hand import rows_to_enter
from core.flex.use_cases.changed_since_push import places
from core.flex.use_cases.checklist import ChecklistItem
from core.flex.use_cases.paste import PasteList
from core.html_page import bullets, heading, html_page, pairs, table
from tests.support.cards import FULL, but, preview
from tui.cards.pages import list_page, preview_page

HOSTILE = '<script src="https://example.com/x.js">alert("1")</script>&\x1b[31m'
OUTSIDE = re.compile(r"<(script|link|img|iframe|object|a)\b|url\(|@import", re.IGNORECASE)


def test_a_page_escapes_every_text_and_refers_to_nothing() -> None:
    parts = [
        heading(HOSTILE),
        bullets([HOSTILE]),
        pairs([(HOSTILE, HOSTILE), ("left out", "")]),
        table([HOSTILE], [[HOSTILE, "two\nlines"]]),
    ]
    page = html_page(HOSTILE, parts).decode()
    assert OUTSIDE.search(page) is None
    assert "\x1b" not in page
    assert "left out" not in page
    assert "two<br>lines" in page
    assert "default-src 'none'" in page


def test_the_page_of_a_preview_has_every_field_that_holds_something() -> None:
    people = FULL.people
    odd = msgspec.structs.replace(people[0].contact, email=HOSTILE)
    shown = preview(
        but(FULL, title=HOSTILE, people=(msgspec.structs.replace(people[0], contact=odd), people[1]))
    )
    page = preview_page(shown).decode()
    assert OUTSIDE.search(page) is None
    assert "Creates 2 people" in page
    assert "Nothing of this was sent." in page
    assert shown.plan.digest in page
    values = [field for field in shown.fields if field.fate in ARRIVES]
    assert all(field.target in page for field in values)
    assert page.count("<tr>") > sum(field.fate is not Fate.EMPTY for field in shown.fields)


def test_the_page_of_a_list_has_every_row_with_its_tick() -> None:
    shown = preview(FULL)
    rows = rows_to_enter(list(zip(places(shown.fields), shown.fields, strict=True)))
    items = [ChecklistItem(row, ticked=n == 0, changed=False, new=False) for n, row in enumerate(rows)]
    page = list_page(PasteList(shown, tuple(items), ())).decode()
    assert OUTSIDE.search(page) is None
    assert page.count("<td>✓</td>") == 1
    assert page.count("<tr>") >= len(items)
    assert f"1 of {len(items)} entered" in page
