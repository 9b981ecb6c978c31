"""A team's book through the commands: a desk confirms, a worker sends, and a desk without a worker sends itself."""

from __future__ import annotations

import asyncio
import json
import signal
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from core.automatic.worker import WORKER
from data.team_book.address import BookAddress
from data.team_book.book import open_team_book
from tests.support.patience import wait_until
from tests.support.postgres import SECRET, database, opening, reading_account
from tests.support.sandbox_home import Home, Sandbox
from tui.wiring.records import RECORDS

CARD = "C-1001"


@pytest.fixture
def address() -> Iterator[BookAddress]:
    with database() as address:
        yield address


@pytest.fixture
def desk(tmp_path: Path, sandbox: Sandbox, address: BookAddress, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A desk of a team."""
    for name in ("BROKERENGINE", "FLEX"):
        monkeypatch.setenv(f"BROKERDESK_{name}_SECRET", "sandbox")
    monkeypatch.setenv("BROKERDESK_BOOK_SECRET", secret_text())
    return Home.at(tmp_path / "home", sandbox, more=f'book = "{url_of(address)}"')


def url_of(address: BookAddress) -> str:
    """Return an address as it is in a profile."""
    parts = conninfo_to_dict(address.conninfo)
    account = parts.get("user", "desk")
    return address.shown.replace("postgresql:///", f"postgresql://{account}@/") + f"&port={parts['port']}"


def secret_text() -> str:
    """Return the secret of the tests' books as a person enters it."""
    return urlsafe_b64encode(SECRET).decode().rstrip("=")


def held(address: BookAddress, prefix: str) -> list[str]:
    """Return the names of the leases that somebody holds."""

    async def ask() -> list[str]:
        with open_team_book(opening(address, workspace="test"), RECORDS) as book:
            return [lease.name for lease in await book.held(prefix)]

    return asyncio.run(ask())


def test_a_desk_confirms_and_a_worker_sends(desk: Home, sandbox: Sandbox, address: BookAddress) -> None:
    watches = [desk.spawn("watch"), desk.spawn("watch")]
    try:
        wait_until(lambda: len(held(address, WORKER)) == 2, concerned=watches[0].pid)
        code, answer = desk.run("push", "card", CARD, "--yes")
        assert (code, answer["state"]) == (0, "done")
        jobs = held(address, "watch")
    finally:
        for watch in watches:
            watch.send_signal(signal.SIGTERM)
        printed = [watch.communicate() for watch in watches]
    assert [err for _, err in printed] == ["", ""]
    assert [watch.returncode for watch in watches] == [0, 0]
    lines = [json.loads(line)["text"] for out, _ in printed for line in out.splitlines()]
    assert [line for line in lines if CARD in line] == [f"card {CARD}, confirmed by m.hale: done."]
    assert jobs == ["watch"]
    assert held(address, "") == []
    refs = [row["IntegrationId"] for row in sandbox.records()["opportunities"] if row.get("IntegrationId")]
    assert len(refs) == len(set(refs))


def test_a_desk_without_a_worker_sends_itself(desk: Home, address: BookAddress) -> None:
    code, answer = desk.run("push", "card", CARD, "--yes")
    assert (code, answer["state"]) == (0, "done")
    assert held(address, "") == []


def test_commands_that_only_read_ask_the_systems_and_share_a_token(
    desk: Home, sandbox: Sandbox, address: BookAddress
) -> None:
    open_team_book(opening(address, workspace="test"), RECORDS).close()
    assert [desk.run("preview", "card", card)[0] for card in (CARD, "C-1003")] == [0, 0]
    assert desk.run("cards")[0] == 0
    signed_in = [seen for seen in sandbox.requests("brokerengine") if seen["path"].endswith("/token")]
    assert len(signed_in) == 1


def test_a_desk_whose_account_may_only_read_asks_the_systems_with_a_token_of_its_own(
    desk: Home, tmp_path: Path, sandbox: Sandbox, address: BookAddress
) -> None:
    open_team_book(opening(address, workspace="test"), RECORDS).close()
    with reading_account(address) as account:
        reader = Home.at(tmp_path / "reader", sandbox, more=f'book = "{url_of(account)}"')
        code, answer = reader.run("preview", "card", CARD)
    assert code == 0, answer
    with psycopg.connect(address.conninfo) as connection:
        assert connection.execute("select count(*) from brokerdesk.tokens").fetchone() == (0,)
