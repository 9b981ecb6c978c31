"""What commands read from files and write to them: imports, contact books, exports, the support bundle."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from data.health_cloud import refuse_synced
from data.settings import (
    Settings,
)

if TYPE_CHECKING:
    from core.contacts.matching import Matched
    from data.files.reading import Misfit
    from data.files.store import Import
    from data.vendors.drift import Drifted
from tui.wiring.ways import import_folder


def read_import(settings: Settings, file: Path) -> Import:
    """Read a file of cards that is to be imported into a profile. Raises `UsageError` where it can't be read."""
    from data.files import store

    refuse_synced(settings.home)
    return store.read_import(file, import_folder(settings))


def match_files(
    simplenexus: Path, total_expert: Path, same_email_other_name: str
) -> tuple[Matched, tuple[Sequence[Misfit], Sequence[Misfit]]]:
    """Match two files of contacts; gives what did not fit in either too. Raises `UsageError`."""
    from core.contacts.matching import match
    from core.contacts.nouns import Kind
    from core.contacts.rule import SameEmail, Terms
    from data.files.contacts import read_contacts

    ours, theirs = read_contacts(simplenexus, Kind.BORROWER), read_contacts(total_expert)
    matched = match(ours.contacts, theirs.contacts, Terms(SameEmail(same_email_other_name)))
    return matched, (ours.misfits, theirs.misfits)


def write_rows(path: Path, rows: Iterable[object]) -> int:
    """Write one JSON value a line to a file readable by its owner alone. Raises `UsageError`."""
    from data.files import contacts

    return contacts.write_rows(path, rows)


def tell_about(at: float) -> dict[str, object]:
    """Give the versions of what runs, as a support bundle holds them."""
    from data import bundle

    return bundle.about(at)


def tell_settings(settings: Settings) -> dict[str, object]:
    """Give a profile's settings without a name or a secret in them."""
    from data import bundle

    return bundle.settings_told(settings)


def tell_files(settings: Settings) -> dict[str, object]:
    """Give sizes and modes of the files of a profile's book."""
    from data import bundle

    return bundle.files_told(settings.folder)


def tell_drift() -> tuple[Drifted, ...]:
    """Give where the vendors' records were other than described, as far as this process read them."""
    from data.vendors import drift

    return drift.told()


def write_bundle(path: Path, parts: Mapping[str, object]) -> None:
    """Write a support bundle, readable by its owner alone. Raises `UsageError`."""
    from data import bundle

    bundle.write_bundle(path, parts)


def imported_lines(settings: Settings, card_id: str) -> int:
    """Say in how many lines of a profile's imported cards a card stands."""
    from data.files import store

    return store.lines_of(import_folder(settings), card_id)


def forget_imported(settings: Settings, card_id: str) -> None:
    """Take a card out of a profile's imported cards. Raises `UsageError`."""
    from data.files import store

    store.forget_card(import_folder(settings), card_id)


def csv_bytes(names: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """Give rows as CSV in which nothing is a formula."""
    from data.files import private

    return private.csv_bytes(names, rows)


def write_private(path: Path, content: bytes) -> None:
    """Write a file that its owner alone can read. Raises `UsageError`."""
    from data.files import private

    private.write_private(path, content)
