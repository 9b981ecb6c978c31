"""A profile added to config.toml: what was there stays byte for byte, and what is written reads back as meant."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import UsageError
from core.push.plan import System
from data.new_profile import add_profile, check_name, section, typed
from data.settings import load_settings, parse_config
from tests.support.private import is_private

VALUES: dict[str, Any] = {
    "live": True,
    "workspace": "harbour-loans",
    "undo_days": 3,
    "flex": {"url": "https://flex.example", "client_id": "desk", "rate": 100.0},
}
HELD = '# ours\r\nprofile = "old"   # the usual one\r\n\r\n[profiles.old]\r\nworkspace = "w" # keep'


def test_the_first_profile_makes_the_file_and_is_the_one_used(tmp_path: Path) -> None:
    home = tmp_path / "home"
    made, default = add_profile(home, "live", VALUES)
    assert default
    assert made == load_settings(home, None)
    assert (made.name, made.profile.live, made.profile.undo_days) == ("live", True, 3)
    assert made.profile.system(System.FLEX).client_id == "desk"
    assert is_private(home / "config.toml")
    assert is_private(home)
    assert [path.name for path in home.iterdir()] == ["config.toml"]


def test_what_the_file_holds_stays_byte_for_byte(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_bytes(HELD.encode())
    _, default = add_profile(tmp_path, "live", VALUES)
    assert not default
    assert file.read_bytes().startswith(HELD.encode() + b"\n")
    assert load_settings(tmp_path, None).name == "old"
    assert load_settings(tmp_path, "live").profile.workspace == "harbour-loans"
    assert is_private(file)


def test_a_file_that_names_none_is_told_which_to_use_at_its_top(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text("[profiles.other]\n")
    assert add_profile(tmp_path, "live", VALUES)[1]
    assert file.read_text().startswith('profile = "live"\n[profiles.other]\n\n[profiles.live]\n')


def test_a_link_to_the_file_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real.toml").write_text("[profiles.other]\n")
    (tmp_path / "config.toml").symlink_to(tmp_path / "real.toml")
    add_profile(tmp_path, "live", VALUES)
    assert (tmp_path / "config.toml").is_symlink()
    assert "[profiles.live]" in (tmp_path / "real.toml").read_text()


@pytest.mark.parametrize(
    ("held", "name", "code"),
    [
        (HELD, "old", "profile-exists"),
        (HELD, "sandbox", "bad-config"),
        (HELD, "a b", "bad-config"),
        (HELD, "", "bad-config"),
        ("[profiles.old]\nworkspce = 1", "live", "unknown-key"),
        ("not toml", "live", "bad-config"),
        ('profiles = {old = {workspace = "w"}}', "live", "bad-config"),  # nothing can be added to that
    ],
)
def test_where_it_can_not_be_added_nothing_is_changed(
    tmp_path: Path, held: str, name: str, code: str
) -> None:
    file = tmp_path / "config.toml"
    file.write_bytes(held.encode())
    with pytest.raises(UsageError) as caught:
        add_profile(tmp_path, name, VALUES)
    assert caught.value.code == code
    assert file.read_bytes() == held.encode()
    assert [path.name for path in tmp_path.iterdir()] == ["config.toml"]


def test_a_name_is_checked_before_anything_is_asked(tmp_path: Path) -> None:
    check_name(tmp_path, "live")
    add_profile(tmp_path, "live", VALUES)
    with pytest.raises(UsageError, match="already"):
        check_name(tmp_path, "live")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=60))
def test_any_text_reads_back_as_it_was_given(tmp_path: Path, text: str) -> None:
    values = {"operator": text, "keys": {text: text}, "flex": {"client_id": text}}
    config = parse_config(tmp_path, section("live", values))
    profile = config.profiles["live"]
    assert (profile.operator, profile.keys) == (text, {text: text})
    assert profile.flex is not None
    assert profile.flex.client_id == text
    assert list(config.profiles) == ["live"]


def test_what_a_script_gives_as_text_becomes_what_belongs_there(tmp_path: Path) -> None:
    given = {"live": "true", "undo_days": "0", "workspace": "7", "flex": {"rate": "90", "client_id": "12"}}
    assert typed(tmp_path, "live", given) == {
        "live": True,
        "undo_days": 0,
        "workspace": "7",
        "flex": {"rate": 90.0, "client_id": "12"},
    }


@pytest.mark.parametrize(
    ("given", "code", "named"),
    [
        ({"flex": {"secret": "hunter2"}}, "secret-in-settings", "flex.secret"),
        ({"client_Secret": "hunter2"}, "secret-in-settings", "client_Secret"),
        ({"total_expert": {"token": "hunter2"}}, "secret-in-settings", "total_expert.token"),
        ({"flx": {"url": "hunter2"}}, "unknown-key", "flx"),
        ({"undo_days": "hunter2"}, "bad-config", "undo_days"),
        ({"writer": "hunter2"}, "bad-config", "writer"),
    ],
)
def test_a_key_that_will_not_do_is_named_and_a_secret_never_repeated(
    tmp_path: Path, given: dict[str, Any], code: str, named: str
) -> None:
    with pytest.raises(UsageError) as caught:
        typed(tmp_path, "live", given)
    assert caught.value.code == code
    assert named in caught.value.message
    if code == "secret-in-settings":
        assert "hunter2" not in f"{caught.value.message}{caught.value.fix}"
