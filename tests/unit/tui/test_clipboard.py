"""Where a value is copied to, what is said of it, and when it is overwritten."""

from __future__ import annotations

import base64
import re

import pytest

from tests.support.clipboard import MemoryClipboard
from tui.clipboard import OVERWRITTEN_WITH, Clipboard, Reached, for_tmux, osc_52, takes_osc_52
from tui.wiring.clipboard import find_clipboard


def texts(sent: list[str]) -> list[str]:
    """Return what the sequences ask a terminal to take."""
    return [base64.b64decode(found).decode() for one in sent for found in re.findall(r"52;c;([^\x07]*)", one)]


def test_the_systems_clipboard_comes_first_and_the_terminal_gets_nothing() -> None:
    system, sent = MemoryClipboard(), list[str]()
    clipboard = Clipboard(system, sent.append)
    assert (clipboard.reaches, clipboard.copy("Linh")) == (Reached.SYSTEM, Reached.SYSTEM)
    assert (system.held, sent) == ("Linh", [])


def test_a_systems_clipboard_that_fails_leaves_it_to_the_terminal() -> None:
    sent: list[str] = []
    clipboard = Clipboard(MemoryClipboard(works=False), sent.append)
    assert clipboard.copy("Linh") is Reached.TERMINAL
    assert texts(sent) == ["Linh"]


def test_what_a_terminal_was_sent_is_never_called_copied() -> None:
    assert "copied" not in Reached.TERMINAL.value.casefold()
    assert "copied" not in Reached.NOWHERE.value.casefold()
    assert "terminal's clipboard" in Reached.TERMINAL.value


def test_without_any_clipboard_nothing_is_written() -> None:
    clipboard = Clipboard(None, None)
    assert (clipboard.reaches, clipboard.copy_for_now("Linh")) == (Reached.NOWHERE, Reached.NOWHERE)
    clipboard.clear()


def test_a_value_for_now_is_overwritten_once() -> None:
    system = MemoryClipboard()
    clipboard = Clipboard(system, None)
    clipboard.copy_for_now("Linh")
    clipboard.copy_for_now("Nguyen")
    clipboard.clear()
    clipboard.clear()
    assert system.seen == ["Linh", "Nguyen", OVERWRITTEN_WITH]


def test_what_somebody_else_copied_meanwhile_is_left_alone() -> None:
    system = MemoryClipboard()
    clipboard = Clipboard(system, None)
    clipboard.copy_for_now("Linh")
    system.held = "1-6D9UB"
    clipboard.clear()
    assert system.held == "1-6D9UB"


def test_a_line_end_that_a_clipboard_adds_is_no_other_value() -> None:
    system = MemoryClipboard()
    clipboard = Clipboard(system, None)
    clipboard.copy_for_now("Linh")
    system.held = "Linh\r\n"
    clipboard.clear()
    assert system.held == OVERWRITTEN_WITH


@pytest.mark.parametrize("readable", [True, False])
def test_a_clipboard_that_can_not_be_read_is_overwritten_in_any_case(readable: bool) -> None:
    system = MemoryClipboard(readable=readable)
    clipboard = Clipboard(system, None)
    clipboard.copy_for_now("Linh")
    system.held = "something else"
    clipboard.clear()
    assert (system.held == OVERWRITTEN_WITH) is not readable


def test_the_terminals_clipboard_is_overwritten_too() -> None:
    sent: list[str] = []
    clipboard = Clipboard(None, sent.append)
    clipboard.copy_for_now("Linh")
    clipboard.clear()
    assert texts(sent) == ["Linh", OVERWRITTEN_WITH]


def test_a_value_that_was_copied_to_stay_is_not_overwritten() -> None:
    system = MemoryClipboard()
    clipboard = Clipboard(system, None)
    clipboard.copy("1-6D9UB")
    clipboard.clear()
    assert system.held == "1-6D9UB"


@pytest.mark.parametrize(
    "text", ["Linh", "Nguyễn & Søn", "two\nlines", "half \ud800 a character", "x" * 40_000]
)
def test_a_sequence_holds_the_whole_text_and_no_character_that_ends_it(text: str) -> None:
    sequence = osc_52(text)
    assert texts([sequence]) == [text.encode("utf-8", "replace").decode()]
    assert sequence.count("\x1b") == sequence.count("\x07") == 1


def test_in_tmux_the_sequence_is_sent_plain_and_in_an_envelope() -> None:
    plain = osc_52("Linh")
    inside = for_tmux(plain)
    assert inside.startswith(plain)
    assert inside.removeprefix(plain) == "\x1bPtmux;" + plain.replace("\x1b", "\x1b\x1b") + "\x1b\\"


@pytest.mark.parametrize(
    ("environment", "takes"),
    [
        ({"TERM": "xterm-256color"}, True),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "Apple_Terminal"}, False),
        ({"TERM": "screen", "STY": "1.pts"}, False),
        ({"TERM": "screen-256color", "TMUX": "socket,1,0"}, True),
        ({"TERM": "linux"}, False),
        ({"TERM": "dumb"}, False),
        ({}, False),
    ],
)
def test_terminals_that_are_known_to_have_no_clipboard(environment: dict[str, str], takes: bool) -> None:
    assert takes_osc_52(environment) is takes


def test_the_choice_follows_the_environment() -> None:
    sent: list[str] = []
    far = {"SSH_CONNECTION": "far away", "TERM": "xterm-256color"}
    assert find_clipboard(sent.append, far).copy("Linh") is Reached.TERMINAL
    assert find_clipboard(sent.append, {**far, "TMUX": "socket,1,0"}).copy("Linh") is Reached.TERMINAL
    assert sent == [osc_52("Linh"), for_tmux(osc_52("Linh"))]
    assert find_clipboard(sent.append, {**far, "TERM": "dumb"}).reaches is Reached.NOWHERE
    assert find_clipboard(None, far).reaches is Reached.NOWHERE
