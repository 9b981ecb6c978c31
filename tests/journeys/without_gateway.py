"""A home whose profile names no system: its cards come from files and are entered into FLEX by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.card_files import table
from tests.support.sandbox_home import Home

DEAL = {
    "card_id": "X-1",
    "title": "Nguyen",
    "stage": "AIP Issued",
    "owner": "m.hale",
    "loan_amount": "640000",
    "loan_purpose": "Purchase",
    "loan_category": "Timeshare",
    "birth_date": "29/02/1988",
    "Referrer": "J. Park",
}


@pytest.fixture
def alone(home: Home, tmp_path: Path) -> Home:
    """Return a home with a profile that names no system, and with an imported card."""
    (home.path / "config.toml").write_text(
        'profile = "test"\n\n[profiles.test]\nworkspace = "test"\noperator = "m.hale"\n', "utf-8"
    )
    take_in(home, tmp_path, DEAL)
    return home


def take_in(home: Home, folder: Path, *rows: dict[str, str]) -> None:
    """Import cards from a file."""
    file = folder / "deals.csv"
    file.write_bytes(table(*rows))
    assert home.run("import", str(file))[0] == 0
