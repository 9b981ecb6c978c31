"""The options of the commands about contacts: match, review, sync and milestones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.cli.parser.parts import add_columns, add_confirmation, add_dates, whole_number

if TYPE_CHECKING:
    from tui.cli.parser.parts import CommandParser


def fill_match(match: CommandParser) -> None:
    """Add the options of `match`."""
    match.add_argument(
        "--simplenexus",
        metavar="FILE",
        help="SimpleNexus's contacts: CSV, a spreadsheet or JSON; - reads standard input",
    )
    match.add_argument("--total-expert", metavar="FILE", help="Total Expert's contacts, likewise")
    add_columns(match, "--columns", "the headers of both files")
    add_columns(match, "--columns-simplenexus", "the headers of SimpleNexus's file")
    add_columns(match, "--columns-total-expert", "the headers of Total Expert's file")
    add_dates(match)
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
    _add_full_read(match)


def fill_judge(judge: CommandParser) -> None:
    """Add the options of `judge`."""
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


def fill_sync(sync: CommandParser) -> None:
    """Add the options of `sync`."""
    sync.add_argument(
        "--limit",
        metavar="N",
        type=whole_number,
        help="send at most N records to each system; the others wait",
    )
    _add_full_read(sync)
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
    add_confirmation(sync, "do it without asking")


def fill_share(share: CommandParser) -> None:
    """Add the options of `share`."""
    share.add_argument("id", metavar="TOTAL_EXPERT_ID", nargs="+")
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
    add_confirmation(share, "do it without asking")


def fill_invite(invite: CommandParser) -> None:
    """Add the options of `invite`."""
    invite.add_argument("id", metavar="TOTAL_EXPERT_ID", nargs="+")
    add_confirmation(invite, "do it without asking")


def fill_undo(undo: CommandParser) -> None:
    """Add the options of `undo`."""
    undo.add_argument("id", metavar="PUSH", nargs="?", help="without it the last sync")
    add_confirmation(undo, "do it without asking")


def fill_milestones(milestones: CommandParser) -> None:
    """Add the options of `milestones`."""
    add_confirmation(milestones, "send what is due; an insight can't be taken back")
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
    milestones.add_argument(
        "--unskip", metavar="NAME", help="take a skip back: the milestone is planned again"
    )
    milestones.add_argument("--pause", metavar="CONTACT", help="send nothing of a contact of Total Expert")
    milestones.add_argument("--go-on", metavar="CONTACT", help="end the pause of a contact")
    milestones.add_argument(
        "--calculations",
        metavar="FILE",
        help="first take calculations in from this file, CSV or JSON Lines: contact_id or email, at, id",
    )


def _add_full_read(command: CommandParser) -> None:
    command.add_argument(
        "--full",
        action="store_true",
        help="read both systems in full: finds records that were removed, archived or merged; without it only what "
        "changed since the last read, and all every full_read_days days",
    )
    command.add_argument(
        "--fewer",
        type=whole_number,
        action="append",
        default=[],
        metavar="N",
        help="the number of records that are missing since the last read and are really gone; without it a read "
        "that lacks over 10 %% stops every sync. If both systems lack records, give it twice",
    )
