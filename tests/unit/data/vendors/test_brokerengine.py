"""How the board is read, page by page and card by card, and how a FLEX ID is written back."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from core.errors import DeskError, Unreachable
from core.flex.model import BadRecord, CardSummary, RejectedRecord
from core.odd_values import odd_fields
from core.push.plan import Entity, Operation, System
from core.push.ports import Applied, Lost, Request
from data.vendors.brokerengine import BrokerEngine
from data.vendors.http.client import HttpClient, SystemAddress
from tests.support.raw_server import Raw, reply, serve


@pytest.fixture
async def raw() -> AsyncIterator[Raw]:
    async with serve() as server:
        yield server


@pytest.fixture
async def board(raw: Raw) -> AsyncIterator[BrokerEngine]:
    wire = HttpClient(
        SystemAddress(System.BROKERENGINE, raw.url, "desk", "secret", rate=600_000, deadline=100)
    )
    yield BrokerEngine(wire, 60.0)
    await wire.close()


def _card(n: int, **more: Any) -> dict[str, Any]:
    return {"id": f"C-{n}", "title": "Nguyen", "kind": "deal", "stage": "AIP", "owner": "m.hale", **more}


async def _all(board: BrokerEngine) -> list[CardSummary | RejectedRecord]:
    return [item async for page in board.summaries() for item in page]


NO_LIST = [reply(200, {}), reply(200, {"items": None}), reply(200, {"items": 7}), reply(200, b"[]")]


@pytest.mark.parametrize("answer", NO_LIST)
async def test_a_board_or_a_cards_notes_without_a_list_are_no_answer(
    raw: Raw, board: BrokerEngine, answer: bytes
) -> None:
    raw.say += [answer] * 6
    with pytest.raises(Unreachable):
        await board.notes("C-1")
    with pytest.raises(Unreachable):
        await _all(board)


# -- the board ----------------------------------------------------------------------------------------------


async def test_the_board_is_read_over_all_pages(raw: Raw, board: BrokerEngine) -> None:
    raw.say += [
        reply(200, {"items": [_card(1), _card(2)], "next_page": 2}),
        reply(200, {"items": [_card(3)]}),
    ]
    assert [card.id for card in await _all(board)] == ["C-1", "C-2", "C-3"]
    assert [urlsplit(asked.path).path for asked in raw.asked] == ["/api/cards"] * 2
    assert [parse_qs(urlsplit(asked.path).query)["page"] for asked in raw.asked] == [["1"], ["2"]]


@pytest.mark.parametrize("following", [1, 0, True, "2"])
async def test_a_page_that_leads_nowhere_ends_the_reading(
    raw: Raw, board: BrokerEngine, following: Any
) -> None:
    raw.say.append(reply(200, {"items": [_card(1)], "next_page": following}))
    assert len(await _all(board)) == 1
    assert len(raw.asked) == 1


async def test_items_that_dont_fit_are_set_aside_by_name(raw: Raw, board: BrokerEngine) -> None:
    raw.say.append(reply(200, {"items": [7, _card(1, flex_id=5), {"id": "C-9"}, _card(2)]}))
    found = await _all(board)
    assert [(type(item), item.id) for item in found] == [
        (RejectedRecord, "(no id)"),
        (RejectedRecord, "C-1"),
        (RejectedRecord, "C-9"),
        (CardSummary, "C-2"),
    ]
    assert isinstance(found[1], RejectedRecord)
    assert found[1].field == "flex_id"


@pytest.mark.parametrize("stray", [b'"\\ud800"', b"NaN", b"Infinity", b'"\xff"', b'"\xed\xa0\x80"'])
@pytest.mark.parametrize("key", [b"id", b"title"])
async def test_one_stray_character_costs_one_item_at_most(
    raw: Raw, board: BrokerEngine, stray: bytes, key: bytes
) -> None:
    bad = json.dumps(_card(1)).encode().replace(b'"' + key + b'"', b'"was"', 1)
    bad = bad[:-1] + b', "' + key + b'": ' + stray + b"}"
    good = json.dumps(_card(2)).encode()
    raw.say.append(reply(200, b'{"items":[' + bad + b"," + good + b"]}"))
    found = await _all(board)
    assert len(found) == 2
    assert isinstance(found[1], CardSummary)
    assert found[1].id == "C-2"
    assert isinstance(found[0], RejectedRecord if key == b"id" else CardSummary)


@pytest.mark.parametrize(
    "answer",
    [reply(200, b"<html>"), reply(200, b"[]"), reply(200, {}), reply(200, {"items": {}}), reply(404)],
)
async def test_an_answer_that_is_no_board_is_not_an_empty_one(
    raw: Raw, board: BrokerEngine, answer: bytes
) -> None:
    raw.say += [answer] * 3
    with pytest.raises(Unreachable):
        await _all(board)


# -- one card -----------------------------------------------------------------------------------------------


async def test_a_card_is_read_by_its_quoted_id_with_what_it_holds_beyond_the_contract(
    raw: Raw, board: BrokerEngine
) -> None:
    raw.say.append(reply(200, _card(1, id="C/1?", referrer="A. Friend")))
    card, extras = await board.card("C/1?")
    assert raw.asked[0].path == "/api/cards/C%2F1%3F"
    assert card.id == "C/1?"
    assert [(extra.name, extra.value) for extra in extras] == [("referrer", "A. Friend")]


async def test_an_unknown_card_says_so(raw: Raw, board: BrokerEngine) -> None:
    raw.say.append(reply(404))
    with pytest.raises(DeskError) as caught:
        await board.card("C-9")
    assert caught.value.code == "unknown-card"
    assert "C-9" in caught.value.message


async def test_an_id_that_no_utf_8_can_carry_is_unknown_too(raw: Raw, board: BrokerEngine) -> None:
    raw.say.append(reply(404))
    with pytest.raises(DeskError) as caught:
        await board.card("C-\udcff")
    assert caught.value.code == "unknown-card"


async def test_another_card_is_never_taken_for_the_one_asked_for(raw: Raw, board: BrokerEngine) -> None:
    raw.say.append(reply(200, _card(2)))
    with pytest.raises(Unreachable):
        await board.card("C-1")


async def test_a_card_that_does_not_fit_is_named(raw: Raw, board: BrokerEngine) -> None:
    raw.say.append(reply(200, _card(1, flex_id=["1-6D9UB"])))
    with pytest.raises(BadRecord) as caught:
        await board.card("C-1")
    assert caught.value.aside == RejectedRecord("BrokerEngine", "C-1", "flex_id", "it isn't a text")


@pytest.mark.parametrize(
    "amount", [b'"six hundred"', b'"\\ud800"', b"1e400", b"9" * 5_000, b"[" * 9_999 + b"]" * 9_999]
)
async def test_an_odd_amount_costs_the_amount_alone(raw: Raw, board: BrokerEngine, amount: bytes) -> None:
    whole = json.dumps(_card(1, requirements={"loan_amount": "?", "objectives": "Sell."})).encode()
    raw.say.append(reply(200, whole.replace(b'"?"', amount)))
    card, beyond = await board.card("C-1")
    assert card.requirements.objectives == "Sell."
    assert beyond == ()
    assert [path for path, _ in odd_fields(card)] == (
        [] if amount.isdigit() else ["requirements.loan_amount"]
    )


async def test_a_card_with_half_a_character_can_still_be_seen(raw: Raw, board: BrokerEngine) -> None:
    whole = json.dumps(_card(1, people=[{"role": "x", "contact": {"id": "P-1", "email": "\ud800"}}])).encode()
    raw.say.append(reply(200, whole))
    card, _ = await board.card("C-1")
    assert card.people[0].contact.email == "\ud800"


# -- the write-back -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("entity", "record", "path"),
    [
        (Entity.PERSON, "P-1", "/contacts/P-1"),
        (Entity.OPPORTUNITY, "C-1", "/cards/C-1"),
        (Entity.PERSON, "P/1?", "/contacts/P%2F1%3F"),
    ],
)
async def test_a_write_back_is_this_request(
    raw: Raw, board: BrokerEngine, entity: Entity, record: str, path: str
) -> None:
    raw.say.append(reply(200, {"id": record, "flex_id": "1-6D9UB"}))
    request = Request("BD-X", entity, Operation.WRITE_BACK, {"flex_id": "1-6D9UB"}, record)
    outcome = await board.send(request)
    assert isinstance(outcome, Applied)
    assert outcome.remote_id == record
    (asked,) = raw.asked
    assert (asked.method, asked.path, asked.json()) == ("PATCH", f"/api{path}", {"flex_id": "1-6D9UB"})


@pytest.mark.parametrize("content", [{}, {"id": "P-2"}, {"id": None}])
async def test_a_reply_about_another_record_is_not_believed(
    raw: Raw, board: BrokerEngine, content: dict[str, Any]
) -> None:
    raw.say.append(reply(200, content))
    request = Request("BD-X", Entity.PERSON, Operation.WRITE_BACK, {"flex_id": "1-6D9UB"}, "P-1")
    assert isinstance(await board.send(request), Lost)


async def test_reading_back_takes_the_record_asked_for_and_no_other(raw: Raw, board: BrokerEngine) -> None:
    request = Request("BD-X", Entity.PERSON, Operation.WRITE_BACK, {}, "P-1")
    raw.say += [reply(200, {"id": "P-1", "flex_id": None}), reply(404), reply(200, {"id": "P-2"})]
    found = await board.read(request)
    assert found is not None
    assert found.remote_id == "P-1"
    assert await board.read(request) is None
    with pytest.raises(Unreachable):
        await board.read(request)


def test_nothing_of_ours_can_be_looked_up_there(board: BrokerEngine) -> None:
    assert not any(board.can_look_up(entity) for entity in Entity)


# -- people -------------------------------------------------------------------------------------------------


async def test_a_contact_is_read_and_the_system_is_its_place(raw: Raw, board: BrokerEngine) -> None:
    raw.say += [
        reply(200, {"id": "P-1", "first_name": "Linh", "last_name": "Nguyen", "flex_id": "1-6D9UB"}),
        reply(404, {}),
        reply(200, {"id": "P-2"}),
    ]
    held = await board.person("P-1")
    assert (held.person.name, held.person.flex_id) == ("Linh Nguyen", "1-6D9UB")
    assert (held.place, held.writable, board.place("C-1")) == ("BrokerEngine", True, "BrokerEngine")
    with pytest.raises(DeskError) as caught:
        await board.person("P-1")
    assert caught.value.code == "unknown-person"
    with pytest.raises(Unreachable):
        await board.person("P-1")
