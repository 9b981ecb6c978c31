"""`notes`: the notes of a card, and when each was pushed. Sends nothing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from core.flex.model import RejectedRecord
from core.flex.use_cases.notes import ListedNote
from core.odd_values import field_in_words
from tui.cli.json_output import aside_form
from tui.cli.options import CommandOptions
from tui.cli.output import emit_json, say, say_table
from tui.wiring import open_desk, settings_of
from tui.wiring.clock import local_time


@dataclass(frozen=True, kw_only=True)
class NotesOptions(CommandOptions):
    """The options of `notes`."""

    card: str


async def notes(options: NotesOptions) -> int:
    """List the notes of a card, the newest first. A note that can't be read is named."""
    async with open_desk(settings_of(options.home, options.profile), write=False) as desk:
        listed = await desk.notes.of_card(options.card)
    read = [item for item in listed if isinstance(item, ListedNote)]
    aside = [item for item in listed if isinstance(item, RejectedRecord)]
    if options.json:
        emit_json(
            {
                "card": options.card,
                "notes": [_form(item) for item in read],
                "set_aside": [aside_form(item) for item in aside],
            }
        )
        return 0
    say_table((item.note.id, item.note.author or "", _pushed(item), _begins(item.note.text)) for item in read)
    say(*(f"! {item.id} can't be read: {field_in_words(item.field)}: {item.reason}" for item in aside))
    if not listed:
        say("This card has no notes.")
    return 0


def _form(item: ListedNote) -> dict[str, Any]:
    """Write a note, with the times at which its text was pushed or entered by hand, in seconds since 1970."""
    note = item.note
    return {
        "id": note.id,
        "text": note.text,
        "author": note.author,
        "created_at": note.created_at,
        "attachments": [
            {"id": file.id, "file_name": file.file_name, "size": file.size} for file in note.attachments
        ],
        "pushed_at": list(item.pushed_at),
        "entered_at": list(item.entered_at),
    }


def _pushed(item: ListedNote) -> str:
    last, word = max(
        [*_each(item.pushed_at, "pushed"), *_each(item.entered_at, "by hand")], default=(0.0, "")
    )
    return f"{word} {local_time(last):%Y-%m-%d %H:%M}" if word else ""


def _each(times: Iterable[float], word: str) -> list[tuple[float, str]]:
    return [(at, word) for at in times]


def _begins(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 60 else f"{line[:59]}…"
