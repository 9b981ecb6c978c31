"""Cards in JSON of any form: a list, one object, an object that holds the list; as our contract has them, or flat."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from core.flex.model import Card
from data.cards.known_columns import CARDS
from data.cards.read_file import read_export
from data.cards.reading import CardsReading, card_of
from data.tables.columns import NO_ANSWERS, ColumnAnswers, ColumnProfile, match_columns

CARD: dict[str, Any] = {
    "id": "C-7",
    "title": "Okafor",
    "kind": "deal",
    "stage": "Lodged",
    "owner": "m.hale",
    "people": [{"role": "Guarantor", "contact": {"id": "P-1", "first_name": "Ada"}}],
    "requirements": {"loan_amount": "640000.50"},
}
FLAT: dict[str, Any] = {
    "card_id": "C-8",
    "kind": "Lead",
    "Title": "Marsh",
    "contact__first_name": "Ivo",
    "contact__last_name": "Marsh",
    "contact__phones__mobile": "0412 555 017",
    "contact__role": "Primary Applicant",
    "requirements.loan_amount": 640000.50,
    "requirements__pre_approval": True,
    "property/address/street_1": "1 High St",
    "product__1__lender": "ANZ",
    "product__1__name": "Simplicity",
}


def read(document: Any, indent: int | None = None) -> CardsReading:
    text = document if isinstance(document, str) else json.dumps(document, indent=indent)
    return read_export(Path("cards.json"), text.encode())


def cards(reading: CardsReading) -> list[Card]:
    assert reading.misfits == ()
    assert reading.torn is None
    return [card_of(entry.json(b""))[0] for entry in reading.entries]


@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize(
    "form",
    [
        lambda card: [card],
        lambda card: {"cards": [card]},
        lambda card: {"page": 1, "items": [card], "next": None},
        lambda card: {"results": [card]},
    ],
    ids=["a list", "cards", "items", "results"],
)
@pytest.mark.parametrize("card", [CARD, FLAT], ids=["nested", "flat"])
def test_a_list_of_cards_is_read_however_it_is_wrapped(card: Any, form: Any, indent: int | None) -> None:
    (found,) = cards(read(form(card), indent))
    assert found.id in ("C-7", "C-8")
    assert str(found.requirements.loan_amount) in ("640000.50", "640000.5")


@pytest.mark.parametrize("card", [CARD, FLAT], ids=["nested", "flat"])
def test_one_card_may_take_many_lines(card: Any) -> None:
    (entry,) = read(card, 1).entries
    assert entry.line == 1
    (alone,) = read(card).entries
    assert alone.summary == entry.summary


def test_a_flat_card_fills_the_contract() -> None:
    (card,) = cards(read(FLAT))
    (person,) = card.people
    assert (card.id, card.kind, card.title) == ("C-8", "lead", "Marsh")
    assert (person.role, person.contact.name, person.contact.phones.mobile) == (
        "Primary Applicant",
        "Ivo Marsh",
        "0412 555 017",
    )
    assert card.requirements.pre_approval is True
    assert card.property is not None
    assert card.property.address is not None
    assert card.property.address.street_1 == "1 High St"
    assert [(product.lender, product.name) for product in card.products] == [("ANZ", "Simplicity")]


@pytest.mark.parametrize(
    ("path", "column"),
    [
        (("card_id",), "card_id"),
        (("Card ID",), "card_id"),
        (("cardId",), "card_id"),
        (("card", "id"), "card_id"),
        (("card__id",), "card_id"),
        (("contact__id",), "person_id"),
        (("contact.flex_id",), "person_flex_id"),
        (("flexId",), "flex_id"),
        (("client", "Birth Date"), "birth_date"),
        (("contact", "home_address", "postcode"), "home_postcode"),
        (("requirements__fixed_rate",), "fixed_rate"),
        (("fact_find", "state"), "fact_find_state"),
        (("products", "2", "name"), ""),
        (("product", "2", "name"), "product_2_name"),
        (("product_12_standing",), "product_12_standing"),
        (("Contact", "E-Mail"), "email"),
        (("contact", "given name"), "first_name"),
        (("Deal", "Assigned To"), "owner"),
        (("contact", "title"), ""),
        (("client__owner",), ""),
        (("broker__email",), ""),
        (("id",), ""),
        (("contact",), ""),
        (("",), ""),
        (("__",), ""),
    ],
)
def test_a_path_names_a_column_behind_words_that_say_whose_it_is(path: tuple[str, ...], column: str) -> None:
    """A person's title is not the card's. A CSV may have such headers too."""
    assert match_columns([".".join(path)], CARDS, NO_ANSWERS).names == (column,)


def test_objects_of_one_card_are_its_people_and_so_are_the_objects_of_a_list() -> None:
    second = {**FLAT, "contact__first_name": "Una", "contact__role": "Co-Applicant"}
    (card,) = cards(read([FLAT, second]))
    assert [person.contact.first_name for person in card.people] == ["Ivo", "Una"]
    people = [{"first_name": name, "last_name": "Ng", "role": "Guarantor"} for name in ("Bo", "Cy", "Di")]
    (card,) = cards(read({"card": {"id": "C-9", "kind": "deal"}, "applicants": people}, 2))
    assert [person.contact.first_name for person in card.people] == ["Bo", "Cy", "Di"]


def test_what_has_no_column_is_shown_under_its_own_name() -> None:
    (card,) = cards(read(FLAT | {"broker__email": "x@example.org", "tags": ["a", "b"], "empty": None}))
    assert {(extra.name, extra.value) for extra in card.other} == {
        ("broker__email", "x@example.org"),
        ("tags", '["a", "b"]'),
    }


def test_two_keys_of_one_column_cost_neither_the_card_nor_a_value() -> None:
    (card,) = cards(read(FLAT | {"first_name": "Another"}))
    assert card.people[0].contact.first_name == "Another"  # our own name of a column comes first
    assert {(extra.name, extra.value) for extra in card.other} == {("contact__first_name", "Ivo")}
    (card,) = cards(read(FLAT | {"Title": "Marsh", "title": "Marsh, once more"}))
    assert (card.title, card.other[0].value) == ("Marsh", "Marsh, once more")


@pytest.mark.parametrize("indent", [None, 1])
def test_one_odd_card_costs_one_card_and_its_line_is_named(indent: int | None) -> None:
    odd = [CARD, {**CARD, "id": "C-2", "people": 5}, FLAT | {"kind": "neither"}, "x", {**CARD, "id": "C-3"}]
    reading = read(odd, indent)
    assert [entry.summary.id for entry in reading.entries] == ["C-7", "C-3"]
    text = json.dumps(odd, indent=indent)
    places = [text.find('"C-2"'), text.find('"neither"'), text.find('"x"')]
    if indent is None:
        assert sorted(misfit.line for misfit in reading.misfits) == [2, 3, 4]
    else:
        begins = sorted(misfit.line for misfit in reading.misfits)
        ends = [text.count("\n", 0, at) + 1 for at in places]
        assert all(line <= end for line, end in zip(begins, ends, strict=True))
        assert begins[2] == ends[2]


def test_flat_and_nested_lines_stand_together_in_json_lines() -> None:
    lines = [json.dumps(one) for one in (FLAT, CARD, FLAT | {"card_id": "C-9"})]
    data = ("\n".join([*lines, '{"id": "C-1', ""])).encode()
    reading = read_export(Path("x.jsonl"), data)
    assert sorted((entry.line, entry.summary.id) for entry in reading.entries) == [
        (1, "C-8"),
        (2, "C-7"),
        (3, "C-9"),
    ]
    nested = next(entry for entry in reading.entries if entry.summary.id == "C-7")
    assert nested.json(data) == lines[1].encode()
    assert [misfit.line for misfit in reading.misfits] == [4]


@pytest.mark.parametrize(
    ("text", "is_torn"),
    [
        (json.dumps([CARD], indent=1)[:-3], True),
        ("[", True),
        ('[{"id": 1,,}]', False),
        (json.dumps([CARD]) + "]", False),
        ("[" * 100_000, True),
        ("[" * 100_000 + "]" * 100_000 + "]", False),
    ],
    ids=[
        "cut",
        "only a bracket",
        "two commas",
        "more at the end",
        "deep and cut",
        "deep and more at the end",
    ],
)
def test_a_file_that_is_no_json_is_one_line_of_trouble(text: str, is_torn: bool) -> None:
    reading = read(text)
    assert reading.entries == ()
    assert ((reading.torn is not None), len(reading.misfits)) == (is_torn, 0 if is_torn else 1)


@pytest.mark.parametrize("character", ["\n", "\t", "\r\n", "\x07"])
def test_a_control_character_within_a_text_stays_and_costs_nothing(character: str) -> None:
    text = json.dumps([CARD, {**CARD, "id": "C-2"}], indent=1).replace("Lodged", f"Lod{character}ged", 1)
    first, second = cards(read(text))
    assert (first.stage, second.stage) == (f"Lod{character}ged", "Lodged")


def test_a_byte_that_is_not_utf8_costs_its_own_record() -> None:
    data = json.dumps([CARD, {**CARD, "id": "C-2"}]).encode().replace(b"Okafor", b"Ok\xe1for", 1)
    reading = read_export(Path("x.json"), data)
    assert [entry.summary.id for entry in reading.entries] == ["C-2"]
    assert "E1 is not UTF-8" in reading.misfits[0].reason


def test_half_a_character_costs_no_other_card() -> None:
    reading = read(
        [CARD, FLAT | {"contact__first_name": "Iv\ud83d"}, {**CARD, "id": "C-2", "title": "\udc00"}]
    )
    assert {entry.summary.id for entry in reading.entries} == {"C-7", "C-8", "C-2"}


def test_each_object_calls_its_columns_as_it_likes_and_the_report_names_them() -> None:
    first = {"Card ID": "C-1", "Card Type": "Lead", "contact__first_name": "Ada", "E-Mail": "ada@example.org"}
    second = {"card_id": "C-2", "kind": "deal", "given_name": "Bo", "contact": {"email": "bo@example.org"}}
    for one in (first, second):
        one["role"] = "Guarantor"
    reading = read([first, second | {"shoe": 44}])
    people = [card.people[0].contact for card in cards(reading)]
    assert [(one.first_name, one.email) for one in people] == [
        ("Ada", "ada@example.org"),
        ("Bo", "bo@example.org"),
    ]
    assert reading.columns is not None
    assert dict(reading.columns.found) == {
        "card_id": "Card ID",
        "kind": "Card Type",
        "first_name": "contact__first_name",
        "email": "E-Mail",
        "role": "role",
    }
    assert (reading.columns.kept, reading.columns.lacking) == (("shoe",), ())


def test_an_answer_says_what_a_key_is() -> None:
    vorgang = {"Vorgang": "C-1", "Art": "deal", "kunde": {"vorname": "Ada"}, "role": "Guarantor"}
    answers = {"Vorgang": "card_id", "Art": "kind", "kunde.vorname": "first_name"}
    given = ColumnAnswers(ColumnProfile("", "cards", (), answers))
    data = json.dumps([vorgang]).encode()
    (card,) = cards(read_export(Path("x.json"), data, given))
    assert (card.id, card.people[0].contact.first_name) == ("C-1", "Ada")
    assert read_export(Path("x.json"), data).entries == ()


def test_flat_values_are_read_as_the_cells_of_a_table_are() -> None:
    spoilt = FLAT | {"requirements.loan_amount": "$640,000", "contact__phones__mobile": "6.14E+10"}
    reading = read([spoilt | {"requirements__loan_term": "360 months", "valuation_amount": "about 5"}])
    (card,) = cards(reading)
    assert (str(card.requirements.loan_amount), str(card.requirements.loan_term)) == ("640000", "30")
    assert sorted((one.field, one.column) for one in reading.refused) == [
        ("mobile_phone", None),
        ("valuation_amount", None),
    ]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-8-sig"])
def test_json_in_another_encoding_is_read_and_its_cards_can_be_had(encoding: str) -> None:
    data = json.dumps([CARD | {"title": "Ren\u00e9"}], ensure_ascii=False).encode(encoding)
    (entry,) = read_export(Path("x.json"), data).entries
    assert card_of(entry.json(data))[0].title == "Ren\u00e9"
    lines = (json.dumps(CARD) + "\n" + json.dumps(CARD | {"id": "C-2"}) + "\n").encode(encoding)
    found = [card_of(entry.json(lines))[0].id for entry in read_export(Path("x.jsonl"), lines).entries]
    assert found == ["C-7", "C-2"]


def test_a_value_that_is_nested_too_deeply_costs_no_other_card() -> None:
    deep = json.dumps({**CARD, "id": "C-2", "more": "@"}).replace('"@"', "[" * 100_000 + "]" * 100_000)
    reading = read(f"[{json.dumps(CARD)},\n{deep},\n{json.dumps(CARD | {'id': 'C-3'})}]")
    assert [entry.summary.id for entry in reading.entries] == ["C-7", "C-2", "C-3"]
