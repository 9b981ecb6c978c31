"""What goes over the wire to FLEX, request by request, and what of its answers is believed."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest

from core.errors import Unreachable
from core.flex.model import CatalogueProduct, FlexNote, FlexOpportunity, FlexProperty
from core.flex.ports import FlexAbility
from core.push.plan import Entity, Operation, System
from core.push.ports import Applied, Lost, NotSent, Refused, RemoteRecord, Request
from core.push.states import WriteOutcome
from data.vendors.flex import Flex
from data.vendors.http.client import HttpClient, SystemAddress
from tests.support.raw_server import Raw, reply, serve

REF = "BD-ZTUMCBPQIB4CJFDSOZUA"
BODY = {"IntegrationId": REF, "FirstName": "Linh"}


@pytest.fixture
async def raw() -> AsyncIterator[Raw]:
    async with serve() as server:
        yield server


@pytest.fixture
async def flex(raw: Raw) -> AsyncIterator[Flex]:
    wire = HttpClient(SystemAddress(System.FLEX, raw.url, "desk", "secret", rate=600_000, deadline=100))
    yield Flex(wire, 60.0)
    await wire.close()


def _request(entity: Entity, operation: Operation = Operation.CREATE, **more: Any) -> Request:
    return Request(REF, entity, operation, BODY, **more)


CALLS = [
    (_request(Entity.PERSON), "POST", "/contacts"),
    (_request(Entity.OPPORTUNITY), "POST", "/opportunities"),
    (_request(Entity.PROPERTY), "POST", "/properties"),
    (_request(Entity.NOTE), "POST", "/notes"),
    (_request(Entity.PERSON, Operation.UPDATE, remote_id="1-6D9UB"), "PATCH", "/contacts/1-6D9UB"),
    (_request(Entity.PERSON, Operation.UPDATE, remote_id="../é?"), "PATCH", "/contacts/..%2F%C3%A9%3F"),
    (
        _request(Entity.PRODUCT_LINK, Operation.LINK, remote_id="1-PR/D1", parent="1-OPP/1"),
        "PUT",
        "/opportunities/1-OPP%2F1/product-links/1-PR%2FD1",
    ),
    (_request(Entity.PROPERTY, Operation.UPDATE, remote_id="1-PROP1"), "PATCH", "/properties/1-PROP1"),
    (
        _request(Entity.APPLICANT, Operation.LINK, remote_id="1-6D/UB", parent="1-OPP/1"),
        "PUT",
        "/opportunities/1-OPP%2F1/applicants/1-6D%2FUB",
    ),
]


@pytest.mark.parametrize(("request_", "method", "path"), CALLS, ids=[path for _, _, path in CALLS])
async def test_a_write_is_this_request(
    raw: Raw, flex: Flex, request_: Request, method: str, path: str
) -> None:
    await flex.send(request_)
    (asked,) = raw.asked
    assert (asked.method, asked.path, asked.json()) == (method, f"/api{path}", BODY)


@pytest.mark.parametrize(
    ("operation", "content", "believed"),
    [
        ("create", {"FLEXId": "1-6D9UB", "IntegrationId": REF}, True),
        ("create", {"FLEXId": "1-6D9UB"}, True),
        ("create", {"FLEXId": "1-6D9UB", "IntegrationId": "BD-OTHER"}, False),
        ("create", {"FLEXId": "1-6D9UB", "IntegrationId": None}, False),
        ("create", {"FLEXId": "0061/x y", "IntegrationId": REF}, True),
        ("create", {"FLEXId": "1-6D9UB\n", "IntegrationId": REF}, False),
        ("create", {"FLEXId": "1\u202e6", "IntegrationId": REF}, False),
        ("create", {"FLEXId": "..", "IntegrationId": REF}, False),
        ("create", {"FLEXId": " ", "IntegrationId": REF}, False),
        ("create", {"FLEXId": 7, "IntegrationId": REF}, False),
        ("create", {"IntegrationId": REF}, False),
        ("update", {"FLEXId": "1-KNOWN"}, True),
        ("update", {"FLEXId": "1-KNOWN", "IntegrationId": "walk-in:1"}, True),
        ("update", {"FLEXId": "1-OTHER"}, False),
        ("update", {"FLEXId": "1-known"}, False),
        ("update", {}, False),
    ],
)
async def test_a_reply_is_believed_only_if_it_speaks_of_this_record(
    raw: Raw, flex: Flex, operation: str, content: dict[str, Any], believed: bool
) -> None:
    raw.say.append(reply(200, content))
    remote_id = "1-KNOWN" if operation == "update" else None
    outcome = await flex.send(_request(Entity.PERSON, Operation(operation), remote_id=remote_id))
    assert isinstance(outcome, Applied if believed else Lost)


@pytest.mark.parametrize("remote_id", ["", ".", ".."])
async def test_what_is_no_segment_of_a_path_is_never_sent(raw: Raw, flex: Flex, remote_id: str) -> None:
    outcome = await flex.send(_request(Entity.PERSON, Operation.UPDATE, remote_id=remote_id))
    assert isinstance(outcome, NotSent)
    assert (outcome.code, outcome.hopeless) == ("unsendable", True)
    with pytest.raises(Unreachable):
        await flex.read(_request(Entity.PERSON, Operation.UPDATE, remote_id=remote_id))
    assert raw.asked == []


APPLICANT = _request(Entity.APPLICANT, Operation.LINK, remote_id="1-6D9UB", parent="1-OPPT1")
ADDED = {"FLEXId": "1-6D9UB", "IntegrationId": "BD-PERSON", "Role": "Guarantor", "Opportunity": "1-OPPT1"}


@pytest.mark.parametrize(
    ("change", "believed"),
    [
        ({}, True),
        ({"IntegrationId": None}, True),
        ({"FLEXId": "1-OTHER"}, False),
        ({"Opportunity": "1-OTHER"}, False),
        ({"Opportunity": None}, False),
    ],
)
async def test_an_added_applicant_is_believed_only_of_this_person_on_this_opportunity(
    raw: Raw, flex: Flex, change: dict[str, Any], believed: bool
) -> None:
    raw.say.append(reply(201, ADDED | change))
    assert isinstance(await flex.send(APPLICANT), Applied if believed else Lost)


# -- what a reply to a write says -----------------------------------------------------------------------------


@pytest.mark.parametrize("outcome", list(WriteOutcome))
async def test_the_request_id_and_the_outcome_of_a_write_are_kept(
    raw: Raw, flex: Flex, outcome: WriteOutcome
) -> None:
    made = {"FLEXId": "1-6D9UB", "IntegrationId": REF, "request_id": "rq-17", "outcome": outcome}
    raw.say.append(reply(201, made))
    applied = await flex.send(_request(Entity.PERSON))
    assert isinstance(applied, Applied)
    assert (applied.trace.request_id, applied.outcome) == ("rq-17", outcome)


@pytest.mark.parametrize("odd", [None, 7, "", "Linh Nguyen", "x" * 101, "rq\n17", ["rq"]])
async def test_an_odd_request_id_or_outcome_is_left_out(raw: Raw, flex: Flex, odd: Any) -> None:
    made = {"FLEXId": "1-6D9UB", "IntegrationId": REF, "request_id": odd, "outcome": odd}
    raw.say.append(reply(201, made))
    applied = await flex.send(_request(Entity.PERSON))
    assert isinstance(applied, Applied)
    assert (applied.trace.request_id, applied.outcome) == ("", None)


async def test_a_refusal_keeps_its_request_id(raw: Raw, flex: Flex) -> None:
    raw.say.append(reply(422, {"error": {"code": "invalid", "message": ""}, "request_id": "rq-18"}))
    refused = await flex.send(_request(Entity.PERSON))
    assert isinstance(refused, Refused)
    assert refused.trace.request_id == "rq-18"


# -- what a gateway can do ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "able"),
    [
        (reply(200, b"openapi: 3.1.0\ninfo:\n  title: x\n  version: 1.1.0\n"), True),
        (reply(200, b"info:\n  version: '1.4.2'\n"), True),
        (reply(200, b'{"openapi": "3.1.0",\n "info": {\n  "version": "1.1.0"}}'), True),
        (reply(200, b"info:\n  version: 1.0.0\n"), False),
        (reply(200, b"info:\n  version: 2.3.0\n"), False),
        (reply(200, b"<html>"), False),
        (reply(404), False),
        (reply(403), False),
        (reply(405), False),
    ],
)
async def test_what_a_gateway_can_do_follows_from_the_version_that_it_serves(
    raw: Raw, flex: Flex, answer: bytes, able: bool
) -> None:
    raw.say.append(answer)
    assert await flex.abilities() == (frozenset(FlexAbility) if able else frozenset())
    assert [asked.path for asked in raw.asked] == ["/api/openapi.yaml"]
    await flex.abilities()
    assert len(raw.asked) == 1, "asked once in ten minutes"


async def test_a_gateway_that_is_down_can_not_be_asked_what_it_can_do(raw: Raw, flex: Flex) -> None:
    raw.say += [reply(503)] * 3
    with pytest.raises(Unreachable):
        await flex.abilities()


CHANGE_PROPERTY = _request(Entity.PROPERTY, Operation.UPDATE, remote_id="1-PROP1")


@pytest.mark.parametrize("request_", [CHANGE_PROPERTY, APPLICANT], ids=["property", "applicant"])
@pytest.mark.parametrize(
    ("version", "status", "code"),
    [
        ("1.0.0", 404, "gateway-too-old"),
        ("1.0.0", 405, "gateway-too-old"),
        ("1.1.0", 405, "gateway-too-old"),
        ("1.1.0", 404, "refused"),
        ("", 404, "refused"),
        ("", 405, "gateway-too-old"),
        ("1.0.0", 422, "refused"),
    ],
)
async def test_a_write_that_an_older_gateway_does_not_know_is_refused_with_its_reason(
    raw: Raw, flex: Flex, request_: Request, version: str, status: int, code: str
) -> None:
    if version:
        raw.say.append(reply(200, f"info:\n  version: {version}\n".encode()))
        await flex.abilities()
    raw.say.append(reply(status, {"error": {"code": "not-found", "message": ""}}))
    refused = await flex.send(request_)
    assert isinstance(refused, Refused)
    assert refused.code == code


async def test_no_other_write_is_refused_for_the_age_of_the_gateway(raw: Raw, flex: Flex) -> None:
    raw.say.append(reply(405))
    refused = await flex.send(_request(Entity.PERSON, Operation.UPDATE, remote_id="1-6D9UB"))
    assert isinstance(refused, Refused)
    assert refused.code == "refused"


# -- a postal address -----------------------------------------------------------------------------------------

GIVEN = [{"AddressType": "Postal", "City": "Manly"}]
HELD = {"AddressType": "Postal", "StreetAddress": "PO Box 77", "City": "Balmain"}
WHOLE = [{"AddressType": "Postal", "StreetAddress": "PO Box 77", "City": "Manly"}]


def _address_change(operation: Operation = Operation.UPDATE) -> Request:
    change = {"LastName": "Tran", "OtherAddress": GIVEN}
    request = _request(Entity.PERSON, operation, remote_id="1-6D9UB")
    return msgspec.structs.replace(request, body=change)


@pytest.mark.parametrize("operation", [Operation.UPDATE, Operation.WRITE_BACK])
@pytest.mark.parametrize(("version", "sent"), [("1.0.0", WHOLE), ("1.1.0", GIVEN)])
async def test_a_gateway_of_1_0_gets_the_parts_of_an_address_that_flex_has_along(
    raw: Raw, flex: Flex, operation: Operation, version: str, sent: object
) -> None:
    raw.say.append(reply(200, f"info:\n  version: {version}\n".encode()))
    if version == "1.0.0":
        raw.say.append(reply(200, {"FLEXId": "1-6D9UB", "OtherAddress": [HELD]}))
    raw.say.append(reply(200, {"FLEXId": "1-6D9UB"}))
    assert isinstance(await flex.send(_address_change(operation)), Applied)
    assert raw.asked[-1].method == "PATCH"
    assert raw.asked[-1].json() == {"LastName": "Tran", "OtherAddress": sent}
    assert [asked.method for asked in raw.asked].count("PATCH") == 1


async def test_no_address_is_changed_before_the_contact_is_read(raw: Raw, flex: Flex) -> None:
    raw.say += [reply(404), reply(503)]
    outcome = await flex.send(_address_change())
    assert isinstance(outcome, NotSent)
    assert (outcome.code, outcome.hopeless) == ("bad-answer", False)
    raw.say.append(reply(429, retry_after="7"))
    outcome = await flex.send(_address_change())
    assert isinstance(outcome, NotSent)
    assert (outcome.code, outcome.retry_after) == ("rate-limited", 7.0)
    assert {asked.method for asked in raw.asked} == {"GET"}


# -- what is there already ------------------------------------------------------------------------------------


NO_LIST = [reply(200, {}), reply(200, {"items": None}), reply(200, {"items": 7}), reply(404)]


@pytest.mark.parametrize("answer", NO_LIST)
async def test_a_search_for_people_that_gives_no_list_is_no_answer(
    raw: Raw, flex: Flex, answer: bytes
) -> None:
    raw.say += [answer] * 3
    with pytest.raises(Unreachable):
        await flex.people_like("Linh", "Nguyen", "")


@pytest.mark.parametrize("answer", NO_LIST)
async def test_a_search_for_notes_that_gives_no_list_is_no_answer(
    raw: Raw, flex: Flex, answer: bytes
) -> None:
    raw.say += [reply(404), answer, answer, answer]
    with pytest.raises(Unreachable):
        await flex.notes_like("1-OPPT1", "Call.")


async def test_a_contact_is_read_by_its_flex_id_alone(raw: Raw, flex: Flex) -> None:
    raw.say += [reply(200, {"FLEXId": "1-6D9UB", "LastName": "Nguyen"}), reply(404)]
    raw.say.append(reply(200, {"FLEXId": "1-OTHER", "IntegrationId": "1-6D9UB"}))
    there = await flex.person("1-6D9UB")
    assert there is not None
    assert there.last_name == "Nguyen"
    assert await flex.person("1-6D9UB") is None
    assert await flex.person("1-6D9UB") is None, "another record bears the text as its IntegrationId"


async def test_an_opportunity_is_read_with_the_roles_of_its_applicants(raw: Raw, flex: Flex) -> None:
    applicants = [{"FLEXId": "1-6D9UB", "Role": "Guarantor"}, {"Role": "Co-Applicant"}, "odd"]
    there = {"FLEXId": "1-OPPT1", "IntegrationId": REF, "Applicants": applicants}
    raw.say += [reply(200, there), reply(404), reply(200, {**there, "FLEXId": "1-OTHER"})]
    raw.say.append(reply(200, {"FLEXId": "1-OPPT1"}))
    assert await flex.opportunity("1-OPPT1") == FlexOpportunity(
        "1-OPPT1", roles={"1-6D9UB": "Guarantor"}, integration_id=REF
    )
    assert await flex.opportunity("1-OPPT1") is None
    assert await flex.opportunity("1-OPPT1") is None
    with pytest.raises(Unreachable):
        await flex.opportunity("1-OPPT1")


async def test_a_property_is_read_by_its_id_and_found_by_our_reference(raw: Raw, flex: Flex) -> None:
    there = {"FLEXId": "1-PROP1", "IntegrationId": REF, "Opportunity": {"FLEXId": "1-OPPT1"}}
    odd = {"FLEXId": "1-PROP2", "IntegrationId": REF, "Opportunity": None}
    raw.say += [reply(200, there), reply(404), reply(200, {"items": [there, odd]})]
    assert await flex.property("1-PROP1") == FlexProperty("1-PROP1", REF, "1-OPPT1")
    assert await flex.property("1-PROP1") is None
    assert [(one.flex_id, one.opportunity) for one in await flex.properties_with(REF)] == [
        ("1-PROP1", "1-OPPT1"),
        ("1-PROP2", ""),
    ]


async def test_a_text_that_is_an_integration_id_is_no_flex_id(raw: Raw, flex: Flex) -> None:
    raw.say += [reply(200, {"FLEXId": "1-OTHER", "IntegrationId": "1-OPPT1"}), reply(404)]
    assert await flex.kind_of("1-OPPT1") is None


NOTES = [
    {"FLEXId": "1-N1", "Text": "Call  Linh\r\nafter four. ", "IntegrationId": "BD-1", "CreatedAt": "x"},
    {"FLEXId": "1-N2", "Text": "Call Linh after five."},
    {"FLEXId": "1-N3", "Text": None},
]


async def test_notes_with_the_same_words_are_found_by_the_beginning_of_the_first_line(
    raw: Raw, flex: Flex
) -> None:
    raw.say.append(reply(200, b"info:\n  version: 1.1.0\n"))
    raw.say += [reply(200, {"items": NOTES, "next_page": 2}), reply(200, {"items": []})]
    text = "\n Call Linh\nafter four."
    assert await flex.notes_like("1-OPPT1", text) == [FlexNote("1-N1", NOTES[0]["Text"] or "", "BD-1", "x")]
    asked = parse_qs(urlsplit(raw.asked[1].path).query)
    assert (asked["Parent"], asked["Text"], asked["page"]) == (["1-OPPT1"], ["Call Linh"], ["1"])
    assert parse_qs(urlsplit(raw.asked[2].path).query)["page"] == ["2"]


@pytest.mark.parametrize(
    ("text", "searched"),
    [("x" * 500, ["x" * 200]), ("Call \ud800 Linh", ["Call"]), ("\ud800", None), (" \n ", None)],
)
async def test_a_search_for_a_text_is_never_longer_than_the_contract_allows(
    raw: Raw, flex: Flex, text: str, searched: list[str] | None
) -> None:
    raw.say += [reply(200, b"info:\n  version: 1.1.0\n"), reply(200, {"items": []})]
    assert await flex.notes_like("1-OPPT1", text) == []
    assert parse_qs(urlsplit(raw.asked[1].path).query).get("Text") == searched


async def test_a_gateway_of_1_0_is_asked_for_all_notes_of_the_parent(raw: Raw, flex: Flex) -> None:
    raw.say += [reply(404), reply(200, {"items": NOTES})]
    assert [note.flex_id for note in await flex.notes_like("1-OPPT1", "Call Linh after five.")] == ["1-N2"]
    assert "Text" not in parse_qs(urlsplit(raw.asked[1].path).query)


# -- look-ups -----------------------------------------------------------------------------------------------


async def test_a_look_up_asks_for_the_ref_and_gives_what_bears_it(raw: Raw, flex: Flex) -> None:
    mine = {"FLEXId": "1-6D9UB", **BODY}
    raw.say.append(reply(200, {"items": [mine, {"FLEXId": "1-OTHER", "IntegrationId": "BD-OTHER"}, {}, 7]}))
    (found,) = await _looked_up(flex, Entity.OPPORTUNITY)
    assert (found.remote_id, found.ref, found.fields["FirstName"]) == ("1-6D9UB", REF, "Linh")
    parts = urlsplit(raw.asked[0].path)
    assert (raw.asked[0].method, parts.path) == ("GET", "/api/opportunities")
    assert parse_qs(parts.query) == {"IntegrationId": [REF]}


async def test_several_that_bear_it_are_all_given(raw: Raw, flex: Flex) -> None:
    items = [{"FLEXId": f"1-6D9U{n}", "IntegrationId": REF} for n in "AB"]
    raw.say.append(reply(200, {"items": items}))
    assert [found.remote_id for found in await _looked_up(flex, Entity.PERSON)] == ["1-6D9UA", "1-6D9UB"]


async def test_nothing_found_is_nothing(raw: Raw, flex: Flex) -> None:
    raw.say.append(reply(200, {"items": []}))
    assert await _looked_up(flex, Entity.PERSON) == []


@pytest.mark.parametrize(
    "answer",
    [
        reply(200, {}),
        reply(200, {"items": None}),
        reply(200, {"items": {"FLEXId": "1-6D9UB"}}),
        reply(200, b"[]"),
        reply(200, b"<html>"),
        reply(404),
        reply(500),
        reply(200, {"items": [{"IntegrationId": REF}]}),
        reply(200, {"items": [{"IntegrationId": REF, "FLEXId": ""}]}),
    ],
)
async def test_an_answer_that_is_no_list_never_means_that_nothing_is_there(
    raw: Raw, flex: Flex, answer: bytes
) -> None:
    raw.say.append(answer)
    with pytest.raises(Unreachable):
        await _looked_up(flex, Entity.PERSON)


def test_what_can_be_looked_up(flex: Flex) -> None:
    found = {entity for entity in Entity if flex.can_look_up(entity)}
    assert found == {Entity.PERSON, Entity.OPPORTUNITY, Entity.PROPERTY, Entity.NOTE}


async def _looked_up(flex: Flex, entity: Entity) -> list[RemoteRecord]:
    return (await flex.look_up([_request(entity)]))[REF]


# -- reading back -------------------------------------------------------------------------------------------


async def test_a_record_is_read_back_by_its_quoted_id(raw: Raw, flex: Flex) -> None:
    raw.say.append(reply(200, {"FLEXId": "1-A/B?", "FirstName": "Bao"}))
    found = await flex.read(_request(Entity.PERSON, Operation.UPDATE, remote_id="1-A/B?"))
    assert found is not None
    assert found.fields["FirstName"] == "Bao"
    assert raw.asked[0].path == "/api/contacts/1-A%2FB%3F"


async def test_a_record_that_is_gone_is_none(raw: Raw, flex: Flex) -> None:
    raw.say.append(reply(404))
    assert await flex.read(_request(Entity.PERSON, Operation.UPDATE, remote_id="1-KNOWN")) is None


async def test_another_record_is_never_taken_for_the_one_asked_for(raw: Raw, flex: Flex) -> None:
    raw.say.append(reply(200, {"FLEXId": "1-OTHER", **BODY}))
    with pytest.raises(Unreachable):
        await flex.read(_request(Entity.PERSON, Operation.UPDATE, remote_id="1-KNOWN"))


# -- the catalogue ------------------------------------------------------------------------------------------


def _entry(n: int, **more: Any) -> dict[str, Any]:
    return {"ProductFLEXId": f"1-PROD{n}", "Lender": "Harbour", "Name": f"Loan {n}", **more}


async def test_a_lenders_products_are_read_over_all_pages_and_asked_once(raw: Raw, flex: Flex) -> None:
    raw.say += [
        reply(200, {"items": [_entry(1), _entry(2)], "next_page": 2}),
        reply(200, {"items": [_entry(3)], "next_page": None}),
    ]
    found = await flex.of_lender("Harbour & Sons")
    assert found[2] == CatalogueProduct("1-PROD3", "Harbour", "Loan 3")
    assert await flex.of_lender("Harbour & Sons") == found
    assert [parse_qs(urlsplit(asked.path).query)["page"] for asked in raw.asked] == [["1"], ["2"]]
    assert parse_qs(urlsplit(raw.asked[0].path).query)["Lender"] == ["Harbour & Sons"]
    assert {urlsplit(asked.path).path for asked in raw.asked} == {"/api/products"}


async def test_products_are_read_again_when_the_operator_asks_for_everything_anew(
    raw: Raw, flex: Flex
) -> None:
    raw.say += [reply(200, {"items": [_entry(1)]}), reply(200, {"items": [_entry(1), _entry(2)]})]
    assert len(await flex.of_lender("Harbour")) == 1
    flex.forget_catalogue()
    assert len(await flex.of_lender("Harbour")) == 2


@pytest.mark.parametrize("following", [1, 0, -1, True, "2", 1.5, {}])
async def test_a_page_that_leads_nowhere_ends_the_reading(raw: Raw, flex: Flex, following: Any) -> None:
    raw.say.append(reply(200, {"items": [_entry(1)], "next_page": following}))
    assert len(await flex.of_lender("Harbour")) == 1
    assert len(raw.asked) == 1


async def test_entries_that_dont_fit_are_set_aside_and_the_rest_stays(raw: Raw, flex: Flex) -> None:
    odd = [
        7,
        None,
        {},
        _entry(2, Name=None),
        _entry(2, ProductFLEXId=".."),
        _entry(3, ProductFLEXId=9),
        _entry(4, ProductFLEXId="\ud800"),
    ]
    raw.say.append(reply(200, {"items": [*odd, _entry(1)]}))
    assert [entry.flex_id for entry in await flex.of_lender("Harbour")] == ["1-PROD1"]


@pytest.mark.parametrize("stray", [b'"\\ud800"', b"NaN", b'"\xff"'])
async def test_one_stray_character_costs_one_entry_only(raw: Raw, flex: Flex, stray: bytes) -> None:
    good = json.dumps(_entry(1)).encode()
    raw.say.append(
        reply(200, b'{"items":[{"ProductFLEXId":' + stray + b',"Lender":"H","Name":"x"},' + good + b"]}")
    )
    assert [entry.flex_id for entry in await flex.of_lender("Harbour")] == ["1-PROD1"]


@pytest.mark.parametrize(
    "answer", [reply(200, b"<html>"), reply(200, {}), reply(200, {"items": 7}), reply(404)]
)
async def test_an_answer_that_is_no_catalogue_is_not_an_empty_one(
    raw: Raw, flex: Flex, answer: bytes
) -> None:
    raw.say += [answer] * 3
    with pytest.raises(Unreachable):
        await flex.of_lender("Harbour")
    raw.say.clear()
    raw.say.append(reply(200, {"items": [_entry(1)]}))
    assert len(await flex.of_lender("Harbour")) == 1  # and it is not remembered as one


async def test_a_lender_that_cant_be_asked_for_has_nothing(raw: Raw, flex: Flex) -> None:
    assert await flex.of_lender("Harbour\ud800") == ()
    assert raw.asked == []


# -- contacts, opportunities and applications that are there --------------------------------------------------


async def test_a_contact_is_read_by_its_id_and_another_one_is_never_taken_for_it(
    raw: Raw, flex: Flex
) -> None:
    raw.say += [
        reply(200, {"FLEXId": "1-6D9UB", "FirstName": "Linh"}),
        reply(404, {}),
        reply(200, {"FLEXId": "1-X"}),
    ]
    contact = await flex.person("1-6D9UB")
    assert contact is not None
    assert (contact.flex_id, contact.first_name) == ("1-6D9UB", "Linh")
    assert await flex.person("1-6D9UB") is None
    assert await flex.person("1-6D9UB") is None


async def test_all_pages_of_opportunities_and_applications_are_read(raw: Raw, flex: Flex) -> None:
    applicants = [{"FLEXId": "1-LINH1", "Role": "Primary Applicant"}, "odd", {"Role": "Guarantor"}]
    loan = {
        "FLEXId": "1-LOAN1",
        "IntegrationId": REF,
        "Applicants": applicants,
        "ProposedLoanAmount": 640000.5,
    }
    raw.say += [
        reply(200, {"items": [loan, {"FLEXId": None}, "odd"], "next_page": 2}),
        reply(200, {"items": [{"FLEXId": "1-LOAN2", "ProposedLoanAmount": True, "Applicants": None}]}),
        reply(200, {"items": [{"FLEXId": "1-APPL1"}]}),
    ]
    records = [record async for page in flex.opportunities() for record in page]
    assert records == [
        FlexOpportunity("1-LOAN1", "opportunity", {"1-LINH1": "Primary Applicant"}, Decimal("640000.5"), REF),
        FlexOpportunity("1-LOAN2", "opportunity"),
        FlexOpportunity("1-APPL1", "application"),
    ]
    asked = [urlsplit(request.path) for request in raw.asked if "token" not in request.path]
    assert [(one.path, parse_qs(one.query)["page"]) for one in asked] == [
        ("/api/opportunities", ["1"]),
        ("/api/opportunities", ["2"]),
        ("/api/applications", ["1"]),
    ]


@pytest.mark.parametrize("content", [{}, {"items": None}, {"items": "none"}])
async def test_an_answer_that_is_no_list_is_not_an_empty_flex(raw: Raw, flex: Flex, content: Any) -> None:
    raw.say.append(reply(200, content))
    with pytest.raises(Unreachable):
        [page async for page in flex.opportunities()]
