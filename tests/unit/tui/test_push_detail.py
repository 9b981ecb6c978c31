"""The text about a push: what to look for in the other system, what happened, and what is said of a record."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from core.local_forms import UTC_TIME
from core.push.activity import Activity
from core.push.live_push import first_record
from core.push.plan import Asset, Entity, Operation, Plan, StepKind
from core.push.records import Push, StepRecord, TrailEvent
from core.push.resolutions import SAYS, choices
from core.push.states import PushState, StepState
from tests.support.fakes import opportunity_step, person_step, plan_of
from tui.activity import detail
from tui.activity.clues import Clue, clues_in, clues_of, record_words, search_text
from tui.activity.detail import SETTLED
from tui.activity.screen import most_urgent
from tui.text import plain
from tui.widgets.clickable.click_lines import lines_of, stacked
from tui.words.push_steps import push_steps

AT = datetime(2026, 11, 12, 13, 40, tzinfo=UTC).timestamp()
BODY: dict[str, Any] = {"LoanPurpose": "Refinance", "ProposedLoanAmount": 530000, "ProposedLoanTerm": 30}


def deal() -> tuple[Plan, list[StepRecord]]:
    person = person_step(first="Mei")
    loan = msgspec.structs.replace(opportunity_step(person), body=BODY)
    records = [first_record("P1", n, step) for n, step in enumerate((person, loan))]
    records[0] = msgspec.structs.replace(records[0], state=StepState.DONE, remote_id="1-6E2CA")
    trail = (TrailEvent(AT, "intent"), TrailEvent(AT + 120, "no-reply"))
    records[1] = msgspec.structs.replace(records[1], state=StepState.NEEDS_YOU, sent_at=AT, trail=trail)
    return plan_of(person, loan), records


def test_a_question_says_name_amount_date_reference_and_who_is_there_already() -> None:
    plan, records = deal()
    clues = clues_of(plan.steps[1], "a loan", plan, records)
    assert clues == [
        Clue("Loan", "Refinance, $530,000, 30 years"),
        Clue("Applicant", "Mei, 1-6E2CA", "is there"),
    ]
    text = "\n".join(line.plain for line in detail.clue_lines(records[1], clues, UTC_TIME, 80).lines)
    assert "WHAT TO LOOK FOR IN FLEX" in text
    assert "between 13:40 and 13:42, 12 Nov" in text
    assert records[1].ref in text
    assert search_text(Entity.OPPORTUNITY, clues, "Wang, Mei", "BD-1") == "Mei"


@pytest.mark.parametrize("width", [40, 80])
def test_each_line_of_a_choice_can_be_clicked_and_no_other_line(width: int) -> None:
    _, records = deal()
    above = lines_of(plain("word " * 30), width)
    text = stacked([above, detail.choice_lines(records[1], width)], apart=1)
    keys = {spot.action: text.lines[spot.line].plain[0] for spot in reversed(text.spots)}
    assert keys == {f"decide('{choice}')": detail.KEYS[choice] for choice in choices(records[1])}
    clicked = [text.lines[spot.line].plain for spot in text.spots]
    assert max(map(len, clicked)) <= width
    others = [line.plain for line in text.lines if line.plain not in clicked]
    assert len(others) + len(clicked) == len(text.lines)
    assert {"YOUR CHOICE", ""} <= set(others)
    assert clicked[-1].endswith(SAYS[choices(records[1])[-1]][1].split()[-1])


def test_without_the_plan_the_summary_and_the_client_are_what_is_known() -> None:
    _, records = deal()
    clues = clues_of(None, "C-1", None, records)
    assert clues == [Clue("Record", "C-1")]
    assert search_text(Entity.OPPORTUNITY, clues, "Wang, Mei", "BD-1") == "Wang, Mei"
    assert search_text(Entity.OPPORTUNITY, clues, "", "BD-1") == "BD-1"


@pytest.mark.parametrize(
    ("entity", "fields", "said"),
    [
        (
            Entity.PERSON,
            {"FirstName": "Mei", "LastName": "Wang", "DateOfBirth": "1988-02-29"},
            "Mei Wang, 1988-02-29",
        ),
        (Entity.NOTE, {"Text": "Called.\n\nWill call again"}, "Called. Will call again"),
        (
            Entity.CONTACT,
            {"first_name": "Jo", "last_name": "Ng", "email": "jo@x.example"},
            "Jo Ng, jo@x.example",
        ),
        (Entity.PROPERTY, {"PropertyType": "House", "Value": 900000.5, "Usage": None}, "House, $900,000.50"),
        (Entity.OPPORTUNITY, {"ProposedLoanAmount": True, "LoanPurpose": ["x"]}, ""),
        (Entity.INSIGHT, {"data": {}}, ""),
    ],
)
def test_a_record_is_said_by_what_tells_it_apart(entity: Entity, fields: dict[str, Any], said: str) -> None:
    assert record_words(entity, fields, UTC_TIME) == said
    assert ", ".join(clue.value for clue in clues_in(entity, fields)) == said


@pytest.mark.parametrize(
    ("created", "said"),
    [
        ("2026-11-12T13:40:00Z", "Purchase, created 12 Nov 2026, 13:40"),
        ("2026-11-12T23:40:00+10:00", "Purchase, created 12 Nov 2026, 13:40"),
        ("2026-11-12T13:40:00", "Purchase"),
        ("yesterday", "Purchase"),
        (None, "Purchase"),
        (7, "Purchase"),
    ],
)
def test_a_record_says_when_it_was_created_if_its_system_does(created: object, said: str) -> None:
    assert (
        record_words(Entity.OPPORTUNITY, {"LoanPurpose": "Purchase", "CreatedAt": created}, UTC_TIME) == said
    )


def test_a_long_value_is_cut_and_a_megabyte_costs_no_more() -> None:
    (clue,) = clues_in(Entity.NOTE, {"Text": "word " * 200_000})
    assert len(clue.value) == 80
    assert clue.value.endswith("…")


def test_every_operation_and_state_of_a_step_has_words() -> None:
    _, records = deal()
    for operation in Operation:
        assert detail.step_words(msgspec.structs.replace(records[0], operation=operation))
    for state in StepState:
        assert detail.step_words(msgspec.structs.replace(records[0], state=state))


@pytest.mark.parametrize("asset", Asset)
def test_every_push_has_a_headline(asset: Asset) -> None:
    for state in PushState:
        push = Push("P1", asset, "C-1", "7f3a", state, "m.hale", AT, AT, 2)
        assert detail.headline(push, None)[0].isupper()


def test_of_many_steps_the_exceptions_are_told_and_the_rest_is_counted() -> None:
    made = [first_record("P1", n, person_step(f"P-{n}")) for n in range(3000)]
    trail = (TrailEvent(AT, "applied"),)
    steps = [msgspec.structs.replace(step, state=StepState.DONE, remote_id="1", trail=trail) for step in made]
    steps[2500] = msgspec.structs.replace(steps[2500], state=StepState.REFUSED, error="refused")
    steps[2999] = made[2999]
    text = detail.happened_lines(steps, [f"Client {n}" for n in range(3000)], UTC_TIME, 100).plain
    assert "Client 2500: refused" in text
    assert text.count("\n") == 14
    assert text.endswith("and 2,987 more: d shows every step\n  1 not sent yet")


def test_a_step_whose_reply_was_lost_says_how_it_was_settled() -> None:
    _, records = deal()
    trail = (TrailEvent(AT, "intent"), TrailEvent(AT, "no-reply"), TrailEvent(AT + 1, "found-after-all"))
    found = msgspec.structs.replace(records[0], trail=trail)
    text = " ".join(detail.happened_lines([found], ["Mei"], UTC_TIME, 200).plain.split())
    assert "Mei: person created as 1-6E2CA; no reply came, but it had arrived: found by its reference" in text


def test_an_update_has_no_time_of_creation() -> None:
    _, records = deal()
    update = msgspec.structs.replace(records[1], kind=StepKind.UPDATE)
    assert not any("Created" in line.plain for line in detail.clue_lines(update, [], UTC_TIME, 80).lines)


def test_a_step_that_found_everything_there_is_not_said_to_have_changed_anything() -> None:
    _, records = deal()
    update = msgspec.structs.replace(
        records[0], operation=Operation.UPDATE, trail=(TrailEvent(AT, "there-already"),)
    )
    assert detail.step_words(update) == "1-6E2CA has this already; nothing was sent"
    assert detail.step_words(msgspec.structs.replace(update, trail=())) == "person updated as 1-6E2CA"


@pytest.mark.parametrize("code", sorted(SETTLED))
def test_the_step_whose_reply_was_lost_is_shown_first_if_nothing_is_urgent(code: str) -> None:
    _, records = deal()
    found = msgspec.structs.replace(
        records[1], state=StepState.DONE, trail=(TrailEvent(AT, "no-reply"), TrailEvent(AT, code))
    )
    push = Push("P1", Asset.CARD, "C-1", "7f3a", PushState.DONE, "m.hale", AT, AT, 2)
    assert most_urgent(Activity(push, (records[0], found))) == 1
    urgent = msgspec.structs.replace(records[0], state=StepState.REFUSED)
    assert most_urgent(Activity(push, (urgent, found))) == 0
    calm = msgspec.structs.replace(found, trail=())
    assert most_urgent(Activity(push, (records[0], calm))) == 0


def test_a_link_that_was_not_sent_yet_has_no_id() -> None:
    _, records = deal()
    link = msgspec.structs.replace(
        records[1], operation=Operation.LINK, state=StepState.READY, remote_id="1-PRODUCT"
    )
    assert push_steps(None, [link])[0].remark == ""
    assert push_steps(None, [msgspec.structs.replace(link, state=StepState.DONE)])[0].remark == "1-PRODUCT"
