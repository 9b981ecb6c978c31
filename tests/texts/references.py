"""Writes the pages of keys, commands, settings and errors from what the program itself declares."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Final

from core.error_catalogue import CATALOGUE, cases_of, fix_of
from tests.support.fork_server import ROOT
from tests.texts.man_page import man_page
from tests.texts.settings_page import configuration_page, schema_page
from tui.actions import ACTIONS, GROUPS, key_list, show_keys
from tui.cli.parser.root import GROUPS as COMMAND_GROUPS
from tui.cli.parser.root import root_parser
from tui.cli.spec import CommandSpec, command_line

_WRITTEN: Final = "*Written by `make texts` from the program itself.*\n"
_EVERYWHERE: Final = frozenset({"--home", "--profile", "--json", "--plan"})
"""The options that the head of the page explains for all commands."""


def keys_page() -> str:
    """Return the page of keys: a table for each part of the app, with the name to remap each key by."""
    lines = [
        "# Keys\n",
        _WRITTEN,
        "`?` in the app shows the keys of the room that you are in. `[profiles.NAME.keys]` in `config.toml` changes a",
        'key by the name of its action, such as `push = "ctrl+s"`.',
    ]
    for section in dict.fromkeys(group.section for group in GROUPS):
        names = {group.name for group in GROUPS if group.section == section}
        rows = [
            f"| {_cell(_code(show_keys(key_list(action.keys))))} | {_cell(action.does)} | `{action.name}` |"
            for action in ACTIONS
            if action.group in names
        ]
        if rows:
            lines += [f"\n## {section}\n", "| key | what it does | action |", "|---|---|---|", *rows]
    return "\n".join(lines) + "\n"


def commands_page() -> str:
    """Return the page of commands: what `--help` says of each, in the groups of the help."""
    lines = [
        "# Commands, one by one\n",
        _WRITTEN,
        "[commands.md](commands.md) says which command does the same as which action of the app. Every command takes",
        "`--home DIR` and `--profile NAME`; most take `--json`. A command that sends takes `--plan HASH`, and then",
        "sends only the plan with that hash.",
    ]
    heading = ""
    for leaf in command_line(root_parser(), COMMAND_GROUPS).leaves():
        if leaf.heading != heading:
            heading = leaf.heading
            lines.append(f"\n## {heading[0].upper()}{heading[1:]}")
        lines += ["", *_command(leaf)]
    return "\n".join(lines) + "\n"


def errors_page() -> str:
    """Return the page of errors: what each code means and what to do about it."""
    lines = [
        "# Errors and codes\n",
        _WRITTEN,
        "An error, a finding of `brokerdesk doctor` and a step in Activity have a code. `brokerdesk explain CODE` says",
        "the same as this page. A word in capital letters is a placeholder.\n",
        "| code | what it means | what to do |",
        "|---|---|---|",
    ]
    for code, entry in CATALOGUE.items():
        advice = [fix_of(code), *(f"When {when}: {fix}" for when, fix in cases_of(code).items())]
        lines.append(f"| `{code}` | {_cell(entry.meaning)} | {_cell(' '.join(filter(None, advice)))} |")
    return "\n".join(lines) + "\n"


def decisions_page() -> str:
    """Return the list of decisions, by their headings."""
    lines = ["# Decisions\n", _WRITTEN, "What was decided, why, and what was rejected.\n"]
    for path in sorted((ROOT / "docs" / "decisions").glob("[0-9]*.md")):
        heading = path.read_text("utf-8").partition("\n")[0].removeprefix("# ")
        number, _, title = heading.partition(". ")
        lines.append(f"{int(number)}. [{title}]({path.name})")
    return "\n".join(lines) + "\n"


def _command(leaf: CommandSpec) -> Iterator[str]:
    yield f"### {leaf.name}\n"
    yield leaf.about
    arguments = [argument for argument in leaf.arguments if not _EVERYWHERE & set(argument.flags)]
    if arguments:
        yield "\n| option | what it does |"
        yield "|---|---|"
        for argument in arguments:
            yield f"| {_cell(_code(argument.usage()))} | {_cell(argument.about)} |"
    if leaf.examples:
        yield ""
        yield from (f"    {line}" for line in leaf.examples)


def _code(text: str) -> str:
    return f"`{text}`"


def _cell(text: str) -> str:
    """Return a text for the cell of a table."""
    return text.replace("|", "\\|").replace("\n", " ")


PAGES: Final[Mapping[Path, Callable[[], str]]] = {
    ROOT / "docs" / "keys.md": keys_page,
    ROOT / "docs" / "commands-reference.md": commands_page,
    ROOT / "docs" / "errors.md": errors_page,
    ROOT / "docs" / "brokerdesk.1": man_page,
    ROOT / "docs" / "decisions" / "index.md": decisions_page,
    ROOT / "docs" / "configuration.md": configuration_page,
    ROOT / "docs" / "config.schema.json": schema_page,
}
"""The generated pages, and the functions that return what each has to say."""
