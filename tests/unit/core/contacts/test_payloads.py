"""What is sent for a contact: no blanks, Total Expert's own forms, and what the profile adds to a new one."""

from __future__ import annotations

import pytest

from core.compare.phones import digits
from core.compare.spreadsheet_traces import trace_of
from core.contacts.match.vendor_rules import Accounts, ForecastProblem
from core.contacts.model import Contact
from core.contacts.payloads import (
    DEFAULTABLE,
    NewContactOptions,
    new_account,
    new_contact,
    new_partner,
    new_prospect,
    put_back,
    total_expert_fields,
)
from core.contacts.sync.no_home import no_home_fields
from core.push.plan import Asset, Entity, Operation, Plan, Step, System
from core.receipts.shown import fields_of_plan

ANN = Contact(
    "S1", first_name="Ann", last_name="Lee", suffix="Jr.", email=" ann@x.example ", birth_date="--03-31"
)
REF = "BD-ZTUMCBPQIB4CJFDSOZUA"


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [("--03-31", "1970-03-31"), ("1988-03-31", "1970-03-31"), ("1970-12-01", "1970-12-01")],
)
def test_every_birthday_gets_the_year_1970(ours: str, theirs: str) -> None:
    assert total_expert_fields(Contact("S1", birth_date=ours)) == {"birthday": theirs}
    assert total_expert_fields(Contact("S1", birth_date=" ")) == {}


def test_a_new_contact_has_the_profiles_source_groups_and_defaults() -> None:
    options = NewContactOptions(
        "us", ("Clients",), {"referred_by": "the app", "city": "Fargo", "state": "ND"}
    )
    body = new_contact(Contact("S1", first_name="Ann", last_name="Lee", city="Reno"), "301", options, REF)
    assert body == {
        "source": "us",
        "first_name": "Ann",
        "last_name": "Lee",
        "city": "Reno",
        "state": "ND",
        "referred_by": "the app",
        "owner": {"id": "301"},
        "external_ids": [{"source": "us", "external_id": REF}],
        "contact_groups": [{"group_name": "Clients"}],
    }


def test_without_groups_and_defaults_nothing_is_added() -> None:
    assert new_contact(ANN, "301", NewContactOptions("us"), REF) == {
        "source": "us",
        "first_name": "Ann",
        "last_name": "Lee",
        "suffix": "Jr.",
        "email": "ann@x.example",
        "birthday": "1970-03-31",
        "owner": {"id": "301"},
        "external_ids": [{"source": "us", "external_id": REF}],
    }


def test_a_suffix_is_put_back_too() -> None:
    assert put_back({"suffix": "Sr.", "city": "Reno"}, ANN) == {"suffix": "Jr.", "city": ""}


def test_no_default_says_who_somebody_is_and_none_is_a_consent() -> None:
    assert DEFAULTABLE.isdisjoint({"first_name", "last_name", "email", "external_id", "birthday", "source"})
    assert not [name for name in DEFAULTABLE if name.startswith(("phone", "ok_to"))]


def test_a_receipt_names_a_group_by_its_name() -> None:
    body = {"contact_groups": [{"group_name": "Clients"}, {"group_name": "All"}]}
    step = Step(REF, System.TOTAL_EXPERT, Entity.CONTACT, Operation.CREATE, "S1", "Ann Lee", body)
    fields = fields_of_plan(Plan(Asset.SYNC, "contacts", "", (step,)))
    assert [field.path for field in fields] == [
        ("contact_groups", "group_name=Clients", "group_name"),
        ("contact_groups", "group_name=All", "group_name"),
    ]


TRACES = Contact(
    "S1",
    first_name="Ann",
    last_name="#REF!",
    email="#N/A",
    mobile_phone="6.14126E+10",
    work_phone="(303) 555-0142",
    street="########",
    city="Reno",
    postcode="8.02E+04",
    professional_title="#VALUE!",
)


def test_what_a_spreadsheet_left_is_sent_to_nobody() -> None:
    options = NewContactOptions("us", title_field="title")
    bodies = (
        new_contact(TRACES, "301", options, REF),
        new_prospect(TRACES, REF),
        new_account(TRACES, "7"),
        new_partner(TRACES),
    )
    for body in bodies:
        assert not any(map(trace_of, map(str, body.values())))
        assert "last_name" not in body
    assert bodies[0] == {
        "source": "us",
        "first_name": "Ann",
        "phone_office": "(303) 555-0142",
        "city": "Reno",
        "owner": {"id": "301"},
        "external_ids": [{"source": "us", "external_id": REF}],
    }
    assert bodies[1]["cell_phone"] == bodies[2]["phone"] == "(303) 555-0142"
    assert bodies[3]["address"] == {"city": "Reno"}


def test_what_a_spreadsheet_left_is_forecast_as_missing_and_named_as_left_out() -> None:
    accounts = Accounts(())
    assert ForecastProblem.NO_NAME in accounts.account(TRACES).troubles
    assert ForecastProblem.NO_NAME in accounts.partner(TRACES, "7").troubles
    for system, entity in (
        (System.TOTAL_EXPERT, Entity.CONTACT),
        (System.SIMPLENEXUS, Entity.PARTNER),
        (System.SIMPLENEXUS, Entity.PROSPECT),
    ):
        why = {field.field: field.why for field in no_home_fields(TRACES, system, entity)}
        assert why["mobile phone"] == "a spreadsheet's trace: a number in scientific notation"
        assert why["last name"] == "a spreadsheet's trace: an error value"


def test_of_two_numbers_in_one_field_the_first_is_sent_and_the_field_is_named() -> None:
    both = Contact("S1", first_name="Ann", last_name="Lee", mobile_phone="303 555 0142 / 303 555 0143")
    assert new_contact(both, "301", NewContactOptions("us"), REF)["phone_cell"] == "303 555 0142"
    assert new_prospect(both, REF)["cell_phone"] == "303 555 0142"
    (named,) = no_home_fields(both, System.TOTAL_EXPERT, Entity.CONTACT)
    assert named.why == "Total Expert takes one number: 303 555 0142 is sent"
    assert digits(both.mobile_phone) == "3035550142"
