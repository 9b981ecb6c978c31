"""Which header is which column: said on the command line, asked at a terminal, and remembered for the next file."""

from __future__ import annotations

import builtins
import io
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.journeys.test_import import without_gateway
from tests.support.card_files import table
from tests.support.sandbox_home import Home
from tests.support.workbooks import Formatted, xlsx

HEADERS = ["Vorgang", "Art", "Rolle", "Vorname", "Nachname", "Handy", "Filiale"]
ROW = ["V-7", "deal", "Guarantor", "Oona", "Berg", Formatted(491570156, "0000 000 000"), "North"]
ANSWERS = "Vorgang=card_id,Art=kind,Rolle=role,Vorname=first_name,Nachname=last_name,Handy=mobile_phone"


@pytest.fixture
def desk(home: Home) -> Home:
    return without_gateway(home)


def workbook(
    folder: Path, name: str = "deals.xlsx", headers: list[str] = HEADERS, row: list[Any] = ROW
) -> str:
    (folder / name).write_bytes(xlsx({"Cover": [["Deals"]], "Deals": [headers, row]}))
    return str(folder / name)


def typed(monkeypatch: pytest.MonkeyPatch, *answers: str) -> list[str]:
    """Let somebody at a terminal type these answers. Return what the desk asks."""
    asked: list[str] = []
    waiting: Iterator[str] = iter(answers)

    def reply(question: str) -> str:
        asked.append(question)
        return next(waiting)

    monkeypatch.setattr(builtins, "input", reply)
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    return asked


def piped(monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))


def test_a_file_with_unknown_headers_is_refused_with_the_columns_to_give(desk: Home, tmp_path: Path) -> None:
    code, said = desk.run("import", workbook(tmp_path))
    assert (code, said["error"]["code"]) == (1, "columns-needed")
    assert "Vorgang, Art, Rolle" in said["error"]["message"]
    assert '--columns "HEADER=card_id,HEADER=kind"' in said["error"]["fix"]
    assert said["columns"]["missing"] == ["card_id", "kind"]
    assert not (desk.path / "columns").exists()


def test_what_was_said_once_is_remembered_for_files_with_the_same_headers(desk: Home, tmp_path: Path) -> None:
    code, said = desk.run("import", workbook(tmp_path), "--columns", ANSWERS)
    assert (code, said["imported"]) == (0, 1)
    assert said["columns"]["found"]["mobile_phone"] == "Handy"
    assert said["columns"]["kept"] == ["Filiale"]
    assert said["notices"] == ["only the sheet “Deals” was read, not “Cover”"]
    assert [path.name for path in (desk.path / "columns").iterdir()] == ["deals.toml"]
    other = workbook(
        tmp_path, "june.xlsx", HEADERS[::-1], ["South", 1, "Ek", "Ida", "guarantor", "lead", "V-8"]
    )
    code, said = desk.run("import", other)
    assert (code, said["imported"], said["columns"]["answers"]) == (0, 1, "deals")
    _, preview = desk.run("preview", "card", "V-7")
    assert "0491 570 156" in {field["value"] for field in preview["fields"]}
    assert "North" in json.dumps(preview)


def test_remembered_answers_are_used_by_name_for_other_headers(desk: Home, tmp_path: Path) -> None:
    desk.run("import", workbook(tmp_path), "--columns", ANSWERS)
    more = workbook(tmp_path, "more.xlsx", [*HEADERS, "Ort"], [*ROW, "Manly"])
    assert desk.run("import", more)[0] == 1
    code, said = desk.run("import", more, "--columns", "deals")
    assert (code, said["columns"]["answers"], said["columns"]["kept"]) == (0, "deals", ["Filiale", "Ort"])
    code, said = desk.run("import", more, "--columns", "cars")
    assert (code, said["error"]["code"]) == (2, "bad-columns")
    assert "deals" in said["error"]["message"]


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ("Vorgang=card_id,Lender=kind", "There is no header Lender"),
        ("Vorgang=number", "there is no column number"),
        ("Vorgang=card_id,Vorgang=kind", "Vorgang comes twice"),
    ],
)
def test_an_answer_that_fits_nothing_is_refused_and_not_remembered(
    desk: Home, tmp_path: Path, columns: str, words: str
) -> None:
    code, said = desk.run("import", workbook(tmp_path), "--columns", columns)
    assert (code, said["error"]["code"]) == (2, "bad-columns")
    assert words in said["error"]["message"]
    assert not (desk.path / "columns").exists()


def test_answers_that_leave_a_needed_column_open_are_not_remembered(desk: Home, tmp_path: Path) -> None:
    code, said = desk.run("import", workbook(tmp_path), "--columns", "Vorgang=card_id,Filiale=")
    assert (code, said["error"]["code"]) == (1, "columns-needed")
    assert (said["columns"]["missing"], said["columns"]["ignored"]) == (["kind"], ["Filiale"])
    assert not (desk.path / "columns").exists()


def test_at_a_terminal_each_column_is_asked_for_once(
    desk: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = typed(monkeypatch, "1", "Art", "3", "5", "9", "4", "", "6", "", "", "my deals")
    code, out, _ = desk.say("import", workbook(tmp_path))
    assert code == 0
    assert "1 imported" in out
    assert "columns as answered in “my deals”: card_id (Vorgang), kind (Art)" in out
    assert [question.split()[0] for question in asked[:4]] == [
        "card_id",
        "kind",
        "role",
        "last_name",
    ]
    assert "That isn't one of the headers" in out
    assert asked[-1].startswith("Remember these answers as [deals]")
    asked.clear()
    assert desk.say("import", workbook(tmp_path))[0] == 0
    assert asked == []


def test_whoever_does_not_know_a_needed_column_is_told_and_asked_again_next_time(
    desk: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(2):
        asked = typed(monkeypatch, "1", *[""] * 10)
        code, _, err = desk.say("import", workbook(tmp_path))
        assert code == 1
        assert len(asked) > 5
        assert "has no column card_id" in err


def test_standard_input_is_read_and_never_asked_about(
    desk: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = "card_id|kind|role|first_name|last_name\nP-1|deal|Guarantor|Ida|Ek\n"
    piped(monkeypatch, table.encode("utf-16"))
    code, said = desk.run("import", "-")
    assert (code, said["imported"]) == (0, 1)
    piped(monkeypatch, b"Vorgang,Art\n1,2\n")
    code, said = desk.run("import", "-")
    assert (code, said["error"]["code"]) == (1, "columns-needed")
    assert said["error"]["message"].startswith("standard input has no column card_id")
    monkeypatch.setattr(sys, "stdin", None)
    code, said = desk.run("import", "-")
    assert (code, said["error"]["code"]) == (2, "unreadable-file")


def test_a_profiles_folder_takes_workbooks_and_uses_what_is_remembered(desk: Home, tmp_path: Path) -> None:
    without_folder = (desk.path / "config.toml").read_text("utf-8")
    section = '\n[profiles.test.brokerengine]\nfolder = "exports"\n'
    (desk.path / "config.toml").write_text(without_folder + section, "utf-8")
    exports = desk.path / "exports"
    exports.mkdir()
    workbook(exports)
    _, said = desk.run("cards")
    assert said["cards"] == []
    assert ["brokerdesk import asks" in one["reason"] for one in said["set_aside"]] == [True, True]
    (desk.path / "config.toml").write_text(without_folder + section + f'columns = "{ANSWERS}"\n', "utf-8")
    assert [one["id"] for one in desk.run("cards")[1]["cards"]] == ["V-7"]
    (desk.path / "config.toml").write_text(without_folder + section, "utf-8")
    workbook(tmp_path, "one.xlsx", row=["V-9", *ROW[1:]])
    desk.run("import", str(tmp_path / "one.xlsx"), "--columns", ANSWERS)
    assert [one["id"] for one in desk.run("cards")[1]["cards"]] == ["V-7", "V-9"]


# -- two files of contacts ---------------------------------------------------------------------------------


@pytest.fixture
def books(tmp_path: Path) -> list[str]:
    ours, theirs = tmp_path / "sn.csv", tmp_path / "te.csv"
    ours.write_text("Kunde,Post,Notiz\nIda Ek,ida@x.example,a\nBo Ng,bo@x.example,b\n", "utf-8")
    theirs.write_text("sep=;\nNummer;Post;Telefax\n1;IDA@x.example;2\n", "utf-8")
    return ["match", "--simplenexus", str(ours), "--total-expert", str(theirs)]


def test_a_file_without_a_header_is_told_to_have_one_and_shows_no_person(
    home: Home, books: list[str], tmp_path: Path
) -> None:
    (tmp_path / "te.csv").write_text("Ida,Ek,ida@x.example\nBo,Ng,bo@x.example\n", "utf-8")
    code, said = home.run(*books, "--columns-simplenexus", "Post=email")
    assert (code, said["error"]["code"]) == (1, "columns-needed")
    assert (
        "Its headers are: Column 1, Column 2, Column 3. Its first line looks like a person"
        in said["error"]["message"]
    )


def test_answers_by_place_for_a_file_without_a_header_are_not_remembered(
    home: Home, books: list[str], tmp_path: Path
) -> None:
    te = tmp_path / "te.csv"
    te.write_text("Ida,ida@x.example\nBo,bo@x.example\n", "utf-8")
    ours = ("--columns-simplenexus", "Post=email")
    code, said = home.run(*books, *ours, "--columns-total-expert", "Column 2=email")
    assert (code, said["columns"]["total-expert"]["found"]) == (0, {"email": "Column 2"})
    assert any("looks like a person" in one["notice"] for one in said["notices"])
    te.write_text("ida@x.example,Ida\nbo@x.example,Bo\n", "utf-8")
    code, said = home.run(*books, *ours)
    assert (code, said["error"]["code"]) == (1, "columns-needed")


def test_answers_for_both_files_or_for_one(home: Home, books: list[str]) -> None:
    code, said = home.run(*books)
    assert (code, said["error"]["code"]) == (1, "columns-needed")
    code, said = home.run(*books, "--columns", "Post=email,Nummer=id")
    assert (code, said["counts"]["link"], said["counts"]["push"]) == (0, 1, 1)
    assert said["columns"]["total-expert"]["found"] == {"id": "Nummer", "email": "Post"}
    assert said["columns"]["simplenexus"]["ignored"] == ["Kunde", "Notiz"]
    again = home.run(*books)[1]
    assert (again["counts"], again["columns"]["simplenexus"]["answers"]) == (said["counts"], "sn")
    code, said = home.run(*books, "--columns-total-expert", "Post=email,Telefax=")
    assert said["columns"]["total-expert"]["ignored"] == ["Nummer", "Telefax"]
    code, said = home.run(*books, "--columns", "Mail=email")
    assert (code, said["error"]["code"]) == (2, "bad-columns")


def test_one_of_the_two_may_be_standard_input(
    home: Home, books: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    piped(monkeypatch, b"id,email\n9,bo@x.example\n")
    books[4] = "-"
    code, said = home.run(*books, "--columns-simplenexus", "Post=email")
    assert (code, said["counts"]["link"]) == (0, 1)
    books[2] = "-"
    code, said = home.run(*books)
    assert (code, said["error"]["code"]) == (2, "unreadable-file")


def test_a_person_is_asked_about_each_file_and_reads_what_was_found(
    home: Home, books: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    typed(monkeypatch, "2", "", "1", "", "", "ours", "Post", "", "", "", "", "")
    code, out, _ = home.say(*books)
    assert code == 0
    assert "columns as answered in “ours”: last_name (Kunde), email (Post)" in out
    assert "left out: Notiz" in out
    assert "left out: Nummer, Telefax" in out
    assert sorted(path.stem for path in (home.path / "columns").iterdir()) == ["ours", "te"]


OPEN_DATES = [{"card_id": f"X-{n}", "birth_date": "3/04/1985"} for n in range(3)]


@pytest.mark.parametrize(("answer", "born"), [("", "1985-04-03"), ("mdy", "1985-03-04")])
def test_an_import_at_a_terminal_asks_for_the_order_of_dates_that_could_be_both(
    desk: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: str, born: str
) -> None:
    file = tmp_path / "deals.csv"
    file.write_bytes(table(*OPEN_DATES))
    asked = typed(monkeypatch, answer)
    code, out, _ = desk.say("import", str(file))
    assert (code, len(asked)) == (0, 1)
    assert "3 dates could be d/m/y or m/d/y" in out
    kept = b"".join(path.read_bytes() for path in (desk.path / "test" / "cards").iterdir())
    assert kept.count(born.encode()) == 3


@pytest.mark.parametrize(("answer", "read"), [("mdy", True), ("", False)])
def test_a_match_at_a_terminal_asks_for_the_order_of_the_file_that_needs_one(
    desk: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: str, read: bool
) -> None:
    ours, theirs = tmp_path / "sn.csv", tmp_path / "te.csv"
    ours.write_text("id,first_name,last_name,email,birth_date\n1,Ann,Lee,ann@x.example,25/3/1984\n")
    theirs.write_text("id,first_name,last_name,email,birth_date\n7,Ann,Lee,ann@x.example,3/4/1984\n")
    asked = typed(monkeypatch, answer)
    code, out, _ = desk.say("match", "--simplenexus", str(ours), "--total-expert", str(theirs))
    assert (code, len(asked)) == (0, 1)
    assert f"{theirs}: 1 date could be d/m/y or m/d/y" in out
    assert ("SET ASIDE" not in out) is read


def test_nobody_is_asked_for_an_order_that_was_named(
    desk: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "deals.csv"
    file.write_bytes(table(*OPEN_DATES))
    assert typed(monkeypatch) == []
    assert desk.say("import", str(file), "--dates", "mdy")[0] == 0
