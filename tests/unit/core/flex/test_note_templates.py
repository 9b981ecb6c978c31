"""Note templates: placeholders are filled from the card, and what can't be filled is named and stays visible."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal

import msgspec
import pytest

from core.errors import DeskError
from core.flex.model import Applicant, Person, Product, Requirements
from core.flex.note_templates import (
    PLACEHOLDERS,
    NoteTemplate,
    fill,
    template_named,
    values_of,
    without_gaps,
)
from tests.support.cards import FULL, but
from tests.support.fork_server import ROOT

TODAY = date(2026, 11, 9)


def filled(text: str, **changed: object) -> str:
    return fill(NoteTemplate("a", text), values_of(but(FULL, **changed), "1-A", "m.hale", TODAY)).text


def test_every_placeholder_has_a_value_on_a_card_that_is_filled_in() -> None:
    values = values_of(FULL, "1-A", "m.hale", TODAY)
    assert set(values) == set(PLACEHOLDERS)
    assert [name for name, value in values.items() if not value] == []


def test_a_template_is_filled_from_the_card() -> None:
    text = "{today}: spoke to {first_names} ({card}) about {amount} over {term}, {lender}. {operator}"
    assert filled(text) == (
        "9 Nov 2026: spoke to Linh and Bao (C-1) about $640,000 over 30 years, Harbour Mutual. m.hale"
    )


@pytest.mark.parametrize(
    ("names", "shown"), [(["An"], "An"), (["An", "Bo"], "An and Bo"), (["An", "Bo", "Cy"], "An, Bo and Cy")]
)
def test_names_are_listed_as_people_write_them(names: list[str], shown: str) -> None:
    people = tuple(Applicant("Primary Applicant", Person(f"P-{n}", name)) for n, name in enumerate(names))
    assert filled("{first_names}", people=people) == shown


@pytest.mark.parametrize(("amount", "shown"), [("640000.50", "$640,000.50"), ("0", "$0"), ("1e3", "$1,000")])
def test_an_amount_is_written_in_full(amount: str, shown: str) -> None:
    assert filled("{amount}", requirements=Requirements(Decimal(amount))) == shown


def test_what_the_card_lacks_and_what_is_no_placeholder_stays_and_is_named() -> None:
    template = NoteTemplate("call", "{amount} {foo} {Client} {} {client}")
    card = but(FULL, requirements=Requirements(), title="Ng")
    found = fill(template, values_of(card, None, "m.hale", TODAY))
    assert found.text == "{amount} {foo} {Client} {} Ng"
    assert (found.missing, found.unknown) == (("amount",), ("foo",))
    assert found.gaps == "The card has no value for {amount}. There is no placeholder {foo}."
    with pytest.raises(DeskError) as raised:
        without_gaps(found, "C-1")
    assert raised.value.code == "template-gap"
    assert "{client}" in raised.value.fix


def test_a_value_that_looks_like_a_placeholder_is_not_filled_again() -> None:
    assert filled("{client}", title="{amount} {foo}") == "{amount} {foo}"


def test_several_products_in_the_funding_position_are_no_single_product() -> None:
    other = Product("PR-9", "Other Bank", "Basic", in_funding_position=True)
    values = values_of(but(FULL, products=(*FULL.products, other)), None, "m.hale", TODAY)
    assert (values["lender"], values["product"]) == ("", "")


def test_a_template_is_found_by_its_name_in_any_case() -> None:
    templates = (NoteTemplate("First call", "a"), NoteTemplate("settled", "b"))
    assert template_named(templates, "first CALL").text == "a"
    with pytest.raises(DeskError) as raised:
        template_named(templates, "second call")
    assert raised.value.code == "no-template"
    assert "First call, settled" in raised.value.fix


def test_a_text_without_placeholders_stays_as_it_is() -> None:
    text = msgspec.json.encode({"a": 1}).decode()
    assert filled(text) == text


def test_the_page_about_templates_names_every_placeholder_and_no_other() -> None:
    page = (ROOT / "docs" / "files.md").read_text("utf-8").partition("## Note templates")[2]
    table = "\n".join(line for line in page.splitlines() if line.startswith("| `{"))
    assert set(re.findall(r"`\{([a-z_]+)\}`", table)) == set(PLACEHOLDERS)
