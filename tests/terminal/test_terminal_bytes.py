"""What reaches a real terminal when records mean harm: the commands of a harmless run, and text. Nothing else."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from data.support.failures import failures_told
from tests.support.hostile_text import CORPUS, unseen
from tests.support.matrix import IS_WHOLE
from tests.support.own_sandbox import own_sandbox
from tests.support.sandbox_home import Home, Sandbox
from tests.terminal.hostile_records import TEXTS, plant
from tests.terminal.terminal import WORK, Seen, Terminal, run

pytestmark = pytest.mark.timeout(900)  # the tours press some 170 keys, one after another

SYSTEMS = ("brokerengine", "flex", "simplenexus", "total-expert")
MOST = 4
"""How many records of a kind the harmless run looks at: what it sends is of the same shapes for any number."""


def _is_only_text(text: str) -> bool:
    return not (unseen(text) and set(unseen(text)) - set("\r\n"))


def _without_limits(sandbox: Sandbox) -> None:
    sandbox.options("total-expert", tokens_an_hour=10_000, requests_a_minute=1_000_000)


CONTACTS = "100"
"""How many people the contact systems have: every one of them gets a text, and each of the tours looks at a few."""


served, sandbox = own_sandbox("--contacts", CONTACTS)


@pytest.fixture
def desk(sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A desk of all four systems."""
    _without_limits(sandbox)
    for system in SYSTEMS:
        monkeypatch.setenv(f"BROKERDESK_{system.upper().replace('-', '_')}_SECRET", "sandbox")
    return Home.at(tmp_path / "home", sandbox, systems=SYSTEMS)


@contextmanager
def app(home: Home, sandbox: Sandbox) -> Iterator[Terminal]:
    others = [sandbox.process.pid]
    with Terminal.running("-m", "tui.cli", "--home", str(home.path), others=others) as terminal:
        terminal.until("C-1001", "48 cards")
        yield terminal


def cards(terminal: Terminal, sandbox: Sandbox, down: int) -> None:
    """Look at every card and its payload, at the other tabs of some, and open every dialog of the room."""
    terminal.press(*("j" * down), "\t", *("k" * down), "\t", "j", "j", "\t", "j", "j", "c")
    for key in "hnleswmif?\x10":
        terminal.press(key, "\x1b")
    terminal.press("p", "i", "\x1b", "p", "\t", "\t", "n", "g", "p", quiet=0.3)
    terminal.press("y", "\x1b", quiet=0.5)
    terminal.press("4", "j", "\t", "j", "j", "e", "\x1b", "e", "\x1b", quiet=0.1)


def contacts(terminal: Terminal, sandbox: Sandbox, down: int) -> None:
    """Look at the queue, the verdicts and the pairs of the contacts room, and at the sync's plan."""
    terminal.press("2")
    terminal.until("QUEUE", "to decide")
    terminal.press(*("j" * down), "\x1b[C", "b", "b", "\t", "j", "j", "j", "\t", "j", "j")
    for _ in range(8):
        terminal.press("v", "j", "j")
    terminal.press("/", "J", "\x1b", "?", "\x1b", "\x10", "\x1b")
    terminal.press("a", "\t", "j", "j", "\x1b", quiet=0.3)


def milestones(terminal: Terminal, sandbox: Sandbox, down: int) -> None:
    """Let linked people begin applications, and look at each of them, at their timelines and at every dialog."""
    people = linked(sandbox)
    assert len(people) > 5
    for one in people:
        sandbox.ask("POST", "events/act", json={"act": "begin", "borrower": one, "ago": 0})
    terminal.press("3", quiet=0.3)
    terminal.press("r")
    terminal.until("Started")
    terminal.press(*("j" * down), "\t", "j", "k", "\t")
    for key in "yaseb":
        terminal.press(key, "\x1b", quiet=0.1)
    terminal.press("p", "p", "/", "J", "\x1b", "?", "\x1b", "4", "3", quiet=0.1)


def linked(sandbox: Sandbox) -> list[str]:
    """Give the borrowers whom Total Expert calls by their ids."""
    marks = {
        mark["external_id"]
        for row in sandbox.records("total-expert")["contacts"]
        for mark in row["external_ids"] or ()
    }
    return [row["id"] for row in sandbox.records("simplenexus")["borrowers"] if row["id"] in marks]


COMMANDS = {
    *("CSI ?25h", "CSI ?25l", "CSI H", "SGR 0", "SGR 1", "SGR 4", "SGR 7", "SGR 38;2", "SGR 48;2"),  # to draw
    *("CSI ?1049h", "CSI ?1049l", "CSI ?7h", "CSI ?7l", "CSI ?$p"),  # the screen, and what it can do
    *("CSI ?1000h", "CSI ?1000l", "CSI ?1003h", "CSI ?1003l", "CSI ?1006h", "CSI ?1006l"),  # the mouse
    *("CSI ?1015h", "CSI ?1015l", "string ]22"),
    *("CSI >u", "CSI <u", "CSI ?2004h", "CSI ?2004l", "CSI ?1004h", "CSI ?1004l"),  # keys, paste, focus
    *("CSI t", "string ]2", "string ]52"),  # the window's title, the clipboard
}
"""All that the app sends a terminal besides text, whatever the records hold. Textual's own commands are most of it."""


@pytest.mark.parametrize("harm", [True, False] if IS_WHOLE else [True], ids=lambda harm: f"harm={harm}")
def test_records_that_mean_harm_bring_no_command_of_their_own(
    sandbox: Sandbox, desk: Home, harm: bool
) -> None:
    plant(sandbox, harm=harm, most=len(TEXTS) if harm else MOST)
    with app(desk, sandbox) as terminal:
        for tour in (cards, contacts, milestones):
            before = len(terminal.sent)
            tour(terminal, sandbox, len(TEXTS) if harm else MOST)
            seen = Seen(terminal.sent[before:])
            assert seen.shapes - COMMANDS == set(), tour.__name__
            assert not seen.stray, tour.__name__
            assert ("\N{REPLACEMENT CHARACTER}" in seen.text) is harm, tour.__name__
        terminal.press("q", quiet=0.3)
        terminal.to_the_end()
    whole = Seen(terminal.sent)
    assert whole.shapes == COMMANDS
    assert not whole.stray
    assert b"aGVsbG8" not in terminal.sent, "the clipboard got what a record would have put there"


SPOKEN = (
    ("cards",),
    ("cards", "--json"),
    ("cards", "--filter", "\x1b]52;c;aGVsbG8=\x07"),
    *(("preview", "card", f"C-10{n:02d}") for n in (1, 9, 12, 14, 15, 17, 24, 29)),
    ("preview", "card", "C-1014", "--json"),
    ("preview", "card", "\x1b[2J\u202eC-1"),
    ("preview", "note", "N-3009"),
    *(("paste", f"C-10{n:02d}", "--list") for n in (1, 14, 24)),
    ("push", "card", "C-1009", "--yes"),
    ("activity",),
    ("links",),
    ("match",),
    ("review",),
    ("review", "--json"),
    ("judge", "\x1b[31m", "\u202e", "same"),
    ("sync",),
    ("explain", "\x1b]0;owned\x07"),
    ("import", "\x1b[2J\u202e.csv"),
    ("map", "check", "\x9b31m.toml"),
    ("no-such\x1b[31m\u202e",),
    ("push", "card", "C-1", "--no-such\x1b]52;c;x\x07"),
    ("--profile", "\x1b[31m\u202e", "cards"),
)


def test_what_commands_say_of_such_records_is_text(sandbox: Sandbox, desk: Home) -> None:
    plant(sandbox)
    said = json.dumps(SPOKEN)
    with Terminal.running(
        "-m", "tests.terminal.several_apps", str(desk.path), said, NO_COLOR="1"
    ) as terminal:
        terminal.press("n\r", "n\r")  # to whatever is asked
        assert terminal.to_the_end(5 * WORK) == 0
    parts = re.split(rb"(?m)^#\d+\r$", terminal.sent)[1:]
    assert len(parts) == len(SPOKEN)
    for arguments, sent in zip(SPOKEN, parts, strict=True):
        seen = Seen(sent)
        assert seen.shapes <= {"CSI K"}, (arguments, seen.shapes)  # how a line of progress goes
        assert not seen.stray, (arguments, seen.stray)
        assert seen.text.strip(), arguments
        assert "Traceback" not in seen.text, arguments


def test_files_written_for_others_hold_ascii_alone(sandbox: Sandbox, desk: Home, tmp_path: Path) -> None:
    plant(sandbox)
    out = tmp_path / "rows.jsonl"
    code, sent = run(("match", "--out", str(out)), desk.path)
    assert code == 0, sent.decode()
    assert out.read_bytes().count(b"\n") > 3 * len(TEXTS)
    assert not {byte for byte in set(out.read_bytes()) if byte > 126 or (byte < 32 and byte != 10)}


def test_an_app_that_fails_leaves_no_traceback_on_the_terminal(desk: Home) -> None:
    with Terminal.running("-m", "tests.terminal.failing", "--home", str(desk.path)) as terminal:
        code = terminal.to_the_end()
    seen = Seen(terminal.sent)
    assert code == 1
    assert not seen.stray
    own = {"string ]22", "string ]2"}  # the mouse's form: Textual's own; the window's title
    assert not {shape for shape in seen.shapes if shape == "SGR 31" or shape.startswith("string")} - own
    assert set(re.findall(rb"\x1b\]2;([^\x07]*)\x07", terminal.sent)) <= {b"brokerdesk"}
    assert "brokerdesk itself failed in " in seen.text
    assert "Traceback" not in seen.text
    assert "aGVsbG8" not in seen.text
    assert failures_told(desk.path)[-1]["errors"]


def test_a_command_that_fails_says_so_without_what_it_held(desk: Home) -> None:
    code, sent = run(("preview", "card", "C-1001"), desk.path, module="tests.terminal.failing")
    seen = Seen(sent)
    assert code == 1
    assert not seen.shapes
    assert "brokerdesk itself failed in tui.cli.commands.cards.push, line " in seen.text
    assert "Traceback" not in seen.text
    assert "aGVsbG8" not in seen.text
    assert "tui.cli.commands.cards.push:" in failures_told(desk.path)[-1]["errors"][0]["places"][-2]


@pytest.mark.parametrize("name", [name for name in CORPUS if not _is_only_text(CORPUS[name])])
def test_this_would_be_noticed(name: str) -> None:
    """The measure itself: each text of the corpus that acts, let through as it is, is seen."""
    try:
        seen = Seen(CORPUS[name].encode("utf-8", "surrogatepass"))
    except UnicodeDecodeError:
        return
    assert seen.shapes or seen.stray
