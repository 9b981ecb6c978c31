"""`overview`: the day and the week, and what waits, as the book has them. Asks no system."""

from __future__ import annotations

from msgspec.structs import replace

from core.overview.use_cases import OverviewUseCases
from tui.cli.options import CommandOptions
from tui.cli.output import emit_json, say
from tui.wiring import open_book, settings_of
from tui.wiring.clock import WallClock, desk_time
from tui.wiring.systems import CONTACT_SYSTEMS, contact_systems
from tui.wiring.watch.rounds import waiting_for_word
from tui.words.overview import in_one_column, overview_form


async def overview(options: CommandOptions) -> int:
    """Print what was sent, what waits and what is still to enter by hand. What nobody has read yet is called that."""
    settings = settings_of(options.home, options.profile)
    local = desk_time(settings)
    book = await open_book(settings, write=False)
    try:
        has_contacts = len(contact_systems(settings)) == len(CONTACT_SYSTEMS)
        use_cases = OverviewUseCases(book, local, has_cards=settings.has_cards, has_contacts=has_contacts)
        seen = await use_cases.read(WallClock().now())
    finally:
        book.close()
    waiting = await waiting_for_word(settings)
    seen = replace(seen, held_back=sum(braked.number for braked in waiting.braked))
    if options.json:
        emit_json(overview_form(seen))
        return 0
    say(*(line.text.rstrip() for line in in_one_column(seen, local, {})))
    return 0
