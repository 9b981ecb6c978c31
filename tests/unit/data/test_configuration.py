"""The definition of config.toml: its schema, its words, and every problem of a file with its line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from core.decoding.typed_json import convert_value
from core.errors import UsageError
from data.configuration.definition import Config, Profile, is_profile_name
from data.configuration.keys import FREE_NAME, keys_of, sections, toml_key, toml_value
from data.configuration.schema import config_schema
from data.configuration.shape import KeyProblem, ShapeCheck, shown_path
from data.operator_files.toml_lines import key_lines
from data.operator_files.toml_text import parse_toml
from data.settings import parse_config

FILE = Path("config.toml")


def problems(text: str) -> list[KeyProblem]:
    """Return what is wrong with the form of a file."""
    return list(ShapeCheck(FILE, key_lines(text)).problems(parse_toml(text)))


# -- the definition ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("path", "section"), sections())
def test_every_key_says_what_it_does_and_what_it_takes(path: tuple[str, ...], section: type[Any]) -> None:
    for key in keys_of(section).values():
        assert key.about.endswith((".", ")")), key.name
        assert key.takes, key.name
        if key.section is None:
            assert key.examples, f"{key.name} has no example"


@pytest.mark.parametrize(("path", "section"), sections())
def test_every_example_and_every_default_can_be_written(path: tuple[str, ...], section: type[Any]) -> None:
    heading = ".".join("live" if part == FREE_NAME else part for part in path)
    for key in keys_of(section).values():
        if key.section is not None:
            continue
        inner = f".{key.name}" if isinstance(key.examples[0], dict) else ""
        lines = [key.line()]
        if key.default is not None:
            lines.append(f"{key.name} = {toml_value(key.default)}")
        for line in lines:
            table = f"[{heading}{inner}]" if heading and line is lines[0] else f"[{heading}]"
            text = f"{table}\n{line}" if heading else line
            assert parse_config(FILE, text), text


def test_keys_and_values_are_written_as_toml_reads_them() -> None:
    for key in ("a", "a-b_1", "two words", 'quo"te', "ä", "", "a\x7fb"):
        for value in ("x", 'quo"te', "\x7f\x00", 1, 2.5, True, ["a", "b"]):
            assert parse_toml(f"{toml_key(key)} = {toml_value(value)}") == {key: value}


def test_a_problem_of_each_kind_has_its_line_and_says_what_to_write() -> None:
    found = problems(
        'profile = "live"\n'  # 1
        "[profiles.live]\n"
        'live = "yes"\n'  # 3
        "undo_day = 3\n"
        "rate = 4\n"  # 5
        "zzzz = 1\n"
        "[profiles.live.flex]\n"
        "rate = 0\n"  # 8
        'secret = "hunter2"\n'
        "[profiles.live.keys]\n"
        "push = 3\n"  # 11
        "[profiles.live.total_expert]\n"
        "groups = [\n"  # 13
        '  "a",\n'
        "  4,\n"
        "]\n"
        "agents = 1\n"  # 17
        "[profiles.sandbox]\n"
        "live = true\n"
    )
    said = [
        (shown_path(problem.path), problem.error.code, problem.error.message, problem.error.fix)
        for problem in found
    ]
    assert [(key, code) for key, code, _, _ in said] == [
        ("profiles.live.live", "bad-config"),
        ("profiles.live.undo_day", "unknown-key"),
        ("profiles.live.rate", "unknown-key"),
        ("profiles.live.zzzz", "unknown-key"),
        ("profiles.live.flex.rate", "bad-config"),
        ("profiles.live.flex.secret", "unknown-key"),
        ("profiles.live.keys.push", "bad-config"),
        ("profiles.live.total_expert.groups", "bad-config"),
        ("profiles.live.total_expert.agents", "bad-config"),
        ("profiles.sandbox", "bad-config"),
    ]
    messages = [problem.error.message for problem in found]
    lines = [message.removeprefix("config.toml, line ").partition(":")[0] for message in messages]
    assert lines == ["3", "4", "5", "6", "8", "9", "11", "13", "17", "18"]
    fixes = [problem.error.fix for problem in found]
    assert fixes[0] == "Write true or false, such as live = true."
    assert fixes[1] == "Did you mean “undo_days”?"
    assert "[profiles.live.flex] or [profiles.live.simplenexus]" in fixes[2]
    assert "live, label, workspace" in fixes[3]
    assert fixes[4] == "Write a number above 0, up to 100,000, such as rate = 500.0."
    assert "--secret-of" in fixes[5]
    assert fixes[6] == 'Write a text for each name, such as push = "ctrl+s".'
    assert fixes[7] == 'Write a list of texts, such as groups = ["Past Client"].'
    assert "heading [profiles.live.total_expert.agents]" in fixes[8]
    assert "hunter2" not in "".join(messages + fixes)


def test_values_of_a_command_line_are_looked_at_as_it_types_them() -> None:
    given_values = {"undo_days": "7", "live": "true", "flex": {"rate": "ninety"}}
    check = ShapeCheck(FILE, {}, is_typed=True)
    found = list(check.problems(given_values, Profile, ("profiles", "live")))
    assert [problem.path for problem in found] == [("profiles", "live", "flex", "rate")]


# -- one definition, three readers ---------------------------------------------------------------------------

VALUES = st.one_of(
    st.booleans(),
    st.integers(-5, 100_001),
    st.floats(allow_nan=False, allow_infinity=False, width=16),
    st.sampled_from(["", "hold", "link", "x", "AU", "tinydb", "never", "w" * 81]),
    st.lists(st.sampled_from(["a", ""]), max_size=2),
    st.dictionaries(st.sampled_from(["push", "referred_by"]), st.sampled_from(["a", ""]), max_size=2),
    st.sampled_from([["a", 1], {"push": 1}]),
)
NAMES = [(*path, name) for path, section in sections() for name in keys_of(section)] + [
    ("profiles", FREE_NAME, "nothing"),
    ("nothing",),
    ("profiles", "sandbox", "live"),
    ("profiles", "a b", "live"),
]


def _written(settings: dict[tuple[str, ...], Any]) -> dict[str, Any]:
    """Return the table of a file with these values, by the paths of their keys."""
    whole: dict[str, Any] = {}
    for path, value in settings.items():
        place = whole
        for part in path[:-1]:
            inner = place.setdefault("live" if part == FREE_NAME else part, {})
            if not isinstance(inner, dict):
                break
            place = inner
        else:
            place[path[-1]] = value
    return whole


@given(st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=3))
@example({("profiles", "sandbox", "live"): True})
@example({("profiles", "a b", "live"): True})
@example({("profiles", FREE_NAME, "live"): True, ("profiles", FREE_NAME, "flex", "rate"): 90})
def test_the_decoder_the_check_and_the_schema_agree(settings: dict[tuple[str, ...], Any]) -> None:
    raw = _written(settings)
    try:
        config = convert_value(raw, Config)
        is_read = all(map(is_profile_name, config.profiles))
    except msgspec.ValidationError:
        is_read = False
    wrong = [problem.path for problem in ShapeCheck(FILE, {}).problems(raw)]
    assert (not wrong) == is_read, wrong
    validator = jsonschema.Draft202012Validator(config_schema())
    assert validator.is_valid(raw) == is_read, [error.message for error in validator.iter_errors(raw)]


def test_the_first_problem_stops_a_start() -> None:
    with pytest.raises(UsageError) as caught:
        parse_config(FILE, "[profiles.live]\n\nundo_days = -1\nzzzz = 1")
    assert caught.value.message == "config.toml, line 3: profiles.live.undo_days: it has to be at least 0."
    assert caught.value.fix == "Write a whole number from 0 to 365, such as undo_days = 7."
