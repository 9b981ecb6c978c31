"""`forget ID`: deletes what brokerdesk stores about a card or a contact, and says what remains where."""

from __future__ import annotations

from dataclasses import dataclass

from core.erasure import ErasurePlan, forget, plan_erasure
from core.errors import DeskError
from core.receipts.records import ReceiptRecord
from tui import wiring
from tui.cli.options import ConfirmedOptions
from tui.cli.output import emit_json, say, say_table
from tui.cli.prompts import answered_yes, can_ask
from tui.wiring import files
from tui.wiring.receipts import receipt_use_cases

FORGOTTEN = "a person or card was forgotten"
"""Why a receipt was removed, as its stub says."""
REMAINS = (
    ("the book", "ids, references and states of what was pushed: they keep it from being sent twice"),
    ("the book's files", "removed hashes leave book.log and book.log.bak when the book is next rewritten"),
    ("the systems", "their own records: only they can erase them; a match reads them again"),
    ("your own copies", "exports, the watched folder, backups of the home, support bundles"),
)
"""What stays whatever was forgotten. None of the book's own holds a client's data."""


@dataclass(frozen=True, kw_only=True)
class ForgetOptions(ConfirmedOptions):
    """The options of `forget`."""

    id: str
    """The id of a card or a contact."""
    receipts: bool
    """True to remove the receipts that name the card or contact too."""


async def command(options: ForgetOptions) -> int:
    """Show what would go, ask, and do it; 1 where it was not confirmed."""
    settings = wiring.settings_of(options.home, options.profile)
    book = await wiring.open_book(settings, write=True)
    try:
        if book.read_only is not None:
            raise book.read_only
        planned = await plan_erasure(book, options.id)
        cards = files.imported_lines(settings, options.id)
        receipts = receipt_use_cases(settings, book, {})
        naming = await receipts.naming(frozenset({options.id, *planned.ids}))
        ids = frozenset({options.id, *planned.ids})
        copies = files.copies_that_name(settings, ids)
        if not (planned.counts or planned.links or cards or naming or copies):
            raise DeskError("nothing-known", f"brokerdesk stores nothing about {options.id}.")
        told = _Told(planned, cards, copies, tuple(naming), options.receipts, settings.profile.receipt_years)
        if not options.json:
            _show(told)
        if not (options.yes or (not options.json and _agreed())):
            if options.json:
                emit_json({**_form(told), "forgotten": False})
            else:
                say("Nothing was forgotten.")
            return 1
        await forget(book, planned)
        files.forget_imported(settings, options.id)
        files.forget_copies(settings, ids)
        if options.receipts:
            await receipts.remove(frozenset(record.number for record in naming), FORGOTTEN)
    finally:
        book.close()
    if options.json:
        emit_json({**_form(told), "forgotten": True})
    else:
        say("Forgotten.")
    return 0


@dataclass(frozen=True)
class _Told:
    """What goes and what remains. `naming` are the receipts that name the card or contact.

    `copies` is the number of copies of a contact system that name it: they go as a whole.
    """

    planned: ErasurePlan
    cards: int
    copies: int
    naming: tuple[ReceiptRecord, ...]
    with_receipts: bool
    years: int


def _form(told: _Told) -> dict[str, object]:
    return {
        "ids": told.planned.ids,
        "counts": _counts(told, "imported", "contact-copies"),
        "remains": [{"where": where, "what": what} for where, what in _remains(told)],
        "receipts": [
            {
                "number": record.number,
                "push_id": record.push_id,
                "written_at": record.written_at,
                "goes": told.with_receipts,
            }
            for record in told.naming
        ],
    }


def _counts(told: _Told, imported: str, copies: str) -> dict[str, int]:
    """Return what goes, without what is 0. `imported` and `copies` are the names of two of the counts."""
    receipts = len(told.naming) if told.with_receipts else 0
    counts = {**told.planned.counts, imported: told.cards, copies: told.copies, "receipts": receipts}
    return {name: count for name, count in counts.items() if count}


def _remains(told: _Told) -> list[tuple[str, str]]:
    links = [(link.system.value, f"{link.entity} {link.remote_id}") for link in told.planned.links]
    kept = f"kept {told.years} years" if told.years else "kept for ever"
    receipts = [
        (
            "receipts",
            f"number {record.number}, push {record.push_id}, with values: {kept}; --receipts removes it",
        )
        for record in told.naming
        if not told.with_receipts
    ]
    return [*links, *receipts, *REMAINS]


def _show(told: _Told) -> None:
    say(f"Known here as: {', '.join(told.planned.ids)}", "What goes:")
    say_table(
        [
            (name, str(count))
            for name, count in _counts(told, "imported cards", "copies of what was read").items()
        ],
        indent="  ",
    )
    if told.with_receipts and told.naming:
        numbers = ", ".join(str(record.number) for record in told.naming)
        say(f"Receipts that go, with everybody else on them: {numbers}. The law may ask you to keep them.")
    say("What remains:")
    say_table(_remains(told), indent="  ")


def _agreed() -> bool:
    return can_ask() and answered_yes("Forget it? [y/N] ", otherwise="Nothing was forgotten.")
