"""What reading and sending cost in requests, whatever the two systems hold.

A milestone costs 6 at most, a new contact 8, a sync with nothing new 6 and 3 for each loan officer.

Counted without the sign-in, the receipt's read-back and the later duplicate check.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import httpx
import pytest

from core.contacts.model import Verdict
from core.errors import DeskError
from tests.contracts.recording.traffic_recorder import VARIABLE
from tests.contracts.request_counts import (
    LONG_AGO,
    MANY,
    Tenant,
    many_milestones,
    new_contact,
    now,
    one_milestone,
    play,
    quiet_sync,
)
from tests.contracts.traffic import report
from tests.fidelity.contacts.book import simplenexus_id
from tests.fidelity.contacts.story import ContactDesk
from tests.fidelity.systems import DatedTransport

MILESTONE, PUSH = 6, 8
QUIET, EACH_OFFICER = 6, 3
SIZES = [(50, 0, 4), (700, 700, 4), (300, 0, 60)]
"""Contacts of Total Expert, insights, loan officers. The second has more pages than a milestone may cost requests."""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder for the recordings of this test alone; nothing in it may be a breach."""
    recordings = tmp_path / "traffic"
    recordings.mkdir()
    monkeypatch.setenv(VARIABLE, str(recordings))
    yield recordings
    assert report(recordings)[0] == 0, report(recordings)[1]


SENT: dict[str, set[tuple[str, ...]]] = {}


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("what", ["account", "application"])
def test_a_milestone_costs_a_handful_of_requests(folder: Path, size: tuple[int, int, int], what: str) -> None:
    async def story(tenant: Tenant, desk: ContactDesk) -> None:
        await desk.milestones.look()
        counted = await one_milestone(tenant, desk, what, 7)
        assert counted.sent == 1
        assert len(counted.sending) <= MILESTONE, counted.sending
        most = MILESTONE if what == "account" else MILESTONE + 3
        assert len(counted.sending) + counted.look <= most, counted
        SENT.setdefault(what, set()).add(tuple(counted.sending))
        assert len(SENT[what]) == 1, "the same requests, whatever the systems hold"

    play(folder, size, story)


def test_many_milestones_cost_no_more_each_than_one(folder: Path) -> None:
    async def story(tenant: Tenant, desk: ContactDesk) -> None:
        await desk.milestones.look()
        counted = await many_milestones(tenant, desk, 0)
        assert counted.sent == MANY
        assert len(counted.sending) + counted.look <= MANY * MILESTONE

    play(folder, (200, 500, 4), story)


PUSHED: set[tuple[str, ...]] = set()


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_a_new_contact_costs_a_handful_of_requests(folder: Path, size: tuple[int, int, int]) -> None:
    async def story(tenant: Tenant, desk: ContactDesk) -> None:
        sending = await new_contact(tenant, desk)
        assert len(sending) <= PUSH, sending
        PUSHED.add(tuple(sending))
        assert len(PUSHED) == 1, "the same requests, whatever the systems hold"

    play(folder, size, story)


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_a_sync_with_nothing_new_costs_a_few_requests_for_each_officer(
    folder: Path, size: tuple[int, int, int]
) -> None:
    async def story(tenant: Tenant, desk: ContactDesk) -> None:
        requests = await quiet_sync(tenant, desk)
        assert len(requests) == 5 + 2 * size[2], "the same number, whatever the systems hold"
        assert len(requests) <= QUIET + EACH_OFFICER * size[2]

    play(folder, size, story)


def test_a_sync_after_a_change_costs_no_more_than_three_requests_for_each_officer(folder: Path) -> None:
    async def story(tenant: Tenant, desk: ContactDesk) -> None:
        await quiet_sync(tenant, desk)
        await asyncio.sleep(1_200)
        tenant.systems.now = desk.clock.now()
        tenant.borrower(7, now(desk))
        tenant.requests()
        before = {contact.id for contact in (await desk.contacts.gather()).simplenexus}
        assert len(tenant.requests()) <= QUIET + EACH_OFFICER * 4
        assert simplenexus_id("borrower 7") in before

    play(folder, (1200, 700, 4), story)


def test_nothing_is_made_from_a_record_that_went_since_it_was_read(folder: Path) -> None:
    async def story(tenant: Tenant, desk: ContactDesk) -> None:
        borrower = tenant.borrower(999_999, LONG_AGO)
        gathered = await desk.contacts.gather()
        reviewed = await desk.review.begin(await desk.contacts.match(gathered))
        preview = await desk.syncs.preview(gathered, reviewed, only=(Verdict.PUSH,))
        assert [step.local_id for step in preview.plan.steps] == [borrower]
        tenant.systems.remove("simplenexus", "borrowers", borrower)
        with pytest.raises(DeskError) as caught:
            await desk.syncs.confirm(preview, gathered, desk.engine)
        assert caught.value.code == "plan-changed"
        assert len(tenant.systems.all("total-expert", "contacts")) == 50

    play(folder, (50, 0, 4), story)


class _TimedTransport(DatedTransport):
    """Notes when each request to a system comes, in seconds of the story."""

    times: ClassVar[dict[str, list[float]]] = {}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        system = request.url.path.split("/")[1]
        self.times.setdefault(system, []).append(asyncio.get_running_loop().time())
        return await super().handle_async_request(request)


@pytest.mark.parametrize("rate", [60, 500])
def test_many_milestones_keep_the_budget_of_a_minute(folder: Path, rate: int) -> None:
    async def story(tenant: Tenant, desk: ContactDesk) -> None:
        await desk.milestones.look()
        _TimedTransport.times.clear()
        counted = await many_milestones(tenant, desk, 0)
        assert counted.sent == MANY

    play(folder, (200, 500, 4), story, _TimedTransport, rate)
    assert len(_TimedTransport.times["total-expert"]) > 3 * MANY
    for times in _TimedTransport.times.values():
        for n, start in enumerate(times):
            assert sum(time < start + 59.9 for time in times[n:]) <= rate
