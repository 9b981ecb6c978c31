"""`match`: what becomes of every contact of both systems, or of two files, and who may be twice. Sends nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from core.contacts.linkage.explain import field_name, likelihood_words, why_sentence
from core.contacts.match.differing import differing_links
from core.contacts.model import ContactKind, Reason, Role, Verdict
from core.contacts.review.reason_words import REASON_WORDS
from core.errors import DeskError, UsageError
from core.local_forms import CountryWords, words_of
from core.progress import Meter, RowProgress
from core.push.plan import System
from core.systems import display_name
from core.texts import how_many
from tui.cli.column_questions import ask_columns, ask_dates, ask_name, can_ask_about_file
from tui.cli.commands.contacts.match_rows import row_form, row_lines
from tui.cli.options import CommandOptions
from tui.cli.output import emit_json, report, say, say_table
from tui.cli.progress import progress_lines, shown_meter
from tui.cli.prompts import TerminalPrompts
from tui.wiring import open_contacts, settings_of
from tui.wiring.clock import desk_time
from tui.wiring.files import (
    match_contacts,
    path_of,
    proposed_answers_name,
    read_contact_file,
    remember_columns,
    settle_columns,
    trouble_lines,
    write_rows,
)
from tui.words.columns import column_form, column_lines, columns_needed, noted
from tui.words.contact_desk.verdicts import MEANINGS
from tui.words.reads import read_forms, read_lines, short_lines

if TYPE_CHECKING:
    from core.contacts.match.differing import DifferingField, DifferingLink
    from core.contacts.match.match import Matched
    from core.contacts.model import Contact, VerdictRow
    from core.contacts.reading.reader import SystemRead
    from data.contact_files import ContactReading
    from data.settings import Settings
    from data.tables.rejected import RejectedLine

SHOWN: Final = 20
"""Rows of one verdict that are printed."""


@dataclass(frozen=True, kw_only=True)
class MatchCommandOptions(CommandOptions):
    """The options of `match`."""

    simplenexus: str | None
    total_expert: str | None
    columns: str
    """Which header is which column in both files, as `THEIRS=OURS,…` or by the name of answers; "" without."""
    columns_simplenexus: str
    columns_total_expert: str
    dates: str
    """The order of day and month in both files, `dmy` or `mdy`; "" for what each column proves."""
    same_email_other_name: str | None
    differing: bool
    out: str | None
    full: bool
    """True to read both systems in full, not only what changed since the last read."""
    fewer: list[int]
    """How many records are missing and really gone, for each system; empty if nobody said so."""


async def match(options: MatchCommandOptions) -> int:
    """Match the profile's live systems, or two files."""
    settings = settings_of(options.home, options.profile)
    same_email = options.same_email_other_name or settings.profile.same_email_other_name
    if not options.simplenexus and not options.total_expert:
        return await _match_systems(options, settings, same_email)
    if not options.simplenexus or not options.total_expert:
        raise UsageError("no-files", "Matching needs both books.")
    return _match_files(options, settings, (options.simplenexus, options.total_expert), same_email)


async def _match_systems(options: MatchCommandOptions, settings: Settings, same_email: str) -> int:
    """Match what the two systems hold."""
    async with open_contacts(settings, same_email) as desk:
        with _read_progress() as heard:
            gathered = await (desk.gather_all(heard) if options.full else desk.gather(heard))
        if options.fewer:
            await desk.accept_missing(options.fewer)
        matched = await desk.match(gathered)
    not_used = gathered.not_used
    forms = [{"system": one.system, "id": one.record_id or None, "reason": one.why} for one in not_used]
    lines = [f"{one.system} {one.record_id}: {one.why}" for one in not_used]
    if not options.json:
        local = desk_time(settings)
        say(*(f"! {line}" for line in short_lines(desk.short_reads, local)))
        say(*read_lines(desk.reads, local))
    _give(options, matched, forms, lines, words_of(desk.terms.local.country), desk.reads)
    return 0


def _match_files(
    options: MatchCommandOptions, settings: Settings, names: tuple[str, str], same_email: str
) -> int:
    """Match SimpleNexus's file with Total Expert's. Raises `DeskError` if one of them has no contacts to match."""
    if names == ("-", "-"):
        raise UsageError("unreadable-file", "Both files can't be standard input.")
    books = (
        _Book(System.SIMPLENEXUS, ContactKind.BORROWER, names[0], options.columns_simplenexus),
        _Book(System.TOTAL_EXPERT, ContactKind.CONTACT, names[1], options.columns_total_expert),
    )
    readings = [_read(options, settings, book) for book in books]
    read = list(zip(books, readings, strict=True))
    _settle(options, settings, read)
    more = {
        "columns": {book.system.value: column_form(reading.columns) for book, reading in read},
        "notices": [
            {"system": book.system.value, "file": book.name, "notice": notice}
            for book, reading in read
            for notice in reading.notices
        ],
    }
    misfits = [(book, one) for book, reading in read for one in reading.misfits]
    forms = [_misfit_form(book.system.value, book.path, one) for book, one in misfits]
    for book, reading in read:
        if not reading.contacts:
            error = _no_contacts(book, reading)
            if not options.json and reading.columns is not None and not reading.columns.missing:
                say(*(f"{book.path}: {line}" for line in trouble_lines(reading.misfits)[:SHOWN]))
            return report(error, as_json=options.json, more={**more, "set_aside": forms})
    with progress_lines() as show:
        watched = RuleThenEvidence(show)
        matched = match_contacts(
            readings[0].contacts,
            readings[1].contacts,
            same_email,
            watched.hear_rule,
            Meter("pairs", watched.hear_evidence),
        )
    if not options.json:
        for book, reading in read:
            say(*_about(book, reading))
        say("")
    lines = [f"{book.path}: {line}" for book, reading in read for line in trouble_lines(reading.misfits)]
    _give(options, matched, forms, lines, words_of(desk_time(settings).country), more=more)
    return 0


class RuleThenEvidence:
    """Shows the verdicts of the rule as soon as there are any, and how far the evidence has come."""

    def __init__(self, show: Callable[[str], None]) -> None:
        self._show = show
        self._said = ""

    def hear_rule(self, counts: Mapping[Verdict, int]) -> None:
        """Show the number of rows of each verdict."""
        self._said = ", ".join(f"{count:,} {verdict}" for verdict, count in counts.items() if count)
        self._show(f"by email: {self._said}")

    def hear_evidence(self, progress: RowProgress) -> None:
        """Show how many pairs were compared."""
        of = f"{progress.done:,} of {progress.total or 0:,} pairs compared"
        self._show(f"{of} · by email: {self._said}")


class _Book(NamedTuple):
    """One of the two files: its system, what its records are, its name as it was given, and answers about columns."""

    system: System
    kind: ContactKind
    given: str
    columns: str

    @property
    def path(self) -> Path:
        """The file, or `-`."""
        return path_of(self.given)

    @property
    def name(self) -> str:
        """What messages call the file."""
        return "standard input" if self.given == "-" else str(self.path)

    @property
    def flag(self) -> str:
        """The option that takes answers about the columns of this file."""
        return f"--columns-{self.system.value}"


def _read(options: MatchCommandOptions, settings: Settings, book: _Book) -> ContactReading:
    """Read one of the files. At a terminal ask about its columns and dates, and read it again with the answers."""
    reading, columns = _with_columns(options, settings, book)
    if not reading.open_dates or options.dates or not can_ask_about_file(options, book.given):
        return reading
    order = ask_dates(TerminalPrompts(), book.name, reading.open_dates)
    return _read_once(settings, book, columns, order) if order else reading


def _with_columns(
    options: MatchCommandOptions, settings: Settings, book: _Book
) -> tuple[ContactReading, str]:
    """Return one of the files, and the answers about columns by which it was read."""
    given = book.columns or options.columns
    reading = _read_once(settings, book, given, options.dates)
    if (
        reading.columns is None
        or not reading.columns.questions
        or not can_ask_about_file(options, book.given)
    ):
        return reading, given
    prompts = TerminalPrompts()
    answers = ask_columns(prompts, book.name, reading.columns)
    if not reading.columns.settled_by(answers):
        return reading, given
    name = ask_name(prompts, proposed_answers_name(book.path))
    kept = remember_columns(settings, book.path, reading.columns, answers, name)
    return _read_once(settings, book, kept, options.dates), kept


def _read_once(settings: Settings, book: _Book, columns: str, dates: str) -> ContactReading:
    """Read one of the files by these answers, and show how far that has come."""
    with shown_meter(book.name) as meter:
        return read_contact_file(settings, book.path, book.kind, columns, dates, meter)


def _write(out: str, rows: Iterable[object], total: int) -> None:
    """Write rows to a file, and show how far that has come. Raises `UsageError`."""
    file = path_of(out)
    with shown_meter(str(file)) as meter:
        write_rows(file, rows, total, meter)


def _about(book: _Book, reading: ContactReading) -> Iterator[str]:
    """Yield what a person reads about a file: its columns, and what was assumed about it."""
    lines = [*(column_lines(reading.columns) if reading.columns else ()), *map(noted, reading.notices)]
    if lines:
        yield f"{book.name} ({display_name(book.system)})"
        yield from (f"  {line}" for line in lines)


def _settle(
    options: MatchCommandOptions, settings: Settings, read: Sequence[tuple[_Book, ContactReading]]
) -> None:
    """Check and remember the answers about columns that the command was given."""
    reports = {book: reading.columns for book, reading in read if reading.columns is not None}
    for book, columns in reports.items():
        settle_columns(settings, book.columns, {book.path: columns})
    shared = {book.path: columns for book, columns in reports.items() if not book.columns}
    settle_columns(settings, options.columns, shared)


def _no_contacts(book: _Book, reading: ContactReading) -> DeskError:
    """Return why a file has no contacts to match."""
    if reading.columns is not None and reading.columns.missing:
        return columns_needed(book.name, reading.columns, book.flag)
    if reading.misfits:
        return DeskError(
            "no-contacts", f"{book.name} holds no contact that can be used: all rows are set aside."
        )
    only = "a header and no rows" if reading.columns is not None else "no rows"
    return DeskError("no-contacts", f"{book.name} holds no contacts: it has {only}.")


def _give(
    options: MatchCommandOptions,
    matched: Matched,
    aside: Sequence[dict[str, Any]],
    lines: Sequence[str],
    words: CountryWords,
    reads: Sequence[SystemRead] = (),
    more: Mapping[str, Any] = MappingProxyType({}),
) -> None:
    """Print the rows in the words of the desk's country, or write them to a file, and what was set aside.

    `reads` says in JSON how the systems were read. `more` are further keys of the JSON.
    """
    if options.differing:
        _give_differing(options, matched, aside, lines, words, more)
        return
    if options.out:
        _write(options.out, row_lines(matched), len(matched.rows))
    if options.json:
        said: dict[str, Any] = {"counts": matched.counts}
        if not options.out:
            said["pairs"] = [row_form(row, matched) for row in matched.rows]
        if reads:
            said["read"] = read_forms(reads)
        emit_json({**said, **more, "set_aside": aside})
        return
    _tell(matched, words)
    if options.out:
        say("", f"{how_many(len(matched.rows), 'row')} written to {options.out}")
    if lines:
        say("", "SET ASIDE", *(f"  {line}" for line in lines))


def _give_differing(
    options: MatchCommandOptions,
    matched: Matched,
    aside: Sequence[dict[str, Any]],
    lines: Sequence[str],
    words: CountryWords,
    more: Mapping[str, Any],
) -> None:
    """Print the linked pairs that differ, or write them to a file, and what was set aside. Nothing is written there."""
    differing = list(differing_links(matched.rows, matched.simplenexus, matched.total_expert))
    links = [link for link in differing if link.differs]
    cut = [link for link in differing if not link.differs]
    if options.out:
        _write(options.out, map(differing_form, links), len(links))
    if options.json:
        said: dict[str, Any] = {"counts": matched.counts}
        if not options.out:
            said["differing"] = [differing_form(link) for link in links]
            said["cut"] = [differing_form(link) for link in cut]
        emit_json({**said, **more, "set_aside": aside})
        return
    linked = matched.counts[Verdict.LINKED]
    say(f"{len(links):,} of {linked:,} linked pairs differ. Nothing is sent; change one in its own system.")
    for link in links[:SHOWN]:
        say("", f"  {_people(matched, link.row)}")
        fields = [(_field_name(field, words), field.left or "–", field.right or "–") for field in link.fields]
        names = (display_name(System.SIMPLENEXUS), display_name(System.TOTAL_EXPERT))
        say_table([("", *names), *fields], indent="      ")
    if len(links) > SHOWN:
        say("", f"  … and {len(links) - SHOWN} more: add --json, or --out FILE")
    if cut:
        say("", f"{len(cut):,} more have only a value that was cut at the limit of its field.")
    if options.out:
        say("", f"{how_many(len(links), 'pair')} written to {options.out}")
    if lines:
        say("", "SET ASIDE", *(f"  {line}" for line in lines))


def _field_name(field: DifferingField, words: CountryWords) -> str:
    name = field_name(field.field, words)
    return f"{name} (cut at {field.cut})" if field.cut else name


def differing_form(link: DifferingLink) -> dict[str, Any]:
    """Return a linked pair that differs as JSON."""
    return {
        "simplenexus_id": link.row.simplenexus_ids[0],
        "total_expert_id": link.row.total_expert_ids[0],
        "fields": [
            {
                "field": field.field,
                "simplenexus": field.left,
                "total_expert": field.right,
                **({"cut_at": field.cut} if field.cut else {}),
            }
            for field in link.fields
        ],
    }


@contextmanager
def _read_progress() -> Iterator[Callable[[str, int], None]]:
    """Give a function that shows on stderr how many records of each system were read."""
    read: dict[str, int] = {}
    with progress_lines() as show:

        def heard(system: str, count: int) -> None:
            read[system] = count
            show(" · ".join(f"{name} {number:,} read" for name, number in sorted(read.items())))

        yield heard


def _tell(matched: Matched, words: CountryWords) -> None:
    books, counts = (len(matched.simplenexus), len(matched.total_expert)), matched.counts
    say(f"{books[0]:,} contacts in SimpleNexus, {books[1]:,} in Total Expert", "")
    say_table([(f"{count:,}".rjust(9), verdict, MEANINGS[verdict]) for verdict, count in counts.items()])
    for verdict in (
        Verdict.HOUSEHOLD,
        Verdict.HOLD,
        Verdict.GONE,
        Verdict.POSSIBLE_DUPLICATE,
        Verdict.UNLINKED,
        Verdict.CANNOT,
    ):
        count = counts[verdict]
        if count:
            say("", f"{verdict.upper()}  {MEANINGS[verdict]}")
        for row in islice(matched.having(verdict), SHOWN):
            say(f"  {_people(matched, row)}", *(f"      {line}" for line in _why(row, words)))
        if count > SHOWN:
            say(f"  … and {count - SHOWN:,} more: add --json, or --out FILE")
    _tell_forecasts(matched)


def _people(matched: Matched, row: VerdictRow) -> str:
    ours = " + ".join(_person(matched.simplenexus[one]) for one in row.simplenexus_ids)
    theirs = " + ".join(_person(matched.total_expert[one]) for one in row.total_expert_ids)
    return f"{ours or '(nobody)'}  ↔  {theirs or '(nobody)'}  {_reason(matched, row)}"


def _reason(matched: Matched, row: VerdictRow) -> str:
    """Return why a row has its verdict; for a second record, whom it belongs to."""
    if row.reason is not Reason.SECOND_RECORD or not any(row.elsewhere):
        return REASON_WORDS[row.reason]
    ours, theirs = row.elsewhere
    people = [matched.simplenexus[one] for one in ours] or [matched.total_expert[one] for one in theirs]
    return f"second record of {' or '.join(map(_person, people))}"


def _person(contact: Contact) -> str:
    agent = ", agent" if contact.role is Role.AGENT else ""
    return f"{contact.name} ({contact.id}{agent})" if contact.name != contact.id else f"{contact.id}{agent}"


def _why(row: VerdictRow, words: CountryWords) -> Iterator[str]:
    """Yield why the records of a row may be one person, in words. `--json` has the weights."""
    if row.comparison is None:
        for pair in row.suggestions:
            yield f"{pair.simplenexus_id} ↔ {pair.total_expert_id}: {why_sentence(pair.comparison, words)}"
        return
    yield f"{why_sentence(row.comparison, words)} {_sentence(likelihood_words(row.comparison))}"


def _sentence(words: str) -> str:
    return f"{words[:1].upper()}{words[1:]}."


def _tell_forecasts(matched: Matched) -> None:
    """Print the imports and pushes that the systems' own rules will turn into something else."""
    different = list(matched.surprises())
    if different:
        say("", "WHAT THE SYSTEMS WILL DO DIFFERENTLY")
    for row, found in different[:SHOWN]:
        whom = " or ".join(_person(matched.total_expert[one]) for one in found.hits)
        how = f"{whom}, by {found.rule}" if found.rule else "; ".join(found.troubles)
        later = f"; no account as it is ({'; '.join(found.later)})" if found.later else ""
        said = f"{found.outcome}: {how}" if how else found.outcome
        say(f"  {row.verdict}  {_people(matched, row)}: {said}{later}")
    if len(different) > SHOWN:
        say(f"  … and {len(different) - SHOWN:,} more")


def _misfit_form(system: str, file: Path, one: RejectedLine) -> dict[str, Any]:
    return {
        "system": system,
        "file": str(file),
        "line": one.line,
        "column": one.column,
        "field": one.field,
        "reason": one.reason,
        "id": one.card_id,
    }
