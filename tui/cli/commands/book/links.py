"""`links`: what is linked to what."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.push import activity as pushes
from core.push.plan import Entity, Operation
from core.push.records import Push
from core.systems import display_name
from tui.cli.json_output import link_form
from tui.cli.options import PlannedOptions
from tui.cli.output import emit_json, say, say_table
from tui.cli.push_output import NO_NAMES
from tui.wiring import open_book, settings_of
from tui.wiring.book import client_names
from tui.wiring.clock import desk_time

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.push.records import Link
    from data.settings import Settings
    from tui.wiring.book import OpenBook


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
    settings = settings_of(options.home, options.profile)
    book = await open_book(settings, write=False)
    try:
        found = await pushes.links(book)
        if options.json:
            emit_json({"links": [link_form(link) for link in found]})
            return 0
        names = await _names(settings, book, found)
    finally:
        book.close()
    zone = desk_time(settings)
    say_table(
        (
            link.entity.replace("-", " "),
            link.local_id,
            names.get(link.local_id, ""),
            f"is {display_name(link.system)} {link.remote_id}",
            f"since {zone.moment(link.at)}",
        )
        for link in found
    )
    if not found:
        say("Nothing is linked yet.")
    return 0


async def _names(settings: Settings, book: OpenBook, found: Sequence[Link]) -> dict[str, str]:
    """Return by local id whom a link is about: the person, or the client of the card."""
    cards = {link.local_id.partition("/")[0] for link in found}
    of_cards = [push for push in await book.all(Push) if push.about in cards]
    names = await client_names(settings, book).names(of_cards)
    told: dict[str, str] = {}
    async for item in pushes.read_activities(book, of_cards):
        of_push = names.get(item.push.push_id, NO_NAMES)
        told[item.push.about] = of_push.client or told.get(item.push.about, "")
        for step in item.steps:
            is_person = step.entity is Entity.PERSON and step.operation is not Operation.WRITE_BACK
            about = of_push.steps[step.n] if is_person and step.n < len(of_push.steps) else of_push.client
            if about:
                told.setdefault(step.local_id, about)
    return told
