"""`brokerdesk overview` reads the book alone: what nobody has read yet is null in JSON, and called that in words."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tui.cli.main import main

FLEX = '[profiles.a]\nzone = "Australia/Sydney"\n[profiles.a.flex]\nurl = "http://127.0.0.1:1"\n'


def test_the_overview_asks_no_system(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["overview", "--json", "--home", str(tmp_path)]) == 0
    form = json.loads(capsys.readouterr().out)
    assert form["today"]["arrived"] == 0
    assert (form["contact_book"], form["waiting"]["milestones"], form["waiting"]["cards"]) == (
        None,
        None,
        None,
    )
    assert len(form["week"]) == 7
    assert main(["overview", "--home", str(tmp_path)]) == 0
    said = capsys.readouterr().out
    assert "Nothing was pushed today." in said
    assert "matches to decide: not read yet" in said


def test_a_desk_of_cards_has_no_line_about_contacts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "config.toml").write_text(FLEX, "utf-8")
    assert main(["overview", "--home", str(tmp_path), "--profile", "a"]) == 0
    said = capsys.readouterr().out
    assert "STILL TO ENTER BY HAND" in said
    assert "CONTACT BOOK" not in said
    assert "MILESTONES" not in said
