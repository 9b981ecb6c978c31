"""`completion SHELL`: prints what lets a shell complete commands and options."""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from tui.cli.options import CommandOptions
from tui.cli.output import emit_json
from tui.cli.parser.root import root_parser

if TYPE_CHECKING:
    from tui.cli.parser.parts import CommandParser


@dataclass(frozen=True, kw_only=True)
class CompletionOptions(CommandOptions):
    """The options of `completion`."""

    shell: str
    """bash, zsh or fish."""


class CompletedWord(NamedTuple):
    """A word that can follow the words `after`, and what it is for in one line."""

    after: tuple[str, ...]
    word: str
    about: str


def completion(options: CompletionOptions) -> int:
    """Print the script of a shell."""
    script = _SCRIPTS[options.shell](list(completed_words(root_parser())))
    if options.json:
        emit_json({"shell": options.shell, "script": script})
    else:
        print(script)  # noqa: T201 - a shell reads it as it is
    return 0


def completed_words(parser: CommandParser, after: tuple[str, ...] = ()) -> Iterator[CompletedWord]:
    """Yield every command and option of a parser and of the parsers below it."""
    for action in parser._actions:  # noqa: SLF001 - argparse has no public list of what it was given
        for option in action.option_strings[-1:]:
            yield CompletedWord(after, option, _line(action.help))
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001
            about = {entry.dest: entry.help for entry in action._get_subactions()}  # noqa: SLF001
            for word, child in action.choices.items():
                yield CompletedWord(after, word, _line(about.get(word)))
                yield from completed_words(child, (*after, word))
        elif action.choices and not action.option_strings:
            yield from (CompletedWord(after, str(choice), _line(action.help)) for choice in action.choices)


def _line(text: str | None) -> str:
    """Return a help text as one line, without the signs of its format."""
    return " ".join((text or "").replace("%%", "%").split())


def _bash(words: list[CompletedWord]) -> str:
    """Return a function that walks over the words so far, and offers what can follow."""
    after = dict.fromkeys(word.after for word in words)
    known = "|".join(shlex.quote(" ".join(before)) for before in after if before)
    cases = [
        f"    {shlex.quote(' '.join(before))}) words={shlex.quote(_following(words, before))} ;;"
        for before in after
    ]
    lines = (
        "_brokerdesk() {",
        "  local cur=${COMP_WORDS[COMP_CWORD]} path='' next word words=''",
        '  for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do',
        '    next="${path:+$path }$word"',
        f'    case "$next" in {known}) path=$next ;; esac',
        "  done",
        '  case "$path" in',
        *cases,
        "  esac",
        '  COMPREPLY=($(compgen -W "$words" -- "$cur"))',
        "}",
        "complete -o default -F _brokerdesk brokerdesk",
    )
    return "\n".join(lines)


def _following(words: list[CompletedWord], before: tuple[str, ...]) -> str:
    return " ".join(word.word for word in words if word.after == before)


def _zsh(words: list[CompletedWord]) -> str:
    return "\n".join(("autoload -U +X bashcompinit && bashcompinit", _bash(words)))


def _fish(words: list[CompletedWord]) -> str:
    """Return a line for each word. Fish shows what a word is for next to it."""
    groups = {word.after for word in words}
    lines = ["complete -c brokerdesk -f"]
    for after, word, about in words:
        seen = "; and ".join(f"__fish_seen_subcommand_from {part}" for part in after)
        below = " ".join(one.word for one in words if one.after == after and (*after, one.word) in groups)
        if below:
            seen = f"{seen}; and " * bool(seen) + f"not __fish_seen_subcommand_from {below}"
        kind = f"-l {word.removeprefix('--')}" if word.startswith("--") else f"-a {shlex.quote(word)}"
        lines.append(f"complete -c brokerdesk -n {shlex.quote(seen)} {kind} -d {shlex.quote(about)}")
    return "\n".join(lines)


_SCRIPTS: Final = {"bash": _bash, "zsh": _zsh, "fish": _fish}
