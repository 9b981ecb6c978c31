"""The milestone map that ships with the desk says what the seed says; a file of one's own changes what it names."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from core.errors import UsageError
from core.milestones.milestone_map import Milestone, MilestoneRules
from data.configuration.definition import Profile
from data.maps.milestones import read_milestones, shipped_milestones
from data.settings import Settings

STARTED = "SN Loan Application Started"
LONG = "x" * 120


def settings(home: Path, named: str = "") -> Settings:
    return Settings(home, "live", Profile(milestones=named))


def test_the_shipped_map_has_the_six_by_their_own_names_and_abandoned_leaves_started(tmp_path: Path) -> None:
    shipped = read_milestones(settings(tmp_path))
    assert [(row.milestone, row.join, row.leave) for row in shipped.rows.values()] == [
        ("SN Borrower Linked", "", ""),
        ("SN Partner Linked", "", ""),
        ("SN Contact Ran Calculation", "", ""),
        (STARTED, STARTED, ""),
        ("SN Loan Application Abandoned", "", STARTED),
        ("SN Loan Application Submitted", "", ""),
    ]
    assert all(row.insight == row.milestone and not row.off for row in shipped.rows.values())
    assert shipped.rules == MilestoneRules(started_again=False, late=72 * 3600)


def test_an_own_file_changes_what_it_names_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "my.toml").write_text(
        '[[milestone]]\nmilestone = "SN Loan Application Submitted"\nleave = "SN Loan Application Started"\n'
        '[[milestone]]\nmilestone = "SN Partner Linked"\noff = true\n[rules]\nstarted_again = true\n'
    )
    shipped, own = shipped_milestones(), read_milestones(settings(tmp_path, "my.toml"))
    assert own.rows[Milestone.SUBMITTED] == msgspec.structs.replace(
        shipped.rows[Milestone.SUBMITTED], leave=STARTED
    )
    assert own.rows[Milestone.PARTNER_LINKED].off
    assert own.rows[Milestone.STARTED] == shipped.rows[Milestone.STARTED]
    assert own.rules == MilestoneRules(started_again=True, late=72 * 3600)
    assert own.version != shipped.version


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        (None, "no-map", "it is not there"),
        ("[[", "no-map", "it is not TOML"),
        ("x = 1", "bad-milestone-map", "there is no key “x”"),
        (
            '[[milestone]]\nmilestone = "Started"',
            "bad-milestone-map",
            "“Started” isn't one of the values",
        ),
        (
            '[[milestone]]\nmilestone = "SN Partner Linked"\ninsight = ""',
            "bad-milestone-map",
            "it may not be empty",
        ),
        ('[[milestone]]\nmilestone = "SN Partner Linked"\n' * 2, "bad-milestone-map", "there twice"),
        (f'[[milestone]]\nmilestone = "{STARTED}"\nleave = "{STARTED}"', "bad-milestone-map", "same group"),
        ("[rules]\nlate_hours = -1", "bad-milestone-map", "it has to be at least 0"),
        ("[rules]\nlate_hours = 8761", "bad-milestone-map", "it may be at most 8760"),
        (
            '[rules]\nlate_hours = "72"',
            "bad-milestone-map",
            "late_hours: it should be a number, not a text",
        ),
        ("[rules]\nlate_days = 3", "bad-milestone-map", "there is no key “late_days”"),
        (
            f'[[milestone]]\nmilestone = "{STARTED}"\nenter = "x"',
            "bad-milestone-map",
            "there is no key “enter”",
        ),
        (
            f'[[milestone]]\nmilestone = "{STARTED}"\njoin = "{LONG}y"',
            "bad-milestone-map",
            "at most 120 characters",
        ),
        (
            f'[[milestone]]\nmilestone = "{STARTED}"\ninsight = "{LONG}y"',
            "bad-milestone-map",
            "at most 120 characters",
        ),
    ],
)
def test_a_broken_own_file_is_refused_with_its_reason(
    tmp_path: Path, text: str | None, code: str, said: Any
) -> None:
    if text is not None:
        (tmp_path / "my.toml").write_text(text)
    with pytest.raises(UsageError) as refused:
        read_milestones(settings(tmp_path, "my.toml"))
    assert (refused.value.code, said in refused.value.message) == (code, True), refused.value.message


def test_an_own_file_may_use_the_longest_names_and_a_year_of_hours(tmp_path: Path) -> None:
    (tmp_path / "my.toml").write_text(
        f'[[milestone]]\nmilestone = "{STARTED}"\ninsight = "{LONG}"\njoin = "{LONG}"\n'
        "[rules]\nlate_hours = 8760\n"
    )
    own = read_milestones(settings(tmp_path, "my.toml"))
    row = own.rows[Milestone.STARTED]
    assert (row.insight, row.join, own.rules.late) == (LONG, LONG, 365 * 86_400.0)


def test_the_version_of_the_shipped_map_changes_only_with_the_map() -> None:
    """A milestone that is on its way names the version: another one for the same map would plan the milestone again."""
    assert shipped_milestones().version == "cc86778b"
