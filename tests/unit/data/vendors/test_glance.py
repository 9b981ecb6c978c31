"""Whether a system answers: a real answer counts, and a token of earlier does not."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from core.push.plan import System
from data.vendors.glance import answers
from data.vendors.http.client import HttpClient, SystemAddress
from tests.support.raw_server import Raw, Speak, hang_up, reply, serve


@pytest.fixture
async def raw() -> AsyncIterator[Raw]:
    async with serve() as raw:
        yield raw


@pytest.fixture
async def wire(raw: Raw) -> AsyncIterator[HttpClient]:
    wire = HttpClient(SystemAddress(System.FLEX, raw.url, "desk", "secret", rate=600_000, deadline=100))
    yield wire
    await wire.close()


async def test_a_system_that_gave_a_token_and_then_fails_does_not_answer(raw: Raw, wire: HttpClient) -> None:
    raw.say.append(reply(200, {"items": []}))
    assert await answers(wire)
    raw.say.append(reply(503, {}))
    assert not await answers(wire)
    assert len(raw.tokens) == 1


@pytest.mark.parametrize(
    ("said", "works"),
    [
        (reply(200, {}), True),
        (reply(404, {}), True),
        (reply(409, {}), True),
        (reply(500, {}), False),
        (reply(503, {}), False),
        (hang_up, False),
    ],
    ids=["200", "404", "409", "500", "503", "hang-up"],
)
async def test_every_request_leaves_what_its_answer_was(
    raw: Raw, wire: HttpClient, said: Speak | bytes, works: bool
) -> None:
    assert wire.last_answer is None
    raw.say.append(said)
    await wire.write("POST", "/contacts", {}, lambda content: None)
    assert wire.last_answer is not None
    assert wire.last_answer.works is works


async def test_a_token_that_is_no_longer_accepted_is_no_answer(raw: Raw, wire: HttpClient) -> None:
    raw.say += [reply(200, {"items": []}), reply(401, {}), reply(401, {})]
    assert await answers(wire)
    assert not await answers(wire)
    assert wire.last_answer is not None
    assert not wire.last_answer.works
