"""What goes over the wire to SimpleNexus, what of its answers is believed, and the whole of it against the sandbox."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from msgspec import structs

from core.contacts.ports import Owner
from core.errors import Unreachable
from core.push.plan import System
from core.push.ports import Applied, Lost, NotSent, Refused
from data.vendors.http.client import HttpClient, SystemAddress
from data.vendors.http.reply import LookUp, Page
from data.vendors.simplenexus.client import NO_OFFICER, OVERLAP, SimpleNexus
from data.vendors.simplenexus.contact_source import SimpleNexusContactSource
from tests.support.raw_server import Raw, hang_up, reply, serve
from tests.support.running_sandbox import Sandbox, running

BODY = {"first_name": "Ann", "last_name": "Oakes", "email": "ann@example.com"}
ID = "5f0c8a1e-7b1d-4a7e-9a65-0d9a2b6f1c11"
CREATED = {"_self": f"/users/borrowers/{ID}", "_type": "UserBorrower", "id": ID}


@pytest.fixture
async def raw() -> AsyncIterator[Raw]:
    async with serve() as server:
        yield server


@pytest.fixture
async def desk(raw: Raw) -> AsyncIterator[SimpleNexus]:
    wire = HttpClient(
        SystemAddress(System.SIMPLENEXUS, raw.url, "desk", "s3cret", rate=600_000, deadline=100)
    )
    wire.calm = 0.01
    yield SimpleNexus(wire)
    await wire.close()


def page(*contents: Any, **more: Any) -> bytes:
    return reply(200, {"_self": "/x", "_type": "P", "contents": list(contents), **more})


def query(raw: Raw, n: int = 0) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(raw.asked[n].path).query).items()}


async def all_of(pages: AsyncIterator[Page[Any]]) -> list[Any]:
    return [record async for some in pages for record in some.records]


# -- requests -----------------------------------------------------------------------------------------------


async def test_the_token_is_asked_for_in_json_without_a_header(raw: Raw, desk: SimpleNexus) -> None:
    raw.say.append(page())
    await all_of(desk.loan_officers())
    (asked,) = raw.tokens
    assert (asked.method, asked.path) == ("POST", "/api/oauth/token")
    assert asked.headers["content-type"] == "application/json"
    assert asked.headers["authorization"] == ""
    assert asked.json() == {
        "grant_type": "client_credentials",
        "client_id": "desk",
        "client_secret": "s3cret",
    }
    assert raw.asked[0].headers["authorization"] == "Bearer tok-1"


@pytest.mark.parametrize(
    ("call", "method", "path"),
    [
        (lambda desk: desk.create_borrower(BODY), "POST", "/users/borrowers"),
        (lambda desk: desk.create_prospect("o/1", BODY), "POST", "/users/loan_officers/o%2F1/prospects"),
    ],
)
async def test_a_write_is_this_request(
    raw: Raw, desk: SimpleNexus, call: Any, method: str, path: str
) -> None:
    await call(desk)
    (asked,) = raw.asked
    assert (asked.method, asked.path, asked.json()) == (method, f"/api{path}", BODY)


@pytest.mark.parametrize(
    ("call", "path"),
    [
        (lambda desk: desk.loan_officers(), "/users/loan_officers"),
        (lambda desk: desk.borrowers(), "/users/borrowers"),
        (lambda desk: desk.partners("o-1"), "/users/loan_officers/o-1/partners"),
        (lambda desk: desk.prospects("o-1"), "/users/loan_officers/o-1/prospects"),
    ],
)
async def test_a_list_is_this_request(raw: Raw, desk: SimpleNexus, call: Any, path: str) -> None:
    raw.say.append(page())
    assert await all_of(call(desk)) == []
    assert urlsplit(raw.asked[0].path).path == f"/api{path}"
    assert query(raw) == {"page": "1", "page_size": "100"}


async def test_an_incremental_read_reaches_back_a_little(raw: Raw, desk: SimpleNexus) -> None:
    raw.say += [page(), page()]
    since = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
    await all_of(desk.borrowers("o-1", since))
    await all_of(desk.prospects("o-1", since.astimezone()))
    assert timedelta(minutes=5) == OVERLAP
    assert query(raw)["updated_after"] == query(raw, 1)["updated_after"] == "2026-03-01T11:55:00Z"
    assert query(raw)["loan_officer_id"] == "o-1"


def test_the_desk_never_deletes() -> None:
    assert not [name for name in dir(SimpleNexus) if "delete" in name or "remove" in name]


# -- outcomes -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "kind", "code"),
    [
        (reply(201, CREATED), Applied, None),
        (reply(201, {"id": ID}), Lost, "no-id"),
        (reply(201, {**CREATED, "id": "another"}), Lost, "no-id"),
        (reply(201, {"id": 7}), Lost, "no-id"),
        (reply(201, {}), Lost, "no-id"),
        (reply(204, b""), Lost, "bad-reply"),
        (reply(409, {"errors": []}), Lost, "conflict"),
        (reply(500), Lost, "server-error"),
        (hang_up, Lost, "no-reply"),
        (reply(429), NotSent, "rate-limited"),
        (reply(412, {"errors": []}), Refused, "refused"),
        (reply(423, {"errors": []}), Refused, "refused"),
        (reply(403), Refused, "forbidden"),
    ],
)
async def test_what_a_create_comes_to(
    raw: Raw, desk: SimpleNexus, answer: Any, kind: type, code: str | None
) -> None:
    raw.say.append(answer)
    outcome = await desk.create_borrower(BODY)
    assert isinstance(outcome, kind)
    assert getattr(outcome, "code", None) == code
    assert len(raw.asked) == 1


async def test_a_refusal_names_the_fields_and_never_what_they_held(raw: Raw, desk: SimpleNexus) -> None:
    errors = [
        {
            "id": "1",
            "status": 400,
            "title": "Bad Request",
            "detail": "last_name must have at most 30 characters",
        },
        {"id": "2", "status": 400, "title": "Bad Request", "detail": "email ann.oakes@example.com is wrong"},
        {"id": "3", "status": 400, "title": 7},
        "what",
    ]
    raw.say.append(reply(400, {"errors": errors}))
    outcome = await desk.create_borrower(BODY)
    assert isinstance(outcome, Refused)
    assert outcome.detail == "it answered 400: last_name, email"


# -- pages --------------------------------------------------------------------------------------------------


async def test_pages_are_followed_to_the_last_and_smaller_ones_than_asked_for(
    raw: Raw, desk: SimpleNexus
) -> None:
    raw.say += [
        page({"id": "1"}, {"id": "2"}, total_pages=2, total=3),
        page({"id": "3"}, total_pages=2, total=3),
    ]
    assert [record.id for record in await all_of(desk.borrowers())] == ["1", "2", "3"]
    assert [query(raw, n)["page"] for n in range(len(raw.asked))] == ["1", "2"]


async def test_without_a_number_of_pages_the_empty_one_is_the_last(raw: Raw, desk: SimpleNexus) -> None:
    raw.say += [page({"id": "1"}), page({"id": "2"}), page()]
    assert [record.id for record in await all_of(desk.borrowers())] == ["1", "2"]


async def test_a_page_that_comes_again_is_no_next_page(raw: Raw, desk: SimpleNexus) -> None:
    raw.say += [page({"id": "1"}), page({"id": "1"}), page()]
    with pytest.raises(Unreachable):
        await all_of(desk.borrowers())
    assert len(raw.asked) == 2


async def test_what_does_not_fit_is_set_aside_by_its_id_without_what_it_held(
    raw: Raw, desk: SimpleNexus
) -> None:
    raw.say.append(
        page({"id": "1"}, {"id": "2", "is_active": 7}, "what", {"email": "x@example.com"}, total_pages=1)
    )
    (got,) = [some async for some in desk.borrowers()]
    assert [record.id for record in got.records] == ["1"]
    assert [aside.record_id for aside in got.set_aside] == ["2", "", ""]
    assert "is_active" in got.set_aside[0].why
    assert "x@example.com" not in str(got.set_aside)


@pytest.mark.parametrize(
    "answer", [reply(200, {}), reply(200, b"<html>"), reply(404), reply(200, {"contents": {}})]
)
async def test_what_is_no_list_is_no_empty_list(raw: Raw, desk: SimpleNexus, answer: bytes) -> None:
    raw.say += [answer] * 3
    with pytest.raises(Unreachable):
        await all_of(desk.borrowers())


async def test_a_429_in_the_middle_of_a_list_is_waited_out(raw: Raw, desk: SimpleNexus) -> None:
    raw.say += [page({"id": "1"}), reply(429), reply(429), page()]
    assert len(await all_of(desk.borrowers())) == 1
    raw.say += [reply(429)] * 20
    with pytest.raises(Unreachable) as caught:
        await all_of(desk.borrowers())
    assert caught.value.code == "rate-limited"


# -- look-ups -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (page(), LookUp.FILTER),
        (page({"id": "1", "email": "a@example.com"}), LookUp.SCAN),
        (reply(400), LookUp.SCAN),
        (reply(422), LookUp.SCAN),
    ],
)
async def test_a_filter_that_finds_nobody_for_nobody_is_obeyed(
    raw: Raw, desk: SimpleNexus, answer: bytes, expected: LookUp
) -> None:
    raw.say.append(answer)
    assert await desk.borrower_look_up() is expected


async def test_a_filter_that_is_ignored_or_refused_gives_the_same_accounts(
    raw: Raw, desk: SimpleNexus
) -> None:
    everybody = [{"id": "1", "email": "other@example.com"}, {"id": "2", "email": "ann@example.com"}]
    for answers in (
        [page(everybody[0], total_pages=2), page(everybody[1], total_pages=2)],
        [reply(400), page(*everybody, total_pages=1)],
    ):
        raw.say += answers
        assert [found.id for found in await desk.find_borrowers(["ann@example.com"])] == ["2"]


async def test_many_accounts_are_looked_for_in_the_list_where_it_is_the_shorter_way(
    raw: Raw, desk: SimpleNexus
) -> None:
    emails = [f"p{n}@example.com" for n in range(30)]
    raw.say += [page(total_pages=29), page({"id": "7", "email": "p3@example.com"}, total_pages=1)]
    assert [found.id for found in await desk.find_borrowers(emails)] == ["7"]
    assert len(raw.asked) == 2
    raw.say += [page(total_pages=30), *[page(total_pages=1)] * 30]
    assert await desk.find_borrowers(emails) == []
    assert len(raw.asked) == 2 + 31


async def test_partners_are_looked_for_by_email(raw: Raw, desk: SimpleNexus) -> None:
    raw.say.append(
        page({"id": "1", "email": "x@example.com"}, {"id": "2", "email": "Ann@example.com"}, total_pages=1)
    )
    assert [found.id for found in await desk.find_partners("o-1", ["ann@example.com"])] == ["2"]
    assert query(raw)["email"] == "ann@example.com"


async def test_what_a_filter_gives_is_looked_at(raw: Raw, desk: SimpleNexus) -> None:
    raw.say.append(
        page(
            {"id": "1", "email": "other@example.com"}, {"id": "2", "email": " ANN@example.com"}, total_pages=1
        )
    )
    assert [found.id for found in await desk.find_borrowers(["ann@example.com"])] == ["2"]
    assert query(raw)["email"] == "ann@example.com"


@pytest.mark.parametrize("answer", [page(), reply(404), reply(400), reply(422)])
async def test_the_filter_by_officer_is_tried_once(raw: Raw, desk: SimpleNexus, answer: bytes) -> None:
    raw.say.append(answer)
    await desk.prove_officer_filter()
    assert query(raw)["loan_officer_id"] == NO_OFFICER
    await desk.prove_officer_filter()
    assert len(raw.asked) == 1


async def test_a_filter_by_officer_that_is_ignored_gives_nobody_to_the_first_officer(
    raw: Raw, desk: SimpleNexus
) -> None:
    officers = [Owner("o-1", "a@desk.example"), Owner("o-2", "b@desk.example")]
    raw.say.append(page({"id": "1", "email": "a@example.com"}))
    with pytest.raises(Unreachable) as refused:
        await anext(SimpleNexusContactSource(desk).contacts(officers))
    assert refused.value.code == "filter-ignored"


async def test_one_officer_needs_no_filter(raw: Raw, desk: SimpleNexus) -> None:
    raw.say.append(page({"id": "1", "email": "a@example.com"}, total_pages=1))
    batch = await anext(SimpleNexusContactSource(desk).contacts([Owner("o-1", "a@desk.example")]))
    assert [contact.owner for contact in batch.contacts] == ["o-1"]


@pytest.mark.parametrize("answer", [reply(403), reply(500), reply(200, {"what": "else"})])
async def test_a_filter_by_officer_that_could_not_be_tried_is_not_believed(
    raw: Raw, desk: SimpleNexus, answer: bytes
) -> None:
    raw.say += [answer] * 3
    with pytest.raises(Unreachable) as refused:
        await desk.prove_officer_filter()
    assert refused.value.code != "filter-ignored"


async def test_another_borrower_is_never_taken_for_the_one_asked_for(raw: Raw, desk: SimpleNexus) -> None:
    raw.say += [reply(200, {"id": "2"}), reply(404)]
    with pytest.raises(Unreachable):
        await desk.borrower("1")
    assert await desk.borrower("1") is None


# -- the whole of it, against the sandbox -------------------------------------------------------------------


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    with running(tmp_path_factory.mktemp("sn") / "state") as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(shared: Sandbox) -> Sandbox:
    shared.faults("")
    shared.control("POST", "/reset")
    return shared


@pytest.fixture
async def live(sandbox: Sandbox) -> AsyncIterator[SimpleNexus]:
    address = SystemAddress(
        System.SIMPLENEXUS, sandbox.urls["simplenexus"], "sandbox", "sandbox", rate=600_000, deadline=100
    )
    wire = HttpClient(address)
    yield SimpleNexus(wire)
    await wire.close()


async def test_every_person_is_read_officer_by_officer(sandbox: Sandbox, live: SimpleNexus) -> None:
    officers = await all_of(live.loan_officers())
    assert len(officers) == 4
    read: dict[str, list[tuple[str, str]]] = {"borrowers": [], "partners": [], "prospects": []}
    for officer in officers:
        for kind in read:
            read[kind] += [(r.id, officer.id) for r in await all_of(getattr(live, kind)(officer.id))]
    for kind, found in read.items():
        held = sandbox.records("simplenexus", kind)
        assert sorted(found) == sorted((record["id"], record["loan_officer_id"]) for record in held)


@pytest.mark.breaks_contract  # a name that is too long, to see it refused
async def test_an_account_is_made_once_found_and_changed(sandbox: Sandbox, live: SimpleNexus) -> None:
    officer = (await all_of(live.loan_officers()))[0].id
    body = {**BODY, "loan_officer_id": officer}
    made = await live.create_borrower(body)
    assert isinstance(made, Applied)
    again = await live.create_borrower({**body, "email": "ANN@example.com"})
    assert isinstance(again, Lost)
    assert again.code == "conflict"
    assert await live.borrower_look_up() is LookUp.FILTER
    (found,) = await live.find_borrowers(["Ann@example.com "])
    assert (found.id, found.first_name) == (made.remote_id, "Ann")
    sandbox.control("PATCH", f"/records/simplenexus/borrowers/{made.remote_id}", {"phone": "612-555-0101"})
    now = await live.borrower(made.remote_id)
    assert now == structs.replace(found, phone="612-555-0101")
    changed = await all_of(live.borrowers(officer, datetime.fromtimestamp(sandbox.now, UTC)))
    assert [record.id for record in changed] == [made.remote_id]
    assert isinstance(
        await live.create_borrower({**body, "email": "b@example.com", "first_name": "x" * 31}), Refused
    )


async def test_a_lost_prospect_is_found_by_its_note(sandbox: Sandbox, live: SimpleNexus) -> None:
    officer = (await all_of(live.loan_officers()))[0].id
    sandbox.faults("drop-reply POST /simplenexus *1")
    body = {"email": "p@example.com", "note": "From Total Expert · BD-ABC"}
    assert isinstance(await live.create_prospect(officer, body), Lost)
    found = [one for one in await all_of(live.prospects(officer)) if "BD-ABC" in (one.note or "").split()]
    assert [one.email for one in found] == ["p@example.com"]


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ("500-after", Lost),
        ("truncate", Lost),
        ("html", Lost),
        ("no-id", Lost),
        ("other-id", Lost),
        ("412", Refused),
        ("423", Refused),
        ("redirect", Refused),
        ("429=7", NotSent),
        ("401", NotSent),
    ],
)
async def test_a_fault_in_a_write_is_what_it_is(
    sandbox: Sandbox, live: SimpleNexus, fault: str, kind: type
) -> None:
    officer = (await all_of(live.loan_officers()))[0].id
    sandbox.faults(f"{fault} POST /simplenexus *1")
    assert isinstance(await live.create_prospect(officer, {"email": "p@example.com"}), kind)
    assert len(sandbox.asked("simplenexus", f"/users/loan_officers/{officer}/prospects")) >= 1


async def test_a_token_that_ended_is_replaced_and_the_read_goes_on(
    sandbox: Sandbox, live: SimpleNexus
) -> None:
    await all_of(live.loan_officers())
    sandbox.now += 901
    assert len(await all_of(live.loan_officers())) == 4
