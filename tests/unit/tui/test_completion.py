"""`completion`: what a shell offers after the words that are there."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from tui.cli.main import main

WALK = 'COMP_WORDS=("$@"); COMP_CWORD=$(($#-1)); _brokerdesk; echo "${COMPREPLY[@]}"'


def script_of(shell: str, capsys: pytest.CaptureFixture[str]) -> str:
    assert main(["completion", shell]) == 0
    return capsys.readouterr().out


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash here")
@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (["pus"], ["push"]),
        (["push", ""], ["--help", "card", "fact-find", "note"]),
        (["push", "card", "C-1001", "--pe"], ["--people", "--person"]),
        (["cards", "--filter", "Jo's", "--ch"], ["--changed"]),
        (["completion", "z"], ["zsh"]),
        (["nothing", "pus"], ["push"]),
        (["push", "card", "$(touch x)"], []),
    ],
)
def test_bash_offers_what_can_follow(
    words: list[str], offered: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    script = f"{script_of('bash', capsys)}\n{WALK}"
    ended = subprocess.run(
        ["bash", "-c", script, "bash", "brokerdesk", *words],
        capture_output=True,
        text=True,
        check=True,
    )
    assert sorted(ended.stdout.split()) == sorted(offered)


def test_zsh_uses_the_same_function(capsys: pytest.CaptureFixture[str]) -> None:
    zsh, bash = script_of("zsh", capsys), script_of("bash", capsys)
    assert zsh.splitlines()[0].startswith("autoload")
    assert zsh.endswith(bash)


def test_fish_says_what_each_word_is_for(capsys: pytest.CaptureFixture[str]) -> None:
    lines = script_of("fish", capsys).splitlines()
    (cards,) = (line for line in lines if " -a cards " in line)
    assert cards.startswith("complete -c brokerdesk -n 'not __fish_seen_subcommand_from cards preview")
    assert cards.endswith("-d 'List the cards on the board.'")
    assert any(
        "__fish_seen_subcommand_from push; and __fish_seen_subcommand_from card'" in line for line in lines
    )
