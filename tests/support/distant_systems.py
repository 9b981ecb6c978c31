"""The systems behind a slow line, on virtual time: how fast the desk sends, and how evenly."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any, Final

import httpx

from core.flex.use_cases.bulk import BulkEnded, BulkPreviewed, preview_each, push_each
from core.push.engine import Engine
from core.push.plan import Asset, Entity, Operation, Plan, Step, System, make_ref
from core.push.states import PushState
from data.sandbox.systems.total_expert import SandboxTotalExpert
from data.vendors.total_expert.client import TotalExpert
from data.vendors.total_expert.writes import TotalExpertWrites
from tests.fidelity.desk import FidelityDesk, LoopTime
from tests.fidelity.systems import FaultPlan, SystemsInProcess, SystemsTransport, Wires, on_virtual_time
from tests.support.fakes import FakeBook

RATE: Final = 500.0
"""Requests a minute that each system allows: the desk's own default."""
_OWN_WAIT: Final = 0.05
"""Seconds that `SystemsTransport` takes on its own."""


@dataclass
class Sent:
    """When each request left, in virtual seconds, by system."""

    left: dict[str, list[float]] = field(default_factory=dict)

    def since(self, at: float) -> Sent:
        """Return the requests that left at a time or later."""
        return Sent({system: [left for left in times if left >= at] for system, times in self.left.items()})

    @property
    def busiest(self) -> list[float]:
        """The times of the system that was asked most."""
        return max(self.left.values(), key=len)

    @property
    def share(self) -> float:
        """Which part of the allowed rate the system had that was asked most; 1.0 for all of it."""
        times = self.busiest
        return (len(times) - 1) * (60.0 / RATE) / (times[-1] - times[0])

    @property
    def shortest_gap(self) -> float:
        """The shortest time between two requests to one system, in seconds."""
        gaps = [after - before for times in self.left.values() for before, after in pairwise(times)]
        return min(gaps)


def _distant(sent: Sent, takes: float) -> type[SystemsTransport]:
    """Return a transport that takes the same time for every request. It notes in `sent` when each one left."""

    class Distant(SystemsTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            system = request.url.path.split("/")[1]
            sent.left.setdefault(system, []).append(asyncio.get_running_loop().time())
            await asyncio.sleep(takes - _OWN_WAIT)
            return await super().handle_async_request(request)

    return Distant


def push_cards(folder: Path, number: int, takes: float) -> tuple[Sent, Sent]:
    """Preview and push so many cards. Return what was sent for the previews, and for the pushes."""
    systems, sent = SystemsInProcess(folder), Sent()
    for n in range(number):
        _put_card(systems, n)
    began = 0.0

    async def story(wires: Wires) -> None:
        nonlocal began
        desk = FidelityDesk(systems, wires, settle=60.0)
        ids = [f"C-{n}" for n in range(number)]
        read = [progress async for progress in preview_each(desk.cards, ids)]
        previews = [progress.preview for progress in read if isinstance(progress, BulkPreviewed)]
        began = asyncio.get_running_loop().time()
        ended = [
            progress.push
            async for progress in push_each(desk.cards, desk.engine, previews)
            if isinstance(progress, BulkEnded)
        ]
        assert [push.state for push in ended] == [PushState.DONE] * number

    try:
        on_virtual_time(systems, FaultPlan(1), story, _distant(sent, takes), RATE)
    finally:
        systems.close()
    before = Sent({system: [at for at in times if at < began] for system, times in sent.left.items()})
    return before, sent.since(began)


def _put_card(systems: SystemsInProcess, n: int) -> None:
    people = [f"P-{n}-{k}" for k in range(2)]
    for k, person in enumerate(people):
        systems.put(
            "brokerengine",
            "contacts",
            {
                "id": person,
                "first_name": f"Jo{n}",
                "middle_name": None,
                "last_name": f"Le{k}",
                "email": f"{person.lower()}@example.com",
                "birth_date": "1988-02-29",
                "phones": {"mobile": "0491 570 156", "home": None, "office": None},
                "home_address": None,
                "postal_address": None,
                "other": [],
            },
        )
    systems.put(
        "brokerengine",
        "cards",
        {
            "id": f"C-{n}",
            "title": f"Card {n}",
            "kind": "deal",
            "stage": "AIP issued",
            "owner": "m.hale",
            "flex_id": None,
            "flex_kind": None,
            "people": [
                {"role": role, "contact_id": person}
                for role, person in zip(("Primary Applicant", "Co-Applicant"), people, strict=True)
            ],
            "requirements": {},
            "property": None,
            "products": [],
            "fact_find": None,
            "other": [],
        },
    )


def sync_contacts(folder: Path, number: int, takes: float) -> Sent:
    """Make so many contacts in Total Expert with the engine and its client. Return what was sent."""
    systems, sent = SystemsInProcess(folder, (SandboxTotalExpert,)), Sent()
    for option in ("tokens_an_hour", "requests_a_minute"):
        systems.systems["total-expert"].options[option] = 10**9
    owner = {"id": 301, "email": "o@desk.example", "username": "u", "external_id": "x"}
    systems.put("total-expert", "users", owner)

    async def story(wires: Wires) -> None:
        remote = TotalExpertWrites(TotalExpert(wires[System.TOTAL_EXPERT], "brokerdesk"), 60.0)
        engine = Engine(FakeBook(), {System.TOTAL_EXPERT: remote}, LoopTime(), Random(1))
        plan = Plan(Asset.SYNC, "sync", "sync", tuple(map(_contact, range(number))))
        await engine.begin(plan, "m.hale", "P1")
        assert (await engine.finish("P1")).state is PushState.DONE

    try:
        on_virtual_time(systems, FaultPlan(1), story, _distant(sent, takes), RATE)
    finally:
        systems.close()
    return sent


def _contact(n: int) -> Step:
    ref = make_ref("test", System.TOTAL_EXPERT, Entity.CONTACT, f"S-{n}")
    body: dict[str, Any] = {
        "first_name": f"Jo{n}",
        "last_name": "Moss",
        "email": f"jo{n}@example.com",
        "owner": {"id": "301"},
        "source": "brokerdesk",
        "external_ids": [{"source": "brokerdesk", "external_id": ref}],
    }
    return Step(ref, System.TOTAL_EXPERT, Entity.CONTACT, Operation.CREATE, f"S-{n}", f"contact {n}", body)
