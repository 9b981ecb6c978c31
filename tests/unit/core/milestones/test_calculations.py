"""Calculations as they are reported: what a report has to hold, whose it is, and that a contact's first counts once."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from functools import wraps
from typing import Any

import pytest
from msgspec.structs import replace

from core.compare.mailboxes import PLACEHOLDER
from core.errors import Unreachable
from core.milestones.calculations.intake import TakenReports
from core.milestones.calculations.report import (
    AHEAD,
    OddReport,
    from_delivery,
    report_of,
)
from core.milestones.events import MOST, BadWebhook, CalculationReport
from core.milestones.insights import InsightContact
from core.milestones.milestone_map import Milestone, MilestoneMap
from core.milestones.records import MilestoneState, WaitingCalculation
from tests.unit.core.milestones.live_systems import Office, true_now
from tests.unit.core.milestones.milestone_setup import OWNER, SHIPPED
from tests.unit.core.milestones.test_use_cases import lived

RAN = Milestone.RAN_CALCULATION
_S = MilestoneState
NOW = 1_795_000_000.0
GOOD = {"id": "C-1", "contact_id": "9001", "email": "", "at": "2026-11-18T10:00:00+10:00"}


# -- one report ---------------------------------------------------------------------------------------------


def test_a_report_keeps_the_email_only_where_no_id_says_who_it_is() -> None:
    at = datetime(2026, 11, 18, 0, 0, tzinfo=UTC).timestamp()
    assert report_of(GOOD, NOW) == CalculationReport("C-1", at, NOW, "9001")
    both = report_of({**GOOD, "email": "ann@x.example"}, NOW)
    assert both == CalculationReport("C-1", at, NOW, "9001")
    alone = report_of({**GOOD, "contact_id": " ", "email": " ann@x.example "}, NOW)
    assert alone == CalculationReport("C-1", at, NOW, "", "ann@x.example")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"id": ""}, "id"),
        ({"id": "two words"}, "id"),
        ({"id": "x" * 65}, "id"),
        ({"contact_id": "../7"}, "contact_id"),
        ({"contact_id": ""}, "contact_id"),
        ({"contact_id": "", "email": "n/a"}, "email"),
        ({"contact_id": "", "email": "none@none.com"}, "email"),
        ({"contact_id": "", "email": f"{'a' * 250}@x.example"}, "email"),
        ({"at": ""}, "at"),
        ({"at": "18/11/2026 10:00"}, "at"),
        ({"at": "2026-11-18T10:00:00"}, "at"),
        ({"at": "1969-12-31T00:00:00Z"}, "at"),
        ({"at": datetime.fromtimestamp(NOW + AHEAD + 1, UTC).isoformat()}, "at"),
    ],
)
def test_an_odd_report_is_named_by_its_field_and_quotes_no_value(change: dict[str, str], field: str) -> None:
    with pytest.raises(OddReport) as caught:
        report_of({**GOOD, **change}, NOW)
    assert caught.value.field == field
    assert not any(value and value in str(caught.value) for value in change.values())


def test_a_placeholder_in_place_of_an_email_is_called_that() -> None:
    with pytest.raises(OddReport) as caught:
        report_of({**GOOD, "contact_id": "", "email": "noone@example.com"}, NOW)
    assert caught.value.why == PLACEHOLDER


def body(*items: Any) -> bytes:
    return json.dumps(items if len(items) != 1 else items[0]).encode()


def test_a_delivery_is_one_report_or_a_list_and_an_odd_one_costs_no_other() -> None:
    assert [report.id for report in from_delivery(body(GOOD), NOW).reports] == ["C-1"]
    mixed = from_delivery(body(GOOD, {**GOOD, "id": "C-2", "contact_id": 9002}, {"id": "C-3"}, 7), NOW)
    assert [(report.id, report.contact_id) for report in mixed.reports] == [("C-1", "9001"), ("C-2", "9002")]
    assert len(mixed.set_aside) == 2


@pytest.mark.parametrize(
    "given", [b"", b"{", b"[]", b"7", b"\xff", body({**GOOD, "at": 7}), body(*[GOOD] * (MOST + 1))]
)
def test_what_is_no_delivery_is_refused(given: bytes) -> None:
    with pytest.raises(BadWebhook):
        from_delivery(given, NOW)


# -- whose it is --------------------------------------------------------------------------------------------


def watching(test: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    """Make a plain test of one whose office has watched for an hour, before which nothing counts."""

    @lived
    @wraps(test)
    async def story(office: Office, **named: Any) -> None:
        await office.desk.look()
        await asyncio.sleep(3600)
        await test(office, **named)

    return story


def report(
    id_: str = "C-1", *, ago: float = 60.0, contact_id: str = "", email: str = ""
) -> CalculationReport:
    return CalculationReport(id_, true_now() - ago, true_now(), contact_id, email)


async def states(office: Office) -> list[tuple[str, MilestoneState]]:
    return [(line.contact, line.state) for line in (await office.desk.look()).lines if line.milestone is RAN]


@watching
async def test_a_calculation_that_is_reported_three_times_makes_one_insight(office: Office) -> None:
    office.inbox.reports = [report(contact_id="9000"), report(contact_id="9000")]
    await office.desk.send(office.engine)
    office.inbox.reports = [report(contact_id="9000")]
    await office.desk.send(office.engine)
    await office.desk.take_calculations([report("C-2", ago=30.0, contact_id="B0"), report(contact_id="9000")])
    await office.desk.send(office.engine)
    await office.restart()
    await office.desk.take_calculations([report(contact_id="9000")])
    await office.desk.send(office.engine)
    assert [contact for contact, _ in office.remote.held] == ["9000"]
    assert await office.book.all(WaitingCalculation) == []


@watching
async def test_the_first_calculation_of_a_contact_counts(office: Office) -> None:
    early, late = report("C-1", ago=600.0, contact_id="9000"), report("C-2", ago=60.0, contact_id="9000")
    await office.desk.take_calculations([late])
    await office.desk.take_calculations([early])
    (line,) = [line for line in (await office.desk.look()).lines if line.milestone is RAN]
    assert (line.at, line.state) == (early.at, _S.DUE)


@watching
async def test_two_contacts_of_one_delivery_count_both_although_their_ids_are_the_same(
    office: Office,
) -> None:
    await office.desk.take_calculations([report(contact_id="9000"), report(contact_id="9001")])
    assert sorted(await states(office)) == [("9000", _S.DUE), ("9001", _S.DUE)]


@watching
async def test_an_email_finds_its_contact_by_the_account_and_by_the_contact(office: Office) -> None:
    office.applications.by_email["kate@x.example"] = ["B1"]
    office.ties.by_email["ann@x.example"] = ["9002"]
    taken = await office.desk.take_calculations(
        [report("C-1", email="kate@x.example"), report("C-2", email="ann@x.example")]
    )
    assert (taken.known, taken.waiting) == (2, 0)
    assert sorted(await states(office)) == [("9001", _S.DUE), ("9002", _S.DUE)]


@watching
async def test_an_email_of_two_contacts_asks_and_the_same_report_with_an_id_answers(office: Office) -> None:
    office.applications.by_email["home@x.example"] = ["B1"]
    office.ties.by_email["home@x.example"] = ["9001", "9002"]
    taken = await office.desk.take_calculations([report(email="home@x.example")])
    assert (taken.known, taken.waiting) == (0, 1)
    (line,) = (await office.desk.look()).lines
    assert (line.state, line.contact, line.calculation) == (_S.NEEDS_YOU, "", "C-1")
    assert "2 contacts share the email of calculation C-1 (9001, 9002)" in line.reason
    await office.desk.send(office.engine)
    assert office.remote.held == []
    assert "home@x.example" not in repr(office.book.tables), "no email is kept"
    await office.desk.take_calculations([report(contact_id="9002")])
    assert await states(office) == [("9002", _S.DUE)]


@watching
async def test_a_calculation_waits_until_its_contact_is_linked(office: Office) -> None:
    await office.desk.take_calculations([report(contact_id="9009"), report("C-2", email="new@x.example")])
    assert sorted(await states(office)) == [("", _S.WAITING), ("9009", _S.WAITING)]
    office.ties.held["B9"] = InsightContact("9009", OWNER)
    await office.restart()
    assert sorted(await states(office)) == [("", _S.WAITING), ("9009", _S.DUE)]


@watching
async def test_an_email_that_cant_be_looked_up_now_is_looked_up_the_next_time(office: Office) -> None:
    office.inbox.reports = [report(email="kate@x.example")]
    office.applications.by_email["kate@x.example"] = ["B1"]
    office.applications.down = True
    with pytest.raises(Unreachable):
        await office.desk.look()
    assert len(office.inbox.reports) == 1, "what was not taken in stays in the listener's file"
    office.applications.down = False
    assert await states(office) == [("9001", _S.DUE)]


@watching
async def test_a_desk_that_may_not_write_shows_what_was_reported_and_keeps_nothing(office: Office) -> None:
    await office.restart(keeps=False)
    await office.desk.take_calculations([report(contact_id="9000"), report("C-2", contact_id="9009")])
    assert sorted(await states(office)) == [("9000", _S.DUE), ("9009", _S.WAITING)]
    assert await office.book.all(WaitingCalculation) == []


@watching
async def test_calculations_are_handed_over_also_while_simplenexus_can_not_be_asked(office: Office) -> None:
    await office.restart(keeps=False)
    office.applications.down = True
    taken = await office.desk.take_calculations([report(email="kate@x.example")])
    assert (taken.handed_over, len(office.inbox.reports)) == (True, 1)
    assert await office.desk.take_calculations([]) == TakenReports()
    assert len(office.inbox.reports) == 1


# -- whether anything reports them --------------------------------------------------------------------------


def without_ran() -> MilestoneMap:
    return replace(SHIPPED, rows={**SHIPPED.rows, RAN: replace(SHIPPED.rows[RAN], off=True)})


@pytest.mark.parametrize(
    ("change", "lacks"),
    [
        ({}, True),
        ({"takes_calculations": True}, False),
        ({"writer": "vendor"}, False),
        ({"map": without_ran()}, False),
    ],
)
def test_the_desk_says_where_nothing_reports_calculations(change: dict[str, Any], lacks: bool) -> None:
    @watching
    async def story(office: Office) -> None:
        office.terms = replace(office.terms, **change)
        await office.restart()
        assert (await office.desk.look()).lacks_calculations is lacks

    story()


@watching
async def test_a_desk_to_which_a_file_reported_lacks_nothing(office: Office) -> None:
    assert (await office.desk.look()).lacks_calculations
    await office.desk.take_calculations([report(contact_id="9000")])
    await office.restart()
    assert not (await office.desk.look()).lacks_calculations
