"""Runs one command that was parsed, and reports an error in one message. Loads no textual."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from importlib import import_module

from core.errors import DeskError
from tui.cli import console
from tui.cli.confirmation import PlanNotSent
from tui.cli.options import Command, options_for
from tui.cli.output import broken, interrupted, report
from tui.cli.parsed import APP, Parsed
from tui.command_line import CommandRun, confirmed_by, this_run
from tui.wiring.platform.loops import run as run_in_loop


def run(options: Parsed, arguments: Sequence[str]) -> int:
    """Run the command that `options` name, and return the exit code. `arguments` are the words of the run."""
    as_json: bool = options.json
    if as_json:
        console.print_json_as_utf8()
    if options.command != APP:
        confirmed_by.set(f"command line: {shlex.join(['brokerdesk', *arguments])}")
    this_run.set(CommandRun())
    try:
        command = find_command(*options.command)
        code = command(options_for(command, options))
        return code if isinstance(code, int) else run_in_loop(code)
    except PlanNotSent as error:
        return report(error, as_json=as_json, more=error.form)
    except DeskError as error:
        return report(error, as_json=as_json)
    except KeyboardInterrupt:
        return report(interrupted(this_run.get().sending), as_json=as_json)
    except Exception as error:
        return report(broken(error, options.home), as_json=as_json)


def find_command(module: str, function: str) -> Command:
    """Import the module of a command, and no other, and return its function.

    The type checker can't follow the two names; `tests/unit/tui/test_commands_are_there.py` checks each of them.
    """
    command: Command = getattr(import_module(f"tui.cli.commands.{module}"), function)
    return command
