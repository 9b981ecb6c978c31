"""`notes`: the notes of a card, and when each was pushed. Sends nothing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from core.flex.model import RejectedRecord
from core.flex.use_cases.notes import ListedNote
from core.local_forms import DeskTime
from core.odd_values import field_in_words
from tui.cli.json_output import aside_form
from tui.cli.options import CommandOptions
from tui.cli.output import emit_json, say, say_table
from tui.wiring import open_desk, settings_of
from tui.wiring.files import note_templates


@dataclass(frozen=True, kw_only=True)
class NotesOptions(CommandOptions):
    """The options of `notes`."""

    card: str
    templates: bool
    """True for the operator's templates, filled from the card, in place of the notes."""


async def notes(options: NotesOptions) -> int:
    """List the notes of a card, the newest first. A note that can't be read is named."""
    if options.templates:
        return await _list_templates(options)
    async with open_desk(settings_of(options.home, options.profile), write=False) as desk:
        listed, local = await desk.notes.of_card(options.card), desk.local
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
    say_table(
        (item.note.id, item.note.author or "", _pushed(item, local), _begins(item.note.text)) for item in read
    )
    say(*(f"! {item.id} can't be read: {field_in_words(item.field)}: {item.reason}" for item in aside))
    if not listed:
        say("This card has no notes.")
    return 0


async def _list_templates(options: NotesOptions) -> int:
    """List the note templates as they are filled from a card, and what of each can't be filled."""
    settings = settings_of(options.home, options.profile)
    read = note_templates(settings)
    async with open_desk(settings, write=False) as desk:
        filled = [await desk.notes.fill(options.card, template, desk.local) for template in read.templates]
    if options.json:
        forms = [
            {"name": one.name, "text": one.text, "missing": list(one.missing), "unknown": list(one.unknown)}
            for one in filled
        ]
        emit_json(
            {"card": options.card, "folder": str(read.folder), "templates": forms, "unread": read.unread}
        )
        return 0
    for one in filled:
        say(one.name, *(f"  {line}" for line in one.text.splitlines()))
        if one.gaps:
            say(f"  ! {one.gaps}")
    say(*(f"! {why}" for why in read.unread))
    if not filled:
        say(f"There are no note templates. A template is a text file in {read.folder}.")
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


def _pushed(item: ListedNote, local: DeskTime) -> str:
    last, word = max(
        [*_each(item.pushed_at, "pushed"), *_each(item.entered_at, "by hand")], default=(0.0, "")
    )
    return f"{word} {local.moment(last)}" if word else ""


def _each(times: Iterable[float], word: str) -> list[tuple[float, str]]:
    return [(at, word) for at in times]


def _begins(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 60 else f"{line[:59]}…"
