"""Notes and Fact Finds of files: which lines and tables they are, and what the folder gives of them."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from core.errors import DeskError
from core.flex.model import Note
from data.cards.combined_source import CardsBeside
from data.cards.folder import FolderCards
from data.cards.import_store import forget_card, lines_of, read_import
from data.cards.papers import PaperKind, fact_find_of, note_of
from data.cards.read_file import read_export
from data.cards.reading import CardsReading
from data.tables.columns import ColumnAnswers, ColumnProfile
from data.tables.dates import DateOrder

NOW = 2_000_000_000.0
CARD = {"id": "C-1", "title": "t", "kind": "deal", "stage": "s", "owner": "o"}
NOTES = (
    "Card ID,Note,Author,Created at\n"
    'C-1,"Called, and\nwaits",m.hale,2026-11-21T09:00:00Z\n'
    "C-1,First,,2026-11-20T09:00:00+11:00\n"
    "C-2,Other card,,\n"
)
FACT_FINDS = (
    "card_id,fact_find_id,fact_find_state,role,first_name,last_name,valuation_amount\n"
    "C-1,FF-1,completed,Primary Applicant,Ivo,Marsh,640000\n"
    "C-1,FF-1,completed,Co-Applicant,Una,Marsh,640000\n"
)


def read(text: str | bytes, name: str = "x.csv") -> CardsReading:
    return read_export(Path(name), text if isinstance(text, bytes) else text.encode())


def put(folder: Path, name: str, text: str, at: float = NOW - 100) -> Path:
    path = folder / name
    path.write_bytes(text.encode())
    os.utime(path, (at, at))
    return path


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_a_table_with_a_card_and_a_text_is_one_of_notes(delimiter: str) -> None:
    reading = read(f"card_id{delimiter}text\nC-1{delimiter}Called\nC-2{delimiter}Waits\n")
    assert [(paper.card_id, note_of(paper).text) for paper in reading.papers] == [
        ("C-1", "Called"),
        ("C-2", "Waits"),
    ]
    assert reading.entries == ()


def test_a_note_has_its_author_its_time_and_the_same_id_again() -> None:
    first, second, other = (note_of(paper) for paper in read(NOTES).papers)
    assert (first.text, first.author, str(first.created_at)) == (
        "Called, and\nwaits",
        "m.hale",
        "2026-11-21 09:00:00+00:00",
    )
    assert [paper.line for paper in read(NOTES).papers] == [2, 4, 5]
    moved = read("author,text,card_id,created_at\n,First,C-1,2026-11-20T09:00:00+11:00\n")
    assert [paper.id for paper in moved.papers] == [second.id]
    assert len({first.id, second.id, other.id}) == 3


@pytest.mark.parametrize(
    "form",
    [
        lambda notes: "\n".join(map(json.dumps, notes)),
        lambda notes: json.dumps(notes, indent=1),
        lambda notes: json.dumps({"notes": notes}),
    ],
    ids=["lines", "a list", "an object"],
)
def test_notes_are_read_in_any_form_of_json(form: Any) -> None:
    notes = [
        {"id": "N-1", "card_id": "C-1", "text": "One \ud83d", "created_at": "2026-11-20T09:00:00Z"},
        {"card_id": "C-1", "note": "Two", "created_at": "yesterday", "author": None},
        {"card_id": "C-1", "text": "  "},
        {"card_id": 7, "text": "Three"},
    ]
    reading = read(form(notes))
    found = [note_of(paper) for paper in reading.papers]
    assert [(note.text, note.created_at is None) for note in found] == [("One \ud83d", False), ("Two", True)]
    assert sorted(misfit.field for misfit in reading.misfits) == ["card_id", "text"]


def test_a_row_without_its_card_or_its_text_costs_one_note() -> None:
    reading = read("card_id,text\n,Nobody\nC-1,\nC-1,Somebody\n")
    assert [(misfit.line, misfit.field) for misfit in reading.misfits] == [(2, "card_id"), (3, "text")]
    assert len(reading.papers) == 1


def test_card_ids_that_a_spreadsheet_took_for_numbers_are_those_of_the_cards() -> None:
    reading = read("card_id,text\n1001.0,Called\n1002.0,Wrote\n")
    assert [paper.card_id for paper in reading.papers] == ["1001", "1002"]
    assert any("without the .0" in notice for notice in reading.notices)
    assert [paper.card_id for paper in read("card_id,text\n1001.0,Called\nX-2,Wrote\n").papers] == [
        "1001.0",
        "X-2",
    ]


def test_a_file_of_cards_stays_one_of_cards() -> None:
    reading = read("card_id,kind,text,fact_find_id\nC-1,deal,hello,FF-1\n")
    assert (len(reading.entries), reading.papers) == (1, ())
    reading = read(json.dumps({"card_id": "C-1", "kind": "deal", "text": "hello", "fact_find_id": "FF-1"}))
    assert (len(reading.entries), reading.papers) == (1, ())
    reading = read("card_id,Note,first_name,last_name\nC-1,hello,Ada,Ng\n")
    assert (reading.papers, reading.columns and reading.columns.missing) == ((), ("kind",))


@pytest.mark.parametrize(
    ("header", "columns"),
    [
        ("card_id,text", {"card_id": "card_id", "text": "text"}),
        (
            "Deal ID,Mood,Comment,Created By",
            {"card_id": "Deal ID", "text": "Comment", "author": "Created By"},
        ),
        ("Lead ID,Note,Note Date", {"card_id": "Lead ID", "text": "Note", "created_at": "Note Date"}),
    ],
)
def test_the_columns_of_notes_have_other_names_and_are_named(header: str, columns: dict[str, str]) -> None:
    reading = read(f"{header}\nC-1,x,y,z\n".replace(",z" if header.count(",") < 3 else "?", ""))
    assert reading.columns is not None
    assert (reading.columns.kind, dict(reading.columns.found)) == ("notes", columns)


def test_an_answer_makes_a_file_one_of_notes_and_a_single_unknown_header_is_asked_about() -> None:
    text = "Vorgang;Notiz;Stage\nC-1;Angerufen;Lodged\n"
    answers = ColumnAnswers(ColumnProfile("", "cards", (), {"Vorgang": "card_id", "Notiz": "text"}))
    (paper,) = read_export(Path("x.csv"), text.encode(), answers).papers
    assert note_of(paper).text == "Angerufen"
    columns = read("Vorgang;Note\nC-1;Angerufen\n").columns
    assert columns is not None
    assert (columns.kind, columns.questions) == ("notes", ("card_id",))


def test_the_times_of_notes_are_read_by_the_evidence_of_their_column() -> None:
    rows = "C-1,One,3/4/2026 9:15 PM\nC-1,Two,22/4/2026\nC-1,Three,soon\nC-1,Four,5/31/2026\n"
    reading = read("card_id,text,created_at\n" + rows.replace("C-1,Four,5/31/2026\n", ""))
    times = [str(note_of(paper).created_at) for paper in reading.papers]
    assert times == ["2026-04-03 21:15:00", "2026-04-22 00:00:00", "None"]
    assert any("read as d/m/y" in notice for notice in reading.notices)
    assert reading.notices[1:] == (
        "created_at: 1 value: it isn't a date; the note is read without it (line 4)",
    )
    both = read("card_id,text,created_at\n" + rows)
    assert [note_of(paper).created_at is None for paper in both.papers] == [True, False, True, False]
    odd = read("card_id,text,created_at\nC-1,Called,soon\nC-1,Called,later\nC-1,Called,soon\n").papers
    assert len({paper.id for paper in odd}) == 2


@pytest.mark.parametrize("order", DateOrder)
def test_times_of_notes_in_an_order_that_nothing_proves_wait_for_an_answer(order: DateOrder) -> None:
    rows = b"card_id,text,created_at\nC-1,One,3/4/2026 9:15 PM\nC-1,Two,5/6/2026\nC-1,Three,2026-01-02\n"
    unanswered = read(rows)
    assert unanswered.open_dates == 2
    assert [note_of(paper).created_at is None for paper in unanswered.papers] == [True, True, False]
    answered = read_export(Path("x.csv"), rows, ColumnAnswers(dates=order))
    assert (answered.open_dates, answered.notices) == (0, ())
    month = {DateOrder.DAY_FIRST: 4, DateOrder.MONTH_FIRST: 3}[order]
    time = note_of(answered.papers[0]).created_at
    assert time is not None
    assert time.month == month


@pytest.mark.parametrize(
    ("row", "field"),
    [("#REF!,x", "card_id"), ("C-1,#N/A", "text"), ("C\x07,x", "card_id"), ('="C-1",Fine', "")],
)
def test_what_a_spreadsheet_left_is_no_note(row: str, field: str) -> None:
    reading = read(f"card_id,text\n{row}\n")
    assert [misfit.field for misfit in reading.misfits] == ([field] if field else [])
    assert [paper.card_id for paper in reading.papers] == ([] if field else ["C-1"])


@pytest.mark.parametrize("end", ["\r\n", "\r"])
def test_a_note_that_another_program_saved_again_is_the_same_note(end: str) -> None:
    (before,) = read('card_id,text\nC-1,"One\n\nTwo"\n').papers
    (after,) = read(f'card_id,text\nC-1,"One{end}{end}Two"\n').papers
    assert after.id == before.id
    assert note_of(after).text == f"One{end}{end}Two"


def test_a_note_of_a_table_and_of_json_is_the_same_note() -> None:
    (table,) = read("card_id,text,created_at\nC-1,Hi,2026-11-20T09:00:00+11:00\n").papers
    (lines,) = read(json.dumps({"card_id": "C-1", "text": "Hi", "created_at": "2026-11-19T22:00:00Z"})).papers
    (flat,) = read(json.dumps({"Card ID": "C-1", "Note": "Hi", "Created": "2026-11-19 22:00:00Z"})).papers
    assert table.id == lines.id == flat.id


@pytest.mark.parametrize(
    "more", ["Card Type", "Card Name", "first_name", "contact__email", "loan_amount", "stage"]
)
def test_what_has_a_column_of_a_card_is_no_note(more: str) -> None:
    """A card that lacks something that it needs is named; nothing of the card is taken for a note."""
    for text in (
        f"card_id,note,{more}\nC-1,hello,x\n",
        json.dumps({"card_id": "C-1", "note": "hello", more: "x"}),
    ):
        assert read(text).papers == ()
        assert read(text).misfits != ()


@pytest.mark.parametrize("at", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "\ud800", 5])
async def test_an_odd_time_costs_no_note(tmp_path: Path, at: object) -> None:
    put(tmp_path, "n.json", json.dumps([{"card_id": "C-1", "text": "hello", "created_at": at}]))
    (note,) = await FolderCards(tmp_path, now=lambda: NOW).notes("C-1")
    assert isinstance(note, Note)
    assert note.text == "hello"


@pytest.mark.parametrize(
    "text",
    [
        FACT_FINDS,
        json.dumps(
            {
                "id": "FF-1",
                "card_id": "C-1",
                "state": "completed",
                "people": [
                    {"role": role, "contact": {"id": f"P-{name}", "first_name": name, "last_name": "Marsh"}}
                    for role, name in (("Primary Applicant", "Ivo"), ("Co-Applicant", "Una"))
                ],
                "property": {"valuation_amount": "640000"},
            },
            indent=1,
        ),
    ],
    ids=["a table", "JSON"],
)
def test_a_fact_find_has_its_people_and_its_property(text: str) -> None:
    (paper,) = read(text).papers
    fact_find = fact_find_of(paper)
    assert (paper.kind, fact_find.id, fact_find.card_id, fact_find.state) == (
        PaperKind.FACT_FIND,
        "FF-1",
        "C-1",
        "completed",
    )
    assert [(one.role, one.contact.name) for one in fact_find.people] == [
        ("Primary Applicant", "Ivo Marsh"),
        ("Co-Applicant", "Una Marsh"),
    ]
    assert fact_find.property is not None
    assert str(fact_find.property.valuation_amount) == "640000"


def test_what_does_not_fit_in_a_fact_find_is_named_with_its_line() -> None:
    reading = read(FACT_FINDS + "C-2,FF-2,completed,Nobody,Bo,Ng,\n")
    assert [paper.id for paper in reading.papers] == ["FF-1"]
    (misfit,) = reading.misfits
    assert (misfit.line, misfit.field, misfit.card_id) == (4, "role", "C-2")


async def test_a_folder_gives_the_notes_and_the_fact_find_of_a_card(tmp_path: Path) -> None:
    put(tmp_path, "cards.json", json.dumps([CARD, CARD | {"id": "C-2"}]))
    put(tmp_path, "notes.csv", NOTES)
    put(tmp_path, "fact-finds.csv", FACT_FINDS)
    cards = FolderCards(tmp_path, now=lambda: NOW)
    notes = await cards.notes("C-1")
    assert [note.text for note in notes if isinstance(note, Note)] == ["First", "Called, and\nwaits"]
    assert isinstance(notes[0], Note)
    assert await cards.note(notes[0].id) == notes[0]
    card, _ = await cards.card("C-1")
    assert card.fact_find is not None
    assert (card.fact_find.id, card.fact_find.state) == ("FF-1", "completed")
    assert (await cards.fact_find("FF-1")).card_id == "C-1"
    assert (await cards.card("C-2"))[0].fact_find is None
    for asked in (cards.note("N-0"), cards.fact_find("FF-0"), cards.attachment("A-0")):
        with pytest.raises(DeskError) as refused:
            await asked
        assert refused.value.code.startswith("unknown-")


async def test_the_newest_file_of_a_fact_find_wins_and_a_card_keeps_its_own_mark(tmp_path: Path) -> None:
    mark = {"fact_find": {"id": "FF-9", "state": "open"}}
    put(tmp_path, "cards.json", json.dumps([CARD | mark]))
    put(tmp_path, "new.csv", FACT_FINDS.replace("Ivo", "Ivan"), NOW - 100)
    put(tmp_path, "old.csv", FACT_FINDS, NOW - 200)
    cards = FolderCards(tmp_path, now=lambda: NOW)
    assert (await cards.fact_find("FF-1")).people[0].contact.first_name == "Ivan"
    found = (await cards.card("C-1"))[0].fact_find
    assert found is not None
    assert found.id == "FF-9"


async def test_an_import_keeps_what_is_new_and_forgetting_a_card_takes_its_notes_along(
    tmp_path: Path,
) -> None:
    kept = tmp_path / "imports"
    for name, text in (("c.json", json.dumps(CARD)), ("n.csv", NOTES), ("f.csv", FACT_FINDS)):
        read_import(put(tmp_path, name, text), kept, now=lambda: NOW).keep()
    again = read_import(put(tmp_path, "n2.csv", NOTES + "C-1,New,,\n"), kept, now=lambda: NOW).keep()
    assert (again.imported, again.notes, again.fact_finds) == (0, 1, 0)
    assert not read_import(tmp_path / "f.csv", kept, now=lambda: NOW).keep().fact_finds
    cards = FolderCards(None, kept, now=lambda: NOW)
    assert len(await cards.notes("C-1")) == 3
    assert lines_of(kept, "C-1") == 5
    forget_card(kept, "C-1")
    cards = FolderCards(None, kept, now=lambda: NOW)
    assert (await cards.notes("C-1"), len(await cards.notes("C-2")), lines_of(kept, "C-1")) == ([], 1, 0)


async def test_beside_a_gateway_the_files_answer_for_imported_cards_alone(tmp_path: Path) -> None:
    gateway, files = tmp_path / "gateway", tmp_path / "files"
    for folder, card in ((gateway, "C-1"), (files, "C-2")):
        folder.mkdir()
        put(folder, "cards.json", json.dumps([CARD | {"id": card}]))
        put(folder, "notes.csv", f"card_id,text\n{card},of {card}\nC-1,by {folder.name}\n")
    both = CardsBeside(FolderCards(gateway, now=lambda: NOW), FolderCards(files, now=lambda: NOW))
    ours, theirs = await both.notes("C-2"), await both.notes("C-1")
    assert [note.text for note in ours if isinstance(note, Note)] in (["of C-2"], [])
    assert {note.text for note in theirs if isinstance(note, Note)} == {"of C-1", "by gateway"}
    with pytest.raises(DeskError) as refused:
        await both.note("N-0")
    assert refused.value.code == "unknown-note"
