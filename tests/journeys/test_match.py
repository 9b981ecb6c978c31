"""Two files matched from the command line: counts, pairs with their evidence, what is set aside, the rows in a file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.people import HALE, as_theirs, but, strangers
from tests.support.private import is_private
from tui.cli.main import main

COLUMNS = (
    "id",
    "first_name",
    "last_name",
    "email",
    "mobile_phone",
    "birth_date",
    "street",
    "city",
    "state",
    "postcode",
)


def table(*contacts: Any) -> str:
    rows = [",".join(COLUMNS), *(",".join(getattr(one, name) for name in COLUMNS) for one in contacts)]
    return "\n".join(rows) + "\n"


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    ann = but(
        HALE, id="S2", first_name="John", last_name="Moss", email="moss@x.example", mobile_phone="", street=""
    )
    linked = but(
        HALE, id="S3", first_name="Uma", last_name="Park", email="uma@x.example", mobile_phone="", street=""
    )
    ours, theirs = tmp_path / "sn.csv", tmp_path / "te.jsonl"
    ours.write_text(table(HALE, ann, linked, *strangers(3, "S")) + "S9,Again,,,,,,,,,more\n")
    people = [
        as_theirs(HALE, first_name="Bob"),
        but(ann, id="T2", first_name="Mary"),
        but(linked, id="T3", email=" UMA@x.example"),
        *strangers(2, "T"),
    ]
    theirs.write_text(
        "".join(json.dumps({name: getattr(one, name) for name in COLUMNS}) + "\n" for one in people)
    )
    return ["match", "--simplenexus", str(ours), "--total-expert", str(theirs)]


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, Any]:
    code = main([*arguments, "--json"])
    return code, json.loads(capsys.readouterr().out)


def test_two_files_give_verdicts_evidence_and_what_was_set_aside(
    files: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    code, said = run(capsys, *files)
    assert code == 0
    assert said["counts"] == {
        "linked": 0,
        "link": 1,
        "unlinked": 0,
        "household": 1,
        "hold": 0,
        "possible-duplicate": 1,
        "import": 2,
        "push": 3,
        "skip-one-way": 0,
        "cannot": 0,
        "gone": 0,
    }
    assert set(said) == {"counts", "pairs", "columns", "notices", "set_aside"}
    found = {pair["verdict"]: pair for pair in said["pairs"]}
    duplicate = found["possible-duplicate"]
    assert set(duplicate) == {
        "verdict",
        "reason",
        "simplenexus_ids",
        "total_expert_ids",
        "roles",
        "gone",
        "bits",
        "class",
        "evidence",
        "elsewhere",
        "suggestions",
    }
    assert (duplicate["simplenexus_ids"], duplicate["total_expert_ids"]) == (["S1"], ["T1"])
    assert (duplicate["class"], found["household"]["class"], found["link"]["class"]) == (
        "person",
        "household",
        None,
    )
    assert duplicate["bits"] == round(sum(line["bits"] for line in duplicate["evidence"]), 2) > 0
    assert {"field", "level", "bits", "left", "right"} == set(duplicate["evidence"][0])
    assert duplicate["evidence"][0]["level"] == "nickname"
    (aside,) = said["set_aside"]
    assert (aside["system"], aside["line"], aside["column"]) == ("simplenexus", 8, 11)


def test_couples_are_linked_only_where_the_setting_says_so(
    files: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(capsys, *files, "--same-email-other-name", "link")[1]["counts"]["link"] == 2


def test_the_rows_go_to_a_file_one_a_line(
    files: list[str], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    _, whole = run(capsys, *files)
    out = tmp_path / "rows.jsonl"
    code, said = run(capsys, *files, "--out", str(out))
    assert (code, set(said)) == (0, {"counts", "columns", "notices", "set_aside"})
    assert [json.loads(line) for line in out.read_text().splitlines()] == whole["pairs"]
    assert is_private(out)


def test_a_person_reads_counts_reasons_and_evidence(
    files: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(files) == 0
    said = capsys.readouterr().out
    for words in (
        "Robert Hale (S1)  ↔  Bob Hale (T1)",
        "ikely the same person: same ",
        "similar first name",
        "line 8, column 11",
    ):
        assert words in said


@pytest.mark.parametrize("first", [1, 3])
def test_one_file_alone_is_a_usage_error(
    capsys: pytest.CaptureFixture[str], files: list[str], first: int
) -> None:
    assert main(["match", *files[first : first + 2]]) == 2
    assert "Name both files" in capsys.readouterr().err


def test_the_profile_says_what_becomes_of_couples_unless_the_command_does(
    files: list[str], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / "config.toml").write_text(
        'profile = "us"\n[profiles.us]\nsame_email_other_name = "link"\n', "utf-8"
    )
    assert run(capsys, *files)[1]["counts"]["link"] == 2
    assert run(capsys, *files, "--same-email-other-name", "hold")[1]["counts"]["link"] == 1


def test_a_file_in_which_nothing_names_a_person_says_which_columns_it_has_and_gives_no_counts(
    files: list[str], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    bad = tmp_path / "bad.csv"
    bad.write_text("Kunde,Handy\nAnn,0412\n")
    code, said = run(capsys, *files[:3], "--total-expert", str(bad))
    assert (code, said["error"]["code"]) == (1, "columns-needed")
    for words in ("Kunde, Handy", "email, first_name or last_name", "mobile_phone, home_phone"):
        assert words in said["error"]["message"]
    assert '--columns-total-expert "HEADER=email"' in said["error"]["fix"]
    assert set(said) == {"columns", "notices", "set_aside", "error"}
    assert said["columns"]["total-expert"]["ignored"] == ["Kunde", "Handy"]
    assert main([*files[:3], "--total-expert", str(bad)]) == 1
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "Kunde, Handy" in shown.err


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "it has no rows"),
        ("\n\n", "it has no rows"),
        ("first_name,last_name,email\n", "it has a header and no rows"),
        ("id,email\n,a@x.example\n", "all rows are set aside"),
    ],
)
@pytest.mark.parametrize("side", [2, 4])
def test_a_side_without_contacts_says_so_and_gives_no_counts(
    files: list[str], capsys: pytest.CaptureFixture[str], tmp_path: Path, content: str, words: str, side: int
) -> None:
    empty = tmp_path / "empty.csv"
    empty.write_text(content)
    files[side] = str(empty)
    code, said = run(capsys, *files)
    assert (code, said["error"]["code"]) == (1, "no-contacts")
    assert words in said["error"]["message"]
    assert "counts" not in said
    assert main(files) == 1
    assert "push" not in capsys.readouterr().out


def test_a_file_that_is_not_there_is_a_usage_error(
    files: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    code, said = run(capsys, *files[:3], "--total-expert", "nowhere.csv")
    assert (code, said["error"]["code"]) == (2, "unreadable-file")


def test_dates_that_could_be_both_wait_for_a_word_in_one_line_and_are_read_with_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ours, theirs = tmp_path / "sn.csv", tmp_path / "te.csv"
    header = "id,first_name,last_name,email,birth_date\n"
    ours.write_text(header + "".join(f"S{n},Ann,Lee{n},ann{n}@x.example,1984-03-09\n" for n in range(40)))
    theirs.write_text(header + "".join(f"T{n},Ann,Lee{n},ann{n}@x.example,3/9/1984\n" for n in range(40)))
    arguments = ["match", "--simplenexus", str(ours), "--total-expert", str(theirs)]
    assert main(arguments) == 0
    aside = capsys.readouterr().out.partition("SET ASIDE")[2].split("\n")
    said = "birth_date: 40 values could be d/m/y or m/d/y; say which with --dates"
    assert [said in line for line in aside if line.strip()] == [True]
    code, given = run(capsys, *arguments)
    assert (code, len(given["set_aside"])) == (0, 40)
    code, given = run(capsys, *arguments, "--dates", "mdy")
    assert (code, given["counts"]["link"], given["set_aside"]) == (0, 40, [])
