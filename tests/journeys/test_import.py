"""Cards from a file reach FLEX: imported or from a folder, shown with the warning, and never written back."""

from __future__ import annotations

import builtins
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from core.push.plan import System
from tests.support.card_files import card, jsonl, table
from tests.support.sandbox_home import Home, Sandbox
from tui.wiring import open_desk, settings_of

WARNING = "This source can't be written to: BrokerEngine's own FLEX button will not know of this push."
NO_ROLE = "it isn't one of Primary Applicant, Co-Applicant, Guarantor"
DEAL = {
    "card_id": "X-1",
    "title": "Nguyen",
    "stage": "AIP Issued",
    "owner": "m.hale",
    "loan_amount": "640000",
    "loan_purpose": "Purchase",
    "birth_date": "29/02/1988",
    "Referrer": "J. Park",
}


def without_gateway(home: Home, brokerengine: str = "") -> Home:
    """Take the BrokerEngine gateway out of a home's profile."""
    config = home.path / "config.toml"
    head, rest = config.read_text("utf-8").split("[profiles.test.brokerengine]")
    flex = rest[rest.index("[profiles.test.flex]") :]
    table = f"[profiles.test.brokerengine]\n{brokerengine}\n" if brokerengine else ""
    config.write_text(head + table + flex, "utf-8")
    return home


@pytest.fixture
def export(tmp_path: Path) -> Path:
    file = tmp_path / "export.csv"
    file.write_bytes(table(DEAL, {"card_id": "X-2", "role": "Boss"}))
    return file


def test_an_import_is_told_by_line_and_column_and_twice_is_once(home: Home, export: Path) -> None:
    without_gateway(home)
    code, said = home.run("import", str(export))
    aside = [
        {"line": 3, "column": 3, "field": "role", "reason": NO_ROLE, "id": "X-2"},
    ]
    assert (code, said["imported"], said["changed"], said["unchanged"]) == (0, 1, 0, 0)
    assert (said["set_aside"], said["person_ids_made"]) == (aside, 1)
    code, said = home.run("import", str(export))
    assert (code, said["imported"], said["changed"], said["unchanged"]) == (0, 0, 0, 1)
    export.write_bytes(table({**DEAL, "stage": "Formal Approval"}))
    assert home.run("import", str(export))[1]["changed"] == 1
    (listed,) = home.run("cards")[1]["cards"]
    assert (listed["id"], listed["stage"], listed["state"]) == ("X-1", "Formal Approval", "unlinked")


def test_an_imported_card_reaches_flex_with_the_warning_and_without_write_back(
    home: Home, sandbox: Sandbox, export: Path
) -> None:
    without_gateway(home).run("import", str(export))
    code, preview = home.run("preview", "card", "X-1")
    assert (code, preview["pushable"]) == (0, True)
    assert WARNING in preview["warnings"]
    assert {step["system"] for step in preview["steps"]} == {"flex"}
    assert preview["payload"]["WriteBack"] == []
    code, push = home.run("push", "card", "X-1", "--yes", "--plan", preview["plan"])
    assert (code, push["state"]) == (0, "done")
    opportunity = next(step for step in push["steps"] if step["entity"] == "opportunity")
    (there,) = sandbox.ours("opportunities", opportunity["ref"])
    assert there["ProposedLoanAmount"] == 640000
    assert sandbox.writes("brokerengine") == []
    (listed,) = home.run("cards")[1]["cards"]
    assert (listed["state"], listed["flex_id"]) == ("linked", opportunity["remote_id"])
    # the file says nothing of the link, so an update of the card does not undo it
    export.write_bytes(table({**DEAL, "stage": "Formal Approval"}))
    home.run("import", str(export))
    assert home.run("push", "card", "X-1", "--yes")[1]["error"]["code"] == "already-linked"


def test_a_folder_is_the_source_beside_what_was_imported(home: Home, sandbox: Sandbox, export: Path) -> None:
    without_gateway(home, 'folder = "exports"')
    code, said = home.run("cards")
    assert (code, said["error"]["code"]) == (3, "no-folder")
    folder = home.path / "exports"
    folder.mkdir()
    (folder / "zap-1.jsonl").write_bytes(jsonl(card("Z-1"), card("Z-2")) + b'{"id": "Z-3", ')
    home.run("import", str(export))
    _, said = home.run("cards")
    assert [one["id"] for one in said["cards"]] == ["X-1", "Z-1", "Z-2"]
    assert ["still being written" in one["reason"] for one in said["set_aside"]] == [True]
    assert home.run("push", "card", "Z-1", "--yes")[1]["state"] == "done"
    assert sandbox.writes("brokerengine") == []
    (folder / "zap-2.jsonl").write_bytes(jsonl(card("Z-2", stage="Formal Approval")))
    assert home.run("preview", "card", "Z-2")[0] == 0
    stages = {one["id"]: one["stage"] for one in home.run("cards")[1]["cards"]}
    assert stages["Z-2"] == "Formal Approval"


def test_beside_a_gateway_its_cards_keep_their_write_back(home: Home, sandbox: Sandbox, export: Path) -> None:
    export.write_bytes(table(DEAL, {**DEAL, "card_id": "C-1001"}))
    home.run("import", str(export))
    _, said = home.run("cards")
    assert "X-1" in [one["id"] for one in said["cards"]]
    assert [one["field"] for one in said["set_aside"] if one["id"] == "C-1001"] == ["id"]
    assert home.run("push", "card", "X-1", "--yes")[1]["state"] == "done"
    assert sandbox.writes("brokerengine") == []
    assert home.run("push", "card", "C-1006", "--yes")[1]["state"] == "done"
    assert sandbox.writes("brokerengine") != []


def test_without_gateway_folder_or_import_the_board_is_empty_and_says_how_cards_come(home: Home) -> None:
    assert without_gateway(home).run("cards")[1] == {"cards": [], "set_aside": [], "unread": []}
    assert "brokerdesk import" in home.say("cards")[1]
    config = home.path / "config.toml"
    text = config.read_text("utf-8")
    config.write_text(text + '\n[profiles.test.brokerengine]\nclient_id = "x"\n', "utf-8")
    code, said = home.run("cards")
    assert (code, said["error"]["code"]) == (2, "not-configured")
    assert home.run("config", "check")[0] == 1
    both = '\n[profiles.test.brokerengine]\nurl = "http://127.0.0.1:9"\nfolder = "x"\n'
    config.write_text(text + both, "utf-8")
    code, said = home.run("cards")
    assert (code, said["error"]["code"]) == (2, "two-sources")


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (None, 2),
        (b"PK\x03\x04", 2),
        (b"[]", 1),
        (b"[{", 1),
        (b"", 1),
        (b"card_id,kind\nX-1,?\n", 1),
        (b"\xe9\n\x00", 1),
    ],
)
def test_a_file_without_a_good_card_ends_with_the_documented_code(
    home: Home, tmp_path: Path, content: bytes | None, code: int
) -> None:
    file = tmp_path / "bad.csv"
    if content is not None:
        file.write_bytes(content)
    assert home.run("import", str(file))[0] == code
    assert not (home.path / "test" / "cards").exists()


@pytest.mark.parametrize("content", ["", "card_id,kind\n", "\n\n"])
def test_a_file_without_any_card_says_so(home: Home, tmp_path: Path, content: str) -> None:
    file = tmp_path / "empty.csv"
    file.write_text(content)
    code, said = home.run("import", str(file))
    assert (code, said["notices"]) == (1, ["the file holds no cards, notes or Fact Finds"])
    assert "note: the file holds no cards" in home.say("import", str(file))[1]


def test_what_is_printed_for_people(home: Home, export: Path) -> None:
    code, out, err = home.say("import", str(export))
    assert (code, err) == (0, "")
    absent = [
        line for line in out.splitlines() if line.startswith("not in the file: updated_at, loan_term, ")
    ]
    assert len(absent) == 1
    names = "card_id, kind, role, first_name, last_name, title, stage, owner"
    columns = f"columns: {names}, loan_amount, loan_purpose, birth_date"
    assert out.splitlines() == [
        "cards: 1 imported",
        columns,
        "kept as further fields: Referrer",
        *absent,
        "1 person without a person_id got one made from card id, name and birth date",
        f"set aside: line 3, column 3: role of X-2: {NO_ROLE}",
    ]


# -- the embedded sandbox: real clients don't belong there ---------------------------------------------------


@pytest.fixture
def play(home: Home) -> Home:
    """A home without a profile: the embedded sandbox."""
    (home.path / "config.toml").unlink()
    return home


def test_the_embedded_sandbox_takes_no_import_without_a_yes(play: Home, export: Path) -> None:
    code, said = play.run("import", str(export))
    assert (code, said["error"]["code"]) == (1, "not-confirmed")
    assert "real clients don't belong there" in said["error"]["message"]
    assert not (play.path / "sandbox" / "cards").exists()


@pytest.mark.parametrize(("answer", "kept"), [("y", True), ("", False), ("n", False), (EOFError, False)])
def test_the_embedded_sandbox_asks_at_the_prompt(
    play: Home, export: Path, monkeypatch: pytest.MonkeyPatch, answer: Any, kept: bool
) -> None:
    asked: list[str] = []

    def reply(question: str) -> str:
        asked.append(question)
        if answer is EOFError:
            raise EOFError
        return str(answer)

    monkeypatch.setattr(builtins, "input", reply)
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    code, out, _ = play.say("import", str(export))
    assert (code, len(asked)) == (0 if kept else 1, 1)
    assert "real clients don't belong there" in out
    assert (play.path / "sandbox" / "cards").exists() is kept


def test_an_import_is_listed_beside_the_sandboxs_own_cards_and_can_be_pushed(
    play: Home, export: Path
) -> None:
    assert play.run("import", str(export), "--yes")[1]["imported"] == 1
    listed = {one["id"]: one for one in play.run("cards")[1]["cards"]}
    assert {"X-1", "C-1001"} <= listed.keys()
    code, push = play.run("push", "card", "X-1", "--yes")
    assert (code, push["state"]) == (0, "done")
    assert {step["system"] for step in push["steps"]} == {"flex"}


async def test_without_a_gateway_there_is_no_way_to_it_to_show(home: Home, export: Path) -> None:
    without_gateway(home).run("import", str(export))
    async with open_desk(settings_of(str(home.path), None), write=False) as desk:
        assert list(desk.wires) == [System.FLEX]
        assert [card.id async for page in desk.flex.cards() for card in page] == ["X-1"]


def test_values_that_a_spreadsheet_spoilt_are_named_at_the_import_and_refused_in_the_preview(
    home: Home, tmp_path: Path
) -> None:
    without_gateway(home)
    file = tmp_path / "spoilt.csv"
    spoilt = {"mobile_phone": "4.91E+08", "home_state": "NT", "home_postcode": "#VALUE!"}
    file.write_bytes(
        table(*({"card_id": f"X-{n}", "birth_date": "3/04/1985", **spoilt} for n in range(1, 4)))
    )
    code, out, _ = home.say("import", str(file))
    assert code == 0
    lines = out.splitlines()
    trace = "a spreadsheet's trace"
    assert (
        f"refused in the preview: mobile_phone: 3 values: {trace}: a number in scientific notation (lines 2, 3, 4)"
        in lines
    )
    assert (
        f"refused in the preview: home_postcode: 3 values: {trace}: an error value (lines 2, 3, 4)" in lines
    )
    assert any("3 values could be d/m/y or m/d/y, read as d/m/y" in line for line in lines)
    _, preview = home.run("preview", "card", "X-2")
    fates = {field["source"]: (field["fate"], field["value"]) for field in preview["fields"]}
    assert fates["Phone Number: Mobile"] == fates["Home Address: Postcode"] == ("refused", None)
    assert fates["Birth Date"] == ("converted", "03/04/1985")
    assert len(home.run("import", str(file), "--dates", "mdy")[1]["refused"]) == 6
    _, preview = home.run("preview", "card", "X-2")
    assert next(one["value"] for one in preview["fields"] if one["source"] == "Birth Date") == "04/03/1985"


ZAP = {
    "card_id": "Z-1",
    "kind": "Deal",
    "title": "Okafor",
    "contact__first_name": "Ada",
    "contact__last_name": "Okafor",
    "contact__role": "Primary Applicant",
    "requirements__loan_amount": 412000,
}


def write(folder: Path, name: str, document: object) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(document if isinstance(document, str) else json.dumps(document, indent=1), "utf-8")
    return path


@pytest.mark.parametrize("way", ["import", "folder"])
def test_a_flat_card_its_note_and_its_fact_find_reach_flex_from_files_alone(
    home: Home, sandbox: Sandbox, tmp_path: Path, way: str
) -> None:
    folder = tmp_path / "zap"
    files = [
        write(folder, "card.json", ZAP),
        write(folder, "notes.csv", "card_id,text,author\nZ-1,Called twice,a.zap\nZ-1,,\n"),
    ]
    if way == "folder":
        without_gateway(home, f"folder = {json.dumps(str(folder))}")
    else:
        without_gateway(home)
        said = [home.run("import", str(file))[1] for file in files]
        assert [(one["imported"], one["notes"], len(one["set_aside"])) for one in said] == [
            (1, 0, 0),
            (0, 1, 1),
        ]
    code, push = home.run("push", "card", "Z-1", "--yes")
    assert (code, push["state"]) == (0, "done")
    (note,) = home.run("notes", "Z-1")[1]["notes"]
    assert (note["text"], note["author"], note["pushed_at"]) == ("Called twice", "a.zap", [])
    code, push = home.run("push", "note", note["id"], "--yes")
    assert (code, push["state"]) == (0, "done")
    assert [held["Text"] for held in sandbox.ours("notes", push["steps"][0]["ref"])] == ["Called twice"]
    assert home.run("notes", "Z-1")[1]["notes"][0]["pushed_at"] != []


@pytest.mark.parametrize("is_linked", [True, False])
def test_a_fact_find_of_a_file_reaches_flex_with_its_new_person(
    home: Home, sandbox: Sandbox, tmp_path: Path, is_linked: bool
) -> None:
    without_gateway(home)
    rows = "card_id,fact_find_id,fact_find_state,role,first_name,last_name,valuation_amount"
    people = [("Primary Applicant", "Ada"), ("Co-Applicant", "Udo")]
    fact_find = "\n".join(
        [rows, *(f"Z-1,FF-7,completed,{role},{name},Okafor,555000" for role, name in people)]
    )
    assert home.run("import", str(write(tmp_path / "f", "card.json", [ZAP])))[0] == 0
    if is_linked:
        assert home.run("push", "card", "Z-1", "--yes")[1]["state"] == "done"
    assert home.run("import", str(write(tmp_path / "f", "ff.csv", fact_find)))[1]["fact_finds"] == 1
    code, preview = home.run("preview", "fact-find", "FF-7")
    assert (code, preview["pushable"]) == (0, True)
    code, push = home.run("push", "fact-find", "FF-7", "--yes", "--plan", preview["plan"])
    assert (code, push["state"]) == (0, "done")
    made = [row for step in push["steps"] for row in sandbox.ours("contacts", step["ref"])]
    assert "Udo" in {row["FirstName"] for row in made}


def test_forgetting_an_imported_card_takes_its_notes_along(home: Home, tmp_path: Path) -> None:
    without_gateway(home)
    for name, document in (("card.json", ZAP), ("notes.json", [{"card_id": "Z-1", "text": "Secret word"}])):
        assert home.run("import", str(write(tmp_path / "f", name, document)))[0] == 0
    assert home.run("forget", "Z-1", "--yes")[0] == 0
    kept = [path.read_bytes() for path in home.path.rglob("import-*.jsonl")]
    assert b"Secret" not in b"".join(kept)


def test_a_table_of_notes_is_answered_about_with_columns_and_the_answers_are_remembered(
    home: Home, tmp_path: Path
) -> None:
    without_gateway(home)
    file = write(tmp_path / "f", "notes.csv", "Vorgang;Notiz;Datum\nZ-1;Called;22/4/2026 9:15 PM\n")
    code, _, error = home.say("import", str(file))
    assert code == 1
    assert "Notes need card_id and text" in error
    answers = "Vorgang=card_id,Notiz=text,Datum=created_at"
    code, said = home.run("import", str(file), "--columns", answers)
    assert (code, said["notes"]) == (0, 1)
    assert said["columns"]["found"] == {"card_id": "Vorgang", "text": "Notiz", "created_at": "Datum"}
    again = write(tmp_path / "f", "more.csv", "Notiz,Datum,Vorgang\nCalled twice,3/4/2026,Z-1\n")
    code, out, _ = home.say("import", str(again))
    assert code == 0
    assert "notes and Fact Finds: 1 note imported" in out
    assert "note: created_at: 1 value: it could be d/m/y or m/d/y; say which with --dates" in out


def test_contacts_in_one_json_list_are_matched(home: Home, tmp_path: Path) -> None:
    files = [
        write(tmp_path / "f", "sn.json", [{"id": "1", "First Name": "Ada", "E-Mail": "ada@example.org"}]),
        write(tmp_path / "f", "te.json", {"contacts": [{"id": "t1", "email": "ADA@example.org"}]}),
    ]
    code, found = home.run("match", "--simplenexus", str(files[0]), "--total-expert", str(files[1]))
    assert (code, found["counts"]["link"]) == (0, 1)
    assert found["columns"]["simplenexus"]["found"]["email"] == "E-Mail"
