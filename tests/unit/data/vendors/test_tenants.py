"""What is read of an organisation's set-up: each part by itself, few requests, and in time."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx
import pytest

from core.contacts.ports import Owner
from core.diagnostics.findings import ConnectionProblem
from core.diagnostics.tenants import SimpleNexusTenant, TotalExpertTenant
from core.push.plan import System
from data.vendors import tenants
from data.vendors.http.client import HttpClient, SystemAddress
from data.vendors.simplenexus.client import SimpleNexus
from data.vendors.tenants import MOST_ALIASES, read_aliases, read_simplenexus, read_total_expert
from data.vendors.total_expert.client import TotalExpert

LINKS = {"first": 1, "last": 1, "next": None, "prev": None}
ANN = {"id": "3f2504e0-4f89-41d3-9a0c-0305e82c3301", "email": "ann@x.example", "first_name": "Ann"}


class Served:
    """A system that answers each path with a status and a list, and remembers what it was asked for."""

    def __init__(self, system: System, answers: dict[str, tuple[int, list[Any]]]) -> None:
        self.asked: list[str] = []
        self.silent: set[str] = set()
        """What is never answered."""
        self._answers = answers
        address = SystemAddress(system, "https://it.example", "desk", "s3cret", deadline=100, rate=100_000)
        self.wire = HttpClient(address, transport=httpx.MockTransport(self._respond))

    async def _respond(self, request: httpx.Request) -> httpx.Response:
        if "token" in request.url.path:
            return _reply(200, {"access_token": "t", "expires_in": 900})
        self.asked.append(request.url.path)
        end = request.url.path.rpartition("/")[2]
        if end in self.silent:
            await asyncio.Event().wait()
        status, listed = self._answers.get(end, (200, []))
        return _reply(status, {"contents": listed, "total_pages": 1, "items": listed, "links": LINKS})


def _reply(status: int, content: Any) -> httpx.Response:
    return httpx.Response(status, stream=httpx.ByteStream(json.dumps(content).encode()))


async def test_types_are_counted_by_name_and_groups_are_known_by_their_owners() -> None:
    served = Served(
        System.TOTAL_EXPERT,
        {
            "insight-types": (200, [{"id": 1, "type": "A"}, {"id": 2, "type": "A"}, {"id": 3, "type": "B"}]),
            "contact-groups": (
                200,
                [
                    {"id": 1, "group_name": "G", "owner": {"id": 301}},
                    {"id": 2, "group_name": "G", "owner": {"id": "302"}},
                    {"id": 3, "group_name": "H"},
                ],
            ),
            "users": (200, [{"id": 301, "email": "a@x.example", "status": 0, "username": "a"}]),
        },
    )
    assert await read_total_expert(TotalExpert(served.wire, "")) == TotalExpertTenant(
        {"A": 2, "B": 1},
        {"G": {"301", "302"}, "H": {""}},
        (Owner("301", "a@x.example", "a", active=False),),
    )


async def test_a_list_that_is_refused_costs_no_other() -> None:
    served = Served(System.TOTAL_EXPERT, {"insight-types": (403, [])})
    seen = await read_total_expert(TotalExpert(served.wire, ""))
    assert isinstance(seen.types, ConnectionProblem)
    assert (seen.types.code, seen.groups, seen.users) == ("forbidden", {}, ())


async def test_a_list_that_takes_too_long_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    served = Served(System.TOTAL_EXPERT, {})
    served.silent.add("contact-groups")
    monkeypatch.setattr(tenants, "PATIENCE", 0.01)
    late = await read_total_expert(TotalExpert(served.wire, ""))
    assert isinstance(late.groups, ConnectionProblem)
    assert "not read within 0.01 s" in late.groups.message


@pytest.mark.parametrize(("status", "offered"), [(200, True), (403, False), (404, False)])
async def test_whether_a_beta_list_is_for_us_is_told_by_one_read_of_it(status: int, offered: bool) -> None:
    answers = {"loan_officers": (200, [ANN]), "loan_applications": (status, []), "prospects": (status, [])}
    served = Served(System.SIMPLENEXUS, answers)
    seen = await read_simplenexus(SimpleNexus(served.wire))
    assert (seen.applications, seen.prospects) == (offered, offered)
    assert len(served.asked) == 3


async def test_without_an_active_loan_officer_nobodys_prospects_are_asked_for() -> None:
    served = Served(System.SIMPLENEXUS, {"loan_officers": (200, [{**ANN, "is_active": False}])})
    assert (await read_simplenexus(SimpleNexus(served.wire))).prospects is None


async def test_of_many_untied_loan_officers_few_are_asked_for_aliases_and_the_others_are_counted() -> None:
    officers = tuple(Owner(f"o{n}", f"o{n}@x.example") for n in range(MOST_ALIASES + 3))
    ours = SimpleNexusTenant(officers, applications=True)
    theirs = TotalExpertTenant({}, {}, (Owner("1", "somebody@y.example"),))
    served = Served(System.SIMPLENEXUS, {"aliases": (200, [{"id": "1", "alias": "somebody@y.example"}])})
    seen = await read_aliases(SimpleNexus(served.wire), ours, theirs, {})
    assert (len(served.asked), seen.aliases_unread) == (MOST_ALIASES, 3)
    assert seen.aliases["o0"] == ("somebody@y.example",)
    tied = TotalExpertTenant({}, {}, (Owner("1", "o1@x.example"),))
    assert await read_aliases(SimpleNexus(served.wire), ours, tied, {}) == ours
