"""BrokerEngine's side: paging, filters, the planted cards, writing back, and nonsense written from outside."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest


def card(sandbox: Any, number: int) -> dict[str, Any]:
    return dict(sandbox.get(f"/brokerengine/cards/C-{number}"))


@pytest.mark.parametrize("size", [4, 7, 14, 200])
def test_pages_hold_every_card_once_in_order(sandbox: Any, size: int) -> None:
    seen: list[str] = []
    page: int | None = 1
    while page is not None:
        reply = sandbox.get("/brokerengine/cards", page=page, page_size=size)
        assert reply["items"]
        assert reply["total"] == 14
        assert reply["page"] == page
        seen += [item["id"] for item in reply["items"]]
        page = reply["next_page"]
    assert seen == [f"C-{number}" for number in range(1001, 1015)]


def test_a_page_past_the_end_is_empty(sandbox: Any) -> None:
    reply = sandbox.get("/brokerengine/cards", page=9)
    assert (reply["items"], reply["next_page"]) == ([], None)


@pytest.mark.parametrize("size", [1, 4, 14, 10_000])
@pytest.mark.parametrize("owner", [None, "m.hale"])
def test_pages_by_place_hold_every_card_once_in_the_same_order(
    sandbox: Any, size: int, owner: str | None
) -> None:
    search = {} if owner is None else {"owner": owner}
    wanted = [item["id"] for item in sandbox.get("/brokerengine/cards", **search)["items"]]
    reply = sandbox.get("/brokerengine/cards", page_size=size, **search)
    seen = [item["id"] for item in reply["items"]]
    while (place := reply["next_after"]) is not None:
        reply = sandbox.get("/brokerengine/cards", after=place, page_size=size, **search)
        assert (reply["page"], reply["next_page"]) == (None, None)
        assert (reply["total"], reply["board_total"]) == (len(wanted), 14)
        seen += [item["id"] for item in reply["items"]]
    assert seen == wanted


def test_a_card_that_goes_between_two_pages_by_place_moves_no_other(sandbox: Any) -> None:
    first = sandbox.get("/brokerengine/cards", page_size=3)
    for gone in ("C-1002", "C-1003", "C-1005"):
        sandbox.control("DELETE", f"/records/brokerengine/cards/{gone}")
    rest = sandbox.get("/brokerengine/cards", after=first["next_after"], page_size=200)
    assert [item["id"] for item in rest["items"]] == ["C-1004", *(f"C-{n}" for n in range(1006, 1015))]
    assert rest["total"] == 11


def test_a_list_shows_each_change_at_once(sandbox: Any) -> None:
    def listed(**search: Any) -> dict[str, Any]:
        return {item["id"]: item for item in sandbox.get("/brokerengine/cards", **search)["items"]}

    before = listed()
    since = sandbox.clock.now
    sandbox.clock.now += 100
    sandbox.call("PATCH", "/brokerengine/cards/C-1003", {"flex_id": "1-A", "flex_kind": "opportunity"})
    sandbox.control("PATCH", "/records/brokerengine/cards/C-1004", {"stage": "Settled"})
    sandbox.control("PATCH", "/records/brokerengine/contacts/P-2001", {"first_name": "Lan"})
    sandbox.control("DELETE", "/records/brokerengine/cards/C-1014")
    after = listed()
    assert (after["C-1003"]["flex_id"], after["C-1004"]["stage"]) == ("1-A", "Settled")
    assert after["C-1001"]["people"] == ["Lan Nguyen", "Bao Tran"]
    assert len(after) == 13
    moment = datetime.fromtimestamp(since, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    changed = {card_id for card_id, item in after.items() if item != before[card_id]}
    assert set(listed(updated_after=moment)) == changed


def test_the_lists_of_a_gateway_of_1_1_know_no_place_and_no_large_page(sandbox: Any) -> None:
    sandbox.control("POST", "/options/brokerengine", {"contract": "1.1"})
    try:
        page = sandbox.get("/brokerengine/cards", page_size=3)
        assert set(page) == {"items", "page", "page_size", "total", "next_page"}
        assert page["next_page"] == 2
        for refused in ({"after": "1"}, {"page_size": "201"}):
            assert sandbox.call("GET", "/brokerengine/cards", params=refused).status_code == 400
        described = sandbox.http.get(f"{sandbox.urls['brokerengine']}/openapi.yaml").text
        assert "\n  version: 1.1.0\n" in described
    finally:
        sandbox.control("POST", "/options/brokerengine", {"contract": "1.2"})


def test_cards_are_filtered_by_owner_and_by_change(sandbox: Any) -> None:
    mine = sandbox.get("/brokerengine/cards", owner="m.hale")["items"]
    assert {item["owner"] for item in mine} == {"m.hale"}
    assert "C-1001" in {item["id"] for item in mine}
    newest = sandbox.get("/brokerengine/cards", updated_after="2026-02-19T00:00:00Z")["items"]
    assert [item["id"] for item in newest] == ["C-1001", "C-1002"]
    exact = sandbox.get("/brokerengine/cards", updated_after="2026-02-20T13:04:05+10:00")
    assert exact["items"] == []


def test_a_summary_says_what_the_list_shows(sandbox: Any) -> None:
    first = sandbox.get("/brokerengine/cards", page_size=1)["items"][0]
    assert first == {
        "id": "C-1001",
        "title": "Nguyen, Linh & Tran, Bao",
        "kind": "deal",
        "stage": "AIP Issued",
        "owner": "m.hale",
        "purpose": "Refinance",
        "people": ["Linh Nguyen", "Bao Tran"],
        "flex_id": None,
        "flex_kind": None,
        "fact_find": None,
        "updated_at": "2026-02-20T03:04:05Z",
        "loan_amount": "640000.00",
        "flex_integrated": None,
        "names_missing": 0,
    }


def test_the_list_tells_of_missing_names_and_of_the_fact_find(sandbox: Any) -> None:
    listed = {item["id"]: item for item in sandbox.get("/brokerengine/cards", page_size=50)["items"]}
    assert listed["C-1004"]["names_missing"] == 1
    assert (listed["C-1011"]["fact_find"], listed["C-1011"]["flex_integrated"]) == ("completed", True)


def test_the_plain_couple_is_filled_and_has_three_kinds_of_products(sandbox: Any) -> None:
    plain = card(sandbox, 1001)
    assert [person["role"] for person in plain["people"]] == ["Primary Applicant", "Co-Applicant"]
    for person in plain["people"]:
        assert all(value for name, value in person["contact"].items() if name != "flex_id")
    selected, considered, missing = plain["products"]
    assert selected["highlighted"]
    assert selected["in_funding_position"]
    assert considered["shortlisted"]
    assert not considered["highlighted"]
    assert sandbox.get("/flex/products", Lender=missing["lender"])["total"] == 0
    for product in (selected, considered):
        assert sandbox.get("/flex/products", Lender=product["lender"], Name=product["name"])["total"] == 1


def test_the_planted_cards_are_as_their_table_says(sandbox: Any) -> None:
    def person(number: int, place: int = 0) -> dict[str, Any]:
        return dict(card(sandbox, number)["people"][place]["contact"])

    assert person(1002)["id"] == person(1003)["id"]
    assert person(1002)["email"] == person(1002, 1)["email"]
    assert person(1004)["last_name"] is None
    assert card(sandbox, 1005)["requirements"]["loan_amount"] == "six hundred thousand"
    assert person(1006)["last_name"] == "Ångström"
    assert person(1006, 1)["last_name"] == "O'Brien"
    assert person(1006, 2)["first_name"] == "Max [/] [b]"
    assert card(sandbox, 1007)["property"]["property_type"] == "Boat shed"
    assert person(1007)["home_address"]["state"] == "New South Wales"
    assert (person(1008)["birth_date"], person(1008)["email"]) == (None, "")
    assert person(1008)["home_address"]["street_2"]
    assert person(1008)["postal_address"]["street_2"]
    assert person(1009)["flex_id"] is None
    known = person(1009, 1)
    assert sandbox.get(f"/flex/contacts/{known['flex_id']}")["LastName"] == "Whitfield"
    assert card(sandbox, 1012)["kind"] == "lead"
    assert card(sandbox, 1014)["fact_find"] == {
        "id": "FF-1014",
        "state": "open",
        "flex_integrated": True,
        "completed_at": None,
    }


def test_the_linked_cards_name_what_flex_holds(sandbox: Any) -> None:
    linked = card(sandbox, 1010)
    opportunity = sandbox.get(f"/flex/opportunities/{linked['flex_id']}")
    assert [a["FLEXId"] for a in opportunity["Applicants"]] == [
        p["contact"]["flex_id"] for p in linked["people"]
    ]
    assert linked["flex_kind"] == "opportunity"
    other = card(sandbox, 1013)
    assert other["flex_kind"] == "application"
    assert sandbox.get(f"/flex/applications/{other['flex_id']}")["Status"] == "Lodged"


def test_notes_and_attachments_can_be_read(sandbox: Any) -> None:
    notes = sandbox.get("/brokerengine/cards/C-1013/notes")["items"]
    assert [len(note["attachments"]) for note in notes] == [0, 2]
    for entry in notes[1]["attachments"]:
        reply = sandbox.call("GET", f"/brokerengine/attachments/{entry['id']}/content")
        assert len(reply.content) == entry["size"]
        assert reply.headers["content-type"] == entry["content_type"]
    assert sandbox.get("/brokerengine/cards/C-1012/notes")["items"] == []


def test_a_completed_fact_find_names_its_people_and_property(sandbox: Any) -> None:
    found = sandbox.get("/brokerengine/fact-finds/FF-1011")
    assert [p["contact"]["first_name"] for p in found["people"]] == ["Mei", "David"]
    assert found["property"]["property_type"] == "Townhouse"
    assert card(sandbox, 1011)["fact_find"]["completed_at"] == found["completed_at"]


def test_a_written_link_stays_and_moves_the_change_time(sandbox: Any) -> None:
    before = card(sandbox, 1001)
    body = {"flex_id": "1-ABCDE", "flex_kind": "application"}
    sandbox.call("PATCH", "/brokerengine/cards/C-1001", body)
    after = card(sandbox, 1001)
    assert (after["flex_id"], after["flex_kind"]) == ("1-ABCDE", "application")
    assert after["updated_at"] > before["updated_at"]
    assert {k: v for k, v in after.items() if k not in ("flex_id", "flex_kind", "updated_at")} == {
        k: v for k, v in before.items() if k not in ("flex_id", "flex_kind", "updated_at")
    }
    sandbox.call("PATCH", "/brokerengine/cards/C-1001", {"flex_id": None, "flex_kind": None})
    assert card(sandbox, 1001)["flex_id"] is None


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"flex_id": "1-ABCDE"},
        {"flex_kind": "opportunity"},
        {"flex_id": None, "flex_kind": "opportunity"},
        {"flex_id": "..", "flex_kind": "opportunity"},
        {"flex_id": " 1-ABC", "flex_kind": "opportunity"},
        {"flex_id": "1-A\nBC", "flex_kind": "opportunity"},
        {"flex_id": 1, "flex_kind": "opportunity"},
        {"flex_id": "1-ABCDE", "flex_kind": "deal"},
        {"flex_id": "1-ABCDE", "flex_kind": "opportunity", "owner": "j.park"},
    ],
)
def test_nothing_but_a_whole_link_can_be_written(sandbox: Any, body: dict[str, Any]) -> None:
    reply = sandbox.call("PATCH", "/brokerengine/cards/C-1001", body)
    assert reply.status_code == 422
    assert reply.json()["error"]["fields"]
    assert card(sandbox, 1001)["flex_id"] is None


def test_a_card_can_be_changed_from_outside_even_into_nonsense(sandbox: Any) -> None:
    sandbox.control("PATCH", "/records/brokerengine/cards/C-1001", {"requirements": {"loan_amount": "abc"}})
    changed = card(sandbox, 1001)
    assert changed["requirements"]["loan_amount"] == "abc"
    assert changed["requirements"]["loan_purpose"] == "Refinance"
    assert changed["updated_at"] > "2026-02-20T03:04:05Z"
    sandbox.control(
        "PATCH", "/records/brokerengine/cards/C-1001", {"requirements": 7, "people": "none", "owner": 3}
    )
    assert card(sandbox, 1001)["people"] == []
    assert sandbox.get("/brokerengine/cards")["total"] == 14
    sandbox.control("PATCH", "/records/brokerengine/contacts/P-2003", {"birth_date": None})
    assert card(sandbox, 1002)["people"][0]["contact"]["birth_date"] is None


def test_text_that_no_strict_reader_takes_can_be_planted(sandbox: Any) -> None:
    for text in ('{"title": "half \\ud83d"}', '{"requirements": {"loan_amount": NaN}}'):
        reply = sandbox.http.patch(
            f"{sandbox.root}/_sandbox/records/brokerengine/cards/C-1003",
            content=text,
            headers=sandbox.control_token | {"Content-Type": "application/json"},
        )
        assert reply.status_code == 200
    raw = sandbox.call("GET", "/brokerengine/cards/C-1003").text
    assert "\\ud83d" in raw
    assert '"loan_amount":NaN' in raw
    assert json.loads(raw)["title"] == "half \ud83d"


def test_a_record_can_be_removed_from_outside(sandbox: Any) -> None:
    sandbox.control("DELETE", "/records/brokerengine/cards/C-1005")
    assert sandbox.call("GET", "/brokerengine/cards/C-1005").status_code == 404
    sandbox.control("DELETE", "/records/brokerengine/contacts/P-2001")
    assert [p["contact"]["first_name"] for p in card(sandbox, 1001)["people"]] == ["Bao"]
    gone = sandbox.http.delete(
        f"{sandbox.root}/_sandbox/records/brokerengine/cards/C-1005", headers=sandbox.control_token
    )
    assert gone.status_code == 404


def test_the_records_are_shown_as_they_are_kept(sandbox: Any) -> None:
    held = sandbox.control("GET", "/records/brokerengine")
    assert len(held["cards"]) == 14
    assert held["cards"][0]["people"] == [
        {"role": "Primary Applicant", "contact_id": "P-2001"},
        {"role": "Co-Applicant", "contact_id": "P-2002"},
    ]
    assert held["contacts"][0]["first_name"] == "Linh"
