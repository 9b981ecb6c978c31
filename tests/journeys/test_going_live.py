"""From nothing to a green doctor: `init` on a terminal and by a script, `doctor`, Connections; no secret anywhere."""

from __future__ import annotations

import asyncio
import base64
import io
import json
import stat
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from data.book.book import open_book
from tests.journeys.console import console, says, until
from tests.journeys.dialogue import Dialogue
from tests.support.card_files import table
from tests.support.sandbox_home import ROOT, Home, Sandbox
from tui.connections.dialog import ConnectionsDialog
from tui.widgets.row_list import RowList
from tui.wiring.records import RECORDS

SECRET = "zq7-Wrong-But-Secret-41xK"
SYSTEMS = ("brokerengine", "flex", "simplenexus", "total_expert")


@pytest.fixture
def fresh(tmp_path: Path, sandbox: Sandbox) -> Iterator[Home]:
    """A home that is not there yet."""
    sandbox.options("total-expert", tokens_an_hour=10_000, requests_a_minute=100_000)
    yield Home(tmp_path / "fresh")
    sandbox.options("total-expert", tokens_an_hour=10_000)


CONTACTS = ("simplenexus", "total_expert")


def _codes(told: Any, *levels: str) -> list[tuple[str, str]]:
    return [
        (one["about"], one["code"]) for one in told["findings"] if one["level"] in (levels or ("warn", "bad"))
    ]


def _tree(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def _script(sandbox: Sandbox, *systems: str) -> list[str]:
    """Give the answers of a script for some systems."""
    told = [f"{name}.url={sandbox.urls[name.replace('_', '-')]}" for name in systems]
    told += [f"{name}.client_id=sandbox" for name in systems]
    return [part for one in (*told, "workspace=w", "operator=m.hale") for part in ("--set", one)]


def _stdin(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(text))


# -- by hand -------------------------------------------------------------------------------------------------


TO_DO = [
    ("settings", "no-calculations"),
    ("simplenexus", "webhook-missing"),
    ("total-expert", "webhook-missing"),
]
"""What doctor says of a desk that sends milestones and to which nothing reports anything."""


def test_a_newcomer_gets_from_init_to_a_green_doctor(fresh: Home, sandbox: Sandbox) -> None:
    with Dialogue.with_command("init", "--home", str(fresh.path)) as asked:
        asked.answer("Name of the profile [live]")
        asked.answer("yes / no [yes]")
        asked.answer("Workspace", "harbour-loans")
        asked.answer("flex / contacts / both [flex]", "both")
        asked.answer("gateway / folder / later [gateway]")
        asked.answer("gateway / hand [gateway]")
        for name in ("BrokerEngine", "FLEX", "SimpleNexus", "Total Expert"):
            url = sandbox.urls[name.casefold().replace(" ", "-")]
            if name == "FLEX":
                asked.answer("Address of FLEX", "http://flex.example")  # only this machine may go without TLS
                asked.answer("Address of FLEX", url.replace("flex", "nothing-there"))
                asked.answer("Client id", "sandbox")
                asked.answer("Secret of FLEX", "sandbox")
                asked.answer("again / skip / leave [again]")
            asked.answer(f"Address of {name}", url)
            asked.answer("Client id", "sandbox")
            asked.answer(f"Secret of {name}", "sandbox")
        asked.answer("vendor / desk [vendor]", "d")
        asked.answer("One-way", "officers.txt")
        asked.answer("One-way")
        asked.answer("hold / link [hold]")
        asked.answer("Your name", "m.hale")
        asked.answer("Years that receipts are kept", "7")
        asked.answer("yes / no [yes]")
        asked.answer("yes / no [yes]")
        assert asked.end() == 0, asked.said
    assert "Give an https:// address" in asked.said
    assert "it gave no token" in asked.said
    assert "There is no keyring here" in asked.said

    assert (_mode(fresh.path), _mode(fresh.path / "config.toml")) == (0o700, 0o600)
    assert _mode(fresh.path / "secrets.json") == 0o600
    profile = tomllib.loads((fresh.path / "config.toml").read_text())["profiles"]["live"]
    assert (profile["writer"], profile["careful_start"]) == ("desk", True)
    assert (profile["one_way"], profile["same_email_other_name"]) == ("none", "hold")

    sandbox.options(
        "total-expert", tokens_an_hour=0
    )  # the one that init was given is used: no other is asked for
    for _ in range(2):
        code, told = fresh.run("doctor")
        assert (code, _codes(told)) == (0, TO_DO)
    assert {one["about"] for one in told["findings"]} == {
        *("settings", "book", "files", "brokerengine", "flex", "simplenexus", "total-expert")
    }
    code, said, _ = fresh.say("doctor")
    assert code == 0
    assert "3 to look at, 0 bad" in said
    assert fresh.run("cards")[0] == 0


def test_a_desk_without_a_gateway_of_flex_needs_no_address_and_no_secret(fresh: Home, tmp_path: Path) -> None:
    with Dialogue.with_command("init", "--home", str(fresh.path)) as asked:
        asked.answer("Name of the profile [live]", "desk")
        asked.answer("yes / no [yes]", "no")
        asked.answer("Workspace", "harbour-loans")
        asked.answer("flex / contacts / both [flex]")
        asked.answer("gateway / folder / later [gateway]", "later")
        asked.answer("gateway / hand [gateway]", "hand")
        asked.answer("Your name", "m.hale")
        asked.answer("Years that receipts are kept", "7")
        asked.answer("yes / no [yes]")
        assert asked.end() == 0, asked.said
    assert "brokerdesk paste" in asked.said
    file = tmp_path / "deals.csv"
    file.write_bytes(table({"card_id": "X-1", "title": "Nguyen"}))
    assert fresh.run("import", str(file))[0] == 0
    code, told = fresh.run("doctor")
    assert (code, _codes(told, "bad")) == (0, [])
    assert fresh.run("paste", "X-1")[0] == 0


def test_a_script_that_names_no_flex_makes_a_desk_that_enters_by_hand(fresh: Home) -> None:
    given = ["live=false", "workspace=harbour", "operator=m.hale", "brokerengine.folder=exports"]
    code, _ = fresh.run("init", *(word for one in given for word in ("--set", one)))
    assert code == 0
    (fresh.path / "exports").mkdir()
    code, said = fresh.run("cards")
    assert (code, said["cards"]) == (0, [])


@pytest.mark.parametrize(
    ("given", "sections"),
    [
        (["brokerengine="], {"brokerengine": {}}),
        (
            [f"{name}.{key}" for name in CONTACTS for key in ("url=https://x.example", "client_id=x")],
            {name: {"url": "https://x.example", "client_id": "x"} for name in CONTACTS},
        ),
        (
            ["flex.url=https://x.example", "flex.client_id=x"],
            {"flex": {"url": "https://x.example", "client_id": "x"}},
        ),
    ],
    ids=["by hand", "contacts", "without BrokerEngine"],
)
def test_a_script_makes_a_desk_without_the_gateway_that_it_does_not_name(
    fresh: Home, monkeypatch: pytest.MonkeyPatch, given: list[str], sections: dict[str, Any]
) -> None:
    for system in ("SIMPLENEXUS", "TOTAL_EXPERT", "FLEX"):
        monkeypatch.setenv(f"BROKERDESK_{system}_SECRET", "sandbox")
    answers = ["workspace=harbour", "operator=m.hale", *given]
    words = [word for one in answers for word in ("--set", one)]
    assert fresh.run("init", "--skip-tests", *words)[0] == 0
    profile = tomllib.loads((fresh.path / "config.toml").read_text())["profiles"]["live"]
    assert {name: table for name, table in profile.items() if isinstance(table, dict)} == sections
    assert fresh.run("config", "check")[0] == 0


def test_a_desk_of_imported_cards_is_fine_before_the_first_import(fresh: Home) -> None:
    for one in ((), ("brokerengine.folder=exports",)):
        given = ["live=false", f"workspace=w{len(one)}", "operator=m.hale", "brokerengine=", *one]
        name = f"desk{len(one)}"
        assert (
            fresh.run("init", "--profile", name, *(word for set_ in given for word in ("--set", set_)))[0]
            == 0
        )
        (fresh.path / "exports").mkdir(exist_ok=True)
        assert fresh.run("config", "check", "--profile", name)[1]["problems"] == []
        code, told = fresh.run("doctor", "--profile", name)
        assert (code, _codes(told, "bad")) == (0, [])
        assert fresh.run("cards", "--profile", name)[1]["cards"] == []
        assert "contact" not in fresh.say("doctor", "--profile", name)[1], "the profile has no contact desk"


def test_init_says_which_folder_is_read(fresh: Home) -> None:
    given = ["live=false", "workspace=w", "operator=m.hale", "brokerengine.folder=exports"]
    code, said, _ = fresh.say("init", *(word for one in given for word in ("--set", one)))
    assert code == 0
    assert f"Cards are read from the files in {fresh.path / 'exports'}." in said


def test_a_script_that_reaches_no_system_is_told_that_nothing_was_written_and_what_to_correct(
    fresh: Home, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    for more, secret, word in (
        (["--set", "flex.url=http://127.0.0.1:9/flex"], "x", "url"),
        ([], "x", "secret"),
    ):
        _stdin(monkeypatch, f"{secret}\n")
        code, told = fresh.run("init", *_script(sandbox, "flex"), *more)
        assert (code, told["error"]["message"].endswith("Nothing was written.")) == (3, True)
        assert word in told["error"]["fix"]
        assert "--skip-tests" in told["error"]["fix"]
        assert "config.toml" not in told["error"]["fix"]
        assert not fresh.path.exists()


def test_who_leaves_in_the_middle_leaves_nothing_behind(fresh: Home, sandbox: Sandbox) -> None:
    with Dialogue.with_command("init", "--home", str(fresh.path)) as asked:
        asked.answer("Name of the profile")
        asked.answer("yes / no")
        asked.answer("Workspace", "w")
        asked.answer("flex / contacts / both", "contacts")
        asked.answer("Address of SimpleNexus", sandbox.urls["simplenexus"])
        asked.answer("Client id", "sandbox")
        asked.answer("Secret of SimpleNexus", "sandbox")
        asked.answer("Address of Total Expert", sandbox.urls["total-expert"])
        asked.answer("Client id", "sandbox")
        asked.answer("Secret of Total Expert", "not this")
        asked.answer("again / skip / leave", "leave")
        assert asked.end() == 1
    assert "Nothing was written." in asked.said
    assert not fresh.path.exists()


# -- no secret anywhere --------------------------------------------------------------------------------------


CRASH = """
import sys
from data.vendors.http.client import HttpClient
def boom(self, path, params=None):
    raise RuntimeError("a fault of our own")
HttpClient.get = boom
from tui.cli.main import main
sys.exit(main(sys.argv[1:]))
"""


async def test_a_secret_is_in_its_own_place_and_nowhere_else(fresh: Home, sandbox: Sandbox) -> None:
    home = ["--home", str(fresh.path)]
    with Dialogue.with_command("init", *home) as asked:
        asked.answer("Name of the profile")
        asked.answer("yes / no")
        asked.answer("Workspace", "w")
        asked.answer("flex / contacts / both", "flex")
        asked.answer("gateway / folder / later", "later")
        asked.answer("gateway / hand", "gateway")
        asked.answer("Address of FLEX", sandbox.urls["flex"])
        asked.answer("Client id", "sandbox")
        asked.answer("Secret of FLEX", SECRET)
        asked.answer("again / skip / leave", "again")
        asked.answer("Address of FLEX")
        asked.answer("Client id")
        asked.answer("Secret of FLEX", SECRET)
        asked.answer("again / skip / leave", "skip")
        asked.answer("Your name")
        asked.answer("Years that receipts are kept")
        asked.answer("yes / no [yes]", "no")
        asked.answer("yes / no")
        assert asked.end() == 0, asked.said
    assert any("init" in line for line in asked.arguments)  # the look at what others see did see it
    said = [asked.said, *asked.arguments]

    for arguments in (
        ["doctor"],
        ["doctor", "--json"],
        ["bundle", "--out", str(fresh.path / "b.zip")],
        ["cards"],
    ):
        said += fresh.say(*arguments)[1:]
    crashed = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-c", CRASH, "init", *home, "--profile", "other", *_script(sandbox, "flex")],
        cwd=ROOT,
        input=f"{SECRET}\n",
        capture_output=True,
        text=True,
        check=False,
    )
    assert "brokerdesk itself failed in data.vendors.glance" in crashed.stderr
    said += [crashed.stdout, crashed.stderr]
    async with console(fresh, rest=False) as pilot:
        await until(pilot, lambda: pilot.app.trouble is not None or pilot.app.desk is not None)
        await pilot.press("C")
        await says(pilot, "does not accept the client id and secret")
        said.append(pilot.app.export_screenshot())

    forms = [SECRET.encode(), base64.b64encode(f"sandbox:{SECRET}".encode())]
    kept = _tree(fresh.path)
    own = kept.pop(str(fresh.path / "secrets.json"))
    assert forms[0] in own
    for form in forms:
        assert not [name for name, content in kept.items() if form in content]
        assert not [one for one in said if form.decode() in one]


# -- by a script ---------------------------------------------------------------------------------------------


def test_a_script_gives_settings_by_flags_and_secrets_on_stdin(
    fresh: Home, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    _stdin(monkeypatch, "sandbox\n" * 4)
    more = ["--set", "live=true", "--set", "writer=desk", "--set", "undo_days=3", "--set", "flex.rate=90"]
    more += ["--set", "careful_start=false"]
    code, told = fresh.run("init", "--profile", "office", *_script(sandbox, *SYSTEMS), *more)
    assert code == 0
    assert told["secrets"] == dict.fromkeys(("brokerengine", "flex", "simplenexus", "total-expert"), "file")
    assert told["tried"] == ["brokerengine", "flex", "simplenexus", "total-expert"]
    profile = tomllib.loads((fresh.path / "config.toml").read_text())["profiles"]["office"]
    assert (profile["live"], profile["undo_days"], profile["flex"]["rate"]) == (True, 3, 90.0)
    assert profile["careful_start"] is False
    code, told = fresh.run("doctor")
    assert (code, _codes(told), told["profile"]) == (0, TO_DO, "office")


def test_a_server_has_its_answers_as_toml_and_its_secrets_in_the_environment(
    fresh: Home, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    _stdin(
        monkeypatch,
        f'workspace = "w"\noperator = "m.hale"\n[flex]\nurl = "{sandbox.urls["flex"]}"\nclient_id = "sandbox"\n',
    )
    monkeypatch.setenv("BROKERDESK_FLEX_SECRET", "sandbox")
    code, told = fresh.run("init", "--answers", "-")
    assert (code, told["secrets"]) == (0, {"flex": "environment"})
    assert [path.name for path in fresh.path.iterdir()] == ["config.toml"]


@pytest.mark.parametrize(
    ("more", "stdin", "code", "error"),
    [
        (["--set", f"flex.secret={SECRET}"], "", 2, "secret-in-settings"),
        (["--set", "nonsense"], "", 2, "bad-config"),
        (["--set", "flx.url=x"], "", 2, "unknown-key"),
        ([], "", 2, "no-secret"),
        ([], "not this\n", 3, "wrong-secret"),
        (["--set", "flex.url=http://flex.example"], "sandbox\n", 2, "bad-url"),
        (["--set", "flex.url=http://127.0.0.1:9/flex"], "sandbox\n", 3, "unreachable"),
        (
            ["--set", "brokerengine.folder=a", "--set", "brokerengine.url=https://x"],
            "sandbox\n",
            2,
            "two-sources",
        ),
        (
            ["--set", "one_way=missing.txt", "--set", "simplenexus.url=https://x"],
            "sandbox\n",
            2,
            "missing-answer",
        ),
    ],
)
def test_what_is_wrong_with_a_scripts_answers_is_said_and_nothing_is_written(
    fresh: Home,
    sandbox: Sandbox,
    monkeypatch: pytest.MonkeyPatch,
    more: list[str],
    stdin: str,
    code: int,
    error: str,
) -> None:
    _stdin(monkeypatch, stdin)
    got, told = fresh.run("init", *_script(sandbox, "flex"), *more)
    assert (got, told["error"]["code"]) == (code, error)
    assert SECRET not in json.dumps(told)
    assert not fresh.path.exists()


def test_a_secret_given_in_place_of_a_systems_name_is_not_repeated(
    fresh: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        fresh.run("init", "--secret-of", SECRET)
    assert caught.value.code == 2
    assert SECRET not in "".join(capsys.readouterr())


def test_without_a_terminal_it_says_how_to_answer(fresh: Home) -> None:
    code, told = fresh.run("init")
    assert (code, told["error"]["code"]) == (2, "no-terminal")
    assert "--set" in told["error"]["fix"]


def test_a_secret_is_stored_anew(fresh: Home, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    _stdin(monkeypatch, "old\n")
    assert fresh.run("init", "--skip-tests", *_script(sandbox, "flex"))[0] == 0
    before = (fresh.path / "config.toml").read_bytes()
    code, told = fresh.run("doctor")
    assert (code, _codes(told, "bad")) == (1, [("flex", "wrong-secret")])
    _stdin(monkeypatch, "not this either\n")
    assert fresh.run("init", "--secret-of", "flex")[0] == 3
    assert "old" in (fresh.path / "secrets.json").read_text()
    _stdin(monkeypatch, "sandbox\n")
    assert fresh.run("init", "--secret-of", "flex") == (0, {"profile": "live", "secrets": {"flex": "file"}})
    _stdin(monkeypatch, "whsec\n")
    assert fresh.run("init", "--secret-of", "listen")[0] == 0
    assert json.loads((fresh.path / "secrets.json").read_text()) == {
        "live:flex": "sandbox",
        "live:listen": "whsec",
    }
    assert (fresh.path / "config.toml").read_bytes() == before


# -- the doctor ----------------------------------------------------------------------------------------------


def test_each_kind_of_trouble_has_its_exit_code(
    home: Home, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, told = home.run("doctor")
    assert (code, _codes(told, "bad")) == (0, [])
    monkeypatch.setenv("BROKERDESK_FLEX_SECRET", "not this")
    code, told = home.run("doctor")
    assert (code, _codes(told, "bad")) == (1, [("flex", "wrong-secret")])
    monkeypatch.delenv("BROKERDESK_FLEX_SECRET")
    code, told = home.run("doctor")
    assert (code, _codes(told, "bad")) == (1, [("flex", "no-secret")])
    config = home.path / "config.toml"
    config.write_text(config.read_text().replace(sandbox.urls["brokerengine"], "http://127.0.0.1:9/x"))
    code, told = home.run("doctor")
    assert (code, _codes(told, "bad")) == (3, [("brokerengine", "unreachable"), ("flex", "no-secret")])
    (home.path / "test").mkdir(mode=0o700)
    (home.path / "test" / "book.log").write_text("not a book")
    code, told = home.run("doctor")
    assert code == 4
    assert ("book", "book-damaged") in _codes(told, "bad")
    assert all(one["fix"] for one in told["findings"] if one["level"] != "ok")


def test_the_doctor_changes_nothing_and_leaves_the_book_to_its_writer(home: Home) -> None:
    assert home.run("doctor")[0] == 0
    assert [path.name for path in home.path.iterdir()] == ["config.toml"]
    with open_book(home.path / "test", RECORDS, operator="m.hale") as book:
        before = _tree(home.path)
        code, told = home.run("doctor")
        assert code == 0
        assert ("book", "book-held") in _codes(told, "ok")
        assert _tree(home.path) == before
        assert book.read_only is None


def test_a_home_on_a_cloud_drive_is_not_opened_for_writing(
    tmp_path: Path, sandbox: Sandbox, home: Home
) -> None:
    synced = Home.at(tmp_path / "Dropbox" / "desk", sandbox)
    for arguments in (["push", "card", "C-1042", "--yes"], ["resume"], ["import", "x.csv"], ["listen"]):
        code, told = synced.run(*arguments)
        assert (code, told["error"]["code"]) == (4, "book-synced")
        assert "--home" in told["error"]["fix"]
    code, told = synced.run("doctor")
    assert code == 4
    assert ("book", "book-synced") in _codes(told, "bad")
    code, told = Home(tmp_path / "OneDrive").run("init", *_script(sandbox, "flex"))
    assert (code, told["error"]["code"]) == (4, "book-synced")
    assert not (synced.path / "test").exists()
    assert sandbox.writes() == []


def test_the_embedded_sandbox_has_a_green_doctor_too(tmp_path: Path) -> None:
    code, told = Home(tmp_path / "new").run("doctor")
    assert (code, _codes(told)) == (0, [])
    assert told["profile"] == "sandbox"


# -- on the screen -------------------------------------------------------------------------------------------


async def test_connections_show_what_the_doctor_finds(home: Home, sandbox: Sandbox) -> None:
    async with console(home) as pilot:
        await pilot.press("C")
        await says(pilot, "Connections", "0 bad", "checks are fine")
        await pilot.press("a")
        await says(pilot, "FLEX at", "It is open in this process")
        sandbox.faults("503 GET /flex")
        await pilot.press("r")
        shown = await says(pilot, "it answered 503")
        assert "If it still fails" in shown  # what to do stands under the list, which went to what is bad
        await pilot.press("escape")
        await until(pilot, lambda: not isinstance(pilot.app.screen, ConnectionsDialog))


async def test_connections_say_why_a_desk_could_not_be_opened(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("BROKERDESK_FLEX_SECRET")
    async with console(home, rest=False) as pilot:
        await until(pilot, lambda: pilot.app.trouble is not None)
        await pilot.press("C")
        await says(pilot, "There is no secret for flex", "init --profile test --secret-of flex")
        assert pilot.app.screen.query_one(RowList).cursor_row.finding.code == "no-secret"
