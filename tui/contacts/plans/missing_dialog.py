"""The dialog about a system that gave clearly fewer records than before: read again, or type how many are missing."""

from __future__ import annotations

from core.contacts.reading.shortfall import PAGE_LOST, ShortRead
from core.local_forms import DeskTime
from core.systems import display_name
from tui.text import content
from tui.widgets.confirm_dialog import LineDialog
from tui.words.reads import short_lines


def missing_dialog(short: ShortRead, zone: DeskTime) -> LineDialog:
    """Return the dialog about one system. It gives "" to read again, the number that is missing, or None to close."""
    missing = short.shortfall.missing
    what, when = short_lines([short], zone)
    text = content(
        "[b]$what[/b]\n$when\n\n"
        "$page A record that only seems to be gone would be made a second time, so "
        "nothing is synced and nobody is contacted.\n\n"
        "[b]Enter[/b] reads both systems again in full. If the records are really gone, type how many are missing.",
        what=what,
        when=when,
        page=PAGE_LOST,
    )

    def wrong(given: str) -> str:
        if given in ("", str(missing), f"{missing:,}"):
            return ""
        return "That is not the number of missing records. Enter alone reads again; Escape closes."

    return LineDialog(f"{display_name(short.system)} gave fewer records", text, wrong, empty="")
