"""Columns by name, by answer, by earlier answer; what is asked, and what an error proposes."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import UsageError
from data.tables.columns import (
    NO_ANSWERS,
    BadColumnAnswers,
    ColumnAnswers,
    ColumnMatch,
    ColumnProfile,
    WantedColumns,
    header_key,
    match_columns,
    parse_answers,
)
from data.tables.profiles import ColumnProfiles, given_answers, is_profile_name, proposed_name
from tests.support.private import is_private

WANTED = WantedColumns(
    kind="boats",
    names=("id", "skipper", "home_port", "built", "sail_1_area"),
    needed=(("id",), ("skipper", "home_port")),
    expected=("built",),
    aliases={"skipper": ("Captain", "Master"), "built": ("Year",)},
)


def matched(*cells: str, answers: ColumnAnswers = NO_ANSWERS) -> ColumnMatch:
    return match_columns(cells, WANTED, answers)


def given_(**columns: str) -> ColumnAnswers:
    return given_by(columns)


def given_by(columns: dict[str, str]) -> ColumnAnswers:
    return ColumnAnswers(ColumnProfile("", "boats", (), columns))


@pytest.mark.parametrize(
    "header",
    ["home_port", "Home Port", " HOME-PORT ", "home.port", "HomePort", "home  port:", "\uff28ome Port"],
)
def test_case_blanks_hyphens_and_punctuation_of_a_header_do_not_count(header: str) -> None:
    assert matched("ID", header).names == ("id", "home_port")


def test_our_own_name_comes_before_another_and_the_other_header_is_left_out() -> None:
    found = matched("Master", "Captain", "Skipper", "ID")
    assert (found.names, found.report.ignored) == (("", "", "skipper", "id"), ("Master", "Captain"))
    assert matched("Master", "Captain", "ID").names == ("", "skipper", "id")


def test_an_answer_comes_before_every_name_and_can_leave_a_header_out() -> None:
    found = matched("Skipper", "Captain", "ID", answers=given_(Captain="skipper", ID=""))
    assert found.names == ("", "skipper", "")
    assert (found.dropped, found.report.missing) == (frozenset({3}), ("id",))


def test_each_header_is_named_once_and_what_is_not_there_too() -> None:
    found = matched("ID", "Hull", "Captain", "ID", "")
    assert (dict(found.report.found), found.report.ignored) == ({"id": "ID", "skipper": "Captain"}, ("Hull",))
    assert found.report.absent == ("home_port", "built", "sail_1_area")
    assert found.repeats == ((4, 1),)


def test_a_column_without_a_header_is_called_by_its_place_and_can_be_answered_for() -> None:
    report = matched("", "ID", " ", "Captain", "", "").report
    assert (report.headers, report.ignored) == (
        ("Column 1", "ID", "Column 3", "Captain"),
        ("Column 1", "Column 3"),
    )
    answers = ColumnAnswers(ColumnProfile("", "boats", (), {"Column 3": "built"}))
    assert matched("", "ID", " ", "Captain", "", "", answers=answers).names == (
        "",
        "id",
        "built",
        "skipper",
        "",
        "",
    )
    remembered = ColumnProfile("p", "boats", report.headers, {"Column 3": "built"})
    assert (
        matched("", "ID", "", "Captain", answers=ColumnAnswers(remembered=(remembered,))).report.profile
        == "p"
    )


def test_the_values_of_a_file_without_a_header_are_not_shown_as_headers() -> None:
    report = matched("Ann", "ann@x.example", "0412 555 010", "1984-03-09", "x" * 300, "Reno").report
    assert report.headers == tuple(f"Column {n}" for n in range(1, 7))
    assert (report.has_values, report.questions) == (True, ())
    assert not matched("ID", "", "Column 3").report.has_values


@pytest.mark.parametrize("answers", [{"Column 2": "skipper"}, {"Column 1": "id", "Column 3": ""}])
def test_an_answer_by_place_shows_no_value_of_a_file_without_a_header(answers: dict[str, str]) -> None:
    found = matched("Ann", "ann@x.example", "Reno", answers=given_by(answers))
    assert found.report.headers == ("Column 1", "Column 2", "Column 3")
    assert dict(found.report.found) == {ours: theirs for theirs, ours in answers.items() if ours}


@pytest.mark.parametrize("odd", ["2023/24", "1.7. - 31.12.", "$10,000+", "@home", "y" * 201])
def test_a_header_that_looks_like_a_value_is_answered_and_remembered_by_its_place(odd: str) -> None:
    report = matched("ID", "Hull", odd, answers=given_by({"Column 3": "built"})).report
    assert (report.found["built"], report.headers) == ("Column 3", ("ID", "Hull", "Column 3"))
    profile = ColumnProfile("boats", "boats", report.headers, {"Column 3": "built"})
    again = matched("ID", "Hull", odd, answers=ColumnAnswers(remembered=(profile,))).report
    assert (again.profile, again.found["built"]) == ("boats", "Column 3")


def test_an_unknown_header_beside_one_that_looks_like_a_value_can_be_answered() -> None:
    found = matched("Chef", "2023/24", "Hafen", answers=given_by({"Chef": "skipper", "2023/24": "id"}))
    assert (found.names, found.report.has_values) == (("skipper", "", ""), False)


@pytest.mark.parametrize(
    ("cells", "questions"),
    [
        (("ID", "Captain", "Hull"), ("built",)),  # an expected one is missing, and Hull may be it
        (("ID", "Captain"), ()),  # no header is left
        (("ID", "Captain", "Year", "Hull"), ()),
        (("Captain", "Year", "Hull"), ("id",)),
        (("ID", "Hull"), ("skipper", "home_port", "built")),
    ],
)
def test_a_person_is_asked_only_if_a_header_could_be_what_is_missing(
    cells: tuple[str, ...], questions: tuple[str, ...]
) -> None:
    assert matched(*cells).report.questions == questions


def test_nobody_is_asked_again_after_an_answer() -> None:
    profile = ColumnProfile("boats", "boats", ("hull", "CAPTAIN", "id"), {})
    report = matched("ID", "Captain", "Hull", answers=ColumnAnswers(remembered=(profile,))).report
    assert (report.questions, report.profile) == ((), "boats")


def test_an_error_proposes_the_header_that_resembles_what_is_missing() -> None:
    assert matched("Skiper", "Hull", "Ident").report.example() == "HEADER=id,Skiper=skipper"
    assert matched("A", "B").report.example() == "HEADER=id,HEADER=skipper"


@pytest.mark.parametrize(
    ("text", "answers"),
    [
        ("Chef=skipper", {"Chef": "skipper"}),
        (" Chef = Skipper , Hafen=HOME PORT", {"Chef": "skipper", "Hafen": "home_port"}),
        ('"Chef, first=skipper",Notes=', {"Chef, first": "skipper", "Notes": ""}),
        ("a=b=built", {"a=b": "built"}),
    ],
)
def test_answers_are_written_as_theirs_and_ours(text: str, answers: dict[str, str]) -> None:
    assert parse_answers(text, (WANTED,)) == answers


@pytest.mark.parametrize(
    "text", ["Chef", "=skipper", "Chef=mast", "Chef=skipper,Chef=built", "--=skipper", ","]
)
def test_what_is_no_answer_is_refused(text: str) -> None:
    with pytest.raises(BadColumnAnswers, match=r"is not THEIRS=OURS|twice|there is no column"):
        parse_answers(text, (WANTED,))


def test_answers_are_found_again_by_the_same_headers_in_any_order(tmp_path: Path) -> None:
    profiles = ColumnProfiles(tmp_path / "columns")
    assert profiles.all() == ()
    headers = ("Chef", 'Mast "x"\\', "Größe, m", "\ud800")
    assert (
        profiles.remember("May boats", "boats", headers, {"Chef": "skipper", 'Mast "x"\\': ""}) == "May boats"
    )
    again = given_answers("", (WANTED,), profiles)
    found = matched("grösse m".upper(), 'mast "X"', "CHEF", answers=again)
    assert (found.names, found.report.profile) == (("", "", "skipper"), "May boats")
    assert matched("Chef", "Hull", answers=again).names == ("", "")
    assert given_answers("May boats", (WANTED,), profiles).given == again.remembered[0]
    assert is_private(tmp_path / "columns" / "May boats.toml")


def test_new_answers_for_the_same_headers_replace_the_old_and_other_headers_get_another_name(
    tmp_path: Path,
) -> None:
    profiles = ColumnProfiles(tmp_path)
    assert profiles.remember("a", "boats", ("Chef", "Mast"), {"Chef": "skipper"}) == "a"
    assert profiles.remember("b", "boats", ("mast", "chef"), {"Chef": "home_port"}) == "a"
    assert profiles.remember("A", "boats", ("Hull",), {}) == "A-2"
    assert profiles.remember("a", "cars", ("Chef", "Mast"), {}) == "a-3"
    assert [(one.name, dict(one.columns)) for one in profiles.all()] == [
        ("A-2", {}),
        ("a", {"Chef": "home_port"}),
        ("a-3", {}),
    ]


@pytest.mark.parametrize("name", ["nothing", "../x", "cars"])
def test_a_name_that_is_not_remembered_for_such_files_is_refused(tmp_path: Path, name: str) -> None:
    profiles = ColumnProfiles(tmp_path / "columns")
    profiles.remember("cars", "cars", ("Chef",), {})
    (tmp_path / "x.toml").write_text('kind = "boats"\nheaders = []\n[columns]\n')
    with pytest.raises(UsageError) as caught:
        given_answers(name, (WANTED,), profiles)
    assert caught.value.code == "bad-columns"


@pytest.mark.parametrize(
    "content", [b"\xff", b"kind = 1", b"a = " + b"[" * 9000, b"kind = 'x'\nheaders = []\n"]
)
def test_a_damaged_file_is_as_if_it_were_not_there_unless_it_is_named(tmp_path: Path, content: bytes) -> None:
    profiles = ColumnProfiles(tmp_path)
    (tmp_path / "bad.toml").write_bytes(content)
    assert profiles.all() == ()
    with pytest.raises(UsageError, match="can't be read"):
        profiles.named("bad")


def test_a_folder_that_cant_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "columns").write_text("a file")
    with pytest.raises(UsageError) as caught:
        ColumnProfiles(tmp_path / "columns").remember("a", "boats", ("Chef",), {})
    assert caught.value.code == "unwritable-file"


@given(st.text(max_size=80))
def test_a_proposed_name_is_always_one(file: str) -> None:
    assert is_profile_name(proposed_name(file))


@given(st.text(max_size=30))
def test_a_key_has_only_letters_and_digits_and_is_its_own_key(header: str) -> None:
    key = header_key(header)
    assert key == "" or key.isalnum()
