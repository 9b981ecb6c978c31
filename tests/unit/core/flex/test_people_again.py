"""People sent again: who is updated, and what the preview says is left out."""

from __future__ import annotations

from core.flex.field_map.fates import ARRIVES, Fate
from core.flex.model import Address, Applicant
from core.flex.plans.card import plan_people_again
from core.push.plan import Operation
from tests.support.cards import BAO, FULL, LINH, but, gather, line, with_person

LINKED = but(FULL, flex_id="1-OPPT1", flex_kind="opportunity")
KNOWN_LINH = but(LINH, flex_id="1-LINH1")


def test_only_the_values_of_people_whom_flex_has_are_shown_as_sent() -> None:
    shown = plan_people_again(gather(but(with_person(KNOWN_LINH, BAO), flex_id="1-OPPT1")))
    assert [(step.operation, step.local_id) for step in shown.plan.steps] == [(Operation.UPDATE, "P-1")]
    assert {field.local_id for field in shown.fields if field.fate in ARRIVES} == {"P-1"}
    left = line(shown, "First Name", "P-2")
    assert (left.fate, left.value, left.left_out) == (Fate.NO_HOME, None, True)
    assert left.reason == "this push updates only the people that FLEX has"
    assert shown.warnings == (
        "Bao Tran is not in FLEX yet and is not sent: this push updates only the people that FLEX has.",
    )


def test_no_role_is_shown_as_sent_and_none_is_to_key_by_hand() -> None:
    people = (Applicant("Guarantor", KNOWN_LINH),)
    shown = plan_people_again(gather(but(LINKED, people=people)))
    role = line(shown, "Role", "P-1")
    assert (role.fate, role.value, role.left_out) == (Fate.NO_HOME, None, True)
    assert role not in shown.by_hand
    assert shown.warnings == ()


NOWHERE = Address(suburb="Manly")
"""An address without a state. The map adds the country Australia."""


def test_an_update_sends_no_country_of_an_address_that_has_no_state() -> None:
    """FLEX keeps the state that it has, and refuses a state abroad in Australia."""
    bare = but(KNOWN_LINH, home_address=NOWHERE, postal_address=NOWHERE)
    shown = plan_people_again(gather(but(with_person(bare), flex_id="1-OPPT1")))
    (step,) = shown.plan.steps
    assert "DirectAddressCountry" not in step.body
    assert step.body["OtherAddress"] == [{"AddressType": "Postal", "City": "Manly"}]
    for source in ("Home Address: Country", "Postal Address: Country"):
        country = line(shown, source, "P-1")
        assert (country.fate, country.value) == (Fate.EMPTY, None)
        assert country.reason.startswith("this address has no state")


def test_a_postal_address_of_nothing_but_a_country_is_not_sent() -> None:
    bare = but(KNOWN_LINH, postal_address=Address(country="Australia"))
    shown = plan_people_again(gather(but(with_person(bare), flex_id="1-OPPT1")))
    assert "OtherAddress" not in shown.plan.steps[0].body
    assert line(shown, "Postal Address: Country", "P-1").fate is Fate.REFUSED
