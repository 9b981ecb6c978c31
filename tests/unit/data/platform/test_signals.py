"""A signal is heard inside the event loop, also where the loop itself takes none, as on Windows."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
import threading

import pytest

from data.platform import WINDOWS
from data.platform.signals import END, HANG_UP, INTERRUPT, obey, obeying
from tests.support.fork_server import ROOT
from tests.support.patience import LAST_RESORT

BY_LOOP = [False] if WINDOWS else [True, False]


@pytest.mark.parametrize("by_loop", BY_LOOP)
async def test_a_signal_is_heard_in_the_loop_and_no_longer_after_the_end(by_loop: bool) -> None:
    heard, seen = asyncio.Event(), []

    def order() -> None:
        seen.append(asyncio.get_running_loop())
        heard.set()

    before = signal.signal(signal.SIGTERM, signal.SIG_IGN)
    try:
        with obeying({"SIGTERM": order}, by_loop=by_loop):
            signal.raise_signal(signal.SIGTERM)
            async with asyncio.timeout(LAST_RESORT):
                await heard.wait()
        if not by_loop:
            assert signal.getsignal(signal.SIGTERM) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGTERM, before)
    assert seen == [asyncio.get_running_loop()]


@pytest.mark.parametrize("by_loop", BY_LOOP)
async def test_names_that_a_system_lacks_are_left_out(by_loop: bool) -> None:
    with obeying({"SIGNONE": lambda: None}, by_loop=by_loop):
        pass


async def test_a_thread_hears_no_signals_and_changes_nothing() -> None:
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]

    def inside() -> None:
        obey(dict.fromkeys((*INTERRUPT, *END), lambda: None))()

    thread = threading.Thread(target=inside)
    thread.start()
    await asyncio.to_thread(thread.join)
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before


def test_after_the_loop_has_ended_the_signal_ends_the_process() -> None:
    code = (
        "import asyncio, signal\n"
        "from data.platform.signals import obey\n"
        "async def run(): obey({'SIGTERM': lambda: None}, by_loop=False)\n"
        "asyncio.run(run())\n"
        "signal.raise_signal(signal.SIGTERM)\n"
        "print('still there')\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert ended.returncode not in (0, 1)
    assert (ended.stdout, ended.stderr) == ("", "")


def test_every_system_has_a_way_to_ask_for_the_end() -> None:
    assert any(hasattr(signal, name) for name in END)
    assert any(hasattr(signal, name) for name in HANG_UP) is not WINDOWS


WINDOW = """
import asyncio, ctypes, sys, threading
from data.platform.signals import END, obey

async def run():
    ended = asyncio.Event()
    obey(dict.fromkeys(END, ended.set))
    told = int(sys.argv[1])
    threading.Thread(target=ctypes.WinDLL("kernelbase").CtrlRoutine, args=(told,), daemon=True).start()
    async with asyncio.timeout(60):
        await ended.wait()
    print("ended in order", flush=True)

asyncio.run(run())
"""
"""What Windows does when something happens to a console: it runs the handlers of the process in a new thread."""


@pytest.mark.skipif(not WINDOWS, reason="elsewhere these are signals")
@pytest.mark.parametrize(
    "event", ["1", "2", "5", "6"], ids=["ctrl-break", "closed", "logged off", "shut down"]
)
def test_ctrl_break_and_the_end_of_a_window_are_heard_and_wait_for_the_process(event: str) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", WINDOW, event], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert ended.stdout.strip() == "ended in order", ended.stderr
    assert ended.returncode == 0
