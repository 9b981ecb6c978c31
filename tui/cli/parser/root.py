"""The list of all commands, and from the words of a run to its options."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Final

from core.version import VERSION
from tui.cli.parsed import APP, Parsed, the_app
from tui.cli.parser import book, cards, contacts, setup
from tui.cli.parser.parts import AS_WRITTEN, EXIT_CODES, CommandParser, add_command, add_common, add_group

if TYPE_CHECKING:
    from tui.cli.parser.parts import Commands

ABOUT: Final = (
    "A mortgage desk's console: see what a push will do, confirm it once, trust that it happened once."
)


def parse(arguments: Sequence[str]) -> Parsed:
    """Return the options of a run.

    Raises `SystemExit`, with the exit code, after the help is printed or what is wrong with the words.
    """
    parsed = root_parser().parse_args(arguments, the_app())
    if parsed.app_faults and parsed.command != APP:
        root_parser().error(
            "--faults goes with the app alone; brokerdesk sandbox faults has them for a command"
        )
    return parsed


@cache
def root_parser() -> CommandParser:
    """Return the parser of the whole command line."""
    return CommandParser(
        prog="brokerdesk", description=ABOUT, epilog=EXIT_CODES, formatter_class=AS_WRITTEN, fill=_fill
    )


def _fill(parser: CommandParser) -> None:
    add_common(parser)
    parser.add_argument("--version", action="version", version=f"brokerdesk {VERSION}")
    parser.add_argument(
        "--faults",
        dest="app_faults",
        metavar="SPEC",
        help="of the app on the sandbox: what goes wrong, as in 'drop-reply POST /flex *1' (docs/sandbox.md)",
    )
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", prog=parser.prog)
    _add_commands(commands)


def _add_commands(commands: Commands) -> None:
    add_command(commands, "cards", "cards.board:cards", "list the board's cards", cards.fill_cards)
    add_group(commands, "preview", "show what a push would do, field by field", cards.fill_previews)
    add_group(commands, "push", "push to FLEX: shown, asked once, sent once", cards.fill_pushes)
    add_command(
        commands,
        "link",
        "cards.link:link",
        "link a card to an opportunity or application of FLEX, or a person to a contact: shown and asked first",
        cards.fill_link,
    )
    add_command(
        commands,
        "unlink",
        "cards.link:unlink",
        "take back the link of a card or a person; FLEX keeps its record",
        cards.fill_unlink,
    )
    add_command(
        commands,
        "decide",
        "book.decide:decide",
        "settle a step that needs a person, and go on with its push",
        book.fill_decide,
    )
    add_command(
        commands,
        "checklist",
        "cards.checklist:checklist",
        "the fields of a card to key by hand in FLEX, with ticks that last",
        cards.fill_checklist,
    )
    add_command(
        commands,
        "paste",
        "cards.paste:paste",
        "enter a card or a note into FLEX by hand, value by value, then link its FLEX ID; sends nothing to FLEX",
        cards.fill_paste,
    )
    add_command(
        commands,
        "products",
        "cards.products:products",
        "a card's products, and their entries in FLEX's catalogue",
        cards.fill_products,
    )
    add_command(commands, "notes", "cards.notes:notes", "the notes of a card", cards.fill_notes)
    add_command(
        commands, "activity", "book.activity:activity", "every push, live and past", book.fill_activity
    )
    add_command(
        commands,
        "overview",
        "book.overview:overview",
        "the day and the week, and what waits for you; asks no system",
    )
    add_command(
        commands,
        "demo",
        "demo:demo",
        "the tour as text: what each screen is for, with the commands that do the same, on a sandbox of its own",
    )
    add_command(commands, "resume", "book.resume:resume", "go on with what is not finished", book.fill_resume)
    add_command(commands, "links", "book.links:links", "what is linked to what", cards.fill_links)
    add_command(
        commands,
        "receipt",
        "book.receipt:receipt",
        "what a push sent, and that it arrived; without PUSH every receipt",
        book.fill_receipt,
    )
    add_command(
        commands,
        "explain",
        "book.explain:explain",
        "what a code means, and what to do about it",
        book.fill_explain,
    )
    add_command(
        commands,
        "bundle",
        "book.bundle:bundle",
        "pack ids and states for whoever helps; no client data, no secrets",
        book.fill_bundle,
    )
    add_command(
        commands,
        "import",
        "cards.import_cards:import_cards",
        "take in the cards, notes and Fact Finds of an export: JSON, CSV or a spreadsheet",
        cards.fill_import,
    )
    add_command(
        commands,
        "match",
        "contacts.match:match",
        "what becomes of every contact of SimpleNexus and Total Expert, or of two files; sends nothing",
        contacts.fill_match,
    )
    add_command(
        commands,
        "review",
        "contacts.review:review",
        "the contacts that need you, the dearest mistake first; sends nothing",
    )
    add_command(
        commands,
        "judge",
        "contacts.review:judge",
        "say whether two contacts are one person; remembered with who and when; sends nothing",
        contacts.fill_judge,
    )
    add_command(
        commands,
        "sync",
        "contacts.sync:sync",
        "link, import and push what the match and your answers call for",
        contacts.fill_sync,
    )
    add_command(
        commands,
        "share",
        "contacts.sync:share",
        "share the app with imported prospects: SimpleNexus sends them the link, and they make their account",
        contacts.fill_share,
    )
    add_command(
        commands,
        "invite",
        "contacts.sync:invite",
        "invite agents that are linked with a partner: SimpleNexus sends each an invite",
        contacts.fill_invite,
    )
    add_command(
        commands,
        "undo",
        "contacts.sync:undo",
        "take a sync, or what a card's push replaced in FLEX, back as far as that can be done; deletes nothing",
        contacts.fill_undo,
    )
    add_command(
        commands,
        "milestones",
        "contacts.milestones:milestones",
        "what happened in SimpleNexus, and what becomes of it in Total Expert",
        contacts.fill_milestones,
    )
    add_command(
        commands,
        "listen",
        "setup.listen:listen",
        "take SimpleNexus's signed webhooks in, on loopback",
        setup.fill_listen,
    )
    add_group(
        commands,
        "webhooks",
        "the desk's own webhooks at SimpleNexus and Total Expert",
        setup.fill_webhooks,
    )
    add_group(
        commands, "map", "which field goes where in FLEX; a file of your own changes it", cards.fill_map
    )
    add_command(
        commands,
        "init",
        "setup.init:init",
        "make a profile, step by step; each connection is tried, secrets go to the keyring",
        setup.fill_init,
    )
    add_command(
        commands,
        "doctor",
        "setup.doctor:doctor",
        "settings, connections, the book, the files: what is wrong, what to do, whom to ask; changes nothing",
        setup.fill_doctor,
    )
    add_command(
        commands,
        "forget",
        "book.forget:command",
        "let go of what our side holds of a card or a contact; says what remains where",
        book.fill_forget,
    )
    add_command(
        commands,
        "stop",
        "book.stop:command",
        "halt all sending of every app, command and worker on this book, at once; --lift ends it",
        book.fill_stop,
    )
    add_command(
        commands,
        "reconcile",
        "book.reconcile:command",
        "compare links and receipts with what the systems hold now, and add up what was confirmed; sends nothing",
        book.fill_reconcile,
    )
    add_command(
        commands,
        "watch",
        "book.watch:command",
        "work on the book without a screen, round after round: pushes that wait, milestones, new users, checks",
        book.fill_watch,
    )
    add_group(commands, "export", "write what is held here to a file of your own", book.fill_exports)
    add_group(
        commands,
        "gateway",
        "the systems in front of which an aggregator puts a gateway",
        setup.fill_gateway,
    )
    add_group(
        commands,
        "sandbox",
        "the built-in sandbox: its day, what goes wrong, a new beginning",
        setup.fill_sandbox,
    )
