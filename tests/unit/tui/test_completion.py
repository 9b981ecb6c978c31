"""`--print-completion`: what real shells make of a word when Tab is pressed."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from tests.terminal.terminal import Terminal
from tui.cli.main import main
from tui.cli.parser.root import SHELLS


def script_of(shell: str, capsys: pytest.CaptureFixture[str]) -> str:
    with pytest.raises(SystemExit) as ended:
        main(["--print-completion", shell])
    assert ended.value.code == 0
    return capsys.readouterr().out


_PRINTS = """brokerdesk() { printf '<'; printf '%s;' "$@"; printf '>\\n'; }\n"""
REAL = {
    "bash": (["bash", "--norc", "--noprofile", "-i"], f". ./script\n{_PRINTS}"),
    "zsh": (
        ["zsh", "-f", "-i"],
        f"cp script _brokerdesk\nfpath=($PWD $fpath)\nautoload -Uz compinit\ncompinit -D -u\n{_PRINTS}",
    ),
    "tcsh": (
        ["tcsh", "-f", "-i"],
        'source ./script\nalias brokerdesk \'printf "<"; printf "%s;" \\!*; echo ">"\'\n',
    ),
    "fish": (
        ["fish", "--no-config", "-i"],
        "source ./script\nfunction brokerdesk; printf '<'; printf '%s;' $argv; echo '>'; end\n",
    ),
}
"""How a shell is started without a user's own settings, and a file that it reads then.

The file reads the script of brokerdesk, and lets the command print its words between angle brackets.
"""
BEGIN = """
import fcntl, os, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.chdir({folder!r})
os.execvp({command!r}[0], {command!r})
"""
"""Makes the terminal the one that the shell controls, and becomes the shell."""
COMPLETED = {
    "a command": ("overv", "overview;"),
    "a command of a group": ("push fa", "push;fact-find;"),
    "an option": ("cards --fil", "cards;--filter;"),
    "an option of the whole line": ("--prof", "--profile;"),
    "a choice": ("import a.csv --dates m", "import;a.csv;--dates;mdy;"),
    "a system": ("reconcile simp", "reconcile;simplenexus;"),
    "a system with a secret": ("init --secret-of total", "init;--secret-of;total-expert;"),
    "a code": ("explain plan-ch", "explain;plan-changed;"),
    "a file": ("import clie", "import;clients.csv;"),
    "a file of an option": ("cards --out clie", "cards;--out;clients.csv;"),
    "a folder": ("gateway new gate", "gateway;new;gateways;"),
    "a shell": ("--print-completion po", "--print-completion;powershell;"),
}
"""What is typed before Tab, and the words that the command gets then."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with a file and a folder to complete."""
    (tmp_path / "clients.csv").write_text("")
    (tmp_path / "gateways").mkdir()
    return tmp_path


@pytest.fixture
def shell(
    request: pytest.FixtureRequest, folder: Path, capsys: pytest.CaptureFixture[str]
) -> Iterator[Terminal]:
    """Run a shell in the folder, with the script of brokerdesk."""
    name = request.param
    if shutil.which(name) is None:
        pytest.skip(f"there is no {name} here")
    command, start = REAL[name]
    (folder / "script").write_text(script_of(name, capsys))
    (folder / "start").write_text(start)
    begin = BEGIN.format(folder=str(folder), command=command)
    with Terminal.running("-c", begin, HOME=str(folder), columns=400) as terminal:
        terminal.type_ahead("source ./start\nbrokerdesk ready\n")
        terminal.until("<ready;>")
        yield terminal


@pytest.mark.parametrize("shell", REAL, indirect=True)
def test_a_shell_completes_commands_options_and_values(shell: Terminal) -> None:
    for number, (typed, _) in enumerate(COMPLETED.values(), 1):
        # Each after the answer to the one before: a terminal shows what is typed meanwhile in the midst of the answer.
        shell.type_ahead(f"brokerdesk {typed}\t\n")
        shell.until_so(partial(lambda n: len(printed(shell)) == n, number), typed)
    assert dict(zip(COMPLETED, printed(shell), strict=True)) == {
        what: words for what, (_, words) in COMPLETED.items()
    }


def printed(shell: Terminal) -> list[str]:
    """Return the words that each command got after the first one.

    zsh takes the slash of a folder away again.
    """
    words = re.findall(r"<([^<>]*;)>", shell.sent.decode("utf-8", "replace"))
    return [each.replace("/;", ";") for each in words[1:]]


@pytest.mark.parametrize("shell", ["bash", "zsh"], indirect=True)
def test_what_is_typed_is_never_run(shell: Terminal, folder: Path) -> None:
    shell.press("brokerdesk cards --filter '$(touch ran)' --out $(touch", "\t", " ran2\t", "\x03")
    shell.press("brokerdesk ready\n")
    shell.until("<ready;>")
    assert not (folder / "ran").exists()
    assert not (folder / "ran2").exists()


@pytest.mark.parametrize("name", SHELLS)
def test_every_shell_that_is_offered_has_a_script(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    script = script_of(name, capsys)
    assert "fact-find" in script
    assert "total-expert" in script


def test_printing_a_script_leaves_the_commands_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    script_of("bash", capsys)
    with pytest.raises(SystemExit):
        main(["--help"])
    assert "\npositional arguments" not in capsys.readouterr().out


def test_a_shell_that_is_unknown_is_answered_with_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--print-completion", "zhs"])
    assert ended.value.code == 2
    assert "“zhs” isn't a choice: did you mean zsh" in capsys.readouterr().err
