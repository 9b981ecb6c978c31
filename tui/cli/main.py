"""The command line: it parses the options, runs one command and reports an error in one message. Loads no textual."""

from __future__ import annotations

import argparse
import asyncio
import re
import shlex
import sys
from collections.abc import Sequence
from functools import cache
from importlib import import_module, metadata
from typing import Final, NoReturn

from core.errors import DeskError
from tui.cli import console
from tui.cli.confirmation import PlanNotSent
from tui.cli.options import Command, options_for
from tui.cli.output import broken, interrupted, report
from tui.command_line import CommandRun, confirmed_by, this_run
from tui.terminal_safe import safe_text

ABOUT: Final = (
    "A mortgage desk's console: see what a push will do, confirm it once, trust that it happened once."
)
EXIT_CODES: Final = """\
exit codes: 0 done · 1 refused, or needs you · 2 usage · 3 a remote can't be reached · 4 the book can't be written
Nothing is sent without --yes or an answer at the prompt. With --json and without --yes, a command that would send
prints its plan, and the error not-confirmed; --plan HASH sends that plan and no other."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command, or the app, and return the exit code.

    Without `arguments` it is the process's own run: then its streams are made safe first.
    """
    if arguments is not None:
        return _main(arguments)
    console.prepare()
    try:
        code = _main(sys.argv[1:])
    except SystemExit as left:  # argparse has printed the help, or what is wrong
        code = left.code if isinstance(left.code, int) else 0
    return console.checked(code)


def _main(arguments: Sequence[str]) -> int:
    options = _parser().parse_args(arguments, argparse.Namespace(home=None, profile=None, json=False))
    as_json: bool = options.json
    if as_json:
        console.print_json_as_utf8()
    if options.command != ("app", "app"):
        confirmed_by.set(f"command line: {shlex.join(['brokerdesk', *arguments])}")
    this_run.set(CommandRun())
    try:
        return _run(options)
    except PlanNotSent as error:
        return report(error, as_json=as_json, more=error.form)
    except DeskError as error:
        return report(error, as_json=as_json)
    except KeyboardInterrupt:
        return report(interrupted(this_run.get().sending), as_json=as_json)
    except Exception as error:
        return report(broken(error), as_json=as_json)


def find_command(module: str, function: str) -> Command:
    """Import the module of a command, and no other, and return its function.

    The type checker can't follow the two names; `tests/unit/tui/test_commands_are_there.py` checks each of them.
    """
    command: Command = getattr(import_module(f"tui.cli.commands.{module}"), function)
    return command


def _run(options: argparse.Namespace) -> int:
    command = find_command(*options.command)
    code = command(options_for(command, options))
    return code if isinstance(code, int) else asyncio.run(code)


Commands = argparse._SubParsersAction  # noqa: SLF001 - argparse gives its own type no public name


_NO_NUMBER: Final = re.compile(r"invalid int value: '(.*)'", re.DOTALL)


class _Parser(argparse.ArgumentParser):
    """A parser that says what is wrong with the words of a command, but not with their control characters."""

    def error(self, message: str) -> NoReturn:
        """End with the usage, and with what is wrong. A kind of value is named in words, not as Python does."""
        super().error(safe_text(_NO_NUMBER.sub(r"“\1” is no whole number", message)))


class _Parsers:
    """The parts that commands share."""

    def __init__(self) -> None:
        self.common = argparse.ArgumentParser(add_help=False)
        self.common.add_argument(
            "--home",
            metavar="DIR",
            default=argparse.SUPPRESS,
            help="where the book and config.toml live (or BROKERDESK_HOME)",
        )
        self.common.add_argument(
            "--profile",
            metavar="NAME",
            default=argparse.SUPPRESS,
            help="which profile of config.toml; none: the embedded sandbox",
        )
        self.speaking = argparse.ArgumentParser(add_help=False, parents=[self.common])
        self.speaking.add_argument("--json", action="store_true", help="one JSON value on stdout")

    def command(
        self, where: Commands[argparse.ArgumentParser], name: str, target: str, about: str
    ) -> argparse.ArgumentParser:
        """Add a command that runs `target` (`module:function` of tui.cli.commands)."""
        made = where.add_parser(
            name,
            parents=[self.speaking],
            help=about,
            description=about,
            epilog=EXIT_CODES,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        made.set_defaults(command=tuple(target.split(":")))
        return made


@cache
def _parser() -> argparse.ArgumentParser:
    parts = _Parsers()
    parser: argparse.ArgumentParser = _Parser(
        prog="brokerdesk",
        description=ABOUT,
        epilog=EXIT_CODES,
        parents=[parts.common],
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"brokerdesk {metadata.version('brokerdesk')}")
    parser.set_defaults(command=("app", "app"))
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")

    cards = parts.command(commands, "cards", "cards.board:cards", "list the board's cards")
    cards.add_argument("--filter", metavar="TEXT", help="only cards that hold every word of TEXT")
    cards.add_argument(
        "--changed",
        action="store_true",
        help="only cards that changed since their push; reads every card that was pushed",
    )
    _previews(parts, _group(commands, "preview", "show what a push would do, field by field"))
    _pushes(parts, _group(commands, "push", "push to FLEX: shown, asked once, sent once"))
    _links(parts, commands)
    _decisions(parts, commands)
    parts.command(commands, "activity", "book.activity:activity", "every push, live and past")
    resume = parts.command(commands, "resume", "book.activity:resume", "go on with what is not finished")
    resume.add_argument("push", metavar="PUSH", nargs="?", help="without it every push that is not finished")
    resume.add_argument("--yes", action="store_true", help="go on without asking")
    _plan_hash(resume)
    _all_links(parts.command(commands, "links", "book.activity:links", "what is linked to what"))
    _receipt(parts, commands)
    explain = parts.command(
        commands, "explain", "book.explain:explain", "what a code means, and what to do about it"
    )
    explain.add_argument("code", metavar="CODE", nargs="?", help="without it every code")
    bundle = parts.command(
        commands,
        "bundle",
        "book.bundle:bundle",
        "pack ids and states for whoever helps; no client data, no secrets",
    )
    bundle.add_argument("--out", metavar="FILE", help="without it brokerdesk-bundle-<time>.zip, here")
    imports = parts.command(
        commands,
        "import",
        "cards.import_cards:import_cards",
        "take in the cards, notes and Fact Finds of an export: JSON, CSV or a spreadsheet",
    )
    imports.add_argument("file", metavar="FILE", help="JSON, CSV or a spreadsheet; - reads standard input")
    _columns(imports, "--columns", "the file's headers")
    _dates(imports)
    imports.add_argument("--yes", action="store_true", help="import into the embedded sandbox without asking")
    _match(
        parts.command(
            commands,
            "match",
            "contacts.match:match",
            "what becomes of every contact of SimpleNexus and Total Expert, or of two files; sends nothing",
        )
    )
    _review(parts, commands)
    _sync(parts, commands)
    milestones = parts.command(
        commands,
        "milestones",
        "contacts.milestones:milestones",
        "what happened in SimpleNexus, and what becomes of it in Total Expert",
    )
    milestones.add_argument(
        "--yes", action="store_true", help="send what is due; an insight can't be taken back"
    )
    _plan_hash(milestones)
    milestones.add_argument(
        "--only",
        metavar="NAME",
        action="append",
        default=[],
        help="only this milestone, by its name in --json; more than once for several",
    )
    milestones.add_argument(
        "--even-so", metavar="NAME", help="let it be sent although it waits for a person; sends nothing yet"
    )
    milestones.add_argument("--skip", metavar="NAME", help="never send it; needs --reason")
    milestones.add_argument("--reason", metavar="TEXT", help="why it is skipped")
    milestones.add_argument("--pause", metavar="CONTACT", help="send nothing of a contact of Total Expert")
    milestones.add_argument("--go-on", metavar="CONTACT", help="end the pause of a contact")
    milestones.add_argument(
        "--calculations",
        metavar="FILE",
        help="first take calculations in from this file, CSV or JSON Lines: contact_id or email, at, id",
    )
    _listen(
        parts.command(
            commands, "listen", "setup.listen:listen", "take SimpleNexus's signed webhooks in, on loopback"
        )
    )
    _webhooks(parts, _group(commands, "webhooks", "the desk's own webhooks at SimpleNexus and Total Expert"))
    _map(parts, _group(commands, "map", "which field goes where in FLEX; a file of your own changes it"))
    _going_live(parts, commands)
    _data_care(parts, commands)
    _gateway(parts, _group(commands, "gateway", "the systems in front of which an aggregator puts a gateway"))
    _sandbox(parts, _group(commands, "sandbox", "the sandbox alone"))
    return parser


def _group(
    commands: Commands[argparse.ArgumentParser], name: str, about: str
) -> Commands[argparse.ArgumentParser]:
    return commands.add_parser(name, help=about, description=about).add_subparsers(
        metavar="WHAT", required=True
    )


def _receipt(parts: _Parsers, commands: Commands[argparse.ArgumentParser]) -> None:
    receipt = parts.command(
        commands,
        "receipt",
        "book.receipt:receipt",
        "what a push sent, and that it arrived; without PUSH every receipt",
    )
    receipt.add_argument("push", metavar="PUSH", nargs="?", help="the id of a push")
    receipt.add_argument(
        "--html", metavar="FILE", help="write the receipt as a page to FILE, for your own eyes"
    )
    receipt.add_argument(
        "--check",
        action="store_true",
        help="read the systems once more; writes a receipt that replaces the last",
    )
    receipt.add_argument(
        "--verify",
        metavar="FILE",
        nargs="*",
        help="find receipts that were changed or are missing; needs nothing but the files; without FILE your own",
    )
    receipt.add_argument(
        "--remove-old", action="store_true", help="remove receipts that are older than receipt_years"
    )
    receipt.add_argument("--yes", action="store_true", help="remove them without asking")


def _links(parts: _Parsers, commands: Commands[argparse.ArgumentParser]) -> None:
    link = parts.command(
        commands,
        "link",
        "cards.link:link",
        "link a card to an opportunity or application of FLEX, or a person to a contact: shown and asked first",
    )
    unlink = parts.command(
        commands,
        "unlink",
        "cards.link:unlink",
        "take back the link of a card or a person; FLEX keeps its record",
    )
    for command in (link, unlink):
        command.add_argument("id", metavar="CARD|PERSON")
        command.add_argument("--yes", action="store_true", help="do it without asking")
        _plan_hash(command)
    link.add_argument("flex_id", metavar="FLEX_ID")


def _all_links(links: argparse.ArgumentParser) -> None:
    links.add_argument(
        "--find",
        action="store_true",
        help="search FLEX for all people and cards that are not linked, and ask",
    )
    links.add_argument(
        "--take",
        metavar="ID=FLEX_ID",
        action="append",
        default=[],
        help="with --find: link this one, although it is not sure",
    )
    links.add_argument(
        "--leave", metavar="ID", action="append", default=[], help="with --find: do not link this one"
    )
    links.add_argument("--yes", action="store_true", help="with --find: link without asking")
    _plan_hash(links)


def _previews(parts: _Parsers, commands: Commands[argparse.ArgumentParser]) -> None:
    card = parts.command(commands, "card", "cards.push:preview_card", "what a push of a card would do")
    card.add_argument("id", metavar="CARD")
    _people(card)
    _choices(card)
    card.set_defaults(override_fact_find=None)
    fact_find = parts.command(
        commands, "fact-find", "cards.push:preview_fact_find", "what a push of a Fact Find would do"
    )
    fact_find.add_argument("id", metavar="FACT_FIND")
    _choices(fact_find)
    _of_a_note(parts.command(commands, "note", "cards.push:preview_note", "what a push of a note would do"))


def _pushes(parts: _Parsers, commands: Commands[argparse.ArgumentParser]) -> None:
    card = parts.command(commands, "card", "cards.push:push_card", "push a card as a new FLEX opportunity")
    card.add_argument("id", metavar="CARD", nargs="+", help="several are pushed at once")
    _people(card)
    card.add_argument(
        "--override-fact-find",
        metavar="CARD",
        help="push although the card uses the FLEX-integrated Fact Find: type the card's id again",
    )
    _choices(card)
    fact_find = parts.command(
        commands, "fact-find", "cards.push:push_fact_find", "push a completed Fact Find"
    )
    fact_find.add_argument("id", metavar="FACT_FIND")
    _choices(fact_find)
    note = parts.command(commands, "note", "cards.push:push_note", "push a note onto the card's FLEX record")
    _of_a_note(note)
    for command in (card, fact_find, note):
        command.add_argument("--yes", action="store_true", help="send without asking")
        _plan_hash(command)


def _people(card: argparse.ArgumentParser) -> None:
    card.add_argument(
        "--people", action="store_true", help="only the people FLEX knows, once more, as updates"
    )


def _choices(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--person",
        metavar="PERSON=FLEX_ID",
        action="append",
        default=[],
        help="use this contact of FLEX for a person; PERSON=new creates a contact although FLEX has one like it",
    )


def _of_a_note(note: argparse.ArgumentParser) -> None:
    note.add_argument("id", metavar="NOTE", nargs="?", help="one of BrokerEngine's notes")
    note.add_argument("--card", metavar="CARD", help="a note of your own, onto this card")
    note.add_argument("--text", metavar="TEXT", help="its text; - reads it from stdin")
    note.add_argument(
        "--attach",
        metavar="FILE",
        nargs="+",
        action="extend",
        default=[],
        help="files that it carries: 10 at most, 5 MB each, 7 MB together",
    )


def _decisions(parts: _Parsers, commands: Commands[argparse.ArgumentParser]) -> None:
    decide = parts.command(
        commands, "decide", "book.decide:decide", "settle a step that needs a person, and go on with its push"
    )
    decide.add_argument("push", metavar="PUSH")
    decide.add_argument("step", metavar="STEP", help="the step's ref, as brokerdesk activity --json lists it")
    decide.add_argument(
        "choice",
        metavar="CHOICE",
        help="there=ID, not-there, link=ID, as-new, overwrite, again, leave or later, as far as the step offers it",
    )
    decide.add_argument("--yes", action="store_true", help="do it without asking")
    _plan_hash(decide)
    checklist = parts.command(
        commands,
        "checklist",
        "cards.checklist:checklist",
        "the fields of a card to key by hand in FLEX, with ticks that last",
    )
    checklist.add_argument("card", metavar="CARD")
    _ticks(checklist)
    _paste(parts, commands)
    products = parts.command(
        commands,
        "products",
        "cards.products:products",
        "a card's products, and their entries in FLEX's catalogue",
    )
    products.add_argument("card", metavar="CARD")
    products.add_argument("--take", metavar="ID", help="take the near miss in the catalogue for this product")
    products.add_argument("--take-back", metavar="ID", help="take that back")
    notes = parts.command(commands, "notes", "cards.notes:notes", "the notes of a card")
    notes.add_argument("card", metavar="CARD")


def _ticks(command: argparse.ArgumentParser) -> None:
    for option, about in (("--tick", "say that a field was entered"), ("--untick", "take its tick away")):
        command.add_argument(
            option,
            metavar="FIELD",
            action="append",
            default=[],
            help=f"{about}: by its name, or by its place in --json",
        )


def _paste(parts: _Parsers, commands: Commands[argparse.ArgumentParser]) -> None:
    paste = parts.command(
        commands,
        "paste",
        "cards.paste:paste",
        "enter a card or a note into FLEX by hand, value by value, then link its FLEX ID; sends nothing to FLEX",
    )
    paste.add_argument("card", metavar="CARD")
    paste.add_argument(
        "--note", metavar="NOTE", help="one of BrokerEngine's notes on the card, instead of the card"
    )
    paste.add_argument(
        "--text",
        metavar="TEXT",
        help="a note of your own on the card, instead of the card; - reads it from stdin",
    )
    paste.add_argument(
        "--attach", metavar="FILE", nargs="+", action="extend", default=[], help="with --text: its files"
    )
    paste.add_argument(
        "--list", dest="listed", action="store_true", help="print the values in FLEX's order, and ask nothing"
    )
    _ticks(paste)
    paste.add_argument("--flex-id", metavar="ID", help="the end: link the card, and keep who entered what")
    paste.add_argument(
        "--done",
        action="store_true",
        help="the end of a note, or of a card that is linked: keep who entered what",
    )
    paste.add_argument(
        "--override-fact-find",
        metavar="CARD",
        help="enter the card although it uses the FLEX-integrated Fact Find: type the card's id again",
    )
    paste.add_argument("--yes", action="store_true", help="with --flex-id or --done: without asking")
    _plan_hash(paste)


def _count(text: str) -> int:
    """Return a number from 1 on. Raises `ArgumentTypeError`."""
    if not (text.isascii() and text.isdigit() and int(text) > 0):
        raise argparse.ArgumentTypeError(f"“{text}” is no number from 1 on")
    return int(text)


def _sync(parts: _Parsers, commands: Commands[argparse.ArgumentParser]) -> None:
    sync = parts.command(
        commands,
        "sync",
        "contacts.sync:sync",
        "link, import and push what the match and your answers call for",
    )
    sync.add_argument(
        "--limit", metavar="N", type=_count, help="send at most N records to each system; the others wait"
    )
    _full_read(sync)
    sync.add_argument(
        "--owner",
        action="append",
        default=[],
        metavar="EMAIL",
        help="only the contacts of this loan officer or user; may be repeated",
    )
    sync.add_argument(
        "--group",
        action="append",
        default=[],
        metavar="NAME",
        help="of Total Expert's contacts only those in this group; may be repeated",
    )
    share = parts.command(
        commands,
        "share",
        "contacts.sync:share",
        "share the app with imported prospects: SimpleNexus sends them the link, and they make their account",
    )
    share.add_argument("id", metavar="TOTAL_EXPERT_ID", nargs="+")
    invite = parts.command(
        commands,
        "invite",
        "contacts.sync:invite",
        "invite agents that are linked with a partner: SimpleNexus sends each an invite",
    )
    invite.add_argument("id", metavar="TOTAL_EXPERT_ID", nargs="+")
    share.add_argument(
        "--by",
        metavar="CHANNELS",
        default="email",
        help="email (the default), sms, or email,sms; the email or phone of the prospect is used",
    )
    share.add_argument(
        "--texts-agreed",
        action="store_true",
        help="you confirm that each of these people agreed to text messages; the receipt keeps that",
    )
    share.add_argument(
        "--partner",
        metavar="ID",
        default="",
        help="co-brand the link with this partner of their loan officer",
    )
    share.add_argument(
        "--again", action="store_true", help="send the link also to those with whom the app was shared before"
    )
    share.add_argument(
        "--make-account",
        action="store_true",
        help="the fallback: the desk makes the account itself, for a person who did nothing",
    )
    undo = parts.command(
        commands,
        "undo",
        "contacts.sync:undo",
        "take a sync, or what a card's push replaced in FLEX, back as far as that can be done; deletes nothing",
    )
    undo.add_argument("id", metavar="PUSH", nargs="?", help="without it the last sync")
    for command in (sync, share, invite, undo):
        command.add_argument("--yes", action="store_true", help="do it without asking")
        _plan_hash(command)


def _plan_hash(command: argparse.ArgumentParser) -> None:
    command.add_argument("--plan", metavar="HASH", help="send only if the plan is still this one")


def _columns(command: argparse.ArgumentParser, flag: str, headers: str) -> None:
    command.add_argument(
        flag,
        metavar="THEIRS=OURS,…",
        default="",
        help=f"which column each of {headers} is, or the name of remembered answers (docs/files.md)",
    )


def _dates(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--dates",
        choices=("dmy", "mdy"),
        default="",
        help="the order of day and month in dates such as 3/4/1985; without it each column's own evidence decides",
    )


def _full_read(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--full",
        action="store_true",
        help="read both systems in full: finds records that were removed, archived or merged; without it only what "
        "changed since the last read, and all every full_read_days days",
    )
    command.add_argument(
        "--fewer",
        type=_count,
        action="append",
        default=[],
        metavar="N",
        help="the number of records that are missing since the last read and are really gone; without it a read "
        "that lacks over 10 %% stops every sync. If both systems lack records, give it twice",
    )


def _match(match: argparse.ArgumentParser) -> None:
    match.add_argument(
        "--simplenexus",
        metavar="FILE",
        help="SimpleNexus's contacts: CSV, a spreadsheet or JSON; - reads standard input",
    )
    match.add_argument("--total-expert", metavar="FILE", help="Total Expert's contacts, likewise")
    _columns(match, "--columns", "the headers of both files")
    _columns(match, "--columns-simplenexus", "the headers of SimpleNexus's file")
    _columns(match, "--columns-total-expert", "the headers of Total Expert's file")
    _dates(match)
    match.add_argument(
        "--same-email-other-name",
        choices=("hold", "link"),
        help="one email under clearly another first name: held for a person (a couple's inbox), or linked; "
        "without it as the profile says",
    )
    match.add_argument(
        "--differing",
        action="store_true",
        help="only the linked pairs whose names, emails or phones differ, with what each system has",
    )
    match.add_argument("--out", metavar="FILE", help="write the rows as JSON Lines, for large books")
    _full_read(match)


def _review(parts: _Parsers, commands: Commands[argparse.ArgumentParser]) -> None:
    parts.command(
        commands,
        "review",
        "contacts.review:review",
        "the contacts that need you, the dearest mistake first; sends nothing",
    )
    judge = parts.command(
        commands,
        "judge",
        "contacts.review:judge",
        "say whether two contacts are one person; remembered with who and when; sends nothing",
    )
    judge.add_argument("simplenexus_id", metavar="SIMPLENEXUS_ID", nargs="?", help="- where there is none")
    judge.add_argument("total_expert_id", metavar="TOTAL_EXPERT_ID", nargs="?", help="- where there is none")
    judge.add_argument("answer", metavar="same|different|household|later|unlink|suggested", nargs="?")
    judge.add_argument(
        "--alike", action="store_true", help="answer all that compare like these two; --json says how many"
    )
    judge.add_argument(
        "--group",
        action="store_true",
        help="answer about all records of the question that has these two, at once",
    )
    judge.add_argument(
        "--without",
        action="append",
        default=[],
        metavar="ID",
        help="with --group: a record that is another person's",
    )
    judge.add_argument(
        "--owners",
        nargs=3,
        metavar=("OFFICER", "OFFICER", "separate|leave"),
        help="answer about all contacts of two owners that have one email; an owner is named by email or id",
    )
    judge.add_argument("--undo", action="store_true", help="take the last decision back")


def _listen(listen: argparse.ArgumentParser) -> None:
    listen.add_argument(
        "--host", metavar="ADDRESS", default="127.0.0.1", help="where to listen; without it on loopback"
    )
    listen.add_argument(
        "--port", type=int, metavar="P", help="without it as the profile says; 0: any free port"
    )


def _tested_event(given: str) -> str:
    """Return the kind of a test event. Raises `ArgumentTypeError` for a kind that the desk does not test with."""
    from core.push.plan import System  # noqa: PLC0415 - no other command line needs the table before it is parsed
    from core.webhooks.model import HARMLESS, WANTED  # noqa: PLC0415

    known = (HARMLESS, *WANTED[System.SIMPLENEXUS])
    if given not in known:
        raise argparse.ArgumentTypeError(f"name one of {', '.join(known)}")
    return given


def _webhooks(parts: _Parsers, commands: Commands[argparse.ArgumentParser]) -> None:
    listed = parts.command(
        commands,
        "list",
        "setup.webhooks:listed",
        "what is registered, whose it is, and which events are missing; sends nothing",
    )
    register = parts.command(
        commands,
        "register",
        "setup.webhooks:register",
        "create what is missing, switch it on and test it: shown and asked first",
    )
    register.add_argument(
        "--url",
        metavar="URL",
        required=True,
        help="where the listener is reached from outside: https://hooks.example.com",
    )
    test = parts.command(
        commands,
        "test",
        "setup.webhooks:test",
        "have SimpleNexus send a test event, which never becomes a milestone",
    )
    test.add_argument(
        "--event",
        metavar="NAME",
        default="user_updated",
        type=_tested_event,
        help="the kind of the test event; the listener takes none of that kind meanwhile",
    )
    secret = parts.command(
        commands,
        "new-secret",
        "setup.webhooks:new_secret",
        "give Total Expert's webhook a new secret; deliveries under way may still bear the old one",
    )
    remove = parts.command(
        commands, "remove", "setup.webhooks:remove", "take back what this desk made: shown and asked first"
    )
    for command in (listed, register, remove):
        command.add_argument(
            "--system", choices=("simplenexus", "total-expert"), help="only this system; without it both"
        )
    for command in (register, test, secret, remove):
        command.add_argument("--yes", action="store_true", help="do it without asking")
        _plan_hash(command)


def _map(parts: _Parsers, commands: Commands[argparse.ArgumentParser]) -> None:
    parts.command(
        commands, "show", "cards.field_map:show", "every row and table of the map in use, and whose it is"
    )
    check = parts.command(
        commands,
        "check",
        "cards.field_map:check",
        "check a map of your own, and say what it changes: 0 in order, 2 broken",
    )
    check.add_argument("file", metavar="FILE", nargs="?", help="another file than the profile's own")
    value = parts.command(
        commands,
        "value",
        "cards.field_map:value",
        "write into your own map what FLEX gets for a value that stands in no table, or in place of a guess",
    )
    value.add_argument("table", metavar="TABLE", help="the table that the preview names")
    value.add_argument("value", metavar="VALUE", help="the value as BrokerEngine has it")
    value.add_argument("flex_value", metavar="FLEX_VALUE", help="one of the values that FLEX takes")
    parts.command(
        commands,
        "edit",
        "cards.field_map:edit",
        "open your own map in your editor, and check it after; it is the file that the profile's key `map` names, "
        "else map.toml in the profile's folder (the embedded sandbox's: sandbox/map.toml)",
    )


def _keeper_of_a_secret(given: str) -> str:
    """Take the name of a system, or of the listener; anything else may be the secret itself: it is not repeated."""
    from core.systems import SYSTEMS  # noqa: PLC0415 - no other command line needs the table before it is parsed

    known = (*SYSTEMS, "listen", "calculations")
    if given not in known:
        raise argparse.ArgumentTypeError(f"name one of {', '.join(known)}; the secret itself is asked for")
    return given


def _going_live(parts: _Parsers, commands: Commands[argparse.ArgumentParser]) -> None:
    init = parts.command(
        commands,
        "init",
        "setup.init:init",
        "make a profile, step by step; each connection is tried, secrets go to the keyring",
    )
    init.add_argument(
        "--set",
        metavar="KEY=VALUE",
        action="append",
        default=[],
        help="an answer, by its key in the profile: flex.url=https://…, careful_start=false (nothing is asked then); "
        "never a secret",
    )
    init.add_argument("--answers", choices=("-",), help="read the profile's keys as TOML from stdin")
    init.add_argument("--skip-tests", action="store_true", help="try no connection")
    init.add_argument(
        "--secret-of",
        metavar="SYSTEM",
        type=_keeper_of_a_secret,
        help="of a profile that is there: ask for this secret, try it, store it",
    )
    doctor = parts.command(
        commands,
        "doctor",
        "setup.doctor:doctor",
        "settings, connections, the book, the files: what is wrong, what to do, whom to ask; changes nothing",
    )
    doctor.add_argument(
        "--access",
        action="store_true",
        help="look at nothing; print the messages that ask administrators for access, before a profile is there",
    )
    doctor.add_argument(
        "--known",
        action="store_true",
        help="mark what has changed at the vendors as known, which changes the book",
    )


def _data_care(parts: _Parsers, commands: Commands[argparse.ArgumentParser]) -> None:
    forget = parts.command(
        commands,
        "forget",
        "book.forget:command",
        "let go of what our side holds of a card or a contact; says what remains where",
    )
    forget.add_argument("id", metavar="CARD_OR_CONTACT")
    forget.add_argument(
        "--receipts",
        action="store_true",
        help="remove the receipts that name it too; the law may ask you to keep them",
    )
    forget.add_argument("--yes", action="store_true", help="do it without asking")
    stop = parts.command(
        commands,
        "stop",
        "book.stop:command",
        "halt all sending of every app, command and worker on this book, at once; --lift ends it",
    )
    stop.add_argument("--reason", metavar="TEXT", default="", help="why, for the others who work here")
    stop.add_argument("--lift", action="store_true", help="let sending go on")
    stop.add_argument("--yes", action="store_true", help="lift without asking")
    reconcile = parts.command(
        commands,
        "reconcile",
        "book.reconcile:command",
        "compare links and receipts with what the systems hold now, and add up what was confirmed; sends nothing",
    )
    reconcile.add_argument(
        "system", metavar="SYSTEM", nargs="?", help="FLEX, SimpleNexus or Total Expert; without it all"
    )
    reconcile.add_argument(
        "--full", action="store_true", help="read everything; without it the number of requests is bounded"
    )
    reconcile.add_argument("--last", action="store_true", help="the last report; asks no system")
    _watch(
        parts.command(
            commands,
            "watch",
            "book.watch:command",
            "work on the book without a screen, round after round: pushes that wait, milestones, new users, checks",
        )
    )
    exports = _group(commands, "export", "write what is held here to a file of your own")
    for name, about in (("links", "what is linked to what"), ("activity", "every push, step by step")):
        made = parts.command(
            exports, name, f"book.export:{name}", f"{about}, as CSV or JSON, readable by you alone"
        )
        made.add_argument("--out", metavar="FILE", required=True, help="ending in .csv or .json")


def _watch(watch: argparse.ArgumentParser) -> None:
    watch.add_argument("--once", action="store_true", help="run every job once, and end")
    watch.add_argument(
        "--backlog",
        action="store_true",
        help="send what is older than the first watch too, without a question",
    )
    watch.add_argument(
        "--status",
        action="store_true",
        help="when each job ran and succeeded last, and what waits for a person's word; exit code 1 if a job is "
        "overdue or something waits",
    )
    watch.add_argument(
        "--allow",
        type=_count,
        metavar="N",
        help="let the round that waits with N records go on this once; --status says how many wait",
    )
    watch.add_argument(
        "--leave", type=_count, metavar="N", help="leave the round that waits with N records to a person"
    )
    watch.add_argument(
        "--end", action="store_true", help="send nothing by itself any more, and end the watch"
    )
    watch.add_argument(
        "--unit", choices=("systemd", "launchd", "windows"), help="print what lets this service run the watch"
    )


def _gateway(parts: _Parsers, commands: Commands[argparse.ArgumentParser]) -> None:
    check = parts.command(
        commands,
        "check",
        "setup.gateway:check",
        "hold a gateway against our contract, on records of the check's own making; says what it left behind",
    )
    check.add_argument("url", metavar="URL")
    check.add_argument(
        "--client-id", metavar="ID", default="", help="the secret: from the environment, or asked for"
    )
    check.add_argument("--contract", choices=("flex", "brokerengine"), default="flex")
    check.add_argument(
        "--card",
        metavar="ID",
        default="",
        help="for BrokerEngine: a card of a test system; FLEX IDs are written on it, and its own is put back",
    )

    new = parts.command(
        commands,
        "new",
        "setup.gateway:new",
        "write a small gateway for FLEX to start from; it passes the check as it is, and no file is overwritten",
    )
    new.add_argument("folder", metavar="DIR")


def _sandbox(parts: _Parsers, commands: Commands[argparse.ArgumentParser]) -> None:
    about = "serve the four systems on loopback"
    serve = commands.add_parser(
        "serve",
        parents=[parts.common],
        help=about,
        description=f"{about}; prints one JSON line with their addresses. Client id and secret: sandbox.",
    )
    serve.set_defaults(command=("setup.sandbox", "serve"))
    serve.add_argument("--port", type=int, default=0, help="0: any free port")
    serve.add_argument("--state", metavar="DIR", help="where it keeps what it holds")
    serve.add_argument("--cards", type=int, metavar="N", help="how many cards to seed")
    serve.add_argument("--contacts", type=int, metavar="N", help="how many contacts to seed")
    serve.add_argument("--officers", type=int, metavar="N", help="how many loan officers and users to seed")
    serve.add_argument("--insights", type=int, metavar="N", help="how many insights to seed (one by default)")
    serve.add_argument("--seed", type=int, metavar="N", help="which people")
    serve.add_argument(
        "--faults",
        default="",
        metavar="SPEC",
        help="what goes wrong: 'drop-reply POST /flex/opportunities *1'",
    )


if __name__ == "__main__":
    sys.exit(main())
