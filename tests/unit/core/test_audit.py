"""Who did what is listed by person and time, with the ids of what it concerns and nothing else."""

from __future__ import annotations

import msgspec

from core.audit import AuditLine, audit_lines
from core.automatic.records import AutomaticWork, StandingOrder
from core.flex.records import Tick
from core.push.records import TrailEvent
from core.push.states import PushState, StepState
from tests.support.book_fakes import a_push, a_step
from tests.support.fakes import FakeBook


async def test_confirmations_decisions_ticks_and_orders_are_listed_by_person_and_time() -> None:
    book = FakeBook()
    trail = (TrailEvent(20.0, "intent"), TrailEvent(30.0, "decided-there", "1-6D9UB", "ben"))
    await book.commit(
        msgspec.structs.replace(a_push(1, PushState.DONE), operator="anna", created_at=10.0, size=1),
        msgspec.structs.replace(a_step(0, StepState.DONE), trail=trail),
        Tick("C-1", "income", "hash", "ben", 5.0),
        StandingOrder(AutomaticWork.MILESTONES, "anna", 40.0),
    )
    assert await audit_lines(book) == [
        AuditLine(10.0, "anna", "confirmed card", "C-1", "P1"),
        AuditLine(40.0, "anna", "ordered automatic sending", "milestones"),
        AuditLine(5.0, "ben", "ticked as entered by hand", "C-1:income"),
        AuditLine(30.0, "ben", "decided-there", "N-0", "P1"),
    ]
