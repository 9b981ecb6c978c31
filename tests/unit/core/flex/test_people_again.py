"""People sent again: who is updated, and what the preview says is left out."""

from __future__ import annotations

from core.flex.field_map.fates import ARRIVES, Fate
from core.flex.model import Applicant
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
    assert left.reason == "this push updates only the people whom FLEX has"
    assert shown.warnings == (
        "Bao Tran is not in FLEX yet and is not sent: this push updates only the people whom FLEX has.",
    )


def test_no_role_is_shown_as_sent_and_none_is_to_key_by_hand() -> None:
    people = (Applicant("Guarantor", KNOWN_LINH),)
    shown = plan_people_again(gather(but(LINKED, people=people)))
    role = line(shown, "Role", "P-1")
    assert (role.fate, role.value, role.left_out) == (Fate.NO_HOME, None, True)
    assert role not in shown.by_hand
    assert shown.warnings == ()
