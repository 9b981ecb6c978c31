"""Which products are linked, as what, and why the others are not."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from core.flex.fates import Fate
from core.flex.nouns import CatalogueProduct, Product
from core.flex.products import Standing, match_product, standing
from tests.core.cards import BASIC, CONSIDERED, FLEXI, FULL, SELECTED, but, gather, preview

YES, NO = True, False
# shortlisted, highlighted, in the funding position
TRUTH = {
    (YES, YES, YES): Standing.SELECTED,
    (NO, YES, YES): Standing.SELECTED,
    (YES, NO, NO): Standing.CONSIDERED,
    (YES, NO, YES): Standing.CONSIDERED,
    (YES, YES, NO): Standing.NEITHER,
    (NO, YES, NO): Standing.NEITHER,
    (NO, NO, YES): Standing.NEITHER,
    (NO, NO, NO): Standing.NEITHER,
}


@pytest.mark.parametrize("marks", list(itertools.product((YES, NO), repeat=3)))
def test_where_a_product_stands(marks: tuple[bool, bool, bool]) -> None:
    assert standing(Product("PR", "L", "N", True, *marks)) is TRUTH[marks]


def test_a_selected_and_a_considered_product_are_linked_as_such() -> None:
    shown = preview()
    assert [(b["Product"], b["Selected"]) for b in shown.payload["ProductLinks"]] == [
        ("1-PROD1", "Y"),
        ("1-PROD2", "N"),
    ]


@pytest.mark.parametrize(
    ("product", "entry", "why"),
    [
        (SELECTED, FLEXI, ""),
        (but(SELECTED, lender=" harbour  MUTUAL ", name="flexi home  loan"), FLEXI, ""),
        (but(SELECTED, tracked=False), None, "BrokerEngine does not track it"),
        (but(SELECTED, lender="Nowhere Bank"), None, "Nowhere Bank is not in FLEX's catalogue"),
        (but(SELECTED, name="Golden Saver"), None, "Golden Saver is not in FLEX's catalogue"),
        (but(SELECTED, in_funding_position=False), FLEXI, "highlighted, but not in the funding position"),
        (but(CONSIDERED, shortlisted=False), BASIC, "neither shortlisted nor highlighted"),
    ],
)
def test_a_product_is_linked_or_says_why_not(
    product: Product, entry: CatalogueProduct | None, why: str
) -> None:
    match = match_product(product, gather())
    assert (match.entry, match.reason, match.linked) == (entry, why, not why)


@pytest.mark.parametrize(("name", "near"), [("Flexi Home Loans", FLEXI), ("Zzz", None)])
def test_a_near_name_is_offered_and_never_taken(name: str, near: CatalogueProduct | None) -> None:
    product = but(SELECTED, name=name)
    match = match_product(product, gather())
    assert (match.near, match.entry, match.linked) == (near, None, False)
    assert preview(but(FULL, products=(product,))).payload["ProductLinks"] == []


@pytest.mark.parametrize(
    "changed",
    [{"tracked": False}, {"lender": "Nowhere Bank"}, {"name": "Golden"}, {"in_funding_position": False}],
)
def test_a_product_that_is_not_linked_has_no_home_a_warning_and_no_step(changed: dict[str, Any]) -> None:
    product = but(SELECTED, **changed)
    shown = preview(but(FULL, products=(product,)))
    lines = [field for field in shown.fields if field.section == "Products"]
    assert [field.fate for field in lines] == [Fate.NO_HOME] * 3
    assert {field.value for field in lines} == {None}
    assert shown.payload["ProductLinks"] == []
    assert any(f"{product.lender} {product.name} is not linked" in said for said in shown.warnings)


def test_a_linked_products_lines_hold_what_is_sent() -> None:
    shown = preview(but(FULL, products=(CONSIDERED,)))
    lines = {field.source: field.value for field in shown.fields if field.section == "Products"}
    assert lines == {"Lender": "1-PROD2", "Name": "1-PROD2", "Selected/Considered": "N"}
