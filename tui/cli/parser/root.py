"""The list of all commands, and from the words of a run to its options."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from tui.cli.parsed import APP, Parsed, the_app
from tui.cli.parser import book, cards, contacts, setup
from tui.cli.parser.parts import (
    AS_WRITTEN,
    EXIT_CODES,
    CommandParser,
    PrintAndEnd,
    add_command,
    add_common,
    add_group,
    grouped,
    listed,
)

if TYPE_CHECKING:
    from tui.cli.parser.parts import Commands

ABOUT: Final = """\
A mortgage desk's console: see what a push will do, confirm it once, and trust that it happened once.
Without a command it opens the app."""
GROUPS: Final[Mapping[str, Sequence[str]]] = {
    "cards to FLEX": (
        *("cards", "preview", "push", "link", "unlink", "links", "notes", "products"),
        *("checklist", "paste", "import", "map"),
    ),
    "SimpleNexus and Total Expert": (
        *("match", "review", "judge", "sync", "share", "invite", "milestones"),
        *("listen", "webhooks"),
    ),
    "today, and what was sent": (
        "overview",
        "activity",
        "resume",
        "decide",
        "undo",
        "receipt",
        "reconcile",
        "explain",
    ),
    "while the app is closed": ("watch", "stop"),
    "set up and look after": (
        "init",
        "config",
        "doctor",
        "serve",
        "gateway",
        "book",
        "export",
        "forget",
        "bundle",
        "demo",
        "sandbox",
    ),
}
"""The commands in the order of the help, by the headings of their groups."""
EXAMPLES: Final = (
    "brokerdesk",
    "brokerdesk cards --filter patel",
    "brokerdesk preview card C-1001",
    "brokerdesk push card C-1001",
    "brokerdesk --profile live doctor",
)
"""Whole commands for the end of the help; the first opens the app."""
SHELLS: Final = ("bash", "zsh", "tcsh", "fish", "powershell")
"""The shells that the library of `completion_script` has scripts for."""
HELP_OF_ONE: Final = "brokerdesk COMMAND --help shows the options and examples of a command."


def parse(arguments: Sequence[str]) -> Parsed:
    """Return the options of a run.

    Raises `SystemExit`, with the exit code, after the help is printed or what is wrong with the words.
    """
    parsed = root_parser().parse_args(arguments, the_app())
    if parsed.app_faults and parsed.command != APP:
        root_parser().error("--faults is for the app; for a command use brokerdesk sandbox faults")
    return parsed


@cache
def root_parser() -> CommandParser:
    """Return the parser of the whole command line."""
    return new_root_parser()


def new_root_parser() -> CommandParser:
    """Return a parser of the whole command line that nobody else has."""
    return CommandParser(
        prog="brokerdesk",
        usage="brokerdesk [--home DIR] [--profile NAME] [--faults SPEC] [COMMAND …]",
        description=ABOUT,
        formatter_class=AS_WRITTEN,
        fill=_fill,
    )


class _PrintSpec(argparse.Action):
    """Prints the command line as JSON and ends the run, as `--version` does."""

    def __call__(self, parser: argparse.ArgumentParser, *_: Any) -> None:
        """Print it. Raises `SystemExit`."""
        import msgspec  # noqa: PLC0415 - no other run needs them

        from core.version import VERSION  # noqa: PLC0415 - as above
        from tui.cli.output import emit_json  # noqa: PLC0415 - as above
        from tui.cli.spec import command_line  # noqa: PLC0415 - as above

        emit_json({"version": VERSION, **msgspec.to_builtins(command_line(root_parser(), GROUPS))})
        parser.exit()


def _fill(parser: CommandParser) -> None:
    add_common(parser)
    parser.add_argument(
        "--version",
        nargs=0,
        action=PrintAndEnd,
        text=_version,
        help="print the version, in a checkout with its commit",
    )
    parser.add_argument(
        "--print-completion",
        choices=SHELLS,
        metavar="SHELL",
        action=PrintAndEnd,
        text=_completion,
        help=f"print the script with which a shell completes commands, options and values: {', '.join(SHELLS)}",
    )
    parser.add_argument(
        "--spec", action=_PrintSpec, nargs=0, help="print the whole command line as JSON, and exit"
    )
    parser.add_argument(
        "--faults",
        dest="app_faults",
        metavar="SPEC",
        help="open the app on the sandbox with faults, such as 'drop-reply POST /flex *1' (see docs/sandbox.md)",
    )
    commands = parser.add_subparsers(metavar="COMMAND", help=argparse.SUPPRESS, prog=parser.prog)
    _add_commands(commands)
    parser.more_help = lambda: "\n\n".join(
        [grouped(commands, GROUPS), listed("examples", EXAMPLES), HELP_OF_ONE, EXIT_CODES]
    )


def _version(_: object) -> str:
    from tui.cli.parser.checkout import program_and_commit  # noqa: PLC0415 - few runs print the version

    return program_and_commit()


def _completion(shell: str) -> str:
    from tui.cli.parser.completion import completion_script  # noqa: PLC0415 - one run in a lifetime prints it

    return completion_script(new_root_parser(), shell)


def _add_commands(commands: Commands) -> None:
    add_command(
        commands,
        "cards",
        "cards.board:cards",
        "List the cards on the board.",
        cards.fill_cards,
        ("brokerdesk cards", "brokerdesk cards --filter patel", "brokerdesk cards --changed --json"),
    )
    add_group(
        commands,
        "preview",
        "Show what a push would do, field by field. Sends nothing.",
        cards.fill_previews,
        ("brokerdesk preview card C-1001", "brokerdesk preview note N-3003"),
    )
    add_group(
        commands,
        "push",
        "Push to FLEX: shows the plan, asks once, sends once.",
        cards.fill_pushes,
        ("brokerdesk push card C-1001", "brokerdesk push fact-find FF-1011", "brokerdesk push note N-3003"),
    )
    add_command(
        commands,
        "link",
        "cards.link:link",
        "Link a card to a FLEX opportunity or application, or a person to a FLEX contact. Shows and asks first.",
        cards.fill_link,
        ("brokerdesk link C-1012 1-6D9VZ", "brokerdesk link P-2001 1-6D9UB --yes"),
    )
    add_command(
        commands,
        "unlink",
        "cards.link:unlink",
        "Remove the link of a card or a person. FLEX keeps its record.",
        cards.fill_unlink,
        ("brokerdesk unlink C-1013", "brokerdesk unlink P-2001"),
    )
    add_command(
        commands,
        "decide",
        "book.decide:decide",
        "Settle a step that needs you, then continue its push.",
        book.fill_decide,
        (
            "brokerdesk decide P1a2263d6cf1a872ce BD-5V5TTJHSNQ3F not-there",
            "brokerdesk decide P1a2263d6cf1a872ce BD-5V5TTJHSNQ3F there=1-6D9VZ --yes",
        ),
    )
    add_command(
        commands,
        "checklist",
        "cards.checklist:checklist",
        "List the fields of a card to enter in FLEX by hand, and tick them.",
        cards.fill_checklist,
        ("brokerdesk checklist C-1001", "brokerdesk checklist C-1001 --tick Employer"),
    )
    add_command(
        commands,
        "paste",
        "cards.paste:paste",
        "Enter a card or a note in FLEX by hand, value by value, then link its FLEX ID. Sends nothing to FLEX.",
        cards.fill_paste,
        (
            "brokerdesk paste C-1001",
            "brokerdesk paste C-1001 --list",
            "brokerdesk paste C-1001 --flex-id 1-6D9VZ",
        ),
    )
    add_command(
        commands,
        "products",
        "cards.products:products",
        "List the products of a card and their entries in FLEX's catalogue.",
        cards.fill_products,
        ("brokerdesk products C-1001", "brokerdesk products C-1001 --take PR-26"),
    )
    add_command(
        commands,
        "notes",
        "cards.notes:notes",
        "List the notes of a card.",
        cards.fill_notes,
        ("brokerdesk notes C-1013",),
    )
    add_command(
        commands,
        "activity",
        "book.activity:activity",
        "List the pushes: what is on its way, what needs you, what was sent.",
        book.fill_activity,
        ("brokerdesk activity", "brokerdesk activity --limit all"),
    )
    add_command(
        commands,
        "resume",
        "book.resume:resume",
        "Continue the pushes that are not finished.",
        book.fill_resume,
        ("brokerdesk resume", "brokerdesk resume P1a2263d6cf1a872ce --yes"),
    )
    add_command(
        commands,
        "links",
        "book.links:links",
        "List which record is linked to which, or search FLEX for missing links.",
        cards.fill_links,
        ("brokerdesk links", "brokerdesk links --find"),
    )
    add_command(
        commands,
        "overview",
        "book.overview:overview",
        "Show the day and the week, and what waits for you. Asks no system.",
        examples=("brokerdesk overview", "brokerdesk overview --json"),
    )
    add_command(
        commands,
        "demo",
        "demo:demo",
        "Give the tour as text: what each screen is for, with the commands that do the same, on a sandbox of its own.",
        examples=("brokerdesk demo",),
    )
    add_command(
        commands,
        "receipt",
        "book.receipt:receipt",
        "Show what a push sent and that it arrived. Without PUSH list all receipts.",
        book.fill_receipt,
        (
            "brokerdesk receipt",
            "brokerdesk receipt P1a2263d6cf1a872ce --html receipt.html",
            "brokerdesk receipt --verify",
        ),
    )
    add_command(
        commands,
        "explain",
        "book.explain:explain",
        "Explain an error or a code, and say what to do about it.",
        book.fill_explain,
        ("brokerdesk explain", "brokerdesk explain plan-changed"),
    )
    add_command(
        commands,
        "bundle",
        "book.bundle:bundle",
        "Pack ids and states for whoever helps you. No client data, no secrets.",
        book.fill_bundle,
        ("brokerdesk bundle", "brokerdesk bundle --out help.zip"),
    )
    add_command(
        commands,
        "import",
        "cards.import_cards:import_cards",
        "Import cards, notes and Fact Finds from a file: JSON, CSV or a spreadsheet.",
        cards.fill_import,
        (
            "brokerdesk import cards.csv",
            'brokerdesk import export.xlsx --columns "Deal ID=card_id" --dates dmy',
        ),
    )
    add_command(
        commands,
        "match",
        "contacts.match:match",
        "Match the contacts of SimpleNexus and Total Expert, or of two files. Links and sends nothing.",
        contacts.fill_match,
        (
            "brokerdesk match",
            "brokerdesk match --simplenexus sn.csv --total-expert te.csv",
            "brokerdesk match --full",
        ),
    )
    add_command(
        commands,
        "review",
        "contacts.review:review",
        "List the contacts that need you, costliest mistakes first. Sends nothing.",
        examples=("brokerdesk review", "brokerdesk review --json"),
    )
    add_command(
        commands,
        "judge",
        "contacts.review:judge",
        "Say whether two contacts are one person. Your answer is kept with your name and the time. Sends nothing.",
        contacts.fill_judge,
        (
            "brokerdesk judge 468d48ee 50040 same",
            "brokerdesk judge 468d48ee 50040 different --alike",
            "brokerdesk judge --undo",
        ),
    )
    add_command(
        commands,
        "sync",
        "contacts.sync:sync",
        "Link, import and push what the match and your answers call for. Shows the plan and asks first.",
        contacts.fill_sync,
        ("brokerdesk sync", "brokerdesk sync --limit 5", "brokerdesk sync --owner dana@desk.example --yes"),
    )
    add_command(
        commands,
        "share",
        "contacts.sync:share",
        "Share the app with imported prospects: SimpleNexus sends them a link, and they make their account.",
        contacts.fill_share,
        ("brokerdesk share 50040", "brokerdesk share 50040 50041 --by email,sms --texts-agreed"),
    )
    add_command(
        commands,
        "invite",
        "contacts.sync:invite",
        "Invite agents who are linked with a partner: SimpleNexus sends each of them an invite.",
        contacts.fill_invite,
        ("brokerdesk invite 50051",),
    )
    add_command(
        commands,
        "undo",
        "contacts.sync:undo",
        "Take back a sync, or what a card's push replaced in FLEX, as far as possible. Deletes no record.",
        contacts.fill_undo,
        ("brokerdesk undo", "brokerdesk undo P1a2263d6cf1a872ce"),
    )
    add_command(
        commands,
        "milestones",
        "contacts.milestones:milestones",
        "List what happened in SimpleNexus, and send it to Total Expert as insights.",
        contacts.fill_milestones,
        (
            "brokerdesk milestones",
            "brokerdesk milestones --yes",
            "brokerdesk milestones --skip '50040 submitted' --reason 'Sent by phone.'",
        ),
    )
    add_command(
        commands,
        "listen",
        "setup.listen:listen",
        "Receive the webhooks of SimpleNexus and Total Expert on this machine.",
        setup.fill_listen,
        ("brokerdesk listen", "brokerdesk listen --port 8765"),
    )
    add_group(
        commands,
        "webhooks",
        "Manage the webhooks that send events to brokerdesk listen.",
        setup.fill_webhooks,
        ("brokerdesk webhooks list", "brokerdesk webhooks register --url https://hooks.example.com"),
    )
    add_group(
        commands,
        "map",
        "Show or change which field goes where in FLEX.",
        cards.fill_map,
        ("brokerdesk map show", "brokerdesk map value loan_purpose Bridging Purchase"),
    )
    add_command(
        commands,
        "init",
        "setup.init:init",
        "Make a profile step by step. Each connection is tried, and secrets go to the keyring.",
        setup.fill_init,
        (
            "brokerdesk init",
            "brokerdesk init --profile live --secret-of flex",
            "brokerdesk init --profile live --set flex.url=https://flex.example --set flex.client_id=desk",
        ),
    )
    add_group(
        commands,
        "config",
        "Show the settings with their sources, check config.toml, or print its schema.",
        setup.fill_config,
        ("brokerdesk config show", "brokerdesk config check", "brokerdesk config schema"),
    )
    add_command(
        commands,
        "doctor",
        "setup.doctor:doctor",
        "Check settings, connections, the book and its files: what is wrong, what to do, who to ask.",
        setup.fill_doctor,
        ("brokerdesk doctor", "brokerdesk doctor --access"),
    )
    add_command(
        commands,
        "serve",
        "setup.serve:serve",
        "Show the app in a browser, on this machine or behind a server with TLS.",
        setup.fill_serve,
        ("brokerdesk serve", "brokerdesk serve --public-url https://desk.example.com"),
    )
    add_command(
        commands,
        "forget",
        "book.forget:command",
        "Delete what brokerdesk stores about a card or contact, and say what remains in the systems.",
        book.fill_forget,
        ("brokerdesk forget C-1013", "brokerdesk forget C-1013 --receipts"),
    )
    add_command(
        commands,
        "stop",
        "book.stop:command",
        "Stop all sending on this book at once, for every app, command and watch. --lift ends the stop.",
        book.fill_stop,
        ("brokerdesk stop --reason 'FLEX shows doubles.'", "brokerdesk stop --lift"),
    )
    add_command(
        commands,
        "reconcile",
        "book.reconcile:command",
        "Compare links and receipts with what the systems hold now. Writes nothing to a system.",
        book.fill_reconcile,
        (
            "brokerdesk reconcile",
            "brokerdesk reconcile flex --full",
            "brokerdesk reconcile --last --operator l.tran",
        ),
    )
    add_command(
        commands,
        "watch",
        "book.watch:command",
        "Work without a screen, round after round: waiting pushes, milestones, new users, checks.",
        book.fill_watch,
        ("brokerdesk watch", "brokerdesk watch --status", "brokerdesk watch --unit systemd"),
    )
    add_group(
        commands,
        "book",
        "Move the book to a team's database or back, and hand over the team's secret.",
        book.fill_book,
        ("brokerdesk book move --to postgresql://desk@db.example.com/brokerdesk", "brokerdesk book secret"),
    )
    add_group(
        commands,
        "export",
        "Write links, activity or who did what to a file.",
        book.fill_exports,
        ("brokerdesk export links --out links.csv", "brokerdesk export activity --out activity.xlsx"),
    )
    add_group(
        commands,
        "gateway",
        "Check a gateway against our contract, or start one.",
        setup.fill_gateway,
        (
            "brokerdesk gateway new my-gateway",
            "brokerdesk gateway check https://flex.example --client-id desk",
        ),
    )
    add_group(
        commands,
        "sandbox",
        "Use the built-in sandbox: its day, its faults, a fresh start.",
        setup.fill_sandbox,
        (
            "brokerdesk sandbox day",
            "brokerdesk sandbox faults 'drop-reply POST /flex *1'",
            "brokerdesk sandbox reset",
        ),
    )
