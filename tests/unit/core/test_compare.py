"""Phones, streets, dates: the forms in which they compare."""

from __future__ import annotations

import pytest

from core.compare.addresses import Street, compare_places, compare_streets, street_of
from core.compare.agreement import AgreementLevel
from core.compare.dates import compare_dates, plain_date
from core.compare.name_parts import generation
from core.compare.names import compare_middle, compare_surname
from core.compare.phones import digits


@pytest.mark.parametrize(
    ("written", "held"),
    [
        ("(415) 555-0142", "4155550142"),
        ("+1 415.555.0142", "4155550142"),
        ("1-415-555-0142 x12", "4155550142"),
        ("415-555-0142 ext. 9", "4155550142"),
        ("0412 345 678", "412345678"),
        ("+61 412 345 678", "412345678"),
        ("+61 (0)412 345 678", "412345678"),
        ("0011 61 412 345 678", "412345678"),
        ("000 000 0000", ""),
        ("n/a", ""),
        ("12", ""),
    ],
)
def test_a_phone_in_national_digits(written: str, held: str) -> None:
    assert digits(written) == held


@pytest.mark.parametrize(
    "written",
    [
        ("88 Pine Street Apt 2", ""),
        ("88 Pine St #2", ""),
        ("2/88 Pine St.", ""),
        ("88 pine st", "Unit 2"),
        ("Unit 2, 88 Pine St", ""),
    ],
)
def test_one_address_in_many_forms(written: tuple[str, str]) -> None:
    assert street_of(*written) == Street("2", "88", "pine", "street")


@pytest.mark.parametrize(
    ("one", "other", "level"),
    [
        ("88 Pine St", "88 Pine St Apt 3", AgreementLevel.EQUAL),
        ("88 Pine St Apt 2", "88 Pine St Apt 3", AgreementLevel.CLOSE),
        ("88 Pine St", "88 Pine Ave", AgreementLevel.CLOSE),
        ("88 Pinewood St", "88 Pinewod St", AgreementLevel.CLOSE),
        ("88 Pine St", "98 Pine St", AgreementLevel.CLOSE),
        ("88 Pine St", "14 Pine St", AgreementLevel.DIFFERENT),
        ("88 Weiß St", "88 WEISS ST", AgreementLevel.EQUAL),
        ("88 Pine St", "88 Oak St", AgreementLevel.DIFFERENT),
        ("88 Pine St", "", AgreementLevel.MISSING),
    ],
)
def test_two_streets(one: str, other: str, level: AgreementLevel) -> None:
    assert compare_streets(street_of(one), street_of(other)) is level


@pytest.mark.parametrize(
    ("one", "other", "level"),
    [
        ("1971-04-12", "1971-04-12", AgreementLevel.EQUAL),
        ("1971-04-12", "1971-12-04", AgreementLevel.SWAPPED),
        ("1971-04-12", "1971-04-13", AgreementLevel.CLOSE),
        ("1971-04-12", "1917-04-12", AgreementLevel.CLOSE),
        ("1971-04-12", "--04-12", AgreementLevel.DAY_AND_MONTH),
        ("1971-04-12", "--12-04", AgreementLevel.SWAPPED),
        ("1971-04-12", "1970-04-12", AgreementLevel.DAY_AND_MONTH),
        ("1971-04-12", "1988-09-30", AgreementLevel.DIFFERENT),
        ("1971-04-12", "1900-01-01", AgreementLevel.MISSING),
        ("1971-04-12", "1970-01-01", AgreementLevel.MISSING),
        ("1971-04-12", "yesterday", AgreementLevel.MISSING),
    ],
)
def test_two_birth_dates(one: str, other: str, level: AgreementLevel) -> None:
    assert compare_dates(plain_date(one), plain_date(other, keeps_year=False)) is level


def test_names_in_parts() -> None:
    assert compare_surname("Moss", "Moss-Lee") is AgreementLevel.CLOSE
    assert compare_surname("O'Brien", "OBRIEN Jr.") is AgreementLevel.EQUAL
    assert compare_surname("De Silva", "De Souza") is AgreementLevel.DIFFERENT
    assert compare_surname("Weiß", "WEISS") is AgreementLevel.EQUAL
    assert compare_middle("J.", "James") is AgreementLevel.INITIAL
    assert [generation("Junior"), generation("", "Hale III"), generation("PhD", "Hale")] == ["jr", "iii", ""]


@pytest.mark.parametrize(
    ("left", "right", "level"),
    [
        ("94601", "94610", AgreementLevel.CLOSE),
        ("2000", "2001", AgreementLevel.CLOSE),
        ("200", "2000", AgreementLevel.DIFFERENT),
        ("94601", "10001", AgreementLevel.DIFFERENT),
    ],
)
def test_a_slip_needs_two_whole_postcodes_from_either_side(
    left: str, right: str, level: AgreementLevel
) -> None:
    places = (left, "", "ca"), (right, "", "ca")
    assert compare_places(*places) is level
    assert compare_places(*reversed(places)) is level


@pytest.mark.parametrize(
    ("left", "right", "level"),
    [
        (("45402", "dayton", "oh"), ("63105", "clayton", "mo"), AgreementLevel.DIFFERENT),
        (("62704", "springfield", "il"), ("01101", "springfield", "ma"), AgreementLevel.DIFFERENT),
        (("59718", "bozeman", "mt"), ("59715", "bozemann", "mt"), AgreementLevel.CLOSE),
        (("59718", "bozeman", ""), ("59771", "bozmean", "mt"), AgreementLevel.CLOSE),
        (("59718", "bozeman", "mt"), ("", "bozmean", "ok"), AgreementLevel.CLOSE),
        (("", "bozeman", "mt"), ("59771", "bozeman", "ok"), AgreementLevel.EQUAL),
        (("59718", "bozeman", "mt"), ("59718", "belgrade", "wy"), AgreementLevel.EQUAL),
    ],
)
def test_two_postcodes_in_two_states_are_two_places_whatever_the_cities_are_called(
    left: tuple[str, str, str], right: tuple[str, str, str], level: AgreementLevel
) -> None:
    assert compare_places(left, right) is level
    assert compare_places(right, left) is level
