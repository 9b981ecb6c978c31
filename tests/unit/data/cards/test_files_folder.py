"""A folder of card files as a source: the newest version wins, changes are seen, what can't be read is said."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from core.errors import DeskError, Unreachable
from core.flex.model import BadRecord, CardSummary, RejectedRecord
from data.cards import folder as folder_module
from data.cards.combined_source import CardsBeside
from data.cards.folder import FolderCards
from data.cards.import_store import read_import
from tests.support.card_files import card, jsonl, table

NOW = 2_000_000_000.0


def put(folder: Path, name: str, data: bytes, at: float = NOW - 100) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_bytes(data)
    os.utime(path, (at, at))
    return path


def source(folder: Path) -> FolderCards:
    return FolderCards(folder, now=lambda: NOW)


async def listed(cards: Any) -> tuple[dict[str, CardSummary], list[RejectedRecord]]:
    found: list[Any] = [item async for page in cards.summaries() for item in page]
    aside = [item for item in found if isinstance(item, RejectedRecord)]
    return {item.id: item for item in found if isinstance(item, CardSummary)}, aside


async def test_the_newest_version_of_a_card_wins_whatever_its_form(tmp_path: Path) -> None:
    put(tmp_path, "z.jsonl", jsonl(card("C-1", title="old"), card("C-2", title="only")), NOW - 300)
    put(tmp_path, "a.csv", table({"title": "new"}), NOW - 200)
    cards = source(tmp_path)
    found, aside = await listed(cards)
    assert {one.id: one.title for one in found.values()} == {"C-1": "new", "C-2": "only"}
    assert aside == []
    assert (await cards.card("C-1"))[0].title == "new"
    assert (await cards.card("C-2"))[0].people[0].contact.id == "P-C-2"
    assert not cards.writable("C-1")


async def test_a_cards_own_moment_counts_more_than_its_files(tmp_path: Path) -> None:
    late, early = "2033-05-17T00:00:00Z", "2020-01-01T00:00:00Z"
    put(tmp_path, "a.jsonl", jsonl(card(title="late", updated_at=late)), NOW - 300)
    put(tmp_path, "b.jsonl", jsonl(card(title="early", updated_at=early)), NOW - 200)
    assert (await listed(source(tmp_path)))[0]["C-1"].title == "late"


@pytest.mark.parametrize(
    "wrong", ["2034-01-01T00:00:00Z", "2062-01-01T00:00:00+10:00", "9999-12-31T23:59:59Z"]
)
async def test_a_card_that_is_dated_in_the_future_hides_no_later_version(tmp_path: Path, wrong: str) -> None:
    put(tmp_path, "a.jsonl", jsonl(card(title="from the future", updated_at=wrong)), NOW - 300)
    assert (await listed(source(tmp_path)))[0]["C-1"].title == "from the future"
    put(tmp_path, "b.jsonl", jsonl(card(title="later", updated_at="2033-05-18T03:30:00Z")), NOW - 200)
    assert (await listed(source(tmp_path)))[0]["C-1"].title == "later"


async def test_a_newest_version_that_does_not_fit_is_set_aside_and_no_older_one_taken(tmp_path: Path) -> None:
    put(tmp_path, "a.jsonl", jsonl(card("C-1"), card("C-2")), NOW - 300)
    put(tmp_path, "b.csv", table({"title": "t", "kind": "x"}), NOW - 200)
    cards = source(tmp_path)
    found, aside = await listed(cards)
    assert list(found) == ["C-2"]
    assert [(one.system, one.id, one.field) for one in aside] == [("BrokerEngine", "C-1", "kind")]
    assert "b.csv:2, column 2" in aside[0].reason
    with pytest.raises(BadRecord):
        await cards.card("C-1")
    with pytest.raises(DeskError) as caught:
        await cards.card("C-9")
    assert caught.value.code == "unknown-card"


async def test_changes_are_seen_at_the_next_read_and_what_did_not_change_is_not_parsed_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parsed: list[str] = []
    real = folder_module.read_export
    monkeypatch.setattr(folder_module, "read_export", lambda p, *d: parsed.append(p.name) or real(p, *d))
    put(tmp_path, "a.jsonl", jsonl(card("C-1")))
    gone = put(tmp_path, "b.jsonl", jsonl(card("C-2")))
    cards = source(tmp_path)
    assert list((await listed(cards))[0]) == ["C-1", "C-2"]
    await cards.card("C-1")
    assert parsed == ["a.jsonl", "b.jsonl"]
    put(tmp_path, "a.jsonl", jsonl(card("C-1", title="new"), card("C-3")), NOW - 50)
    gone.unlink()
    found, _ = await listed(cards)
    assert (list(found), found["C-1"].title) == (["C-1", "C-3"], "new")
    assert parsed == ["a.jsonl", "b.jsonl", "a.jsonl"]


async def test_a_file_just_written_is_looked_at_again_though_it_looks_the_same(tmp_path: Path) -> None:
    put(tmp_path, "a.jsonl", jsonl(card(title="a")), NOW)
    cards = source(tmp_path)
    await cards.refresh()
    put(tmp_path, "a.jsonl", jsonl(card(title="b")), NOW)
    assert (await listed(cards))[0]["C-1"].title == "b"


@pytest.mark.parametrize("form", ["jsonl", "csv"])
async def test_a_line_still_being_written_is_said_and_read_next_time(tmp_path: Path, form: str) -> None:
    rows = [{"card_id": "C-1"}, {"card_id": "C-2", "loan_amount": "650000"}]
    whole = jsonl(card("C-1"), card("C-2")) if form == "jsonl" else table(*rows)
    put(tmp_path, f"a.{form}", whole[:-3], NOW - 1)
    cards = source(tmp_path)
    found, aside = await listed(cards)
    assert list(found) == ["C-1"]
    assert [one.field for one in aside] == ["the line" if form == "jsonl" else "the row"]
    assert "still being written" in aside[0].reason
    put(tmp_path, f"a.{form}", whole, NOW - 1)
    assert [list(part) for part in await listed(cards)] == [["C-1", "C-2"], []]


async def test_a_card_whose_newest_row_is_still_being_written_is_not_taken_from_an_older_file(
    tmp_path: Path,
) -> None:
    put(tmp_path, "a.jsonl", jsonl(card("C-1")), NOW - 300)
    put(tmp_path, "b.csv", table({"card_id": "C-2"}) + b"C-1,deal,Prim", NOW - 200)
    found, aside = await listed(source(tmp_path))
    assert list(found) == ["C-2"]
    assert [(one.id, "still being written" in one.reason) for one in aside] == [("C-1", True)]


async def test_a_table_without_a_last_line_end_is_whole_once_it_rests(tmp_path: Path) -> None:
    put(tmp_path, "a.csv", table({}, {"card_id": "C-2"})[:-1], NOW - 60)
    assert [list(part) for part in await listed(source(tmp_path))] == [["C-1", "C-2"], []]


async def test_a_file_of_windows_text_is_read_and_announced(tmp_path: Path) -> None:
    put(tmp_path, "a.csv", table({"first_name": "Ren\u00e9"}).decode().encode("cp1252"))
    cards = source(tmp_path)
    found, aside = await listed(cards)
    assert list(found) == ["C-1"]
    assert (await cards.card("C-1"))[0].people[0].contact.first_name == "Ren\u00e9"
    assert [(one.id, one.field, "Windows-1252" in one.reason) for one in aside] == [
        ("a.csv", "the file", True)
    ]


async def test_what_is_no_card_file_is_left_alone_or_said(tmp_path: Path) -> None:
    for name in (".hidden.jsonl", "notes.txt", "~$cards.xlsx", "cards.numbers"):
        put(tmp_path, name, b"x")
    put(tmp_path, "zip.csv", b"PK\x03\x04")
    (tmp_path / "folder.csv").mkdir()
    (tmp_path / "lost.csv").symlink_to(tmp_path / "nowhere")
    found, aside = await listed(source(tmp_path))
    assert found == {}
    assert sorted(one.id for one in aside) == ["cards.numbers", "zip.csv"]


async def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(Unreachable) as caught:
        await listed(source(tmp_path / "exports"))
    assert "exports" in caught.value.message
    assert await listed(FolderCards(None, tmp_path / "cards")) == ({}, [])


async def test_pages_are_of_two_hundred(tmp_path: Path) -> None:
    put(tmp_path, "a.jsonl", jsonl(*(card(f"C-{n:04}") for n in range(450))))
    assert [len(page) async for page in source(tmp_path).summaries()] == [200, 200, 50]


async def test_an_import_counts_from_when_it_was_made(tmp_path: Path) -> None:
    watched, kept = tmp_path / "exports", tmp_path / "cards"
    put(watched, "a.jsonl", jsonl(card(title="folder")), NOW - 300)
    old = put(tmp_path, "by-hand.jsonl", jsonl(card(title="by hand", updated_at="2020-01-01T00:00:00Z")))
    read_import(old, kept, now=lambda: NOW - 200).keep()
    cards = FolderCards(watched, kept, lambda: NOW)
    assert (await listed(cards))[0]["C-1"].title == "by hand"
    put(watched, "b.jsonl", jsonl(card(title="folder again")), NOW - 100)
    assert (await listed(cards))[0]["C-1"].title == "folder again"


async def test_beside_a_gateway_its_own_cards_come_first_and_keep_their_ids(tmp_path: Path) -> None:
    put(tmp_path / "gateway", "a.jsonl", jsonl(card("C-1", title="theirs")))
    put(tmp_path / "cards", "b.jsonl", jsonl(card("C-1", title="ours"), card("C-2", title="ours")))
    gateway = source(tmp_path / "gateway")
    gateway.writable = lambda card_id: True
    cards = CardsBeside(gateway, source(tmp_path / "cards"))
    found, aside = await listed(cards)
    assert {one.id: one.title for one in found.values()} == {"C-1": "theirs", "C-2": "ours"}
    assert [(one.id, one.field) for one in aside] == [("C-1", "id")]
    assert "b.jsonl:1" in aside[0].reason
    assert ((await cards.card("C-1"))[0].title, cards.writable("C-1")) == ("theirs", True)
    assert ((await cards.card("C-2"))[0].title, cards.writable("C-2")) == ("ours", False)
    with pytest.raises(DeskError, match="C-3"):
        await cards.card("C-3")


def imported(folder: Path, *people: dict[str, str]) -> FolderCards:
    """Return the source of an import that an earlier version made, which numbered people by their rows."""
    applicants = [{"role": "Guarantor", "contact": contact} for contact in people]
    put(folder, "import-1700000000000-0a0b0c.jsonl", jsonl(card("C-1", people=applicants)))
    return FolderCards(None, folder, now=lambda: NOW)


async def test_people_whom_an_earlier_import_numbered_get_ids_by_name_and_birth_date(tmp_path: Path) -> None:
    john, jane = ({"id": "", "first_name": name, "last_name": "Smith"} for name in ("John", "Jane"))
    given = {"id": "P-7", "first_name": "Bao", "last_name": "Tran"}

    async def ids(folder: str, first: dict[str, str], second: dict[str, str]) -> dict[str | None, str]:
        people = ({**first, "id": "C-1/JS"}, {**second, "id": "C-1/JS-2"}, given)
        read, _ = await imported(tmp_path / folder, *people).card("C-1")
        return {one.contact.first_name: one.contact.id for one in read.people}

    before, after = await ids("a", john, jane), await ids("b", jane, john)
    assert before == after
    assert before["Bao"] == "P-7"
    rows = ({"first_name": "John", "last_name": "Smith"}, {"first_name": "Jane", "last_name": "Smith"})
    put(tmp_path / "c", "cards.csv", table(*rows))
    again, _ = await source(tmp_path / "c").card("C-1")
    assert [one.contact.id for one in again.people] == [before["John"], before["Jane"]]


async def test_an_earlier_import_of_two_people_of_one_name_is_set_aside_until_they_have_ids(
    tmp_path: Path,
) -> None:
    twice = ({"id": id_, "first_name": "John", "last_name": "Smith"} for id_ in ("C-1/JS", "C-1/JS-2"))
    with pytest.raises(BadRecord) as caught:
        await imported(tmp_path, *twice).card("C-1")
    assert (caught.value.aside.id, caught.value.aside.field) == ("C-1", "person_id")


async def test_a_person_is_found_on_any_card_and_the_place_is_named(tmp_path: Path) -> None:
    linh = {"person_id": "P-7", "first_name": "Linh"}
    rows = ({"card_id": "C-1", **linh}, {"card_id": "C-2", "role": "?"}, {"card_id": "C-3", **linh})
    put(tmp_path, "cards.csv", table(*rows, {"card_id": "C-4", **linh, "person_flex_id": "1-6D9UB"}))
    cards = source(tmp_path)
    held = await cards.person("P-7")
    assert (held.person.flex_id, held.place, held.writable) == ("1-6D9UB", "line 5 of cards.csv", False)
    assert cards.place("C-1") == "line 2 of cards.csv"
    bao = {"person_id": "P-9", "first_name": "Bao"}
    put(tmp_path, "more.csv", table({"card_id": "C-5", **bao}, {"card_id": "C-6", **bao}))
    assert (await cards.person("P-9")).place == "line 2 of more.csv"
    with pytest.raises(DeskError) as caught:
        await cards.person("P-8")
    assert caught.value.code == "unknown-person"


async def test_the_place_of_an_imported_card_is_its_import(tmp_path: Path) -> None:
    cards = imported(tmp_path, {"id": "P-7", "first_name": "Linh", "last_name": "Nguyen"})
    held = await cards.person("P-7")
    assert held.place == "the import of card C-1"


async def test_beside_a_gateway_a_person_is_the_gateways_first(tmp_path: Path) -> None:
    def people(name: str, *ids: str) -> Path:
        rows = [{"card_id": f"{name}-{id_}", "person_id": id_, "first_name": name} for id_ in ids]
        put(tmp_path / name, "cards.csv", table(*rows))
        return tmp_path / name

    cards = CardsBeside(source(people("gateway", "P-1")), source(people("files", "P-1", "P-2")))
    assert (await cards.person("P-1")).person.first_name == "gateway"
    assert (await cards.person("P-2")).person.first_name == "files"
    with pytest.raises(DeskError, match="P-3"):
        await cards.person("P-3")
    await cards.card("files-P-2")
    assert cards.place("files-P-2") == "line 3 of cards.csv"


async def test_a_moment_of_change_that_cant_be_read_never_keeps_the_older_card(tmp_path: Path) -> None:
    put(tmp_path, "a.jsonl", jsonl(card(title="older", updated_at="2026-11-01T00:00:00Z")), NOW - 300)
    put(tmp_path, "b.jsonl", jsonl(card(title="newer", updated_at="yesterday at noon")), NOW - 200)
    listed = [item async for page in FolderCards(tmp_path, now=lambda: NOW).summaries() for item in page]
    titles = [item.title for item in listed if isinstance(item, CardSummary)]
    (aside,) = [item for item in listed if isinstance(item, RejectedRecord)]
    assert titles == ["newer"]
    assert (aside.field, "b.jsonl" in aside.id, "can't be read" in aside.reason) == ("updated_at", True, True)


async def test_a_moment_of_change_ahead_of_the_clock_is_named_and_the_later_line_counts(
    tmp_path: Path,
) -> None:
    ahead, now = "2034-01-01T00:00:00Z", "2033-05-18T00:00:00Z"
    put(tmp_path, "a.jsonl", jsonl(card(title="a", updated_at=ahead), card(title="b", updated_at=now)), NOW)
    listed = [item async for page in FolderCards(tmp_path, now=lambda: NOW).summaries() for item in page]
    (aside,) = [item for item in listed if isinstance(item, RejectedRecord)]
    assert [item.title for item in listed if isinstance(item, CardSummary)] == ["b"]
    assert (aside.field, "ahead of this computer's clock" in aside.reason) == ("updated_at", True)


async def test_rows_that_belong_to_no_card_are_one_line_of_the_board(tmp_path: Path) -> None:
    put(tmp_path, "a.csv", table({}, *({"card_id": ""} for _ in range(30)), {"card_id": "1.2E+15"}))
    _, aside = await listed(source(tmp_path))
    assert [(one.id, one.field, one.reason) for one in aside] == [
        ("a.csv", "card_id", "30 rows: a row needs the id of its card (lines 3, 4, 5 …)"),
        (
            "a.csv:33",
            "card_id",
            "a spreadsheet's trace: a number in scientific notation (a.csv:33, column 1)",
        ),
    ]
