"""Two records side by side: which fields are shown, and the sign between two values."""

from __future__ import annotations

import pytest

from core.contacts.model import Contact, ContactKind
from core.contacts.review.side_by_side import side_by_side
from tests.support.people import HALE, but


def shown(ours: Contact | None, theirs: Contact | None, label: str) -> tuple[str, str, str] | None:
    """Return (left, sign, right) of one field; None if the field is left out. The owner's id is the owner's name."""
    found = side_by_side(ours, theirs, lambda contact: contact.owner)
    return next(((line.left, line.sign, line.right) for line in found if line.label == label), None)


THEIRS = but(HALE, id="T1")


def test_a_record_alone_has_its_values_and_no_signs() -> None:
    mine = but(HALE, owner="dana", since="2024-06-02T01:02:03", origin="app")
    for field, value in (("name", "Robert Hale"), ("officer", "dana"), ("since", "2024-06-02, app")):
        assert shown(mine, None, field) == (value, "", "")
        assert shown(None, mine, field) == ("", "", value)


def test_an_officer_on_one_side_only_is_shown_and_is_another_officer() -> None:
    assert shown(but(HALE, owner="dana"), THEIRS, "officer") == ("dana", "≠", "")
    assert shown(HALE, but(THEIRS, owner="dana"), "officer") == ("", "≠", "dana")
    assert shown(HALE, THEIRS, "officer") is None


def test_since_is_shown_if_one_side_knows_it() -> None:
    assert shown(but(HALE, since="2024-06-02"), THEIRS, "since") == ("2024-06-02", "", "")
    assert shown(HALE, but(THEIRS, since="2023-01-31"), "since") == ("", "", "2023-01-31")
    assert shown(HALE, THEIRS, "since") is None


def test_a_record_without_an_origin_says_what_it_is_in_its_system() -> None:
    prospect = but(HALE, kind=ContactKind.PROSPECT)
    assert shown(prospect, THEIRS, "since") == ("prospect", "", "")
    assert shown(but(prospect, origin="web form"), THEIRS, "since") == ("web form", "", "")


@pytest.mark.parametrize(
    ("ours", "theirs", "sign"),
    [
        ({"middle_name": "James"}, {"middle_name": "Peter"}, "≠"),
        ({"last_name": "Hale"}, {"last_name": "Ito"}, "≠"),
        ({"suffix": "Jr"}, {}, "≈"),
        ({}, {"suffix": "Jr"}, "≈"),
        ({"suffix": "Jr"}, {"suffix": "jr."}, "="),
    ],
)
def test_names_differ_if_one_part_is_clearly_another(
    ours: dict[str, str], theirs: dict[str, str], sign: str
) -> None:
    found = shown(but(HALE, **ours), but(THEIRS, **theirs), "name")
    assert found is not None
    assert found[1] == sign


def test_a_number_that_the_other_record_has_under_another_label_is_equal() -> None:
    both = but(HALE, mobile_phone="(415) 555-0142", home_phone="(212) 555-0177")
    ours_at_home = but(HALE, mobile_phone="(650) 555-0199", home_phone="415 555 0142")
    assert shown(both, ours_at_home, "mobile") == ("(415) 555-0142", "=", "(650) 555-0199")
    assert shown(ours_at_home, both, "mobile") == ("(650) 555-0199", "=", "(415) 555-0142")


def test_the_work_phone_has_a_line_of_its_own() -> None:
    found = shown(but(HALE, work_phone="415 555 0100"), but(THEIRS, work_phone="4155550100"), "work")
    assert found == ("415 555 0100", "=", "4155550100")


@pytest.mark.parametrize(
    ("left", "right"),
    [("ask her", "unknown"), ("000 000 0000", "555-555-5555"), ("ask her", "(415) 555-0142")],
)
def test_a_phone_that_is_no_number_has_no_sign(left: str, right: str) -> None:
    assert shown(but(HALE, mobile_phone=left), but(THEIRS, mobile_phone=right), "mobile") == (left, "", right)
    assert shown(but(HALE, mobile_phone=right), but(THEIRS, mobile_phone=left), "mobile") == (right, "", left)


@pytest.mark.parametrize(
    ("street", "street_2", "sign"),
    [
        ("88 Pine St", "Apt 2", "="),
        ("88 pine st apt 2", "", "="),
        ("88 Pine Street #2", "", "≈"),
        ("1200 Lakeshore Ave", "", "≠"),
    ],
)
def test_one_address_written_in_two_ways_is_close_and_another_address_differs(
    street: str, street_2: str, sign: str
) -> None:
    found = shown(HALE, but(THEIRS, street=street, street_2=street_2), "address")
    assert found is not None
    assert found[1] == sign


def test_the_city_has_its_state_and_postcode() -> None:
    assert shown(HALE, THEIRS, "city") == ("Oakland CA 94601", "=", "Oakland CA 94601")


def test_a_birthday_in_1970_keeps_its_year_in_simplenexus_only() -> None:
    born = but(HALE, birth_date="1970-04-12")
    assert shown(born, born, "birth date") == ("1970-04-12", "=", "04-12, year not kept")
    assert shown(but(HALE, birth_date="--04-12"), None, "birth date") == ("04-12, year not kept", "", "")
