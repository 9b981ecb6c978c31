"""The parser names the functions of tui.cli.commands by strings, so that a command loads no other command's modules."""

from __future__ import annotations

import argparse
import inspect
import re
import shlex
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import fields
from typing import Any, get_type_hints

import pytest

from core.flex.board import Board, BoardCard, CardState
from core.flex.model import CardSummary
from tui.cards.board import BoardModel
from tui.cards.listing import LISTING
from tui.cli.commands.cards.board import COLUMNS
from tui.cli.options import CommandOptions, options_class
from tui.cli.parsed import APP
from tui.cli.parser.root import EXAMPLES, GROUPS, parse, root_parser
from tui.cli.run import find_command


def leaves(parser: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    """Yield every parser that has no parsers below it."""
    below = [action for action in parser._actions if isinstance(action, argparse._SubParsersAction)]
    if not below:
        yield parser
    for action in below:
        for child in action.choices.values():
            yield from leaves(child)


LEAVES = {leaf.prog: leaf for leaf in leaves(root_parser())}


@pytest.mark.parametrize("prog", LEAVES)
def test_every_command_of_the_parser_is_a_function_from_options_to_an_exit_code(prog: str) -> None:
    command = find_command(*LEAVES[prog].get_default("command"))
    assert list(inspect.signature(command).parameters) == ["options"]
    assert issubclass(options_class(command), CommandOptions)
    assert inspect.signature(command).return_annotation == "int"


def kind_of(action: argparse.Action) -> Any:
    """Return the type of the values that the parser stores for an argument."""
    if isinstance(action, argparse._StoreTrueAction):
        return bool
    kind: Any = action.type if isinstance(action.type, type) else str
    if callable(action.type) and not isinstance(action.type, type):
        kind = get_type_hints(action.type)["return"]
    if isinstance(action, argparse._AppendAction) or action.nargs == "+":
        return list[kind]
    if action.nargs == "*" or isinstance(action.nargs, int):
        return list[kind] | None
    return kind if action.required or action.default is not None else kind | None


@pytest.mark.parametrize("prog", LEAVES)
def test_the_options_of_a_command_are_what_the_parser_gives_it(prog: str) -> None:
    leaf = LEAVES[prog]
    declared = options_class(find_command(*leaf.get_default("command")))
    always = {"home": str | None, "profile": str | None, "json": bool}
    set_by_default = {name: str | None for name in leaf._defaults if name != "command"}
    parsed = {action.dest: kind_of(action) for action in leaf._actions}
    given = {**parsed, **set_by_default, **always}
    hints = get_type_hints(declared)
    assert {field.name: hints[field.name] for field in fields(declared)} == {
        name: kind for name, kind in given.items() if name not in ("help", "version")
    }


def made_parsers(monkeypatch: pytest.MonkeyPatch, arguments: list[str]) -> list[str]:
    """Return the names of the parsers that parsing these words makes."""
    made: list[str] = []
    begin = argparse.ArgumentParser.__init__

    def note(parser: argparse.ArgumentParser, *, prog: str, **settings: Any) -> None:
        made.append(prog)
        begin(parser, prog=prog, **settings)

    monkeypatch.setattr(argparse.ArgumentParser, "__init__", note)
    root_parser.cache_clear()
    with suppress(SystemExit):
        parse(arguments)
    return made


@pytest.mark.parametrize(
    ("arguments", "made"),
    [
        (["--help"], ["brokerdesk"]),
        (["links"], ["brokerdesk", "brokerdesk links"]),
        (["push", "--help"], ["brokerdesk", "brokerdesk push"]),
        (["push", "card", "C-1"], ["brokerdesk", "brokerdesk push", "brokerdesk push card"]),
    ],
)
def test_parsing_a_command_makes_its_own_parser_and_no_other(
    arguments: list[str], made: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert made_parsers(monkeypatch, arguments) == made


def test_the_help_lists_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parse(["--help"])
    listed = re.findall(r"^  ([a-z]+)  +[A-Z]", capsys.readouterr().out, re.MULTILINE)
    assert sorted(listed) == sorted({prog.split()[1] for prog in LEAVES})


def test_every_command_is_in_one_group_of_the_help() -> None:
    named = Counter(name for names in GROUPS.values() for name in names)
    commands = {prog.split()[1] for prog in LEAVES}
    assert {name: named[name] for name in commands} == dict.fromkeys(commands, 1)


def examples_of(leaf: argparse.ArgumentParser) -> list[str]:
    """Return the examples at the end of a command's help."""
    return re.findall(r"^  (brokerdesk .+)$", leaf.epilog or "", re.MULTILINE)


@pytest.mark.parametrize("prog", [prog for prog in LEAVES if prog != "brokerdesk sandbox serve"])
def test_the_help_of_a_command_is_a_sentence_with_examples_that_the_command_takes(prog: str) -> None:
    leaf = LEAVES[prog]
    assert re.fullmatch(r"[A-Z].*\.", leaf.description or "", re.DOTALL)
    assert examples_of(leaf)
    for example in examples_of(leaf):
        assert example.startswith(prog)
        assert parse(shlex.split(example)[1:]).command == leaf.get_default("command")


GROUPS_OF_COMMANDS = sorted({prog.rpartition(" ")[0] for prog in LEAVES if prog.count(" ") == 2})


@pytest.mark.parametrize("group", GROUPS_OF_COMMANDS)
def test_the_help_of_a_group_has_examples_of_its_commands(
    group: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        parse([*group.split()[1:], "--help"])
    examples = re.findall(r"^  (brokerdesk .+)$", capsys.readouterr().out, re.MULTILINE)
    assert len(examples) >= 2
    for example in examples:
        assert example.startswith(f"{group} ")
        assert parse(shlex.split(example)[1:]).command


def test_the_help_of_the_whole_command_line_has_examples(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parse(["--help"])
    shown = re.findall(r"^  (brokerdesk\b.*)$", capsys.readouterr().out, re.MULTILINE)
    assert shown == list(EXAMPLES)
    commands = [parse(shlex.split(example)[1:]).command for example in shown]
    assert commands[0] == APP


@pytest.mark.parametrize("prog", LEAVES)
def test_every_option_of_a_command_says_what_it_does(prog: str) -> None:
    assert [action.dest for action in LEAVES[prog]._actions if not action.help] == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["crads"], "“crads” isn't a command: did you mean cards?"),
        (["push", "crd"], "“crd” isn't a command: did you mean card?"),
        (["zzz"], "“zzz” isn't a command: choose from cards, preview, "),
        (["import", "a.csv", "--dates", "mdyy"], "“mdyy” isn't a choice: did you mean mdy"),
        (
            ["cards", "--filtr=x"],
            "brokerdesk cards: error: this command has no “--filtr”: did you mean --filter?",
        ),
        (
            ["push", "card", "C-1", "--perso", "P-1=new", "--yess"],
            "this command has no “--yess”: did you mean --yes?",
        ),
        (["cards", "--zzz"], "this command has no “--zzz”; --help lists what it takes"),
        (["cards", "patel"], "this command has no “patel”; --help lists what it takes"),
        (["--prfile", "live", "cards"], "this command has no “--prfile”: did you mean --profile?"),
        (
            ["--home", "x", "--prfile=live", "cards"],
            "this command has no “--prfile”: did you mean --profile?",
        ),
        (["--prof", "live", "crads"], "“crads” isn't a command: did you mean cards?"),
        (
            ["webhooks", "test", "--event", "user-updated"],
            "isn't a kind of test event: did you mean user_updated",
        ),
    ],
)
def test_a_wrong_word_is_answered_with_the_nearest_ones(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        parse(arguments)
    assert ended.value.code == 2
    assert said in capsys.readouterr().err


def test_the_parser_has_the_commands_that_were_counted() -> None:
    assert len(LEAVES) > 30


def test_the_list_of_cards_has_the_columns_of_the_apps_list() -> None:
    assert list(COLUMNS) == [column.name for column in LISTING.columns]
    summary = CardSummary("C-1", "Ng, Linh", "deal", "Submitted", "m.hale")
    row = BoardModel(Board({}, {}), "m.hale")
    row.add([summary])
    (shown,) = row.rows()
    card = BoardCard(summary, CardState.UNLINKED, None)
    cells = {column.name: column.text(shown) for column in LISTING.columns}
    assert {name: cell(card) for name, cell in COLUMNS.items()} == cells
