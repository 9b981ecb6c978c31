"""What goes over the wire to Total Expert, whom a POST hit, one token for all, and the whole against the sandbox."""

from __future__ import annotations

import asyncio
import os
import stat
import subprocess
import sys
from base64 import b64decode
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from core.errors import Unreachable
from core.push.plan import System
from core.push.ports import Applied, Diverted, Lost, NotSent, Refused
from data.vendors.http.client import HttpClient, SystemAddress, Token
from data.vendors.http.reply import LookUp, Page
from data.vendors.total_expert.client import ExternalId, TokenFile, TotalExpert
from tests.support.patience import LAST_RESORT
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
        (lambda desk: desk.create_contact(BODY, REF), "POST", "/contacts", BODY),
        (lambda desk: desk.update_contact("7/8", BODY), "PATCH", "/contacts/7%2F8", BODY),
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
    assert [found.key for found in (await desk.find_by_refs([REF], LookUp.SCAN))[REF]] == ["7"]
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
            {"id": 3, "email": {"at": "x@example.com"}},
        )
    )
    (got,) = [some async for some in desk.contacts()]
    assert [(r.key, r.owner.key if r.owner else None) for r in got.records] == [("1", "301"), ("2", "301")]
    assert [aside.record_id for aside in got.set_aside] == ["3"]
    assert "x@example.com" not in str(got.set_aside)


async def test_a_kind_of_insight_is_known_under_several_names(raw: Raw, desk: TotalExpert) -> None:
    raw.say.append(
        page({"id": 1, "name": "A"}, {"id": 2, "type_name": "B"}, {"id": 3, "insight_type_name": "C"})
    )
    assert [kind.label for kind in await all_of(desk.insight_types())] == ["A", "B", "C"]


# -- look-ups -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("nobody", "own", "expected"),
    [
        (page(), page(BEARER), LookUp.FILTER),
        (page(BEARER), page(BEARER), LookUp.SCAN),
        (page(), page(), LookUp.SCAN),
        (reply(400), None, LookUp.SCAN),
        (reply(422), None, LookUp.SCAN),
    ],
)
async def test_a_filter_is_believed_only_when_it_was_seen_to_work(
    raw: Raw, desk: TotalExpert, nobody: bytes, own: bytes | None, expected: LookUp
) -> None:
    raw.say += [page({"id": 1}, BEARER), nobody, *([own] if own else [nobody] * 2)]
    assert await desk.contact_look_up() is expected


async def test_nobody_to_ask_for_means_reading_them_all(raw: Raw, desk: TotalExpert) -> None:
    raw.say += [page(), page()]
    assert await desk.contact_look_up() is LookUp.SCAN


async def test_what_a_filter_gives_is_looked_at(raw: Raw, desk: TotalExpert) -> None:
    other_source = {"id": 9, "external_ids": [{"source": "x", "external_id": REF}]}
    raw.say.append(page(other_source, {"id": 8}, BEARER))
    assert [found.key for found in (await desk.find_by_refs([REF], LookUp.FILTER))[REF]] == ["7"]
    assert query(raw)["filter[external_id]"] == REF
    with pytest.raises(Unreachable):
        await desk.find_by_refs([REF], LookUp.NONE)


# -- one token for all --------------------------------------------------------------------------------------


@pytest.fixture
def keep(tmp_path: Path, raw: Raw) -> TokenFile:
    return TokenFile(tmp_path / "tokens", address(raw.url))


async def _ask(raw: Raw, keep: TokenFile | None, **more: Any) -> HttpClient:
    wire = HttpClient(address(raw.url, **more), keep=keep)
    raw.say.append(page())
    await all_of(TotalExpert(wire, SOURCE).users())
    return wire


async def test_a_second_desk_uses_the_first_ones_token(raw: Raw, keep: TokenFile, tmp_path: Path) -> None:
    for _ in range(3):
        await (await _ask(raw, keep)).close()
    assert len(raw.tokens) == 1
    assert {asked.headers["authorization"] for asked in raw.asked} == {"Bearer tok-1"}
    other = TokenFile(tmp_path / "tokens", SystemAddress(System.TOTAL_EXPERT, raw.url, "another", "s3cret"))
    assert other.load() is None


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX")
async def test_the_token_is_for_the_owners_eyes_only(raw: Raw, keep: TokenFile, tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        await (await _ask(raw, keep)).close()
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "tokens").stat().st_mode) == 0o700
    files = list((tmp_path / "tokens").iterdir())
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    assert not [file for file in files if b"s3cret" in file.read_bytes()]
    assert "tok-1" not in repr(keep.load())


@pytest.mark.parametrize(
    "kept",
    [
        b"",
        b"{",
        b'{"bearer":7,"until":1}',
        b'{"bearer":"old","until":1000000000}',
        b'{"bearer":"old","until":9000000000}',
    ],
    ids=["empty", "torn", "of-another-type", "ended", "from-a-wrong-clock"],
)
async def test_what_is_kept_and_of_no_use_is_replaced(
    raw: Raw, keep: TokenFile, tmp_path: Path, kept: bytes
) -> None:
    assert keep.take()
    keep.save(Token("old", 0))
    keep.release()
    (file,) = (tmp_path / "tokens").glob("*.json")
    file.write_bytes(kept)
    await (await _ask(raw, keep)).close()
    assert len(raw.tokens) == 1
    now = keep.load()
    assert now is not None
    assert now.bearer == "tok-1"


async def test_a_token_that_is_refused_is_asked_for_anew_once_and_by_one(raw: Raw, keep: TokenFile) -> None:
    first, second = await _ask(raw, keep), await _ask(raw, keep)
    raw.token.append(reply(200, {**TOKEN, "access_token": "tok-2"}))
    raw.say += [reply(401), page()]
    await all_of(TotalExpert(first, SOURCE).users())
    raw.say += [reply(401), page()]
    await all_of(TotalExpert(second, SOURCE).users())
    assert len(raw.tokens) == 2
    assert raw.asked[-1].headers["authorization"] == "Bearer tok-2"
    await first.close()
    await second.close()


async def test_one_too_many_is_not_asked_for_again_and_again(raw: Raw, keep: TokenFile) -> None:
    wire = HttpClient(address(raw.url), keep=keep)
    raw.token += [reply(429, {"error": "no"})] * 5
    desk = TotalExpert(wire, SOURCE)
    for _ in range(3):
        outcome = await desk.create_contact(BODY, REF)
        assert isinstance(outcome, NotSent)
        assert outcome.code == "rate-limited"
        assert outcome.retry_after is not None
        assert 200 < outcome.retry_after <= 300
    assert (len(raw.tokens), raw.asked) == (1, [])
    await wire.close()


async def test_a_folder_that_cant_be_written_costs_a_token_and_nothing_else(raw: Raw, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    keep = TokenFile(tmp_path / "file" / "tokens", address(raw.url))
    await (await _ask(raw, keep)).close()
    assert len(raw.tokens) == 1


async def test_who_waits_for_the_token_gives_up_in_time(raw: Raw, keep: TokenFile, tmp_path: Path) -> None:
    other = TokenFile(tmp_path / "tokens", address(raw.url))
    assert other.take()
    wire = HttpClient(address(raw.url, deadline=0.2), keep=keep)
    outcome = await TotalExpert(wire, SOURCE).create_contact(BODY, REF)
    assert isinstance(outcome, NotSent)
    assert outcome.code == "no-token"
    await wire.close()
    other.release()
    raw.say.append(reply(201, told("created", 7)))
    patient = HttpClient(address(raw.url), keep=keep)
    assert isinstance(await TotalExpert(patient, SOURCE).create_contact(BODY, REF), Applied)
    await patient.close()


# -- the whole of it, against the sandbox -------------------------------------------------------------------


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    with running(tmp_path_factory.mktemp("te") / "state") as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(shared: Sandbox) -> Sandbox:
    shared.faults("")
    shared.now += 3601
    shared.options("total-expert", filters=False, list_name="items", requests_a_minute=1000, tokens_an_hour=2)
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
async def test_a_lost_contact_is_found_by_what_the_system_can(
    sandbox: Sandbox, live: TotalExpert, filters: bool
) -> None:
    sandbox.options("total-expert", filters=filters)
    by = await live.contact_look_up()
    assert by is (LookUp.FILTER if filters else LookUp.SCAN)
    sandbox.faults("drop-reply POST /total-expert *1")
    assert isinstance(await live.create_contact(BODY, REF), Lost)
    (found,) = (await live.find_by_refs([REF], by))[REF]
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
    assert insight.data is not None
    assert insight.data.description == REF
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
from data.vendors.total_expert.client import TokenFile, TotalExpert
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
