"""`brokerdesk config`: each setting with its source, each problem with its line. And `brokerdesk --spec`."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from data.configuration.schema import config_schema
from tests.support.fork_server import ROOT
from tests.support.sandbox_home import Home
from tui.theme import VARIABLE

PASSWORD = "hunter2"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    for name in ("BROKERDESK_HOME", VARIABLE, "BROKERDESK_FLEX_SECRET"):
        monkeypatch.delenv(name, raising=False)
    return Home(tmp_path)


def write(home: Home, text: str) -> None:
    (home.path / "config.toml").write_text(text, "utf-8")


GOOD = f"""\
profile = "live"
[profiles.live]
live = true
workspace = "harbour-loans"
keys.push = "ctrl+s"
theme = "nord"
[profiles.live.flex]
url = "https://desk:{PASSWORD}@flex.example.com"
rate = 90
"""


def values(said: dict[str, Any]) -> dict[str, tuple[Any, str, int | None]]:
    """Return each setting that `config show --json` printed: its value, its source, its line."""
    return {value["key"]: (value["value"], value["source"], value["line"]) for value in said["values"]}


# -- show ----------------------------------------------------------------------------------------------------


def test_each_value_has_the_file_and_the_line_that_it_came_from(home: Home) -> None:
    write(home, GOOD)
    code, said = home.run("config", "show")
    assert code == 0
    shown = values(said)
    assert shown["live"] == (True, "config.toml", 3)
    assert shown["keys.push"] == ("ctrl+s", "config.toml", 5)
    assert shown["flex.rate"] == (90.0, "config.toml", 9)
    assert shown["flex.settle"] == (60.0, "default", None)
    assert shown["writer"] == ("vendor", "default", None)
    assert said["profile"] == {"value": "live", "source": "config.toml"}
    assert said["home"]["source"] == "--home"


def test_no_secret_is_printed_only_where_it_is(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    write(home, GOOD)
    _, said = home.run("config", "show")
    assert said["secrets"] == [{"name": "flex", "variable": "BROKERDESK_FLEX_SECRET", "source": ""}]
    (home.path / "secrets.json").write_text(json.dumps({"live:flex": PASSWORD}), "utf-8")
    _, said = home.run("config", "show")
    assert said["secrets"][0]["source"] == "secrets.json"
    monkeypatch.setenv("BROKERDESK_FLEX_SECRET", PASSWORD)
    _, said = home.run("config", "show")
    assert said["secrets"][0]["source"] == "environment"
    code, out, err = home.say("config", "show")
    assert (code, PASSWORD in out + err + json.dumps(said)) == (0, False)
    assert "https://…@flex.example.com" in out


def test_an_address_in_a_table_of_texts_is_shown_without_its_password(home: Home) -> None:
    write(home, f'[profiles.live.total_expert.defaults]\nother_url = "https://desk:{PASSWORD}@x.example"\n')
    shown = values(home.run("config", "show", "--profile", "live")[1])
    assert shown["total_expert.defaults.other_url"] == ("https://…@x.example", "config.toml", 2)


def test_a_theme_that_was_chosen_elsewhere_names_where(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    write(home, GOOD)
    assert values(home.run("config", "show")[1])["theme"] == ("nord", "config.toml", 6)
    (home.path / "screen.json").write_text('{"theme": "dracula", "theme_over": "nord"}', "utf-8")
    assert values(home.run("config", "show")[1])["theme"] == ("dracula", "screen.json", None)
    monkeypatch.setenv(VARIABLE, "gruvbox")
    assert values(home.run("config", "show")[1])["theme"] == ("gruvbox", VARIABLE, None)


def test_without_a_file_the_sandbox_is_shown(home: Home) -> None:
    code, out, _ = home.say("config", "show")
    assert code == 0
    assert "sandbox" in out.splitlines()[2]
    assert "SECRETS" not in out


# -- check ---------------------------------------------------------------------------------------------------


def test_a_file_that_is_not_there_is_not_said_to_name_no_profile(home: Home) -> None:
    code, said, _ = home.say("config", "check")
    assert (code, "config.toml is not there: brokerdesk uses" in said.replace("\n", " ")) == (0, True)
    write(home, "")
    assert "config.toml names no profile" in home.say("config", "check")[1].replace("\n", " ")


def test_a_file_without_a_problem_says_so(home: Home) -> None:
    write(home, GOOD)
    assert home.say("config", "check")[:2] == (
        0,
        f"{home.path / 'config.toml'} has 1 profile and no problem.\n",
    )
    (home.path / "config.toml").unlink()
    code, out, _ = home.say("config", "check")
    assert (code, "built-in sandbox" in out) == (0, True)


BAD = f"""\
profile = "liv"
[profiles.live]
undo_day = 3
[profiles.other]
live = true
zone = "Mars/Base"
theme = "harbor"
one_way = "nobody.txt"
map = "my.toml"
milestones = "absent.toml"
proxy = "http://a:{PASSWORD}@c"
[profiles.other.keys]
pusch = "p"
push = "q"
[profiles.other.owners]
"a" = "b"
[profiles.other.flex]
url = "http://desk:{PASSWORD}@flex.example.com"
[profiles.other.simplenexus]
client_id = "x"
[profiles.other.brokerengine]
folder = "nowhere"
url = "https://b.example.com"
[profiles.other.total_expert]
url = "https://b.example.com"
defaults.email = "x"
"""


def test_every_problem_is_named_at_once_with_file_key_line_and_what_to_write(home: Home) -> None:
    write(home, BAD)
    (home.path / "my.toml").write_text("[[row]]\nscope = 'person'\nsource = 'Shoe size'\n", "utf-8")
    code, said = home.run("config", "check")
    assert code == 1
    config, own_map = str(home.path / "config.toml"), str(home.path / "my.toml")
    found = [
        (problem["file"], problem["key"], problem["line"], problem["code"]) for problem in said["problems"]
    ]
    assert found == [
        (config, "profiles.live.undo_day", 3, "unknown-key"),
        (config, "profile", 1, "unknown-profile"),
        (config, "profiles.other.live", 5, "no-workspace"),
        (config, "profiles.other.flex.url", 18, "bad-url"),
        (config, "profiles.other.simplenexus.url", 19, "not-configured"),
        (config, "profiles.other.brokerengine.folder", 22, "two-sources"),
        (config, "profiles.other.brokerengine.folder", 22, "no-folder"),
        (config, "profiles.other.zone", 6, "bad-config"),
        (config, "profiles.other.proxy", 11, "bad-url"),
        (config, "profiles.other.one_way", 8, "bad-one-way"),
        (config, "profiles.other.owners", 15, "bad-config"),
        (config, "profiles.other.total_expert.defaults", 26, "bad-config"),
        (own_map, "", None, "broken-map"),
        (config, "profiles.other.milestones", 10, "no-map"),
        (config, "profiles.other.keys.pusch", 13, "bad-config"),
        (config, "profiles.other.keys.push", 14, "bad-config"),
        (config, "profiles.other.theme", 7, "bad-config"),
    ]
    assert all(problem["fix"] for problem in said["problems"])
    code, out, _ = home.say("config", "check")
    assert code == 1
    assert (
        f"{config}:3  profiles.live.undo_day\n  There is no key “undo_day” here.\n  Did you mean “undo_days”?"
        in out
    )
    assert f"17 problems in {config}." in out
    assert PASSWORD not in out + json.dumps(said)


def test_one_profile_can_be_checked_alone(home: Home) -> None:
    write(home, BAD)
    _, said = home.run("config", "check", "--profile", "live")
    assert [problem["key"] for problem in said["problems"]] == ["profiles.live.undo_day", "profile"]
    code, said = home.run("config", "check", "--profile", "lve")
    assert (code, said["error"]["code"]) == (2, "unknown-profile")


@pytest.mark.parametrize(("content", "line"), [(b"a = 1\nb = \n", 2), (b"a = 1\n\xff", None), (b"[[[", 1)])
def test_a_file_that_can_not_be_read_is_one_problem(home: Home, content: bytes, line: int | None) -> None:
    (home.path / "config.toml").write_bytes(content)
    code, said = home.run("config", "check")
    assert code == 1
    assert [(problem["code"], problem["line"]) for problem in said["problems"]] == [("bad-config", line)]


def test_the_schema_is_printed_as_json(home: Home) -> None:
    assert home.run("config", "schema") == (0, json.loads(json.dumps(config_schema())))


# -- the command line as JSON --------------------------------------------------------------------------------


def test_spec_prints_the_whole_command_line() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tui.cli", "--spec"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    spec = json.loads(done.stdout)
    config = next(command for command in spec["commands"] if command["name"] == "config")
    assert [command["name"] for command in config["commands"]] == [
        "config show",
        "config check",
        "config schema",
    ]
    push = next(command for command in spec["commands"] if command["name"] == "push")["commands"][0]
    card, *_ = (argument for argument in push["arguments"] if not argument["flags"])
    assert (card["value"], card["is_required"], card["takes_many"]) == ("CARD", True, True)
    person = next(argument for argument in push["arguments"] if "--person" in argument["flags"])
    assert (person["is_repeated"], person["takes_many"]) == (True, False)
    assert push["examples"][0] == "brokerdesk push card C-1001"
