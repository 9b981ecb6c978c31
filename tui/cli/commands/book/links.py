"""`links`: what is linked to what."""

from __future__ import annotations

from dataclasses import dataclass

from core.push import activity as pushes
from tui.cli.json_output import link_form
from tui.cli.options import PlannedOptions
from tui.cli.output import emit_json, say, say_table
from tui.wiring import open_book, settings_of


@dataclass(frozen=True, kw_only=True)
class LinksOptions(PlannedOptions):
    """The options of `links`."""

    find: bool
    """True to search FLEX for what is not linked yet."""
    take: list[str]
    """`ID=FLEX_ID` for each unsure card or person that is to be linked."""
    leave: list[str]
    """The cards and people that are not to be linked."""


async def links(options: LinksOptions) -> int:
    """List the links. With `--find`, search FLEX for what is not linked yet."""
    if options.find:
        from tui.cli.commands.cards.linking_up import find_links  # noqa: PLC0415 - a list of links asks no system

        return await find_links(options)
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
