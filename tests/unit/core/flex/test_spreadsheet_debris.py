"""What a spreadsheet leaves in a file of cards: restored where its form proves the value, else refused; never sent."""

from __future__ import annotations

import pytest

from core.flex.field_map.fates import Fate, Field
from core.flex.plans.card import plan_card
from core.flex.plans.inputs import CardInputs
from core.flex.plans.preview import Preview
from data.cards.csv_cards import read_csv
from data.cards.reading import card_of
from tests.support.cards import MAP

HEADER = "card_id,kind,role,first_name,last_name,email,mobile_phone,home_suburb,home_state,home_postcode\n"


def _read(email: str, mobile: str, postcode: str) -> Preview:
    cells = [
        f'"{cell}"'
        for cell in (email, mobile.replace('"', '""'), "Darwin", "NT", postcode.replace('"', '""'))
    ]
    row = f"X-1,Deal,Primary Applicant,Gia,Rossi,{','.join(cells)}\n"
    (entry,) = read_csv((HEADER + row).encode()).entries
    assert entry.held is not None
    card, extras = card_of(entry.held)
    return plan_card(CardInputs(card, MAP, "test", extras))


def _field(preview: Preview, source: str) -> Field:
    return next(field for field in preview.fields if field.source == source)


@pytest.mark.parametrize(
    ("email", "mobile", "postcode"),
    [
        ("gia@example.org", "412555010", "800"),
        ("gia@example.org;", '="0412555010"', '="0800"'),
        ("Gia Rossi <gia@example.org>", "'0412555010", "'0800"),
        ("mailto:gia@example.org", "0412.555.010", "800.0"),
    ],
)
def test_a_value_that_the_form_proves_is_restored(email: str, mobile: str, postcode: str) -> None:
    preview = _read(email, mobile, postcode)
    body = preview.plan.steps[0].body
    assert body["EmailAddress"] == "gia@example.org"
    assert body["CellularPhone"].replace(" ", "") == "0412555010"
    assert body["DirectAddressPostalCode"] == "0800"
    assert not [warning for warning in preview.warnings if "is not sent" in warning]


@pytest.mark.parametrize("debris", ["#N/A", "#REF!", "N/A", "6.14126E+10", "#VALUE!"])
def test_what_is_no_value_is_refused_and_warned_of(debris: str) -> None:
    preview = _read(debris, debris, "#N/A")
    for source in ("Email Address", "Phone Number: Mobile", "Home Address: Postcode"):
        assert _field(preview, source).fate is Fate.REFUSED
        assert any(source in warning for warning in preview.warnings)
    assert preview.pushable
