"""`activity`: what was pushed, and what is still to do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from core.push import activity as pushes
from tui.cli.json_output import push_form
from tui.cli.options import CommandOptions
from tui.cli.output import emit_json, say
from tui.cli.push_output import show_push
from tui.wiring import open_book, settings_of

SHOWN: Final = 20
"""How many pushes are listed for a person who gives no limit. A script gets all of them."""


@dataclass(frozen=True, kw_only=True)
class ActivityOptions(CommandOptions):
    """The options of `activity`."""

    limit: int | None


async def activity(options: ActivityOptions) -> int:
    """List the pushes, the newest first: as many as the limit says, and each older one that is not over."""
    book = await open_book(settings_of(options.home, options.profile), write=False)
    try:
        every = await pushes.pushes(book)
        limit = options.limit or (len(every) if options.json else SHOWN)
        listed = pushes.newest(every, limit)
        left_out = len(every) - len(listed)
        if options.json:
            forms = [push_form(item.push, item.steps) async for item in pushes.read_activities(book, listed)]
            emit_json({"pushes": forms, "left_out": left_out})
            return 0
        async for item in pushes.read_activities(book, listed):
            show_push(item)
    finally:
        book.close()
    if not every:
        say("Nothing was pushed yet.")
    if left_out:
        are = "push is" if left_out == 1 else "pushes are"
        say(f"{left_out} older {are} not listed. To list every push: brokerdesk activity --limit all")
    return 0
