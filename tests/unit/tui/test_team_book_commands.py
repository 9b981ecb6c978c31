"""A profile with a team's book, through the commands: moving, the secret, doctor, the stop, and a second desk."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from core.push.records import Link
from data.book.book import open_book
from data.book.stop_file import StopFile
from data.settings import load_settings
from data.team_book.address import BookAddress
from tests.support.book_fakes import a_link, a_push
from tests.support.postgres import database
from tui.cli.main import main
from tui.wiring.book import open_book as open_profile_book
from tui.wiring.book import stop_file
from tui.wiring.records import RECORDS

Run = Callable[..., dict[str, Any]]


@pytest.fixture
def address() -> Iterator[BookAddress]:
    with database() as address:
        yield address


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command with --json; return what it prints, with its exit code as `code`."""

    def run_it(*words: str, home: str = "home") -> dict[str, Any]:
        code = main([*words, "--json", "--home", str(tmp_path / home)])
        printed: dict[str, Any] = json.loads(capsys.readouterr().out)
        return {**printed, "code": code}

    return run_it


def configure(home: Path, book: str) -> None:
    home.mkdir(mode=0o700, exist_ok=True)
    (home / "config.toml").write_text(
        f'profile = "branch"\n[profiles.branch]\nworkspace = "harbour"\nbook = "{book}"\noperator = "m.hale"\n'
    )


def url(address: BookAddress) -> str:
    return address.shown.replace("postgresql:///", "postgresql://desk@/") + f"&port={_port(address)}"


def _port(address: BookAddress) -> str:
    return address.conninfo.partition("port=")[2].split()[0]


def test_one_desk_becomes_a_team(tmp_path: Path, address: BookAddress, run: Run) -> None:
    home = tmp_path / "home"
    configure(home, "tinydb")

    async def fill() -> None:
        with open_book(home / "branch", RECORDS, operator="m.hale") as book:
            await book.commit(a_push(1), a_link(1), a_link(2))

    asyncio.run(fill())
    refused = run("book", "move", "--to", url(address))
    assert (refused["code"], refused["error"]["code"]) == (1, "not-confirmed")
    moved = run("book", "move", "--to", url(address), "--yes")
    assert moved["holds"]["records"] == {"pushes": 1, "links": 2}
    assert moved == run("book", "move", "--to", url(address), "--yes")  # nothing is done twice
    assert [push["push_id"] for push in run("activity")["pushes"]] == ["P1"]  # the old book can be read

    configure(home, url(address))
    found = run("doctor")
    assert any(finding["code"] == "book-sound" for finding in found["findings"])
    assert [push["push_id"] for push in run("activity")["pushes"]] == ["P1"]

    secret = run("book", "secret")["secret"]
    configure(tmp_path / "second", url(address))
    assert run("activity", home="second")["error"]["code"] == "book-no-secret"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BROKERDESK_BOOK_SECRET", "hunter2")
        assert run("activity", home="second")["error"]["code"] == "bad-book-secret"
        patch.delenv("BROKERDESK_BOOK_SECRET")
        patch.setattr("sys.stdin", io.StringIO(f"{secret}\n"))
        stored = run("init", "--secret-of", "book", home="second")
        assert stored["secrets"] == {"book": "file"}
    assert [push["push_id"] for push in run("activity", home="second")["pushes"]] == ["P1"]

    assert run("stop", "--reason", "FLEX shows doubles.", home="second")["stopped"]
    assert stop_file(load_settings(home, None)).is_set()
    assert run("stop", "--lift", "--yes")["reason"] == "FLEX shows doubles."

    back = run("book", "move", "--to", "tinydb", "--yes")
    assert back["holds"]["records"] == {"pushes": 1, "links": 2}
    assert back["setting"] == 'book = "tinydb"'


async def test_a_stop_reaches_the_connections_of_every_desk_of_the_team(
    tmp_path: Path, address: BookAddress, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("one", "two"):
        configure(tmp_path / name, url(address))
    one, two = (load_settings(tmp_path / name, None) for name in ("one", "two"))
    first = await open_profile_book(one, write=True)
    monkeypatch.setenv("BROKERDESK_BOOK_SECRET", _secret(tmp_path / "one"))
    second = await open_profile_book(two, write=True)
    heard = asyncio.Event()
    loop = asyncio.get_running_loop()
    shown = second.news.stop_changed  # type: ignore[attr-defined]  # it is a PostgresBook

    def told(stop: Any) -> None:
        shown(stop)
        loop.call_soon_threadsafe(heard.set)

    second.news.stop_changed = told  # type: ignore[attr-defined]  # as above
    await asyncio.to_thread(main, ["stop", "--home", str(tmp_path / "one")])
    await heard.wait()
    assert second.stop() is not None
    assert StopFile(two.folder).is_set()
    await second.commit(a_link(1))  # a stop ends sending, and not writing
    assert await first.all(Link) == [a_link(1)]
    first.close()
    second.close()


def _secret(home: Path) -> str:
    secret: str = json.loads((home / "secrets.json").read_text())["branch:book"]
    return secret


@pytest.mark.parametrize(
    ("book", "code"),
    [
        ("sqlite", "no-such-book"),
        ("postgresql://desk:" + "hunter2@localhost/x", "bad-book"),
        ("postgresql://db.example.com/x?sslmode=require", "bad-book"),
        ("postgresql://localhost:1/x", "book-away"),
    ],
)
def test_an_address_that_will_not_do_is_said_in_words(tmp_path: Path, run: Run, book: str, code: str) -> None:
    configure(tmp_path / "home", book)
    said = run("activity")
    assert said["error"]["code"] == code
    assert "hunter2" not in json.dumps(said)
