"""The app, commands and a watch at once on one book: no write is refused, and nothing is sent twice."""

from __future__ import annotations

import asyncio
import json
import signal
from collections.abc import Iterator
from contextlib import contextmanager

from core.automatic.watch_status import WatchEnd
from data.book.lock import Lock
from data.book.watch_file import WatchFile
from tests.journeys import test_milestones
from tests.journeys.console import console, toasts, told
from tests.journeys.test_milestones import HOUR, STARTED, Us, listening
from tests.support.fork_server import ForkedProcess
from tests.support.patience import wait_until
from tests.support.sandbox_home import Home, Sandbox

us = test_milestones.us
"""A desk with linked people, as in the tests of the milestones."""


@contextmanager
def watching(home: Home) -> Iterator[ForkedProcess]:
    """Run a watch in a process of its own, and end it with SIGTERM unless the test has killed it."""
    process = home.spawn("watch")
    try:
        yield process
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
    finally:
        out, err = process.communicate()
    assert "Traceback" not in err, err
    if process.returncode != -signal.SIGKILL:
        assert process.returncode == 0
        assert all(json.loads(line)["text"] for line in out.splitlines())


def is_in_a_round(home: Home) -> bool:
    """Return True while a watch has the book."""
    holder = Lock(home.path / "test" / "book.lock").holder()
    return holder is not None and holder.is_watch


def let_begin(us: Us, url: str, *who: str) -> None:
    for person in who:
        us.act("begin", person, 0)
    assert set(us.deliver(url)) == {200}


def sent_once(us: Us, *who: str) -> bool:
    return us.sent() == {us.contacts[person]: [STARTED] for person in who}


def test_commands_write_while_a_watch_sends_and_a_killed_watch_sends_nothing_twice(
    us: Us, sandbox: Sandbox
) -> None:
    assert us.home.run("watch", "--once")[0] == 0
    first, second, third = us.people[:2], us.people[2:5], us.people[5:8]
    with listening(us.home) as url:
        sandbox.faults("delay=0.4 POST /total-expert/insights")
        with watching(us.home):
            let_begin(us, url, *first)
            wait_until(lambda: is_in_a_round(us.home))
            for option in ("--pause", "--go-on"):
                code, said = us.home.run("milestones", option, us.contacts[third[0]])
                assert code == 0, said
            wait_until(lambda: sent_once(us, *first))
        with watching(us.home) as watch:
            let_begin(us, url, *second)
            wait_until(lambda: len(us.sent()) > len(first))
            watch.kill()
        status = WatchFile(us.home.path / "test").read()
        assert status is not None
        assert status.ended is WatchEnd.NOT
        with watching(us.home):
            wait_until(lambda: sent_once(us, *first, *second))
            let_begin(us, url, *third)
            wait_until(lambda: sent_once(us, *us.people[:8]))
        status = WatchFile(us.home.path / "test").read()
        assert status is not None
        assert status.ended is WatchEnd.SIGNAL
    assert us.home.run("watch", "--status")[0] == 0
    pushes = us.home.run("activity")[1]["pushes"]
    assert {push["state"] for push in pushes} == {"done"}


async def test_the_app_opens_for_writing_while_a_watch_has_the_book(us: Us, sandbox: Sandbox) -> None:
    assert (await told(us.home, "watch", "--once"))["jobs"]
    sandbox.faults("delay=1 POST /total-expert/insights")
    with listening(us.home) as url, watching(us.home):
        await asyncio.to_thread(let_begin, us, url, us.people[0])
        await asyncio.to_thread(wait_until, lambda: is_in_a_round(us.home))
        async with console(us.home) as pilot:
            assert pilot.app.desk is not None
            assert pilot.app.desk.book.read_only is None
            assert "Reading only" not in toasts(pilot)
            await asyncio.to_thread(wait_until, lambda: sent_once(us, us.people[0]))


def test_a_watch_that_is_told_to_end_in_a_long_look_ends_at_once(us: Us, sandbox: Sandbox) -> None:
    sandbox.faults("hang GET /simplenexus")
    with watching(us.home):
        wait_until(lambda: us.sandbox.requests("simplenexus"))


def test_a_second_watch_of_one_book_does_not_begin(us: Us) -> None:
    us.act("begin", us.people[0], HOUR)
    with watching(us.home):
        wait_until(lambda: us.home.run("watch", "--status")[0] == 0)
        code, said = us.home.run("watch", "--once")
        assert (code, said["error"]["code"]) == (1, "watch-runs")


def test_a_person_ends_a_watch_that_runs(us: Us) -> None:
    assert us.home.run("watch", "--once")[0] == 0
    process = us.home.spawn("watch")
    wait_until(lambda: us.home.run("watch", "--status")[1]["alive"])
    assert us.home.run("watch", "--end") == (0, {"ended": ["milestones"]})
    with listening(us.home) as url:
        let_begin(us, url, us.people[0])
        _, err = process.communicate()
    assert (process.returncode, err) == (0, "")
    assert us.sent() == {}
    assert us.home.run("watch", "--status")[1]["ended"] == "by-a-person"
