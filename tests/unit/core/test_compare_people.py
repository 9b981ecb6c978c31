"""One person or two: what namesakes share, and what makes two records clearly two people."""

from __future__ import annotations

from typing import Any

import pytest

from core.compare.people import (
    Traits,
    has_same_name_or_email,
    other_person,
    plain_birth_date,
    shared_by_one_person,
)

LINH = Traits(
    "Linh",
    "Thi",
    "Nguyen",
    "1988-02-29",
    ("linh@example.com", ""),
    ("0491 570 006", "", "(02) 5550 1234"),
)


@pytest.mark.parametrize(
    ("theirs", "shared"),
    [
        (Traits("LINH", "", "Nguyễn", "29/02/1988"), ("birth date",)),
        (Traits(" linh ", "", "nguyen", "", (" Linh@Example.com ",)), ("email",)),
        (Traits("Linh", "", "Nguyen", "", (), ("+61 491 570 006",)), ("phone",)),
        (Traits("Linh", "", "Nguyen", "", (), ("", "0255501234")), ("phone",)),
        (Traits("Linh", "", "Nguyen", "1/3/1988", ("l@example.com",), ("0491 570 007",)), ()),
        (Traits("Linh", "", "Nguyen", "", ("",), ("",)), ()),
        (Traits("Linh", "", "Tran", "29/02/1988", ("linh@example.com",)), ()),
        (Traits("Lan", "", "Nguyen", "29/02/1988", ("linh@example.com",)), ()),
        (Traits("", "", "Nguyen", "29/02/1988"), ()),
    ],
)
def test_namesakes_are_one_person_where_email_phone_or_birth_date_are_equal(
    theirs: Traits, shared: tuple[str, ...]
) -> None:
    assert shared_by_one_person(LINH, theirs) == shared
    assert shared_by_one_person(theirs, LINH) == shared


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ({}, {}),
        ({"last_name": "Nguyen"}, {"last_name": "Tran"}),  # a married name
        ({"first_name": "William"}, {"first_name": "Bill"}),  # a nickname
        ({"first_name": "Linh"}, {"first_name": "Dr. Linh"}),  # a title
        ({"first_name": "L."}, {"first_name": "Linh"}),  # an initial
        ({"first_name": "Katharine"}, {"first_name": "Katherine"}),  # another spelling
        ({"first_name": "Zoë"}, {"first_name": "Zoe"}),
        ({"first_name": "Mary Jane"}, {"first_name": "Mary"}),
        ({"first_name": "Thi", "middle_name": "Linh"}, {"first_name": "Linh", "middle_name": ""}),
        ({"first_name": "Nguyen", "last_name": "Linh"}, {"first_name": "Linh", "last_name": "Nguyen"}),
        (
            {"birth_date": "1988-02-29"},
            {"birth_date": "29/02/1989", "last_name": "Tran"},
        ),  # a corrected digit
        ({"birth_date": "1988-03-04"}, {"birth_date": "04/03/1988", "last_name": "Tran"}),
        ({"birth_date": "1988-03-04"}, {"birth_date": "03/04/1988", "last_name": "Tran"}),  # day and month
        ({"birth_date": "1988-02-29"}, {"birth_date": "01/12/1960"}),
        ({"birth_date": ""}, {"birth_date": "01/12/1960", "last_name": "Tran"}),
        ({"first_name": ""}, {"first_name": "Maeve"}),
    ],
)
def test_a_new_surname_a_nickname_a_title_or_a_slip_makes_nobody_another_person(
    ours: dict[str, Any], theirs: dict[str, Any]
) -> None:
    left = Traits(**{"first_name": "Linh", "last_name": "Nguyen", **ours})
    right = Traits(**{"first_name": "Linh", "last_name": "Nguyen", **theirs})
    assert other_person(left, right) == ""
    assert other_person(right, left) == ""


@pytest.mark.parametrize(
    ("theirs", "why"),
    [
        ({"first_name": "Maeve"}, "another first name"),
        ({"first_name": "Bao", "last_name": "Nguyen", "emails": ("linh@example.com",)}, "another first name"),
        ({"first_name": "Sue", "middle_name": "Thi"}, "another first name"),
        ({"first_name": "Dr Sue"}, "another first name"),
        ({"last_name": "Tran", "birth_date": "01/12/1960"}, "another last name and another birth date"),
    ],
)
def test_a_wholly_other_first_name_or_another_surname_and_birth_date_are_another_person(
    theirs: dict[str, Any], why: str
) -> None:
    right = Traits(**{"first_name": "Linh", "last_name": "Nguyen", **theirs})
    assert other_person(LINH, right) == why
    assert other_person(right, LINH) == why


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        ("29/02/1988", "19880229"),
        ("9/2/1988", "19880209"),
        ("1988-02-29", "19880229"),
        ("01/01/1900", ""),
        ("soon", ""),
        ("", ""),
    ],
)
def test_a_birth_date_has_one_plain_form(written: str, plain: str) -> None:
    assert plain_birth_date(written) == plain


@pytest.mark.parametrize(
    "fillers",
    [
        Traits("Test", "", "Test", "1988-02-29", ("linh@example.com",), ("0491 570 006",)),
        Traits("Unknown", "", "Nguyen", "1988-02-29", ("linh@example.com",)),
        Traits("Linh", "", "Null", "1988-02-29", ("null",)),
        Traits("Linh", "", "Nguyen", "1900-01-01", ("none@none.com",), ("0400 000 000", "n/a")),
    ],
)
def test_fillers_make_nobody_one_person(fillers: Traits) -> None:
    assert shared_by_one_person(fillers, fillers) == ()
    assert has_same_name_or_email(Traits("Linh", "", "Null"), Traits("Linh", "", "Null"))
    nobody = Traits("Test", "", "User", emails=("n/a", "noemail@x.example"))
    assert not has_same_name_or_email(nobody, nobody)
