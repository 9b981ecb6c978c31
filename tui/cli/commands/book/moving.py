"""`book move`: the book goes to a team's database, or back. `book secret`: the team's secret, to hand over."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from core.errors import DeskError
from core.texts import how_many
from tui.cli.options import CommandOptions, ConfirmedOptions
from tui.cli.output import emit_json, say
from tui.cli.progress import progress_lines
from tui.cli.prompts import answered_yes, can_ask
from tui.wiring import settings_of
from tui.wiring.team.moving import HERE, move_book, places_in_words, team_secret_text


@dataclass(frozen=True, kw_only=True)
class MoveOptions(ConfirmedOptions):
    """The options of `book move`."""

    to: str
    """Where the book goes: an address of PostgreSQL, or "tinydb" for a file on this computer."""


async def move(options: MoveOptions) -> int:
    """Move the book, compare the copy with it, and say what to set in the profile."""
    settings = settings_of(options.home, options.profile)
    source, target = await asyncio.to_thread(places_in_words, settings, options.to)
    if not options.yes:
        if options.json or not can_ask():
            raise DeskError("not-confirmed", "The book is where it was.", when="a book was not moved")
        say(
            f"The book of profile “{settings.name}” moves",
            f"  from {source}",
            f"  to   {target}",
            "Nothing can be sent meanwhile. The old book stays as it is, to be read.",
        )
        if not answered_yes("Move it? [y/N] ", otherwise="The book is where it was."):
            return 1
    with progress_lines(silent=options.json) as show:
        moved = await move_book(settings, options.to, _counter(show))
    setting = f'book = "{options.to if options.to == HERE else target}"'
    if options.json:
        emit_json({"from": moved.source, "to": moved.target, "holds": moved.holds, "setting": setting})
        return 0
    records, holds = sum(moved.holds.records.values()), moved.holds
    say(
        f"The book is at {moved.target}: {how_many(records, 'record')}, {how_many(holds.files, 'file')} and "
        f"{how_many(holds.archived, 'archived push', 'archived pushes')}, each compared with the old book.",
        f"Checksum {holds.checksum[:16]}.",
        f"Now set {setting} in profile “{settings.name}” of {settings.home / 'config.toml'}.",
    )
    if options.to != HERE:
        say("Each colleague sets that too, and stores the secret that brokerdesk book secret prints.")
    return 0


def _counter(show: Callable[[str], None]) -> Callable[[int], None]:
    """Return what adds up what was copied, and shows it."""
    done = 0

    def told(count: int) -> None:
        nonlocal done
        done += count
        show(f"{done:,} records and files copied")

    return told


def secret(options: CommandOptions) -> int:
    """Print the team's secret. Whoever has it and an account of the database can read the book."""
    text = team_secret_text(settings_of(options.home, options.profile))
    if options.json:
        emit_json({"secret": text})
    else:
        say(text)
    return 0
