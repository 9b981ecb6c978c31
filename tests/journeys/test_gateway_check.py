"""`brokerdesk gateway check`: green on a gateway that keeps the contract; one that doesn't is told what is wrong."""

from __future__ import annotations

import contextlib
import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.sandbox_home import Sandbox
from tui.cli.main import main


@pytest.fixture(autouse=True)
def _secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BROKERDESK_FLEX_SECRET", "sandbox")
    monkeypatch.setenv("BROKERDESK_BROKERENGINE_SECRET", "sandbox")


def checked(url: str, *more: str) -> tuple[int, Any]:
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main(["gateway", "check", url, "--client-id", "sandbox", "--json", *more])
    return code, json.loads(out.getvalue())


def broken(told: Any) -> dict[str, str]:
    return {one["rule"]: one["seen"] for one in told["findings"] if one["verdict"] == "broken"}


def test_the_sandbox_keeps_the_contract_and_what_is_left_is_told(sandbox: Sandbox) -> None:
    before = {kind: len(rows) for kind, rows in sandbox.records().items()}
    code, told = checked(sandbox.urls["flex"])
    assert (code, told["kept"], broken(told)) == (0, True, {})
    assert len(told["findings"]) > 15
    left = {one["flex_id"] for one in told["left"]}
    made = {
        row["FLEXId"]
        for kind, rows in sandbox.records().items()
        if kind != "products"
        for row in rows[before[kind] :]
    }
    assert left == made
    assert len(told["left"]) == len(made)


def test_brokerengine_is_only_read_unless_a_card_is_named(sandbox: Sandbox) -> None:
    code, told = checked(sandbox.urls["brokerengine"], "--contract", "brokerengine")
    assert (code, broken(told), told["left"]) == (0, {}, [])
    assert sandbox.writes("brokerengine") == []
    assert any("--card" in reason for reason in told["not_tried"])


@pytest.mark.parametrize("linked", [False, True])
def test_flex_ids_are_written_on_a_named_card_and_put_back(sandbox: Sandbox, linked: bool) -> None:
    card = next(
        row
        for row in sandbox.records("brokerengine")["cards"]
        if bool(row["flex_id"]) is linked and row["people"]
    )
    before = without_times(sandbox.records("brokerengine"))
    code, told = checked(sandbox.urls["brokerengine"], "--contract", "brokerengine", "--card", card["id"])
    assert (code, broken(told)) == (0, {})
    assert len(sandbox.writes("brokerengine")) == 8
    assert without_times(sandbox.records("brokerengine")) == before
    assert not any("--card" in reason for reason in told["not_tried"])


def without_times(records: dict[str, list[Any]]) -> dict[str, list[Any]]:
    return {
        kind: [{name: value for name, value in row.items() if name != "updated_at"} for row in rows]
        for kind, rows in records.items()
    }


def test_a_flex_id_that_can_not_be_put_back_is_told_with_its_place(sandbox: Sandbox) -> None:
    sandbox.faults("500 PATCH /brokerengine/cards/C-1001")
    code, told = checked(sandbox.urls["brokerengine"], "--contract", "brokerengine", "--card", "C-1001")
    assert code == 1
    seen = broken(told)["a FLEX ID can be written on a card, nothing else changes, and it can be put back"]
    assert seen == "the FLEX ID that was there could not be put back on /cards/C-1001: do it by hand"


def test_a_card_that_brokerengine_does_not_have_is_broken_and_nothing_is_written(sandbox: Sandbox) -> None:
    code, told = checked(sandbox.urls["brokerengine"], "--contract", "brokerengine", "--card", "C-9")
    assert (code, broken(told)) == (1, {"the card that is named can be read": "it answered 404, not 200"})
    assert sandbox.writes("brokerengine") == []


def test_a_card_is_not_named_for_flex(sandbox: Sandbox) -> None:
    code, told = checked(sandbox.urls["flex"], "--card", "C-1001")
    assert (code, told["error"]["code"]) == (2, "not-a-board")


NEWER = {
    "a property can be changed, and only what is given changes": "it answered 405, not 200",
    "a person can be added to an opportunity, is on it once, and the others stay": "it answered 405, not 200 or 201",
    "a note is found by how its text begins": "it answered 400, not 200",
    "a part of a postal address can be changed, and the other parts stay": "another StreetAddress, State than expected",
}
"""What a gateway of 1.0 does not have, and what is seen there."""


def test_a_gateway_of_1_0_keeps_the_contract_and_gets_advice(sandbox: Sandbox) -> None:
    sandbox.options("flex", contract="1.0")
    code, told = checked(sandbox.urls["flex"])
    assert (code, told["version"], broken(told)) == (0, "1.0", {})
    advice = {one["rule"]: one["seen"] for one in told["findings"] if one["verdict"] == "advice"}
    assert NEWER.items() <= advice.items()
    assert "1.0; ours is 1.2" in advice["it says which version of the contract it speaks"]
    assert (
        "POST /contacts has no request_id"
        in advice["every reply to a write has a request_id and the right outcome"]
    )


def test_the_same_is_broken_in_a_gateway_that_says_it_is_1_1(sandbox: Sandbox) -> None:
    sandbox.faults(
        "423 PATCH /flex/properties; 423 PUT /flex/opportunities; 423 GET /flex/notes; 423 PATCH /flex/contacts"
    )
    code, told = checked(sandbox.urls["flex"])
    assert (code, told["version"]) == (1, "1.2")
    assert NEWER.keys() <= broken(told).keys()


def test_a_gateway_that_answers_a_second_create_with_what_is_there_keeps_the_rule(sandbox: Sandbox) -> None:
    sandbox.options("flex", unique_integration_ids=True)
    code, told = checked(sandbox.urls["flex"])
    (verdict,) = [one["verdict"] for one in told["findings"] if one["rule"].startswith("a second create")]
    assert (code, verdict) == (0, "kept")


def test_what_could_not_be_made_is_not_tried_and_told(sandbox: Sandbox) -> None:
    sandbox.faults("423 POST /flex/opportunities")
    code, told = checked(sandbox.urls["flex"])
    assert code == 1
    untried = [reason for reason in told["not_tried"] if "no opportunity of the check's own" in reason]
    assert len(untried) == 4
    assert list(broken(told)) == ["an opportunity can be made: 201, with its FLEXId and our IntegrationId"]


def test_people_read_what_was_not_tried(sandbox: Sandbox, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["gateway", "check", sandbox.urls["flex"], "--client-id", "sandbox"]) == 0
    said = capsys.readouterr().out
    assert "Not tried:" in said
    assert "A note on an application" in said
    assert "The gateway keeps every rule." in said


@pytest.mark.parametrize(
    ("faults", "named"),
    [
        ("500 POST /flex/opportunities", "an opportunity can be made"),
        ("no-id POST /flex/contacts", "a contact can be made"),
        ("other-id GET /flex/contacts", "a contact is found by its IntegrationId"),
        ("bad-json GET /flex/products", "lists come in pages"),
        ("redirect PATCH /flex/contacts", "a contact can be changed"),
        ("423 PUT /flex/opportunities", "a product link may be put twice"),
        ("423 PUT /flex/opportunities", "a person can be added"),
        ("500 PATCH /flex/properties", "a property can be changed"),
        ("html GET /flex/applications", "applications can be listed"),
        ("html POST /flex/notes", "a note can be made"),
    ],
)
def test_what_is_wrong_is_named(sandbox: Sandbox, faults: str, named: str) -> None:
    sandbox.faults(faults)
    code, told = checked(sandbox.urls["flex"])
    assert code == 1
    assert any(rule.startswith(named) for rule in broken(told)), told


def test_a_lost_reply_is_not_asked_for_again_and_may_have_left_a_record(sandbox: Sandbox) -> None:
    sandbox.faults("drop-reply POST /flex/opportunities")
    code, told = checked(sandbox.urls["flex"])
    assert code == 1
    asked = [one for one in sandbox.writes() if one["path"].endswith("/opportunities")]
    assert len(asked) == 1
    (left,) = [one for one in told["left"] if one["kind"] == "opportunity"]
    assert left["flex_id"] == ""


def test_a_wrong_secret_and_a_dead_address_are_exit_code_3(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BROKERDESK_FLEX_SECRET", "wrong")
    code, told = checked(sandbox.urls["flex"])
    assert (code, told["left"]) == (3, [])
    code, told = checked("http://127.0.0.1:9/flex")
    assert (code, told["left"]) == (3, [])


def test_without_a_secret_or_a_terminal_it_says_what_to_set(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("BROKERDESK_FLEX_SECRET")
    monkeypatch.setattr("sys.stdin", io.StringIO())
    code, told = checked(sandbox.urls["flex"])
    assert (code, told["error"]["code"]) == (2, "no-secret")


# -- the gateway to start from -------------------------------------------------------------------------------


FILES = {"gateway.py", "openapi.yaml", "README.md"}


def written(folder: Path, *more: str) -> tuple[int, Any]:
    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(io.StringIO()):
        code = main(["gateway", "new", str(folder), "--json", *more])
    return code, json.loads(out.getvalue())


def test_the_gateway_to_start_from_passes_the_check_as_it_is(tmp_path: Path) -> None:
    folder = tmp_path / "not" / "there"
    code, told = written(folder)
    assert (code, {Path(path).name for path in told["files"]}) == (0, FILES)
    process = subprocess.Popen(
        [sys.executable, "-I", str(folder / "gateway.py"), "--port", "0", "--client-id", "sandbox"],
        env={"GATEWAY_SECRET": "sandbox"},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        code, told = checked(url)
    finally:
        process.kill()
        process.communicate()
    assert code == 0
    assert {finding["verdict"] for finding in told["findings"]} == {"kept"}
    assert told["version"] == "1.2"
    assert not any("of the check's own" in reason for reason in told["not_tried"])


@pytest.mark.parametrize("name", sorted(FILES))
def test_no_file_is_overwritten_and_no_other_is_written_then(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("mine")
    code, told = written(tmp_path)
    assert (code, told["error"]["code"]) == (2, "file-there")
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert (tmp_path / name).read_text() == "mine"


def test_a_folder_that_the_disk_does_not_take_is_said(tmp_path: Path) -> None:
    code, told = written(tmp_path / ("x" * 300))
    assert (code, told["error"]["code"]) == (1, "cannot-write")


def test_a_folder_that_is_a_file_is_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "x").write_text("mine")
    code, told = written(tmp_path / "x" / "y")
    assert (code, told["error"]["code"]) == (2, "file-there")
    assert f"{tmp_path / 'x'} is there already" in told["error"]["message"]
    assert (tmp_path / "x").read_text() == "mine"


def test_the_gateway_does_not_start_without_a_secret(tmp_path: Path) -> None:
    written(tmp_path)
    ended = subprocess.run(
        [sys.executable, "-I", str(tmp_path / "gateway.py"), "--port", "0"],
        env={},
        check=False,
        capture_output=True,
        text=True,
    )
    assert ended.returncode == 1
    assert "GATEWAY_SECRET" in ended.stderr
