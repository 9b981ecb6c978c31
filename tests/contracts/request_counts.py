"""Counts the requests of milestones and of a new contact at companies of several sizes.

`python -m tests.contracts.request_counts` prints a table, the largest company last: 100,000 contacts, 50,000 insights.
The tests count smaller companies.
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

from core.milestones.milestone_map import Milestone
from core.push.plan import Entity, System, make_ref
from core.push.records import Link
from core.push.states import PushState
from data.sandbox.store import Document
from tests.contracts.recording.traffic_recorder import VARIABLE, record_from_now
from tests.contracts.traffic import recorded, report
from tests.contracts.watch import operation_of
from tests.fidelity.contacts.book import CONTACT_SYSTEMS, simplenexus_id
from tests.fidelity.contacts.story import WORKSPACE, ContactDesk
from tests.fidelity.systems import DatedTransport, FaultPlan, SystemsInProcess, on_virtual_time

LONG_AGO = "2026-01-02T09:00:00Z"
_STAMPS = {"created_at": LONG_AGO, "updated_at": LONG_AGO}
LARGE = [
    (contacts, insights, officers)
    for contacts, insights in ((1_000, 0), (10_000, 500), (100_000, 50_000))
    for officers in (4, 60)
]
"""Contacts of Total Expert, insights, loan officers: what the command counts."""
MANY = 44
_LETTERS = str.maketrans("0123456789abcdef", "aeioubdklmnrstvz")


def _person(n: int) -> Document:
    """Return a name and an email that are like nobody else's: the match compares people who are alike one by one."""
    letters = sha256(str(n).encode()).hexdigest().translate(_LETTERS)
    first, last = letters[:8].capitalize(), letters[8:16].capitalize()
    return {"first_name": first, "last_name": last, "email": f"{letters[16:28]}@x.example"}


class Tenant:
    """Both systems of one company, and the requests that the desk has sent to them."""

    def __init__(
        self, systems: SystemsInProcess, folder: Path, contacts: int, insights: int, officers: int
    ) -> None:
        self.systems = systems
        self._folder = folder
        self._counted = 0
        for option in ("tokens_an_hour", "requests_a_minute"):
            systems.set_option("total-expert", option, 10**9)  # type: ignore[arg-type]  # a number, as the sandbox takes it
        with systems.filled_at_once():
            self._fill(contacts, insights, officers)

    def _fill(self, contacts: int, insights: int, officers: int) -> None:
        for n in range(officers):
            email = f"o{n}@desk.example"
            name = {"first_name": f"Officer{n}", "last_name": "Desk", "email": email, "is_active": True}
            self.systems.add("simplenexus", "loan-officers", {"id": self.officer(n), **_STAMPS, **name})
            owner = {"id": 301 + n, "email": email, "username": f"u{n}", "external_id": f"x{n}"}
            self.systems.add("total-expert", "users", owner)
            group = {"id": 10_000 + n, "group_name": "SN Loan Application Started", "owner": owner}
            self.systems.add("total-expert", "contact-groups", group)
        for m, insight in enumerate(Milestone):
            self.systems.add("total-expert", "insight-types", {"id": m + 1, "type": insight})
        for n in range(contacts):
            self._contact(n)
        for n in range(insights):
            whose = {
                "contact": {"id": 160_100 + n % max(1, contacts - 100)},
                "type": {"id": 1, "type": Milestone.BORROWER_LINKED},
            }
            self.systems.add(
                "total-expert", "insights", {"id": 200_000 + n, **whose, "data": {"description": "by hand"}}
            )

    def _put(self, system: str, kind: str, document: Document) -> None:
        self.systems.put(system, kind, document)

    @staticmethod
    def officer(n: int) -> str:
        return simplenexus_id(f"officer {n}")

    def _contact(self, n: int) -> None:
        owner = {"id": 301, "email": "o0@desk.example", "username": "u0", "external_id": "x0"}
        fields = {**_person(n), "source": "import"}
        lists: Document = {"external_ids": [], "contact_groups": [], "owner": owner}
        self.systems.add("total-expert", "contacts", {"id": 160_000 + n, **fields, **lists})

    def borrower(self, n: int, at: str) -> str:
        name = {**_person(n), "is_active": True}
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


Story = Callable[[Tenant, ContactDesk], Awaitable[None]]


def play(
    folder: Path,
    size: tuple[int, int, int],
    story: Story,
    transport: type[DatedTransport] = DatedTransport,
    rate: float = 1_000_000.0,
) -> None:
    """Run a story at a company of a size, whose recordings go to `folder`. `rate` is in requests a minute."""
    systems = SystemsInProcess(folder.parent, CONTACT_SYSTEMS)
    tenant = Tenant(systems, folder, *size)

    async def whole(wires: Any) -> None:
        await story(tenant, ContactDesk(systems, wires, Random(1), with_faults=False))

    on_virtual_time(systems, FaultPlan(1), whole, transport, rate)
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


class Counted(NamedTuple):
    """How many milestones were sent, what the look cost more than a look at nothing, and the requests of sending."""

    sent: int
    look: int
    sending: list[str]


async def quiet_look(tenant: Tenant, desk: ContactDesk) -> int:
    """Return how many requests a look costs when nothing has happened; ten minutes pass before and after."""
    await asyncio.sleep(600)
    _, looked, sending = await send_all(tenant, desk)
    assert sending == []
    await asyncio.sleep(600)
    return len(looked)


async def one_milestone(tenant: Tenant, desk: ContactDesk, what: str, n: int) -> Counted:
    """Let a contact get an account or begin an application ("account", "application"), and send the milestone."""
    nothing = await quiet_look(tenant, desk)
    borrower = tenant.borrower(n, now(desk) if what == "account" else LONG_AGO)
    if what == "application":
        tenant.application(n, now(desk, 60))
    await link(desk, borrower, str(160_000 + n))
    sent, looked, sending = await send_all(tenant, desk)
    return Counted(sent, len(looked) - nothing, sending)


async def many_milestones(tenant: Tenant, desk: ContactDesk, first: int) -> Counted:
    """Let `MANY` contacts get an account, and send all milestones at once."""
    nothing = await quiet_look(tenant, desk)
    for n in range(first, first + MANY):
        await link(desk, tenant.borrower(n, now(desk)), str(160_000 + n))
    sent, looked, sending = await send_all(tenant, desk)
    return Counted(sent, len(looked) - nothing, sending)


async def new_contact(tenant: Tenant, desk: ContactDesk) -> list[str]:
    """Return the requests of one new contact, from the confirmation on."""
    tenant.borrower(999_999, LONG_AGO)
    gathered = await desk.contacts.gather()
    reviewed = await desk.review.begin(await desk.contacts.match(gathered))
    preview = await desk.syncs.preview(gathered, reviewed, only=("push",))  # type: ignore[arg-type]  # the verdict by its value
    tenant.requests()
    push = await desk.syncs.confirm(preview, gathered, desk.engine)
    assert (await desk.engine.finish(push.push_id)).state is PushState.DONE
    return tenant.requests()


async def quiet_sync(tenant: Tenant, desk: ContactDesk) -> list[str]:
    """Return the requests of a sync with nothing new. A first sync reads in full; minutes pass before and after."""
    await asyncio.sleep(1_200)
    tenant.systems.now = desk.clock.now()
    await _sync(desk)
    await asyncio.sleep(1_200)
    tenant.systems.now = desk.clock.now()
    tenant.requests()
    await _sync(desk)
    return tenant.requests()


async def _sync(desk: ContactDesk) -> None:
    """Read both systems, match them and plan a sync, as `brokerdesk sync` does before it asks."""
    gathered = await desk.contacts.gather()
    reviewed = await desk.review.begin(await desk.contacts.match(gathered))
    await desk.syncs.preview(gathered, reviewed)


def _row(size: tuple[int, int, int]) -> tuple[str, int]:
    """Return the line of the table for a size, and the number of breaches."""
    cells = [f"{number:,}" for number in size]

    async def story(tenant: Tenant, desk: ContactDesk) -> None:
        await desk.milestones.look()
        cells.append(str(await quiet_look(tenant, desk)))
        for what, n in (("account", 7), ("application", 8)):
            one = await one_milestone(tenant, desk, what, n)
            assert one.sent == 1
            cells.append(f"{len(one.sending)} + {one.look}")
        many = await many_milestones(tenant, desk, 9)
        assert many.sent == MANY
        cells.append(f"{len(many.sending)} + {many.look}")
        cells.append(str(len(await new_contact(tenant, desk))))
        cells.append(str(len(await quiet_sync(tenant, desk))))

    with tempfile.TemporaryDirectory() as place:
        recordings = Path(place) / "traffic"
        recordings.mkdir()
        os.environ[VARIABLE] = str(recordings)
        play(recordings, size, story)
        breach = report(recordings)[0]
    return "| " + " | ".join(cells) + " |", breach


def main() -> int:
    """Print the table, line by line. Return 1 if a request breaches a description."""
    record_from_now()
    print(
        "| contacts | insights | officers | quiet look | account | application | 44 accounts | new contact "
        "| quiet sync |"
    )
    print("|---|---|---|---|---|---|---|---|---|")
    worst = 0
    for size in LARGE:
        line, breach = _row(size)
        print(line, flush=True)
        worst = max(worst, breach)
    return worst


if __name__ == "__main__":
    sys.exit(main())
