"""Borrower Linked of accounts that the desk made: they count from the first sign-in, or by a person's word."""

from __future__ import annotations

from typing import Any

import pytest

from core.errors import DeskError
from core.milestones.events import EventKind
from core.milestones.facts import FactState, fold
from core.milestones.inputs import Writer
from core.milestones.milestone_map import Milestone, MilestoneId
from core.milestones.records import Approval, Doubt, MilestoneState
from core.push.plan import Entity, Operation, StepKind, System, make_ref
from core.push.records import Declined, Link, StepRecord
from core.push.states import StepState
from tests.unit.core.milestones.live_systems import Office
from tests.unit.core.milestones.milestone_setup import T0, a_world, event, lines
from tests.unit.core.milestones.test_use_cases import lived, told

S = MilestoneState
LINKED = Milestone.BORROWER_LINKED
NAME = MilestoneId("9001", LINKED).encode()
MADE = event(EventKind.ACCOUNT, "B1", T0)
SIGNED_IN = event(EventKind.SIGNED_IN, "B1", T0 + 60)
LATER = {"since": T0 + 30, "first_sync": T0 + 30}
"""A desk that began to watch, and had its first sync, after the account was made."""
WORD = {Approval.key_of(NAME, Doubt.NOT_SIGNED_IN): Approval(NAME, Doubt.NOT_SIGNED_IN, T0, "m.hale")}


@pytest.mark.parametrize(
    ("events", "world", "state", "at", "doubt"),
    [
        ([MADE], {}, S.DUE, T0, None),
        ([SIGNED_IN], {}, S.DUE, T0 + 60, None),
        ([SIGNED_IN, MADE], {}, S.DUE, T0, None),
        ([MADE], {"made_here": {"9001"}}, S.NEEDS_YOU, T0, Doubt.NOT_SIGNED_IN),
        ([MADE], {"made_here": {"9002"}}, S.DUE, T0, None),
        ([MADE], {"made_here": {"9001"}, "hears_sign_ins": True}, S.WAITING, T0, Doubt.NOT_SIGNED_IN),
        ([MADE, SIGNED_IN], {"made_here": {"9001"}}, S.DUE, T0 + 60, None),
        ([SIGNED_IN], {"made_here": {"9001"}}, S.DUE, T0 + 60, None),
        ([MADE], {"made_here": {"9001"}, "approvals": WORD}, S.DUE, T0, Doubt.NOT_SIGNED_IN),
        ([MADE], {"made_here": {"9001"}, "writer": Writer.VENDOR}, S.OBSERVED, T0, None),
        ([MADE], {"since": T0 + 30}, S.SKIPPED, T0, None),
        ([MADE], {"first_sync": T0 + 30}, S.SKIPPED, T0, None),
        ([MADE], {**LATER, "made_here": {"9001"}}, S.NEEDS_YOU, T0, Doubt.NOT_SIGNED_IN),
        ([MADE, SIGNED_IN], {**LATER, "made_here": {"9001"}}, S.DUE, T0 + 60, None),
        ([MADE, SIGNED_IN], {"since": T0 + 90, "made_here": {"9001"}}, S.SKIPPED, T0 + 60, None),
        ([MADE], {"made_here": {"9001"}, "paused": {"9001"}, "approvals": WORD}, S.WAITING, T0, None),
    ],
)
def test_an_account_that_the_desk_made_counts_from_the_first_sign_in(
    events: list[Any], world: dict[str, Any], state: MilestoneState, at: float, doubt: Doubt | None
) -> None:
    line = lines(fold(FactState(), events), a_world(T0 + 120, **world))[LINKED]
    assert (line.state, line.at, line.doubt) == (state, at, doubt)
    if state is S.DUE and doubt is not None:
        assert line.plan is not None
        assert line.plan.overrides == (Doubt.NOT_SIGNED_IN,)


def _link(contact: str) -> Link:
    ref = make_ref("test", System.SIMPLENEXUS, Entity.BORROWER, contact)
    return Link(System.SIMPLENEXUS, Entity.BORROWER, contact, "B0", ref, 1.0)


def _step(contact: str, state: StepState, attempts: int = 1) -> StepRecord:
    return StepRecord(
        "P9", 0, "BD-X", System.SIMPLENEXUS, Entity.BORROWER, Operation.CREATE, StepKind.CREATE, contact, state,
        attempts=attempts,
    )  # fmt: skip


def _declined(contact: str, **sent: str) -> Declined:
    return Declined(System.SIMPLENEXUS, Entity.BORROWER, contact, "BD-X", sent, 1.0)


@pytest.mark.parametrize(
    ("records", "waits"),
    [
        ([], False),
        ([_link("9000")], True),
        ([_step("9000", StepState.INTENT)], True),
        ([_step("9000", StepState.UNKNOWN)], True),
        ([_step("9000", StepState.SKIPPED)], True),
        ([_step("9000", StepState.REFUSED)], False),
        ([_step("9000", StepState.READY, attempts=0)], False),
        ([_declined("9000", email="x")], True),
        ([_declined("9000")], False),
        ([_link("9001")], False),
    ],
)
def test_an_account_counts_as_made_here_as_soon_as_it_may_have_been(records: list[Any], waits: bool) -> None:
    @lived
    async def story(office: Office) -> None:
        told(office, EventKind.ACCOUNT, "B0", 60)
        await office.book.commit(*records)
        (line,) = (await office.desk.look()).lines
        assert (line.state, line.doubt) == ((S.NEEDS_YOU, Doubt.NOT_SIGNED_IN) if waits else (S.DUE, None))
        await office.desk.send(office.engine)
        assert len(office.remote.held) == (not waits)

    story()


@lived
async def test_a_person_can_decide_before_the_sign_in_is_reported(office: Office) -> None:
    told(office, EventKind.ACCOUNT, "B0", 60)
    await office.book.commit(_link("9000"))
    (line,) = (await office.desk.look()).lines
    assert [line.state for line in (await office.desk.approve(line.name)).lines] == [S.DUE]
    with pytest.raises(DeskError, match="does not wait for that answer"):
        await office.desk.approve(line.name)
    await office.desk.send(office.engine)
    assert [contact for contact, _ in office.remote.held] == ["9000"]
