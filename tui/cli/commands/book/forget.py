"""`forget ID`: lets go of what our side holds of a card or a contact, and says what remains where."""

from __future__ import annotations

import sys
from dataclasses import dataclass

from core.erasure import ErasurePlan, forget, plan_erasure
from core.errors import DeskError
from tui import wiring
from tui.cli.options import ConfirmedOptions
from tui.cli.output import emit_json, say, say_table
from tui.wiring import files

REMAINS = (
    ("the book", "ids, references and states of what was pushed: they keep it from being sent twice"),
    ("the book's files", "dropped hashes leave book.log and book.log.bak when the book is next written anew"),
    ("the systems", "their own records: only they can erase them"),
    ("your own copies", "exports, the watched folder, backups of the home, support bundles"),
)
"""What stays whatever was forgotten. None of the book's own holds a client's data."""


@dataclass(frozen=True, kw_only=True)
class ForgetOptions(ConfirmedOptions):
    """The options of `forget`."""

    id: str
    """The id of a card or a contact."""


async def command(options: ForgetOptions) -> int:
    """Show what would go, ask, and do it; 1 where it was not confirmed."""
    settings = wiring.settings_of(options.home, options.profile)
    book = await wiring.open_book(settings, write=True)
    try:
        if book.read_only is not None:
            raise book.read_only
        planned = await plan_erasure(book, options.id)
        cards = files.imported_lines(settings, options.id)
        if not (planned.counts or planned.links or cards):
            raise DeskError("nothing-known", f"Nothing is held of {options.id} here.")
        if not options.json:
            _show(planned, cards)
        if not (options.yes or (not options.json and _agreed())):
            if options.json:
                emit_json({**_form(planned, cards), "forgotten": False})
            else:
                say("Nothing was forgotten.")
            return 1
        await forget(book, planned)
        files.forget_imported(settings, options.id)
    finally:
        book.close()
    if options.json:
        emit_json({**_form(planned, cards), "forgotten": True})
    else:
        say("Forgotten.")
    return 0


def _form(planned: ErasurePlan, cards: int) -> dict[str, object]:
    return {
        "ids": planned.ids,
        "counts": {**planned.counts, **({"imported": cards} if cards else {})},
        "remains": [{"where": where, "what": what} for where, what in _remains(planned)],
    }


def _remains(planned: ErasurePlan) -> list[tuple[str, str]]:
    return [*((link.system.value, f"{link.entity} {link.remote_id}") for link in planned.links), *REMAINS]


def _show(planned: ErasurePlan, cards: int) -> None:
    say(f"Known here as: {', '.join(planned.ids)}", "What goes:")
    say_table(
        [(name, str(count)) for name, count in {**planned.counts, "imported cards": cards}.items() if count],
        indent="  ",
    )
    say("What remains:")
    say_table(_remains(planned), indent="  ")


def _agreed() -> bool:
    if not sys.stdin.isatty():
        return False
    return input("Forget it? [y/N] ").strip().casefold() in ("y", "yes")
