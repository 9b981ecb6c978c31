"""What goes over the wire to Total Expert, whom a POST hit, and the whole of it against the sandbox."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from base64 import b64decode
from collections.abc import AsyncIterator, Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from core.errors import Unreachable
from core.push.plan import System
from core.push.ports import Applied, Diverted, Lost, NotSent, Refused
from core.push.records import RECORDS
from data.team_book.book import open_team_book
from data.vendors.http.client import HttpClient, SystemAddress
from data.vendors.http.reply import LookUp, Page
from data.vendors.http.tokens import TeamToken
from data.vendors.total_expert.client import NOBODY, TotalExpert
from data.vendors.total_expert.records import ExternalId
from tests.support.patience import LAST_RESORT
from tests.support.postgres import database, opening
from tests.support.raw_server import Raw, hang_up, reply, serve
from tests.support.running_sandbox import Sandbox, running

REF = "BD-ZTUMCBPQIB4CJFDSOZUA"
SOURCE = "brokerdesk"
BODY = {
    "source": SOURCE,
    "first_name": "Ann",
    "last_name": "Oakes",
    "email": "ann@example.com",
    "owner": {"id": "301"},
    "external_ids": [{"source": SOURCE, "external_id": REF}],
}
BEARER = {"id": 7, "external_ids": [{"source": SOURCE, "external_id": REF}]}
TOKEN = {"access_token": "tok-1", "token_type": "bearer", "expires_in": 3600, "scope": "x"}


@pytest.fixture
async def raw() -> AsyncIterator[Raw]:
    async with serve() as server:
        yield server


def address(url: str, **more: Any) -> SystemAddress:
    return SystemAddress(
        System.TOTAL_EXPERT, url, "desk", "s3cret", **{"rate": 600_000, "deadline": 100.0, **more}
    )


@pytest.fixture
async def desk(raw: Raw) -> AsyncIterator[TotalExpert]:
    wire = HttpClient(address(raw.url))
    wire.calm = 0.01
    yield TotalExpert(wire, SOURCE)
    await wire.close()


def page(*items: Any, following: Any = None, name: str = "items") -> bytes:
    return reply(200, {name: list(items), "links": {"first": 1, "last": 9, "next": following, "prev": None}})


def told(what: str, id_: Any, link: str = "host/v1/contacts/{}") -> dict[str, Any]:
    return {what: link.format(id_), "id": id_}


def query(raw: Raw, n: int = 0) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(raw.asked[n].path).query).items()}


async def all_of(pages: AsyncIterator[Page[Any]]) -> list[Any]:
    return [record async for some in pages for record in some.records]


# -- requests -----------------------------------------------------------------------------------------------


async def test_the_token_is_asked_for_with_basic_and_a_json_body(raw: Raw, desk: TotalExpert) -> None:
    raw.say.append(page())
    await all_of(desk.users())
    (asked,) = raw.tokens
    assert (asked.method, asked.path, asked.json()) == (
        "POST",
        "/api/token",
        {"grant_type": "client_credentials"},
    )
    scheme, _, pair = asked.headers["authorization"].partition(" ")
    assert (scheme, b64decode(pair)) == ("Basic", b"desk:s3cret")


@pytest.mark.parametrize(
    ("call", "method", "path", "body"),
    [
        (lambda desk: desk.create_contact(BODY, REF), "POST", "/contacts", {**BODY, "owner": {"id": 301}}),
        (
            lambda desk: desk.update_contact("7/8", {"contact_groups": [{"id": "14"}, {"group_name": "A"}]}),
            "PATCH",
            "/contacts/7%2F8",
            {"contact_groups": [{"id": 14}, {"group_name": "A"}]},
        ),
        (lambda desk: desk.create_insight({"type": {"id": 1}}), "POST", "/insights", {"type": {"id": 1}}),
    ],
)
async def test_a_write_is_this_request(
    raw: Raw, desk: TotalExpert, call: Any, method: str, path: str, body: Any
) -> None:
    await call(desk)
    (asked,) = raw.asked
    assert (asked.method, asked.path, asked.json()) == (method, f"/api{path}", body)


@pytest.mark.parametrize(
    ("call", "path"),
    [
        (lambda desk: desk.contacts(), "/contacts"),
        (lambda desk: desk.users(), "/users"),
        (lambda desk: desk.groups(), "/contact-groups"),
        (lambda desk: desk.insight_types(), "/insight-types"),
        (lambda desk: desk.insights(), "/insights"),
    ],
)
async def test_a_list_is_this_request(raw: Raw, desk: TotalExpert, call: Any, path: str) -> None:
    raw.say.append(page())
    assert await all_of(call(desk)) == []
    assert urlsplit(raw.asked[0].path).path == f"/api{path}"
    assert query(raw) == {"page[number]": "1", "page[size]": "100"}


def test_the_desk_never_deletes() -> None:
    assert not [name for name in dir(TotalExpert) if "delete" in name]


# -- whom a POST hit ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "forecast", "expected"),
    [
        (reply(201, told("created", 7)), None, Applied),
        (reply(201, told("created", "7")), None, Applied),
        (reply(201, told("created", 7)), "9", Applied),
        (reply(200, told("duplicate", 7)), "7", Applied),
        (reply(200, told("duplicate", 7)), None, Diverted),
        (reply(200, told("duplicate", 7)), "9", Diverted),
        (reply(201, {"created": "host/v1/contacts/8", "id": 7}), None, Lost),
        (reply(201, {"created": "host/v1/insights/7", "id": 7}), None, Lost),
        (reply(201, {"id": 7}), None, Lost),
        (reply(200, {**told("duplicate", 7), **told("created", 7)}), "7", Lost),
        (reply(200, told("duplicate", True)), None, Lost),
        (reply(200, b"[]"), "7", Lost),
        (reply(500), None, Lost),
        (reply(409), None, Lost),
        (hang_up, None, Lost),
        (reply(422, {"error": "no"}), None, Refused),
        (reply(429, {"error": "no"}), None, NotSent),
    ],
)
async def test_a_post_is_done_only_where_it_hit_whom_it_was_meant_for(
    raw: Raw, desk: TotalExpert, answer: Any, forecast: str | None, expected: type
) -> None:
    raw.say.append(answer)
    outcome = await desk.create_contact(BODY, REF, forecast)
    assert isinstance(outcome, expected)
    if isinstance(outcome, Applied | Diverted):
        assert outcome.remote_id == "7"
        assert outcome.trace.request.startswith("POST /contacts · ")
    assert len(raw.asked) == 1


async def test_a_contact_that_bore_our_reference_before_is_ours(raw: Raw, desk: TotalExpert) -> None:
    raw.say += [page(BEARER, {"id": 8}), reply(200, told("duplicate", 7))]
    assert [found.key for found in (await desk.find_by_refs({REF: {}}))[REF]] == ["7"]
    assert isinstance(await desk.create_contact(BODY, REF), Applied)
    raw.say.append(reply(200, told("duplicate", 7)))
    assert isinstance(await desk.create_contact(BODY, "BD-OTHER"), Diverted)
    raw.say += [reply(201, told("created", 9)), reply(200, told("duplicate", 9))]
    assert isinstance(await desk.create_contact(BODY, "BD-NEW"), Applied)
    assert isinstance(await desk.create_contact(BODY, "BD-NEW"), Applied)


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (reply(200, b"[]"), Applied),
        (reply(204, b""), Applied),
        (reply(200, {"id": 7}), Applied),
        (reply(200, {"id": 8}), Lost),
        (reply(200, b""), Lost),
        (reply(200, b"<html>"), Lost),
        (reply(404, {"error": "x"}), Refused),
    ],
)
async def test_a_change_is_answered_with_next_to_nothing(
    raw: Raw, desk: TotalExpert, answer: bytes, kind: type
) -> None:
    raw.say.append(answer)
    outcome = await desk.update_contact("7", {"title": "Dr"})
    assert isinstance(outcome, kind)


async def test_a_refusal_names_the_field_and_never_what_it_held(raw: Raw, desk: TotalExpert) -> None:
    raw.say.append(reply(422, {"error": "Unable to find 'owner' of phone_cell 612-555-0101 Ann Oakes"}))
    outcome = await desk.create_contact(BODY, REF)
    assert isinstance(outcome, Refused)
    assert outcome.detail == "it answered 422: owner, phone_cell"


# -- pages --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["items", "objects"])
async def test_pages_are_followed_by_their_links_under_either_name(
    raw: Raw, desk: TotalExpert, name: str
) -> None:
    raw.say += [
        page({"id": 1}, {"id": "2"}, following=2, name=name),
        page({"id": 3}, following="3", name=name),
        page({"id": 4}, name=name),
    ]
    assert [record.key for record in await all_of(desk.contacts())] == ["1", "2", "3", "4"]
    assert [query(raw, n)["page[number]"] for n in range(3)] == ["1", "2", "3"]


@pytest.mark.parametrize("following", [1, 0, "x", 1.5, {}])
async def test_a_link_that_leads_nowhere_is_no_end(raw: Raw, desk: TotalExpert, following: Any) -> None:
    raw.say += [page({"id": 1}, following=following), page({"id": 1})]
    with pytest.raises(Unreachable):
        await all_of(desk.contacts())
    assert len(raw.asked) == 1


@pytest.mark.parametrize(
    "answer", [reply(200, {"items": []}), reply(200, {"links": {}}), reply(200, b"[]"), reply(404)]
)
async def test_what_is_no_list_is_no_empty_list(raw: Raw, desk: TotalExpert, answer: bytes) -> None:
    raw.say += [answer] * 3
    with pytest.raises(Unreachable):
        await all_of(desk.contacts())


async def test_odd_records_are_set_aside_and_owners_ids_are_text_or_numbers(
    raw: Raw, desk: TotalExpert
) -> None:
    raw.say.append(
        page(
            {"id": 1, "owner": {"id": "301"}, "external_ids": None, "birthday": "1970-02-29"},
            {"id": 2, "owner": {"id": 301}, "employer_name": "x"},
            {"id": 3, "assignee": {"id": ["x@example.com"]}},
        )
    )
    (got,) = [some async for some in desk.contacts()]
    assert [(r.key, r.owner.key if r.owner else None) for r in got.records] == [("1", "301"), ("2", "301")]
    assert [aside.record_id for aside in got.set_aside] == ["3"]
    assert "x@example.com" not in str(got.set_aside)


async def test_a_kind_of_insight_names_itself_in_type(raw: Raw, desk: TotalExpert) -> None:
    raw.say.append(page({"id": 1, "type": "A", "description": "x", "expiration_interval": 86400}, {"id": 2}))
    assert [kind.type for kind in await all_of(desk.insight_types())] == ["A", None]


@pytest.mark.parametrize(
    ("kind", "id_", "name"),
    [
        ({"id": 7, "type": "SN Borrower Linked"}, "7", "SN Borrower Linked"),
        ({"id": "7"}, "7", ""),
        ("SN Borrower Linked", "", "SN Borrower Linked"),
        (None, "", ""),
    ],
)
async def test_the_type_of_an_insight_is_an_object_or_a_text(
    raw: Raw, desk: TotalExpert, kind: Any, id_: str, name: str
) -> None:
    for data in ({"description": "said"}, [], None):
        raw.say.append(page({"id": 1, "type": kind, "contact": {"id": "451"}, "data": data}))
        (insight,) = await all_of(desk.insights())
        assert (insight.type_id, insight.type_name) == (id_, name)
        assert insight.description == ("said" if data else "")


# -- look-ups -----------------------------------------------------------------------------------------------


def written(raw: Raw, n: int = -1) -> str:
    """Return the filter of a request as it was written, still encoded."""
    parts = urlsplit(raw.asked[n].path).query.split("&")
    return next((part.removeprefix("filter=") for part in parts if part.startswith("filter=")), "")


async def test_a_filter_is_written_as_the_documents_write_it(raw: Raw, desk: TotalExpert) -> None:
    raw.say.append(page())
    await desk.insights_of("451", "7")
    assert (
        urlsplit(raw.asked[0].path).query == "page[number]=1&page[size]=100&filter=contact_id=451,type_id=7"
    )
    raw.say.append(page())
    await desk.find_by_emails(["a+b@example.com"])
    assert written(raw) == "email=a%2Bb@example.com"


async def test_the_changed_contacts_are_asked_for_with_the_latest_change_first(
    raw: Raw, desk: TotalExpert
) -> None:
    raw.say.append(page())
    start = datetime(2026, 10, 14, 19, 41, 1, 999, tzinfo=timezone(timedelta(hours=2)))
    await all_of(desk.contacts(start, start + timedelta(days=1)))
    assert urlsplit(raw.asked[0].path).query.partition("page[size]=100&")[2] == (
        "filter=internal_updated_at_start=2026-10-14T17:41:01Z,internal_updated_at_end=2026-10-15T17:41:01Z"
        "&sort=-internal_updated_at"
    )


async def test_an_email_with_a_comma_is_looked_for_by_a_part_of_it(raw: Raw, desk: TotalExpert) -> None:
    odd = {"id": 4, "email": "ann,lee@example.com"}
    raw.say.append(page({"id": 3, "email": "lee@example.com"}, odd))
    assert [one.key for one in await desk.find_by_emails(["Ann,Lee@example.com"])] == ["4"]
    assert written(raw) == "email_contains=Lee@example.com"
    raw.say.append(page(odd, {"id": 5, "email": "a,b,c"}))
    assert [one.key for one in await desk.find_by_emails(["a,b,c"])] == ["5"]
    assert written(raw) == ""


async def test_a_reference_that_the_filter_does_not_find_is_looked_for_by_email_until_the_filter_has_shown_itself(
    raw: Raw, desk: TotalExpert
) -> None:
    raw.say += [page(), page({"id": 8}, BEARER)]
    assert [one.key for one in (await desk.find_by_refs({REF: BODY}))[REF]] == ["7"]
    assert [written(raw, n) for n in range(2)] == [f"external_id={REF}", "email=ann@example.com"]
    raw.say.append(page(BEARER))
    assert [one.key for one in (await desk.find_by_refs({REF: BODY}))[REF]] == ["7"]
    assert written(raw) == "email=ann@example.com", "the filter is known not to find it"


async def test_a_filter_that_found_a_reference_once_is_believed_when_it_finds_nothing(
    raw: Raw, desk: TotalExpert
) -> None:
    raw.say += [page(BEARER), page()]
    assert [one.key for one in (await desk.find_by_refs({REF: BODY}))[REF]] == ["7"]
    assert await desk.find_by_refs({"BD-OTHER": BODY}) == {"BD-OTHER": []}
    assert len(raw.asked) == 2


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"phone_cell": "(612) 555-0101"}, "phone_cell=%28612%29%20555-0101"),
        ({"email": "a,b@c", "phone_home": "612"}, "phone_home=612"),
        ({"first_name": "Ann", "last_name": "O'Hara"}, "first_name=Ann,last_name=O%27Hara"),
        ({"first_name": "Ann", "last_name": "Lee, Jr"}, ""),
        ({}, ""),
    ],
)
async def test_without_an_email_a_contact_is_looked_for_by_phone_or_name(
    raw: Raw, desk: TotalExpert, body: Any, expected: str
) -> None:
    raw.say += [page(), page()]
    await desk.find_by_refs({REF: body})
    assert written(raw) == expected


async def test_a_filter_that_is_ignored_or_refused_finds_the_same_contacts(
    raw: Raw, desk: TotalExpert
) -> None:
    for answers in ([page({"id": 8}, following=2), page(BEARER)], [reply(400), page({"id": 8}, BEARER)]):
        raw.say += answers
        assert [one.key for one in (await desk.find_by_refs({REF: BODY}))[REF]] == ["7"]


async def test_what_a_filter_gives_is_looked_at(raw: Raw, desk: TotalExpert) -> None:
    other_source = {"id": 9, "external_ids": [{"source": "x", "external_id": REF}]}
    raw.say.append(page(other_source, {"id": 8}, BEARER))
    assert [found.key for found in (await desk.find_by_refs({REF: BODY}))[REF]] == ["7"]
    about_another = {"id": 1, "contact": {"id": 9}, "type": {"id": 7}}
    own = {"id": 2, "contact": {"id": "451"}, "type": {"id": "7"}}
    raw.say.append(
        page(about_another, own, {**own, "id": 3, "type": {"id": 8}}, {**own, "id": 4, "type": "x"})
    )
    assert [one.key for one in await desk.insights_of("451", "7")] == ["2", "4"]


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (page(), LookUp.FILTER),
        (page(BEARER), LookUp.SCAN),
        (reply(400), LookUp.SCAN),
        (reply(422), LookUp.SCAN),
    ],
)
async def test_a_filter_that_finds_nothing_for_nobody_is_obeyed(
    raw: Raw, desk: TotalExpert, answer: bytes, expected: LookUp
) -> None:
    raw.say += [answer, answer]
    assert await desk.contact_look_up() is expected
    assert await desk.insight_look_up() is expected
    assert [written(raw, n) for n in range(2)] == [f"external_id={NOBODY}", "contact_id=0,type_id=0"]


async def test_the_unsubscribes_of_an_address_are_read(raw: Raw, desk: TotalExpert) -> None:
    there = {"id": 1, "email": "Ann@example.com", "organization_wide": True, "users": [{"id": 50}]}
    raw.say.append(page(there, {"id": 2, "email": "b@example.com"}))
    (found,) = await desk.unsubscribes("ann@example.com")
    assert (found.id, found.organization_wide, [user.key for user in found.users or ()]) == (1, True, ["50"])
    with pytest.raises(Unreachable):
        await desk.unsubscribes("a,b@example.com")


# -- is it there? -------------------------------------------------------------------------------------------


async def test_a_heartbeat_needs_no_token_and_a_teapot_says_that_ours_works(
    raw: Raw, desk: TotalExpert
) -> None:
    raw.say += [reply(200, {"running_item": "Total Expert External API"}), reply(418, {"status": "short"})]
    assert await desk.heartbeat() == "Total Expert External API"
    assert raw.asked[0].headers["authorization"] == ""
    assert not raw.tokens
    assert await desk.accepts_token()
    assert raw.asked[1].headers["authorization"] == "Bearer tok-1"
    raw.say += [reply(401), reply(200, {}), reply(200, {"what": "else"})]
    assert not await desk.accepts_token()
    with pytest.raises(Unreachable):
        await desk.accepts_token()
    with pytest.raises(Unreachable):
        await desk.heartbeat()
    raw.say.append(reply(429))
    with pytest.raises(Unreachable) as limited:
        await desk.heartbeat()
    assert limited.value.code == "rate-limited"


# -- required groups ----------------------------------------------------------------------------------------

OWNED = page(
    {"id": 11, "group_name": "Client", "owner": {"id": 301}},
    {"id": 12, "group_name": "Past Client", "owner": {"id": "301"}},
    {"id": 13, "group_name": "Secret", "owner": {"id": 302}},
)


@pytest.mark.parametrize(
    ("groups", "said", "detail"),
    [
        (
            (),
            "Missing contact group: Past Client",
            "Total Expert requires the group “Past Client” on a new contact",
        ),
        (
            (),
            "A required GROUP is missing: client",
            "Total Expert requires the group “Client” on a new contact",
        ),
        (
            ("Client",),
            "contact_groups must contain one more group, asked Ann Oakes",
            "Total Expert requires a group on a new contact and does not say which; the groups sent were “Client”",
        ),
        (
            ("Cleint",),
            "Unable to find target for relationship: 'contact_groups'",
            "the owner has no group “Cleint”",
        ),
        (
            (),
            "Missing group Secret",
            "Total Expert requires a group on a new contact and does not say which; no group was sent",
        ),
    ],
)
async def test_a_create_that_is_refused_for_its_groups_says_which_was_missing(
    raw: Raw, desk: TotalExpert, groups: tuple[str, ...], said: str, detail: str
) -> None:
    raw.say += [reply(422, {"error": said}), OWNED]
    outcome = await desk.create_contact(
        {**BODY, "contact_groups": [{"group_name": one} for one in groups]}, REF
    )
    assert isinstance(outcome, Refused)
    assert (outcome.code, outcome.detail) == ("group-missing", detail)


async def test_another_refusal_reads_no_groups(raw: Raw, desk: TotalExpert) -> None:
    raw.say.append(reply(422, {"error": "Unable to find target for relationship: 'owner'"}))
    outcome = await desk.create_contact(BODY, REF)
    assert isinstance(outcome, Refused)
    assert outcome.code == "refused"
    assert len(raw.asked) == 1


# -- the whole of it, against the sandbox -------------------------------------------------------------------


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    with running(tmp_path_factory.mktemp("te") / "state") as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(shared: Sandbox) -> Sandbox:
    shared.faults("")
    shared.now += 3601
    shared.options("total-expert", filters=True, list_name="items", requests_a_minute=1000, tokens_an_hour=2)
    shared.control("POST", "/reset")
    return shared


def at(sandbox: Sandbox) -> SystemAddress:
    url = sandbox.urls["total-expert"]
    return SystemAddress(System.TOTAL_EXPERT, url, "sandbox", "sandbox", rate=600_000, deadline=100)


@pytest.fixture
async def live(sandbox: Sandbox) -> AsyncIterator[TotalExpert]:
    wire = HttpClient(at(sandbox))
    yield TotalExpert(wire, SOURCE)
    await wire.close()


@pytest.mark.parametrize("name", ["items", "objects"])
async def test_everything_is_read(sandbox: Sandbox, live: TotalExpert, name: str) -> None:
    sandbox.options("total-expert", list_name=name)
    for kind, pages in (
        ("contacts", live.contacts()),
        ("users", live.users()),
        ("contact-groups", live.groups()),
        ("insight-types", live.insight_types()),
        ("insights", live.insights()),
    ):
        held = sandbox.records("total-expert", kind)
        assert held
        assert [record.key for record in await all_of(pages)] == [str(record["id"]) for record in held]


async def test_a_contact_is_made_found_changed_and_diverted(sandbox: Sandbox, live: TotalExpert) -> None:
    made = await live.create_contact(BODY, REF)
    assert isinstance(made, Applied)
    again = await live.create_contact(BODY, REF)
    assert isinstance(again, Applied)
    assert again.remote_id == made.remote_id
    namesake = {**BODY, "external_ids": [{"source": SOURCE, "external_id": "BD-2"}], "title": "Dr"}
    diverted = await live.create_contact(namesake, "BD-2")
    assert isinstance(diverted, Diverted)
    assert diverted.remote_id == made.remote_id
    contact = await live.contact(made.remote_id)
    assert contact is not None
    assert ExternalId(SOURCE, "BD-2") in (
        contact.external_ids or ()
    )  # which is why bearing it afterwards proves nothing
    assert isinstance(await live.create_contact(namesake, "BD-3", made.remote_id), Applied)
    assert isinstance(await live.update_contact(made.remote_id, {"last_name": "Birch"}), Applied)
    group = (await all_of(live.groups()))[0]
    assert isinstance(
        await live.update_contact(made.remote_id, {"contact_groups": [{"id": group.key}]}), Applied
    )
    contact = await live.contact(made.remote_id)
    assert contact is not None
    assert contact.last_name == "Birch"
    assert [str(member.id) for member in contact.contact_groups or ()] == [group.key]
    assert isinstance(
        await live.update_contact(made.remote_id, {"remove_contact_groups": [{"id": group.key}]}), Applied
    )
    contact = await live.contact(made.remote_id)
    assert contact is not None
    assert contact.contact_groups == ()
    assert await live.contact("1") is None


@pytest.mark.parametrize("filters", [False, True])
async def test_a_lost_contact_is_found_whether_or_not_filters_are_obeyed(
    sandbox: Sandbox, live: TotalExpert, filters: bool
) -> None:
    sandbox.options("total-expert", filters=filters)
    assert await live.contact_look_up() is (LookUp.FILTER if filters else LookUp.SCAN)
    sandbox.faults("drop-reply POST /total-expert *1")
    assert isinstance(await live.create_contact(BODY, REF), Lost)
    (found,) = (await live.find_by_refs({REF: BODY}))[REF]
    assert found.email == "ann@example.com"
    assert isinstance(await live.create_contact(BODY, REF), Applied)


async def test_an_insight_is_made(sandbox: Sandbox, live: TotalExpert) -> None:
    contact = (await all_of(live.contacts()))[0]
    body = {
        "contact": {"id": contact.id},
        "type": {"id": 1},
        "owner": {"id": "301"},
        "data": {"description": REF},
    }
    made = await live.create_insight(body)
    assert isinstance(made, Applied)
    (insight,) = [one for one in await all_of(live.insights()) if one.key == made.remote_id]
    assert insight.description == REF
    assert insight.contact is not None
    assert insight.contact.key == contact.key


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ("500-after", Lost),
        ("truncate", Lost),
        ("no-id", Lost),
        ("other-id", Lost),
        ("html", Lost),
        ("412", Refused),
        ("429", NotSent),
    ],
)
async def test_a_fault_in_a_write_is_what_it_is(
    sandbox: Sandbox, live: TotalExpert, fault: str, kind: type
) -> None:
    sandbox.faults(f"{fault} POST /total-expert/contacts *1")
    assert isinstance(await live.create_contact(BODY, REF), kind)


async def test_a_read_waits_where_a_minute_is_full(sandbox: Sandbox) -> None:
    sandbox.options("total-expert", requests_a_minute=1)
    wire = HttpClient(at(sandbox))
    wire.calm = 0.05

    before = len(sandbox.asked("total-expert", "/contacts"))

    async def a_minute_later() -> None:
        for _ in range(1000):
            if [
                seen for seen in sandbox.asked("total-expert", "/contacts")[before:] if seen["status"] == 429
            ]:
                sandbox.now += 61
                return
            await asyncio.sleep(0.01)

    desk = TotalExpert(wire, SOURCE)
    later = asyncio.create_task(a_minute_later())
    read = await all_of(desk.contacts())
    await later
    assert len(read) == len(sandbox.records("total-expert", "contacts"))
    assert len(sandbox.asked("total-expert", "/contacts")) > before + 2
    await wire.close()


_PROCESS = """
import asyncio, sys
from pathlib import Path
from core.push.plan import System
from data.vendors.total_expert.client import NOBODY, TokenFile, TotalExpert
from data.vendors.http.client import HttpClient, SystemAddress

async def main() -> None:
    address = SystemAddress(System.TOTAL_EXPERT, sys.argv[1], "sandbox", "sandbox", rate=600_000)
    wire = HttpClient(address, keep=TokenFile(Path(sys.argv[2]), address))
    print(len([r async for page in TotalExpert(wire, "x").users() for r in page.records]))
    await wire.close()

asyncio.run(main())
"""


def test_several_processes_make_one_token_request(sandbox: Sandbox, tmp_path: Path) -> None:
    before = len(sandbox.asked("total-expert", "/token"))
    command = [sys.executable, "-c", _PROCESS, sandbox.urls["total-expert"], str(tmp_path / "tokens")]
    started = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    assert [process.communicate(timeout=LAST_RESORT)[0] for process in started] == ["4\n"] * 3
    assert len(sandbox.asked("total-expert", "/token")) == before + 1


async def test_two_desks_on_one_database_make_one_token_request_and_one_after_a_refusal(
    sandbox: Sandbox,
) -> None:
    def requests() -> int:
        return len(sandbox.asked("total-expert", "/token"))

    with (
        database() as where,
        open_team_book(opening(where), RECORDS) as one,
        open_team_book(opening(where, operator="l.tran"), RECORDS) as two,
    ):
        before = requests()
        wires = [
            HttpClient(at(sandbox), keep=TeamToken(book, at(sandbox).credential, 100.0))
            for book in (one, two)
        ]
        desks = [TotalExpert(wire, SOURCE) for wire in wires]
        assert [len(users) for users in await asyncio.gather(*(all_of(desk.users()) for desk in desks))] == [
            4,
            4,
        ]
        assert requests() == before + 1
        sandbox.now += 3601  # the token has ended there, and the desks don't know
        assert [len(users) for users in await asyncio.gather(*(all_of(desk.users()) for desk in desks))] == [
            4,
            4,
        ]
        assert requests() == before + 2
        for wire in wires:
            await wire.close()
