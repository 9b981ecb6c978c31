"""The clipboard behind small programs: which one is chosen, and how it is called."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from data.desktop.clipboard import ClipboardTool, ToolClipboard, find_tool

X11 = {"DISPLAY": ":0"}
WAYLAND = {"WAYLAND_DISPLAY": "wayland-0", "DISPLAY": ":0"}


def chosen(environment: dict[str, str], *there: str, platform: str = "linux") -> str:
    """Return the program that writes, or "" if there is none. `there` are the programs on the machine."""
    tool = find_tool(environment, platform, lambda name: f"/usr/bin/{name}" if name in there else None)
    return tool.write[0] if tool else ""


@pytest.mark.parametrize(
    ("environment", "platform", "there", "program"),
    [
        ({}, "darwin", ("pbcopy", "pbpaste"), "pbcopy"),
        ({}, "win32", ("clip.exe",), "clip.exe"),
        ({"WSL_DISTRO_NAME": "Ubuntu"}, "linux", ("clip.exe", "xclip"), "clip.exe"),
        (WAYLAND, "linux", ("wl-copy", "wl-paste", "xclip"), "wl-copy"),
        (WAYLAND, "linux", ("xclip",), "xclip"),
        (X11, "linux", ("wl-copy", "wl-paste", "xsel"), "xsel"),
        (X11, "linux", (), ""),
        ({}, "linux", ("xclip", "wl-copy", "wl-paste"), ""),
        ({}, "darwin", ("pbcopy",), ""),
    ],
)
def test_the_programs_of_the_desktop_are_chosen(
    environment: dict[str, str], platform: str, there: tuple[str, ...], program: str
) -> None:
    assert chosen(environment, *there, platform=platform) == program


@pytest.mark.parametrize("name", ["SSH_CONNECTION", "SSH_CLIENT", "SSH_TTY"])
def test_over_ssh_the_clipboard_of_the_far_machine_is_of_no_use(name: str) -> None:
    assert chosen({**X11, name: "1.2.3.4"}, "xclip") == ""
    assert chosen({name: "1.2.3.4"}, "pbcopy", "pbpaste", platform="darwin") == ""


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """Return a program that keeps what it reads in a file, and notes how it was called."""
    code = tmp_path / "code.py"
    code.write_text(
        "import pathlib, sys\nhere = pathlib.Path(__file__).parent\n"
        "if sys.argv[1:] == ['out']:\n    sys.stdout.buffer.write((here / 'held').read_bytes())\n"
        "else:\n    (here / 'held').write_bytes(sys.stdin.buffer.read())\n"
        "(here / 'called').write_text(repr(sys.argv[1:]))\n",
        "utf-8",
    )
    return code


def tool_of(program: Path, encoding: str = "utf-8") -> ToolClipboard:
    call = (sys.executable, str(program))
    return ToolClipboard(ClipboardTool(call, (*call, "out"), encoding), deadline=20.0)


@pytest.mark.parametrize("text", ["Linh", "Nguyễn, 12 Bay Rd\nsecond line", "-n --help $(x)", "half \ud800"])
def test_a_text_goes_in_by_stdin_and_comes_back(program: Path, text: str) -> None:
    clipboard = tool_of(program)
    assert clipboard.put(text)
    assert clipboard.get() == text.encode("utf-8", "replace").decode()


def test_a_text_is_never_an_argument(program: Path) -> None:
    assert tool_of(program).put("a client's secret")
    assert (program.parent / "called").read_text() == "[]"


def test_a_text_is_written_in_the_encoding_of_the_program(program: Path) -> None:
    assert tool_of(program, "utf-16-le").put("Nguyễn")
    assert (program.parent / "held").read_bytes() == "Nguyễn".encode("utf-16-le")


def test_a_program_that_fails_or_is_not_there_is_no_clipboard(tmp_path: Path) -> None:
    assert not ToolClipboard(ClipboardTool((sys.executable, "-c", "raise SystemExit(1)"))).put("x")
    assert not ToolClipboard(ClipboardTool((str(tmp_path / "nothing"),))).put("x")
    assert ToolClipboard(ClipboardTool(("x",), (str(tmp_path / "nothing"),))).get() is None
    assert ToolClipboard(ClipboardTool(("x",))).get() is None


def test_a_program_that_does_not_end_is_ended(tmp_path: Path) -> None:
    hangs = (sys.executable, "-c", "import sys; sys.stdin.read(); input()", "x")
    forever = ("sleep", "600") if os.name == "posix" else hangs
    assert not ToolClipboard(ClipboardTool(forever), deadline=0.05).put("x")
