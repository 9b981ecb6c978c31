"""Connections: what needs a look comes first, and what is fine takes one line for each system."""

from __future__ import annotations

from core.diagnostics.findings import Finding, FindingLevel
from tui.connections.dialog import FINE, ROWS, finding_rows

OK, WARN, BAD = FindingLevel.OK, FindingLevel.WARN, FindingLevel.BAD
FOUND = [
    Finding(OK, "settings", "", "The profile can be read."),
    Finding(OK, "flex", "", "It answers."),
    Finding(BAD, "flex", "wrong-secret", "It does not accept the secret."),
    Finding(OK, "flex", "", "Its clock is right."),
    Finding(OK, "total-expert", "", "It answers."),
    Finding(WARN, "book", "old-backup", "The backup is old."),
]


def lines(*opened: str) -> list[tuple[str, str]]:
    rows = finding_rows(FOUND, opened)
    assert len({row.key for row in rows}) == len(rows)
    assert [heading for row in rows if (heading := ROWS.section and ROWS.section(row)) is None] == []
    return [(FINE.text if row.is_alone else row.about, row.says) for row in rows]


def test_what_needs_a_look_comes_first_and_what_is_fine_takes_one_line_a_system() -> None:
    assert lines() == [
        ("FLEX", "It does not accept the secret."),
        ("FLEX", "2 more are fine"),
        ("book", "The backup is old."),
        ("Fine", "Settings: 1 check is fine"),
        ("Fine", "Total Expert: 1 check is fine"),
    ]


def test_a_system_that_is_opened_shows_each_finding_in_the_order_of_the_doctor() -> None:
    assert lines("flex", "total-expert") == [
        ("FLEX", "It answers."),
        ("FLEX", "It does not accept the secret."),
        ("FLEX", "Its clock is right."),
        ("Total Expert", "It answers."),
        ("book", "The backup is old."),
        ("Fine", "Settings: 1 check is fine"),
    ]
    everything = lines(*{finding.about for finding in FOUND})
    assert sorted(said for _, said in everything) == sorted(finding.what for finding in FOUND)


def test_nothing_found_is_no_row() -> None:
    assert finding_rows([], ()) == []
