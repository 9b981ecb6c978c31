"""The options of the commands about the book: pushes, decisions, receipts, the watch, and what is taken out of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.cli.parser.parts import (
    StoreOffered,
    add_command,
    add_confirmation,
    whole_number,
    whole_number_or_all,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tui.cli.parser.parts import CommandParser, Commands


def fill_decide(decide: CommandParser) -> None:
    """Add the options of `decide`."""
    decide.add_argument("push", metavar="PUSH", help="the id of the push, as brokerdesk activity lists it")
    decide.add_argument("step", metavar="STEP", help="the step's ref, as brokerdesk activity --json lists it")
    decide.add_argument(
        "choice",
        metavar="CHOICE",
        action=StoreOffered,
        offered=_choices,
        help="there=ID, not-there, link=ID, as-new, overwrite, again, leave or later; a step offers some of them",
    )
    add_confirmation(decide, "do it without asking")


def _choices() -> Iterable[str]:
    """Return the choices of steps. Those that need a FLEX ID end with the sign that it follows."""
    from core.push.resolutions import Choice  # noqa: PLC0415 - a script for a shell alone lists them

    for choice in Choice:
        yield f"{choice}=" if choice in (Choice.THERE, Choice.LINK) else choice
    yield "later"


def fill_activity(activity: CommandParser) -> None:
    """Add the options of `activity`."""
    activity.add_argument("push", metavar="PUSH", nargs="?", help="show this push step by step")
    activity.add_argument(
        "--limit",
        metavar="N|all",
        type=whole_number_or_all,
        action=StoreOffered,
        offered=lambda: ["all"],
        help="list the newest N, and older ones that are not finished; without it 20, with --json all",
    )


def fill_resume(resume: CommandParser) -> None:
    """Add the options of `resume`."""
    resume.add_argument(
        "push",
        metavar="PUSH",
        nargs="?",
        help="the id of one push; without it every push that is not finished",
    )
    add_confirmation(resume, "continue without asking")


def fill_receipt(receipt: CommandParser) -> None:
    """Add the options of `receipt`."""
    receipt.add_argument("push", metavar="PUSH", nargs="?", help="the id of a push")
    receipt.add_argument(
        "--html", metavar="FILE", help="write the receipt as a page to FILE, which only you can read"
    )
    receipt.add_argument(
        "--check",
        action="store_true",
        help="read the systems again; writes a receipt that replaces the last",
    )
    receipt.add_argument(
        "--verify",
        metavar="FILE",
        nargs="*",
        help="find receipts that were changed or are missing; needs only the files; without FILE your own",
    )
    receipt.add_argument(
        "--remove-old", action="store_true", help="remove receipts that are older than receipt_years"
    )
    receipt.add_argument("--yes", action="store_true", help="remove them without asking")


def fill_explain(explain: CommandParser) -> None:
    """Add the options of `explain`."""
    explain.add_argument(
        "code",
        metavar="CODE",
        nargs="?",
        action=StoreOffered,
        offered=_codes,
        help="a code, such as plan-changed; without it all codes",
    )


def _codes() -> Iterable[str]:
    from core.error_catalogue import CATALOGUE  # noqa: PLC0415 - a script for a shell alone lists them

    return CATALOGUE


def fill_bundle(bundle: CommandParser) -> None:
    """Add the options of `bundle`."""
    bundle.add_argument(
        "--out",
        metavar="FILE",
        help="the file to write; without it brokerdesk-bundle-<time>.zip in this folder",
    )


def fill_forget(forget: CommandParser) -> None:
    """Add the options of `forget`."""
    forget.add_argument("id", metavar="CARD_OR_CONTACT", help="the id of a card or contact")
    forget.add_argument(
        "--receipts",
        action="store_true",
        help="also remove the receipts that name it; the law may ask you to keep them",
    )
    forget.add_argument("--yes", action="store_true", help="do it without asking")


def fill_stop(stop: CommandParser) -> None:
    """Add the options of `stop`."""
    stop.add_argument(
        "--reason", metavar="TEXT", default="", help="why, for the others who find sending stopped"
    )
    stop.add_argument("--lift", action="store_true", help="let sending continue")
    stop.add_argument("--yes", action="store_true", help="lift without asking")


def fill_reconcile(reconcile: CommandParser) -> None:
    """Add the options of `reconcile`."""
    reconcile.add_argument(
        "system",
        metavar="SYSTEM",
        nargs="?",
        action=StoreOffered,
        offered=lambda: ("flex", "simplenexus", "total-expert"),
        help="FLEX, SimpleNexus or Total Expert; without it all",
    )
    reconcile.add_argument(
        "--full", action="store_true", help="read everything; without it only a part is read each time"
    )
    reconcile.add_argument("--last", action="store_true", help="show the last report; asks no system")
    reconcile.add_argument(
        "--operator", metavar="NAME", help="only what this person confirmed; without it everybody's"
    )


def fill_watch(watch: CommandParser) -> None:
    """Add the options of `watch`."""
    watch.add_argument("--once", action="store_true", help="run every job once, and end")
    watch.add_argument(
        "--backlog",
        action="store_true",
        help="also send what is older than the first watch, without a question",
    )
    watch.add_argument(
        "--status",
        action="store_true",
        help="show when each job last ran and succeeded, and what waits for you; exit code 1 if a job is overdue or "
        "something waits",
    )
    watch.add_argument(
        "--allow",
        type=whole_number,
        metavar="N",
        help="allow the round that waits with N records, this once; --status says how many wait",
    )
    watch.add_argument(
        "--leave",
        type=whole_number,
        metavar="N",
        help="leave the round that waits with N records to a person",
    )
    watch.add_argument(
        "--end", action="store_true", help="send nothing automatically any more, and end the watch"
    )
    watch.add_argument(
        "--unit",
        choices=("systemd", "launchd", "windows"),
        help="print the file with which this service runs the watch",
    )


def fill_exports(exports: Commands) -> None:
    """Add the commands of `export`."""
    for name, about in (
        ("links", "every link"),
        ("activity", "every push, step by step"),
        ("audit", "who confirmed and decided what, by person and day"),
    ):
        add_command(
            exports,
            name,
            f"book.export:{name}",
            f"Write {about}, to a CSV, JSON or spreadsheet file that only you can read.",
            _export,
            (f"brokerdesk export {name} --out {name}.csv",),
        )


def _export(export: CommandParser) -> None:
    export.add_argument(
        "--out", metavar="FILE", required=True, help="the file to write, ending in .csv, .json or .xlsx"
    )


def fill_book(books: Commands) -> None:
    """Add the commands of `book`."""
    add_command(
        books,
        "move",
        "book.moving:move",
        "Move the book to a team's database or back to this computer, and compare the two. The old one stays readable.",
        _move,
        (
            "brokerdesk book move --to postgresql://desk@db.example.com/brokerdesk",
            "brokerdesk book move --to tinydb",
        ),
    )
    add_command(
        books,
        "secret",
        "book.moving:secret",
        "Print the team's secret, which every desk and worker of the team needs. Hand it over as you would a password.",
        examples=("brokerdesk book secret",),
    )


def _move(move: CommandParser) -> None:
    move.add_argument(
        "--to",
        metavar="ADDRESS",
        required=True,
        help="an address of PostgreSQL without a password, or tinydb for a file on this computer",
    )
    move.add_argument("--yes", action="store_true", help="move it without asking")
