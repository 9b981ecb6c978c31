"""What commands read from files and write to them: imports, contact books, exports, the support bundle."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from data.operator_files.paths import expanded_path
from data.settings import (
    Settings,
)
from data.synced_folder import refuse_synced

if TYPE_CHECKING:
    from core.contacts.match.match import Matched
    from core.flex.model import WrittenFile
    from data.calculations.report_file import ReportsReading
    from data.cards.import_store import Import
    from data.cards.reading import RejectedLine
from tui.wiring.systems import copies_folder, import_folder


def path_of(name: str) -> Path:
    """Return the path of a file that a person named, with `~` as the home that it stands for."""
    return expanded_path(name).absolute()


def read_import(settings: Settings, file: Path) -> Import:
    """Read a file of cards that is to be imported into a profile. Raises `UsageError` where it can't be read."""
    from data.cards import import_store

    refuse_synced(settings.home)
    return import_store.read_import(file, import_folder(settings))


def match_files(
    simplenexus: Path, total_expert: Path, same_email_other_name: str
) -> tuple[Matched, tuple[Sequence[RejectedLine], Sequence[RejectedLine]]]:
    """Match two files of contacts; gives what did not fit in either too. Raises `UsageError`."""
    from core.contacts.match.match import match
    from core.contacts.match.rule import MatchOptions, SameEmail
    from core.contacts.model import ContactKind
    from data.contact_files import read_contacts

    ours, theirs = read_contacts(simplenexus, ContactKind.BORROWER), read_contacts(total_expert)
    matched = match(ours.contacts, theirs.contacts, MatchOptions(SameEmail(same_email_other_name)))
    return matched, (ours.misfits, theirs.misfits)


def read_reports(file: str, received: float) -> ReportsReading:
    """Read a file of calculations. `received` is the desk's time since 1970. Raises `UsageError`."""
    from data.calculations import report_file

    return report_file.read_reports(Path(file), received)


def read_attachments(paths: Iterable[str]) -> tuple[WrittenFile, ...]:
    """Read files that a note of one's own carries. A file that can't be sent has the reason in place of its content."""
    from data import attachments

    return attachments.read_attachments(paths)


def write_rows(path: Path, rows: Iterable[object]) -> int:
    """Write one JSON value a line to a file readable by its owner alone. Raises `UsageError`."""
    from data import contact_files

    return contact_files.write_rows(path, rows)


def tell_about(at: float) -> dict[str, object]:
    """Return the versions of what runs, as a support bundle holds them."""
    from data import bundle

    return bundle.about(at)


def tell_settings(settings: Settings) -> dict[str, object]:
    """Return a profile's settings without a name or a secret in them."""
    from data import bundle

    return bundle.settings_told(settings)


def tell_files(settings: Settings) -> dict[str, object]:
    """Return sizes and modes of the files of a profile's book."""
    from data import bundle

    return bundle.files_told(settings.folder)


def write_bundle(path: Path, parts: Mapping[str, object]) -> None:
    """Write a support bundle, readable by its owner alone. Raises `UsageError`."""
    from data import bundle

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


def csv_bytes(names: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """Return rows as CSV in which nothing is a formula."""
    from data import exports

    return exports.csv_bytes(names, rows)


def write_private(path: Path, content: bytes) -> None:
    """Write a file that its owner alone can read. Raises `UsageError`."""
    from data import exports

    exports.write_export(path, content)
