"""A database that stops in the middle of a push, gives way to its standby, or is restored from yesterday's dump.

The production engine pushes people to a remote in memory, with a server of its own per test.
"""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from random import Random

import psycopg
import pytest

from core.errors import BookClosed
from core.push.engine import Engine
from core.push.plan import Asset, Entity, Operation, Plan, Step, System, make_ref
from core.push.ports import Request
from core.push.records import RECORDS, Link, Push, StepRecord
from core.push.states import PushState, StepState
from data.team_book.address import BookAddress
from data.team_book.book import PostgresBook, open_team_book
from tests.support.fakes import FakeRemote, LoopClock
from tests.support.postgres import EMBEDDED, database, opening
from tests.support.postgres_keeper import WINDOWS, Server, binaries

pytestmark = pytest.mark.skipif(WINDOWS, reason="the servers are reached by sockets that are files")


def people(first: int, count: int) -> Plan:
    steps = []
    for n in range(first, first + count):
        ref = make_ref("harbour", System.FLEX, Entity.PERSON, f"P-{n}")
        body = {"IntegrationId": ref, "LastName": f"Nguyen {n}"}
        person = (ref, System.FLEX, Entity.PERSON, Operation.CREATE, f"P-{n}", f"P-{n}", body)
        steps.append(Step(*person, identity=("LastName",)))
    return Plan(Asset.SYNC, f"people-{first}", f"people from {first}", tuple(steps))


class Flex(FakeRemote):
    """FLEX in memory. `on_send` is called with the number of a send (from 1), before it is carried out."""

    def __init__(self) -> None:
        super().__init__(System.FLEX, settle=0.0)
        self.recheck = 0.0
        self.takes = 0.0
        self.carried = 0
        self.on_send = lambda number: None

    def carry_out(self, request: Request) -> str:
        self.carried += 1
        self.on_send(self.carried)
        return super().carry_out(request)

    def check_once_each(self, plan: Plan) -> None:
        for step in plan.steps:
            assert len(self.of_ref(step.ref)) == 1, step.local_id


def an_engine(book: PostgresBook, flex: Flex) -> Engine:
    return Engine(book, {System.FLEX: flex}, LoopClock(), Random(1))


async def push(book: PostgresBook, flex: Flex, plan: Plan, push_id: str) -> Push:
    engine = an_engine(book, flex)
    await engine.recover()
    begun = await engine.begin(plan, "m.hale", push_id)
    done = await engine.finish(begun.push_id)
    await engine.stop(5.0)
    return done


async def goes_on(engine: Engine, push_id: str) -> Push:
    """Let the same desk go on when its database is back, as its resumption does."""
    for _ in range(100):
        with suppress(BookClosed):
            done = await engine.finish(push_id)
            if done.state is PushState.DONE:
                return done
        await asyncio.sleep(0.05)
    raise AssertionError("the push never ended")


async def check_book(address: BookAddress, plan: Plan) -> None:
    with open_team_book(opening(address), RECORDS, write=False) as book:
        steps = {step.local_id: step.state for step in await book.all(StepRecord)}
        links = {link.local_id for link in await book.all(Link)}
    assert all(steps[step.local_id] is StepState.DONE for step in plan.steps)
    assert {step.local_id for step in plan.steps} <= links


# -- restored from yesterday -----------------------------------------------------------------------------------


def tool(name: str, *words: str | Path) -> None:
    subprocess.run((binaries(EMBEDDED) / name, *words), check=True, capture_output=True)


async def test_after_a_restore_of_yesterdays_dump_nothing_is_doubled(tmp_path: Path) -> None:
    """The commands are those of docs/team.md."""
    flex, before, today = Flex(), people(0, 3), people(10, 3)
    with database() as address:
        with open_team_book(opening(address), RECORDS) as book:
            assert (await push(book, flex, before, "P1")).state is PushState.DONE
            tool(
                "pg_dump",
                "--format=custom",
                "--schema=brokerdesk",
                "--file",
                tmp_path / "book",
                address.conninfo,
            )
            assert (await push(book, flex, today, "P2")).state is PushState.DONE
            tool(
                "pg_restore",
                "--clean",
                "--single-transaction",
                "--dbname",
                address.conninfo,
                tmp_path / "book",
            )
            with pytest.raises(BookClosed) as caught:  # a desk that was open during the restore
                await push(book, flex, people(20, 1), "P3")
            assert caught.value.code == "book-went-back"
        with open_team_book(opening(address), RECORDS) as book:
            assert [one.push_id for one in await book.all(Push)] == ["P1"]
            assert (await push(book, flex, today, "P4")).state is PushState.DONE
            assert (await push(book, flex, before, "P5")).state is PushState.DONE
        for plan in (before, today):
            flex.check_once_each(plan)
            await check_book(address, plan)
    assert len(flex.rows) == 6


# -- stopped, and failed over ------------------------------------------------------------------------------------


@pytest.fixture
def primary(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(
        Path(os.environ["BROKERDESK_TEST_POSTGRES"]) / f"own-{os.getpid()}",
        EMBEDDED,
        synchronous_commit="on",
        wal_level="replica",
        max_wal_senders="4",
        hot_standby="on",
    )
    server.make()
    server.start()
    yield server
    server.stop(signal.SIGQUIT)
    server.remove()


async def test_a_server_that_crashes_in_the_middle_of_a_push_costs_nothing(primary: Server) -> None:
    flex, plan = Flex(), people(0, 12)
    address = BookAddress(f"{primary.dsn} dbname=postgres connect_timeout=2", "the database")

    def crash(number: int) -> None:
        if number == 5:
            primary.stop(signal.SIGQUIT)

    flex.on_send = crash
    with open_team_book(opening(address), RECORDS) as book:
        engine = an_engine(book, flex)
        await engine.begin(plan, "m.hale", "P1")
        with pytest.raises(BookClosed) as caught:
            await engine.finish("P1")
        assert caught.value.code == "book-away"
        assert book.read_only is not None
        primary.start()
        await goes_on(engine, "P1")
        assert book.read_only is None
        await engine.stop(5.0)
    flex.check_once_each(plan)
    await check_book(address, plan)


async def test_a_standby_that_takes_over_in_the_middle_of_a_push_costs_nothing(primary: Server) -> None:
    """The standby confirms each commit (synchronous replication), as docs/team.md asks for."""
    flex, plan = Flex(), people(0, 12)
    standby = primary.standby()
    standby.start()
    with psycopg.connect(f"{primary.dsn} dbname=postgres", autocommit=True) as connection:
        connection.execute("alter system set synchronous_standby_names = '*'")
        connection.execute("alter system set synchronous_commit = 'remote_apply'")
        connection.execute("select pg_reload_conf()")
    hosts, ports = f"{primary.folder},{standby.folder}", f"{primary.port},{standby.port}"
    address = BookAddress(
        f"host={hosts} port={ports} user=desk dbname=postgres connect_timeout=2 target_session_attrs=primary",
        "the cluster",
    )

    def fail_over(number: int) -> None:
        if number == 5:
            primary.stop(signal.SIGQUIT)
            standby.promote()

    flex.on_send = fail_over
    try:
        with open_team_book(opening(address), RECORDS) as book:
            engine = an_engine(book, flex)
            await engine.begin(plan, "m.hale", "P1")
            await goes_on(engine, "P1")
            await engine.stop(5.0)
        flex.check_once_each(plan)
        await check_book(address, plan)
    finally:
        standby.stop(signal.SIGQUIT)
        standby.remove()
