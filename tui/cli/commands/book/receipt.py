"""`receipt`: what a push sent and that it arrived, as text, JSON or a page; checks and removes receipts."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from core.errors import DeskError, UsageError
from core.push.plan import Asset, System
from core.push.records import Push
from core.push.states import StepState
from core.receipts.model import Arrival
from core.receipts.page import page_of
from core.receipts.seal import SealFault, SealProblem, Verification
from core.receipts.use_cases import ReceiptUseCases, WrittenReceipt
from core.systems import display_name
from core.texts import how_many
from tui.cli.options import CommandOptions
from tui.cli.output import emit_json, say, say_table
from tui.cli.prompts import answered_yes, can_ask
from tui.cli.receipt_output import receipt_record_form
from tui.wiring import open_book, open_desk, settings_of
from tui.wiring.book import client_names
from tui.wiring.clock import desk_time
from tui.wiring.files import write_private
from tui.wiring.receipts import own_files, receipt_use_cases, verify_files
from tui.words.pushes import ASSET_WORDS, STEP_WORDS
from tui.words.receipts import MARKS, consent_lines, counts_text, record_text

if TYPE_CHECKING:
    from core.receipts.records import ReceiptRecord
    from data.settings import Settings
    from tui.wiring.book import OpenBook

TOO_OLD = "older than receipt_years"


@dataclass(frozen=True, kw_only=True)
class ReceiptOptions(CommandOptions):
    """The options of `receipt`."""

    push: str | None
    html: str | None
    check: bool
    verify: list[str] | None
    """The files to check; an empty list for the profile's own folder; None to check none."""
    remove_old: bool
    yes: bool


async def receipt(options: ReceiptOptions) -> int:
    """Show one receipt, list all, check files, or remove what is older than the profile keeps."""
    if options.verify:
        return _tell(options, verify_files(Path(name) for name in options.verify))
    settings = settings_of(options.home, options.profile)
    if options.remove_old:
        return await _remove_old(options, settings)
    if options.push is not None and options.check:
        async with open_desk(settings, write=True) as desk:
            if desk.book.read_only is not None:
                raise desk.book.read_only
            if desk.receipts is None:
                raise AssertionError("a desk has its receipts")
            return _show(options, await desk.receipts.check_again(options.push))
    async with _receipts(settings, write=False) as (receipts, book):
        if options.verify is not None:
            return _tell(options, await _own(settings, receipts))
        if options.push is not None:
            found = await receipts.of_push(options.push)
            if found is None:
                raise DeskError("no-receipt", f"There is no receipt of push {options.push} here.")
            return _show(options, found)
        if options.html is not None or options.check:
            raise UsageError("which-push", "Name the push.")
        return await _list(options, receipts, settings, book)


@asynccontextmanager
async def _receipts(settings: Settings, *, write: bool) -> AsyncIterator[tuple[ReceiptUseCases, OpenBook]]:
    book = await open_book(settings, write=write)
    try:
        yield receipt_use_cases(settings, book, {}), book
    finally:
        book.close()


# -- showing -------------------------------------------------------------------------------------------


async def _list(
    options: ReceiptOptions, receipts: ReceiptUseCases, settings: Settings, book: OpenBook
) -> int:
    records = await receipts.records()
    if options.json:
        emit_json({"receipts": [receipt_record_form(record) for record in records]})
        return 0
    pushes = await book.get_many(Push, [record.push_id for record in records])
    names = await client_names(settings, book).clients(pushes)
    zone = desk_time(settings)
    say_table(
        (
            str(record.number),
            zone.moment(record.written_at),
            ASSET_WORDS[Asset(record.asset)],
            " ".join(filter(None, (_about(record), names.get(record.push_id, "")))),
            record_text(record).partition(": ")[2],
            record.push_id,
        )
        for record in reversed(records)
    )
    if not records:
        say("No push has ended yet.")
    return 0


def _about(record: ReceiptRecord) -> str:
    """Return the card or record that a receipt is about; "" for one about many contacts or about another push."""
    return "" if record.asset in _NAMELESS else record.about


_NAMELESS: Final = frozenset({Asset.SYNC, Asset.SHARE, Asset.INVITE, Asset.UNDO})


def _show(options: ReceiptOptions, found: WrittenReceipt) -> int:
    """Print a receipt; 1 if a value differs or could not be read."""
    document = found.document
    if options.html is not None:
        write_private(Path(options.html), page_of(document))
    if options.json:
        emit_json(document)
    else:
        _print(document, found)
        if options.html is not None:
            say(f"Written to {options.html}.")
    return 0 if found.record.all_arrived else 1


def _print(document: dict[str, Any], found: WrittenReceipt) -> None:
    desk = document["desk"]
    say(
        f"Receipt {document['number']}  {desk['mode']}  {ASSET_WORDS[Asset(document['asset'])]} "
        f"{document['subject']}  {document['title']}".rstrip(),
        f"Confirmed by {document['operator']} on {desk['machine']}, {document['confirmed_local']}",
        f"Checked {document['checked_local']}",
        *consent_lines(document),
        "",
    )
    say_table(
        [
            *(
                (
                    record["made"] or STEP_WORDS.get(StepState(record["state"]), ""),
                    display_name(System(record["system"])),
                    record["entity"].replace("-", " "),
                    record["summary"] or record["local_id"],
                    record["remote_id"] or "",
                )
                for record in document["records"]
            )
        ],
        indent="  ",
    )
    say("")
    say_table([_row(field) for field in document["fields"]], indent="  ")
    say(
        "",
        counts_text(found.record.counts),
        f"Seal {document['sha256']}",
        f"{found.html_file}",
    )


def _row(field: dict[str, Any]) -> tuple[str, str, str, str]:
    sign, word = MARKS[field["arrived"]]
    about = f" ({field['about']})" if field["about"] else ""
    match Arrival(field["arrived"]):
        case Arrival.ARRIVED | Arrival.THERE:
            said = f"{field['found']}"
        case Arrival.DIFFERS:
            said = f"sent {field['sent']}, the system holds {field['found']}"
        case Arrival.NOT_READ:
            said = f"{field['sent']}: {field['reason']}"
        case Arrival.NOT_SENT:
            said = f"{field['source_value']}: {field['reason']}"
        case Arrival.BY_HAND:
            entered = field["source_value"] if field["sent"] is None else field["sent"]
            said = f"{entered}, entered by {field['by']}"
    return sign, word, f"{field['source']}{about}"[:48], said


# -- checking ------------------------------------------------------------------------------------------


async def _own(settings: Settings, receipts: ReceiptUseCases) -> Verification:
    """Check the profile's own folder, also against what the book keeps."""
    checked = verify_files(own_files(settings))
    faults = list(checked.faults)
    files = {path.name: path for path in own_files(settings)}
    for record in await receipts.records():
        found = await receipts.of_number(record)
        if record.removed_at is None and found is None:
            said = f"Receipt {record.number} of push {record.push_id} is not in the folder."
            faults.append(SealFault(SealProblem.MISSING, str(record.number), said))
        elif found is not None and found["sha256"] != record.sha256:
            said = f"Receipt {record.number} has another seal than the book says."
            faults.append(SealFault(SealProblem.CHANGED, str(record.number), said))
    missing = {finding.what: finding for finding in faults if finding.fault is SealProblem.MISSING}
    others = [finding for finding in faults if finding.fault is not SealProblem.MISSING]
    return Verification((*others, *missing.values()), checked.notes, checked.checked if files else 0)


def _tell(options: ReceiptOptions, checked: Verification) -> int:
    if options.json:
        emit_json(
            {
                "sound": checked.sound,
                "checked": checked.checked,
                "faults": [
                    {"fault": found.fault, "what": found.what, "said": found.said} for found in checked.faults
                ],
                "notes": checked.notes,
            }
        )
    else:
        say(*checked.notes, *(f"✗ {found.said} {found.what}" for found in checked.faults))
        say(f"Receipts with a sound seal: {checked.checked}. Faults: {len(checked.faults)}.")
    return 0 if checked.sound else 1


# -- removing ------------------------------------------------------------------------------------------


async def _remove_old(options: ReceiptOptions, settings: Settings) -> int:
    async with _receipts(settings, write=True) as (receipts, book):
        if book.read_only is not None:
            raise book.read_only
        years = settings.profile.receipt_years
        old = await receipts.old(years)
        if not options.json:
            say(*(f"{record_text(record)}  push {record.push_id}" for record in old))
            say(
                f"Older than {how_many(years, 'year')}: {how_many(len(old), 'receipt')}."
                if years
                else "Receipts are kept for ever."
            )
        agreed = bool(old) and (options.yes or (not options.json and _agreed()))
        removed = await receipts.remove(frozenset(r.number for r in old), TOO_OLD) if agreed else []
    if options.json:
        emit_json(
            {
                "years": years,
                "old": [receipt_record_form(record) for record in old],
                "removed": [record.number for record in removed],
            }
        )
    elif removed:
        say(f"{len(removed)} removed. A stub of each keeps the chain whole.")
    return 0 if agreed or not old else 1


def _agreed() -> bool:
    return can_ask() and answered_yes("Remove them for good? [y/N] ", otherwise="Nothing was removed.")
