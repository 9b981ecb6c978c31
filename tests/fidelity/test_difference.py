from __future__ import annotations

from typing import Any

import msgspec
import pytest

from core.flex.plans.preview import Preview
from core.push.plan import Entity, Operation
from tests.fidelity.difference import Dump, RecordKey, flatten, is_equal
from tests.fidelity.expected import PartDone, differences, expected_difference
from tests.support.cards import BAO, but, link, preview, with_person


def keys_of(kind: str) -> RecordKey:
    return RecordKey("flex", kind, "1-KNOWN")


def dump(**fields: Any) -> Dump:
    return {keys_of("contacts"): flatten({"FLEXId": "1-KNOWN", **fields})}


@pytest.fixture
def shown() -> Preview:
    """The update of one person who is in FLEX, and nothing else."""
    whole = preview(
        with_person(but(BAO, email="bao@example.com")), links=link(Entity.PERSON, "P-2", "1-KNOWN")
    )
    steps = tuple(
        step
        for step in whole.plan.steps
        if step.entity is Entity.PERSON and step.operation is Operation.UPDATE
    )
    fields = tuple(field for field in whole.fields if field.target.startswith("Applicant."))
    plan = msgspec.structs.replace(whole.plan, steps=steps)
    return msgspec.structs.replace(whole, plan=plan, fields=fields)


BEFORE = {"FirstName": "Bao", "LastName": "Old"}
AFTER = {"FirstName": "Bao", "LastName": "Tran", "EmailAddress": "bao@example.com", "UpdatedAt": "later"}


def test_a_push_that_does_what_was_shown_differs_in_nothing(shown: Preview) -> None:
    assert differences(expected_difference(shown), dump(**BEFORE), dump(**AFTER)) == []


def test_a_value_that_was_to_arrive_and_did_not_is_found(shown: Preview) -> None:
    after = dump(**{**AFTER, "LastName": "Old"})
    (line,) = differences(expected_difference(shown), dump(**BEFORE), after)
    assert "LastName was to be 'Tran' and is 'Old'" in line


def test_a_value_that_changed_and_was_not_shown_is_found(shown: Preview) -> None:
    after = dump(**AFTER, MiddleName="Van")
    (line,) = differences(expected_difference(shown), dump(**BEFORE), after)
    assert "MiddleName is 'Van'" in line


def test_a_value_that_was_taken_away_is_found(shown: Preview) -> None:
    (line,) = differences(expected_difference(shown), dump(**BEFORE, HomePhone="1234567"), dump(**AFTER))
    assert "HomePhone is None, was '1234567'" in line


def test_a_record_that_nobody_predicted_is_found(shown: Preview) -> None:
    after = {**dump(**AFTER), keys_of("notes"): flatten({"Text": "hello"})}
    (line,) = differences(expected_difference(shown), dump(**BEFORE), after)
    assert line == "flex notes 1-KNOWN came and was not predicted"


def test_a_record_that_went_is_found(shown: Preview) -> None:
    before = {**dump(**BEFORE), keys_of("notes"): flatten({"Text": "hello"})}
    assert differences(expected_difference(shown), before, dump(**AFTER)) == ["flex notes 1-KNOWN is gone"]


def test_a_value_that_is_sent_and_not_shown_is_found(shown: Preview) -> None:
    hidden = tuple(field for field in shown.fields if field.target != "Applicant.EmailAddress")
    quiet = msgspec.structs.replace(shown, fields=hidden)
    (line,) = differences(expected_difference(quiet), dump(**BEFORE), dump(**AFTER))
    assert "EmailAddress is sent and not shown" in line


def test_a_value_that_is_shown_as_arriving_and_that_no_step_carries_is_found(shown: Preview) -> None:
    plan = msgspec.structs.replace(shown.plan, steps=())
    lines = differences(
        expected_difference(msgspec.structs.replace(shown, plan=plan)), dump(**BEFORE), dump(**BEFORE)
    )
    assert any("Last Name of Bao Tran" in line for line in lines)


def test_a_step_that_the_journal_does_not_call_done_must_have_changed_nothing(shown: Preview) -> None:
    nothing = PartDone(frozenset(), whole=False)
    expected = expected_difference(shown)
    assert differences(expected, dump(**BEFORE), dump(**BEFORE), nothing) == []
    assert differences(expected, dump(**BEFORE), dump(**AFTER), nothing) != []


def test_a_step_in_doubt_may_have_changed_what_was_shown_and_nothing_else(shown: Preview) -> None:
    doubt = PartDone(frozenset(), in_doubt=frozenset({0}), whole=False)
    expected = expected_difference(shown)
    assert differences(expected, dump(**BEFORE), dump(**BEFORE), doubt) == []
    assert differences(expected, dump(**BEFORE), dump(**AFTER), doubt) == []
    assert differences(expected, dump(**BEFORE), dump(**AFTER, MiddleName="Van"), doubt) != []


@pytest.mark.parametrize(
    ("name", "one", "other", "same"),
    [
        ("Text", "two\r\nlines ", "two\nlines", True),
        ("Text", "Two", "two", False),
        ("LastName", "O'BRIEN", "O'Brien", True),
        ("FirstName", "Zoe\u0308", "Zoë", True),
        ("EmailAddress", "A@Example.com", "a@example.com", True),
        ("CellularPhone", "0491 570 006", "(0491) 570-006", True),
        ("CellularPhone", "0491 570 006", "0491 570 007", False),
        ("CellularPhone", "+61 491 570 006", "61 491 570 006", False),
        ("ProposedLoanAmount", 640000, "640,000.00", True),
        ("ProposedLoanAmount", 640000, 64000, False),
        ("DateOfBirth", "29/02/1988", "1988-02-29", True),
        ("DateOfBirth", "01/02/1988", "02/01/1988", False),
        ("LastName", "", None, False),
    ],
)
def test_values_are_equal_by_the_form_of_their_field(
    name: str, one: object, other: object, same: bool
) -> None:
    assert is_equal((name,), one, other) is same
