"""Which products are linked, as what, and why the others are not."""

from __future__ import annotations

import itertools
from typing import Any

import msgspec
import pytest

from core.errors import DecidedMeanwhile
from core.flex.field_map.fates import Fate
from core.flex.model import CatalogueProduct, Product
from core.flex.plans.products import ProductStanding, match_product, product_key, product_standing
from core.flex.records import SameProduct
from tests.support.cards import BASIC, CONSIDERED, FLEXI, FULL, SELECTED, but, gather, preview
from tests.support.flex_setup import START, FlexWorld
from tests.support.team_books import FakeTeamBook, Sender, SharedStore

YES, NO = True, False
# shortlisted, highlighted, in the funding position
TRUTH = {
    (YES, YES, YES): ProductStanding.SELECTED,
    (NO, YES, YES): ProductStanding.SELECTED,
    (YES, NO, NO): ProductStanding.CONSIDERED,
    (YES, NO, YES): ProductStanding.CONSIDERED,
    (YES, YES, NO): ProductStanding.NEITHER,
    (NO, YES, NO): ProductStanding.NEITHER,
    (NO, NO, YES): ProductStanding.NEITHER,
    (NO, NO, NO): ProductStanding.NEITHER,
}


@pytest.mark.parametrize("marks", list(itertools.product((YES, NO), repeat=3)))
def test_where_a_product_stands(marks: tuple[bool, bool, bool]) -> None:
    assert product_standing(Product("PR", "L", "N", True, *marks)) is TRUTH[marks]


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


def of_catalogue(*names: str) -> dict[str, tuple[CatalogueProduct, ...]]:
    """Return a catalogue of one lender with entries of these names, numbered from 1."""
    entries = [CatalogueProduct(f"1-PROD{n}", "Harbour Mutual", name) for n, name in enumerate(names, 1)]
    return {"harbour mutual": tuple(entries)}


@pytest.mark.parametrize(
    ("held", "offered"),
    [
        ("abcdefghijkl", True),
        ("abcdefghi...", True),
        ("abcdefgh....", False),
        ("abcdefghij.....", False),
    ],
    ids=["all 12 letters", "9 of 12, a likeness of 0.75", "8 of 12, of 0.67", "10 of 12 and 15, of 0.74"],
)
def test_a_name_is_near_from_a_likeness_of_three_quarters(held: str, offered: bool) -> None:
    match = match_product(but(SELECTED, name="ABCDEFGHIJKL "), gather(catalogue=of_catalogue(held)))
    assert (match.near is not None or match.entry is not None) is offered


def test_the_nearest_of_several_near_names_is_offered() -> None:
    catalogue = of_catalogue("Zzz", "Flexi Home Loan Plus", "Flexi Home Loans", "Flexi Home Load 2")
    match = match_product(but(SELECTED, name="Flexi Home Loan"), gather(catalogue=catalogue))
    assert match.near is not None
    assert match.near.name == "Flexi Home Loans"


def test_case_is_no_difference_in_any_script() -> None:
    product = but(SELECTED, lender="GROSSE BANK", name="Straßen-Kredit")
    entry = CatalogueProduct("1-PROD7", "Große Bank", "STRASSEN-KREDIT")
    assert match_product(product, gather(catalogue={"grosse bank": (entry,)})).entry == entry


# -- a near name that a person took -------------------------------------------------------------------------

CHOSEN = but(SELECTED, lender="Harbour  MUTUAL", name="Flexi  Loan")
KEY = "harbour mutual/flexi loan"


def test_a_choice_is_remembered_by_lender_and_name_but_for_case_and_blanks() -> None:
    assert product_key(CHOSEN.lender, CHOSEN.name) == KEY
    assert SameProduct(KEY, "1-PROD1", "m.hale", 1.0).key == KEY


def test_a_product_whose_near_name_a_person_took_is_linked_by_hand() -> None:
    match = match_product(CHOSEN, gather(same_products={KEY: "1-PROD2"}))
    assert (match.entry, match.linked, match.by_hand) == (BASIC, True, True)
    assert not match_product(SELECTED, gather(same_products={KEY: "1-PROD2"})).by_hand


@pytest.mark.parametrize("choices", [{}, {KEY: "1-GONE"}, {"harbour mutual/other": "1-PROD2"}])
def test_without_a_choice_that_the_catalogue_still_holds_nothing_is_linked(choices: dict[str, str]) -> None:
    match = match_product(CHOSEN, gather(same_products=choices))
    assert (match.entry, match.linked, match.by_hand) == (None, False, False)
    assert match.reason == "Flexi  Loan is not in FLEX's catalogue"


async def test_of_two_people_who_take_an_entry_the_second_sees_the_first() -> None:
    store = SharedStore(lambda: START)
    anna, ben = FlexWorld(FULL), FlexWorld(FULL)
    for n, world in enumerate((anna, ben)):
        world.desk.book, world.desk.operator = FakeTeamBook(store, Sender(f"s-{n}")), ("anna", "ben")[n]
    gone = SameProduct(KEY, "1-GONE", "anna", START - 100)
    await anna.desk.book.commit(gone)
    near = but(CHOSEN, name="Flexi Home Loans")
    seen = match_product(near, gather())
    assert seen.near == FLEXI
    await anna.desk.same_product(seen)
    ben.clock.at = START + 40
    said = r"^anna took entry 1-PROD1 of FLEX's catalogue for “Flexi Home Loans”, 40 s ago\. Nothing of yours"
    with pytest.raises(DecidedMeanwhile, match=said):
        await ben.desk.same_product(seen)
    key = product_key(near.lender, near.name)
    read_again = match_product(near, gather(same_products={key: "1-PROD1"}))
    await ben.desk.same_product(read_again)
    assert await ben.desk.book.get(SameProduct, key) is None
    stale = match_product(CHOSEN, gather(same_products={KEY: "1-GONE"}))
    await ben.desk.same_product(msgspec.structs.replace(stale, near=BASIC))
    assert await anna.desk.book.get(SameProduct, KEY) == SameProduct(KEY, "1-PROD2", "ben", START + 40)


def test_an_entry_of_the_same_name_goes_before_a_choice() -> None:
    match = match_product(SELECTED, gather(same_products={"harbour mutual/flexi home loan": "1-PROD2"}))
    assert (match.entry, match.by_hand) == (FLEXI, False)


# -- products that are one entry of the catalogue ---------------------------------------------------------------

AGAIN = but(SELECTED, id="PR-3", name="flexi HOME loan", highlighted=False, in_funding_position=False)


@pytest.mark.parametrize("products", [(SELECTED, AGAIN), (AGAIN, SELECTED)], ids=["first", "last"])
def test_of_two_products_that_are_one_entry_the_selected_one_is_linked_with_its_split(
    products: tuple[Product, ...],
) -> None:
    shown = preview(but(FULL, products=products))
    (sent,) = shown.payload["ProductLinks"]
    assert (sent["Product"], sent["Selected"]) == ("1-PROD1", "Y")
    assert (sent["SplitAmount"], sent["BaseSplitAmount"]) == (140000.5, 499999.5)
    assert [match.product.id for match in shown.products if match.linked] == ["PR-1"]
    assert [match.product for match in shown.products] == list(products), "the order stays"


def test_the_preview_says_which_product_was_merged_into_which() -> None:
    shown = preview(but(FULL, products=(AGAIN, SELECTED, CONSIDERED)))
    reason = "merged into Harbour Mutual Flexi Home Loan (SELECTED), which is the same entry 1-PROD1 in FLEX"
    said = f"Harbour Mutual flexi HOME loan (CONSIDERED) is not linked automatically: {reason}."
    assert said in shown.warnings
    lines = [field for field in shown.fields if field.local_id == "PR-3"]
    assert [(field.fate, field.value, field.reason) for field in lines] == [(Fate.NO_HOME, None, reason)] * 3
    assert [match.merged_into.product.id for match in shown.products if match.merged_into] == ["PR-1"]


def test_of_products_of_equal_standing_the_first_is_linked() -> None:
    twin = but(SELECTED, id="PR-4")
    for first, second in ((SELECTED, twin), (AGAIN, but(AGAIN, id="PR-4"))):
        shown = preview(but(FULL, products=(first, second)))
        assert [match.product.id for match in shown.products if match.linked] == [first.id]
        assert len(shown.payload["ProductLinks"]) == 1


def test_a_product_that_is_not_linked_takes_no_other_product_in() -> None:
    idle = but(SELECTED, id="PR-5", in_funding_position=False)
    shown = preview(but(FULL, products=(idle, AGAIN)))
    assert [match.product.id for match in shown.products if match.linked] == ["PR-3"]
    assert not [match for match in shown.products if match.merged_into]


def test_a_near_name_that_a_person_took_is_merged_with_the_entrys_own_product() -> None:
    shown = preview(but(FULL, products=(SELECTED, but(CHOSEN, id="PR-6"))), same_products={KEY: "1-PROD1"})
    assert [match.product.id for match in shown.products if match.linked] == ["PR-1"]
    (merged,) = [match for match in shown.products if match.merged_into]
    assert (merged.product.id, merged.by_hand) == ("PR-6", True)
