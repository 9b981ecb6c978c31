"""What sending costs in requests: a milestone 6 at most, a new contact 8, whatever the two systems hold.

Counted without the sign-in, the receipt's read-back and the later duplicate check.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import pytest

from core.milestones.milestone_map import Milestone
from core.push.plan import Entity, System, make_ref
from core.push.records import Link
from core.push.states import PushState
from data.sandbox.store import Document
from tests.contracts.recording.traffic_recorder import VARIABLE
from tests.contracts.traffic import recorded, report
from tests.contracts.watch import operation_of
from tests.fidelity.contacts.book import CONTACT_SYSTEMS, GROUPS, simplenexus_id
from tests.fidelity.contacts.story import WORKSPACE, ContactDesk
from tests.fidelity.systems import DatedTransport, FaultPlan, SystemsInProcess, on_virtual_time

LONG_AGO = "2026-01-02T09:00:00Z"
MILESTONE, PUSH = 6, 8
SIZES = [(50, 0, 4), (1200, 700, 4), (300, 0, 60)]
"""Contacts of Total Expert, insights, loan officers."""


class Tenant:
    """Both systems of one company, and the requests that the desk has sent to them."""

    def __init__(
        self, systems: SystemsInProcess, folder: Path, contacts: int, insights: int, officers: int
    ) -> None:
        self.systems = systems
        self._folder = folder
        self._counted = 0
        for option in ("tokens_an_hour", "requests_a_minute"):
            systems.set_option("total-expert", option, 10**9)  # type: ignore[arg-type]
        for n in range(officers):
            email = f"o{n}@desk.example"
            name = {"first_name": f"Officer{n}", "last_name": "Desk", "email": email, "is_active": True}
            self._put("simplenexus", "loan-officers", {"id": self.officer(n), **_STAMPS, **name})
            owner = {"id": 301 + n, "email": email, "username": f"u{n}", "external_id": f"x{n}"}
            self._put("total-expert", "users", owner)
            for m, group in enumerate(GROUPS[2:3]):
                self._put(
                    "total-expert",
                    "contact-groups",
                    {"id": 10_000 + 10 * n + m, "group_name": group, "owner": owner},
                )
        for m, insight in enumerate(Milestone):
            self._put("total-expert", "insight-types", {"id": m + 1, "type": insight})
        for n in range(contacts):
            self.contact(n)
        for n in range(insights):
            whose = {
                "contact": {"id": 160_050 + n % max(1, contacts - 50)},
                "type": {"id": 1, "type": Milestone.BORROWER_LINKED},
            }
            self._put(
                "total-expert", "insights", {"id": 200_000 + n, **whose, "data": {"description": "by hand"}}
            )

    def _put(self, system: str, kind: str, document: Document) -> None:
        self.systems.put(system, kind, document)

    @staticmethod
    def officer(n: int) -> str:
        return simplenexus_id(f"officer {n}")

    def contact(self, n: int) -> str:
        owner = {"id": 301, "email": "o0@desk.example", "username": "u0", "external_id": "x0"}
        fields = {"first_name": f"N{n}", "last_name": "Moss", "email": f"n{n}@x.example", "source": "import"}
        lists: Document = {"external_ids": [], "contact_groups": [], "owner": owner}
        self._put("total-expert", "contacts", {"id": 160_000 + n, **fields, **lists})
        return str(160_000 + n)

    def borrower(self, n: int, at: str) -> str:
        name = {"first_name": f"N{n}", "last_name": "Moss", "email": f"n{n}@x.example", "is_active": True}
        id_ = simplenexus_id(f"borrower {n}")
        self._put(
            "simplenexus",
            "borrowers",
            {"id": id_, "created_at": at, "updated_at": at, **name, "loan_officer_id": self.officer(0)},
        )
        return id_

    def application(self, n: int, at: str) -> None:
        whose = {"borrower_id": simplenexus_id(f"borrower {n}"), "loan_officer_id": self.officer(0)}
        stamps = {"created_at": at, "updated_at": at, "is_active": True, "is_submitted": False}
        self._put("simplenexus", "loan-applications", {"id": simplenexus_id(f"app {n}"), **whose, **stamps})

    def requests(self) -> list[str]:
        """Return the operations of the requests since the last call, in order, without the sign-in."""
        every = [operation_of(sent) for sent in recorded(self._folder)]
        new = [one for one in every[self._counted :] if "token" not in one]
        self._counted = len(every)
        return new


_STAMPS = {"created_at": LONG_AGO, "updated_at": LONG_AGO}
Story = Callable[[Tenant, ContactDesk], Awaitable[None]]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder for the recordings of this test alone; nothing in it may be a breach."""
    recordings = tmp_path / "traffic"
    recordings.mkdir()
    monkeypatch.setenv(VARIABLE, str(recordings))
    yield recordings
    assert report(recordings)[0] == 0, report(recordings)[1]


def play(folder: Path, size: tuple[int, int, int], story: Story) -> None:
    systems = SystemsInProcess(folder.parent, CONTACT_SYSTEMS)
    tenant = Tenant(systems, folder, *size)

    async def whole(wires: Any) -> None:
        await story(tenant, ContactDesk(systems, wires, Random(1), with_faults=False))

    on_virtual_time(systems, FaultPlan(1), whole, DatedTransport)
    systems.close()


def now(desk: ContactDesk, ago: float = 0.0) -> str:
    return f"{datetime.fromtimestamp(desk.clock.now() - ago, UTC):%Y-%m-%dT%H:%M:%SZ}"


async def link(desk: ContactDesk, borrower: str, contact: str) -> None:
    ref = make_ref(WORKSPACE, System.TOTAL_EXPERT, Entity.CONTACT, borrower)
    await desk.book.commit(Link(System.TOTAL_EXPERT, Entity.CONTACT, borrower, contact, ref, 0.0))


async def send_all(tenant: Tenant, desk: ContactDesk) -> tuple[int, list[str], list[str]]:
    """Look, and send what is due; return how many were sent, the requests of the look, and those of the sends."""
    tenant.systems.now = desk.clock.now()
    tenant.requests()
    seen = await desk.milestones.look()
    looked = tenant.requests()
    pushes = await desk.milestones.begin([line.name for line in seen.due], desk.engine)
    for push in pushes:
        assert (await desk.engine.finish(push.push_id)).state is PushState.DONE
    return len(pushes), looked, tenant.requests()


SENT: dict[str, set[tuple[str, ...]]] = {}


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("what", ["account", "application"])
def test_a_milestone_costs_a_handful_of_requests(folder: Path, size: tuple[int, int, int], what: str) -> None:
    async def story(tenant: Tenant, desk: ContactDesk) -> None:
        await desk.milestones.look()
        await asyncio.sleep(600)
        _, nothing, none = await send_all(tenant, desk)
        assert none == []
        await asyncio.sleep(600)
        borrower = tenant.borrower(7, now(desk) if what == "account" else LONG_AGO)
        if what == "application":
            tenant.application(7, now(desk, 60))
        await link(desk, borrower, "160007")
        sent, looked, sending = await send_all(tenant, desk)
        assert sent == 1, [
            (line.milestone, line.state, line.reason) for line in desk.milestones.overview.lines
        ]  # type: ignore[union-attr]
        more = len(looked) - len(nothing)
        assert len(sending) <= MILESTONE, sending
        assert len(sending) + more <= (MILESTONE if what == "account" else MILESTONE + 2), (looked, sending)
        SENT.setdefault(what, set()).add(tuple(sending))
        assert len(SENT[what]) == 1, "the same requests, whatever the systems hold"

    play(folder, size, story)


def test_many_milestones_cost_no_more_each_than_one(folder: Path) -> None:
    many = 44

    async def story(tenant: Tenant, desk: ContactDesk) -> None:
        await desk.milestones.look()
        await asyncio.sleep(600)
        _, nothing, _ = await send_all(tenant, desk)
        await asyncio.sleep(600)
        for n in range(many):
            await link(desk, tenant.borrower(n, now(desk)), str(160_000 + n))
        sent, looked, sending = await send_all(tenant, desk)
        assert sent == many
        assert len(sending) + len(looked) - len(nothing) <= many * MILESTONE

    play(folder, (200, 500, 4), story)


PUSHED: set[tuple[str, ...]] = set()


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_a_new_contact_costs_a_handful_of_requests(folder: Path, size: tuple[int, int, int]) -> None:
    async def story(tenant: Tenant, desk: ContactDesk) -> None:
        tenant.borrower(99_999, LONG_AGO)
        gathered = await desk.contacts.gather()
        reviewed = await desk.review.begin(await desk.contacts.match(gathered))
        preview = await desk.syncs.preview(gathered, reviewed, only=("push",))  # type: ignore[arg-type]
        tenant.requests()
        push = await desk.syncs.confirm(preview, gathered, desk.engine)
        assert (await desk.engine.finish(push.push_id)).state is PushState.DONE
        sending = tenant.requests()
        assert len(sending) <= PUSH, sending
        PUSHED.add(tuple(sending))
        assert len(PUSHED) == 1, "the same requests, whatever the systems hold"

    play(folder, size, story)
