"""The options of the commands about contacts: match, review, sync and milestones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tui.cli.parser.parts import StoreOffered, add_columns, add_confirmation, add_dates, whole_number

if TYPE_CHECKING:
    from tui.cli.parser.parts import CommandParser


_TOTAL_EXPERT_ID: Final = "the id of a Total Expert contact"
_ANSWERS: Final = ("same", "different", "household", "later", "unlink", "suggested")


def fill_match(match: CommandParser) -> None:
    """Add the options of `match`."""
    match.add_argument(
        "--simplenexus",
        metavar="FILE",
        help="a file with SimpleNexus's contacts: CSV, a spreadsheet or JSON; - reads stdin",
    )
    match.add_argument("--total-expert", metavar="FILE", help="a file with Total Expert's contacts")
    add_columns(match, "--columns", "the headers of both files")
    add_columns(match, "--columns-simplenexus", "the headers of SimpleNexus's file")
    add_columns(match, "--columns-total-expert", "the headers of Total Expert's file")
    add_dates(match)
    match.add_argument(
        "--same-email-other-name",
        choices=("hold", "link"),
        help="what one email with two clearly different first names means: hold leaves it to you (a couple may share "
        "an inbox), link links the two; without it the profile decides",
    )
    match.add_argument(
        "--differing",
        action="store_true",
        help="only linked pairs with different names, emails or phones, and what each system has",
    )
    match.add_argument("--out", metavar="FILE", help="write the rows to FILE as JSON Lines, for large books")
    _add_full_read(match)


def fill_judge(judge: CommandParser) -> None:
    """Add the options of `judge`."""
    judge.add_argument(
        "simplenexus_id", metavar="SIMPLENEXUS_ID", nargs="?", help="the id in SimpleNexus; - for none"
    )
    judge.add_argument(
        "total_expert_id", metavar="TOTAL_EXPERT_ID", nargs="?", help="the id in Total Expert; - for none"
    )
    judge.add_argument(
        "answer",
        metavar="|".join(_ANSWERS),
        nargs="?",
        action=StoreOffered,
        offered=lambda: _ANSWERS,
        help="your answer",
    )
    judge.add_argument(
        "--alike",
        action="store_true",
        help="give this answer to every pair that compares like this one; --json says how many",
    )
    judge.add_argument(
        "--group",
        action="store_true",
        help="give this answer to all records of the question at once",
    )
    judge.add_argument(
        "--without",
        action="append",
        default=[],
        metavar="ID",
        help="with --group: leave out this record, which is another person's",
    )
    judge.add_argument(
        "--owners",
        nargs=3,
        metavar=("OFFICER", "OFFICER", "separate|leave"),
        help="answer about all contacts that two owners share by email; name an owner by email or id",
    )
    judge.add_argument("--undo", action="store_true", help="take back your last answer")


def fill_sync(sync: CommandParser) -> None:
    """Add the options of `sync`."""
    sync.add_argument(
        "--limit",
        metavar="N",
        type=whole_number,
        help="send at most N records to each system; the rest wait",
    )
    _add_full_read(sync)
    sync.add_argument(
        "--owner",
        action="append",
        default=[],
        metavar="EMAIL",
        help="only the contacts of this loan officer or user; can be given several times",
    )
    sync.add_argument(
        "--group",
        action="append",
        default=[],
        metavar="NAME",
        help="only Total Expert contacts in this group; can be given several times",
    )
    add_confirmation(sync, "do it without asking")


def fill_share(share: CommandParser) -> None:
    """Add the options of `share`."""
    share.add_argument("id", metavar="TOTAL_EXPERT_ID", nargs="+", help=_TOTAL_EXPERT_ID)
    share.add_argument(
        "--by",
        metavar="CHANNELS",
        default="email",
        action=StoreOffered,
        offered=lambda: ("email", "sms", "email,sms"),
        help="how SimpleNexus sends the link: email (the default), sms, or email,sms",
    )
    share.add_argument(
        "--texts-agreed",
        action="store_true",
        help="confirm that each of these people agreed to text messages; the receipt keeps that",
    )
    share.add_argument(
        "--partner",
        metavar="ID",
        default="",
        help="co-brand the link with this partner of the loan officer",
    )
    share.add_argument("--again", action="store_true", help="also send the link to people who got it before")
    share.add_argument(
        "--make-account",
        action="store_true",
        help="the fallback: brokerdesk makes the account, for a person who did not make one",
    )
    add_confirmation(share, "do it without asking")


def fill_invite(invite: CommandParser) -> None:
    """Add the options of `invite`."""
    invite.add_argument("id", metavar="TOTAL_EXPERT_ID", nargs="+", help=_TOTAL_EXPERT_ID)
    add_confirmation(invite, "do it without asking")


def fill_undo(undo: CommandParser) -> None:
    """Add the options of `undo`."""
    undo.add_argument("id", metavar="PUSH", nargs="?", help="the id of a push; without it the last sync")
    add_confirmation(undo, "do it without asking")


def fill_milestones(milestones: CommandParser) -> None:
    """Add the options of `milestones`."""
    add_confirmation(milestones, "send what is due; an insight can't be taken back")
    milestones.add_argument(
        "--only",
        metavar="NAME",
        action="append",
        default=[],
        help="only this milestone, by its name in --json; can be given several times",
    )
    milestones.add_argument(
        "--even-so",
        metavar="NAME",
        help="allow this milestone, which waits for you; it is sent with the others that are due, and "
        "without another question where brokerdesk watch sends milestones",
    )
    milestones.add_argument("--skip", metavar="NAME", help="never send this milestone; needs --reason")
    milestones.add_argument("--reason", metavar="TEXT", help="why the milestone is skipped")
    milestones.add_argument(
        "--unskip", metavar="NAME", help="take a skip back: the milestone is planned again"
    )
    milestones.add_argument(
        "--pause", metavar="CONTACT", help="send nothing about this Total Expert contact for now"
    )
    milestones.add_argument("--go-on", metavar="CONTACT", help="end the pause of a contact")
    milestones.add_argument(
        "--calculations",
        metavar="FILE",
        help="first read calculations from FILE, CSV or JSON Lines with contact_id or email, at, id",
    )


def _add_full_read(command: CommandParser) -> None:
    command.add_argument(
        "--full",
        action="store_true",
        help="read both systems in full, which finds removed, archived and merged records; without it only what "
        "changed since the last read is read, and everything every full_read_days days",
    )
    command.add_argument(
        "--fewer",
        type=whole_number,
        action="append",
        default=[],
        metavar="N",
        help="confirm that N records are really gone since the last read; without it a read that lacks over 10 %% "
        "stops every sync. Give it twice if both systems lack records",
    )
