"""What was asked for was done: exit 0, and JSON says what stays open. See docs/commands.md, "Exit codes"."""

from __future__ import annotations

from pathlib import Path

from tests.support.sandbox_home import Home

HEADER = "card_id,kind,role,first_name,last_name,title,stage,owner"


def test_a_preview_of_what_can_not_be_pushed_is_a_preview(home: Home) -> None:
    assert home.run("push", "card", "C-1001", "--yes")[0] == 0
    code, shown = home.run("preview", "card", "C-1001")
    assert (code, shown["pushable"], shown["reason_codes"]) == (0, False, ["already-linked"])
    assert shown["reasons"]
    assert home.say("preview", "card", "C-1001")[0] == 0
    code, refused = home.run("push", "card", "C-1001", "--yes")
    assert (code, refused["error"]["code"]) == (1, "already-linked")


def test_an_import_with_rows_set_aside_is_an_import(home: Home, tmp_path: Path) -> None:
    file = tmp_path / "cards.csv"
    good = "W-1,lead,Primary Applicant,Jo,Lee,Lee,New,m.hale"
    bad = "W-2,lead,no such role,Kim,Roe,Roe,New,m.hale"
    file.write_text("\n".join((HEADER, good, bad)), "utf-8")
    code, told = home.run("import", str(file))
    assert (code, told["imported"]) == (0, 1)
    assert [(row["line"], row["field"], row["id"]) for row in told["set_aside"]] == [(3, "role", "W-2")]
    assert told["set_aside"][0]["reason"]
    file.write_text("\n".join((HEADER, bad)), "utf-8")
    code, told = home.run("import", str(file))
    assert (code, told["imported"], len(told["set_aside"])) == (1, 0, 1)
