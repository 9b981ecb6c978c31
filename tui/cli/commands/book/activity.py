"""`activity`, `resume`, `links`: what was pushed, what is still to do, and what is linked to what."""

from __future__ import annotations

from core.push import activity as pushes
from tui.cli.commands.cards.push import exit_code, show_push
from tui.cli.json_output import link_form, push_form
from tui.cli.options import CommandOptions
from tui.cli.output import emit_json, say, say_table
from tui.wiring import open_book, open_desk, settings_of


async def activity(options: CommandOptions) -> int:
    """List every push, the newest first."""
    book = await open_book(settings_of(options.home, options.profile), write=False)
    try:
        activities = await pushes.read_all_activity(book)
    finally:
        book.close()
    if options.json:
        emit_json({"pushes": [push_form(item.push, item.steps) for item in activities]})
        return 0
    for item in activities:
        show_push(item)
    if not activities:
        say("Nothing was pushed yet.")
    return 0


async def resume(options: CommandOptions) -> int:
    """Go on with every unfinished push, and run the duplicate check."""
    async with open_desk(settings_of(options.home, options.profile), write=True) as desk:
        caretaker = desk.can_resume
        resumed = await caretaker.resume()
        shown = [await pushes.read_activity(desk.book, push) for push in resumed.pushes]
        await caretaker.archive()
    if options.json:
        emit_json({"pushes": [push_form(each.push, each.steps) for each in shown]})
    else:
        for each in shown:
            show_push(each)
        if not shown:
            say("Nothing to resume.")
        say(
            *(
                f"A second record turned up: step {step.key}: {', '.join(step.candidates)}"
                for step in resumed.doubled
            )
        )
    return max((exit_code(push) for push in resumed.pushes), default=0)


async def links(options: CommandOptions) -> int:
    """List the links."""
    book = await open_book(settings_of(options.home, options.profile), write=False)
    try:
        found = await pushes.links(book)
    finally:
        book.close()
    if options.json:
        emit_json({"links": [link_form(link) for link in found]})
        return 0
    say_table((link.entity, link.local_id, link.system, link.remote_id, link.ref) for link in found)
    if not found:
        say("Nothing is linked yet.")
    return 0
