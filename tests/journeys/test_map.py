"""The operator's own map, as it is used: from the command line on real HTTP, and on the screen."""

from __future__ import annotations

import contextlib
import os
import pty
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from tests.journeys.console import console
from tests.support.fake_desk import LINH, LOAN, FakeDesk, card, fake_app
from tests.support.hostile_text import shown
from tests.support.private import is_private
from tests.support.sandbox_home import ROOT, Home, Sandbox
from tests.support.until import at_rest, flat, until
from tui.app import DeskApp
from tui.cards.map_dialog import MapDialog, TableDialog
from tui.cards.screen import CardsScreen
from tui.widgets.chooser import Chooser
from tui.widgets.field_table import FieldTable

OWN = """
[[row]]
scope = "person"
source = "Phone Number: Mobile"
off = true

[tables.loan_purpose]
"Refinance" = "Debt Consolidation"
"""
BROKEN = '[[row]]\nscope = "requirements"\nsource = "Loan Term"\ntarget = "Property.Term"\n'


# -- the command line ---------------------------------------------------------------------------------------


def own_map(home: Home, text: str) -> Path:
    file = home.path / "test" / "map.toml"
    file.parent.mkdir(exist_ok=True)
    file.write_text(text, "utf-8")
    return file


def test_a_push_goes_by_the_operators_map_and_the_preview_names_it(home: Home, sandbox: Sandbox) -> None:
    _, before = home.run("preview", "card", "C-1001")
    own_map(home, OWN)
    code, preview = home.run("preview", "card", "C-1001")
    version = home.run("map", "show")[1]["version"]
    assert (code, preview["map"]) == (0, version)
    assert version.startswith(f"{before['map']}+")
    mobile = next(field for field in preview["fields"] if field["source"] == "Phone Number: Mobile")
    assert (mobile["fate"], mobile["reason"]) == ("no-home", "switched off in your map")
    assert preview["counts"]["no-home"] > before["counts"]["no-home"]
    assert f"map {version}" in home.say("preview", "card", "C-1001")[1]

    _, push = home.run("push", "card", "C-1001", "--yes", "--plan", preview["plan"])
    assert push["state"] == "done"
    refs = [step["ref"] for step in push["steps"] if step["entity"] == "person" and step["system"] == "flex"]
    for ref in refs:
        for person in sandbox.ours("contacts", ref):
            assert "CellularPhone" not in person


def test_a_plan_of_the_map_before_is_not_sent(home: Home, sandbox: Sandbox) -> None:
    _, before = home.run("preview", "card", "C-1001")
    own_map(home, OWN)
    code, said = home.run("push", "card", "C-1001", "--yes", "--plan", before["plan"])
    assert (code, said["error"]["code"]) == (1, "plan-changed")
    assert sandbox.writes() == []


def test_show_gives_every_row_and_whose_it_is(home: Home) -> None:
    own_map(home, OWN)
    code, said = home.run("map", "show")
    assert code == 0
    rows = {row["source"]: row for row in said["rows"]}
    assert len(rows) == 40
    mobile, first = rows["Phone Number: Mobile"], rows["First Name"]
    assert (mobile["origin"], mobile["off"], mobile["confidence"]) == ("yours", True, "operator")
    assert (first["origin"], first["target"], first["confidence"]) == (
        "shipped",
        "Applicant.FirstName",
        "seen",
    )
    assert said["tables"]["loan_purpose"]["Refinance"] == "Debt Consolidation"
    _, out, _ = home.say("map", "show")
    assert "not who lives there" in out
    assert "switched off" in out


def test_check_says_what_differs(home: Home, tmp_path: Path) -> None:
    assert home.run("map", "check") == (0, {"version": "2", "file": None, "differences": []})
    other = tmp_path / "other.toml"
    other.write_text(OWN, "utf-8")
    code, said = home.run("map", "check", str(other))
    assert code == 0
    assert [(one["what"], one["place"], one["key"]) for one in said["differences"]] == [
        ("row", "Phone Number: Mobile", "confidence"),
        ("row", "Phone Number: Mobile", "off"),
        ("table", "loan_purpose", "Refinance"),
    ]
    code, out, _ = home.say("map", "check", str(other))
    assert "Debt Consolidation" in out


def test_a_broken_map_stops_every_use_of_it_with_the_row_and_the_reason(home: Home, sandbox: Sandbox) -> None:
    file = own_map(home, BROKEN)
    for command in (["map", "check"], ["map", "show"], ["push", "card", "C-1001", "--yes"]):
        code, said = home.run(*command)
        assert (code, said["error"]["code"]) == (2, "broken-map"), command
        assert f"{file} is broken: row 1 (Loan Term): target" in said["error"]["message"]
    assert sandbox.writes() == []


def edit(home: Home, editor: str) -> tuple[int, str]:
    """Run `map edit` on a terminal of its own; gives the exit code and what it printed."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "tui.cli", "map", "edit", "--home", str(home.path)]
    environment = {**os.environ, "EDITOR": editor, "VISUAL": ""}
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdin=theirs, stdout=theirs, stderr=theirs
    ) as process:
        os.close(theirs)
        said = b""
        with contextlib.suppress(OSError):  # the other end is gone: that is how a terminal ends
            while piece := os.read(ours, 4096):
                said += piece
    os.close(ours)
    return process.returncode, said.decode()


def editor_that_writes(folder: Path, text: str) -> str:
    script = folder / "editor.py"
    script.write_text(f"import sys\nopen(sys.argv[1], 'a').write({text!r})\n", "utf-8")
    return shlex.join([sys.executable, str(script)])


def test_a_value_is_mapped_by_a_command_and_the_preview_sends_it(home: Home, sandbox: Sandbox) -> None:
    file = own_map(home, "# mine\n" + OWN)
    code, said = home.run("map", "value", "loan_purpose", "Renovation", "construction")
    assert (code, said["table"], said["value"], said["target"]) == (
        0,
        "loan_purpose",
        "Renovation",
        "Construction",
    )
    assert file.read_text("utf-8").startswith("# mine\n")
    assert is_private(file)
    shown = home.run("map", "show")[1]
    assert (shown["version"], shown["tables"]["loan_purpose"]["Renovation"]) == (
        said["version"],
        "Construction",
    )
    assert (
        "“Wedding” goes to FLEX as “Purchase”"
        in home.say("map", "value", "loan_purpose", "Wedding", "Purchase")[1]
    )
    _, preview = home.run("preview", "card", "C-1001")
    tables = {field["source"]: field["table"] for field in preview["fields"]}
    assert (tables["Loan Purpose"], tables["Loan Amount"]) == ("loan_purpose", "")
    guessed = [
        field for field in preview["fields"] if field["confidence"] == "guess" and field["value"] is not None
    ]
    assert home.say("preview", "card", "C-1001")[1].count("  our guess") == len(guessed)


@pytest.mark.parametrize(
    ("given", "code"),
    [
        (("loan_purpose", "Renovation", "Holiday"), "no-such-word"),
        (("purposes", "Renovation", "Purchase"), "no-such-table"),
        (("loan_purpose", "refinance", "Purchase"), "value-in-your-map"),
    ],
)
def test_a_value_that_cant_be_mapped_leaves_the_file_as_it_was(
    home: Home, given: tuple[str, ...], code: str
) -> None:
    file = own_map(home, OWN)
    exit_code, said = home.run("map", "value", *given)
    assert (exit_code, said["error"]["code"]) == (2, code)
    assert file.read_text("utf-8") == OWN


def test_edit_begins_a_file_opens_the_editor_and_checks(home: Home, tmp_path: Path) -> None:
    code, said = edit(home, editor_that_writes(tmp_path, OWN))
    file = home.path / "test" / "map.toml"
    assert code == 0
    assert "is in order: map 2+" in said
    assert is_private(file)


def test_edit_keeps_a_broken_file_and_says_what_is_wrong(home: Home, tmp_path: Path) -> None:
    code, said = edit(home, editor_that_writes(tmp_path, BROKEN))
    assert code == 2
    assert "row 1 (Loan Term)" in said
    assert BROKEN in (home.path / "test" / "map.toml").read_text("utf-8")


@pytest.mark.parametrize(
    ("editor", "reason"), [("", "Neither VISUAL nor EDITOR"), ("/no/such/editor", "can't be started")]
)
def test_edit_without_an_editor_says_so(home: Home, editor: str, reason: str) -> None:
    code, said = edit(home, editor)
    assert code == 2
    assert reason in said
    assert "Traceback" not in said


def test_edit_without_a_terminal_names_the_file(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDITOR", "true")
    code, said = home.run("map", "edit")
    assert (code, said["error"]["code"]) == (2, "no-terminal")
    assert str(home.path / "test" / "map.toml") in said["error"]["fix"]


# -- the screen ---------------------------------------------------------------------------------------------


@contextlib.contextmanager
def desk_with(folder: Path, text: str | None) -> Iterator[DeskApp]:
    file = folder / "sandbox" / "map.toml"
    file.parent.mkdir(parents=True)
    if text is not None:
        file.write_text(text, "utf-8")
    yield fake_app(FakeDesk(folder))


async def test_the_map_opens_with_marks_and_remarks(tmp_path: Path) -> None:
    with desk_with(tmp_path, None) as app:
        async with app.run_test(size=(150, 45)) as pilot:
            await at_rest(pilot)
            await pilot.press("m")
            await at_rest(pilot)
            assert isinstance(app.screen, MapDialog)
            text = shown(app)
            assert "Field map 2" in text
            assert "Applicant.FirstName" in text
            assert "as shipped" in text
            await pilot.press("end", *["up"] * 5)
            await at_rest(pilot)
            text = shown(app)
            assert "mean the opposite" in text
            assert "Who it is for: Owner Occupied or Investment; not what the loan is for." in text
            await pilot.press("escape")
            assert isinstance(app.screen, CardsScreen)


async def test_an_own_map_is_used_at_once_and_seen_on_the_card(tmp_path: Path) -> None:
    with desk_with(tmp_path, None) as app:
        async with app.run_test(size=(150, 45)) as pilot:
            await at_rest(pilot)
            assert "map 2+" not in shown(app)
            (tmp_path / "sandbox" / "map.toml").write_text(OWN, "utf-8")
            await pilot.press("m")
            await at_rest(pilot)
            assert app.desk is not None
            version = app.desk.flex.field_map.version
            text = shown(app)
            assert f"Field map {version}" in text
            assert version.startswith("2+")
            assert "switched off" in text
            assert "3 differences" in text
            await pilot.press("escape")
            await at_rest(pilot)
            assert f"map {version}" in shown(app)


async def test_a_table_opens_behind_its_row(tmp_path: Path) -> None:
    with desk_with(tmp_path, OWN + '"SMSF" = ""\n'.replace("SMSF", "Construction")) as app:
        async with app.run_test(size=(150, 45)) as pilot:
            await at_rest(pilot)
            await pilot.press("m")
            await at_rest(pilot)
            rows = app.screen.query_one("#map-list")
            while "loan_purpose" not in str(rows.cursor_row and rows.cursor_row.how):
                await pilot.press("down")
            await pilot.press("enter")
            await pilot.pause()
            assert isinstance(app.screen, TableDialog)
            text = shown(app)
            assert "Debt Consolidation" in text
            assert "taken away: refused" in text


async def test_a_broken_file_says_row_and_what_and_the_desk_keeps_its_map(tmp_path: Path) -> None:
    with desk_with(tmp_path, None) as app:
        async with app.run_test(size=(150, 45)) as pilot:
            await at_rest(pilot)
            (tmp_path / "sandbox" / "map.toml").write_text(BROKEN, "utf-8")
            await pilot.press("m")
            await at_rest(pilot)
            text = flat(pilot)
            assert "row 1 (Loan Term)" in text
            assert "Property.Term" in text
            assert "Map 2 stays in use." in text
            assert app.desk is not None
            assert app.desk.flex.field_map.version == "2"
            (tmp_path / "sandbox" / "map.toml").write_text(OWN, "utf-8")
            await pilot.press("r")
            await at_rest(pilot)
            assert "is broken" not in shown(app)
            assert app.desk.flex.field_map.version.startswith("2+")


async def test_the_editor_opens_from_the_screen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(DeskApp, "suspend", lambda self: contextlib.nullcontext())
    monkeypatch.delenv("VISUAL", raising=False)
    with desk_with(tmp_path, None) as app:
        async with app.run_test(size=(150, 45)) as pilot:
            await at_rest(pilot)
            await pilot.press("m")
            await at_rest(pilot)
            monkeypatch.setenv("EDITOR", editor_that_writes(tmp_path, BROKEN))
            await pilot.press("e")
            await at_rest(pilot)
            assert "row 1 (Loan Term)" in shown(app)
            (tmp_path / "sandbox" / "map.toml").unlink()
            monkeypatch.setenv("EDITOR", editor_that_writes(tmp_path, OWN))
            await pilot.press("e")
            await at_rest(pilot)
            assert "is broken" not in shown(app)
            assert app.desk is not None
            assert app.desk.flex.field_map.version.startswith("2+")


@pytest.mark.parametrize(("editor", "said"), [("", "EDITOR=nano"), ("true", "press r")])
async def test_no_editor_or_no_terminal_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, editor: str, said: str
) -> None:
    monkeypatch.delenv("VISUAL", raising=False)
    monkeypatch.setenv("EDITOR", editor)
    with desk_with(tmp_path, None) as app:
        async with app.run_test(size=(150, 45), notifications=True) as pilot:
            await at_rest(pilot)
            await pilot.press("m")
            await at_rest(pilot)
            await pilot.press("e")
            await until(pilot, lambda: said in shown(app))
            assert isinstance(app.screen, MapDialog)


async def test_a_desk_that_a_broken_map_kept_closed_opens_once_it_is_corrected(home: Home) -> None:
    file = own_map(home, BROKEN)
    async with console(home) as pilot:
        assert "row 1 (Loan Term)" in flat(pilot)
        assert "C-1001" not in flat(pilot)
        await pilot.press("m")
        await at_rest(pilot)
        assert "Correct row 1 (Loan Term)" in flat(pilot)
        file.write_text(OWN, "utf-8")
        await pilot.press("r")
        await until(pilot, lambda: pilot.app.desk is not None)
        await pilot.press("escape")
        await at_rest(pilot)
        assert "C-1001" in flat(pilot)
        assert "map 2+" in flat(pilot)


async def test_a_refused_value_is_mapped_by_one_key_and_sent_at_once(tmp_path: Path) -> None:
    (tmp_path / "sandbox").mkdir()
    purpose = msgspec.structs.replace(LOAN, loan_purpose="Renovation")
    app = fake_app(
        FakeDesk(tmp_path, cards=[card("C-1", "Nguyen", "AIP issued", [LINH], requirements=purpose)])
    )
    async with app.run_test(size=(150, 45), notifications=True) as pilot:
        await at_rest(pilot)
        assert app.desk is not None
        await pilot.press("tab", "v")
        await until(pilot, lambda: "Go to a refused value" in shown(app))
        await pilot.press("shift+tab", "enter")
        table = app.screen.query_one("#fields", FieldTable)
        while not (table.cursor_field and "v: map this value" in table.cursor_field.reason):
            await pilot.press("down")
        await pilot.press("v")
        await until(pilot, lambda: isinstance(app.screen, Chooser))
        await pilot.press("down", "enter")
        await at_rest(pilot)
        again = await app.desk.flex.preview("C-1")
        assert next(f.value for f in again.fields if f.source == "Loan Purpose") == "Refinance"
        assert '"Renovation" = "Refinance"' in (tmp_path / "sandbox" / "map.toml").read_text("utf-8")
