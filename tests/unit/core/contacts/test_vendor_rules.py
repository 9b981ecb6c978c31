"""What the systems' own rules will do with an import and a push, said before."""

from __future__ import annotations

import pytest

from core.compare.agreement import AgreementLevel
from core.contacts.match.match import Matched, match
from core.contacts.match.rule import MatchOptions, OtherOwner, Owners
from core.contacts.match.vendor_rules import (
    Accounts,
    Deduplication,
    Forecast,
    ForecastProblem,
    VendorOutcome,
    VendorRule,
)
from core.contacts.model import Contact, ContactKind, Likeness, Verdict
from tests.support.people import HALE, as_theirs, but, strangers

BORROWER = but(HALE, kind=ContactKind.BORROWER)


@pytest.mark.parametrize(
    ("contact", "troubles"),
    [
        (HALE, ()),
        (but(HALE, first_name="A" * 101), (ForecastProblem.LONG_PROSPECT,)),
        (but(HALE, first_name="A" * 100), ()),
        (but(HALE, email=""), ()),
        (but(HALE, email="", mobile_phone="", home_phone="4155550142"), ()),
        (but(HALE, email="", mobile_phone="ask him", home_phone=""), (ForecastProblem.NO_ADDRESSEE,)),
        (but(HALE, last_name=" "), ()),
        (but(HALE, email="x" * 256), (ForecastProblem.LONG_EMAIL,)),
        (but(HALE, email="x" * 255), ()),
        (but(HALE, mobile_phone=""), ()),
    ],
)
def test_an_import_makes_a_prospect_or_is_refused(
    contact: Contact, troubles: tuple[ForecastProblem, ...]
) -> None:
    assert Accounts([BORROWER]).prospect(contact).troubles == troubles


def test_an_account_needs_an_email_that_no_other_account_has() -> None:
    accounts = Accounts([BORROWER, but(BORROWER, email="p@x.example", kind=ContactKind.PROSPECT)])
    assert accounts.account(but(HALE, email=" ROB.hale@bayhome.example")).troubles == (
        ForecastProblem.SAME_EMAIL,
    )
    assert accounts.account(but(HALE, email="")).troubles == (ForecastProblem.NO_EMAIL,)
    assert accounts.account(but(HALE, email="p@x.example")) == Forecast(VendorOutcome.CREATED)


@pytest.mark.parametrize(
    ("changes", "troubles"),
    [
        ({"first_name": " "}, (ForecastProblem.NO_NAME,)),
        ({"last_name": "H" * 31}, (ForecastProblem.LONG_NAME,)),
        ({"last_name": "H" * 30}, ()),
        ({"email": "x" * 256}, (ForecastProblem.LONG_EMAIL,)),
        ({"email": f"{'x' * 247}@y.co.nz"}, ()),
        ({"email": "x" * 255}, (ForecastProblem.NO_EMAIL,)),
        ({"first_name": "", "last_name": "H" * 31}, (ForecastProblem.NO_NAME, ForecastProblem.LONG_NAME)),
    ],
)
def test_a_prospect_that_can_get_no_account_says_why_before_the_import(
    changes: dict[str, str], troubles: tuple[ForecastProblem, ...]
) -> None:
    contact = but(HALE, **{"email": "rob@y.example", **changes})
    assert Accounts([BORROWER]).account(contact).troubles == troubles
    assert Accounts([BORROWER]).prospect(contact).later == troubles


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"email": HALE.email}, VendorRule.EMAIL),
        ({}, VendorRule.ADDRESS),
        ({"street": "88 Pine Street #2"}, VendorRule.ADDRESS),
        ({"street": "", "mobile_phone": "", "home_phone": "415 555 0199"}, VendorRule.HOME_PHONE),
        ({"street": "", "home_phone": "1"}, VendorRule.CELL_PHONE),
        (
            {"street": "", "mobile_phone": "", "home_phone": "", "work_phone": "4155550177"},
            VendorRule.OFFICE_PHONE,
        ),
    ],
)
def test_a_push_changes_whom_total_expert_finds_first(changes: dict[str, str], rule: VendorRule) -> None:
    ours = but(HALE, home_phone="(415) 555-0199", work_phone="(415) 555-0177")
    theirs = as_theirs(ours, **changes)
    assert Deduplication([theirs]).push(ours, "") == Forecast(VendorOutcome.PATCHED, (), rule, ("T1",))


@pytest.mark.parametrize("field", ["home_phone", "mobile_phone", "work_phone"])
@pytest.mark.parametrize(
    ("held", "pushed", "hits"),
    [
        ("555-555-5555", "(555) 555-5555", True),
        ("000 000 0000", "0000000000", True),
        ("123.4567", "1234567", True),
        ("1234567890", "123-456-7890 ", True),
        ("415-555-0142 ext. 7", "4155550142 x7", True),
        ("415-555-0142", "+1 415 555 0142", False),
        ("0412 000 000", "412 000 000", False),
        ("555-555-5555", "555-555-5556", False),
        ("55-55-55", "555555", False),
        ("n/a", " N/A ", True),
    ],
)
def test_total_expert_compares_phones_digit_by_digit(field: str, held: str, pushed: str, hits: bool) -> None:
    reached_by_phone = {"street": "", "mobile_phone": "", "home_phone": "", "work_phone": ""}
    theirs = as_theirs(HALE, **{**reached_by_phone, field: held})
    forecast = Deduplication([theirs]).push(but(HALE, **{**reached_by_phone, field: pushed}), "")
    assert forecast.hits == (("T1",) if hits else ())


def test_the_second_line_of_an_address_keeps_nobody_apart() -> None:
    flat = but(HALE, street="88 Pine St", street_2="Apt 2", mobile_phone="")
    theirs = as_theirs(flat, street="88 PINE  ST", street_2="Apt 3", postcode="94601")
    assert Deduplication([theirs]).push(flat, "").rule is VendorRule.ADDRESS
    assert Deduplication([but(theirs, city="")]).push(flat, "").rule is None


def test_another_name_another_owner_or_another_kind_of_phone_is_created() -> None:
    mine = but(HALE, street="")
    for theirs in (
        as_theirs(HALE, last_name="Haleson"),
        as_theirs(HALE, first_name="Bob"),
        as_theirs(HALE, owner="u2"),
        as_theirs(HALE, street="", mobile_phone="", home_phone=HALE.mobile_phone),
    ):
        assert Deduplication([theirs]).push(mine, "") == Forecast(VendorOutcome.CREATED)


def test_the_case_of_a_name_is_no_difference_in_any_script() -> None:
    ours, theirs = but(HALE, first_name="Groß", last_name="Weiß"), but(HALE, id="T1", first_name="GROSS")
    found = Deduplication([but(theirs, last_name=" WEISS ")]).push(ours, "")
    assert (found.rule, found.hits) == (VendorRule.EMAIL, ("T1",))


def test_an_external_id_goes_before_everything() -> None:
    dedup = Deduplication([as_theirs(HALE, email=HALE.email)], [("bd-7", "T9")])
    assert dedup.push(HALE, "", "bd-7") == Forecast(
        VendorOutcome.PATCHED, (), VendorRule.EXTERNAL_ID, ("T9",)
    )
    assert dedup.push(HALE, "", "bd-8").rule is VendorRule.EMAIL


def test_several_that_fit_are_all_named() -> None:
    theirs = as_theirs(HALE)
    assert Deduplication([theirs, but(theirs, id="T2")]).push(HALE, "").hits == ("T1", "T2")


def test_who_cannot_be_reached_is_refused() -> None:
    nobody = Contact("S9", first_name="Ann", last_name="Lee")
    assert Deduplication([]).push(nobody, "").troubles == (ForecastProblem.NO_WAY_TO_REACH,)


@pytest.mark.parametrize("field", ["street", "city", "state", "postcode"])
def test_an_address_is_compared_as_a_whole_and_only_if_it_is_whole(field: str) -> None:
    mine = but(HALE, mobile_phone="")
    elsewhere = {"street": "9 Elm St", "city": "Alameda", "state": "NV", "postcode": "94501"}
    for value in ("", elsewhere[field]):
        theirs = as_theirs(mine, **{field: value})
        assert Deduplication([theirs]).push(mine, "") == Forecast(VendorOutcome.CREATED), value
    part = but(mine, **{field: ""})
    assert Deduplication([as_theirs(part)]).push(part, "") == Forecast(VendorOutcome.CREATED)


@pytest.mark.parametrize("field", ["first_name", "last_name"])
def test_a_push_needs_a_first_and_a_last_name(field: str) -> None:
    forecast = Deduplication([]).push(but(HALE, **{field: " "}), "")
    assert forecast == Forecast(VendorOutcome.REFUSED, (ForecastProblem.NO_NAME,))


@pytest.mark.parametrize("kept", ["email", "mobile_phone", "street"])
def test_one_way_to_reach_somebody_is_enough_for_a_push(kept: str) -> None:
    ways = {"email": "", "mobile_phone": "", "street": ""} | {kept: getattr(HALE, kept)}
    assert Deduplication([]).push(but(HALE, **ways), "") == Forecast(VendorOutcome.CREATED)


def test_an_empty_external_id_is_nobodys() -> None:
    assert Deduplication([], [("", "T9")]).push(HALE, "") == Forecast(VendorOutcome.CREATED)


# -- both in a match ----------------------------------------------------------------------------------------


def forecasts(matched: Matched) -> dict[str, tuple[Verdict, Forecast]]:
    """Return the verdict and the forecast of each import and push by the id of the record."""
    return {
        " ".join(row.simplenexus_ids + row.total_expert_ids): (row.verdict, forecast)
        for row, forecast in matched.forecasts()
    }


def test_a_match_forecasts_each_import_and_each_push_for_its_own_officer() -> None:
    owners = Owners({"u1": "lo1", "u2": "lo2"})
    ours = but(HALE, owner="lo1")
    theirs = [
        as_theirs(HALE, id="T2", owner="u2", email="a@y.example"),
        as_theirs(HALE, id="T3", owner="u3", email="b@y.example"),
        as_theirs(HALE, id="T4", owner="u2", first_name="Uma", email=HALE.email, last_name="H" * 101),
    ]
    options = MatchOptions(owners=owners, other_owner=OtherOwner.SEPARATE)
    found = forecasts(match([ours], theirs, options))
    assert found["S1"] == (Verdict.PUSH, Forecast(VendorOutcome.CREATED))
    assert found["T4"][0] is Verdict.IMPORT
    assert found["T4"][1].troubles == (ForecastProblem.LONG_PROSPECT,)
    assert "T3" not in found, "the owner of T3 is tied to nobody"


def test_a_match_forecasts_which_contact_a_push_would_change() -> None:
    """The contact is the father, so that it is no possible duplicate. Total Expert's own rules know no suffix."""
    there = as_theirs(HALE, owner="u1", suffix="Sr")
    before = but(HALE, id="S9", email=there.email, owner="lo1", suffix="Sr")
    owners = Owners({"u1": "lo1"})
    matched = match([but(HALE, owner="lo1", suffix="Jr"), before], [there], MatchOptions(owners=owners))
    assert forecasts(matched) == {
        "S1": (Verdict.PUSH, Forecast(VendorOutcome.PATCHED, (), VendorRule.ADDRESS, ("T1",)))
    }


def test_a_contact_of_the_one_way_integration_can_be_a_possible_duplicate() -> None:
    ours = [*strangers(60, "S"), but(HALE, one_way=True)]
    matched = match(ours, [*strangers(60, "T"), as_theirs(HALE)])
    assert [row.total_expert_ids for row in matched.rows if row.verdict is Verdict.POSSIBLE_DUPLICATE] == [
        ("T1",)
    ]


def test_the_two_of_a_household_are_compared_without_the_year_that_total_expert_does_not_keep() -> None:
    uma = but(HALE, id="T1", first_name="Uma", birth_date="1970-04-12")
    (row,) = match([HALE], [uma]).rows
    assert row.comparison is not None
    assert row.comparison.likeness is Likeness.HOUSEHOLD
    levels = {line.field: line.level for line in row.comparison.evidence}
    assert levels["birth_date"] is AgreementLevel.DAY_AND_MONTH
