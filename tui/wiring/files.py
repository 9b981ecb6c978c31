"""What commands read from files and write to them: imports, contact books, exports, the support bundle."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from core.errors import UsageError
from core.progress import SILENT, Meter
from data.operator_files.paths import expanded_path
from data.settings import Settings, find_home
from data.synced_folder import refuse_synced
from tui.wiring.clock import desk_time
from tui.wiring.systems import copies_folder, import_folder

if TYPE_CHECKING:
    from core.contacts.match.match import Matched
    from core.contacts.model import Contact, ContactKind, Verdict
    from core.flex.model import WrittenFile
    from data.calculations.report_file import ReportsReading
    from data.cards.import_store import Import
    from data.contact_files import ContactReading
    from data.operator_files.note_templates import TemplatesRead
    from data.operator_files.typed_paths import Completion
    from data.tables.columns import ColumnAnswers, ColumnReport
    from data.tables.profiles import ColumnProfiles
    from data.tables.rejected import RejectedLine


def path_of(name: str) -> Path:
    """Return the path of a file that a person named, with `~` as the home that it stands for; `-` stays as it is."""
    return Path(name) if name == "-" else expanded_path(name).absolute()


def typed_path(typed: str) -> Path:
    """Return the path that a person typed, or that a terminal wrote when a file was dropped on it."""
    from data.operator_files import typed_paths

    return typed_paths.typed_path(typed)


def complete_path(typed: str) -> Completion:
    """Complete a path that was typed in part by the names in its folder."""
    from data.operator_files import typed_paths

    return typed_paths.complete(typed)


def read_import(settings: Settings, file: Path, columns: str, dates: str, meter: Meter = SILENT) -> Import:
    """Read a file of cards, notes or Fact Finds that is to be imported into a profile, or standard input for `-`.

    `columns` are answers about its headers as `--columns` takes them; "" for those that are remembered. `dates` is the
    order of day and month as `--dates` takes it; "" for what each column proves. Raises
    `UsageError` if the file can't be read, or if there are no such answers, and `CutShort` if `meter` is stopped.
    """
    from data.cards import import_store
    from data.cards.known_columns import IMPORTED
    from data.tables.profiles import given_answers

    refuse_synced(settings.home)
    answers = _at_the_desk(settings, given_answers(columns, IMPORTED, column_profiles(settings)), dates)
    return import_store.read_import(file, import_folder(settings), answers=answers, meter=meter)


def read_contact_file(
    settings: Settings, file: Path, kind: ContactKind, columns: str, dates: str, meter: Meter = SILENT
) -> ContactReading:
    """Read a file of contacts, or standard input for `-`. `columns`, `dates` and errors are as for `read_import`."""
    from data.contact_files import read_contacts
    from data.contacts.known_columns import CONTACTS
    from data.scale.choice import read_in_columns
    from data.tables.profiles import given_answers

    answers = _at_the_desk(settings, given_answers(columns, (CONTACTS,), column_profiles(settings)), dates)
    return read_contacts(file, kind, answers, meter, read_in_columns)


def _at_the_desk(settings: Settings, answers: ColumnAnswers, dates: str) -> ColumnAnswers:
    """Return answers with the order of dates that a person gave, and with the desk's time. Raises `UsageError`."""
    from data.tables.dates import DateOrder

    order = DateOrder(dates) if dates else answers.dates
    return msgspec.structs.replace(answers, dates=order, zone=desk_time(settings))


def trouble_lines(rejected: Iterable[RejectedLine]) -> list[str]:
    """Return a line for each kind of trouble in a file, with a count and the first lines of the file."""
    from data.tables import summaries

    return summaries.trouble_lines(rejected)


def settle_columns(settings: Settings, columns: str, reports: Mapping[Path, ColumnReport]) -> None:
    """Check that the files have the headers of written answers, and remember the answers for each file.

    `reports` has the columns of the files that were read with these answers. Nothing is remembered for a file that
    still lacks a needed column, nor for one that seems to have no header: another such file may have other columns.
    Raises `UsageError` if an answer names a header that no file has, or if they can't be remembered.
    """
    from data.tables.columns import answered_headers, split_answers

    if "=" not in columns:
        return
    answers = split_answers(columns)
    fitting = {file: answered_headers(answers, report) for file, report in reports.items()}
    absent = [header for header in answers if not any(header in there for there in fitting.values())]
    if absent:
        seen = "; ".join(", ".join(report.headers) for report in reports.values())
        raise UsageError("bad-columns", f"There is no header {', '.join(absent)}. There are: {seen}.")
    for file, report in reports.items():
        if fitting[file] and not report.missing and not report.has_values:
            remember_columns(settings, file, report, fitting[file])


def remember_columns(
    settings: Settings, file: Path, report: ColumnReport, columns: Mapping[str, str], name: str = ""
) -> str:
    """Remember which header of a file is which column, for all files with these headers. Return the name it got.

    `columns` has our column for a header, or "" to leave it out. Without `name` the file's own name is taken. Raises
    `UsageError` if the answers can't be written.
    """
    return column_profiles(settings).remember(
        name or proposed_answers_name(file), report.kind, report.headers, columns
    )


def proposed_answers_name(file: Path) -> str:
    """Return the name under which the answers about a file are remembered if nobody gives one."""
    from data.tables.profiles import proposed_name
    from data.tables.source import shown_name

    return proposed_name(shown_name(file))


def is_answers_name(name: str) -> bool:
    """Return True if answers can be remembered under a name."""
    from data.tables.profiles import is_profile_name

    return is_profile_name(name)


def column_profiles(settings: Settings) -> ColumnProfiles:
    """Return the answers about columns that are remembered in a home."""
    from data.tables.profiles import ColumnProfiles

    return ColumnProfiles(settings.home / "columns")


def match_contacts(
    simplenexus: Sequence[Contact],
    total_expert: Sequence[Contact],
    same_email_other_name: str,
    heard: Callable[[Mapping[Verdict, int]], None] = lambda counts: None,
    meter: Meter = SILENT,
) -> Matched:
    """Match the contacts of two files. Large books are matched in columns, if the extra `scale` is installed.

    `heard` is then called with the rule's verdicts before the evidence is weighed. Raises `CutShort`.
    """
    from core.contacts.match.match import match
    from core.contacts.match.rule import MatchOptions, SameEmail
    from data.scale.choice import find_groups, matched_in_columns

    same_email = SameEmail(same_email_other_name)
    matched = matched_in_columns(simplenexus, total_expert, same_email, heard, meter)
    if matched is not None:
        return matched
    return match(simplenexus, total_expert, MatchOptions(same_email), find=find_groups)


def read_reports(file: str, received: float) -> ReportsReading:
    """Read a file of calculations. `received` is the desk's time since 1970. Raises `UsageError`."""
    from data.calculations import report_file

    return report_file.read_reports(Path(file), received)


def read_attachments(paths: Iterable[str]) -> tuple[WrittenFile, ...]:
    """Read files that a note of one's own carries. A file that can't be sent has the reason in place of its content."""
    from data import attachments

    return attachments.read_attachments(paths)


def note_templates(settings: Settings) -> TemplatesRead:
    """Return the operator's note templates, and the files of their folder that can't be read."""
    from data.operator_files import note_templates as files

    return files.read_templates(settings.home)


def write_rows(path: Path, rows: Iterable[object], total: int | None = None, meter: Meter = SILENT) -> int:
    """Write one JSON value a line to a file readable by its owner alone. Raises `UsageError` and `CutShort`."""
    from data import contact_files

    return contact_files.write_rows(path, rows, total, meter)


def tell_about(at: float) -> dict[str, object]:
    """Return the versions of what runs, as a support bundle holds them."""
    from data.support import bundle

    return bundle.about(at)


def tell_settings(settings: Settings) -> dict[str, object]:
    """Return a profile's settings without a name or a secret in them."""
    from data.support import bundle

    return bundle.settings_told(settings)


def tell_files(settings: Settings) -> dict[str, object]:
    """Return sizes and modes of the files of a profile's book."""
    from data.support import bundle

    return bundle.files_told(settings.folder)


def write_bundle(path: Path, parts: Mapping[str, object]) -> None:
    """Write a support bundle, readable by its owner alone. Raises `UsageError`."""
    from data.support import bundle

    bundle.write_bundle(path, parts)


def imported_lines(settings: Settings, card_id: str) -> int:
    """Say in how many lines of a profile's imported cards a card stands."""
    from data.cards import import_store

    return import_store.lines_of(import_folder(settings), card_id)


def forget_imported(settings: Settings, card_id: str) -> None:
    """Take a card out of a profile's imported cards. Raises `UsageError`."""
    from data.cards import import_store

    import_store.forget_card(import_folder(settings), card_id)


def copies_that_name(settings: Settings, ids: Iterable[str]) -> int:
    """Return in how many copies of what was read last a record of one of these ids is."""
    from data.contacts import copies

    return len(copies.copies_that_name(copies_folder(settings), ids))


def forget_copies(settings: Settings, ids: Iterable[str]) -> None:
    """Remove the copies that name a record of one of these ids. The next read is then a full one."""
    from data.contacts import copies

    copies.remove_copies(copies_folder(settings), ids)


def csv_bytes(
    names: Sequence[str], rows: Iterable[Sequence[object]], total: int | None = None, meter: Meter = SILENT
) -> bytes:
    """Return rows as CSV in which nothing is a formula. Raises `CutShort` if `meter` is stopped."""
    from data import exports

    return exports.csv_bytes(names, rows, total, meter)


class TableFormat(StrEnum):
    """A format of a table's file, by the ending of its name."""

    CSV = ".csv"
    JSON = ".json"
    XLSX = ".xlsx"


def format_of(path: str) -> TableFormat | None:
    """Return the format that a path's ending names; None for another ending."""
    ending = Path(path.strip()).suffix.casefold()
    return next((format_ for format_ in TableFormat if format_ == ending), None)


def named_format(file: Path) -> TableFormat:
    """Return the format that a file's ending names. Raises `UsageError` (no-such-form) for another ending."""
    format_ = format_of(file.name)
    if format_ is None:
        raise UsageError("no-such-form", f"{file.name} is neither CSV, JSON nor Excel.")
    return format_


def table_bytes(
    format_: TableFormat,
    title: str,
    names: Sequence[str],
    rows: Iterable[Sequence[object]],
    total: int | None = None,
    meter: Meter = SILENT,
) -> bytes:
    """Return rows as a file in which nothing is a formula. `total` is how many rows come, if that is known.

    Raises `UsageError` (no-excel) for a spreadsheet without the extra `excel`, and `CutShort` if `meter` is stopped.
    """
    from data import exports

    match format_:
        case TableFormat.CSV:
            return csv_bytes(names, rows, total, meter)
        case TableFormat.JSON:
            return exports.json_bytes(names, meter.through(rows, total))
        case TableFormat.XLSX:
            return exports.xlsx_bytes(title, names, meter.through(rows, total))


def write_private(path: Path, content: bytes) -> None:
    """Write a file that its owner alone can read. Raises `UsageError`."""
    from data import exports

    exports.write_export(path, content)


def keep_failure(home: str | None, error: BaseException, at: float) -> None:
    """Keep where brokerdesk itself failed, for the support bundle: places in the code alone. Raises nothing."""
    from data.support import failures

    with suppress(UsageError):
        failures.keep_failure(find_home(home), error, at)


def tell_failures(settings: Settings) -> list[dict[str, Any]]:
    """Return where brokerdesk itself failed last."""
    from data.support import failures

    return failures.failures_told(settings.home)
